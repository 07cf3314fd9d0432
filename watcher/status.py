"""What `status` says: whether a daemon holds the folder, and what its heartbeat tells."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from watcher.health import NO_SPACE, Reason, Snapshot, judge, read, space_of
from watcher.rounds import GROWING_SCANS

_LOCKS = Path("/proc/locks")


def report(data_dir: Path, *, as_json: bool, now: float | None = None) -> tuple[str, bool]:
    """Return the state of the daemon on this folder, in words or as JSON, and whether it is healthy.

    `now` is monotonic seconds, which all processes of a machine share.
    """
    now = time.monotonic() if now is None else now
    single_run = _is_held(data_dir) and _is_single_run(data_dir)
    snapshot = None if single_run else read(data_dir)
    reasons = [] if single_run else _reasons(data_dir, snapshot, now)
    if single_run and not as_json:
        return "healthy: a single run (--once) is at work; it ends by itself", True
    if as_json:
        return json.dumps(_document(reasons, snapshot, now), indent=2), not reasons
    return "\n".join(_words(reasons, snapshot, now)), not reasons


def _reasons(data_dir: Path, snapshot: Snapshot | None, now: float) -> list[Reason]:
    if not _is_held(data_dir):
        return [Reason("not_running", f"no daemon works on {data_dir}; start it with `python -m watcher`")]
    if snapshot is None:
        unheard = Reason("no_heartbeat", "a daemon has the folder, but has given no sign of life yet")
        return [unheard, *_no_space(data_dir)]
    return judge(snapshot, now)


def _no_space(data_dir: Path) -> list[Reason]:
    """Return what may keep a first sign of life from being written."""
    with contextlib.suppress(OSError):
        message = space_of(data_dir)[1]
        return [Reason(NO_SPACE, message)] if message else []
    return []


def _is_single_run(data_dir: Path) -> bool:
    """Return whether who holds the folder is a run of --once, which beats no heart: it ends soon."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return "--once" in json.loads((data_dir / ".watcher" / "lock").read_bytes())["command"].split()
    return False


def _is_held(data_dir: Path) -> bool:
    """Return whether some process holds the folder's lock; looking must not take it, even for a moment.

    The kernel's list gives inode numbers; its device numbers are not those of stat on btrfs and overlayfs.
    Where there is no list, the heartbeat alone has to tell.
    """
    held = {str(path.stat().st_ino) for path in _lock_files(data_dir)}
    try:
        lines = _LOCKS.read_text().splitlines()
    except OSError:
        return True
    places = [field.split(":") for line in lines for field in line.split()]  # major:minor:inode among others
    return any(len(place) == 3 and place[2] in held for place in places)  # noqa: PLR2004 - as just said


def _lock_files(data_dir: Path) -> Iterator[Path]:
    for path in (data_dir, data_dir / ".watcher" / "lock"):
        with contextlib.suppress(OSError):
            path.stat()
            yield path


def _words(reasons: list[Reason], snapshot: Snapshot | None, now: float) -> Iterator[str]:
    yield "healthy" if not reasons else "not healthy:"
    for reason in reasons:
        yield f"  {reason.message} [{reason.code}]"
    if snapshot is None:
        return
    line = snapshot.line
    done = ", ".join(f"{count} {outcome}" for outcome, count in sorted(snapshot.counts.items()))
    yield f"process {snapshot.pid}, last heard {snapshot.written_at}; since its start: {done or 'no file'}"
    free = snapshot.free_bytes >> 20
    yield f"waiting {line.waiting}, queued {line.queued}, in work {line.in_flight}; {free} MiB free"
    if line.degraded:
        yield f"no events, scans every {line.scan_interval_seconds:g} s find the files: {line.degraded}"
    if line.growing >= GROWING_SCANS:
        yield f"more files with each of the last {line.growing} scans, {line.backlog} now: it cannot keep up"
    if line.leases_unknown:
        yield "of some files the kernel does not say who writes to them: they wait ten times `settle`"
    for each in line.oldest:
        unchanged = f"unchanged for {now - each.unchanged_since:.0f} s"
        yield f"  {each.file}: {each.reason}, for {now - each.since:.0f} s, {unchanged}"


def _document(reasons: list[Reason], snapshot: Snapshot | None, now: float) -> dict[str, Any]:
    document: dict[str, Any] = {"healthy": not reasons, "reasons": [reason._asdict() for reason in reasons]}
    if snapshot is None:
        return document
    line = snapshot.line
    return document | {
        "pid": snapshot.pid,
        "written_at": snapshot.written_at,
        "uptime_seconds": round(snapshot.beat_at - snapshot.started_at, 3),
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
