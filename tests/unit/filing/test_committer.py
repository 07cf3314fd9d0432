"""What becomes of a processed file: committed, deferred, retried, rejected; how faults begin and end."""

import errno
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any

import msgspec
import pytest

from processing.workers.attempts import PoolUnavailableError, WorkerDiedError, WorkerTimedOutError
from tests.support.log_lines import NoLog
from watcher.filing.aside import Asides
from watcher.filing.committer import MAX_GROUP, Committer
from watcher.job import (
    Answer,
    CommitKind,
    Committed,
    Deferral,
    DeferralReason,
    Finished,
    Identity,
    Job,
)
from watcher.monitoring.health import Health
from watcher.system.filesystem import FileSystem, errno_text

IDENTITY = Identity(1, 2, 3, 4)
Outcome = Answer | Deferral | BaseException


def job(name: str = "x.csv", attempt: int = 1, identity: Identity = IDENTITY) -> Job:
    return Job(name.encode(), identity, seen_at=10.0, attempt=attempt)


def answer(name: str = "x.csv") -> Answer:
    return Answer(
        name=name.encode(),
        identity=IDENTITY,
        sha256="ab" * 32,
        accepted=True,
        record=b"{}",
        summary={"rows_total": 3},
        milliseconds={"process": 2.0},
    )


def deferral(reason: DeferralReason, code: int | None = None) -> Deferral:
    return Deferral(reason, f"{errno_text(code)} archive")


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append(("error", event, fields))

    def events(self) -> list[str]:
        return [event for _, event, _ in self.lines]


class Transaction:
    """Commits every answer unless `defer` returns a deferral; keeps the groups it was given."""

    asides = Asides(FileSystem(), b"/nowhere", lambda _: 0.0, time.monotonic, NoLog())

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.here: set[bytes] = set()
        self.sync_errors: list[OSError] = []
        self.defer: Callable[[Answer], Deferral | None] = lambda _: None

    def begin(self, answers: Sequence[Answer]) -> Sequence[Answer]:
        self.groups.append([each.name.decode() for each in answers])
        return answers

    def end(self, answers: Sequence[Answer]) -> tuple[list[Committed | Deferral], list[OSError]]:
        return [self.defer(each) or self._committed(each) for each in answers], self.sync_errors

    def holds(self, name: bytes, _identity: Identity) -> bool:
        return name in self.here

    def _committed(self, each: Answer) -> Committed:
        return Committed(
            answer=each, kind=CommitKind.PROCESSED, destination=b"archive/" + each.name, summary=each.summary
        )


class RecordedPauses(Committer):
    """A committer that pauses nothing."""

    pauses: list[float]

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


class Bench:
    """A committer with all its collaborators."""

    def __init__(self) -> None:
        self.transaction, self.log = Transaction(), Log()
        self.health = Health(self.log)
        self.requeued: list[tuple[Job, float, str]] = []
        self.restored: list[bytes] = []
        self.done: list[str] = []
        transaction: Any = self.transaction
        self.committer = RecordedPauses(
            transaction,
            requeue=self._requeue,
            name_restored=self.restored.append,
            done=lambda job, _: self.done.append(job.name.decode()),
            max_file_bytes=1 << 20,
            health=self.health,
            log=self.log,
        )
        self.committer.pauses = []

    def _requeue(self, job: Job, seconds: float, reason: DeferralReason, detail: str = "") -> None:
        self.requeued.append((job, seconds, reason.text(detail)))

    def file(self, *outcomes: Outcome, job: Job = job()) -> None:  # noqa: B008 - frozen
        now = time.monotonic()
        self.commit([Finished(job, now, now + 0.5, each) for each in outcomes])

    def commit(self, group: list[Finished]) -> None:
        self.committer.end(self.committer.begin(group))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_committed_job_is_logged_with_the_milliseconds_of_each_stage(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 13.75)
    bench.commit([Finished(job(), 11.0, 11.5, answer())])
    level, event, fields = bench.log.lines[0]
    assert (level, event) == ("info", "file.processed")
    assert fields["rows_total"] == 3
    assert fields["ms"] == {"wait": 1000, "engine": 500, "file": 2250, "process": 2}
    assert (bench.done, bench.requeued, bench.committer.pauses) == (["x.csv"], [], [])


def test_groups_grow_while_they_are_committed_fast(bench: Bench) -> None:
    sizes = []
    for _ in range(5):
        sizes.append(bench.committer.group_size)
        bench.file(*[answer(f"{number}.csv") for number in range(sizes[-1])])
    assert sizes == [8, 16, 32, MAX_GROUP, MAX_GROUP]


def test_groups_are_small_on_slow_storage(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(0, 1_000, 2))
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    sizes = []
    for _ in range(3):
        sizes.append(bench.committer.group_size)
        bench.commit([Finished(job(), 0, 0, answer()) for _ in range(sizes[-1])])
    assert sizes == [8, 3, 1], "half of what took twice as long"


def test_a_pause_ends_with_the_last_of_those_that_were_asked_for(bench: Bench) -> None:
    for seconds in (60.0, 2.0):
        Committer.pause(bench.committer, seconds)
    assert bench.committer.paused_until > time.monotonic() + 50


def test_a_file_that_changed_is_given_back_at_once(bench: Bench) -> None:
    bench.file(deferral(DeferralReason.CHANGED))
    assert bench.requeued == [(job(), 0.0, "changed while it was read")]


def test_a_file_that_is_gone_is_done(bench: Bench) -> None:
    bench.file(deferral(DeferralReason.GONE))
    assert (bench.requeued, bench.done, bench.log.lines) == ([], ["x.csv"], [])


@pytest.mark.parametrize(("age", "seconds"), [(0, 1), (5, 5), (3600, 60)])
def test_a_blocked_file_waits_as_long_again_and_delays_no_other(
    bench: Bench, age: float, seconds: float
) -> None:
    bench.commit([Finished(job(), 0, 10 + age, deferral(DeferralReason.BLOCKED, errno.ENOTDIR))])
    blocked = msgspec.structs.replace(job(), blocked="ENOTDIR: Not a directory archive")
    assert bench.requeued == [(blocked, seconds, "blocked: ENOTDIR: Not a directory archive")]
    assert (bench.committer.pauses, bench.health.problems) == ([], [])


def test_a_blocked_file_is_logged_once_for_each_error(bench: Bench) -> None:
    blocked = job()
    for code in (errno.EIO, errno.EIO, errno.ENOTDIR):
        bench.file(deferral(DeferralReason.BLOCKED, code), job=blocked)
        blocked = bench.requeued[-1][0]
    assert [fields["error"] for _, _, fields in bench.log.lines] == [
        "EIO: Input/output error archive",
        "ENOTDIR: Not a directory archive",
    ]
    bench.file(answer())
    bench.file(deferral(DeferralReason.BLOCKED, errno.ENOTDIR))
    assert bench.log.events() == ["file.blocked", "file.blocked", "file.processed", "file.blocked"]


def test_a_fault_keeps_the_file_pauses_the_intake_and_is_a_problem(bench: Bench) -> None:
    bench.file(deferral(DeferralReason.FAULT, errno.ENOSPC))
    assert bench.requeued == [(job(), 1.0, "ENOSPC: No space left on device archive")]
    assert bench.committer.pauses == [1.0]
    assert [fault.message.partition(" (for")[0] for fault in bench.health.problems] == [
        "ENOSPC: No space left on device archive"
    ]
    assert bench.log.events() == ["folders.fault"]


def test_repeated_faults_back_off_and_are_logged_once(bench: Bench) -> None:
    for _ in range(8):
        bench.file(deferral(DeferralReason.FAULT, errno.EIO))
    assert bench.committer.pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert bench.log.events() == ["folders.fault"]


def test_files_that_met_one_fault_together_do_not_lengthen_the_pause(bench: Bench) -> None:
    lost = [Finished(job(f"{n}.csv"), time.monotonic(), 0.0, PoolUnavailableError("lost")) for n in range(8)]
    for each in lost:
        bench.commit([each])
    assert bench.committer.pauses == [1] * 8


def test_a_file_that_only_its_worker_cannot_find_stays_and_is_a_problem(bench: Bench) -> None:
    bench.transaction.here = {b"x.csv"}
    bench.file(deferral(DeferralReason.GONE))
    assert [fault.message.partition(" (for")[0] for fault in bench.health.problems] == [
        "ENOENT: No such file or directory incoming, as a worker sees it: mount the same folder there"
    ]
    assert [seconds for _, seconds, _ in bench.requeued] == [1.0]


def test_a_fault_lasts_until_each_file_that_met_it_is_committed(bench: Bench) -> None:
    bench.transaction.here = {b"x.csv"}
    bench.file(deferral(DeferralReason.FAULT, errno.EIO))
    bench.file(answer("y.csv"), job=job("y.csv"))
    assert problems(bench) == ["folders"]
    bench.file(answer())
    assert bench.log.events() == ["folders.fault", "file.processed", "file.processed", "folders.recovered"]


def test_a_file_that_meets_a_fault_again_while_others_are_committed_is_blocked(bench: Bench) -> None:
    bench.transaction.here = {b"x.csv"}
    waiting = job()
    for _ in range(4):
        bench.file(deferral(DeferralReason.FAULT, errno.EIO), job=waiting)
        waiting = bench.requeued[-1][0]
        bench.file(answer("y.csv"), job=job("y.csv"))
    events = [event for event in bench.log.events() if event != "file.processed"]
    assert events == ["folders.fault", "file.blocked", "folders.recovered"]
    assert (bench.committer.pauses, bench.health.problems) == ([1], [])


def test_a_fault_ends_if_its_file_was_taken_away_and_others_are_committed(bench: Bench) -> None:
    bench.file(deferral(DeferralReason.FAULT, errno.EIO))
    bench.file(answer("y.csv"), job=job("y.csv"))
    assert problems(bench) == []


def test_a_fault_ends_once_no_file_is_left(bench: Bench) -> None:
    bench.committer.no_file_left()
    bench.file(deferral(DeferralReason.FAULT, errno.EIO))
    assert problems(bench) == ["folders"]
    bench.committer.no_file_left()
    assert (problems(bench), bench.log.events()) == ([], ["folders.fault", "folders.recovered"])
    bench.file(deferral(DeferralReason.FAULT, errno.EIO))
    assert bench.committer.pauses == [1, 1], "it begins anew"


def test_a_failing_sync_is_logged_once_until_one_succeeds(bench: Bench) -> None:
    bench.transaction.sync_errors = [OSError(errno.EIO, "Input/output error")]
    bench.file(answer())
    bench.file(answer())
    assert problems(bench) == ["sync"]
    bench.transaction.sync_errors = []
    bench.file(answer())
    assert [event for event in bench.log.events() if event != "file.processed"] == [
        "folders.fault",
        "folders.recovered",
    ]


def test_the_first_committed_file_ends_the_fault(bench: Bench) -> None:
    bench.file(deferral(DeferralReason.FAULT, errno.EIO))
    bench.file(answer())
    assert bench.log.events() == ["folders.fault", "file.processed", "folders.recovered"]
    assert bench.health.problems == []
    bench.file(deferral(DeferralReason.FAULT, errno.EIO))
    assert bench.committer.pauses == [1, 1], "it begins anew"


def test_a_file_that_was_not_committed_does_not_end_a_fault(bench: Bench) -> None:
    bench.file(deferral(DeferralReason.FAULT, errno.EIO))
    bench.transaction.defer = lambda _: deferral(DeferralReason.GONE)
    bench.file(answer())
    assert "folders.recovered" not in bench.log.events()


def test_after_a_fault_files_are_tried_one_by_one(bench: Bench) -> None:
    bench.file(deferral(DeferralReason.FAULT, errno.ENOSPC))
    assert bench.committer.group_size == 1
    bench.file(answer("1.csv"), job=job("1.csv"))
    assert bench.committer.group_size > 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WorkerDiedError("died"), "worker_crashed"),
        (WorkerTimedOutError("not finished after 2 s"), "timed_out"),
        (ZeroDivisionError("a fault of ours"), "worker_crashed"),
    ],
)
def test_a_failed_worker_costs_one_attempt_and_the_third_failure_rejects_the_file(
    bench: Bench, error: Exception, code: str
) -> None:
    again = job()
    for attempt in (1, 2, 3):
        assert bench.committer.rejection_of(again) is None
        bench.file(error, job=again)
        again, *how = bench.requeued[-1]
        assert (again.attempt, how) == (attempt + 1, [0.0, code])
    rejection = bench.committer.rejection_of(again)
    assert rejection.code == code
    assert "failed 3 times" in rejection.message
    assert str(error) in rejection.message


def test_the_rejection_of_one_file_does_not_end_the_problem_of_another(bench: Bench) -> None:
    rejected = msgspec.structs.replace(answer("a.csv"), accepted=False, summary={"reason": "worker_crashed"})
    bench.file(WorkerDiedError("died"), job=job("b.csv"))
    bench.file(rejected, job=job("a.csv"))
    assert problems(bench) == ["worker"]
    bench.file(msgspec.structs.replace(rejected, name=b"b.csv"), job=job("b.csv"))
    assert problems(bench) == []


def test_a_file_that_cannot_even_be_hashed_takes_a_tenth_of_a_workers_time_at_most(bench: Bench) -> None:
    bench.file(WorkerTimedOutError("2 s"), job=job(attempt=3))
    blocked = bench.requeued[-1][0]
    bench.commit([Finished(blocked, 0, 2, WorkerTimedOutError("2 s"))])
    assert bench.requeued[-1][1:] == (60.0, "blocked: it cannot be hashed: 2 s")
    bench.commit([Finished(blocked, 0, 600, WorkerTimedOutError("600 s"))])
    assert bench.requeued[-1][1:] == (5400.0, "blocked: it cannot be hashed: 600 s")


def test_a_file_over_the_limit_is_blocked_at_once_if_it_cannot_be_hashed(bench: Bench) -> None:
    large = job(identity=Identity(1, (1 << 20) + 1, 3, 4))
    rejection = bench.committer.rejection_of(large)
    assert rejection.code == "too_large"
    bench.commit([Finished(large, 0, 2, WorkerTimedOutError("2 s"))])
    assert [each[1:] for each in bench.requeued] == [(60.0, "blocked: it cannot be hashed: 2 s")]
    assert (bench.log.events(), problems(bench)) == (["file.blocked"], [])


def test_a_fault_of_a_file_that_was_submitted_before_the_last_fault_ends_too(bench: Bench) -> None:
    handed_out = time.monotonic()
    bench.file(PoolUnavailableError("no worker"))
    bench.file(answer())
    bench.commit([Finished(job(), handed_out, handed_out, PoolUnavailableError("no worker"))])
    assert problems(bench) == ["engine"]
    bench.file(answer())
    assert problems(bench) == []


def test_an_engine_that_cannot_start_costs_no_attempt(bench: Bench) -> None:
    bench.file(
        PoolUnavailableError("a worker process cannot be started: Cannot allocate memory"), job=job(attempt=2)
    )
    assert bench.requeued == [
        (job(attempt=2), 1.0, "a worker process cannot be started: Cannot allocate memory")
    ]
    assert bench.log.events() == ["engine.fault"]
    bench.file(answer())
    assert bench.log.events()[-1] == "engine.recovered"


def test_what_is_cancelled_by_the_stop_is_not_a_fault(bench: Bench) -> None:
    bench.file(CancelledError())
    assert (bench.log.lines, bench.health.problems, bench.committer.pauses) == ([], [], [])
    assert bench.done == ["x.csv"]


def rejected(name: str) -> Answer:
    return msgspec.structs.replace(answer(name), accepted=False, summary={"reason": "worker_crashed"})


def problems(bench: Bench) -> list[str]:
    return [fault.code for fault in bench.health.problems]


def test_a_worker_that_died_is_a_problem_until_a_worker_processes_a_file(bench: Bench) -> None:
    bench.file(WorkerDiedError("SIGKILL"))
    assert problems(bench) == ["worker"]
    bench.file(answer("other.csv"))
    assert problems(bench) == []


def test_one_file_that_kills_its_workers_is_its_own_fault_once_it_is_rejected(bench: Bench) -> None:
    bench.file(WorkerDiedError("SIGKILL"))
    bench.file(rejected("x.csv"))
    assert problems(bench) == []


def test_two_files_that_kill_their_workers_are_a_problem_of_the_workers_until_no_file_is_left(
    bench: Bench,
) -> None:
    for name in ("x.csv", "y.csv"):
        bench.file(WorkerTimedOutError("2 s"), job=job(name))
    bench.file(rejected("x.csv"), rejected("y.csv"))
    assert problems(bench) == ["worker"]
    bench.committer.no_file_left()
    assert problems(bench) == []


def test_the_engine_is_a_problem_while_no_worker_can_be_started(bench: Bench) -> None:
    bench.file(PoolUnavailableError("a worker process cannot be started"))
    assert problems(bench) == ["engine"]
    bench.file(answer())
    assert problems(bench) == []
