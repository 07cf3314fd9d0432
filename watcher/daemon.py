"""Wires the parts, runs them, and stops them in order.

The main thread only waits for signals; it never touches the data folders, so a hung mount cannot hold the
exit. One thread takes files in, one files what was judged, the engine's processes do the judging.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from processing.model.profile import Caps
from processing.model.version import VERSION
from processing.workers import dask_pool
from processing.workers.local_pool import LocalPool
from processing.workers.pool import WorkerPool
from processing.workers.threads import Threads
from watcher.commands import check
from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.pending_file import DOUBT_FACTOR
from watcher.discovery.pending_files import PendingFiles
from watcher.discovery.probe import FolderProber
from watcher.discovery.sources import FileSource, NamedFiles
from watcher.discovery.watched_folder import WatchedFolder
from watcher.dispatch.dispatcher import MAX_WAIT_SECONDS, Dispatcher
from watcher.dispatch.job_queue import JobQueue
from watcher.dispatch.worker_task import WorkerTask, hashing_seconds
from watcher.errors import ExitCode, SettingsError
from watcher.filing import recovery
from watcher.filing.committer import Committer
from watcher.filing.transaction import Transaction
from watcher.job import START_PROBLEM, Committed, Deferral, DeferralReason, Finished, Job, file_fields
from watcher.monitoring import log_setup
from watcher.monitoring.health import Health
from watcher.reporting.page_drawing import READ_SECONDS
from watcher.reporting.pages import DRAWING_SECONDS, Pages
from watcher.settings import Settings
from watcher.single_run import SingleRun
from watcher.status_reporter import StatusReporter
from watcher.system.backoff import delay_seconds
from watcher.system.filesystem import FileSystem
from watcher.system.lock import Lock

SETTLING_MOST = 4_096
QUEUED_MOST = 1_024
JOBS_A_WORKER = 16
"""In flight: enough that no worker waits for the daemon, and that a group shares its syncs among many."""
SYNC_THREADS = 7
"""Beside the committer's own: what waits for the disk waits together."""
STOP_SECONDS = 7.0
"""From the signal to the exit, which must come within 8."""
ENGINE_STOP_SECONDS = 4.0
"""Of those, for files that are being judged; what is not done then is judged anew at the next start."""
AWAKE_SECONDS = 1.0
"""Between two moments in which the main thread is awake."""
LOW_SPACE_SECONDS = 2.0
FINISHED = "finished"
FAILED = "failed"


class Daemon:
    """One data folder's watcher; with `names` (or `once`) it ends when what is there has been filed."""

    def __init__(self, settings: Settings, *, once: bool = False, names: list[bytes] | None = None) -> None:
        self._settings = settings
        self._log = log_setup.logger()
        self._once = SingleRun(settings.once_deadline, self._log) if once else None
        self._data_dir = os.fsencode(settings.data_dir)
        self._incoming = os.path.join(self._data_dir, b"incoming")  # noqa: PTH118 - names are bytes
        self._stopping = threading.Event()
        self._idle = threading.Event()
        """Set when a job is done: nothing may be in flight any more."""
        self._ends: queue.SimpleQueue[str] = queue.SimpleQueue()
        """Why to end: FINISHED, FAILED, or a signal's name."""
        self._signalled = False
        self._failure: BaseException | None = None
        self._hung = False
        self._threads: dict[str, threading.Thread] = {}
        self._wire(names)

    def _wire(self, names: list[bytes] | None) -> None:
        settings, log = self._settings, self._log
        self._fs = FileSystem(durable=settings.durability == "full")
        self._lock = Lock(settings.data_dir)
        self._health = Health(log)
        self._inbox: queue.SimpleQueue[Finished | None] = queue.SimpleQueue()
        self._jobs = JobQueue(QUEUED_MOST)
        self._ignored = IgnoredNames(log)
        settle_of = _settle_of(settings)
        self._pending = PendingFiles(
            settle_of,
            looker=FolderProber(self._incoming, self._fs),
            clock=time.monotonic,
            capacity=SETTLING_MOST,
            ignored=self._ignored,
            log=log,
        )
        self._engine, max_in_flight = self._engine_for_files()
        self._wire_pages()
        self._wire_committer(rest_of=lambda name: settle_of(name) * DOUBT_FACTOR)
        self._wire_dispatcher(names, max_in_flight)

    def _wire_pages(self) -> None:
        settings = self._settings
        self._drawing = self._engine
        own = self._once is None or settings.engine != "local" or settings.file_seconds < READ_SECONDS * 3
        if own:  # no file waits for a page: a process of their own draws them
            self._drawing = LocalPool(1, DRAWING_SECONDS, settings.file_memory, idle_seconds=1.0)
        self._pages = Pages(
            self._drawing, self._data_dir, background=self._once is None, log=self._log, health=self._health
        )

    def _wire_committer(self, rest_of: Callable[[bytes], float]) -> None:
        sync_threads = Threads(SYNC_THREADS, "sync")
        self._transaction = Transaction(
            self._data_dir,
            self._fs,
            each=sync_threads.each,
            report=self._late_sync_failed,
            rest_of=rest_of,
        )
        self._committer = Committer(
            self._transaction,
            self._inbox,
            give_back=self._give_back,
            pause=self._pause,
            taken_back=self._taken_back,
            done=self._done,
            max_file_bytes=self._settings.max_file_bytes,
            health=self._health,
            log=self._log,
        )

    def _wire_dispatcher(self, names: list[bytes] | None, max_in_flight: int) -> None:
        self._source: FileSource = self._sources() if names is None else NamedFiles(names, self._ignored)
        self._status = StatusReporter(
            self._settings,
            self._health,
            self._lock,
            source=self._source,
            pending=self._pending,
            jobs=self._jobs,
            single_run=self._once is not None,
        )
        self._dispatcher = Dispatcher(
            self._source,
            self._pending,
            self._jobs,
            self._engine,
            self._inbox,
            task_of=self._task_maker(),
            max_in_flight=max_in_flight,
            max_wait_seconds=min(MAX_WAIT_SECONDS, self._status.max_heartbeat_interval),
        )

    def _engine_for_files(self) -> tuple[WorkerPool, int]:
        """Return where files are judged, and how many may be there at once."""
        settings = self._settings
        limits = settings.file_seconds, settings.file_memory
        if settings.engine == "local":
            return LocalPool(settings.workers, *limits), JOBS_A_WORKER * settings.workers
        if missing := dask_pool.missing_library():
            raise SettingsError(missing)
        if warning := dask_pool.open_warning(settings.engine):
            self._log.warning("engine.open", message=warning)
        return dask_pool.DaskPool(settings.engine, *limits), dask_pool.in_flight(settings.workers)

    def run(self) -> ExitCode:
        """Run until a signal, or until everything is filed; return what the process is to say."""
        signal.signal(signal.SIGIO, signal.SIG_IGN)  # a lease that somebody breaks must not end the process
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            self._start_all()
            cause = self._await_end()
        except Exception as error:  # noqa: BLE001 - raised again once all are stopped
            self._failure, cause = error, FAILED
        self._status.stopping()
        self._log.info("watcher.stopping", cause=cause, in_flight=self._jobs.in_flight)
        self._stop()
        if self._once is not None:
            self._once.close(self._ignored.counts)
        if self._failure is not None:
            raise self._failure
        return self._finish(cause)

    def _await_end(self) -> str:
        """Return why to end.

        The kernel may give a signal to any thread, and its handler runs only once this thread is awake.
        """
        while True:
            with contextlib.suppress(queue.Empty):
                return self._ends.get(timeout=AWAKE_SECONDS)

    def _finish(self, cause: str) -> ExitCode:
        code = ExitCode.CLEAN
        if self._once is not None:
            if cause != FINISHED:
                self._once.stop_early()
            code = self._once.finish()
        self._log.info("watcher.stopped", cause=cause, hung=self.hung, exit_code=int(code))
        return code

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._signalled:
            os._exit(ExitCode.LEFT_BEHIND)  # the second signal: at once; the folders are whole at every step
        self._signalled = True
        self._ends.put(signal.Signals(number).name)  # the only lock-free way out of a handler

    def _start_all(self) -> None:
        self._start("committer", self._committer.run)
        self._start("intake", self._take_in)
        self._start("control", self._status.control.run)
        if self._status.metrics is not None:
            self._start("metrics", self._status.metrics.run)
        if self._once is None:
            self._start("pages", lambda: self._pages.run(self._stopping, self._is_busy))

    def _start(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again by the main thread
                self._failure = error
                self._ends.put(FAILED)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads[name] = thread

    def _ended(self, name: str, at: float) -> bool:
        """Wait for a thread's end until `at`; return whether it has ended, or was never begun."""
        thread = self._threads.get(name)
        if thread is not None:
            thread.join(max(0.0, at - time.monotonic()))
        return thread is None or not thread.is_alive()

    def _take_in(self) -> None:
        self._prepare_folders()
        if self._stopping.is_set():
            return
        self._source.start()
        self._heartbeat()
        self._log.info("watcher.started", **self._description())
        self._pages.record_published()  # the last run may have ended between filing and drawing
        self._status.ready()
        self._dispatcher.run(self._stopping, self._is_finished)
        if self._once is not None and not self._stopping.is_set():
            self._pages.try_refresh()
            self._once.conclude(self._fs, self._settings)
        self._ends.put(FINISHED)

    def _prepare_folders(self) -> None:
        """Take the lock and recover; a fault of the environment is waited for, except by a single run."""
        attempt = 0
        for obstacle in check.obstacles(self._settings.data_dir.absolute()):
            raise SettingsError(obstacle.sentence)
        recovery.make_folders(self._fs, self._data_dir)
        self._lock.take()
        self._status.control.check()
        while not self._stopping.is_set():
            try:
                recovery.recover(self._fs, self._data_dir, self._recovered)
            except OSError as error:
                attempt += 1
                if self._once is not None or isinstance(error, PermissionError):
                    raise
                self._health.begin(START_PROBLEM, str(error))
                self._heartbeat()
                self._stopping.wait(delay_seconds(attempt))
            else:
                self._health.end(START_PROBLEM)
                return

    def _stop(self) -> None:
        """Stop in order; whatever hangs is left where it is, for nothing of it is needed."""
        self._stopping.set()
        ends_at = time.monotonic() + STOP_SECONDS
        engine_ends_at = time.monotonic() + ENGINE_STOP_SECONDS
        self._dispatcher.wake()
        ended = self._ended("intake", ends_at)  # from here on nothing new is begun
        while self._jobs.in_flight and self._failure is None and time.monotonic() < engine_ends_at:
            self._idle.wait(engine_ends_at - time.monotonic())  # what is being judged may still be filed
            self._idle.clear()
        self._engine.shutdown()  # what is not judged by now stays in incoming
        self._drawing.shutdown()  # what is not drawn is drawn after the next start
        self._inbox.put(None)
        ended &= self._ended("committer", ends_at)  # a commit that has begun is ended
        self._pages.record_published()  # which wakes it: its worker is gone
        self._ended("pages", ends_at)
        self._source.stop()
        self._status.stop()
        self._ended("metrics", ends_at)
        self._hung = not self._ended("control", ends_at) or not ended

    @property
    def hung(self) -> bool:
        """Whether a thread did not end in time, so that only a hard exit ends the process."""
        return self._hung

    def _is_busy(self) -> bool:
        return bool(len(self._jobs) or self._jobs.in_flight)

    def _heartbeat(self) -> None:
        """Give a sign of life; where the disk is nearly full, take nothing more until it is not."""
        if self._once is None and not (len(self._pending) or self._is_busy()):
            self._committer.recover()  # nothing is in work: what a fault held up is gone
        self._status.heartbeat()
        if self._health.short_of_space:
            self._dispatcher.pause(LOW_SPACE_SECONDS)

    def _is_finished(self) -> bool:
        self._heartbeat()
        given_up = self._transaction.asides.given_up()
        if self._once is None or len(self._transaction.asides) > len(given_up):
            return False
        if not self._once.is_finished(self._source, self._pending, self._jobs):
            return False
        for name in given_up:
            self._once.leave(name, "it could not be renamed back or removed: it is there as .aside-NAME")
        return True

    def _give_back(self, job: Job, seconds: float, reason: DeferralReason, detail: str = "") -> None:
        if self._once is not None and seconds > 0:
            self._once.leave(job.name, reason.text(detail))
        else:
            self._pending.put_back(job, seconds, reason, detail)

    # the intake is made last: those before it reach it through these

    def _pause(self, seconds: float) -> None:
        self._dispatcher.pause(seconds)

    def _wake(self) -> None:
        self._dispatcher.wake()

    def _done(self, job: Job, outcome: Committed | Deferral | BaseException) -> None:
        if self._once is not None:
            self._once.add(outcome)
        elif isinstance(outcome, Committed):
            self._pages.record_published()
        self._jobs.done(job.name)
        self._idle.set()
        self._dispatcher.wake()

    def _task_maker(self) -> Callable[[Job], WorkerTask]:
        settings = self._settings
        caps = Caps(settings.max_file_bytes, settings.file_memory, settings.max_invalid)
        profiles = settings.profiles.capped(caps)

        def task_of(job: Job) -> WorkerTask:
            refusal = self._committer.rejection_of(job)
            return WorkerTask(
                incoming=os.path.abspath(self._incoming),  # noqa: PTH100 - workers elsewhere start elsewhere
                job=job,
                profile=profiles.for_name(job.name),
                file_memory=settings.file_memory,
                refusal=refusal,
                seconds=hashing_seconds(job.identity.size, settings.file_seconds) if refusal else None,
            )

        return task_of

    def _sources(self) -> WatchedFolder:
        return WatchedFolder(
            self._incoming,
            mode="scan" if self._once is not None else self._settings.watch,
            scan_interval=math.inf if self._once is not None else self._settings.scan_interval,
            clock=time.monotonic,
            wake=self._wake,
            known=self._jobs.__contains__,
            ignored=self._ignored,
            log=self._log,
        )

    def _late_sync_failed(self, error: OSError) -> None:
        self._committer.sync_failed(error)

    def _recovered(self, event: str, name: bytes, error: str = "") -> None:
        self._log.warning(event, **({"error": error} if error else {}), **file_fields(name))

    def _taken_back(self, name: bytes) -> None:
        self._recovered("file.taken_back", name)
        if self._once is not None:
            self._once.leave(name, "written to while it was filed")

    def _description(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "watcher_version": VERSION,
            "pid": os.getpid(),
            "data_dir": settings.data_dir,
            "once": self._once is not None,
            "workers": settings.workers,
            "settle": settings.settle,
            "durability": settings.durability,
        }


def _settle_of(settings: Settings) -> Callable[[bytes], float]:
    def settle_of(name: bytes) -> float:
        own = settings.profiles.for_name(name).settle
        return settings.settle if own is None else own

    return settle_of
