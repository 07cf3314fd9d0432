"""What a running daemon reports: to `status` at its socket, to systemd, and to Prometheus if asked for."""

from __future__ import annotations

import math
import os
import time
from itertools import islice
from typing import Any

from processing.model.safe_text import b64_of, text_of
from watcher.discovery.pending_files import PendingFiles, Waiting
from watcher.discovery.sources import FileSource
from watcher.discovery.watched_folder import WatchedFolder
from watcher.dispatch.job_queue import JobQueue
from watcher.dispatch.worker_task import hashing_seconds
from watcher.job import NO_SPACE
from watcher.monitoring import health
from watcher.monitoring.control_socket import ControlSocket
from watcher.monitoring.health import Health, PipelineStatus, StatusSnapshot, WaitingFile, status_document
from watcher.monitoring.prometheus import PrometheusMetrics
from watcher.monitoring.systemd import SystemdNotifier
from watcher.settings import Settings, environment
from watcher.system.lock import Lock

CHECK_SECONDS = 1.0
"""Between two checks of the free space and of the socket."""


class StatusReporter:
    """Knows how the daemon is; `beat` comes from the thread that works on the folders: a hang there shows."""

    def __init__(
        self,
        settings: Settings,
        health: Health,
        lock: Lock,
        *,
        source: FileSource,
        pending: PendingFiles,
        jobs: JobQueue,
        single_run: bool,
    ) -> None:
        self._settings = settings
        self._health = health
        self._source = source
        self._pending = pending
        self._jobs = jobs
        self._single_run = single_run
        self._notify = SystemdNotifier(environment())
        self.longest_silence = self._notify.seconds or math.inf
        """The longest that may pass from one call of `beat` to the next."""
        self._alive_at: float | None = None
        self._checked_at = float("-inf")
        self._free_bytes = 0
        self.control = ControlSocket(lock, environment(), self._document)
        self.metrics: PrometheusMetrics | None = None
        if settings.metrics_port is not None and not single_run:
            self.metrics = PrometheusMetrics(health, self.snapshot)
            self.metrics.listen(settings.metrics_host, settings.metrics_port)
            health.observe = self.metrics.observe

    def ready(self) -> None:
        """Tell that files are being taken."""
        self._notify.ready()

    def heartbeat(self) -> None:
        """Note that the thread that calls this is alive; to be called at every turn."""
        now = time.monotonic()
        if now - self._checked_at >= CHECK_SECONDS:
            self._checked_at = now
            self.control.check()
            if not self._single_run:
                self._free_bytes = self._measure_space()
        self._alive_at = now
        self._notify.alive(now)

    def stopping(self) -> None:
        """Tell that a stop has begun."""
        self._notify.stopping()

    def stop(self) -> None:
        """Answer no more."""
        self.control.stop()
        if self.metrics is not None:
            self.metrics.stop()

    def snapshot(self) -> StatusSnapshot:
        """Return how things are just now; any thread may ask, and no I/O is done."""
        return StatusSnapshot(
            pid=os.getpid(),
            single_run=self._single_run,
            alive_at=self._alive_at,
            started_at=self._health.started_at,
            free_bytes=self._free_bytes,
            counts=self._health.counts,
            problems=self._health.problems,
            pipeline=self._pipeline(),
        )

    def _document(self) -> dict[str, Any]:
        return status_document(self.snapshot(), time.monotonic())

    def _pipeline(self) -> PipelineStatus:
        waiting = self._pending.waiting()
        blocked = [each for each in waiting if each.blocked]
        free = (each for each in waiting if not each.blocked)
        longest_unchanged = min(free, key=lambda each: each.unchanged_since, default=None)
        work: dict[str, Any] = {
            "waiting": len(self._pending),
            "queued": len(self._jobs),
            "in_flight": self._jobs.in_flight,
            "oldest_since": self._jobs.oldest_since,
            "oldest": [_shown(each) for each in waiting[: health.MAX_LISTED]],
            "longest_unchanged": None if longest_unchanged is None else _shown(longest_unchanged),
            "blocked": [_shown(each) for each in blocked[: health.MAX_LISTED]],
            # one of them may only be hashed
            "file_seconds": hashing_seconds(self._jobs.in_flight_bytes, self._settings.file_seconds),
            "leases_unknown": self._pending.leases_unknown,
        }
        if self._single_run or not isinstance(self._source, WatchedFolder):
            return PipelineStatus(**work)
        rounds, unreadable = self._source.rounds, dict(self._source.unreadable)
        return PipelineStatus(
            **work,
            scan_interval_seconds=self._source.interval_seconds,
            last_scan_at=rounds.ended_at,
            degraded=self._source.degraded,
            unreadable_folders={
                text_of(name): error for name, error in islice(unreadable.items(), health.MAX_LISTED)
            },
            backlog=rounds.backlog,
            growing=rounds.growing,
        )

    def _measure_space(self) -> int:
        """Return the bytes that are free for us; too few are a fault until there is room again."""
        try:
            free, message = health.free_space(self._settings.data_dir)
        except OSError:
            return 0  # the parts that work there report it
        if message:
            self._health.begin(NO_SPACE, message)
        else:
            self._health.end(NO_SPACE)
        return free


def _shown(each: Waiting) -> WaitingFile:
    name, b64 = text_of(each.name), b64_of(each.name)
    return WaitingFile(name, each.reason.text(each.detail), each.since, b64, each.unchanged_since)
