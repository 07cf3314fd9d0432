"""A pool of local worker processes. Idle workers exit after `IDLE_SECONDS`."""

from __future__ import annotations

import contextlib
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from processing.workers.attempts import (
    PoolUnavailableError,
    WorkerDiedError,
    WorkerGoneError,
    WorkerTimedOutError,
)
from processing.workers.pool import R, T
from processing.workers.threads import start_thread
from processing.workers.worker_process import KILL_SECONDS, WorkerProcess

IDLE_SECONDS = 10.0
FOR_FILES: Final = "processing.pipeline"
FOR_PAGES: Final = "processing.html.index_page"
"""Modules to preload: pages need no numpy."""
MAX_BATCH = 32
"""The most tasks that are sent together."""
BATCH_SECONDS = 0.02
"""How long a batch should take, since another task may have to wait for it."""
MAX_BATCH_SECONDS = 1.0
"""Time limit of a batch. Its tasks are then sent again one by one, so that none waits long for another."""


class _Task(NamedTuple):
    future: Future[Any]
    function: Callable[[Any], Any]
    argument: Any
    seconds: float
    is_alone: bool
    """Whether it is sent without others: it may take long, or a batch with it failed."""
    is_repeated: bool = False
    """Whether it was sent before."""


@dataclass(eq=False)
class LocalPool:
    """At most `workers` processes. Each has a thread that feeds it through a pipe.

    Tasks are sent in batches, larger ones if more tasks wait; one with a time limit of its own may take long
    and is sent alone. A worker that dies or exceeds `file_seconds` fails only its own task, with
    WorkerDiedError or WorkerTimedOutError: the tasks of a batch that failed are sent again one by one. If no
    worker can start, tasks fail with PoolUnavailableError. What a worker needs for the module `preload` does
    not count in `file_memory`.
    """

    workers: int
    file_seconds: float
    file_memory: int
    idle_seconds: float = IDLE_SECONDS
    preload: str = FOR_FILES

    def __post_init__(self) -> None:
        self._waiting: deque[_Task] = deque()
        self._threads: dict[threading.Thread, WorkerProcess | None] = {}
        """The threads that feed workers, each with the worker that it started last."""
        self._idle = 0
        self._closed = False
        self._changed = threading.Condition()
        self._task_seconds = BATCH_SECONDS
        """The average time of recent tasks."""

    def submit(self, function: Callable[[T], R], task: T, seconds: float | None = None) -> Future[R]:
        """Return the future of `function(task)`; start another worker if none is idle."""
        future: Future[R] = Future()
        limit = self.file_seconds if seconds is None else seconds
        with self._changed:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            self._waiting.append(_Task(future, function, task, limit, is_alone=seconds is not None))
            self._wake_threads()
        if not self._threads:
            self._fail_next(PoolUnavailableError("no thread is left for a worker process"))
        return future

    def warm_up(self) -> None:
        """Start a worker before the first task comes."""
        with self._changed:
            self._idle += self._add_thread(self._feed_early)

    def _wake_threads(self) -> None:
        """Have idle threads take tasks; start another one if more tasks wait."""
        if len(self._waiting) > self._idle and len(self._threads) < self.workers:
            self._add_thread(self._feed)
        self._changed.notify(len(self._waiting))

    def _add_thread(self, feed: Callable[[], None]) -> bool:
        if thread := start_thread(feed, "worker-feed"):
            self._threads.setdefault(thread)
        return thread is not None

    def shutdown(self) -> None:
        """Kill all workers, and cancel the tasks that run or wait."""
        with self._changed:
            self._closed = True
            while self._waiting:
                future = self._waiting.popleft().future
                if not future.cancel():  # its batch failed, and it waits to be sent again
                    future.set_exception(CancelledError())
            for worker in filter(None, self._threads.values()):
                worker.kill()
            threads = list(self._threads)
            self._changed.notify_all()
        deadline = time.monotonic() + KILL_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _feed_early(self) -> None:
        worker = None
        with contextlib.suppress(PoolUnavailableError):  # the first task tries again
            worker = self._start_worker()
        with self._changed:
            self._idle -= 1
        self._feed(worker)

    def _feed(self, worker: WorkerProcess | None = None) -> None:
        """Feed one worker until no task has come for `idle_seconds`."""
        while self._wait_for_task():
            try:
                if worker is None or worker.has_ended():  # it was killed while idle, so no task is the cause
                    worker = self._start_worker()
            except PoolUnavailableError as error:
                if self._ends_with_others_left():
                    return
                self._fail_next(error)
                continue
            if batch := self._take():  # not before: while this worker started, others may have done all tasks
                self._compute(worker, batch)
        if worker is not None:
            worker.end()

    def _wait_for_task(self) -> bool:
        """Wait for a task; if none comes, remove this thread and return False."""
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._waiting or self._closed, self.idle_seconds)
            self._idle -= 1
            if not self._waiting:
                self._threads.pop(threading.current_thread(), None)
            return bool(self._waiting)

    def _ends_with_others_left(self) -> bool:
        """Remove this thread, which has no worker, if there are other threads; return whether that was so."""
        with self._changed:
            if has_others := len(self._threads) > 1:
                self._threads.pop(threading.current_thread())
                self._changed.notify()  # an idle thread has to take the task that woke this one
        return has_others

    def _take(self) -> list[_Task]:
        """Return a batch of the next tasks, now running; it is short and leaves tasks for other workers."""
        batch: list[_Task] = []
        with self._changed:
            size = min(MAX_BATCH, 1 + len(self._waiting) // self.workers, BATCH_SECONDS / self._task_seconds)
            while self._waiting and (not batch or len(batch) < size):
                if batch and (batch[0].is_alone or self._waiting[0].is_alone):
                    break
                task = self._waiting.popleft()
                if task.future.running() or task.future.set_running_or_notify_cancel():
                    batch.append(task)
        return batch

    def _fail_next(self, error: PoolUnavailableError) -> None:
        for task in self._take():
            task.future.set_exception(CancelledError() if self._closed else error)

    def _compute(self, worker: WorkerProcess, batch: list[_Task]) -> None:
        """Set the results or errors of tasks; end a worker that gave no answer.

        If a batch does not get an answer for each of its tasks, each task is sent alone. So is, once, a task
        that a worker did not take because something else ended it.
        """
        started = time.monotonic()
        limit = batch[0].seconds if len(batch) == 1 else min(batch[0].seconds, MAX_BATCH_SECONDS)
        outcomes: list[tuple[Any, BaseException | None]]
        try:
            payload = pickle.dumps([(task.function, task.argument) for task in batch])
            outcomes = pickle.loads(worker.compute(payload, limit))  # noqa: S301 - our own
        except (WorkerDiedError, WorkerTimedOutError) as failure:
            worker.end()
            is_untaken = isinstance(failure, WorkerGoneError) and not batch[0].is_repeated
            outcomes = [] if is_untaken else [(None, failure)]
            if self._closed:
                outcomes = [(None, CancelledError())] * len(batch)
        except Exception as failure:  # noqa: BLE001 - what cannot be pickled or unpickled costs its own task
            outcomes = [(None, failure)]
        self._task_seconds = (self._task_seconds + (time.monotonic() - started) / len(batch)) / 2
        if len(outcomes) != len(batch):
            with self._changed:
                self._waiting.extendleft(
                    task._replace(is_alone=True, is_repeated=True) for task in reversed(batch)
                )
                self._wake_threads()  # the first of them may keep this one for long
            return
        for task, (value, error) in zip(batch, outcomes, strict=True):
            if error is None:
                task.future.set_result(value)
            else:
                task.future.set_exception(error)

    def _start_worker(self) -> WorkerProcess:
        stop_signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)  # the worker inherits the mask
        try:
            worker = WorkerProcess(self.file_memory, self.preload)
        except OSError as error:
            raise PoolUnavailableError(f"a worker process cannot be started: {error.strerror}") from error
        with self._changed:
            self._threads[threading.current_thread()] = worker
            if self._closed:
                worker.kill()
        worker.wait_until_ready()
        return worker
