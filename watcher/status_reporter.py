"""Collects the state of the running daemon for `status`, systemd and Prometheus."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from processing.model.safe_text import b64_of, text_of
from processing.model.stamp import utc_text
from watcher.discovery.pending_file import PendingFile
from watcher.discovery.pending_files import PendingFiles
from watcher.discovery.watched_folder import FileSource, WatchedFolder
from watcher.dispatch.in_flight import InFlight
from watcher.dispatch.worker_task import hashing_seconds
from watcher.errors import SettingsError
from watcher.job import NO_SPACE
from watcher.monitoring.control_socket import ControlSocket
from watcher.monitoring.health import MAX_LISTED, Health, StatusSnapshot, WaitingFile, free_space
from watcher.monitoring.reprocess_requests import ReprocessRequests
from watcher.monitoring.systemd import SystemdNotifier
from watcher.settings import Settings, environment
from watcher.system.lock import Lock

if TYPE_CHECKING:
    from watcher.monitoring.prometheus import PrometheusMetrics

CHECK_SECONDS = 1.0
"""Interval between checks of the free space and of the control socket."""


@dataclass(eq=False)
class StatusReporter:
    """Reports the daemon's state. The thread that works on the folders calls `heartbeat`, so a hang shows."""

    settings: Settings
    health: Health
    lock: Lock
    source: FileSource
    pending: PendingFiles
    in_flight: InFlight
    single_run: bool
    requests: ReprocessRequests | None = None
    """None if requests are not accepted."""
    _alive_at: float | None = None
    _checked_at: float = float("-inf")
    _free_bytes: int = 0

    def __post_init__(self) -> None:
        self.systemd = SystemdNotifier(environment())
        self.control = ControlSocket(self.lock, lambda: self.snapshot().document(), self.requests)
        self.metrics: PrometheusMetrics | None = None
        if self.settings.metrics_port is not None and not self.single_run:
            try:
                from watcher.monitoring.prometheus import PrometheusMetrics  # noqa: PLC0415 - an extra
            except ImportError:
                message = "--metrics-port needs prometheus_client: pip install -r requirements.txt"
                raise SettingsError(message) from None
            self.metrics = PrometheusMetrics(self.snapshot)
            self.metrics.listen(self.settings.metrics_host, self.settings.metrics_port)
            self.health.observe = self.metrics.observe

    def heartbeat(self) -> None:
        """Report that the calling thread is alive. Call this at every turn of its loop."""
        now = time.monotonic()
        if now - self._checked_at >= CHECK_SECONDS:
            self._checked_at = now
            self.control.check()
            if not self.single_run:
                self._check_space()
        self._alive_at = now
        self.systemd.alive(now)

    def stop(self) -> None:
        """Stop answering."""
        self.control.server.listen(None)
        if self.metrics is not None:
            self.metrics.server.listen(None)

    def snapshot(self) -> StatusSnapshot:
        """Return the current state, without any I/O. Any thread may call this."""
        now, waiting = time.monotonic(), self.pending.waiting()
        blocked = [each for each in waiting if each.is_blocked]
        unblocked = [each for each in waiting if not each.is_blocked]
        longest_unchanged = min(unblocked, key=lambda each: each.unchanged_since, default=None)
        return StatusSnapshot(
            pid=os.getpid(),
            single_run=self.single_run,
            written_at=utc_text(datetime.now(UTC)),
            uptime_seconds=round(now - self.health.started_at, 3),
            silent_seconds=None if self._alive_at is None else now - self._alive_at,
            free_bytes=self._free_bytes,
            counts=self.health.counts,
            problems=self.health.problems,
            waiting=max(0, len(self.pending) - self.pending.due),
            queued=self.pending.due,
            in_flight=len(self.in_flight),
            files=_listed(waiting, now),
            blocked=_listed(blocked, now),
            longest_unchanged=_listed([longest_unchanged] if longest_unchanged else [], now),
            leases_unknown=self.pending.leases_unknown,
            busy_seconds=self.in_flight.busy_seconds,
            # a file in flight may be one that is only hashed
            file_seconds=hashing_seconds(self.in_flight.total_bytes, self.settings.file_seconds),
            **self._scan_fields(now),
        )

    def _scan_fields(self, now: float) -> dict[str, Any]:
        if self.single_run or not isinstance(self.source, WatchedFolder):
            return {}
        scans, unreadable = self.source.scanner, islice(self.source.unreadable.copy().items(), MAX_LISTED)
        return {
            "scan_interval_seconds": self.source.interval_seconds,
            "last_scan_seconds_ago": None if scans.ended_at is None else round(now - scans.ended_at, 3),
            "degraded": self.source.degraded,
            "unreadable_folders": {text_of(name): error for name, error in unreadable},
            "backlog": scans.backlog,
            "unsupported": scans.unsupported,
            "suffixes": [suffix.decode() for suffix in self.settings.suffixes],
            "backlog_growing_scans": scans.growing,
        }

    def _check_space(self) -> None:
        """Measure the free space; report a problem while it is too little."""
        message, self._free_bytes = "", 0
        with contextlib.suppress(OSError):  # the threads that work there report it
            self._free_bytes, message = free_space(self.settings.data_dir)
        if message:
            self.health.begin(NO_SPACE, message)
        else:
            self.health.end(NO_SPACE)


def _listed(waiting: list[PendingFile], now: float) -> list[WaitingFile]:
    return [_waiting_file(each, now) for each in waiting[:MAX_LISTED]]


def _waiting_file(each: PendingFile, now: float) -> WaitingFile:
    seconds, unchanged = round(now - each.seen_at, 3), round(now - each.unchanged_since, 3)
    return WaitingFile(text_of(each.name), each.why, seconds, unchanged, b64_of(each.name))
