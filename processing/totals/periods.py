"""The periods of many files: which of them cover the same time, and which are earlier versions of others."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from processing.model.digest import Digest
from processing.model.stamp import HOUR

_FIELDS = 5


class Overlap(NamedTuple):
    """Two files of one device, by their numbers, and the time that both cover, in microseconds."""

    one: int
    other: int
    start: int
    end: int


class Periods:
    """The periods of many files by device: start, end, number, time and name of each, as flat numbers."""

    def __init__(self) -> None:
        self.count = 0
        """The number of files, with those that have no period."""
        self._by_device: dict[str, array[int]] = {}

    def add(self, number: int, one: Digest) -> None:
        """Add a file, whose period may be unknown; `number` counts from 0."""
        self.count = number + 1
        if one.start and one.end:
            first = microseconds(one.first_at or one.at)
            times = microseconds(one.start), microseconds(one.end) + (step_hours(one) - 1) * HOUR
            self._by_device.setdefault(one.device, array("q")).extend((*times, number, first, hash(one.name)))

    def superseded(self) -> set[int]:
        """Return the files that a later file of the same name covers for the whole of their periods."""
        found: set[int] = set()
        for flat in self._by_device.values():
            by_name: dict[int, list[tuple[int, int, int, int]]] = {}
            names = sorted(flat[4::_FIELDS])
            repeated = {one for one, other in pairwise(names) if one == other}
            for start, end, number, first, name in _rows(flat):
                if name in repeated:
                    by_name.setdefault(name, []).append((first, end - start, number, start))
            for versions in by_name.values():
                covered = _Covered()
                for _, length, number, start in sorted(versions, reverse=True):
                    if not covered.add(start, start + length):
                        found.add(number)
        return found

    def overlaps(self, superseded: set[int]) -> Iterator[Overlap]:
        """Yield pairs of files that cover the same time; all such time is in a pair."""
        for device in sorted(self._by_device):
            yield from self._overlaps_of(device, superseded)

    def common_hours(self, superseded: set[int]) -> dict[str, list[tuple[int, int]]]:
        """Return by device the first and the last clock hour, since 1970, of all common times, in order."""
        found: dict[str, list[tuple[int, int]]] = {}
        for device in self._by_device:
            for pair in self._overlaps_of(device, superseded):
                first, last = pair.start // HOUR, pair.end // HOUR
                hours = found.setdefault(device, [])
                if hours and first <= hours[-1][1] + 1:
                    begin, end = hours.pop()
                    first, last = begin, max(last, end)
                hours.append((first, last))
        return found

    def _overlaps_of(self, device: str, superseded: set[int]) -> Iterator[Overlap]:
        latest: tuple[int, int] | None = None
        starts, ends, numbers = (self._by_device[device][field::_FIELDS] for field in range(3))
        order = sorted(range(len(ends)), key=ends.__getitem__)
        for at in sorted(order, key=starts.__getitem__):  # by start, then by end, then by number
            start, end, number = starts[at], ends[at], numbers[at]
            if number in superseded:
                continue
            if latest is not None and start <= latest[0]:
                yield Overlap(latest[1], number, start, min(latest[0], end))
            if latest is None or end > latest[0]:
                latest = (end, number)


class _Covered:
    """Sorted periods of which none covers another, so that their starts and ends both grow."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> bool:
        """Add a period; return False if another covers it already."""
        before = bisect_right(self._starts, start)
        if before and self._ends[before - 1] >= end:
            return False
        first = bisect_left(self._starts, start)
        last = bisect_right(self._ends, end, lo=first)
        self._starts[first:last], self._ends[first:last] = [start], [end]
        return True


def _rows(flat: array[int]) -> Iterator[tuple[int, ...]]:
    return zip(*(flat[field::_FIELDS] for field in range(_FIELDS)), strict=True)


def step_hours(one: Digest) -> int:
    """Return the hours that a row of a file stands for, at least one."""
    return max(1, round((one.interval or 0.0) / 3600))


def microseconds(stamp: str) -> int:
    """Return a time as it is written, without its offset."""
    return round(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() * 1_000_000)
