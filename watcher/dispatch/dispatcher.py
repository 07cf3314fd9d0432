"""Turns pending files into jobs, hands jobs to the worker pool, and passes the answers to the committer."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass

from processing.workers.pool import WorkerPool
from watcher.discovery.pending_files import PendingFiles
from watcher.discovery.watched_folder import FileSource
from watcher.dispatch.job_queue import JobQueue
from watcher.dispatch.worker_task import WorkerTask, process
from watcher.job import Answer, Deferral, Finished, Inbox, Job

MAX_MEAN_BYTES = 1 << 16
"""Mean file size in bytes up to which all slots may be used.

Larger files get fewer slots so that one device cannot block the others.
"""
ALWAYS_ALLOWED_FRACTION = 1 / 8
"""Share of the slots that ignores file size."""
MAX_WAIT_SECONDS = 1.0
"""Longest wait between two turns: the file source checks the watched folder once a second."""


@dataclass(eq=False)
class Dispatcher:
    """Moves files from `source` through `pending` and `jobs` to `pool`, and their outcomes to `outbox`.

    At most `max_in_flight` jobs are in flight, fewer if their files are large. `task_of` makes the task that
    a worker gets for a job. Any thread may set `wake`, which starts the next turn at once; one comes at least
    every `heartbeat_seconds`.
    """

    source: FileSource
    pending: PendingFiles
    jobs: JobQueue
    pool: WorkerPool
    outbox: Inbox
    wake: threading.Event
    task_of: Callable[[Job], WorkerTask]
    max_in_flight: int
    heartbeat_seconds: float = math.inf
    _paused_until: float = 0.0

    def pause(self, seconds: float) -> None:
        """Submit no job for this many seconds; an earlier pause that ends later still counts."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def run(self, stopping: threading.Event, finished: Callable[[], bool]) -> None:
        """Take turns until `stopping` is set or `finished` returns True."""
        while not stopping.is_set():
            self.wake.clear()
            self.turn()
            if finished():
                return
            longest = min(MAX_WAIT_SECONDS, self.heartbeat_seconds)
            self.wake.wait(min(longest, self.pending.wait_seconds(), self.source.wait_seconds()))

    def turn(self) -> None:
        """Collect new files, queue those that are stable, and submit jobs to the free slots."""
        self.source.feed(self.pending)
        self.pending.feed(self.jobs)
        if time.monotonic() < self._paused_until:
            return
        while self._has_free_slot() and (job := self.jobs.take()) is not None:
            self._submit(job)

    def _has_free_slot(self) -> bool:
        slots, in_flight = self.max_in_flight, self.jobs.in_flight
        if in_flight < int(slots * ALWAYS_ALLOWED_FRACTION):
            return True
        return in_flight < slots and self.jobs.in_flight_bytes < slots * MAX_MEAN_BYTES

    def _submit(self, job: Job) -> None:
        submitted_at = time.monotonic()

        def hand_over(future: Future[Answer | Deferral]) -> None:
            try:
                outcome: Answer | Deferral | BaseException = future.exception() or future.result()
            except CancelledError as error:
                outcome = error
            self.outbox.put(Finished(job, submitted_at, time.monotonic(), outcome))

        task = self.task_of(job)
        self.pool.submit(process, task, task.seconds).add_done_callback(hand_over)
