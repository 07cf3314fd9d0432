"""The parts of a daemon, wired together; `daemon` runs and stops them."""

import math
import os
import threading

import msgspec

from processing.formats.toml_files import FormatFile
from processing.workers import dask_pool
from processing.workers.local_pool import FOR_PAGES, LocalPool
from processing.workers.pool import WorkerPool
from processing.workers.threads import Helpers
from watcher.discovery import file_filter, named_files, pending_file, pending_files, probe, watched_folder
from watcher.dispatch import worker_task
from watcher.dispatch.in_flight import InFlight
from watcher.dispatch.site_formats import SiteFolder
from watcher.errors import SettingsError
from watcher.filing.committer import Committer
from watcher.filing.transaction import Transaction
from watcher.job import Committed, Deferral, DeferralReason, Job, Logger, file_fields
from watcher.loop import Loop
from watcher.monitoring.health import Health
from watcher.monitoring.reprocess_requests import ReprocessRequests
from watcher.reporting.page_drawing import PagesTask
from watcher.reporting.pages import DRAWING_SECONDS, Pages
from watcher.reporting.single_run import SingleRun
from watcher.settings import Settings, command_line
from watcher.status_reporter import StatusReporter
from watcher.system.areas import PROFILES
from watcher.system.filesystem import FileSystem
from watcher.system.lock import Lock

JOBS_PER_WORKER = 32
"""Jobs in flight for each worker. They keep it busy during a commit; another device waits for all of them."""
MAX_BATCHED_BYTES = 1 << 18
"""Larger files are sent to a worker alone, so that no other file waits for them."""
SYNC_THREADS = 7


class Parts:
    """The parts of a daemon, or with `once` of a single run, which may be limited to the files in `names`.

    `pool` is a local pool that was started before, for speed.
    """

    def __init__(
        self,
        settings: Settings,
        log: Logger,
        *,
        once: bool = False,
        names: list[bytes] | None = None,
        pool: WorkerPool | None = None,
    ) -> None:
        self.settings, self.log, self.once = settings, log, once
        self.data_dir = os.fsencode(settings.data_dir)
        self._incoming = os.path.join(self.data_dir, b"incoming")  # noqa: PTH118 - names are bytes
        self._profiles = settings.profiles
        self._site_formats = SiteFolder(settings.data_dir / os.fsdecode(PROFILES), log)
        self.fs = FileSystem(durable=settings.durability == "full")
        self.health = Health(log)
        self.lock = Lock(settings.data_dir)
        self.single_run = SingleRun(settings.once_deadline, log) if once else None
        self.pool, slots = self._pool_and_slots(pool)
        self.in_flight = InFlight(slots)
        self._wake = threading.Event()
        self.ignored = file_filter.IgnoredNames(log, suffixes=settings.suffixes)
        prober = probe.FolderProber(self._incoming, self.fs)
        self.pending = pending_files.PendingFiles(self._settle_of, prober, self.ignored, log)
        self.source = self._file_source(names)
        self.page_pool = self._page_pool()
        task = PagesTask(self.data_dir, command_line("retry", settings), background=not once)
        self.pages = Pages(self.page_pool, task, log=log, health=self.health)
        self.transaction, self.committer = self._filing()
        self.requests = ReprocessRequests()
        requests = None if once else self.requests
        parts = self.source, self.pending, self.in_flight
        self.status = StatusReporter(settings, self.health, self.lock, *parts, once, requests)
        heartbeat_seconds = self.status.systemd.interval_seconds
        self.loop = Loop(*parts, self.pool, self.committer, self._tasks_of, self._wake, heartbeat_seconds)

    def _pool_and_slots(self, started: WorkerPool | None) -> tuple[WorkerPool, int]:
        """Return the worker pool, and how many jobs are in flight at most."""
        settings = self.settings
        limits = settings.file_seconds, settings.file_memory
        if settings.engine == "local":
            return started or LocalPool(settings.workers, *limits), JOBS_PER_WORKER * settings.workers
        if missing := dask_pool.missing_library():
            raise SettingsError(missing)
        if warning := dask_pool.open_warning(settings.engine):
            self.log.warning("engine.open", message=warning)
        return dask_pool.DaskPool(settings.engine, *limits), dask_pool.FILES_PER_WORKER * settings.workers

    def _file_source(self, names: list[bytes] | None) -> watched_folder.FileSource:
        if names is not None:
            return named_files.NamedFiles(names, self.ignored)
        mode, scan_interval = self.settings.watch, self.settings.scan_interval
        if self.once:
            mode, scan_interval = "scan", math.inf
        is_known, wake = self.in_flight.__contains__, self._wake.set
        return watched_folder.WatchedFolder(
            self._incoming, self.fs, mode, scan_interval, wake, is_known, self.ignored, self.log
        )

    def _page_pool(self) -> WorkerPool:
        """Return the pool for pages: one of their own in a daemon, so that no file waits for pages."""
        if self.once and self.settings.engine == "local":
            return self.pool
        memory = self.settings.file_memory
        return LocalPool(1, DRAWING_SECONDS, memory, idle_seconds=1.0, preload=FOR_PAGES)

    def _filing(self) -> tuple[Transaction, Committer]:
        transaction = Transaction(
            self.data_dir,
            self.fs,
            quiet_seconds=lambda name: self._settle_of(name) * pending_file.DOUBT_FACTOR,
            log=self.log,
            accept=command_line("accept", self.settings),
            helpers=Helpers(SYNC_THREADS, "sync"),
        )
        committer = Committer(
            transaction,
            requeue=self._requeue,
            name_restored=self._name_restored,
            done=self._done,
            max_file_bytes=self.settings.max_file_bytes,
            health=self.health,
            log=self.log,
        )
        return transaction, committer

    def warn_of(self, event: str, name: bytes, error: str = "") -> None:
        """Log a warning about a file."""
        self.log.warning(event, **({"error": error} if error else {}), **file_fields(name))

    def _settle_of(self, name: bytes) -> float:
        own = self._profiles.for_name(name).settle
        return self.settings.settle if own is None else own

    def _tasks_of(self, jobs: list[Job]) -> list[worker_task.WorkerTask]:
        incoming, formats = os.path.abspath(self._incoming), self._site_formats.files()  # noqa: PTH100 - bytes
        return [self._task_of(job, incoming, formats) for job in jobs]

    def _task_of(self, job: Job, incoming: bytes, formats: tuple[FormatFile, ...]) -> worker_task.WorkerTask:
        given, seconds, limit = job, None, self.settings.file_seconds
        if rejection := self.committer.rejection_of(job):
            given = msgspec.structs.replace(job, rejection=rejection)
            seconds = worker_task.hashing_seconds(job.identity.size, limit)
        elif job.identity.size > MAX_BATCHED_BYTES:
            seconds = limit
        profile, memory = self._profiles.for_name(job.name), self.settings.file_memory
        return worker_task.WorkerTask(incoming, given, profile, memory, formats, seconds)

    def _requeue(self, job: Job, seconds: float, reason: DeferralReason, detail: str = "") -> None:
        if self.single_run is not None and seconds > 0:
            self.single_run.leave(job.name, reason.text(detail))
        else:
            self.pending.requeue(job, seconds, reason, detail)

    def _name_restored(self, name: bytes) -> None:
        self.warn_of("file.taken_back", name)
        if self.single_run is not None:
            self.single_run.leave(name, "written to while it was moved")

    def _done(self, job: Job, outcome: Committed | Deferral | BaseException) -> None:
        if self.single_run is not None:
            self.single_run.add(outcome)
        elif isinstance(outcome, Committed):
            self.pages.record_published()
        self.in_flight.remove(job.name)
