"""A listing of a folder that fails as a disk lets it fail: the daemon says so, stays up and tries again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import BROKEN, Folder, Program, Runs

FailingList = Callable[[Path, str], tuple[str, ...]]


def faults(program: Program) -> list[str]:
    return [line["error"] for line in program.lines if line["event"] == "folders.fault"]


@pytest.mark.long
def test_a_failed_listing_of_records_is_a_fault_that_names_the_folder(
    folder: Folder, runs: Runs, failing_list: FailingList
) -> None:
    """The first listing of the start fails, and that of the commit; one that succeeds has two calls."""
    records = folder.root / "quarantine"
    program = runs.daemon(folder, prefix=failing_list(records, "1..6+5"))
    folder.drop("x.csv", BROKEN)
    program.until("file.quarantined", file="x.csv")
    program.until_many(2, "folders.recovered")
    at_start, at_commit = faults(program)
    assert at_start.startswith("[Errno 5] Input/output error")
    assert str(records) in at_start
    assert at_commit == f"EIO: Input/output error {records}"
    assert program.stop().code == 0


def test_a_failed_listing_of_incoming_is_waited_for(
    folder: Folder, runs: Runs, failing_list: FailingList
) -> None:
    folder.drop("x.csv")
    program = runs.daemon(folder, "--scan-interval", "0.2", prefix=failing_list(folder.incoming, "3..9"))
    program.until("file.processed", file="x.csv")
    ended = program.stop()
    assert ended.code == 0
    watch = [line["event"] for line in ended.lines if line["event"].startswith("watch.")]
    assert watch == ["watch.degraded", "watch.restored"]


def test_a_start_that_fails_twice_is_logged_once(
    folder: Folder, runs: Runs, failing_list: FailingList
) -> None:
    program = runs.daemon(folder, prefix=failing_list(folder.root / "processed", "1..2"))
    events = [line["event"] for line in program.stop().lines]
    assert events[:3] == ["folders.fault", "folders.recovered", "watcher.started"]


@pytest.mark.long
def test_a_daemon_that_is_stopped_while_its_start_fails_has_not_started(
    folder: Folder, runs: Runs, failing_list: FailingList
) -> None:
    program = runs.start(folder, prefix=failing_list(folder.root / "processed", "1+"))
    program.until("folders.fault")
    ended = program.stop()
    assert [line["event"] for line in ended.lines] == ["folders.fault", "watcher.stopping", "watcher.stopped"]
