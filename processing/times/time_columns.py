"""Columns of timestamps: all cells of a block at once, as `timestamps` reads each of them.

Cells that differ only in their digits are read by one template: a matrix product of their digits. A format
with optional parts or names of months needs a few templates.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.model.channels import BLANKS, MAX_CHARACTERS
from processing.model.flags import Floats, Integers, Mask, any_of
from processing.model.stamp import DAY, HOUR, NO_TIME, SECOND, Form
from processing.times.midnights import set_midnights
from processing.times.months import MONTHS
from processing.times.time_formats import END_PART, ISO, TimeFormat
from processing.times.timestamps import END, HALF_SECOND, NO_YEAR, days_since_1970, form_of, timestamp

_NEWLINE = ord("\n")
_MAX_TEMPLATES = 16
"""Cells in further forms are read one by one."""
_MIN_CELLS = 16
"""Fewer cells than this are read one by one, which is faster."""

_A_TO_P = ord("P") - ord("A")

_DATE_UNITS = {"Y": 10_000.0, "y": 10_000.0, "m": 100.0, "d": 1.0}
"""What a part adds to the date, as a number such as 20250115."""
_OF_NO_YEAR = 10_000 * NO_YEAR
_CLOCK_UNITS = {"H": float(HOUR), "I": float(HOUR), "M": 60.0 * SECOND, "S": float(SECOND)}
"""What a part adds to the microseconds since midnight."""
_DIGIT_PARTS = frozenset({"f", "E", *_DATE_UNITS, *_CLOCK_UNITS})
_TO_ZERO = {ord(digit): "0" for digit in "123456789"}
_TO_ONE = {ord(digit): "1" for digit in "023456789"}
_MAX_KEPT = 256
_MAX_ZERO = 50_000 * DAY
"""Days from an earlier time have more microseconds than a float has digits."""
_NONE = np.zeros(0, np.int64)


def timestamps(
    text: bytes, rows: int, forms: dict[Form, int], time_format: TimeFormat = ISO
) -> tuple[Integers, NDArray[np.int32]]:
    """Return the times of a column's cells, each followed by a newline, and the numbers of their forms.

    A cell that `timestamp` does not read has NO_TIME. Forms that `forms` lacks are added to it.
    """
    width = text.find(b"\n")
    is_even = rows > 0 and text[width :: width + 1] == b"\n" * rows
    template = _template_of(text[:width].decode("latin-1"), time_format) if is_even else None
    if template is None:
        times, codes, pending = np.full(rows, NO_TIME), np.zeros(rows, np.int32), np.arange(rows)
    else:
        times, is_other, midnights = template.times(np.frombuffer(text, np.uint8).reshape(rows, width + 1).T)
        is_read = times.item(0) != NO_TIME or any_of(times != NO_TIME)
        codes = np.full(rows, forms.setdefault(template.form, len(forms)) if is_read else 0, np.int32)
        if len(midnights):
            codes[midnights] = _code_of_midnight(template.form, forms)
        pending = is_other.nonzero()[0]
    if len(pending):
        _UnevenColumn(text, is_even, forms, time_format).read(times, codes, pending)
        if any_of(times[pending] == NO_TIME):
            set_midnights(text, times, codes, forms, time_format)
    return times, codes


def _code_of_midnight(form: Form, forms: dict[Form, int]) -> int:
    """Return the number of the form of times that are written as 24:00."""
    return forms.setdefault(form._replace(is_end_of_day=True), len(forms))


class _UnevenColumn:
    """Cells that are written in several ways."""

    def __init__(self, text: bytes, is_even: bool, forms: dict[Form, int], time_format: TimeFormat) -> None:  # noqa: FBT001
        self._text, self._is_even, self._forms, self._format = text, is_even, forms, time_format
        self._octets = np.frombuffer(text, np.uint8)
        ends = (self._octets == _NEWLINE).nonzero()[0]
        self._starts = np.concatenate(([0], ends[:-1] + 1))
        self._widths = ends - self._starts

    def read(self, times: Integers, codes: NDArray[np.int32], pending: Integers) -> None:
        """Set the times of the pending rows and the numbers of their forms."""
        for _ in range(_MAX_TEMPLATES):
            if len(pending) < _MIN_CELLS:
                break
            pending, template = self._next_template(times, codes, pending)
            if template is None:
                return
            alike = pending if self._is_even else pending[self._widths[pending] == template.width]
            found, is_other, midnights = template.times(self._matrix(alike, template.width))
            times[alike] = found
            if len(is_read := alike[found != NO_TIME]):
                codes[is_read] = self._forms.setdefault(template.form, len(self._forms))
            if len(midnights):
                codes[alike[midnights]] = _code_of_midnight(template.form, self._forms)
            pending = np.setdiff1d(pending[1:], alike[~is_other], assume_unique=True)
        for row in pending.tolist():
            self._read_alone(times, codes, row)

    def _next_template(
        self, times: Integers, codes: NDArray[np.int32], pending: Integers
    ) -> tuple[Integers, _Template | None]:
        """Return the first template that a cell has and the rows from there on; read the cells before."""
        for at, row in enumerate(pending.tolist()):
            template = _template_of(self._cell(row), self._format)
            if template is not None:
                return pending[at:], template
            self._read_alone(times, codes, row)
        return pending[:0], None

    def _read_alone(self, times: Integers, codes: NDArray[np.int32], row: int) -> None:
        stamp = timestamp(self._cell(row), self._format)
        if stamp is not None:
            times[row] = stamp.time
            codes[row] = self._forms.setdefault(stamp.form, len(self._forms))

    def _cell(self, row: int) -> str:
        start = self._starts.item(row)
        cell = self._text[start : start + min(self._widths.item(row), 4 * MAX_CHARACTERS + 1)]
        return cell.decode("utf-8", "replace")

    def _matrix(self, rows: Integers, width: int) -> NDArray[np.uint8]:
        """Return the characters of cells of one width and their newlines: a row for each position."""
        if self._is_even:
            return self._octets.reshape(-1, width + 1)[rows].T
        return self._octets[np.arange(width + 1)[:, np.newaxis] + self._starts[rows]]


class _Template(NamedTuple):
    """How the characters of a timestamp make its time: arrays with a row for each, and for the newline."""

    width: int
    zeros: NDArray[np.uint8]
    """The characters of a timestamp with zeros for all digits."""
    highest: NDArray[np.uint8]
    """The highest digit that is allowed at a position; 0 if the character never changes."""
    worth: Floats
    """What a digit adds to the date as a number such as 20250115, and to the microseconds since midnight."""
    month: int
    """What the name of a month adds to the date, 1 if it has no day: the first of the month, and its year."""
    noon_at: int | None
    """The position of the A of AM or P of PM; None for a clock of 24 hours."""
    form: Form
    dated: bool
    short_year: bool
    end: int
    """The first time of day that is too large."""
    zero: int
    """Microseconds from the day since which numbers count to 1970; 0: they are no days."""

    def times(self, characters: NDArray[np.uint8]) -> tuple[Integers, Mask, Integers]:
        """Return the times of cells of this width, which cells do not have this form, and which are 24:00.

        Cells of another form, and those that hold no time, have NO_TIME.
        """
        digits = np.subtract(characters, self.zeros, order="C")
        date, clock = self.worth @ digits.astype(np.float64)
        is_other = np.logical_or.reduce(digits > self.highest, axis=0)
        bad = clock >= self.end
        if self.noon_at is not None:
            half = digits[self.noon_at]
            is_other |= (half != 0) & (half != _A_TO_P)
            bad = clock >= 13 * HOUR
            clock = clock % (12 * HOUR) + (half == _A_TO_P) * (12.0 * HOUR)
        bad |= is_other
        midnights = _NONE
        if is_bad := any_of(bad):
            midnights = (bad & ~is_other & (clock == DAY)).nonzero()[0]
            bad[midnights] = False
            clock[bad] = date[bad] = 0
        if self.zero:
            return _of_serials(clock, self.zero, is_other), is_other, midnights
        micros: Integers = clock.astype(np.int64)
        micros -= self.form.offset
        if self.dated:
            date += self.month
            return _from_midnight(date, micros, short_year=self.short_year), is_other, midnights
        if is_bad:
            micros[bad] = NO_TIME
        return micros, is_other, midnights


def _of_serials(clock: Floats, zero: int, is_other: Mask) -> Integers:
    """Return the times of days since a time before 1970, in microseconds."""
    found: Integers = np.rint(clock).astype(np.int64) + (HALF_SECOND - zero)
    found -= found % SECOND
    found[is_other | (found < 0) | (found >= END)] = NO_TIME
    return found


def _from_midnight(date: Floats, micros: Integers, *, short_year: bool) -> Integers:
    """Return the times at these microseconds after midnight of the dates, each a number such as 20250115."""
    starts = np.concatenate(([0], (date[1:] != date[:-1]).nonzero()[0] + 1))
    midnights = [_midnight(int(number), short_year) for number in date[starts].tolist()]
    midnight = np.repeat(midnights, np.concatenate((starts[1:], [len(date)])) - starts)
    time: Integers = midnight + micros
    if NO_TIME in midnights:
        time[midnight == NO_TIME] = NO_TIME
    return time


@functools.lru_cache(maxsize=4096)  # rows out of order change their date at every step
def _midnight(number: int, short_year: bool) -> int:  # noqa: FBT001 - a key of the cache
    year = f"{number // 10_000:02}" if short_year else f"{number // 10_000:04}"
    days = days_since_1970(year, str(number // 100 % 100), str(number % 100))
    return NO_TIME if days is None else days * DAY


def _template_of(cell: str, time_format: TimeFormat) -> _Template | None:
    """Return the template of cells written like this one; None if the format does not read such cells."""
    if time_format.pattern is None or not cell.isascii() or len(cell) > MAX_CHARACTERS:
        return None
    start = len(cell) - len(cell.lstrip(BLANKS))
    end = len(cell.rstrip(BLANKS))
    match = time_format.pattern.fullmatch(cell, start, end)
    if match is None:  # there is no such date: try the cell with other digits, since others have its form
        match = time_format.pattern.fullmatch(cell.translate(_TO_ONE), start, end)
    if match is None:
        return None
    zone = match["z"] if "z" in match.re.groupindex else None
    key = (time_format.name, match.string.translate(_TO_ZERO), zone)
    if key not in _templates:
        if len(_templates) >= _MAX_KEPT:
            _templates.clear()
        _templates[key] = _template(match, time_format)
    return _templates[key]


_templates: dict[tuple[str, str, str | None], _Template | None] = {}
"""By format, cell with zeros for digits, and zone: the timestamps of many loggers have few forms."""


def _is_digits(name: str) -> bool:
    """Return whether a part of a pattern is digits; in the end of an interval, any digits are allowed."""
    return name in _DIGIT_PARTS or name.startswith(END_PART)


def _zeros(match: re.Match[str], parts: Iterable[str]) -> str:
    """Return a cell whose digits are all zero, and whose clock is before noon."""
    text = match.string
    for name in parts:
        first, last = match.span(name)
        if _is_digits(name):
            text = f"{text[:first]}{'0' * (last - first)}{text[last:]}"
        elif name == "p":
            text = text[:first] + ("A" if text[first].isupper() else "a") + text[first + 1 :]
    return text


def _template(match: re.Match[str], time_format: TimeFormat) -> _Template | None:
    """Return the template of the cells of this form; None if a part has no positions of its own."""
    parts = {name: part for name, part in match.groupdict().items() if part is not None}
    month = MONTHS.get(parts.get("b", "jan").rstrip(".").lower())
    is_exact = not (time_format.unit or time_format.zero) or 0 < time_format.zero < _MAX_ZERO
    is_plain = not {"g", "j", "n"} & parts.keys() and (time_format.is_serial or not time_format.unit)
    if {"H", "p"} <= parts.keys() or month is None or not (is_exact and is_plain):
        return None
    zeros, since_1970 = _zeros(match, parts), time_format.digits
    highest, worth = np.zeros((len(zeros) + 1, 1), np.uint8), np.zeros((2, len(zeros) + 1))
    whole = float(DAY) if time_format.is_serial else 10.0 ** (6 - (since_1970 or 0))
    units = _CLOCK_UNITS if since_1970 is None else {"E": whole}
    noon_at = match.start("p") if "p" in parts else None
    if noon_at is not None:
        highest[noon_at] = _A_TO_P
    for name in filter(_is_digits, parts):
        first, last = match.span(name)
        highest[first:last] = 9
        if name in {"M", "S"} and last - first == 2:  # noqa: PLR2004 - digits
            highest[first] = 5
        unit = units.get(name, 0.0) if name != "f" else whole / 10.0 ** (last - first)
        for position in range(first, last):
            power = 10.0 ** (last - 1 - position)
            worth[0, position] = _DATE_UNITS.get(name, 0) * power
            micros = unit * power
            worth[1, position] = micros if micros >= 1 or time_format.is_serial else 0  # cut off
    return _Template(
        len(zeros),
        np.frombuffer(f"{zeros}\n".encode(), np.uint8)[:, np.newaxis],
        highest,
        worth,
        100 * int(month) * ("b" in parts) + ("d" not in parts) + _OF_NO_YEAR * (not time_format.has_year),
        noon_at,
        form_of(parts, time_format),
        time_format.has_date and since_1970 is None,
        "y" in parts,
        DAY if since_1970 is None else END + time_format.zero,
        time_format.zero,
    )
