"""A snapshot of a healthy daemon, and changed copies of it."""

from typing import Any

import msgspec

from watcher.monitoring.health import StatusSnapshot, WaitingFile

HEALTHY = StatusSnapshot(
    pid=4711,
    written_at="2026-01-15T14:07:45Z",
    uptime_seconds=5000.0,
    silent_seconds=1.0,
    free_bytes=1 << 40,
    counts={"processed": 7},
    problems=[],
    scan_interval_seconds=30.0,
    last_scan_seconds_ago=29.0,
    waiting=0,
    queued=0,
    in_flight=0,
    files=[],
    file_seconds=120.0,
)


def changed(**changes: Any) -> StatusSnapshot:
    return msgspec.structs.replace(HEALTHY, **changes)


def old_file(seconds: float, unchanged: float | None = None) -> WaitingFile:
    return WaitingFile("roof/a.csv", "open for writing", seconds, seconds if unchanged is None else unchanged)
