"""A backfill: one run over many files that can be resumed, with a summary and an index at its end.

Workers process the inputs; this process writes, and only to the output. The digests of this run are kept in a
temporary file, so that memory does not grow with the archive.
"""

from __future__ import annotations

import contextlib
import queue
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from processing.batch import tasks
from processing.batch.run_summary import LEFT_BEHIND, MAX_LISTED, RejectedFile, RunSummary, RunTally
from processing.batch.stores import BatchInput, Output, error_phrase
from processing.batch.tasks import BatchAnswer, BatchTask
from processing.model.rejection import ErrorDetails
from processing.model.safe_text import text_of
from processing.profiles import Profiles
from processing.workers import attempts
from processing.workers.attempts import PoolUnavailableError, WorkerDiedError, WorkerTimedOutError
from processing.workers.pool import WorkerPool
from processing.workers.threads import Threads

MAX_POOL_LOSSES = 8
"""How often in a row the pool may become unavailable; with the waits between, two minutes."""
MAX_WAIT_SECONDS = 30.0
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
    input: BatchInput
    number: int = 1


@dataclass(eq=False)
class Backfill:
    """Processes inputs with `pool`, at most `in_flight` at once, and stores the results in `output`.

    `report` is called with each input and its answer.
    """

    pool: WorkerPool
    output: Output
    profiles: Profiles
    in_flight: int
    report: Callable[[BatchInput, BatchAnswer], None]

    def __post_init__(self) -> None:
        self._earlier = set(self.output.records())
        """Names of records of earlier runs whose inputs have not come up in this run."""
        self._folder = tempfile.TemporaryDirectory(prefix="backfill-")
        self._answers = Path(self._folder.name, "answers").open("wb")  # noqa: SIM115 - `run` closes it
        self._tally = RunTally("processed", "skipped", "refused", rejected="refused")
        self._refused: list[RejectedFile] = []
        self._left: list[LeftInput] = []
        self._steps: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        """What this thread has to do after a worker or a writer has finished."""
        self._writers = Threads(WRITERS, "writer")
        self._retries: deque[_Attempt] = deque()
        self._in_flight = self._losses = 0
        self._any_answer = self._pool_lost = False

    def run(self, inputs: Iterator[BatchInput], drawer: WorkerPool) -> BatchSummary:
        """Process all inputs, or as many as an interrupt allows; write the index and the summary.

        `drawer` draws the index. Raises PoolUnavailableError if the pool stays unavailable.
        """
        with self._folder, self._answers:
            try:
                while not self._tally.stopped_early and (self._submit(inputs) or self._in_flight):
                    self._steps.get()()
            finally:
                self._writers.join()
            while not self._steps.empty():  # results that were stored after an interrupt count too
                self._steps.get()()
            return self._conclude(drawer)

    def interrupt(self) -> None:
        """End the run before its next step; a signal handler may call this."""
        self._tally.stopped_early = True
        self._steps.put(lambda: None)  # wakes the run

    def _submit(self, inputs: Iterator[BatchInput]) -> bool:
        """Keep the pool busy; return False if nothing is left to submit."""
        if self._pool_lost and self._in_flight:
            return True
        if self._pool_lost:
            with contextlib.suppress(queue.Empty):  # nothing is in flight: only an interrupt can come
                self._steps.get(timeout=min(MAX_WAIT_SECONDS, 2.0**self._losses))
                return False
            self._losses += 1
            self._pool_lost = False
        while self._in_flight < self.in_flight:
            if self._retries:
                self._start(self._retries.popleft())
            elif (each := next(inputs, None)) is not None:
                self._start(_Attempt(each))
            else:
                return False
        return True

    def _start(self, attempt: _Attempt) -> None:
        """Submit an input to the pool, unless it cannot be read."""
        each = attempt.input
        self._in_flight += 1
        if each.error:
            self._finish(each, BatchAnswer(outcome="left_behind", error=each.error))
            return
        maybe_processed = next(tasks.record_names(each.name, "0" * 64)) in self._earlier
        profile = self.profiles.for_name(each.name)
        task = BatchTask(each.name, each.address, self.output.address, profile, maybe_processed)
        future = self.pool.submit(tasks.process_input, task)
        future.add_done_callback(lambda done: self._steps.put(partial(self._handle, attempt, done)))

    def _handle(self, attempt: _Attempt, future: Future[BatchAnswer]) -> None:
        """Have a worker's answer stored; if there is none, retry the input or give it up."""
        if self._tally.stopped_early:
            return
        try:
            answer = future.result()
        except PoolUnavailableError:
            if not self._any_answer or self._losses >= MAX_POOL_LOSSES:
                raise
            self._pool_lost = True
            self._retry(attempt)
        except (WorkerDiedError, WorkerTimedOutError) as error:
            if (message := attempts.last_attempt_message(attempt.number, error)) is None:
                self._retry(attempt._replace(number=attempt.number + 1))
            else:
                details = ErrorDetails(code=attempts.code_of(error), message=message)
                self._finish(attempt.input, tasks.rejected(attempt.input.name, details))
        except (Exception, CancelledError) as error:  # noqa: BLE001 - the other files go on
            self._finish(attempt.input, BatchAnswer(outcome="left_behind", error=error_phrase(error)))
        else:
            self._any_answer, self._losses = True, 0
            if answer.outcome == "processed":
                self._writers.submit(partial(self._store, attempt.input, answer))
            else:
                self._finish(attempt.input, answer)

    def _retry(self, attempt: _Attempt) -> None:
        self._in_flight -= 1
        self._retries.append(attempt)

    def _store(self, each: BatchInput, answer: BatchAnswer) -> None:
        """Store an input's record; runs in a writer thread."""
        self._steps.put(partial(self._finish, each, self._stored(each.name, answer)))

    def _stored(self, name: bytes, answer: BatchAnswer) -> BatchAnswer:
        try:
            for record_name in tasks.record_names(name, answer.sha256):
                if self.output.put(record_name, answer.record):
                    return msgspec.structs.replace(answer, record_name=record_name, record=b"")
                if digest := tasks.matching_digest(self.output.address, record_name, name, answer.sha256):
                    return BatchAnswer(outcome="skipped", digest=digest, record_name=record_name)
        except Exception as error:  # noqa: BLE001 - each store has its own
            message = f"its result cannot be stored: {error_phrase(error)}"
            return BatchAnswer(outcome="left_behind", error=message)
        return BatchAnswer(outcome="left_behind", error="every name for its result is taken")

    def _finish(self, each: BatchInput, answer: BatchAnswer) -> None:
        """Count an input with its outcome, and report it."""
        self._in_flight -= 1
        self._tally.counts[answer.outcome] += 1
        self._earlier.discard(answer.record_name)
        name, digest = text_of(each.name), answer.digest
        if digest is not None:
            self._answers.write(msgspec.json.encode((answer.record_name, digest)) + b"\n")
            if digest.error is not None and len(self._refused) < MAX_LISTED:
                self._refused.append(RejectedFile.of(name, digest.error))
        if answer.outcome == LEFT_BEHIND and len(self._left) < MAX_LISTED:
            self._left.append(LeftInput(file=name, message=answer.error))
        self.report(each, answer)

    def _conclude(self, drawer: WorkerPool) -> BatchSummary:
        self._answers.close()  # Windows opens no file twice
        draw = partial(tasks.draw_index, self.output.address, self._answers.name)
        index, totals = drawer.submit(draw, sorted(self._earlier)).result()
        summary = self._tally.summary(BatchSummary, totals, refused=self._refused, left_behind=self._left)
        self.output.replace(b"index.html", index)
        self.output.replace(b"summary.json", summary.encoded())
        return summary
