"""The loop: finds files, hands them to workers and commits their answers. It alone changes the jobs."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from processing.workers.pool import WorkerPool
from watcher.discovery.pending_files import PendingFiles
from watcher.discovery.watched_folder import FileSource
from watcher.dispatch.in_flight import InFlight
from watcher.dispatch.worker_task import WorkerTask, process
from watcher.filing.committer import Begun, Committer
from watcher.job import Answer, Deferral, Finished, Job

MAX_WAIT_SECONDS = 1.0
"""Longest wait between two turns: the file source checks the watched folder once a second."""


@dataclass(eq=False)
class Loop:
    """Moves files from `source` through `pending` to `pool`, and has `committer` commit the answers.

    One thread runs it. `wake`, which any thread may set, starts the next turn at once; one comes at least
    every `heartbeat_seconds`. `tasks_of` makes the tasks that workers get for jobs.
    """

    source: FileSource
    pending: PendingFiles
    in_flight: InFlight
    pool: WorkerPool
    committer: Committer
    tasks_of: Callable[[list[Job]], list[WorkerTask]]
    wake: threading.Event
    heartbeat_seconds: float = math.inf
    _stopping: threading.Event = field(default_factory=threading.Event)
    _finished: deque[Finished] = field(default_factory=deque)
    """What workers have finished and is not committed yet; threads of pools add to it."""
    _begun: Begun | None = None
    """The group whose commit began in the last turn."""

    def run(self, is_finished: Callable[[], bool]) -> None:
        """Take turns until `is_finished` returns True, or `stop` was called and nothing is in flight."""
        while self.in_flight or not self._stopping.is_set():
            self.wake.clear()
            self.turn()
            if is_finished():
                return
            if not self._finished and self._begun is None:
                self.wake.wait(self._wait_seconds())

    def stop(self) -> None:
        """Take no more files, and end once those in flight are done. Any thread may call this."""
        self._stopping.set()
        self.wake.set()

    def turn(self) -> None:
        """Commit what is finished, collect new files, and submit stable ones to the free slots.

        The commit of a group ends in the next turn, after that of another has begun: its syncs take long.
        """
        begun, self._begun = self._begun, None
        count = min(len(self._finished), self.committer.group_size)
        if group := [self._finished.popleft() for _ in range(count)]:
            self._begun = self.committer.begin(group)
        if begun is not None:
            self.committer.end(begun)
        self.committer.end_waits()
        if self._stopping.is_set():
            return
        self.source.feed(self.pending)
        jobs = []
        for job in self.pending.stable_jobs(self.in_flight, self._has_slot):
            self.in_flight.add(job)
            jobs.append(job)
        tasks = self.tasks_of(jobs) if jobs else ()
        for job, task in zip(jobs, tasks, strict=True):  # all at once: a worker then gets many together
            if self._stopping.is_set():  # the pool may be shut down already, if a probe was slow
                self.in_flight.remove(job.name)
            else:
                self._submit(job, task)

    def _has_slot(self) -> bool:
        return time.monotonic() >= self.committer.paused_until and self.in_flight.has_slot()

    def _wait_seconds(self) -> float:
        times = MAX_WAIT_SECONDS, self.heartbeat_seconds, self.committer.transaction.asides.wait_seconds()
        if self._stopping.is_set():  # then nobody asks the other two, which stay due
            return min(times)
        return min(*times, self.pending.wait_seconds(), self.source.wait_seconds())

    def _submit(self, job: Job, task: WorkerTask) -> None:
        submitted_at = time.monotonic()

        def finished(future: Future[Answer | Deferral]) -> None:
            try:
                outcome: Answer | Deferral | BaseException = future.result()
            except BaseException as error:  # noqa: BLE001 - the committer handles it
                outcome = error
            self._finished.append(Finished(job, submitted_at, time.monotonic(), outcome))
            if not self.wake.is_set():
                self.wake.set()

        self.pool.submit(process, task, task.seconds).add_done_callback(finished)
