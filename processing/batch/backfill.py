"""A backfill: one run over many files that can be resumed, with a summary and an index at its end.

Workers process the inputs; this process writes, and only to the output. The digests of this run are kept in a
temporary file, so that memory does not grow with the archive.
"""

import contextlib
import queue
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from processing.batch import tasks
from processing.batch.run_summary import MAX_LISTED, RejectedFile, RunSummary, RunTally
from processing.batch.stores import BatchInput, Output, error_phrase
from processing.batch.tasks import BatchAnswer, BatchTask
from processing.formats.toml_files import FormatFile
from processing.model.rejection import ErrorDetails
from processing.model.safe_text import text_of
from processing.profiles import Profiles
from processing.workers import attempts
from processing.workers.attempts import PoolUnavailableError, WorkerDiedError, WorkerTimedOutError
from processing.workers.pool import WorkerPool
from processing.workers.threads import Helpers

MAX_POOL_LOSSES = 8
"""How often in a row the pool may become unavailable; with the waits in between, this takes two minutes."""
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


@dataclass(eq=False)
class Backfill:
    """Processes inputs with `pool`, at most `in_flight` at once, and stores the results in `output`.

    `report` is called with each input and its answer. With `force`, inputs that have a result are processed
    again. The new result replaces the old one, which stays if the input is now rejected.
    """

    pool: WorkerPool
    output: Output
    profiles: Profiles
    in_flight: int
    report: Callable[[BatchInput, BatchAnswer], None]
    force: bool = False
    formats: tuple[FormatFile, ...] = ()

    def __post_init__(self) -> None:
        self._earlier = set(self.output.records())
        """Names of records of earlier runs whose inputs have not come up in this run."""
        self._folder = tempfile.TemporaryDirectory(prefix="backfill-")
        self._answers = Path(self._folder.name, "answers").open("wb")  # noqa: SIM115 - `run` closes it
        self._tally = RunTally("processed", "skipped", "refused", rejected="refused")
        self._refused: list[RejectedFile] = []
        self._left: list[LeftInput] = []
        self._ended: queue.SimpleQueue[tuple[BatchInput, Future[BatchAnswer]] | None] = queue.SimpleQueue()
        """What the pool has finished; None wakes this thread after an interrupt."""
        self._writers = Helpers(WRITERS, "writer")
        self._retries: deque[BatchInput] = deque()
        self._in_flight = self._losses = 0
        self._any_answer = self._pool_lost = False

    def run(self, inputs: Iterator[BatchInput], drawer: WorkerPool) -> BatchSummary:
        """Process all inputs, or as many as an interrupt allows; write the index and the summary.

        `drawer` draws the index. Raises PoolUnavailableError if the pool stays unavailable.
        """
        with self._folder, self._answers:
            while not self._tally.stopped_early and (self._submit(inputs) or self._in_flight):
                self._store_ended()
            return self._conclude(drawer)

    def interrupt(self) -> None:
        """End the run before its next step; a signal handler may call this."""
        self._tally.stopped_early = True
        self._ended.put(None)

    def _submit(self, inputs: Iterator[BatchInput]) -> bool:
        """Keep the pool busy; return False if nothing is left to submit."""
        if self._pool_lost and self._in_flight:
            return True
        if self._pool_lost:
            with contextlib.suppress(queue.Empty):  # nothing is in flight: only an interrupt can come
                self._ended.get(timeout=min(MAX_WAIT_SECONDS, 2.0**self._losses))
                return False
            self._losses += 1
            self._pool_lost = False
        while self._in_flight < self.in_flight:
            one = self._retries.popleft() if self._retries else next(inputs, None)
            if one is None:
                return False
            self._start(one)
        return True

    def _start(self, one: BatchInput) -> None:
        """Submit an input to the pool, unless it cannot be read."""
        self._in_flight += 1
        if one.error:
            self._finish(one, BatchAnswer(outcome="left_behind", error=one.error))
            return
        has_record = next(tasks.record_names(one.name, "0" * 64)) in self._earlier
        profile = self.profiles.for_name(one.name)
        skips = has_record and not self.force
        task = BatchTask(one.name, one.address, self.output.address, profile, skips, self.formats)
        future = self.pool.submit(tasks.process_input, task)
        future.add_done_callback(lambda done: self._ended.put((one, done)))

    def _store_ended(self) -> None:
        """Wait for an answer, then store and count all answers that have come."""
        ended = [self._ended.get()]
        while not self._ended.empty():
            ended.append(self._ended.get())
        answers: list[tuple[BatchInput, BatchAnswer]] = []
        stored: list[tuple[BatchInput, BatchAnswer]] = []
        for one, future in filter(None, ended):
            if (answer := self._answer(one, future)) is not None:
                answers.append((one, answer))
        self._writers.for_each(lambda pair: stored.append((pair[0], self._stored(*pair))), answers)
        for one, answer in stored:
            self._finish(one, answer)

    def _answer(self, one: BatchInput, future: Future[BatchAnswer]) -> BatchAnswer | None:
        """Return the answer for an input; None if the input is tried again."""
        try:
            answer = future.result()
        except PoolUnavailableError:
            if not self._any_answer or self._losses >= MAX_POOL_LOSSES:
                raise
            self._pool_lost = True
        except (WorkerDiedError, WorkerTimedOutError) as error:
            if (message := attempts.last_attempt_message(one.attempt, error)) is not None:
                details = ErrorDetails(code=attempts.code_of(error), message=message)
                return tasks.rejected(one.name, details)
            one = one._replace(attempt=one.attempt + 1)
        except (Exception, CancelledError) as error:  # noqa: BLE001 - the other files go on
            return BatchAnswer(outcome="left_behind", error=error_phrase(error))
        else:
            self._any_answer, self._losses = True, 0
            return answer
        self._in_flight -= 1
        self._retries.append(one)
        return None

    def _stored(self, one: BatchInput, answer: BatchAnswer) -> BatchAnswer:
        """Store the record of an input that was processed; runs in a writer thread."""
        if answer.outcome != "processed":
            return answer
        try:
            for record_name in tasks.record_names(one.name, answer.sha256):
                if self.output.put(record_name, answer.record):
                    return msgspec.structs.replace(answer, record_name=record_name, record=b"")
                digest = tasks.matching_digest(self.output.address, record_name, one.name, answer.sha256)
                if digest is not None and self.force:
                    self.output.replace(record_name, answer.record)
                    return msgspec.structs.replace(answer, record_name=record_name, record=b"")
                if digest is not None:
                    return BatchAnswer(outcome="skipped", digest=digest, record_name=record_name)
        except Exception as error:  # noqa: BLE001 - each store has its own
            message = f"its result cannot be stored: {error_phrase(error)}"
            return BatchAnswer(outcome="left_behind", error=message)
        return BatchAnswer(outcome="left_behind", error="every name for its result is taken")

    def _finish(self, one: BatchInput, answer: BatchAnswer) -> None:
        """Count an input with its outcome, and report it."""
        self._in_flight -= 1
        self._tally.counts[answer.outcome] += 1
        self._earlier.discard(answer.record_name)
        name, digest = text_of(one.name), answer.digest
        if digest is not None:
            self._answers.write(msgspec.json.encode((answer.record_name, digest)) + b"\n")
            if digest.error is not None and len(self._refused) < MAX_LISTED:
                self._refused.append(RejectedFile.of(name, digest.error))
        elif len(self._left) < MAX_LISTED:
            self._left.append(LeftInput(file=name, message=answer.error))
        self.report(one, answer)

    def _conclude(self, drawer: WorkerPool) -> BatchSummary:
        self._answers.close()  # Windows opens no file twice
        draw = partial(tasks.draw_index, self.output.address, self._answers.name)
        index, totals = drawer.submit(draw, sorted(self._earlier)).result()
        summary = self._tally.summary(BatchSummary, totals, refused=self._refused, left_behind=self._left)
        self.output.replace(b"index.html", index)
        self.output.replace(b"summary.json", summary.encoded())
        return summary
