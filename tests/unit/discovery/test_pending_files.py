from __future__ import annotations

import errno
from collections.abc import Callable

import msgspec
import pytest
from structlog.testing import CapturingLogger

from watcher.discovery.file_filter import SPECIAL, IgnoredNames
from watcher.discovery.pending_files import PendingFiles
from watcher.discovery.probe import Probe
from watcher.job import DeferralReason, Identity, Job, PresetRejection
from watcher.system.filesystem import Lease

FIRST = Identity(inode=1, size=10, mtime_ns=100, ctime_ns=100)
GROWN = Identity(inode=1, size=20, mtime_ns=200, ctime_ns=200)
GONE = Probe()


def regular(
    identity: Identity = FIRST, *, writing: bool = False, ended: bool = True, lease: Lease = Lease.FREE
) -> Probe:
    lease = Lease.WRITTEN_TO if writing else lease
    return Probe(identity, lease=lease, line_ended=ended)


class Scene:
    """A clock that a test steps, a folder whose probes it sets, and slots for the jobs."""

    def __init__(self, settle: float = 1.0, capacity: int = 100) -> None:
        self.now = 1_000.0
        self.files: dict[bytes, Probe | Callable[[], Probe]] = {}
        self.probes = 0
        self.slots = 10**9
        self.in_flight: set[bytes] = set()
        self.log = CapturingLogger()
        ignored = IgnoredNames(self.log)
        self.pending = PendingFiles(
            lambda name: 5.0 if name.startswith(b"slow/") else settle,
            prober=self,  # type: ignore[arg-type]
            ignored=ignored,
            log=self.log,
            capacity=capacity,
            clock=lambda: self.now,
        )

    def probe(self, name: bytes, *, open_file: bool = True) -> Probe:
        self.probes += 1
        found = self.files.get(name, GONE)
        return found() if callable(found) else found

    def add(self, name: bytes, probe: Probe | None = None, *, renamed: bool = False) -> bool:
        self.files[name] = probe or regular()
        return self.pending.add(name, renamed=renamed)

    def feed(self) -> list[Job]:
        """Take the jobs for which there are slots."""
        jobs = []
        for job in self.pending.stable_jobs(self.in_flight, lambda: len(self.in_flight) < self.slots):
            jobs.append(job)
            self.in_flight.add(job.name)
        return jobs

    def after(self, seconds: float) -> list[Job]:
        """Step the clock as the loop does, never past a probe that is due; return the new jobs."""
        ends_at = self.now + seconds
        jobs = []
        while True:
            jobs += self.feed()
            wait = self.pending.wait_seconds()
            if self.now + wait > ends_at + 1e-9:
                break
            self.now += max(wait, 0.001)
        self.now = ends_at
        return jobs

    def names_after(self, seconds: float) -> list[bytes]:
        return [job.name for job in self.after(seconds)]

    def events(self) -> list[str]:
        """Return the events that were logged, without those of level debug."""
        return [call.args[0] for call in self.log.calls if call.method_name != "debug"]

    def decisions(self) -> list[tuple[str, str, float | None]]:
        """Return what the debug lines say: the event, the decision or the reason, and the seconds."""
        return [
            (call.args[0], call.kwargs.get("decision") or call.kwargs["reason"], call.kwargs.get("seconds"))
            for call in self.log.calls
            if call.method_name == "debug"
        ]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_file_is_stable_once_it_is_unchanged_for_the_settle_time(scene: Scene) -> None:
    scene.add(b"x")
    assert scene.names_after(0.9) == []
    assert scene.names_after(0.1) == [b"x"]


def test_a_job_says_what_the_file_was_and_when_it_was_first_seen(scene: Scene) -> None:
    scene.add(b"x")
    assert scene.after(2) == [Job(b"x", FIRST, seen_at=1_000.0)]


def test_a_change_between_two_probes_restarts_the_wait(scene: Scene) -> None:
    scene.add(b"x")
    scene.after(0.5)
    scene.files[b"x"] = regular(GROWN)
    assert scene.names_after(1.0) == []
    assert scene.names_after(1.0) == [b"x"]


@pytest.mark.parametrize("field", Identity._fields)
def test_each_part_of_the_identity_counts_as_a_change(scene: Scene, field: str) -> None:
    scene.add(b"x")
    scene.after(0.9)
    scene.files[b"x"] = regular(FIRST._replace(**{field: 999}))
    assert scene.names_after(0.5) == []


def test_an_event_at_the_end_of_writing_restarts_the_wait(scene: Scene) -> None:
    scene.add(b"x")
    scene.after(0.3)
    scene.add(b"x", regular(GROWN))
    assert scene.names_after(0.9) == []
    assert scene.names_after(0.1) == [b"x"]


def test_a_writer_that_pauses_less_than_the_settle_time_is_waited_for(scene: Scene) -> None:
    scene.add(b"x")
    for step in range(8):
        assert scene.names_after(0.7) == []
        scene.add(b"x", regular(FIRST._replace(size=20 + step)))
    assert scene.names_after(1.0) == [b"x"]


def test_no_time_of_the_file_is_compared_with_the_clock(scene: Scene) -> None:
    for number, mtime_ns in enumerate((0, 4_070_908_800_000_000_000, -1)):
        scene.add(b"%d" % number, regular(FIRST._replace(mtime_ns=mtime_ns, ctime_ns=mtime_ns)))
    assert scene.names_after(1.0) == [b"0", b"1", b"2"]


def test_a_file_that_was_renamed_in_is_stable_at_once(scene: Scene) -> None:
    scene.add(b"x", renamed=True)
    assert scene.names_after(0) == [b"x"]


@pytest.mark.parametrize(
    "doubtful",
    [regular(ended=False), regular(FIRST._replace(size=0)), regular(lease=Lease.UNKNOWN)],
    ids=["unfinished line", "empty", "lease unknown"],
)
@pytest.mark.parametrize("renamed", [True, False])
def test_a_file_that_may_be_incomplete_waits_ten_times_longer(
    scene: Scene, doubtful: Probe, *, renamed: bool
) -> None:
    scene.add(b"x", doubtful, renamed=renamed)
    assert scene.names_after(9.9) == []
    assert scene.names_after(0.1) == [b"x"]


def test_a_renamed_file_that_is_still_open_for_writing_waits_like_any_other(scene: Scene) -> None:
    scene.add(b"x", regular(writing=True), renamed=True)
    assert scene.names_after(0.5) == []
    scene.files[b"x"] = regular(GROWN)
    assert scene.names_after(1.0) == []
    assert scene.names_after(1.0) == [b"x"]


def test_a_write_after_a_rename_cancels_the_rename(scene: Scene) -> None:
    scene.add(b"x", renamed=True)
    scene.add(b"x", regular(GROWN))
    assert scene.names_after(0.9) == []
    assert scene.names_after(0.1) == [b"x"]


def test_a_file_open_for_writing_waits_however_long_it_is_unchanged(scene: Scene) -> None:
    scene.add(b"x", regular(writing=True))
    assert scene.names_after(100) == []
    scene.files[b"x"] = regular()
    assert scene.names_after(1.0) == [b"x"]


def test_a_newline_that_comes_late_ends_the_longer_wait(scene: Scene) -> None:
    scene.add(b"x", regular(ended=False))
    scene.after(3)
    scene.files[b"x"] = regular(GROWN)
    assert scene.names_after(2.0) == [b"x"]


def test_with_settle_0_files_are_taken_as_they_are() -> None:
    scene = Scene(settle=0)
    for number, lease in enumerate(Lease):
        scene.add(b"%d" % number, regular(FIRST._replace(size=0), ended=False, lease=lease))
    assert scene.names_after(0) == [b"0", b"1", b"2"]


def test_a_file_that_is_gone_is_forgotten_without_a_log_line(scene: Scene) -> None:
    scene.add(b"x")
    scene.files.clear()
    assert scene.names_after(1) == []
    assert len(scene.pending) == 0
    assert scene.events() == []


def test_what_is_not_a_regular_file_is_dropped_and_logged_once(scene: Scene) -> None:
    for _ in range(3):
        scene.add(b"x", Probe(ignored=SPECIAL))
    assert len(scene.pending) == 0
    assert scene.events() == ["file.ignored"]


def test_an_unreadable_file_waits_and_is_logged_once(scene: Scene) -> None:
    scene.add(b"x", Probe(errno=13))
    assert scene.names_after(600) == []
    assert scene.events() == ["file.unreadable"]
    assert [(each.name, each.why) for each in scene.pending.waiting()] == [(b"x", "unreadable: EACCES")]


def test_an_unreadable_file_is_probed_less_and_less_often(scene: Scene) -> None:
    scene.add(b"x", Probe(errno=13))
    scene.after(600)
    assert scene.probes < 20  # 1 + 2 + 4 + … + 32, then once a minute


def test_an_unreadable_file_becomes_stable_once_it_can_be_read(scene: Scene) -> None:
    scene.add(b"x", Probe(errno=5))
    scene.files[b"x"] = regular()
    assert scene.names_after(1.5) == []
    assert scene.names_after(1.0) == [b"x"]


@pytest.mark.parametrize(("field", "known"), [("inode", (0, 100)), ("ctime_ns", (1, 0))])
def test_a_field_that_changes_at_every_probe_is_not_compared_by_the_worker(
    scene: Scene, field: str, known: tuple[int, int]
) -> None:
    values = iter(range(1_000, 2_000))
    scene.add(b"x")
    scene.files[b"x"] = lambda: regular(FIRST._replace(**{field: next(values)}))
    (job,) = scene.after(4)
    assert (job.identity.inode, job.identity.ctime_ns) == known


def test_a_renamed_file_whose_ctime_changes_at_every_probe_is_read_twice_at_most(scene: Scene) -> None:
    values = iter(range(1_000, 2_000))
    scene.files[b"x"] = lambda: regular(FIRST._replace(ctime_ns=next(values)))
    scene.pending.add(b"x", renamed=True)
    (job,) = scene.after(0)
    scene.pending.requeue(job, 0.0, DeferralReason.CHANGED)
    scene.in_flight.discard(b"x")
    assert scene.after(0.3) == [Job(b"x", FIRST._replace(ctime_ns=0), job.seen_at)]


def test_a_mode_changed_once_is_a_change_and_counts_from_then_on(scene: Scene) -> None:
    scene.add(b"x")
    scene.after(0.5)
    scene.files[b"x"] = regular(FIRST._replace(ctime_ns=200))
    assert scene.names_after(1.4) == []
    assert scene.after(0.2) == [Job(b"x", FIRST._replace(ctime_ns=200), 1_000.0)]


def test_a_file_still_written_after_an_hour_is_logged_once(scene: Scene) -> None:
    scene.add(b"x", regular(writing=True))
    scene.after(3_599)
    assert scene.events() == []
    scene.after(4_000)
    assert scene.events() == ["file.still_written"]
    assert scene.pending.waiting()[0].reason is DeferralReason.OPEN_FOR_WRITING


def test_a_job_put_back_becomes_a_job_again_after_its_delay_with_its_attempt(scene: Scene) -> None:
    scene.add(b"x")
    (job,) = scene.after(1)
    again = Job(job.name, job.identity, job.seen_at, attempt=2)
    scene.pending.requeue(again, 4.0, DeferralReason.WORKER_CRASHED)
    scene.in_flight.discard(b"x")
    assert b"x" in scene.pending  # at once: no scan may take it for a new file
    assert scene.after(3.9) == []
    assert [(each.why, each.seen_at) for each in scene.pending.waiting()] == [("worker_crashed", 1_000.0)]
    assert scene.after(0.1) == [again]


def test_a_job_put_back_because_its_file_changed_must_become_stable_again(scene: Scene) -> None:
    scene.add(b"x")
    (job,) = scene.after(1)
    scene.files[b"x"] = regular(GROWN)
    scene.pending.requeue(Job(job.name, job.identity, job.seen_at, attempt=2), 0.0, DeferralReason.CHANGED)
    scene.in_flight.discard(b"x")
    assert scene.after(1.2) == []  # 0.25 s until the next probe, then the settle time
    assert scene.after(0.1) == [Job(b"x", GROWN, job.seen_at, attempt=1)]


REJECTION = PresetRejection("worker_crashed", "failed 3 times")


def test_a_job_that_failed_too_often_becomes_a_job_with_a_rejection(scene: Scene) -> None:
    scene.add(b"x")
    (job,) = scene.after(1)
    again = Job(job.name, job.identity, job.seen_at, attempt=4, rejection=REJECTION)
    scene.pending.requeue(again, 0.0, DeferralReason.WORKER_CRASHED)
    scene.in_flight.discard(b"x")
    assert scene.after(0.3) == [again]


@pytest.mark.parametrize("announced", [True, False])
def test_a_replaced_file_is_not_rejected_for_the_failures_of_the_old_one(
    scene: Scene, *, announced: bool
) -> None:
    scene.add(b"x")
    (job,) = scene.after(1)
    scene.files[b"x"] = regular(GROWN)
    if announced:
        scene.pending.add(b"x")
    failed = Job(job.name, job.identity, job.seen_at, attempt=4, rejection=REJECTION)
    scene.pending.requeue(failed, 0.0, DeferralReason.WORKER_CRASHED)
    scene.in_flight.discard(b"x")
    assert scene.after(2) == [Job(b"x", GROWN, job.seen_at)]


@pytest.mark.parametrize("settle", [0.0, 1.0])
def test_a_file_that_changes_whenever_it_is_read_is_read_a_few_times_a_second_at_most(settle: float) -> None:
    scene = Scene(settle)
    sizes = iter(range(10_000))
    scene.add(b"x", renamed=True)
    scene.files[b"x"] = lambda: regular(FIRST._replace(size=next(sizes)))
    reads = 0
    for _ in range(100):
        for job in scene.after(0.1):
            reads += 1
            scene.pending.requeue(job, 0.0, DeferralReason.CHANGED)
            scene.in_flight.discard(b"x")
    assert reads <= 40


def test_a_job_put_back_counts_as_waiting_at_once(scene: Scene) -> None:
    returned = Job(b"x.csv", FIRST, seen_at=1_000.0)
    scene.pending.requeue(returned, 5.0, DeferralReason.FAULT)
    assert (len(scene.pending), len(scene.pending.waiting())) == (1, 1)
    scene.add(b"x.csv")  # an event came meanwhile: it is one file
    assert (len(scene.pending), len(scene.pending.waiting())) == (1, 1)
    scene.after(0.0)
    assert (len(scene.pending), len(scene.pending.waiting())) == (1, 1)


def test_a_name_in_flight_waits_until_it_is_done(scene: Scene) -> None:
    scene.add(b"x", renamed=True)
    scene.after(0)
    scene.add(b"x", regular(GROWN), renamed=True)
    assert scene.names_after(5) == []
    scene.in_flight.discard(b"x")
    assert scene.names_after(0.3) == [b"x"]


def test_names_are_bounded_and_leave_places_for_other_devices() -> None:
    scene = Scene(capacity=10)
    assert [scene.add(b"big/%d" % number) for number in range(20)].count(True) == 5
    assert [scene.add(b"a/%d" % number) for number in range(20)].count(True) == 3
    assert scene.add(b"b/1")
    assert len(scene.pending) <= 10


def test_another_scan_is_wanted_only_after_most_names_have_left() -> None:
    scene = Scene(capacity=80)
    for number in range(80):
        scene.add(b"big/%d" % number)
    assert not scene.pending.wants_more
    scene.slots = 29
    scene.after(1)
    assert not scene.pending.wants_more
    scene.slots = 30
    scene.after(1)
    assert scene.pending.wants_more


def test_without_slots_files_stay_here_and_devices_get_slots_in_turn(scene: Scene) -> None:
    scene.slots = 2
    for number in range(10):
        scene.add(b"big/%d" % number, renamed=True)
    assert [job.name for job in scene.feed()] == [b"big/0", b"big/1"]
    scene.add(b"small/x", renamed=True)
    scene.in_flight.clear()
    assert [job.name for job in scene.feed()] == [b"big/2", b"small/x"]


def test_a_file_that_waits_for_a_slot_is_probed_when_there_is_one_and_says_so_meanwhile(scene: Scene) -> None:
    scene.slots = 1
    for number in range(3):
        scene.add(b"%d" % number)
    assert scene.names_after(1) == [b"0"]
    assert [(each.name, each.why) for each in scene.pending.waiting()] == [
        (b"1", "waiting for a worker"),
        (b"2", "waiting for a worker"),
    ]
    assert (scene.pending.due, scene.probes) == (2, 4)
    scene.slots = 3
    assert scene.names_after(0) == [b"1", b"2"]


def test_a_blocked_file_stays_blocked_while_there_is_no_slot(scene: Scene) -> None:
    scene.add(b"x")
    (job,) = scene.after(1)
    scene.pending.requeue(msgspec.structs.replace(job, blocked="EIO"), 2, DeferralReason.BLOCKED, "EIO")
    scene.slots = 0
    assert scene.names_after(5) == []
    assert [(each.name, each.why) for each in scene.pending.waiting()] == [(b"x", "blocked: EIO")]


def test_files_that_become_stable_together_leave_together() -> None:
    scene = Scene(capacity=1_000)
    for number in range(300):
        scene.add(b"%d" % number)
    assert len(scene.after(1)) == 300


def test_what_waits_is_listed_oldest_first(scene: Scene) -> None:
    scene.add(b"b")
    scene.now += 0.1
    scene.add(b"a")
    assert [each.name for each in scene.pending.waiting()] == [b"b", b"a"]


def test_a_name_in_flight_holds_up_no_other_file_of_its_device(scene: Scene) -> None:
    scene.add(b"a/1", renamed=True)
    assert scene.names_after(0) == [b"a/1"]
    for name in (b"a/1", b"a/2"):
        scene.add(name, renamed=True)
    assert scene.names_after(0) == [b"a/2"]


def test_slow_probes_leave_other_work_its_turn_and_go_on_at_once() -> None:
    scene = Scene(settle=0)

    def probe_for_30_ms() -> Probe:
        scene.now += 0.03
        return regular()

    for number in range(10):
        scene.add(b"%d" % number)
        scene.files[b"%d" % number] = probe_for_30_ms
    assert [len(scene.feed()), scene.pending.wait_seconds()] == [4, 0.0]
    assert [len(scene.feed()), len(scene.feed()), scene.pending.wait_seconds()] == [4, 2, float("inf")]


def test_an_unknown_lease_is_logged_once(scene: Scene) -> None:
    for number in range(3):
        scene.add(b"%d" % number, regular(lease=Lease.UNKNOWN))
    assert scene.names_after(10) == [b"0", b"1", b"2"]
    assert scene.events() == ["file.lease_unknown"]


def test_unreadable_files_hold_no_place_of_their_device() -> None:
    scene = Scene(capacity=10)
    unreadable = Probe(errno=errno.EACCES)
    for number in range(50):
        assert scene.add(b"roof/%d" % number, unreadable)
        scene.after(1)
    assert scene.add(b"roof/good")
    assert scene.names_after(1.0) == [b"roof/good"]


def test_a_blocked_file_holds_no_place_and_keeps_the_error_that_was_logged() -> None:
    scene = Scene(capacity=2)
    scene.add(b"x")
    (job,) = scene.after(1)
    scene.pending.requeue(msgspec.structs.replace(job, blocked="EIO"), 60, DeferralReason.BLOCKED, "EIO")
    scene.in_flight.discard(b"x")
    scene.after(1)
    assert scene.pending.waiting()[0].is_blocked
    assert scene.add(b"y")
    assert [job.blocked for job in scene.after(60)] == ["", "EIO"]


def test_an_unreadable_file_is_blocked_once_it_was_tried_for_some_seconds(scene: Scene) -> None:
    scene.add(b"x", Probe(errno=errno.EACCES))
    assert not scene.pending.waiting()[0].is_blocked
    scene.after(10)
    assert scene.pending.waiting()[0].is_blocked


def test_a_growing_file_knows_when_it_last_grew(scene: Scene) -> None:
    for step in range(5):
        scene.add(b"x", regular(FIRST._replace(size=20 + step), writing=True))
        scene.after(100)
    (waiting,) = scene.pending.waiting()
    assert (scene.now - waiting.seen_at, scene.now - waiting.unchanged_since) == (500, 100)


def test_a_profile_may_set_the_settle_time(scene: Scene) -> None:
    scene.add(b"slow/x")
    scene.add(b"y")
    assert scene.names_after(4.9) == [b"y"]
    assert scene.names_after(0.1) == [b"slow/x"]


def test_each_decision_about_a_file_is_a_debug_line(scene: Scene) -> None:
    scene.add(b"x", regular(ended=False))
    scene.after(1)
    scene.files[b"x"] = regular(GROWN)
    (job,) = scene.after(2)
    scene.pending.requeue(job, 4.0, DeferralReason.BLOCKED, "EIO")
    scene.in_flight.discard(b"x")
    scene.after(0)
    scene.files.clear()
    scene.after(4)
    assert scene.decisions() == [
        ("file.probed", "last line unfinished", 1.0),
        ("file.probed", "settling", 1.0),
        ("file.probed", "stable", None),
        ("file.deferred", "blocked: EIO", 4.0),
        ("file.probed", "gone", None),
    ]
