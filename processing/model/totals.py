"""Totals of several results: sums and extremes. Energy that several files have counts once."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple

import msgspec

from processing.model.digest import Digest
from processing.model.safe_text import counted

_HOUR = 3_600_000_000
_FIELDS = 5
_NONE = -1
_EPOCH_HOUR = date(1970, 1, 1).toordinal() * 24

_decoder = msgspec.msgpack.Decoder(Digest)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums and extremes over several files: energies, each counted once, and the worst availability."""

    processed: int
    quarantined: int
    rows: int
    rows_invalid: int
    rows_suspect: int
    energy_kwh: float
    worst_availability: float | None
    worst_availability_file: str | None
    anomalies: int
    anomalies_by_check: dict[str, int]
    overlaps: list[list[str]]
    """Pairs of files of one device that cover the same time. The energy of that time counts once."""
    superseded: int = 0
    """Files whose energy does not count: a later one of the same name covers their whole periods."""

    @property
    def in_words(self) -> str:
        """Sentences about what was counted only once; empty for nothing."""
        return counted_once(self.superseded, len(self.overlaps))


class RunningTotals:
    """Totals that grow by one digest at a time, and the periods that the files cover; keeps no digest."""

    def __init__(self) -> None:
        self.files = self.quarantined = self.flagged = 0
        """Numbers of all files, of those in quarantine, and of those with invalid or suspect rows."""
        self._counts: Counter[str] = Counter(processed=0, rows=0, rows_invalid=0, rows_suspect=0, anomalies=0)
        self._by_check: Counter[str] = Counter()
        self.periods = Periods()
        self._energy = 0.0
        self._worst: tuple[float, str] | tuple[None, None] = (None, None)

    def add(self, one: Digest) -> None:
        """Add one file."""
        self.periods.add(self.files, one)
        self.files += 1
        if one.error is not None:
            self.quarantined += 1
            return
        self.flagged += one.status != "good"
        self._counts.update(processed=1, rows=one.rows, anomalies=one.anomalies)
        self._counts.update(rows_invalid=one.invalid, rows_suspect=one.suspect)
        self._by_check.update(one.checks)
        self._energy += one.energy_kwh or 0.0
        if one.availability is not None:
            found = (one.availability, one.name)
            self._worst = found if self._worst[0] is None else min(self._worst, found)

    def subtract(self, found: Excess) -> None:
        """Subtract energy that another file has too."""
        self._energy -= found.kwh

    def totals(self, overlaps: list[list[str]], superseded: int = 0) -> Totals:
        """Return the totals of all files so far."""
        return Totals(
            **self._counts,
            quarantined=self.quarantined,
            energy_kwh=round(self._energy, 6),
            worst_availability=self._worst[0],
            worst_availability_file=self._worst[1],
            anomalies_by_check=dict(self._by_check.most_common()),
            overlaps=overlaps,
            superseded=superseded,
        )


def totals(digests: list[Digest]) -> Totals:
    """Return the totals of these files."""
    sums = RunningTotals()
    for one in digests:
        sums.add(one)
    superseded = sums.periods.superseded()
    for found in excess(sums.periods, superseded, lambda: digests):
        sums.subtract(found)
    pairs = [[digests[pair.one].name, digests[pair.other].name] for pair in sums.periods.overlaps(superseded)]
    return sums.totals(pairs, len(superseded))


def counted_once(superseded: int, overlaps: int) -> str:
    """Return sentences about what was counted only once; empty for nothing."""
    parts = []
    if superseded:
        parts.append(f"{counted(superseded, 'earlier version')} of a file that came again not counted.")
    if overlaps:
        parts.append(f"Time that files have in common counted once: {counted(overlaps, 'overlap')}.")
    return " ".join(parts)


class Excess(NamedTuple):
    """Energy of a file that does not count, because another file of its device has it too."""

    device: str
    kwh: float
    hours: list[tuple[str, int, float]]
    """Its kWh by date and clock hour."""


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
            first = _microseconds(one.first_at or one.at)
            times = _microseconds(one.start), _microseconds(one.end) + (_step_hours(one) - 1) * _HOUR
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
        """Yield pairs of files. Subtracting the common time of each pair leaves every time counted once."""
        for _, flat in sorted(self._by_device.items()):
            latest: tuple[int, int] | None = None
            starts, ends, numbers = (flat[field::_FIELDS] for field in range(3))
            order = sorted(range(len(ends)), key=ends.__getitem__)
            for at in sorted(order, key=starts.__getitem__):  # by start, then by end, then by number
                start, end, number = starts[at], ends[at], numbers[at]
                if number in superseded:
                    continue
                if latest is not None and start <= latest[0]:
                    yield Overlap(latest[1], number, start, min(latest[0], end))
                if latest is None or end > latest[0]:
                    latest = (end, number)


def excess(periods: Periods, superseded: set[int], files: Callable[[], Iterable[Digest]]) -> Iterator[Excess]:
    """Yield the energies that count more than once.

    `files` yields those of the periods, in their order, at each call. Needs little memory for each file.
    """
    earlier: dict[int, bytes] = {}  # the files that later ones overlap with
    pairs = array("q", (_NONE, 0, 0)) * periods.count  # each file is the later one of one pair at most
    for pair in periods.overlaps(superseded):
        pairs[3 * pair.other : 3 * pair.other + 3] = array("q", (pair.one, pair.start, pair.end))
        earlier[pair.one] = b""
    if not superseded and not earlier:
        return
    for number, one in enumerate(files() if earlier else ()):
        if number in earlier:
            part = Digest(
                name="", at="", start=one.start, end=one.end, interval=one.interval, hours=one.hours
            )
            earlier[number] = msgspec.msgpack.encode(part)
    for number, one in enumerate(files()):
        if number in superseded:
            hours = [(day, hour, kwh) for day, of_day in one.hours.items() for hour, kwh in of_day.items()]
            yield Excess(one.device, one.energy_kwh or 0.0, hours)
        before, start, end = pairs[3 * number : 3 * number + 3]
        if before != _NONE:
            common = Overlap(before, number, start, end)
            other = _decoder.decode(earlier[before])
            rare, often = sorted((other, one), key=_step_hours, reverse=True)
            energies, parts = _energy_in(rare, common), _energy_in(often, common)
            if (span := _step_hours(rare)) > 1:
                parts = _by_rows(parts, sorted(energies), span)
            found = _common(one.device, energies, parts)
            yield found._replace(kwh=min(found.kwh, one.energy_kwh or 0.0))


def _common(device: str, one: dict[int, float], other: dict[int, float]) -> Excess:
    """Return what two files have in common: the smaller energy of each hour, since one may have a gap."""
    hours = {hour: min(kwh, other.get(hour, 0.0)) for hour, kwh in one.items()}
    shown = [(date.fromordinal(hour // 24).isoformat(), hour % 24, kwh) for hour, kwh in hours.items()]
    return Excess(device, sum(hours.values()), shown)


def _by_rows(energies: dict[int, float], rows: list[int], hours: int) -> dict[int, float]:
    """Return energies by hour, summed up to the hours of rows that each stand for so many hours."""
    found: dict[int, float] = {}
    for hour, kwh in energies.items():
        at = bisect_right(rows, hour) - 1
        if at >= 0 and hour < rows[at] + hours:
            found[rows[at]] = found.get(rows[at], 0.0) + kwh
    return found


def _step_hours(one: Digest) -> int:
    """Return the hours that a row of a file stands for, at least one."""
    return max(1, round((one.interval or 0.0) / 3600))


def _energy_in(one: Digest, common: Overlap) -> dict[int, float]:
    """Return the kWh of a file by hour in a common time; an hour that its ends cut counts in part.

    A row of several hours counts whole.
    """
    if (hours := _step_hours(one)) > 1:
        first, last = common.start // _HOUR - hours + 1, common.end // _HOUR
        return {hour + _EPOCH_HOUR: kwh for hour, kwh in _hours_in(one, first, last) if kwh}
    step = round((one.interval or 0.0) * 1e6)
    assert one.start is not None and one.end is not None  # noqa: S101, PT018 - files without are in no pair
    start, end = _microseconds(one.start), _microseconds(one.end) + step
    until = min(common.end + step, end)
    found: dict[int, float] = {}
    for hour, kwh in _hours_in(one, common.start // _HOUR, common.end // _HOUR):
        if kwh:
            begins, ends = hour * _HOUR, (hour + 1) * _HOUR
            covered = min(end, ends) - max(start, begins)
            shared = min(until, ends) - max(common.start, begins)
            found[hour + _EPOCH_HOUR] = kwh * min(1.0, shared / covered) if covered > 0 else kwh
    return found


def _hours_in(one: Digest, first: int, last: int) -> Iterator[tuple[int, float]]:
    """Yield the hours of a file from `first` to `last`, counted from 1970."""
    if last - first > 24 * len(one.hours):
        for day, of_day in one.hours.items():
            begin = date.fromisoformat(day).toordinal() * 24 - _EPOCH_HOUR
            yield from ((begin + hour, kwh) for hour, kwh in of_day.items() if first <= begin + hour <= last)
        return
    for hour in range(first, last + 1):
        ordinal, clock = divmod(hour + _EPOCH_HOUR, 24)
        yield hour, one.hours.get(date.fromordinal(ordinal).isoformat(), {}).get(clock, 0.0)


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


def _microseconds(stamp: str) -> int:
    """Return a time as it is written, without its offset."""
    return round(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() * 1_000_000)
