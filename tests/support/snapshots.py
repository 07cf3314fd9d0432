"""Snapshots of a healthy daemon, and changed copies of them."""

from typing import Any

import msgspec

from watcher.monitoring.health import PipelineStatus, StatusSnapshot, WaitingFile

NOW = 100_000.0
PIPELINE = PipelineStatus(
    scan_interval_seconds=30.0,
    last_scan_at=NOW - 29,
    waiting=0,
    queued=0,
    in_flight=0,
    oldest=[],
    file_seconds=120.0,
)
HEALTHY = StatusSnapshot(
    pid=4711,
    alive_at=NOW - 1,
    started_at=NOW - 5000,
    free_bytes=1 << 40,
    counts={"processed": 7},
    problems=[],
    pipeline=PIPELINE,
)


def changed(**changes: Any) -> StatusSnapshot:
    return msgspec.structs.replace(HEALTHY, **changes)


def with_pipeline(**changes: Any) -> StatusSnapshot:
    return changed(pipeline=msgspec.structs.replace(PIPELINE, **changes))


def old_file(seconds: float, unchanged: float | None = None) -> WaitingFile:
    since = NOW - (seconds if unchanged is None else unchanged)
    return WaitingFile("roof/a.csv", "open for writing", NOW - seconds, unchanged_since=since)
