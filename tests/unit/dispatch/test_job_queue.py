import time

import pytest

from watcher.dispatch.job_queue import JobQueue
from watcher.job import Identity, Job

IDENTITY = Identity(inode=1, size=2, mtime_ns=3, ctime_ns=4)


def job(name: bytes) -> Job:
    return Job(name, IDENTITY, seen_at=0.0)


def names_taken(queue: JobQueue) -> list[bytes]:
    return [taken.name for taken in iter(queue.take, None)]


def test_jobs_of_one_device_leave_in_the_order_they_came() -> None:
    queue = JobQueue(10)
    for name in (b"b", b"a", b"c"):
        queue.put(job(name))
    assert names_taken(queue) == [b"b", b"a", b"c"]


def test_devices_are_served_in_turn() -> None:
    queue = JobQueue(20)
    for name in (b"a/1", b"a/2", b"a/3", b"b/1", b"c/1", b"b/2"):
        assert queue.put(job(name))
    assert names_taken(queue) == [b"a/1", b"b/1", b"c/1", b"a/2", b"b/2", b"a/3"]


def test_a_queued_name_is_not_queued_again() -> None:
    queue = JobQueue(10)
    assert queue.put(job(b"x"))
    assert not queue.put(job(b"x"))
    assert names_taken(queue) == [b"x"]


def test_a_name_in_flight_is_not_queued_until_it_is_done() -> None:
    queue = JobQueue(10)
    queue.put(job(b"x"))
    queue.take()
    assert not queue.accepts(b"x")
    queue.done(b"x")
    assert queue.put(job(b"x"))


def test_in_flight_jobs_are_known_but_do_not_count_as_waiting() -> None:
    queue = JobQueue(10)
    queue.put(job(b"x"))
    queue.take()
    assert b"x" in queue
    assert len(queue) == 0
    assert (queue.in_flight, queue.in_flight_bytes) == (1, IDENTITY.size)
    queue.done(b"x")
    assert (queue.in_flight, queue.in_flight_bytes) == (0, 0)


def test_one_device_fills_half_of_the_queue_at_most() -> None:
    queue = JobQueue(8)
    assert [queue.put(job(b"a/%d" % number)) for number in range(8)].count(True) == 4


def test_a_full_device_leaves_places_for_every_other_one() -> None:
    queue = JobQueue(64)
    for number in range(64):
        queue.put(job(b"big/%d" % number))
    assert all(queue.put(job(b"dev%d/x" % number)) for number in range(10))


def test_an_empty_queue_gives_nothing() -> None:
    assert JobQueue(1).take() is None


def test_the_oldest_in_flight_is_counted_from_when_those_before_it_were_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    queue = JobQueue(10)
    for name in (b"a", b"b", b"c"):
        queue.put(job(name))
    assert queue.busy_seconds == 0
    names_of = [queue.take(), queue.take()]
    assert None not in names_of
    now = 110.0
    queue.take()
    queue.done(b"b")
    assert queue.busy_seconds == 10.0
    queue.done(b"a")
    now = 115.0
    assert queue.busy_seconds == 5.0
    queue.done(b"c")
    assert queue.busy_seconds == 0
