"""Files whose energies repeat, hour by hour, those of another file of the device at other times."""

from __future__ import annotations

from array import array
from datetime import date

from processing.model.digest import Digest

_FEWEST_HOURS = 6
"""Fewer hours with energy are not compared."""
_COARSE, _FINE = 2, 6
"""If the decimals of a day's kWh are so few, and not so many, it may be like another by chance."""
_FIELDS = 3


class RepeatedHours:
    """The energies of the days of many files, each as one number, with the hour at which they begin."""

    def __init__(self) -> None:
        self._by_device: dict[str, array[int]] = {}

    def add(self, number: int, one: Digest) -> None:
        """Add a file, whose number counts from 0: each of its days, and all hours of one with two days.

        Two dates may be one day in another time zone.
        """
        days = [(day, next(iter(hours)), (*hours.values(),)) for day, hours in one.hours.items() if hours]
        if len(days) == 2:  # noqa: PLR2004 - before and after midnight
            days.append((*days[0][:2], days[0][2] + days[1][2]))
        for day, first, energies in days:
            total = sum(energies)
            if len(energies) < _FEWEST_HOURS or round(total, _COARSE) == round(total, _FINE):
                continue
            begin = date.fromisoformat(day).toordinal() * 24 + first
            self._by_device.setdefault(one.device, array("q")).extend((hash(energies), begin, number))

    def pairs(self, superseded: set[int]) -> list[tuple[int, int]]:
        """Return files, by their numbers, each with an earlier one whose energies it has at another time."""
        found: dict[int, int] = {}
        for flat in self._by_device.values():
            seen: dict[int, tuple[int, int]] = {}
            for energies, begin, number in zip(*(flat[at::_FIELDS] for at in range(_FIELDS)), strict=True):
                if number not in superseded:
                    other, first = seen.setdefault(energies, (number, begin))
                    if first != begin:
                        found.setdefault(number, other)
        return [(other, number) for number, other in found.items() if other != number]
