"""Whether all is well: what the parts report, and what follows from it."""

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
from watcher.job import GROWING_SCANS

SILENT_SECONDS = 45.0
"""Without a turn of the thread that works on the folders: it, or what it waits for, hangs."""
MISSED_SCANS = 3
SCAN_SECONDS = 15.0
"""That those scans may take themselves."""
OLDEST_SECONDS = 3600.0
"""A file that waits longer than this and does not grow is forgotten by its writer, or by us."""
STUCK_SECONDS = 60.0
"""Beyond a file's own time limit, in which something in flight must have ended."""
FREE_BYTES, FREE_FRACTION = 16 << 20, 0.05
"""The space below which no new file is taken, the smaller of both: records of those in flight still fit."""
LISTED_MOST = 20
NO_SPACE = "no_space"


class Fault(msgspec.Struct, frozen=True):
    """Something that is wrong just now, and since when (monotonic seconds)."""

    key: str
    message: str
    since: float


class WaitingFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file in incoming that is not yet taken, why, and since when (monotonic seconds)."""

    file: str
    reason: str
    since: float
    file_b64: str | None = None
    unchanged_since: float = 0.0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What the line of work says of itself; times are monotonic seconds, None for never."""

    scan_interval_seconds: float | None = None
    """None where one scan is all there is."""
    last_scan_at: float | None = None
    degraded: str = ""
    """Why events are not used, empty where they are."""
    unreadable_folders: Mapping[str, str] = {}
    """The first of those that cannot be read, at most LISTED_MOST, and why."""
    waiting: int
    queued: int
    in_flight: int
    backlog: int = 0
    """Files that the last scan saw in incoming."""
    growing: int = 0
    """How many scans in a row, up to that one, saw more files than the one before."""
    oldest: list[WaitingFile]
    """The first of those that wait, at most LISTED_MOST."""
    file_seconds: float
    stillest: WaitingFile | None = None
    """Of those that wait and are not blocked, the one that has not changed for the longest time."""
    blocked: list[WaitingFile] = []
    """The first of those that cannot be taken before somebody does something, at most LISTED_MOST."""
    oldest_since: float | None = None
    """Since when one file has been the oldest in work."""
    leases_unknown: bool = False
    """Whether the kernel did not say of some file whether somebody writes to it."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that health follows from; times are monotonic seconds."""

    pid: int
    single_run: bool = False
    """Whether this is a run of --once, which ends by itself."""
    alive_at: float | None
    """When the thread that works on the folders last said that it turns; None before its first turn."""
    started_at: float
    free_bytes: int
    counts: Mapping[str, int]
    faults: list[Fault]
    line: Line


class Reason(NamedTuple):
    """One reason why health is red: its code for machines, its sentence for people."""

    code: str
    message: str


def judge(snapshot: Snapshot, now: float) -> list[Reason]:
    """Return why the daemon is not healthy at `now` (monotonic seconds); an empty list is health."""
    faults = [
        Reason(fault.key, f"{fault.message} (for {_span(now - fault.since)})") for fault in snapshot.faults
    ]
    if snapshot.single_run:
        return faults
    if snapshot.alive_at is None:
        return [Reason("no_heartbeat", "it has the folder, but has given no sign of life yet"), *faults]
    silent = now - snapshot.alive_at
    if silent > SILENT_SECONDS:
        return [Reason("no_heartbeat", f"no sign of life for {_span(silent)}: it or its storage hangs")]
    return faults + _judge_line(snapshot, now)


def _judge_line(snapshot: Snapshot, now: float) -> list[Reason]:
    line, reasons = snapshot.line, []
    unscanned = now - (line.last_scan_at or snapshot.started_at)
    if unscanned > MISSED_SCANS * (line.scan_interval_seconds or 0) + SCAN_SECONDS:
        reasons.append(Reason("no_scan", f"no scan has finished for {_span(unscanned)}"))
    for folder, error in line.unreadable_folders.items():
        reasons.append(Reason("folder_unreadable", f"folder {folder or 'incoming'} cannot be read: {error}"))
    if line.degraded and "" not in line.unreadable_folders:  # else that says it already
        reasons.append(Reason("watch", f"no events: {line.degraded}; scans alone find the files"))
    reasons += [
        Reason("file_blocked", f"{each.file} has waited for {_span(now - each.since)}, {each.reason}")
        for each in line.blocked
    ]
    still = line.stillest
    if still is not None and now - still.unchanged_since > OLDEST_SECONDS:
        waited = f"waits for {_span(now - still.since)}, unchanged for {_span(now - still.unchanged_since)}"
        reasons.append(Reason("old_file", f"{still.file} {waited}: {still.reason}"))
    idle = now - (now if line.oldest_since is None else line.oldest_since)
    if line.in_flight and idle > line.file_seconds + STUCK_SECONDS:
        reasons.append(
            Reason("stuck", f"{counted(line.in_flight, 'file')} in work, the oldest for {_span(idle)}")
        )
    return reasons


def space_of(data_dir: Path) -> tuple[int, str]:
    """Return the bytes that are free for us, and what is wrong with that, if anything; OSError: unknown."""
    found = os.statvfs(data_dir)
    free, size = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    if free >= min(FREE_BYTES, size * FREE_FRACTION):
        return free, ""
    return free, f"ENOSPC: {data_dir} has only {free >> 10} KiB free: `prune`, or make room"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if abs(seconds) < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - two minutes


class Health:
    """What is wrong just now and what was done so far; any thread may report."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}
        self._counts: Counter[str] = Counter()
        self.started_at = clock()
        self.observe: Callable[[Mapping[str, float]], None] = lambda _milliseconds: None
        """Gets the stages of each file, by name, in ms."""

    def fault(self, key: str, message: str) -> bool:
        """Note that something is wrong; return whether that is news."""
        with self._lock:
            since = self._faults[key].since if key in self._faults else self._clock()
            news = key not in self._faults
            self._faults[key] = Fault(key, message, since)
        return news

    def cleared(self, key: str) -> bool:
        """Note that it is no longer wrong; return whether that is news."""
        with self._lock:
            return self._faults.pop(key, None) is not None

    def filed(self, event: str, milliseconds: Mapping[str, float]) -> None:
        """Count a finished file under its event's name, and pass on how long each of its stages took."""
        with self._lock:
            self._counts[event.removeprefix("file.")] += 1
        self.observe(milliseconds)

    @property
    def short_of_space(self) -> bool:
        """Whether the disk is so full that no new file should be taken."""
        return NO_SPACE in self._faults

    @property
    def faults(self) -> list[Fault]:
        """What is wrong just now, the oldest first."""
        with self._lock:
            return list(self._faults.values())

    @property
    def counts(self) -> dict[str, int]:
        """How many files were filed, by outcome."""
        with self._lock:
            return dict(self._counts)


def document_of(snapshot: Snapshot, now: float) -> dict[str, Any]:
    """Return what `status` is answered at `now` (monotonic seconds), as JSON has it."""
    reasons, line = judge(snapshot, now), snapshot.line
    return {
        "healthy": not reasons,
        "reasons": [reason._asdict() for reason in reasons],
        "pid": snapshot.pid,
        "single_run": snapshot.single_run,
        "written_at": utc_text(datetime.now(UTC)),
        "uptime_seconds": round(now - snapshot.started_at, 3),
        "last_scan_seconds_ago": None if line.last_scan_at is None else round(now - line.last_scan_at, 3),
        "scan_interval_seconds": line.scan_interval_seconds,
        "degraded": line.degraded,
        "free_bytes": snapshot.free_bytes,
        "counts": dict(snapshot.counts),
        "waiting": line.waiting,
        "queued": line.queued,
        "in_flight": line.in_flight,
        "backlog": line.backlog,
        "backlog_growing_scans": line.growing,
        "cannot_keep_up": line.growing >= GROWING_SCANS,
        "leases_unknown": line.leases_unknown,
        "files": [
            {
                "file": each.file,
                "reason": each.reason,
                "seconds": round(now - each.since, 3),
                "unchanged_seconds": round(now - each.unchanged_since, 3),
            }
            | ({} if each.file_b64 is None else {"file_b64": each.file_b64})
            for each in line.oldest
        ],
    }
