"""What the loop's thread tells the committer; the running daemon is in tests/end_to_end."""

import time
from pathlib import Path

import pytest

from tests.support.log_lines import NoLog
from tests.support.program import SECONDS
from watcher import settings
from watcher.daemon import Daemon
from watcher.job import DeferralReason, Identity, Job
from watcher.parts import Parts

JOB = Job(b"x.csv", Identity(1, 2, 3, 4), seen_at=time.monotonic())


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """A daemon that was not started, and whose last file met a fault."""
    daemon = Daemon(Parts(settings.load({"data_dir": str(tmp_path)}), NoLog()))
    monkeypatch.setattr(daemon._parts.status, "heartbeat", lambda: None)
    daemon._parts.committer._held[JOB.name] = JOB.identity
    return daemon


def test_the_first_failure_is_the_one_that_is_raised(daemon: Daemon) -> None:
    first = OSError("the cause")

    def fail(error: Exception) -> None:
        raise error

    for error in (first, RuntimeError("a consequence")):
        daemon._start("a thread", lambda error=error: fail(error))  # type: ignore[misc]
        assert daemon._join("a thread", time.monotonic() + SECONDS)
    assert daemon._failure is first


def test_a_fault_is_over_if_no_file_is_left(daemon: Daemon) -> None:
    daemon._heartbeat()
    assert not daemon._parts.committer._held


def test_a_job_in_flight_is_a_file(daemon: Daemon) -> None:
    daemon._parts.in_flight.add(JOB)
    daemon._heartbeat()
    assert daemon._parts.committer._held


def test_a_job_that_was_deferred_is_a_file(daemon: Daemon) -> None:
    daemon._parts.pending.requeue(JOB, 5.0, DeferralReason.FAULT)
    daemon._heartbeat()
    assert daemon._parts.committer._held
