"""Which format the timestamps of a whole file have. All cells are counted, and none is kept."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from processing.model.channels import MAX_CHARACTERS
from processing.model.flags import Integers, Mask, all_of, any_of
from processing.model.stamp import DAY, HOUR, NO_TIME
from processing.times.time_columns import timestamps
from processing.times.time_formats import TimeFormat, time_format
from processing.times.time_shapes import (
    has_open_date,
    is_unusual,
    names_of_formats,
    names_with_zone,
    only_format,
)

_MAX_FORMATS, _MAX_TRIED = 60, 8
"""The most formats in all, and the most that are tried on each block: those that read most cells."""
_MAX_SHAPES = 500
"""The most shapes of cells that are examined; a logger writes a few."""
_CERTAIN = 10
"""A format that reads this many times as many cells as another one is the correct one."""
_ROWS_OF_DAY = 2
"""At least this many readings per value, on average, show that numbers are days."""
_BROKEN_SHARE = 0.01
"""Share of the cells that may be broken; they decide nothing against the order of the dates."""
_OPEN = ("/", "-")
"""The separators of dates whose day and month may have either order."""
_WHOLE_DAY = 12
"""Average number of readings a day with which a logger does not write only one day a month."""
_MIDNIGHT_STEP = HOUR // 2
"""The longest step between readings that continue through midnight."""
_MONTH_DAYS = 27
"""The fewest days from a date to the same day of the next month."""
_SHORT_MONTH = re.compile("%[bB].+%y")
_COUNT = re.compile(rb"\s*0{5,7}(?:[.,]0+)?\s*|0{18}")
"""A number, with zeros for its digits, whose size says what it counts."""
_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")


class TimeDetector:
    """Gathers the cells of a column of times, block by block, and then knows their formats.

    >>> detector = TimeDetector()
    >>> detector.add(["12/06/2025 23:55", "13/06/2025 00:00"])
    >>> [one.name for one in detector.formats()]
    ['%d/%m/%Y %H:%M']
    """

    def __init__(self) -> None:
        self._formats: list[_FormatTried] = []
        self._tried: list[_FormatTried] = []
        self._shapes: set[bytes] = set()
        self._cells: Counter[int] = Counter()
        """Number of cells by the set of formats that read them, each format one bit."""
        self.has_open_dates = False
        """The dates of a sample may be read in either order of days and months, or only all can show it."""
        self.with_zones: dict[str, tuple[str, ...]] = {}
        """Formats of cells with an ambiguous zone such as `IST`, each with all those that it may mean."""

    def forget(self) -> None:
        """Forget the cells, but not the formats that they may have."""
        self._cells.clear()
        for one in self._formats:
            one.forget()

    def add(self, cells: Sequence[str]) -> None:
        """Add cells without newlines, in the order of the file."""
        text = "\n".join(map(str.strip, cells))
        self.add_text(f"{text}\n".encode("utf-8", "replace"), len(cells))

    def add_sample(self, cells: Sequence[str]) -> None:
        """Add some of the cells, which stand for all others if one format reads all of them.

        They are not read if only one format may be theirs: all rows of the file show whether it reads them.
        Only all cells show the order of days and months if a second format reads most of these.
        """
        name = only_format([*map(str.strip, cells)])
        if name is not None and (only := self._try(name)) is not None:
            only.cells = self._cells[only.bit] = len(cells)
            return
        self.add(cells)
        most = max((one.cells for one in self._formats), default=0)
        likely = [one.format.name for one in self._formats if 2 * one.cells > most]
        self.has_open_dates = len(likely) > 1 and has_open_date(likely)

    def add_text(self, text: bytes, rows: int) -> None:
        """Add `rows` cells, each followed by a newline. Empty cells do not count."""
        if not rows:
            return
        bits = np.zeros(rows, np.int64)
        for one in self._tried:
            one.read(text, bits)
        if any_of(bits == 0):
            self._read_others(text, bits)
        if not any_of(bits != bits[0]):
            self._cells[bits.item(0)] += rows
        else:
            found, counts = np.unique(bits, return_counts=True)
            self._cells.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
        self._tried = sorted(self._tried, key=lambda one: -one.cells)[:_MAX_TRIED]

    def _read_others(self, text: bytes, bits: Integers) -> None:
        """Try new formats on the cells that none reads."""
        cells = text.split(b"\n")[:-1]
        self._cells[0] -= cells.count(b"")
        for row in (bits == 0).nonzero()[0].tolist():
            if bits.item(row) or len(self._shapes) >= _MAX_SHAPES or len(cells[row]) > MAX_CHARACTERS:
                continue
            shape = cells[row].translate(_TO_ZERO)
            if shape in self._shapes:
                continue
            self._shapes.add(shape)
            written = cells[row] if _COUNT.fullmatch(shape) else shape
            like = written.decode("utf-8", "replace").strip()
            names = names_of_formats(like)
            zoned = {} if names else names_with_zone(like)
            self.with_zones |= zoned
            for name in (*names, *zoned):
                if (one := self._try(name)) is not None:
                    one.read(text, bits)
            if not any_of(bits == 0):
                break

    def _try(self, name: str) -> _FormatTried | None:
        """Return a format that is tried from now on; None if it is already, or if too many are."""
        if len(self._formats) >= _MAX_FORMATS or name in {one.format.name for one in self._formats}:
            return None
        one = _FormatTried(time_format(name), 1 << len(self._formats))
        self._formats.append(one)
        self._tried.append(one)
        return one

    def formats(self, least: float = 0.5) -> list[TimeFormat]:
        """Return the formats that read all cells except a few broken ones; more than one if it is ambiguous.

        The list is empty if fewer than the share `least` are read, or if others end with ambiguous zones.
        """
        named = [one for one in self._formats if one.format.name not in self.with_zones]
        return self._best(named, 1 - _BROKEN_SHARE if self.with_zones else least)

    def _best(self, formats: list[_FormatTried], least: float) -> list[TimeFormat]:
        """Return those of these formats that read all cells except a few; the likeliest first."""
        best = max((one for one in formats if one.is_certain), key=lambda one: one.cells, default=None)
        if best is None or best.cells < max(1, least * self._cells.total()):
            return []
        if len(formats) == 1:
            return [best.format]
        found = self._usual([one for one in formats if one is best or self._is_as_good(one, best)])
        if len(found) == 1:
            found = self._usual([*found, *(one for one in formats if self._contradicts(one, best))])
        elif sum(one.ascends for one in found) == 1:
            found = [one for one in found if one.ascends]
        elif found[0].times and all(one.times == found[0].times for one in found):
            found = found[:1]  # day and month are equal
        elif sum(one.goes_on for one in found) == 1 == sum(not one.is_monthly for one in found):
            found = [one for one in found if one.goes_on]
        return [one.format for one in sorted(found, key=lambda one: one.is_monthly)]

    @property
    def offered(self) -> list[str]:
        """Return the names of formats that a person may choose if none is certain."""
        zoned = self._best([one for one in self._formats if one.format.name in self.with_zones], 0.0)
        days = [one for one in self._formats if one.may_be_days and one.cells >= self._cells.total()]
        names = [name for one in zoned for name in self.with_zones[one.name]]
        return names or [one.format.name for one in days]

    @staticmethod
    def _usual(found: list[_FormatTried]) -> list[_FormatTried]:
        return [one for one in found if not one.is_unusual] or found

    def _is_as_good(self, one: _FormatTried, best: _FormatTried) -> bool:
        """Return whether a format reads the same cells as the best one, except a few broken ones."""
        both = self._count(one.bit | best.bit)
        return 2 * both >= one.cells and best.cells - both <= _CERTAIN * (one.cells - both)

    def _contradicts(self, one: _FormatTried, best: _FormatTried) -> bool:
        """Return whether a format orders the dates and misses only a few cells that the best one reads."""
        missed = best.cells - self._count(one.bit | best.bit)
        return one.is_ordered and not best.is_ordered and missed <= max(1, _BROKEN_SHARE * best.cells)

    def _count(self, bits: int) -> int:
        return sum(count for found, count in self._cells.items() if found & bits == bits)


class _FormatTried:
    """A format, and what it made of the cells so far."""

    def __init__(self, tried: TimeFormat, bit: int) -> None:
        self.format, self.bit = tried, bit
        self.is_unusual = is_unusual(tried.name)
        self.forget()

    def forget(self) -> None:
        """Forget the cells."""
        self.cells = 0
        """Cells that it reads."""
        self.ascends = self.descends = True
        """Whether no date is before, or none is after, that of an earlier cell."""
        self._last: int | None = None
        self._days = self._next_days = self._passes = self._months = self._next_months = 0
        """Numbers of changes of the date: all, by one day, in a short step, by months, by one month."""
        self._has_clock = False
        """Whether some times are not midnight."""
        self._is_typical = True
        """Whether all dates are the first of a month, and the first one is in January, if none are nearer."""
        self._digest = hashlib.blake2b(digest_size=16) if self.format.name[2:3] in _OPEN else None

    @property
    def is_certain(self) -> bool:
        """Return whether it may be chosen: `Jan-25` may be a day, and five digits need not be days."""
        if _SHORT_MONTH.fullmatch(self.format.name):
            return 2 * self._next_months > self._days
        return not self.format.is_serial or (_ROWS_OF_DAY * self._days < self.cells and self._has_clock)

    @property
    def may_be_days(self) -> bool:
        """Return whether the cells are numbers that mostly rise or fall from one day to the next."""
        return self.format.is_serial and 2 * self._next_days >= self._days > 0

    @property
    def is_ordered(self) -> bool:
        """Return whether the dates ascend or descend."""
        return self.ascends or self.descends

    @property
    def times(self) -> bytes:
        """A hash of all times that it reads; empty if its date can have only one order."""
        return b"" if self._digest is None else self._digest.digest()

    @property
    def goes_on(self) -> bool:
        """Return whether readings continue from day to day: through midnight, or over at least three days.

        Days with few readings do not show it.
        """
        is_whole = self.cells >= _WHOLE_DAY * (self._days + 1)
        is_next = self._next_days == self._days > 0
        return is_next and is_whole and (self._passes == self._days or self._days > 1)

    @property
    def is_monthly(self) -> bool:
        """Return whether each date is a month or more after the one before, so that there is one day a month.

        Such files exist: typical days of the months of a year. They have the first of each month, from
        January on.
        """
        return self._months == self._days > 0 and not self._is_typical

    def read(self, text: bytes, bits: Integers) -> None:
        """Read a block of cells, and set the format's bit of those that it reads."""
        times, _ = timestamps(text, len(bits), {}, self.format)
        is_read: Mask = times != NO_TIME
        bits[is_read] |= self.bit
        if self._digest is not None:
            self._digest.update(times.tobytes())
        times = times[is_read]
        if not len(times):
            return
        self.cells += len(times)
        self._has_clock = self._has_clock or (self.format.is_serial and any_of(times % DAY != 0))
        if self._last is not None:
            times = np.concatenate(([self._last], times))
        days = times // DAY
        changes = (days[1:] != days[:-1]).nonzero()[0]
        if len(changes):
            self._add_changes(days[changes], days[changes + 1], times[changes + 1] - times[changes])
        self._last = times.item(-1)

    def _add_changes(self, before: Integers, after: Integers, steps: Integers) -> None:
        """Add the changes from one date to another, and the steps of the times between them."""
        is_first, rises = not self._days, after - before
        self.ascends &= not any_of(rises < 0)
        self.descends &= not any_of(rises > 0)
        length = np.abs(rises)
        is_next = length == 1
        self._days += len(length)
        self._next_days += int(np.count_nonzero(is_next))
        self._passes += int(np.count_nonzero(is_next & (np.abs(steps) <= _MIDNIGHT_STEP)))
        self._months += int(np.count_nonzero(length >= _MONTH_DAYS))
        if self._months:
            self._next_months += int(np.count_nonzero((length >= _MONTH_DAYS) & (length < _MONTH_DAYS + 5)))
        if self._is_typical and self._months == self._days:
            dates = after.astype("datetime64[D]")
            begins = not is_first or _is_new_year(before.item(0))
            self._is_typical = begins and all_of(dates == dates.astype("datetime64[M]"))


def _is_new_year(day: int) -> bool:
    """Return whether a day, counted from 1970, is a first of January."""
    date = np.datetime64(day, "D")
    return bool(date == date.astype("datetime64[Y]"))
