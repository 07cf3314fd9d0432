"""How the parts of a daemon and of a single run are wired."""

from pathlib import Path

import pytest

from tests.support.log_lines import NoLog
from watcher import settings
from watcher.discovery.named_files import NamedFiles
from watcher.errors import SettingsError
from watcher.job import Deferral, DeferralReason, Identity, Job
from watcher.parts import JOBS_PER_WORKER, MAX_BATCHED_BYTES, Parts

JOB = Job(b"x.csv", Identity(1, 2, 3, 4), seen_at=0.0)


def parts(tmp_path: Path, **chosen: object) -> Parts:
    once, names = chosen.pop("once", False), chosen.pop("names", None)
    loaded = settings.load({"data_dir": str(tmp_path), **chosen}, {})
    return Parts(loaded, NoLog(), once=once, names=names)  # type: ignore[arg-type]


def test_pages_of_a_daemon_have_a_worker_of_their_own(tmp_path: Path) -> None:
    daemon, run = parts(tmp_path), parts(tmp_path, once=True)
    assert daemon.page_pool is not daemon.pool
    assert run.page_pool is run.pool


def test_the_slots_are_those_of_all_workers(tmp_path: Path) -> None:
    assert parts(tmp_path, workers=3).in_flight.slots == 3 * JOBS_PER_WORKER


def test_a_large_file_has_a_time_limit_of_its_own_so_that_it_is_sent_alone(tmp_path: Path) -> None:
    daemon = parts(tmp_path, file_seconds="30")
    small, large = JOB.identity._replace(size=MAX_BATCHED_BYTES), JOB.identity._replace(size=1 << 19)
    jobs = [Job(b"x.csv", identity, seen_at=0.0) for identity in (small, large)]
    assert [task.seconds for task in daemon.loop.tasks_of(jobs)] == [None, 30.0]


def test_named_files_are_the_only_source_of_a_run_that_names_them(tmp_path: Path) -> None:
    assert isinstance(parts(tmp_path, once=True, names=[b"x.csv"]).source, NamedFiles)


def test_an_engine_without_its_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processing.workers.dask_pool.missing_library", lambda: "pip install it")
    with pytest.raises(SettingsError, match="pip install it"):
        parts(tmp_path, engine="tcp://127.0.0.1:1")


def test_a_job_that_is_done_is_not_in_flight(tmp_path: Path) -> None:
    daemon = parts(tmp_path)
    daemon.in_flight.add(JOB)
    daemon.committer.done(JOB, Deferral(DeferralReason.GONE))
    assert not daemon.in_flight


def test_a_deferred_job_is_pending_in_a_daemon_and_left_behind_by_a_single_run(tmp_path: Path) -> None:
    for once, waits in ((False, True), (True, False)):
        made = parts(tmp_path, once=once)
        made.committer.requeue(JOB, 5.0, DeferralReason.BLOCKED, "EIO")
        assert (JOB.name in made.pending) == waits
