"""What the dispatcher's thread tells the committer; the running daemon is in tests/end_to_end."""

import time
from pathlib import Path

import pytest

from tests.support.ending_queue import EndingQueue
from watcher import settings
from watcher.daemon import Daemon
from watcher.job import Identity, Job

JOB = Job(b"x.csv", Identity(1, 2, 3, 4), seen_at=time.monotonic())


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """A daemon that was not started, and whose last file met a fault."""
    daemon = Daemon(settings.load({"data_dir": str(tmp_path)}))
    monkeypatch.setattr(daemon._status, "heartbeat", lambda: None)
    daemon._committer._held[JOB.name] = JOB.identity
    return daemon


def test_the_committer_gets_to_know_that_no_file_is_left(daemon: Daemon) -> None:
    daemon._heartbeat()
    assert daemon._inbox.qsize() == 1


def test_a_job_in_flight_is_a_file(daemon: Daemon) -> None:
    daemon._jobs.put(JOB)
    for _ in range(2):
        daemon._heartbeat()
        assert daemon._jobs.take() in {JOB, None}
    assert daemon._inbox.empty()


def test_a_job_that_is_deferred_at_this_moment_is_a_file(daemon: Daemon) -> None:
    daemon._jobs = queue = EndingQueue(JOB, daemon._pending)
    daemon._heartbeat()
    assert (queue.in_flight, daemon._inbox.empty()) == (0, True)
