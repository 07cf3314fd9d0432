"""What becomes of a judged file: filed, given back, tried again, refused; how a fault of the disk heals."""

import errno
import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any

import msgspec
import pytest

from processing.workers.attempts import PoolUnavailableError, WorkerDiedError, WorkerTimedOutError
from watcher.filing.aside import Asides
from watcher.filing.committer import GROUP_MOST, Committer
from watcher.job import Answer, Committed, Deferral, DeferralReason, Finished, Identity, Job
from watcher.monitoring.health import Health
from watcher.system.filesystem import FileSystem

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
    return Deferral(name=b"x.csv", reason=reason, errno=code, place="archive")


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
    """Files everything, but for what `trouble` says; notes the groups it is given."""

    asides = Asides(FileSystem(), b"/nowhere", quiet_seconds=lambda _: 0.0, clock=time.monotonic)

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.here: set[bytes] = set()
        self.trouble: Callable[[Answer], Deferral | None] = lambda _: None

    def commit(self, answers: Sequence[Answer]) -> list[Committed | Deferral]:
        self.groups.append([each.name.decode() for each in answers])
        return [self.trouble(each) or self._filed(each) for each in answers]

    def holds(self, job: Job) -> bool:
        return job.name in self.here

    def _filed(self, each: Answer) -> Committed:
        return Committed(answer=each, event="file.processed", destination=b"archive/" + each.name)


class Desk:
    """A committer with all that stands around it."""

    def __init__(self) -> None:
        self.transaction, self.log = Transaction(), Log()
        self.health = Health(self.log)
        self.inbox: queue.SimpleQueue[Finished | None] = queue.SimpleQueue()
        self.given_back: list[tuple[Job, float, str]] = []
        self.pauses: list[float] = []
        self.taken_back: list[bytes] = []
        self.done: list[str] = []
        transaction: Any = self.transaction
        self.committer = Committer(
            transaction,
            self.inbox,
            give_back=self._give_back,
            pause=self.pauses.append,
            taken_back=self.taken_back.append,
            done=lambda job, _: self.done.append(job.name.decode()),
            max_file_bytes=1 << 20,
            health=self.health,
            log=self.log,
        )

    def _give_back(self, job: Job, seconds: float, reason: DeferralReason, detail: str = "") -> None:
        self.given_back.append((job, seconds, reason.text(detail)))

    def file(self, *outcomes: Outcome, job: Job = job()) -> None:  # noqa: B008 - frozen
        now = time.monotonic()
        self.committer.file([Finished(job, now, now + 0.5, each) for each in outcomes])


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_filed_job_is_logged_with_the_milliseconds_of_each_stage(desk: Desk) -> None:
    desk.committer.file([Finished(job(), 11.0, 11.5, answer())])
    level, event, fields = desk.log.lines[0]
    assert (level, event) == ("info", "file.processed")
    assert fields["rows_total"] == 3
    assert (fields["ms"]["wait"], fields["ms"]["engine"], fields["ms"]["process"]) == (1000, 500, 2)
    assert (desk.done, desk.given_back, desk.pauses) == (["x.csv"], [], [])


def test_what_finished_during_a_commit_is_committed_together(desk: Desk) -> None:
    for number in range(GROUP_MOST + 2):
        desk.inbox.put(Finished(job(f"{number}.csv"), 0, 0, answer(f"{number}.csv")))
    desk.inbox.put(None)
    desk.committer.run()
    assert [len(group) for group in desk.transaction.groups] == [GROUP_MOST, 2]


def test_the_committer_ends_after_what_came_before_the_end_was_asked_for(desk: Desk) -> None:
    desk.inbox.put(Finished(job(), 0, 0, answer()))
    desk.inbox.put(None)
    desk.committer.run()
    assert desk.done == ["x.csv"]


def test_a_file_that_changed_is_given_back_at_once(desk: Desk) -> None:
    desk.file(deferral(DeferralReason.CHANGED))
    assert desk.given_back == [(job(), 0.0, "changed while it was read")]


def test_a_file_that_is_gone_is_done_with(desk: Desk) -> None:
    desk.file(deferral(DeferralReason.GONE))
    assert (desk.given_back, desk.done, desk.log.lines) == ([], ["x.csv"], [])


@pytest.mark.parametrize(("age", "seconds"), [(0, 1), (5, 5), (3600, 60)])
def test_a_file_that_alone_cannot_be_filed_waits_as_long_again_and_holds_up_no_other(
    desk: Desk, age: float, seconds: float
) -> None:
    desk.committer.file([Finished(job(), 0, 10 + age, deferral(DeferralReason.BLOCKED, errno.ENOTDIR))])
    blocked = msgspec.structs.replace(job(), blocked="ENOTDIR: Not a directory archive")
    assert desk.given_back == [(blocked, seconds, "blocked: ENOTDIR: Not a directory archive")]
    assert (desk.pauses, desk.health.problems) == ([], [])


def test_a_file_that_alone_cannot_be_filed_is_told_once_for_each_error(desk: Desk) -> None:
    blocked = job()
    for code in (errno.EIO, errno.EIO, errno.ENOTDIR):
        desk.file(deferral(DeferralReason.BLOCKED, code), job=blocked)
        blocked = desk.given_back[-1][0]
    assert [fields["error"] for _, _, fields in desk.log.lines] == [
        "EIO: Input/output error archive",
        "ENOTDIR: Not a directory archive",
    ]
    desk.file(answer())
    desk.file(deferral(DeferralReason.BLOCKED, errno.ENOTDIR))
    assert desk.log.events() == ["file.blocked", "file.blocked", "file.processed", "file.blocked"]


def test_a_fault_keeps_the_file_pauses_the_intake_and_turns_health_red(desk: Desk) -> None:
    desk.file(deferral(DeferralReason.FAULT, errno.ENOSPC))
    assert desk.given_back == [(job(), 1.0, "ENOSPC: No space left on device archive")]
    assert desk.pauses == [1.0]
    assert [fault.message for fault in desk.health.problems] == ["ENOSPC: No space left on device archive"]
    assert desk.log.events() == ["folders.fault"]


def test_repeated_faults_back_off_and_are_logged_once(desk: Desk) -> None:
    for _ in range(8):
        desk.file(deferral(DeferralReason.FAULT, errno.EIO))
    assert desk.pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert desk.log.events() == ["folders.fault"]


def test_files_that_one_fault_struck_together_lengthen_no_wait(desk: Desk) -> None:
    lost = [Finished(job(f"{n}.csv"), time.monotonic(), 0.0, PoolUnavailableError("lost")) for n in range(8)]
    for each in lost:
        desk.committer.file([each])
    assert desk.pauses == [1] * 8


def test_a_file_that_only_its_worker_cannot_find_stays_and_turns_health_red(desk: Desk) -> None:
    desk.transaction.here = {b"x.csv"}
    desk.file(deferral(DeferralReason.GONE))
    assert [fault.message for fault in desk.health.problems] == [
        "ENOENT: No such file or directory incoming, as a worker sees it: mount the same folder there"
    ]
    assert [seconds for _, seconds, _ in desk.given_back] == [1.0]


def test_a_fault_lasts_until_each_file_that_met_it_is_filed(desk: Desk) -> None:
    desk.transaction.here = {b"x.csv"}
    desk.file(deferral(DeferralReason.FAULT, errno.EIO))
    desk.file(answer("y.csv"), job=job("y.csv"))
    assert reds(desk) == ["folders"]
    desk.file(answer())
    assert desk.log.events() == ["folders.fault", "file.processed", "file.processed", "folders.recovered"]


def test_a_fault_that_a_file_meets_again_while_others_pass_is_its_own(desk: Desk) -> None:
    desk.transaction.here = {b"x.csv"}
    waiting = job()
    for _ in range(4):
        desk.file(deferral(DeferralReason.FAULT, errno.EIO), job=waiting)
        waiting = desk.given_back[-1][0]
        desk.file(answer("y.csv"), job=job("y.csv"))
    events = [event for event in desk.log.events() if event != "file.processed"]
    assert events == ["folders.fault", "file.blocked", "folders.recovered"]
    assert (desk.pauses, desk.health.problems) == ([1], [])


def test_a_fault_is_over_if_its_file_was_taken_away_and_others_pass(desk: Desk) -> None:
    desk.file(deferral(DeferralReason.FAULT, errno.EIO))
    desk.file(answer("y.csv"), job=job("y.csv"))
    assert reds(desk) == []


def test_a_failing_sync_is_logged_once_until_one_succeeds(desk: Desk) -> None:
    def commit(answers: Sequence[Answer]) -> list[Committed | Deferral]:
        desk.committer.sync_failed(OSError(errno.EIO, "Input/output error"))
        return Transaction.commit(desk.transaction, answers)

    desk.transaction.commit = commit  # type: ignore[method-assign]
    desk.file(answer())
    desk.file(answer())
    assert reds(desk) == ["sync"]
    del desk.transaction.commit  # type: ignore[method-assign]
    desk.file(answer())
    assert [event for event in desk.log.events() if event != "file.processed"] == [
        "folders.fault",
        "folders.recovered",
    ]


def test_the_first_file_that_is_filed_again_heals_the_fault(desk: Desk) -> None:
    desk.file(deferral(DeferralReason.FAULT, errno.EIO))
    desk.file(answer())
    assert desk.log.events() == ["folders.fault", "file.processed", "folders.recovered"]
    assert desk.health.problems == []
    desk.file(deferral(DeferralReason.FAULT, errno.EIO))
    assert desk.pauses == [1, 1], "it begins anew"


def test_a_file_that_could_not_be_filed_does_not_heal_a_fault(desk: Desk) -> None:
    desk.file(deferral(DeferralReason.FAULT, errno.EIO))
    desk.transaction.trouble = lambda _: deferral(DeferralReason.GONE)
    desk.file(answer())
    assert "folders.recovered" not in desk.log.events()


def test_after_a_fault_files_are_tried_one_by_one(desk: Desk) -> None:
    desk.transaction.trouble = lambda each: (
        deferral(DeferralReason.FAULT, errno.ENOSPC) if each.name == b"0.csv" else None
    )
    desk.file(answer("0.csv"))
    for number in range(4):
        desk.inbox.put(Finished(job(f"{number}.csv"), 0, 0, answer(f"{number}.csv")))
    desk.inbox.put(None)
    desk.committer.run()
    assert [len(group) for group in desk.transaction.groups] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WorkerDiedError("died"), "worker_crashed"),
        (WorkerTimedOutError("not finished after 2 s"), "timed_out"),
        (ZeroDivisionError("a fault of ours"), "worker_crashed"),
    ],
)
def test_a_failed_worker_costs_one_attempt_and_the_third_failure_means_refusal(
    desk: Desk, error: Exception, code: str
) -> None:
    again = job()
    for attempt in (1, 2, 3):
        assert desk.committer.rejection_of(again) is None
        desk.file(error, job=again)
        again, *how = desk.given_back[-1]
        assert (again.attempt, how) == (attempt + 1, [0.0, code])
    rejection = desk.committer.rejection_of(again)
    assert rejection is not None
    assert rejection.code == code
    assert "failed 3 times" in rejection.message
    assert str(error) in rejection.message


def test_a_file_that_cannot_even_be_hashed_takes_a_tenth_of_a_workers_time_at_most(desk: Desk) -> None:
    desk.file(WorkerTimedOutError("2 s"), job=job(attempt=3))
    blocked = desk.given_back[-1][0]
    desk.committer.file([Finished(blocked, 0, 2, WorkerTimedOutError("2 s"))])
    assert desk.given_back[-1][1:] == (60.0, "blocked: it cannot be hashed: 2 s")
    desk.committer.file([Finished(blocked, 0, 600, WorkerTimedOutError("600 s"))])
    assert desk.given_back[-1][1:] == (5400.0, "blocked: it cannot be hashed: 600 s")


def test_a_file_over_the_limit_is_blocked_at_once_if_it_cannot_be_hashed(desk: Desk) -> None:
    large = job(identity=Identity(1, (1 << 20) + 1, 3, 4))
    rejection = desk.committer.rejection_of(large)
    assert rejection is not None
    assert rejection.code == "too_large"
    desk.committer.file([Finished(large, 0, 2, WorkerTimedOutError("2 s"))])
    assert [each[1:] for each in desk.given_back] == [(60.0, "blocked: it cannot be hashed: 2 s")]
    assert (desk.log.events(), reds(desk)) == (["file.blocked"], [])


def test_a_fault_of_a_file_that_was_handed_out_before_the_last_one_heals_too(desk: Desk) -> None:
    handed_out = time.monotonic()
    desk.file(PoolUnavailableError("no worker"))
    desk.file(answer())
    desk.committer.file([Finished(job(), handed_out, handed_out, PoolUnavailableError("no worker"))])
    assert reds(desk) == ["engine"]
    desk.file(answer())
    assert reds(desk) == []


def test_an_engine_that_cannot_start_costs_no_attempt(desk: Desk) -> None:
    desk.file(
        PoolUnavailableError("a worker process cannot be started: Cannot allocate memory"), job=job(attempt=2)
    )
    assert desk.given_back == [
        (job(attempt=2), 1.0, "a worker process cannot be started: Cannot allocate memory")
    ]
    assert desk.log.events() == ["engine.fault"]
    desk.file(answer())
    assert desk.log.events()[-1] == "engine.recovered"


def test_what_is_cancelled_by_the_stop_is_no_fault(desk: Desk) -> None:
    desk.file(CancelledError())
    assert (desk.log.lines, desk.health.problems, desk.pauses) == ([], [], [])
    assert desk.done == ["x.csv"]


def refused(name: str) -> Answer:
    return msgspec.structs.replace(answer(name), accepted=False, summary={"reason": "worker_crashed"})


def reds(desk: Desk) -> list[str]:
    return [fault.key for fault in desk.health.problems]


def test_health_is_red_from_a_workers_death_until_a_worker_judges_a_file(desk: Desk) -> None:
    desk.file(WorkerDiedError("SIGKILL"))
    assert reds(desk) == ["worker"]
    desk.file(answer("other.csv"))
    assert reds(desk) == []


def test_one_file_that_kills_its_workers_is_its_own_fault_once_it_is_refused(desk: Desk) -> None:
    desk.file(WorkerDiedError("SIGKILL"))
    desk.file(refused("x.csv"))
    assert reds(desk) == []


def test_two_files_that_kill_their_workers_are_not_the_files_fault(desk: Desk) -> None:
    for name in ("x.csv", "y.csv"):
        desk.file(WorkerTimedOutError("2 s"), job=job(name))
    desk.file(refused("x.csv"), refused("y.csv"))
    assert reds(desk) == ["worker"]


def test_health_is_red_for_the_engine_while_no_worker_can_be_had(desk: Desk) -> None:
    desk.file(PoolUnavailableError("a worker process cannot be started"))
    assert reds(desk) == ["engine"]
    desk.file(answer())
    assert reds(desk) == []
