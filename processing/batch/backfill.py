"""A backfill: many files judged in one run that can be resumed, with one summary and one index at its end.

It watches nothing and moves nothing. Workers judge; this process alone writes, and only in the output. What
it knows of each result lies in a file until the end, so that its memory does not grow with the archive.
"""

from __future__ import annotations

import contextlib
import queue
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from processing.batch.run_summary import LEFT_BEHIND, MAX_LISTED, RejectedFile, RunSummary, RunTally
from processing.batch.stores import Found, Output, why
from processing.batch.tasks import BatchAnswer, Drawing, Task, draw, judge, places, recorded, refused
from processing.model.safe_text import text_of
from processing.profiles import Profiles
from processing.workers.attempts import (
    PoolUnavailableError,
    WorkerDiedError,
    WorkerTimedOutError,
    code_of,
    last_attempt_message,
)
from processing.workers.pool import WorkerPool
from processing.workers.threads import Threads

MOST_LOST = 8
"""Times in a row that the engine may be lost; with the waits between them, two minutes."""
LONGEST_WAIT_SECONDS = 30.0
WRITERS = 8


class LeftInput(msgspec.Struct, frozen=True, kw_only=True):
    """An input that could not be read or whose result could not be stored, and why."""

    file: str
    message: str


class BatchSummary(RunSummary, frozen=True, kw_only=True):
    """A whole run; `totals` are of all results in the output, including those of earlier runs."""

    refused: list[RejectedFile]
    left_behind: list[LeftInput]


class _Attempt(NamedTuple):
    found: Found
    number: int = 1


class Backfill:
    """Judges inputs by `engine`, `in_flight` at once, into `output`; `tell` hears what became of each."""

    def __init__(
        self,
        engine: WorkerPool,
        output: Output,
        profiles: Profiles,
        *,
        in_flight: int,
        tell: Callable[[Found, BatchAnswer], None],
    ) -> None:
        self._engine = engine
        self._output = output
        self._profiles = profiles
        self._most = in_flight
        self._tell = tell
        self._earlier = set(output.records())
        """Names of records of earlier runs that this run has not met."""
        self._folder = tempfile.TemporaryDirectory(prefix="backfill-")
        self._answers = Path(self._folder.name, "answers").open("wb")  # noqa: SIM115 - `run` closes it
        self._tally = RunTally("processed", "skipped", "refused", rejected="refused")
        self._refused: list[RejectedFile] = []
        self._left: list[LeftInput] = []
        self._ended: queue.SimpleQueue[partial[None]] = queue.SimpleQueue()
        """What to do next, now that a worker or a writer has ended something."""
        self._writers = Threads(WRITERS, "writer")
        self._again: deque[_Attempt] = deque()
        self._in_flight = self._lost = 0
        self._answered = self._holding = False

    def run(self, inputs: Iterator[Found], drawer: WorkerPool) -> BatchSummary:
        """Judge every input and store what comes of it, until done or interrupted; tell it in the output.

        `drawer` draws the index. Raises PoolUnavailableError where the engine stays away.
        """
        with self._folder, self._answers:
            try:
                while self._submit(inputs) or self._in_flight:
                    self._ended.get()()
            except KeyboardInterrupt:
                self._tally.stopped_early = True
            finally:
                self._writers.join()
            self._count_stored()
            return self._conclude(drawer)

    def _count_stored(self) -> None:
        """Count what the writers stored while an interrupt was on its way."""
        while not self._ended.empty():
            step = self._ended.get()
            if step.func == self._end:
                step()

    def interrupt(self) -> None:
        """End the run before its next step: what is stored by then is counted. Safe in a signal handler."""
        self._ended.put(partial(_interrupt))

    def _submit(self, inputs: Iterator[Found]) -> bool:
        """Keep the engine busy; return False when nothing is left to submit."""
        if self._holding and self._in_flight:
            return True
        if self._holding:
            with contextlib.suppress(queue.Empty):  # nothing is in flight: this can be an interrupt alone
                self._ended.get(timeout=min(LONGEST_WAIT_SECONDS, 2.0**self._lost))()
            self._lost += 1
            self._holding = False
        while self._in_flight < self._most:
            attempt = self._again.popleft() if self._again else None
            if attempt is None:
                if (found := next(inputs, None)) is None:
                    return False
                attempt = _Attempt(found)
            self._in_flight += 1
            if attempt.found.why:
                self._end(attempt.found, BatchAnswer(outcome="left_behind", why=attempt.found.why))
                continue
            future = self._engine.submit(judge, self._task(attempt.found))
            future.add_done_callback(partial(self._then, self._judged, attempt))
        return True

    def _then(self, step: Callable[[_Attempt, Future[BatchAnswer]], None], of: _Attempt, ended: Any) -> None:
        self._ended.put(partial(step, of, ended))

    def _task(self, found: Found) -> Task:
        known = next(places(found.name, "0" * 64)) in self._earlier
        return Task(found.name, found.address, self._output.where, self._profiles.for_name(found.name), known)

    def _judged(self, attempt: _Attempt, future: Future[BatchAnswer]) -> None:
        """Store what a worker found, or give the input another attempt, or up."""
        try:
            answer = future.result()
        except PoolUnavailableError:
            if not self._answered or self._lost >= MOST_LOST:
                raise
            self._holding = True
            self._once_more(attempt)
        except (WorkerDiedError, WorkerTimedOutError) as error:
            if (message := last_attempt_message(attempt.number, error)) is None:
                self._once_more(attempt._replace(number=attempt.number + 1))
            else:
                self._end(attempt.found, refused(attempt.found.name, code_of(error), message))
        except (Exception, CancelledError) as error:  # noqa: BLE001 - whatever it is, the other files go on
            self._end(attempt.found, BatchAnswer(outcome="left_behind", why=why(error)))
        else:
            self._answered, self._lost = True, 0
            if answer.outcome != "processed":
                self._end(attempt.found, answer)
                return
            self._writers.submit(partial(self._store, attempt.found, answer))

    def _once_more(self, attempt: _Attempt) -> None:
        self._in_flight -= 1
        self._again.append(attempt)

    def _store(self, found: Found, answer: BatchAnswer) -> None:
        """Store an input's record and pass on what became of it; runs in a writer."""
        self._ended.put(partial(self._end, found, self._stored(found.name, answer)))

    def _stored(self, name: bytes, answer: BatchAnswer) -> BatchAnswer:
        try:
            for place in places(name, answer.sha256):
                if self._output.put(place, answer.record):
                    return msgspec.structs.replace(answer, place=place, record=b"")
                if there := recorded(self._output.where, place, name, answer.sha256):
                    return BatchAnswer(outcome="skipped", digest=there, place=place)
        except Exception as error:  # noqa: BLE001 - each store has its own
            return BatchAnswer(outcome="left_behind", why=f"its result cannot be stored: {why(error)}")
        return BatchAnswer(outcome="left_behind", why="every name for its result is taken")

    def _end(self, found: Found, answer: BatchAnswer) -> None:
        self._in_flight -= 1
        self._tally.counts[answer.outcome] += 1
        self._earlier.discard(answer.place)
        if answer.digest is not None:
            framed = msgspec.msgpack.encode((answer.place, answer.digest))
            self._answers.write(len(framed).to_bytes(4) + framed)
        name, error = text_of(found.name), answer.digest and answer.digest.error
        if error and len(self._refused) < MAX_LISTED:
            self._refused.append(
                RejectedFile(file=name, code=error.code, message=error.message, line=error.line)
            )
        if answer.outcome == LEFT_BEHIND and len(self._left) < MAX_LISTED:
            self._left.append(LeftInput(file=name, message=answer.why))
        self._tell(found, answer)

    def _conclude(self, drawer: WorkerPool) -> BatchSummary:
        self._answers.close()  # Windows opens no file twice
        drawing = Drawing(self._output.where, self._answers.name, sorted(self._earlier))
        index, summed = drawer.submit(draw, drawing).result()
        summary = self._tally.summary(BatchSummary, summed, refused=self._refused, left_behind=self._left)
        self._output.replace(b"index.html", index)
        self._output.replace(b"summary.json", summary.encoded())
        return summary


def _interrupt() -> None:
    raise KeyboardInterrupt
