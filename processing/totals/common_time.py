"""Energy that several files of a device have in common: in each clock hour, it counts once."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from processing.model.digest import Digest
from processing.model.stamp import HOUR
from processing.totals.periods import Periods, microseconds, step_hours

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ALIKE = 0.9
"""Two files of one device have at least this share of each other's energy."""


class Excess(NamedTuple):
    """Energy of a file that does not count, because another file of its device has it too."""

    device: str
    kwh: float
    hours: list[tuple[str, int, float]]
    """Its kWh by date and clock hour."""
    span: int = 1
    """The hours that a row of the file stands for. Its energy is that of the first of them."""
    differs: bool = False
    """Whether the energies of the device's files differ in the hours that they have in common."""


def excess(periods: Periods, superseded: set[int], files: Iterable[Digest]) -> Iterator[Excess]:
    """Yield the energies that count more than once; `files` are those of the periods, in their order."""
    common = {device: _CommonTime(hours) for device, hours in periods.common_hours(superseded).items()}
    for number, one in enumerate(files if superseded or common else ()):
        if number in superseded:
            hours = [(day, hour, kwh) for day, of_day in one.hours.items() for hour, kwh in of_day.items()]
            yield Excess(one.device, one.energy_kwh or 0.0, hours, step_hours(one))
        elif one.device in common and one.start and one.end:
            found = common[one.device].add(one, microseconds(one.start), microseconds(one.end))
            yield _excess(one.device, found, step_hours(one), one.energy_kwh or 0.0)
    for device, time in common.items():
        for span, found in time.compare_rows():
            yield _excess(device, found, span)
        yield Excess(device, 0.0, [], differs=time.differs)


def _excess(device: str, found: dict[int, float], span: int, most: float = math.inf) -> Excess:
    days = ((*divmod(hour, 24), kwh) for hour, kwh in found.items())
    hours = [(date.fromordinal(day + _EPOCH_DAY).isoformat(), hour, kwh) for day, hour, kwh in days]
    return Excess(device, min(sum(found.values()), most), hours, span)


class _InHour(NamedTuple):
    """The energy of a clock hour in kWh, and the part of the hour that files cover, in microseconds."""

    kwh: float
    begin: int
    end: int


class _CommonTime:
    """The energy of the files of one device in the hours that several of them cover, each counted once.

    Hours count from 1970. The order of the files does not matter, unless three or more end within one hour.
    """

    def __init__(self, hours: list[tuple[int, int]]) -> None:
        self._common = hours
        """The first and the last hour of each common time, in order."""
        self._hours: dict[int, _InHour] = {}
        self._rows: dict[int, dict[int, float]] = {}
        """The kWh of rows that stand for several hours, by this number and by their first hour."""
        self._least = self._most = 0.0
        """The kWh of the hours that two files cover as a whole: by the lower figures, and by the higher."""

    @property
    def differs(self) -> bool:
        """Whether files have other energies in their common hours, as those of two devices do."""
        return self._least < _ALIKE * self._most

    def add(self, one: Digest, start: int, end: int) -> dict[int, float]:
        """Add a file with its first and last time, and return by hour the kWh that earlier files have too."""
        span = step_hours(one)
        found = self._energies(one, start // HOUR - span + 1, end // HOUR + span - 1, span)
        if span > 1:
            rows = self._rows.setdefault(span, {})
            found = _by_rows(found, sorted(rows), span)
            before = {hour: rows.get(hour, 0.0) for hour in found}
            rows |= {hour: max(kwh, before[hour]) for hour, kwh in found.items()}
            for hour in filter(before.get, found):
                self._compare(found[hour], before[hour])
            return {hour: min(kwh, before[hour]) for hour, kwh in found.items()}
        stop = end + round((one.interval or 0.0) * 1e6)
        return {hour: self._add(hour, kwh, start, stop) for hour, kwh in found.items()}

    def _energies(self, one: Digest, first: int, last: int, span: int) -> dict[int, float]:
        """Return the kWh of a file by hour, as far as other files may cover these hours."""
        found: dict[int, float] = {}
        at = bisect_left(self._common, first, key=lambda hours: hours[1])
        while at < len(self._common) and self._common[at][0] <= last:
            begin, end = self._common[at]
            hours = _hours_in(one, max(first, begin - span + 1), min(last, end))
            found |= {hour: kwh for hour, kwh in hours if kwh}
            at += 1
        return found

    def _add(self, hour: int, kwh: float, start: int, stop: int) -> float:
        """Add the energy of a file in a clock hour, and return what earlier files have of it."""
        begin, end = max(start, hour * HOUR), min(stop, (hour + 1) * HOUR)
        if begin >= end:  # the file covers none of the hour, but has energy in it
            begin, end = hour * HOUR, (hour + 1) * HOUR
        before = self._hours.get(hour, _InHour(0.0, begin, end))
        shared = max(0, min(end, before.end) - max(begin, before.begin))
        lengths = end - begin, before.end - before.begin
        if shared in lengths:  # one covers what the other does
            common = min(kwh, before.kwh)
        else:
            common = min(kwh * shared / lengths[0], before.kwh * shared / lengths[1])
        if before.kwh and shared == HOUR:
            self._compare(kwh, before.kwh)
        covered = min(begin, before.begin), max(end, before.end)
        self._hours[hour] = _InHour(before.kwh + kwh - common, *covered)
        return common

    def _compare(self, kwh: float, before: float) -> None:
        """Note the energies that two files have of the same hours."""
        self._least += min(kwh, before)
        self._most += max(kwh, before)

    def compare_rows(self) -> Iterator[tuple[int, dict[int, float]]]:
        """Yield the hours of each row of several hours, and by hour the kWh that shorter rows have too."""
        shorter = {hour: each.kwh for hour, each in self._hours.items()}
        for span, rows in sorted(self._rows.items()):
            shorter = _by_rows(shorter, sorted(rows), span)
            found = {hour: min(kwh, shorter.get(hour, 0.0)) for hour, kwh in rows.items()}
            for hour, common in found.items():
                shorter[hour] = shorter.get(hour, 0.0) + rows[hour] - common
            yield span, found


def _by_rows(energies: dict[int, float], rows: list[int], span: int) -> dict[int, float]:
    """Return energies by hour; those in the `span` hours of a row are summed up at its first hour."""
    found: dict[int, float] = {}
    for hour, kwh in energies.items():
        at = bisect_right(rows, hour) - 1
        first = rows[at] if at >= 0 and hour < rows[at] + span else hour
        found[first] = found.get(first, 0.0) + kwh
    return found


def _hours_in(one: Digest, first: int, last: int) -> Iterator[tuple[int, float]]:
    """Yield the hours of a file from `first` to `last`, counted from 1970."""
    if last - first > 24 * len(one.hours):
        for day, of_day in one.hours.items():
            begin = (date.fromisoformat(day).toordinal() - _EPOCH_DAY) * 24
            yield from ((begin + hour, kwh) for hour, kwh in of_day.items() if first <= begin + hour <= last)
        return
    for hour in range(first, last + 1):
        ordinal, clock = divmod(hour, 24)
        yield hour, one.hours.get(date.fromordinal(ordinal + _EPOCH_DAY).isoformat(), {}).get(clock, 0.0)
