"""Health: each way to turn red, the heartbeat, and what `status` makes of both."""

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from watcher.health import (
    HEARTBEAT,
    Fault,
    Health,
    Line,
    Snapshot,
    WaitingFile,
    judge,
    read,
    write,
)
from watcher.pulse import Heartbeat
from watcher.status import report

NOW = 100_000.0
LINE = Line(
    scan_interval_seconds=30.0,
    last_scan_at=NOW - 29,
    degraded="",
    unreadable_folders={},
    waiting=0,
    queued=0,
    in_flight=0,
    backlog=0,
    growing=0,
    oldest=[],
    file_seconds=120.0,
)
WELL = Snapshot(
    pid=4711,
    written_at="2026-01-15T14:07:45Z",
    beat_at=NOW - 14,
    started_at=NOW - 5000,
    last_filed_at=NOW - 4000,
    free_bytes=1 << 40,
    counts={"processed": 7},
    faults=[],
    line=LINE,
)


def changed(**changes: Any) -> Snapshot:
    return msgspec.structs.replace(WELL, **changes)


def with_line(**changes: Any) -> Snapshot:
    return changed(line=msgspec.structs.replace(LINE, **changes))


def codes(snapshot: Snapshot) -> list[str]:
    return [reason.code for reason in judge(snapshot, NOW)]


def old_file(seconds: float, unchanged: float | None = None) -> WaitingFile:
    since = NOW - (seconds if unchanged is None else unchanged)
    return WaitingFile("roof/a.csv", "open for writing", NOW - seconds, unchanged_since=since)


def test_a_daemon_with_nothing_to_do_is_healthy() -> None:
    assert codes(WELL) == []


@pytest.mark.parametrize(
    ("snapshot", "code"),
    [
        (changed(beat_at=NOW - 46), "no_heartbeat"),
        (changed(beat_at=NOW + 60), "no_heartbeat"),  # of an earlier start of this machine
        (with_line(last_scan_at=NOW - 106), "no_scan"),  # three intervals and one heartbeat
        (changed(started_at=NOW - 106, line=msgspec.structs.replace(LINE, last_scan_at=None)), "no_scan"),
        (with_line(unreadable_folders={"": "Permission denied"}), "folder_unreadable"),
        (with_line(unreadable_folders={"": "No such file"}, degraded="No such file"), "folder_unreadable"),
        (with_line(degraded="no inotify watch is left"), "watch"),
        (with_line(stillest=old_file(3601)), "old_file"),
        (with_line(blocked=[old_file(2)]), "file_blocked"),
        (with_line(in_flight=1), "stuck"),
        (changed(faults=[Fault("folders", "ENOSPC: No space left", NOW - 5)]), "folders"),
    ],
)
def test_each_trouble_turns_health_red_for_its_own_reason(snapshot: Snapshot, code: str) -> None:
    assert codes(snapshot) == [code]


@pytest.mark.parametrize(
    "snapshot",
    [
        changed(beat_at=NOW - 44),
        with_line(last_scan_at=NOW - 104),
        changed(started_at=NOW - 104, line=msgspec.structs.replace(LINE, last_scan_at=None)),
        with_line(stillest=old_file(3599)),
        with_line(oldest=[old_file(36_000)], stillest=old_file(36_000, unchanged=300)),  # it grows
        changed(last_filed_at=NOW - 179, line=msgspec.structs.replace(LINE, in_flight=1)),
    ],
)
def test_what_is_still_in_bounds_stays_healthy(snapshot: Snapshot) -> None:
    assert codes(snapshot) == []


def test_a_fault_keeps_its_first_time_and_is_news_once() -> None:
    time = iter([0.0, 10.0, 20.0])
    health = Health(lambda: next(time))
    assert [health.fault("folders", "EIO"), health.fault("folders", "ENOSPC")] == [True, False]
    assert health.faults == [Fault("folders", "ENOSPC", 10.0)]
    assert [health.cleared("folders"), health.cleared("folders")] == [True, False]
    assert health.faults == []


def test_filed_files_are_counted_by_outcome() -> None:
    health, heard = Health(), []
    health.observe = heard.append
    for event in ("file.processed", "file.processed", "file.quarantined"):
        health.filed(event, {"engine": 3.0})
    assert health.counts == {"processed": 2, "quarantined": 1}
    assert health.last_filed_at is not None
    assert heard == [{"engine": 3.0}] * 3


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / ".watcher").mkdir()
    return tmp_path


@pytest.fixture
def held(data_dir: Path) -> Iterator[Path]:
    lock = os.open(data_dir / ".watcher" / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    yield data_dir
    os.close(lock)


def test_the_heartbeat_is_written_when_due_and_when_something_is_newly_wrong(data_dir: Path) -> None:
    health = Health(lambda: NOW)
    troubles: list[str] = []
    heart = Heartbeat(data_dir, health, look=lambda: LINE, troubles=lambda: [*troubles], at_rest=lambda: True)
    seen = []
    for now in (NOW, NOW + 14, NOW + 15, NOW + 16, NOW + 17, NOW + 18):
        if now == NOW + 16:
            health.fault("folders", "EIO")
        if now == NOW + 18:
            troubles.append("folder roof cannot be read")
        heart.beat(now)
        found = read(data_dir)
        assert found is not None
        seen.append(found.beat_at - NOW)
    assert seen == [0, 0, 15, 16, 16, 18]
    assert heart.latest == read(data_dir)
    assert os.listdir(data_dir / ".watcher") == [HEARTBEAT.name]


def test_the_heartbeat_tells_of_files_once_nothing_is_in_work(data_dir: Path) -> None:
    health = Health(lambda: NOW)
    at_rest = True
    heart = Heartbeat(data_dir, health, look=lambda: LINE, troubles=list, at_rest=lambda: at_rest)
    heart.beat(NOW)
    health.filed("file.archived", {})
    at_rest = False
    assert not heart.beat(NOW + 1)
    at_rest = True
    assert heart.beat(NOW + 2)
    assert not heart.beat(NOW + 3)
    found = read(data_dir)
    assert found is not None
    assert found.counts == health.counts


def test_a_heartbeat_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "absent", Health(), look=lambda: LINE, troubles=list, at_rest=lambda: True).beat(NOW)


def test_a_full_disk_is_a_fault_until_there_is_room(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter([1000, 2000, 50_000])  # of a million KiB: the floor is 16 MiB

    def statvfs(_path: Path) -> os.statvfs_result:
        return os.statvfs_result((1024, 1024, 1_000_000, 0, next(free), 0, 0, 0, 0, 255))

    monkeypatch.setattr(os, "statvfs", statvfs)
    health = Health()
    heart = Heartbeat(data_dir, health, look=lambda: LINE, troubles=list, at_rest=lambda: True)
    short = []
    for now in (NOW, NOW + 1, NOW + 2):
        heart.beat(now)
        short.append(health.short_of_space)
    assert short == [True, True, False]


def test_status_is_red_where_no_process_holds_the_folder(data_dir: Path) -> None:
    write(data_dir, WELL)
    text, healthy = report(data_dir, as_json=False, now=NOW)
    assert not healthy
    assert "no daemon works on" in text


def test_status_is_red_where_a_daemon_has_given_no_sign_of_life(held: Path) -> None:
    text, healthy = report(held, as_json=False, now=NOW)
    assert not healthy
    assert "[no_heartbeat]" in text


def test_status_of_a_healthy_daemon_is_green_and_says_what_it_did(held: Path) -> None:
    write(held, WELL)
    text, healthy = report(held, as_json=False, now=NOW)
    assert healthy
    assert text.startswith(
        "healthy\nprocess 4711, last heard 2026-01-15T14:07:45Z; since its start: 7 processed"
    )


@pytest.mark.parametrize(("scans", "told"), [(9, False), (10, True), (11, True)])
def test_status_tells_of_a_backlog_that_grows_for_ten_scans_without_turning_red(
    held: Path,
    scans: int,
    told: bool,  # noqa: FBT001 - an expected value
) -> None:
    write(held, with_line(growing=scans, backlog=1234))
    text, healthy = report(held, as_json=False, now=NOW)
    assert healthy
    assert (f"more files with each of the last {scans} scans, 1234 now" in text) == told
    document = json.loads(report(held, as_json=True, now=NOW)[0])
    assert (document["backlog"], document["backlog_growing_scans"]) == (1234, scans)


def test_looking_at_the_status_takes_no_lock(held: Path) -> None:
    report(held, as_json=False)
    other = os.open(held / ".watcher" / "lock", os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_status_as_json_lists_reasons_and_files_by_their_age(held: Path) -> None:
    file = WaitingFile("\\xff.csv", "unreadable", NOW - 4000.25, "/y5jc3Y=", NOW - 3700.5)
    write(held, with_line(oldest=[file], stillest=file, waiting=1))
    text, healthy = report(held, as_json=True, now=NOW)
    document = json.loads(text)
    assert not healthy
    assert document["healthy"] is False
    assert [reason["code"] for reason in document["reasons"]] == ["old_file"]
    assert document["files"] == [
        {
            "file": "\\xff.csv",
            "reason": "unreadable",
            "seconds": 4000.25,
            "unchanged_seconds": 3700.5,
            "file_b64": "/y5jc3Y=",
        }
    ]
    assert (document["pid"], document["waiting"], document["last_scan_seconds_ago"]) == (4711, 1, 29.0)


def test_status_beside_a_single_run_is_green_and_does_not_quote_an_earlier_daemon(held: Path) -> None:
    write(held, WELL)
    (held / ".watcher/lock").write_text('{"pid": 1, "command": "watcher --once a.csv", "since": "now"}')
    text, healthy = report(held, as_json=False, now=NOW + 1000)
    assert (text, healthy) == ("healthy: a single run (--once) is at work; it ends by itself", True)
    assert json.loads(report(held, as_json=True)[0]) == {"healthy": True, "reasons": []}


def test_on_a_full_disk_the_heartbeat_is_written_over_the_last_one(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(data_dir, WELL)

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    shorter = changed(counts={})
    write(data_dir, shorter)
    assert read(data_dir) == shorter
    longer = changed(counts=dict.fromkeys(map(str, range(50)), 1))
    write(data_dir, longer)
    assert read(data_dir) == longer


def test_a_disk_that_was_full_before_the_first_heartbeat_is_named(
    held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.health.FREE_FRACTION", 1.1)
    monkeypatch.setattr("watcher.health.FREE_BYTES", 1 << 60)
    reasons = json.loads(report(held, as_json=True)[0])["reasons"]
    assert [reason["code"] for reason in reasons] == ["no_heartbeat", "no_space"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"pid": 1}', b"\xff"])
def test_a_torn_heartbeat_counts_as_none(held: Path, content: bytes) -> None:
    (held / HEARTBEAT).write_bytes(content)
    assert read(held) is None
    assert not report(held, as_json=True)[1]
