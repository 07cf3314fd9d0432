"""When a `--once` run is finished, and its exit code; the whole run is in tests/end_to_end."""

import os
import time

import pytest
import structlog
from structlog.testing import capture_logs

from tests.support.log_lines import NoLog
from tests.support.program import Folder
from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.pending_files import PendingFiles
from watcher.discovery.probe import FolderProber
from watcher.dispatch.in_flight import InFlight
from watcher.errors import ExitCode
from watcher.filing.aside import Asides
from watcher.job import Answer, CommitKind, Committed, DeferralReason, Identity, Job
from watcher.reporting.single_run import SingleRun
from watcher.system.filesystem import FileSystem

NO_ASIDES = Asides(FileSystem(), b"", lambda _: 0.0, time.monotonic, NoLog())


class FedSource:
    """A file source that has fed all its files."""

    scans_finished = 1
    unreadable: dict[bytes, str] = {}  # noqa: RUF012 - stays empty


@pytest.fixture
def pending(folder: Folder) -> PendingFiles:
    prober = FolderProber(os.fsencode(folder.incoming), FileSystem())
    ignored = IgnoredNames(structlog.get_logger())
    return PendingFiles(
        lambda _: 0,
        prober=prober,
        clock=time.monotonic,
        ignored=ignored,
        log=structlog.get_logger(),
    )


def requeue(folder: Folder, pending: PendingFiles, reason: DeferralReason, seconds_ago: float = 0) -> None:
    path = folder.drop("x.csv")
    job = Job(b"x.csv", Identity.of(path.stat()), seen_at=time.monotonic() - seconds_ago)
    pending.requeue(job, 0, reason)


def test_a_run_is_not_finished_while_a_file_is_pending(folder: Folder, pending: PendingFiles) -> None:
    run = SingleRun(60, structlog.get_logger())
    assert run.is_finished(FedSource(), pending, InFlight(8), NO_ASIDES)
    requeue(folder, pending, DeferralReason.CHANGED)
    assert not run.is_finished(FedSource(), pending, InFlight(8), NO_ASIDES)


def test_a_file_whose_worker_failed_gets_its_attempts_beyond_the_deadline(
    folder: Folder, pending: PendingFiles
) -> None:
    requeue(folder, pending, DeferralReason.TIMED_OUT, seconds_ago=120)
    assert not SingleRun(60, structlog.get_logger()).is_finished(FedSource(), pending, InFlight(8), NO_ASIDES)


def test_a_file_that_waits_for_a_worker_is_waited_for_beyond_the_deadline(
    folder: Folder, pending: PendingFiles
) -> None:
    requeue(folder, pending, DeferralReason.NO_WORKER, seconds_ago=120)
    assert not SingleRun(60, structlog.get_logger()).is_finished(FedSource(), pending, InFlight(8), NO_ASIDES)


def test_a_file_in_flight_is_waited_for(folder: Folder, pending: PendingFiles) -> None:
    in_flight = InFlight(8)
    in_flight.add(Job(b"x.csv", Identity.of(folder.drop("x.csv").stat()), seen_at=0.0))
    assert not SingleRun(60, structlog.get_logger()).is_finished(FedSource(), pending, in_flight, NO_ASIDES)


def test_a_file_that_is_pending_at_the_deadline_is_left_behind(folder: Folder, pending: PendingFiles) -> None:
    requeue(folder, pending, DeferralReason.CHANGED, seconds_ago=120)
    run = SingleRun(60, structlog.get_logger())
    assert run.is_finished(FedSource(), pending, InFlight(8), NO_ASIDES)
    assert run.finish() == ExitCode.LEFT_BEHIND


def committed(kind: CommitKind, name: bytes = b"a.csv") -> Committed:
    answer = Answer(
        name=name,
        identity=Identity(1, 5, 0, 0),
        sha256="0" * 64,
        accepted=kind is not CommitKind.QUARANTINED,
        record=b"{}",
        summary={},
        milliseconds={},
    )
    return Committed(answer=answer, kind=kind, destination=b"archive/" + name, summary={})


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ([], ExitCode.CLEAN),
        ([CommitKind.PROCESSED, CommitKind.DUPLICATE], ExitCode.CLEAN),
        ([CommitKind.PROCESSED, CommitKind.QUARANTINED], ExitCode.QUARANTINED),
    ],
)
def test_a_quarantined_file_gives_1(kinds: list[CommitKind], code: ExitCode) -> None:
    run = SingleRun(60, structlog.get_logger())
    for kind in kinds:
        run.add(committed(kind))
    assert run.finish() == code


def test_a_stopped_run_gives_3() -> None:
    run = SingleRun(60, structlog.get_logger())
    assert run.finish(stopped_early=True) == ExitCode.LEFT_BEHIND


def test_a_file_that_is_committed_after_all_is_not_left_behind() -> None:
    run = SingleRun(60, structlog.get_logger())
    with capture_logs() as logs:
        run.leave(b"a.csv", "blocked")
        run.add(committed(CommitKind.PROCESSED))
        assert run.finish() == ExitCode.CLEAN
    assert logs[0] == {
        "event": "file.left_behind",
        "log_level": "warning",
        "file": "a.csv",
        "reason": "blocked",
    }
    assert logs[-1] == {
        "event": "run.finished",
        "log_level": "info",
        "processed": 1,
        "quarantined": 0,
        "duplicate": 0,
        "left_behind": 0,
        "exit_code": 0,
    }
