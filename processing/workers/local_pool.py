"""Where processing runs: worker processes of this machine, started when there is work, let go without."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from multiprocessing.connection import Pipe
from typing import Any, Final, NamedTuple

from processing.workers.attempts import PoolUnavailableError, WorkerDiedError, WorkerTimedOutError
from processing.workers.pool import R, T

IDLE_SECONDS = 10.0
START_SECONDS = 60.0
_KILL_SECONDS = 1.0
_ending_late: Final[set[subprocess.Popen[bytes]]] = set()
"""Workers that were killed and have not ended within a second: on a busy machine, or stuck in the kernel."""
_ONE_THREAD: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_PROGRAM: Final = (
    "import sys; sys.path[:] = sys.argv[4:]; from processing.workers.worker import main; main(sys.argv[1:4])"
)


class _Task(NamedTuple):
    future: Future[Any]
    payload: bytes
    seconds: float


class LocalPool:
    """At most `workers` processes, each fed by a thread of its own with one task at a time.

    One pipe a worker and one task in it: a worker that dies or passes `file_seconds` fails exactly the task
    it held, with WorkerDiedError or WorkerTimedOutError, and shares no lock that could outlive it. If no
    worker can start, tasks fail with PoolUnavailableError, which concerns no file.
    """

    def __init__(
        self, workers: int, file_seconds: float, file_memory: int, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._most = workers
        self._file_seconds = file_seconds
        self._file_memory = file_memory
        self._idle_seconds = idle_seconds
        self._waiting: deque[_Task] = deque()
        self._threads: set[threading.Thread] = set()
        self._workers: set[_Worker] = set()
        self._idle = 0
        self._closed = False
        self._killed = False
        self._changed = threading.Condition()

    def submit(self, function: Callable[[T], R], task: T, seconds: float | None = None) -> Future[R]:
        """Return the future of `function(task)`, computed by a worker that is idle or, if need be, new."""
        future: Future[R] = Future()
        payload = pickle.dumps((function, task))
        with self._changed:
            if self._closed:
                raise RuntimeError("the engine is shut down")
            self._waiting.append(_Task(future, payload, self._file_seconds if seconds is None else seconds))
            if len(self._waiting) > self._idle and len(self._threads) < self._most:
                self._start_feeding()
            lost = not self._threads
            self._changed.notify()
        if lost:
            self._fail_one(_not_started(OSError(errno.EAGAIN, "no thread is left for it")))
        return future

    def _start_feeding(self) -> None:
        thread = threading.Thread(target=self._feed, name="worker-feed", daemon=True)
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # the limit of processes, which counts threads too
            self._threads.discard(thread)

    def shutdown(self, *, wait: bool, grace_seconds: float = 5.0) -> None:
        """End all workers: after their work where `wait`, but within the grace; else at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if wait:
            self._join(grace_seconds)
        with self._changed:
            self._killed = True
            while self._waiting:
                self._waiting.popleft().future.cancel()
            for worker in self._workers:
                worker.kill()
        self._join(_KILL_SECONDS)

    def _join(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self._changed:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _feed(self) -> None:
        """Feed one worker until there has been no work for a while."""
        for_the_daemon = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}  # the worker inherits the mask
        signal.pthread_sigmask(signal.SIG_BLOCK, for_the_daemon)
        worker: _Worker | None = None
        while self._work_waits():
            if worker is not None and worker.has_ended():  # killed while it was idle; that is no file's doing
                self._let_go(worker)
                worker = None
            try:
                worker = worker or self._start()
            except PoolUnavailableError as failure:
                if self._leaves_it_to_others():
                    return
                self._fail_one(failure)
                continue
            task = self._take()  # only now: while this worker started, a warm one may have done the work
            if task is not None and task.future.set_running_or_notify_cancel():
                worker = self._compute(worker, task)
        if worker is not None:
            self._let_go(worker)

    def _work_waits(self) -> bool:
        """Wait for work; return False, and this thread has ended, where none came for a while."""
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._waiting or self._closed, self._idle_seconds)
            self._idle -= 1
            if not self._waiting:
                self._threads.discard(threading.current_thread())
            return bool(self._waiting)

    def _leaves_it_to_others(self) -> bool:
        """Return whether this thread, which gets no worker, has ended because there are others."""
        with self._changed:
            others = len(self._threads) > 1
            if others:
                self._threads.discard(threading.current_thread())
                self._changed.notify()  # what woke this one may be for one that is idle
        return others

    def _take(self) -> _Task | None:
        with self._changed:
            return self._waiting.popleft() if self._waiting else None

    def _fail_one(self, failure: PoolUnavailableError) -> None:
        task = self._take()
        if task is not None and task.future.set_running_or_notify_cancel():
            task.future.set_exception(CancelledError() if self._killed else failure)

    def _compute(self, worker: _Worker, task: _Task) -> _Worker | None:
        """Settle the task's future; return the worker if it lives on."""
        left: _Worker | None = worker
        try:
            value, error = pickle.loads(worker.compute(task.payload, task.seconds))  # noqa: S301 - our own
        except (WorkerDiedError, WorkerTimedOutError) as failure:
            self._let_go(worker)
            left, value, error = None, None, CancelledError() if self._killed else failure
        except Exception as failure:  # noqa: BLE001 - an answer that cannot be unpickled costs its own task
            value, error = None, failure
        if error is None:
            task.future.set_result(value)
        else:
            task.future.set_exception(error)
        return left

    def _start(self) -> _Worker:
        worker = _Worker(self._file_memory)
        with self._changed:
            self._workers.add(worker)
            if self._killed:
                worker.kill()
        try:
            worker.wait_until_ready()
        except PoolUnavailableError:
            self._let_go(worker)
            raise
        return worker

    def _let_go(self, worker: _Worker) -> None:
        with self._changed:
            self._workers.discard(worker)
        worker.kill()
        worker.reap()


class _Worker:
    """A process and the pipe to it; one thread uses it, any may kill it."""

    def __init__(self, file_memory: int) -> None:
        for process in tuple(_ending_late):
            if process.poll() is not None:
                _ending_late.discard(process)
        try:
            self._pipe, theirs = Pipe()
        except OSError as error:
            raise _not_started(error) from error
        arguments = [str(theirs.fileno()), str(os.getpid()), str(file_memory), *sys.path]
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, "-c", _PROGRAM, *arguments],
                    env={**os.environ, **_ONE_THREAD},
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=2,  # standard output is the log's
                )
        except OSError as error:
            self._pipe.close()
            raise _not_started(error) from error
        self.pid = self._process.pid

    def wait_until_ready(self) -> None:
        """Return when the process can take its first task; raise PoolUnavailableError where it never can."""
        try:
            if self._pipe.poll(START_SECONDS):
                self._pipe.recv_bytes()
                return
        except (EOFError, OSError):
            pass
        raise PoolUnavailableError(f"a worker process ended before its first task ({self._ending()})")

    def has_ended(self) -> bool:
        """Return whether the process has ended, as one without a task is seen to: its pipe is closed."""
        return self._pipe.poll()

    def compute(self, payload: bytes, seconds: float) -> bytes:
        """Return the answer; raise WorkerDiedError, or WorkerTimedOutError after the seconds."""
        try:
            self._pipe.send_bytes(payload)
            if not self._pipe.poll(seconds):
                raise WorkerTimedOutError(f"not finished after {seconds:g} s")
            return self._pipe.recv_bytes()
        except (EOFError, OSError):
            raise WorkerDiedError(f"the worker process died ({self._ending()})") from None

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        self._process.kill()

    def reap(self) -> None:
        """Close the pipe and collect the process; one that takes its time is collected at a later start."""
        self._pipe.close()
        self._ending()
        if self._process.returncode is None:
            _ending_late.add(self._process)

    def _ending(self) -> str:
        try:
            code = self._process.wait(_KILL_SECONDS)
        except subprocess.TimeoutExpired:
            return "still ending"
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _not_started(error: OSError) -> PoolUnavailableError:
    return PoolUnavailableError(f"a worker process cannot be started: {error.strerror}")
