"""Snapshots of a healthy daemon, and changed copies of them."""

from typing import Any

import msgspec

from watcher.monitoring.health import Line, Snapshot, WaitingFile

NOW = 100_000.0
PIPELINE = Line(
    scan_interval_seconds=30.0,
    last_scan_at=NOW - 29,
    waiting=0,
    queued=0,
    in_flight=0,
    oldest=[],
    file_seconds=120.0,
)
HEALTHY = Snapshot(
    pid=4711,
    alive_at=NOW - 1,
    started_at=NOW - 5000,
    free_bytes=1 << 40,
    counts={"processed": 7},
    faults=[],
    line=PIPELINE,
)


def changed(**changes: Any) -> Snapshot:
    return msgspec.structs.replace(HEALTHY, **changes)


def with_line(**changes: Any) -> Snapshot:
    return changed(line=msgspec.structs.replace(PIPELINE, **changes))


def old_file(seconds: float, unchanged: float | None = None) -> WaitingFile:
    since = NOW - (seconds if unchanged is None else unchanged)
    return WaitingFile("roof/a.csv", "open for writing", NOW - seconds, unchanged_since=since)
