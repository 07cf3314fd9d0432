"""Wires the parts of the daemon, runs their threads, and stops them in order.

The main thread only waits for signals. It never touches the data folders, so a hung mount cannot block the
exit. One thread finds files and dispatches them to the worker processes, another commits the answers.
"""

import contextlib
import itertools
import math
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType

import msgspec

from processing.model.version import VERSION
from processing.workers import dask_pool
from processing.workers.local_pool import FOR_PAGES, LocalPool
from processing.workers.pool import WorkerPool
from processing.workers.threads import for_each
from watcher import reprocessing
from watcher.discovery import file_filter, named_files, pending_file, pending_files, probe, watched_folder
from watcher.dispatch import dispatcher, job_queue, worker_task
from watcher.dispatch.site_formats import SiteFolder
from watcher.errors import ExitCode, SettingsError
from watcher.filing import recovery
from watcher.filing.committer import Committer
from watcher.filing.transaction import Transaction
from watcher.job import START_PROBLEM, Committed, Deferral, DeferralReason, Inbox, Job, file_fields
from watcher.monitoring import health, log_setup
from watcher.monitoring.reprocess_requests import ReprocessRequests
from watcher.preflight import inspections
from watcher.reporting import pages
from watcher.settings import Settings
from watcher.single_run import SingleRun
from watcher.status_reporter import StatusReporter
from watcher.system.allocator import use_one_heap
from watcher.system.backoff import delay_seconds
from watcher.system.directories import PROFILES
from watcher.system.filesystem import FileSystem
from watcher.system.lock import Lock

MAX_PENDING = 4_096
MAX_QUEUED = 1_024
JOBS_PER_WORKER = 16
"""Jobs in flight for each worker: enough to keep it busy and to share the syncs of a group among many."""
SYNC_THREADS = 7
"""Threads that sync files in parallel, beside the committer's own."""
STOP_SECONDS = 7.0
"""Time from the signal to the end of all threads; the process must exit within 8 seconds."""
POOL_STOP_SECONDS = 4.0
"""Part of it that files in flight may take; the next start processes the others again."""
COLLECT_SECONDS = 1.0
"""Part of it in which `reprocess` may ask what was done."""
WAKE_SECONDS = 1.0
"""Longest time until the main thread handles a signal that the kernel gave to another thread."""
LOW_SPACE_SECONDS = 2.0
"""Pause of the dispatcher while the disk is nearly full."""
LOGGED_SETTINGS = ("data_dir", "workers", "settle", "durability")
"""Settings in the log line of the start."""
FINISHED = "finished"
FAILED = "failed"


class Daemon:
    """Watches one data folder until a signal comes.

    With `once` it ends when everything in incoming is processed, with `names` when these files are.
    """

    def __init__(self, settings: Settings, *, once: bool = False, names: list[bytes] | None = None) -> None:
        self._settings = settings
        self._log = log_setup.logger()
        self._single_run = SingleRun(settings.once_deadline, self._log) if once else None
        self._data_dir = os.fsencode(settings.data_dir)
        self._incoming = os.path.join(self._data_dir, b"incoming")  # noqa: PTH118 - names are bytes
        self._stopping = threading.Event()
        self._job_done = threading.Event()
        """Set when a job finishes; the stop sequence then checks `in_flight` again."""
        self._end_causes: queue.SimpleQueue[str] = queue.SimpleQueue()
        """Why the daemon must end: FINISHED, FAILED, or a signal's name."""
        self._signalled = False
        self._failure: BaseException | None = None
        self.hung = False
        """Whether a thread did not end in time, so that only `os._exit` can end the process."""
        self._threads: dict[str, threading.Thread] = {}
        self._profiles = settings.profiles
        self._site_formats = SiteFolder(settings.data_dir / os.fsdecode(PROFILES), self._log)
        self._fs = FileSystem(durable=settings.durability == "full")
        self._health = health.Health(self._log)
        self._inbox: Inbox = queue.SimpleQueue()
        self._jobs = job_queue.JobQueue(MAX_QUEUED)
        self._ignored = file_filter.IgnoredNames(self._log, suffixes=settings.suffixes)
        prober = probe.FolderProber(self._incoming, self._fs)
        self._pending = pending_files.PendingFiles(
            self._settle_of, prober, MAX_PENDING, self._ignored, self._log
        )
        self._wake = threading.Event()
        self._source = self._file_source(names)
        self._lock = Lock(settings.data_dir)
        self._requests = ReprocessRequests()
        self._status = StatusReporter(
            settings,
            self._health,
            self._lock,
            self._source,
            self._pending,
            self._jobs,
            single_run=once,
            requests=None if once else self._requests,
        )
        self._pool, max_in_flight = self._pool_and_capacity()
        self._dispatcher = dispatcher.Dispatcher(
            self._source,
            self._pending,
            self._jobs,
            self._pool,
            self._inbox,
            self._wake,
            self._task_of,
            max_in_flight,
            heartbeat_seconds=self._status.systemd.interval_seconds,
        )
        self._wire_committer()

    def _file_source(self, names: list[bytes] | None) -> watched_folder.FileSource:
        if names is not None:
            return named_files.NamedFiles(names, self._ignored)
        mode, scan_interval = self._settings.watch, self._settings.scan_interval
        if self._single_run is not None:
            mode, scan_interval = "scan", math.inf
        is_known, wake = self._jobs.__contains__, self._wake.set
        return watched_folder.WatchedFolder(
            self._incoming, self._fs, mode, scan_interval, wake, is_known, self._ignored, self._log
        )

    def _pool_and_capacity(self) -> tuple[WorkerPool, int]:
        """Return the worker pool and the maximum number of jobs in flight."""
        settings = self._settings
        limits = settings.file_seconds, settings.file_memory
        if settings.engine == "local":
            return LocalPool(settings.workers, *limits), JOBS_PER_WORKER * settings.workers
        if missing := dask_pool.missing_library():
            raise SettingsError(missing)
        if warning := dask_pool.open_warning(settings.engine):
            self._log.warning("engine.open", message=warning)
        return dask_pool.DaskPool(settings.engine, *limits), dask_pool.FILES_PER_WORKER * settings.workers

    def _wire_committer(self) -> None:
        background, memory = self._single_run is None, self._settings.file_memory
        self._page_pool = self._pool
        if background or self._settings.engine != "local":  # so that files never wait for pages
            self._page_pool = LocalPool(1, pages.DRAWING_SECONDS, memory, idle_seconds=1.0, preload=FOR_PAGES)
        self._pages = pages.Pages(
            self._page_pool, self._data_dir, background=background, log=self._log, health=self._health
        )
        self._transaction = Transaction(
            self._data_dir,
            self._fs,
            for_each=partial(for_each, max_threads=SYNC_THREADS, name="sync"),
            quiet_seconds=lambda name: self._settle_of(name) * pending_file.DOUBT_FACTOR,
            log=self._log,
        )
        self._committer = Committer(
            self._transaction,
            self._inbox,
            requeue=self._requeue,
            pause=self._dispatcher.pause,
            name_restored=self._name_restored,
            done=self._done,
            max_file_bytes=self._settings.max_file_bytes,
            health=self._health,
            log=self._log,
        )

    def run(self) -> ExitCode:
        """Run until a signal comes or a single run is finished; return the exit code."""
        use_one_heap()
        signal.signal(signal.SIGIO, signal.SIG_IGN)  # the kernel sends it when a process breaks our lease
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            self._start("committer", self._committer.run)
            self._start("dispatcher", self._dispatch)
            self._start("control", self._status.control.run)
            if self._status.metrics is not None:
                self._start("metrics", self._status.metrics.server.run)
            if self._single_run is None:
                self._start("pages", lambda: self._pages.run(self._stopping, self._is_publishing))
            cause = self._await_end()
        except Exception as error:  # noqa: BLE001 - raised again after the stop
            self._failure, cause = error, FAILED
        self._status.systemd.send(b"STOPPING=1")
        self._log.info("watcher.stopping", cause=cause, in_flight=self._jobs.in_flight)
        self._stop()
        if self._single_run is not None:
            self._single_run.close(self._ignored.counts)
        if self._failure is not None:
            raise self._failure
        code = ExitCode.CLEAN
        if self._single_run is not None:
            code = self._single_run.finish(stopped_early=cause != FINISHED)
        self._log.info("watcher.stopped", cause=cause, hung=self.hung, exit_code=int(code))
        return code

    def _await_end(self) -> str:
        """Wait for the end and return its cause.

        The kernel may give a signal to any thread. Its handler runs in this one, once it is awake.
        """
        while True:
            with contextlib.suppress(queue.Empty):
                return self._end_causes.get(timeout=WAKE_SECONDS)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._signalled:
            os._exit(ExitCode.LEFT_BEHIND)  # the second ends it at once: a crash at any step loses nothing
        self._signalled = True
        self._end_causes.put(signal.Signals(number).name)  # SimpleQueue.put is safe in a signal handler

    def _start(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again by the main thread
                self._failure = error
                self._end_causes.put(FAILED)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads[name] = thread

    def _join(self, name: str, deadline: float) -> bool:
        """Wait for a thread until `deadline`; return whether it has ended or was never started."""
        if (thread := self._threads.get(name)) is None:
            return True
        thread.join(max(0.0, deadline - time.monotonic()))
        return not thread.is_alive()

    def _dispatch(self) -> None:
        self._prepare_folders()
        if self._stopping.is_set():
            return
        if self._single_run is None:
            self._start("reprocess", self._reprocess)
        self._source.start()
        self._heartbeat()
        shown = {name: getattr(self._settings, name) for name in LOGGED_SETTINGS}
        once = self._single_run is not None
        self._log.info("watcher.started", watcher_version=VERSION, pid=os.getpid(), once=once, **shown)
        self._pages.record_published()  # the last run may have ended before it drew its pages
        self._status.systemd.send(b"READY=1")
        self._dispatcher.run(self._stopping, self._is_finished)
        if self._single_run is not None and not self._stopping.is_set():
            self._pages.try_refresh()
            self._single_run.conclude(self._fs, self._settings, self._ignored.counts)
        self._end_causes.put(FINISHED)

    def _reprocess(self) -> None:
        """Process archived files again as clients request it; few at a time, beside new files."""
        workers = self._settings.workers
        work = reprocessing.Reprocessing(self._settings, self._pool, workers, self._obstacle)
        reprocessing.serve(self._requests, work, self._log, self._pages.record_published)

    def _obstacle(self) -> str:
        """Return why no archived file can be processed again at the moment; empty if none is in the way."""
        if self._stopping.is_set():
            return "the daemon is stopping"
        return "the disk is nearly full" if self._health.short_of_space else ""

    def _prepare_folders(self) -> None:
        """Take the lock and recover. After an error of the environment, a daemon retries, `--once` fails."""
        for obstacle in inspections.obstacles(self._settings.data_dir.absolute()):
            raise SettingsError(obstacle.sentence)
        recovery.make_folders(self._fs, self._data_dir)
        self._lock.take()
        self._status.control.check()
        for attempt in itertools.count(1):
            try:
                recovery.recover(self._fs, self._data_dir, self._warn_of)
                break
            except OSError as error:
                if self._single_run is not None or isinstance(error, PermissionError):
                    raise
                self._health.begin(START_PROBLEM, str(error))
            self._heartbeat()
            if self._stopping.wait(delay_seconds(attempt)):
                return
        self._health.end(START_PROBLEM)

    def _stop(self) -> None:
        """Stop the threads in order. A thread that hangs is left alone: a crash at any step loses nothing."""
        self._stopping.set()
        ends_at = time.monotonic() + STOP_SECONDS
        pool_ends_at = time.monotonic() + POOL_STOP_SECONDS
        self._wake.set()
        ended = self._join("dispatcher", ends_at)  # nothing new is submitted from here on
        while self._jobs.in_flight and self._failure is None and time.monotonic() < pool_ends_at:
            # files in flight can still be committed
            self._job_done.wait(min(WAKE_SECONDS, pool_ends_at - time.monotonic()))
            self._job_done.clear()
        self._pool.shutdown()  # the files of unfinished jobs stay in incoming
        self._page_pool.shutdown()  # the next start draws the missing pages
        self._inbox.put(None)
        self._requests.close()
        ended &= self._join("committer", ends_at)  # it completes a commit that has begun
        ended &= self._join("reprocess", ends_at)
        self._requests.wait_until_collected(min(COLLECT_SECONDS, max(0.0, ends_at - time.monotonic())))
        self._pages.record_published()  # wakes the thread, which then sees that it must stop
        self._join("pages", ends_at)
        self._source.stop()
        self._status.stop()
        self._join("metrics", ends_at)
        self.hung = not self._join("control", ends_at) or not ended

    def _is_busy(self) -> bool:
        return bool(len(self._jobs) or self._jobs.in_flight)

    def _is_publishing(self) -> bool:
        return self._is_busy() or self._requests.are_left

    def _heartbeat(self) -> None:
        """Report that this thread is alive; pause while the disk is nearly full."""
        # the jobs first: one that ends puts its file among the pending before it is no longer in flight
        if self._single_run is None and not (self._is_busy() or len(self._pending)):
            self._committer.no_file_left()
        self._status.heartbeat()
        if self._health.short_of_space:
            self._dispatcher.pause(LOW_SPACE_SECONDS)

    def _is_finished(self) -> bool:
        self._heartbeat()
        run, asides = self._single_run, self._transaction.asides
        return run is not None and run.is_finished(self._source, self._pending, self._jobs, asides)

    def _requeue(self, job: Job, seconds: float, reason: DeferralReason, detail: str = "") -> None:
        if self._single_run is not None and seconds > 0:
            self._single_run.leave(job.name, reason.text(detail))
        else:
            self._pending.requeue(job, seconds, reason, detail)

    def _done(self, job: Job, outcome: Committed | Deferral | BaseException) -> None:
        if self._single_run is not None:
            self._single_run.add(outcome)
        elif isinstance(outcome, Committed):
            self._pages.record_published()
        self._jobs.done(job.name)
        self._job_done.set()
        self._wake.set()

    def _task_of(self, job: Job) -> worker_task.WorkerTask:
        settings, rejection = self._settings, self._committer.rejection_of(job)
        incoming = os.path.abspath(self._incoming)  # noqa: PTH100 - workers may have another working directory
        seconds = worker_task.hashing_seconds(job.identity.size, settings.file_seconds) if rejection else None
        profile = self._profiles.for_name(job.name)
        job = msgspec.structs.replace(job, rejection=rejection)
        formats = self._site_formats.files()
        return worker_task.WorkerTask(incoming, job, profile, settings.file_memory, formats, seconds)

    def _settle_of(self, name: bytes) -> float:
        own = self._profiles.for_name(name).settle
        return self._settings.settle if own is None else own

    def _warn_of(self, event: str, name: bytes, error: str = "") -> None:
        self._log.warning(event, **({"error": error} if error else {}), **file_fields(name))

    def _name_restored(self, name: bytes) -> None:
        self._warn_of("file.taken_back", name)
        if self._single_run is not None:
            self._single_run.leave(name, "written to while it was moved")
