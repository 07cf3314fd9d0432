from __future__ import annotations

import errno

import pytest
from structlog.testing import CapturingLogger

from watcher.discovery.scan_schedule import ScanInterval, ScanStatistics


@pytest.mark.parametrize(
    ("mode", "set_seconds", "seconds", "degraded_seconds"),
    [
        ("auto", None, 30.0, 5.0),
        ("events", None, 30.0, 5.0),
        ("scan", None, 5.0, 5.0),
        ("auto", 12.0, 12.0, 12.0),
        ("scan", 12.0, 12.0, 12.0),
    ],
)
def test_the_interval_is_the_set_one_or_follows_the_mode(
    mode: str, set_seconds: float | None, seconds: float, degraded_seconds: float
) -> None:
    interval = ScanInterval(mode, set_seconds)
    assert interval.seconds(degraded=False, last_scan_seconds=0.0) == seconds
    assert interval.seconds(degraded=True, last_scan_seconds=0.0) == degraded_seconds


@pytest.mark.parametrize(
    ("mode", "set_seconds", "seconds"), [("auto", None, 5.0), ("events", None, 30.0), ("auto", 12.0, 12.0)]
)
def test_only_auto_follows_the_mount(
    mode: str, set_seconds: float | None, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.discovery.scan_schedule.scan_seconds", lambda folder: 5.0)
    interval = ScanInterval(mode, set_seconds)
    interval.set_mount(0)
    assert interval.seconds(degraded=False, last_scan_seconds=0.0) == seconds


def test_scans_take_a_hundredth_of_the_time_at_most() -> None:
    interval = ScanInterval("scan", 2.0)
    assert interval.seconds(degraded=False, last_scan_seconds=0.02) == 2.0
    assert interval.seconds(degraded=False, last_scan_seconds=0.5) == 50.0


def test_an_unreadable_folder_is_logged_once_until_it_was_readable() -> None:
    log = CapturingLogger()
    statistics = ScanStatistics(log)
    error = OSError(errno.EACCES, "Permission denied")
    for errors in (True, True, False, True):
        statistics.begin()
        if errors:
            statistics.add_unreadable(b"roof", error)
        statistics.end(0, 0.0)
    assert [(call.args[0], call.kwargs["file"]) for call in log.calls] == [("folder.unreadable", "roof")] * 2


def test_a_scan_that_is_restarted_logs_nothing_twice() -> None:
    log = CapturingLogger()
    statistics = ScanStatistics(log)
    statistics.begin()
    statistics.add_unreadable(b"roof", OSError(errno.EACCES, "Permission denied"))
    statistics.end(0, 0.0)
    for _ in range(2):
        statistics.begin()
        statistics.add_unreadable(b"roof", OSError(errno.EACCES, "Permission denied"))
    assert len(log.calls) == 1


def test_a_backlog_that_grows_in_ten_scans_in_a_row_is_logged() -> None:
    log = CapturingLogger()
    statistics = ScanStatistics(log)
    for files in (5, 4, *range(5, 14)):
        statistics.begin()
        statistics.end(files, now=float(files))
    assert (statistics.growing, log.calls) == (9, [])
    statistics.begin()
    statistics.end(14, now=99.0)
    assert (statistics.growing, statistics.backlog, statistics.ended_at) == (10, 14, 99.0)
    assert [(call.args[0], call.kwargs) for call in log.calls] == [
        ("watch.backlog_growing", {"files": 14, "scans": 10})
    ]
