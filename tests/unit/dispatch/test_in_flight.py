"""How many files are in flight at once, and since when."""

import time

import pytest

from watcher.dispatch.in_flight import InFlight
from watcher.job import Identity, Job

KB = 1 << 10


def job(name: bytes, size: int = 2) -> Job:
    return Job(name, Identity(1, size, 3, 4), seen_at=0.0)


@pytest.mark.parametrize(
    ("size", "count"), [(12 * KB, 48), (64 * KB, 48), (128 * KB, 24), (1 << 20, 6), (500 << 20, 6)]
)
def test_fewer_large_files_are_in_flight_than_small_ones(size: int, count: int) -> None:
    in_flight = InFlight(48)
    for number in range(300):
        if in_flight.has_slot():
            in_flight.add(job(b"%d" % number, size))
    assert (len(in_flight), in_flight.total_bytes) == (count, count * size)


def test_a_name_is_known_until_it_is_removed_and_removed_once() -> None:
    in_flight = InFlight(10)
    in_flight.add(job(b"x"))
    assert (b"x" in in_flight, b"y" in in_flight) == (True, False)
    for _ in range(2):
        in_flight.remove(b"x")
    assert (len(in_flight), in_flight.total_bytes, b"x" in in_flight) == (0, 0, False)


def test_the_oldest_is_counted_from_when_those_before_it_were_done(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    in_flight = InFlight(10)
    assert in_flight.busy_seconds == 0
    for name in (b"a", b"b"):
        in_flight.add(job(name))
    now = 110.0
    in_flight.add(job(b"c"))
    in_flight.remove(b"b")
    assert in_flight.busy_seconds == 10.0
    in_flight.remove(b"a")
    now = 115.0
    assert in_flight.busy_seconds == 5.0
    in_flight.remove(b"c")
    assert in_flight.busy_seconds == 0
