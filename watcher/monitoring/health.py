"""The daemon's health: the problems it has now, the files it counted, and why it is unhealthy."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from processing.model.safe_text import counted
from processing.model.stamp import utc_text
from watcher.job import (
    ENGINE_PROBLEM,
    FOLDERS_PROBLEM,
    GROWING_SCANS,
    NO_SPACE,
    START_PROBLEM,
    SYNC_PROBLEM,
    Logger,
)

MAX_SILENT_SECONDS = 45.0
"""Longest time without a heartbeat of the thread that works on the folders."""
MAX_MISSED_SCANS = 3
SCAN_SECONDS = 15.0
"""Time allowed for those scans themselves."""
MAX_UNCHANGED_SECONDS = 3600.0
"""Longest time that a file may wait without a change."""
STUCK_SECONDS = 60.0
"""Time allowed beyond a file's own limit before a job in flight counts as stuck."""
MIN_FREE_BYTES, MIN_FREE_FRACTION = 16 << 20, 0.05
"""No new file is taken below the smaller of the two; the records of files in flight still fit."""
MAX_LISTED = 20
"""Most files and folders of each kind that a status lists."""
_LOGGED_AS = {
    FOLDERS_PROBLEM: ("folders.fault", "folders.recovered"),
    SYNC_PROBLEM: ("folders.fault", "folders.recovered"),
    START_PROBLEM: ("folders.fault", "folders.recovered"),
    NO_SPACE: ("folders.fault", "folders.recovered"),
    ENGINE_PROBLEM: ("engine.fault", "engine.recovered"),
}
"""Events that are logged when a problem begins and ends. Other problems are logged by their reporters."""


class Problem(msgspec.Struct, frozen=True):
    """A current problem and the time it began (monotonic seconds)."""

    key: str
    message: str
    since: float


class WaitingFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that waits in incoming, why, and since when (monotonic seconds)."""

    file: str
    reason: str
    since: float
    file_b64: str | None = None
    unchanged_since: float = 0.0


class PipelineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of discovery, queue and workers. Times are monotonic seconds, None means never."""

    scan_interval_seconds: float | None = None
    """None in a single run, which scans once."""
    last_scan_at: float | None = None
    degraded: str = ""
    """Why events are not used; empty if they are."""
    unreadable_folders: Mapping[str, str] = {}
    """The first MAX_LISTED folders that cannot be read, and why."""
    waiting: int
    queued: int
    in_flight: int
    backlog: int = 0
    """Number of files that the last scan found in incoming."""
    growing: int = 0
    """Number of consecutive scans, up to the last, that found more files than the scan before."""
    oldest: list[WaitingFile]
    """The first MAX_LISTED waiting files, oldest first."""
    file_seconds: float
    """Time limit of a file in flight."""
    longest_unchanged: WaitingFile | None = None
    """Of the waiting files that are not blocked, the one that has been unchanged for the longest time."""
    blocked: list[WaitingFile] = []
    """The first MAX_LISTED files that cannot be processed until somebody intervenes."""
    oldest_since: float | None = None
    """Since when the oldest job in flight has been the oldest."""
    leases_unknown: bool = False
    """Whether the kernel does not say for some file whether a process writes to it."""


class StatusSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the daemon's health is computed from. Times are monotonic seconds."""

    pid: int
    single_run: bool = False
    """Whether this is a run of --once, which ends by itself."""
    alive_at: float | None
    """Last heartbeat of the thread that works on the folders, None before the first."""
    started_at: float
    free_bytes: int
    counts: Mapping[str, int]
    problems: list[Problem]
    pipeline: PipelineStatus


class UnhealthyReason(NamedTuple):
    """One reason why the daemon is unhealthy: a code for machines and a sentence for people."""

    code: str
    message: str


def unhealthy_reasons(snapshot: StatusSnapshot, now: float) -> list[UnhealthyReason]:
    """Return why the daemon is unhealthy at `now` (monotonic seconds); an empty list means healthy."""
    problems = [
        UnhealthyReason(each.key, f"{each.message} (for {_duration(now - each.since)})")
        for each in snapshot.problems
    ]
    if snapshot.single_run:
        return problems
    if snapshot.alive_at is None:
        return [
            UnhealthyReason("no_heartbeat", "it holds the folder, but has given no sign of life yet"),
            *problems,
        ]
    silent = now - snapshot.alive_at
    if silent > MAX_SILENT_SECONDS:
        message = f"no sign of life for {_duration(silent)}: the daemon or its storage hangs"
        return [UnhealthyReason("no_heartbeat", message)]
    return problems + _pipeline_reasons(snapshot, now)


def _pipeline_reasons(snapshot: StatusSnapshot, now: float) -> list[UnhealthyReason]:
    pipeline, reasons = snapshot.pipeline, []

    def add(code: str, message: str) -> None:
        reasons.append(UnhealthyReason(code, message))

    unscanned = now - (pipeline.last_scan_at or snapshot.started_at)
    if unscanned > MAX_MISSED_SCANS * (pipeline.scan_interval_seconds or 0) + SCAN_SECONDS:
        add("no_scan", f"no scan has finished for {_duration(unscanned)}")
    for folder, error in pipeline.unreadable_folders.items():
        add("folder_unreadable", f"folder {folder or 'incoming'} cannot be read: {error}")
    if pipeline.degraded and "" not in pipeline.unreadable_folders:  # else the same error is listed already
        add("watch", f"no events: {pipeline.degraded}; files are found by scans only")
    for each in pipeline.blocked:
        add("file_blocked", f"{each.file} has waited for {_duration(now - each.since)}, {each.reason}")
    old = pipeline.longest_unchanged
    if old is not None and now - old.unchanged_since > MAX_UNCHANGED_SECONDS:
        waited, unchanged = _duration(now - old.since), _duration(now - old.unchanged_since)
        add("old_file", f"{old.file} has waited for {waited}, unchanged for {unchanged}: {old.reason}")
    busy = 0.0 if pipeline.oldest_since is None else now - pipeline.oldest_since
    if pipeline.in_flight and busy > pipeline.file_seconds + STUCK_SECONDS:
        add("stuck", f"{counted(pipeline.in_flight, 'file')} in flight, the oldest for {_duration(busy)}")
    return reasons


def free_space(data_dir: Path) -> tuple[int, str]:
    """Return the number of free bytes, and a message if they are too few. Raises OSError."""
    found = os.statvfs(data_dir)
    free, size = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    if free >= min(MIN_FREE_BYTES, size * MIN_FREE_FRACTION):
        return free, ""
    return free, f"ENOSPC: {data_dir} has only {free >> 10} KiB free: `prune`, or free some space"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if abs(seconds) < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - two minutes


class Health:
    """The current problems and the number of files by outcome. All methods may be called by any thread."""

    def __init__(self, log: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()
        self._problems: dict[str, Problem] = {}
        self._counts: Counter[str] = Counter()
        self.started_at = clock()
        self.observe: Callable[[Mapping[str, float]], None] = lambda _milliseconds: None
        """Called with the durations of each file's stages, by name, in ms."""

    def begin(self, key: str, message: str, **fields: Any) -> None:
        """Note a problem; log it if it has just begun."""
        with self._lock:
            earlier = self._problems.get(key)
            since = self._clock() if earlier is None else earlier.since
            self._problems[key] = Problem(key, message, since)
        if earlier is None and key in _LOGGED_AS:
            self._log.error(_LOGGED_AS[key][0], error=message, **fields)

    def end(self, key: str) -> None:
        """Note that a problem is over; log it if there was one."""
        with self._lock:
            earlier = self._problems.pop(key, None)
        if earlier is not None and key in _LOGGED_AS:
            self._log.info(_LOGGED_AS[key][1])

    def count(self, kind: str, milliseconds: Mapping[str, float]) -> None:
        """Count a committed file by what was done with it, and pass on the durations of its stages."""
        with self._lock:
            self._counts[kind] += 1
        self.observe(milliseconds)

    @property
    def short_of_space(self) -> bool:
        """Whether the disk is so full that no new file should be taken."""
        return NO_SPACE in self._problems

    @property
    def problems(self) -> list[Problem]:
        """The current problems, oldest first."""
        with self._lock:
            return list(self._problems.values())

    @property
    def counts(self) -> dict[str, int]:
        """The number of committed files by outcome."""
        with self._lock:
            return dict(self._counts)


def status_document(snapshot: StatusSnapshot, now: float) -> dict[str, Any]:
    """Return the daemon's answer to `status` at `now` (monotonic seconds), ready for JSON."""
    reasons, pipeline = unhealthy_reasons(snapshot, now), snapshot.pipeline
    scan_age = None if pipeline.last_scan_at is None else round(now - pipeline.last_scan_at, 3)
    return {
        "healthy": not reasons,
        "reasons": [reason._asdict() for reason in reasons],
        "pid": snapshot.pid,
        "single_run": snapshot.single_run,
        "written_at": utc_text(datetime.now(UTC)),
        "uptime_seconds": round(now - snapshot.started_at, 3),
        "last_scan_seconds_ago": scan_age,
        "scan_interval_seconds": pipeline.scan_interval_seconds,
        "degraded": pipeline.degraded,
        "free_bytes": snapshot.free_bytes,
        "counts": dict(snapshot.counts),
        "waiting": pipeline.waiting,
        "queued": pipeline.queued,
        "in_flight": pipeline.in_flight,
        "backlog": pipeline.backlog,
        "backlog_growing_scans": pipeline.growing,
        "cannot_keep_up": pipeline.growing >= GROWING_SCANS,
        "leases_unknown": pipeline.leases_unknown,
        "files": [
            {
                "file": each.file,
                "reason": each.reason,
                "seconds": round(now - each.since, 3),
                "unchanged_seconds": round(now - each.unchanged_since, 3),
            }
            | ({} if each.file_b64 is None else {"file_b64": each.file_b64})
            for each in pipeline.oldest
        ],
    }
