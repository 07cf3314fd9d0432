"""The thread that takes files in: candidates settle, wait their turn, and go to the engine."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, Protocol

from watcher.discovery.file_filter import IgnoredNames, NameKind, kind_of
from watcher.discovery.pending_files import FileEvent, PendingFiles
from watcher.dispatch.job_queue import JobQueue
from watcher.dispatch.worker_task import WorkerTask, process
from watcher.job import Answer, Deferral, Finished, Job, device_of

SMALL_BYTES = 1 << 16
"""Of a file, in the mean: of larger ones few are in flight, lest another device's wait behind them."""
FEW = 8
"""The part of `in_flight_most` that may be in flight whatever its size."""
LONGEST_WAIT_SECONDS = 1.0
"""Nothing else may need a turn, but the watch wants a look at its folder."""


class FileSource(Protocol):
    """Where candidates come from: the watched folder, or a list of names."""

    scans_finished: int
    """How often everything there was has been fed."""

    @property
    def unreadable(self) -> dict[bytes, str]:
        """Folders that cannot be read, and why."""

    def start(self) -> None:
        """Begin to find files."""

    def feed(self, sink: PendingFiles) -> None:
        """Give the sink what was found, as far as it has room, without waiting."""

    def wait_seconds(self) -> float:
        """Return the seconds until `feed` has something to do by itself."""

    def stop(self) -> None:
        """Find nothing any more."""


class NamedFiles:
    """Files that were named, each fed once."""

    scans_finished = 0

    def __init__(self, names: list[bytes], ignored: IgnoredNames) -> None:
        self._waiting: dict[bytes, deque[bytes]] = {}
        """What is not fed yet, by device: a device without room ends its turn, not the others'."""
        for name in names:
            if kind_of(name) is NameKind.INPUT:
                self._waiting.setdefault(device_of(name), deque()).append(name)
            else:
                ignored.tell(name, "no .csv or .csv.gz, or the name of an upload in progress")
        self.unreadable: dict[bytes, str] = {}

    def start(self) -> None:
        """Nothing needs to be begun."""

    def feed(self, sink: PendingFiles) -> None:
        """Give the sink the names that it has room for."""
        for device, names in list(self._waiting.items()):
            while names and sink.add(FileEvent(names[0])):
                names.popleft()
            if not names:
                del self._waiting[device]
        self.scans_finished = 0 if self._waiting else 1

    def wait_seconds(self) -> float:
        """Return a moment while names wait for room."""
        return 0.05 if self._waiting else LONGEST_WAIT_SECONDS

    def stop(self) -> None:
        """Nothing needs to be ended."""


class Submit(Protocol):
    """The engine's way in."""

    def submit(
        self, function: Callable[[WorkerTask], Answer | Deferral], task: WorkerTask, seconds: float | None
    ) -> Future[Any]:
        """Run the function elsewhere, for so many seconds at most, and return its future."""


class Dispatcher:
    """Moves files from `origin` to `engine`, and what came of them to `outbox`.

    At most `in_flight_most` files are with the engine, fewer of large ones; `task_of` makes of a job what a
    worker needs. A turn comes at least every `longest_wait` seconds.
    """

    def __init__(
        self,
        source: FileSource,
        pending: PendingFiles,
        jobs: JobQueue,
        engine: Submit,
        outbox: queue.SimpleQueue[Finished | None],
        *,
        task_of: Callable[[Job], WorkerTask],
        in_flight_most: int,
        longest_wait: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self._source = source
        self._pending = pending
        self._jobs = jobs
        self._engine = engine
        self._outbox = outbox
        self._task_of = task_of
        self._in_flight_most = in_flight_most
        self._longest_wait = longest_wait
        self._paused_until = 0.0
        self._wake = threading.Event()

    def wake(self) -> None:
        """Have the next turn begin at once; any thread may call this."""
        self._wake.set()

    def pause(self, seconds: float) -> None:
        """Send nothing to the engine for so many seconds, nor before an earlier pause ends."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def run(self, stopping: threading.Event, finished: Callable[[], bool]) -> None:
        """Take turns until the program stops or `finished` says that there is nothing more to come."""
        while not stopping.is_set():
            self._wake.clear()
            self.turn()
            if finished():
                return
            self._wake.wait(
                min(self._longest_wait, self._pending.wait_seconds(), self._source.wait_seconds())
            )

    def turn(self) -> None:
        """Take candidates, let them settle, and submit as many jobs as may be in flight."""
        self._source.feed(self._pending)
        self._pending.feed(self._jobs)
        if time.monotonic() < self._paused_until:
            return
        while self._has_room() and (job := self._jobs.take()) is not None:
            self._submit(job)

    def _has_room(self) -> bool:
        most, count = self._in_flight_most, self._jobs.in_flight
        return count < most // FEW or (count < most and self._jobs.in_flight_bytes < most * SMALL_BYTES)

    def _submit(self, job: Job) -> None:
        submitted_at = time.monotonic()

        def hand_over(future: Future[Answer | Deferral]) -> None:
            try:
                outcome: Answer | Deferral | BaseException = future.exception() or future.result()
            except CancelledError as error:
                outcome = error
            self._outbox.put(Finished(job, submitted_at, time.monotonic(), outcome))

        task = self._task_of(job)
        self._engine.submit(process, task, task.seconds).add_done_callback(hand_over)
