"""Health: each reason to be unhealthy, and what `status` prints of the daemon's answer."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import CapturingLogger

from tests.support.snapshots import HEALTHY, changed, old_file
from watcher.commands.status import in_words
from watcher.monitoring.health import (
    Health,
    StatusSnapshot,
    UnhealthyReason,
    WaitingFile,
    free_space,
    unhealthy_reasons,
)


def codes(snapshot: StatusSnapshot) -> list[str]:
    return [reason.code for reason in unhealthy_reasons(snapshot)]


def answer_of(snapshot: StatusSnapshot) -> Any:
    """The answer after it has crossed the socket as JSON."""
    return json.loads(msgspec.json.encode(snapshot.document()))


def words(snapshot: StatusSnapshot) -> str:
    """What `status` prints of the answer."""
    return "\n".join(in_words(answer_of(snapshot)))


def test_a_daemon_with_nothing_to_do_is_healthy() -> None:
    assert codes(HEALTHY) == []


@pytest.mark.parametrize(
    ("snapshot", "code"),
    [
        (changed(silent_seconds=46), "no_heartbeat"),
        (changed(silent_seconds=None), "no_heartbeat"),
        (changed(last_scan_seconds_ago=106), "no_scan"),  # three intervals, and the time of a scan
        (
            changed(uptime_seconds=106, last_scan_seconds_ago=None),
            "no_scan",
        ),
        (changed(unreadable_folders={"": "Permission denied"}), "folder_unreadable"),
        (
            changed(unreadable_folders={"": "No such file"}, degraded="No such file"),
            "folder_unreadable",
        ),
        (changed(degraded="no inotify watch is left"), "watch"),
        (changed(longest_unchanged=[old_file(3601)]), "old_file"),
        (changed(blocked=[old_file(2)]), "file_blocked"),
        (changed(in_flight=1, busy_seconds=181), "stuck"),
        (changed(problems=[UnhealthyReason("folders", "ENOSPC: No space left")]), "folders"),
        (
            changed(single_run=True, problems=[UnhealthyReason("folders", "ENOSPC: No space left")]),
            "folders",
        ),
    ],
)
def test_each_problem_makes_the_daemon_unhealthy_for_its_own_reason(
    snapshot: StatusSnapshot, code: str
) -> None:
    assert codes(snapshot) == [code]


@pytest.mark.parametrize(
    "snapshot",
    [
        changed(silent_seconds=44),
        changed(last_scan_seconds_ago=104),
        changed(uptime_seconds=104, last_scan_seconds_ago=None),
        changed(longest_unchanged=[old_file(3599)]),
        changed(files=[old_file(36_000)], longest_unchanged=[old_file(36_000, unchanged=300)]),  # it grows
        changed(in_flight=1, busy_seconds=179),
        changed(in_flight=1, busy_seconds=1),  # the first after a quiet time
        changed(single_run=True, silent_seconds=1000),  # its pages are being drawn
    ],
)
def test_values_within_the_limits_are_healthy(snapshot: StatusSnapshot) -> None:
    assert codes(snapshot) == []


def test_a_problem_before_the_first_heartbeat_is_reported_too() -> None:
    assert codes(changed(silent_seconds=None, problems=[UnhealthyReason("start", "EIO")])) == [
        "no_heartbeat",
        "start",
    ]


def test_a_problem_is_logged_as_it_begins_and_ends_and_keeps_the_time_it_began() -> None:
    time, log = iter([0.0, 10.0, 13.0, 14.0]), CapturingLogger()
    health = Health(log, lambda: next(time))
    health.begin("folders", "EIO", files=2)
    health.begin("folders", "ENOSPC", files=1)
    assert health.problems == [UnhealthyReason("folders", "ENOSPC (for 3 s)")]
    health.end("folders")
    health.end("folders")
    assert health.problems == []
    assert [(call.method_name, call.args, call.kwargs) for call in log.calls] == [
        ("error", ("folders.fault",), {"error": "EIO", "files": 2}),
        ("info", ("folders.recovered",), {}),
    ]


def test_a_problem_that_its_reporter_logs_is_not_logged_again() -> None:
    log = CapturingLogger()
    health = Health(log)
    health.begin("worker", "the worker died")
    health.end("worker")
    assert log.calls == []


def test_committed_files_are_counted_by_outcome() -> None:
    health, heard = Health(CapturingLogger()), []
    health.observe = heard.append
    for kind in ("processed", "processed", "quarantined"):
        health.count(kind, {"engine": 3.0})
    assert health.counts == {"processed": 2, "quarantined": 1}
    assert heard == [{"engine": 3.0}] * 3


def test_a_disk_with_too_little_space_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def statvfs(_path: Path) -> os.statvfs_result:
        return os.statvfs_result((1024, 1024, 1_000_000, 0, next(free), 0, 0, 0, 0, 255))

    free = iter([1000, 50_000])  # of a million KiB: the floor is 16 MiB
    monkeypatch.setattr(os, "statvfs", statvfs)
    assert "ENOSPC" in free_space(tmp_path)[1]
    assert free_space(tmp_path)[1] == ""


def test_status_shows_what_a_healthy_daemon_did() -> None:
    assert words(HEALTHY).startswith("healthy\nprocess 4711, up 5000 s; since then 7 processed\n")


@pytest.mark.parametrize(("scans", "shown"), [(9, False), (10, True), (11, True)])
def test_a_backlog_that_grows_for_ten_scans_is_shown_and_is_healthy(
    scans: int,
    shown: bool,  # noqa: FBT001 - an expected value
) -> None:
    snapshot = changed(backlog_growing_scans=scans, backlog=1234)
    assert codes(snapshot) == []
    assert (f"more files with each of the last {scans} scans, 1234 now" in words(snapshot)) == shown
    document = snapshot.document()
    assert (document["backlog"], document["backlog_growing_scans"]) == (1234, scans)


def test_the_answer_lists_reasons_and_files_by_their_age() -> None:
    file = WaitingFile("\\xff.csv", "unreadable", 4000.25, 3700.5, "/y5jc3Y=")
    document = answer_of(changed(files=[file], longest_unchanged=[file], waiting=1))
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


def test_a_single_run_is_healthy_and_named_as_one() -> None:
    run = changed(single_run=True, last_scan_seconds_ago=None, scan_interval_seconds=None)
    assert words(run).startswith("healthy: a single run (--once) is at work; it ends by itself\n")
