"""Files whose energies repeat, hour by hour, those of another file of the device at other times."""

from __future__ import annotations

from array import array
from datetime import date
from itertools import chain
from typing import NamedTuple

from processing.model.digest import Digest

_FEWEST_HOURS = 6
"""Fewer hours with energy are not compared."""
_COARSE, _FINE = 2, 6
"""If the decimals of a day's kWh are so few, and not so many, it may be like another by chance."""
_FIELDS = 4
_MAX_SHIFT = 14
"""So many hours apart, two clocks may show the same time: the widest offset from UTC."""


class Repeat(NamedTuple):
    """Two files of one device, by number: the other has energies of the one at another time."""

    one: int
    other: int
    is_shifted: bool
    """Whether that is the whole file, by at most 14 hours: its times are of another zone."""


class RepeatedHours:
    """The energies of the days of many files, each as one number, with the hour at which they begin."""

    def __init__(self) -> None:
        self._by_device: dict[str, array[int]] = {}

    def add(self, number: int, one: Digest) -> None:
        """Add a file, whose number counts from 0: each of its days, and then all of them together.

        In another time zone, a day may be of two dates.
        """
        days = [(day, next(iter(hours)), (*hours.values(),)) for day, hours in one.hours.items() if hours]
        if len(days) > 1:
            days.append((*days[0][:2], (*chain.from_iterable(each for _, _, each in days),)))
        for at, (day, first, energies) in enumerate(days, 1):
            is_whole, total = at == len(days), sum(energies)
            if len(energies) < _FEWEST_HOURS or round(total, _COARSE) == round(total, _FINE):
                continue
            begin = date.fromisoformat(day).toordinal() * 24 + first
            flat = self._by_device.setdefault(one.device, array("q"))
            flat.extend((hash(energies), begin, number, is_whole))

    def pairs(self, superseded: set[int]) -> list[Repeat]:
        """Return each file that has energies of an earlier one at another time, with that one."""
        found: dict[int, Repeat] = {}
        for flat in self._by_device.values():
            seen: dict[int, tuple[int, int, int]] = {}
            fields = (flat[at::_FIELDS] for at in range(_FIELDS))
            for energies, begin, number, whole in zip(*fields, strict=True):
                if number not in superseded:
                    other, first, other_whole = seen.setdefault(energies, (number, begin, whole))
                    if first != begin and other != number:
                        is_shifted = bool(whole and other_whole and abs(begin - first) <= _MAX_SHIFT)
                        if is_shifted or number not in found:
                            found[number] = Repeat(other, number, is_shifted)
        return list(found.values())
