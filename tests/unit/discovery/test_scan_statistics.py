from __future__ import annotations

import errno

from structlog.testing import CapturingLogger

from watcher.discovery.scan_statistics import ScanStatistics


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
