"""The daemon's health: the problems it has now, the files it counted, and why it is unhealthy."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from processing.model.safe_text import counted
from watcher import job

MAX_SILENT_SECONDS = 45.0
"""Longest time without a heartbeat of the loop."""
MAX_MISSED_SCANS = 3
SCAN_SECONDS = 15.0
"""Time that the MAX_MISSED_SCANS scans may take themselves."""
MAX_UNCHANGED_SECONDS = 3600.0
"""Longest time that a file may wait without a change."""
STUCK_SECONDS = 60.0
"""Time allowed beyond a file's own limit before a job in flight counts as stuck."""
MIN_FREE_BYTES, MIN_FREE_FRACTION = 16 << 20, 0.05
"""Below the smaller of the two, no new file is taken. The records of files in flight still fit."""
MAX_LISTED = 20
"""The most files and folders of each kind that a status lists."""
_FOLDERS_PROBLEMS = (job.FOLDERS_PROBLEM, job.SYNC_PROBLEM, job.START_PROBLEM, job.NO_SPACE)
_LOGGED_AS = dict.fromkeys(_FOLDERS_PROBLEMS, ("folders.fault", "folders.recovered"))
_LOGGED_AS[job.ENGINE_PROBLEM] = "engine.fault", "engine.recovered"
"""Events that are logged when a problem begins and ends. Other problems are logged by their reporters."""


class UnhealthyReason(msgspec.Struct, frozen=True):
    """One reason why the daemon is unhealthy: a code for machines and a sentence for people."""

    code: str
    message: str


class WaitingFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that waits in incoming, why, and for how long."""

    file: str
    reason: str
    seconds: float
    unchanged_seconds: float
    file_b64: str | None = None


class StatusAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the daemon that `status` answers. None means never."""

    pid: int
    single_run: bool = False
    """Whether this is a run of --once, which ends by itself."""
    written_at: str
    uptime_seconds: float
    last_scan_seconds_ago: float | None = None
    scan_interval_seconds: float | None = None
    """None in a single run, which scans once."""
    degraded: str = ""
    """Why events are not used; empty if they are."""
    free_bytes: int
    counts: Mapping[str, int]
    waiting: int
    queued: int
    in_flight: int
    backlog: int = 0
    """Number of files that the last scan found in incoming."""
    unsupported: int = 0
    """Number of files in incoming with a suffix that inputs do not have, by the last scan."""
    suffixes: list[str] = []
    """The suffixes that inputs have."""
    backlog_growing_scans: int = 0
    """Number of consecutive scans, up to the last, that found more files than the scan before."""
    leases_unknown: bool = False
    """Whether the kernel does not say for some file whether a process writes to it."""
    files: list[WaitingFile]
    """The first MAX_LISTED waiting files, oldest first."""


class StatusSnapshot(StatusAnswer, frozen=True, kw_only=True):
    """Everything that the daemon's health is computed from."""

    silent_seconds: float | None
    """Seconds since the last heartbeat of the loop."""
    problems: list[UnhealthyReason]
    unreadable_folders: Mapping[str, str] = {}
    """The first MAX_LISTED folders that cannot be read, and why."""
    blocked: list[WaitingFile] = []
    """The first MAX_LISTED files that cannot be processed until somebody intervenes."""
    longest_unchanged: list[WaitingFile] = []
    """The waiting file that has been unchanged for the longest time, blocked files left out."""
    busy_seconds: float = 0.0
    """Seconds for which the oldest job in flight has been the oldest; 0 if none is in flight."""
    file_seconds: float
    """Time limit of a file in flight."""

    @property
    def unscanned_seconds(self) -> float:
        """The time since the last scan, or since the start if there was none."""
        return self.uptime_seconds if self.last_scan_seconds_ago is None else self.last_scan_seconds_ago

    def document(self) -> dict[str, Any]:
        """Return the daemon's answer to `status`, ready for msgspec's JSON encoder."""
        reasons = unhealthy_reasons(self)
        answer = {name: getattr(self, name) for name in StatusAnswer.__struct_fields__}
        cannot_keep_up = self.backlog_growing_scans >= job.GROWING_SCANS
        return {"healthy": not reasons, "reasons": reasons, **answer, "cannot_keep_up": cannot_keep_up}


def unhealthy_reasons(snapshot: StatusSnapshot) -> list[UnhealthyReason]:
    """Return why the daemon is unhealthy; an empty list means healthy."""
    silent = snapshot.silent_seconds
    if snapshot.single_run:
        return snapshot.problems
    if silent is None:
        message = "it holds the folder, but has given no sign of life yet"
        return [UnhealthyReason("no_heartbeat", message), *snapshot.problems]
    if silent > MAX_SILENT_SECONDS:
        message = f"no sign of life for {_duration(silent)}: the daemon or its storage hangs"
        return [UnhealthyReason("no_heartbeat", message)]
    return snapshot.problems + [UnhealthyReason(*each) for each in _pipeline_reasons(snapshot)]


def _pipeline_reasons(snapshot: StatusSnapshot) -> Iterator[tuple[str, str]]:
    """Yield code and message of each reason."""
    unscanned = snapshot.unscanned_seconds
    if unscanned > MAX_MISSED_SCANS * (snapshot.scan_interval_seconds or 0) + SCAN_SECONDS:
        yield "no_scan", f"no scan has finished for {_duration(unscanned)}"
    for folder, error in snapshot.unreadable_folders.items():
        yield "folder_unreadable", f"folder {folder or 'incoming'} cannot be read: {error}"
    if snapshot.degraded and "" not in snapshot.unreadable_folders:  # else the same error is listed already
        yield "watch", f"no events: {snapshot.degraded}; files are found by scans only"
    for each in snapshot.blocked:
        yield "file_blocked", f"{each.file} has waited for {_duration(each.seconds)}, {each.reason}"
    for each in snapshot.longest_unchanged:
        if each.unchanged_seconds > MAX_UNCHANGED_SECONDS:
            waited, unchanged = _duration(each.seconds), _duration(each.unchanged_seconds)
            yield "old_file", f"{each.file} has waited for {waited}, unchanged for {unchanged}: {each.reason}"
    if snapshot.busy_seconds > snapshot.file_seconds + STUCK_SECONDS:
        jobs, busy = counted(snapshot.in_flight, "file"), _duration(snapshot.busy_seconds)
        yield "stuck", f"{jobs} in flight, the oldest for {busy}"


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

    def __init__(self, log: job.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()
        self._problems: dict[str, tuple[str, float]] = {}
        """The message of each problem, and when it began in monotonic seconds."""
        self._counts: Counter[str] = Counter()
        self.started_at = clock()
        self.observe: Callable[[Mapping[str, float]], None] = lambda _milliseconds: None
        """Called with the durations of each file's stages, by name, in ms."""

    def begin(self, key: str, message: str, **fields: Any) -> None:
        """Note a problem; log it if it has just begun."""
        with self._lock:
            earlier = self._problems.get(key)
            self._problems[key] = message, self._clock() if earlier is None else earlier[1]
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
        return job.NO_SPACE in self._problems

    @property
    def problems(self) -> list[UnhealthyReason]:
        """The current problems with their durations, oldest first."""
        now = self._clock()
        with self._lock:
            return [
                UnhealthyReason(key, f"{message} (for {_duration(now - since)})")
                for key, (message, since) in self._problems.items()
            ]

    @property
    def counts(self) -> dict[str, int]:
        """The number of committed files by outcome."""
        with self._lock:
            return dict(self._counts)
