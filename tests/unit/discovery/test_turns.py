"""Queues by device, served in turn."""

from watcher.discovery.turns import Turns
from watcher.job import device_of


def filled(*names: bytes) -> Turns[bytes]:
    turns: Turns[bytes] = Turns()
    for name in names:
        turns.put(device_of(name), name)
    return turns


def test_entries_of_one_device_leave_in_the_order_they_came() -> None:
    turns = filled(b"b", b"a", b"c")
    assert list(iter(turns.take, None)) == [b"b", b"a", b"c"]


def test_devices_are_served_in_turn() -> None:
    turns = filled(b"a/1", b"a/2", b"a/3", b"b/1", b"c/1", b"b/2")
    assert list(iter(turns.take, None)) == [b"a/1", b"b/1", b"c/1", b"a/2", b"b/2", b"a/3"]


def test_without_entries_there_is_none() -> None:
    assert Turns[bytes]().take() is None
