"""Completes times that a row has only in part, or as a number.

A date may stand only in the first row of its day, as below merged cells; a British file may number the half
hours of a day.
"""

import functools
import re
from collections.abc import Callable

from processing.times.time_shapes import kind_of_time

_FIRST_OF_DAY = re.compile(rb'(?m)^"?(\d[^,;\t\n"]*)"?([,;\t])"?\d\d?:\d\d.*\n(?:\2"?\d\d?:\d\d.*\n){2}')
"""A row with a date and a time of day, and two rows below it that have only the time of day."""

_WITHOUT_DATE = re.compile(rb"\n[,;\t]")
_PERIOD = re.compile(rb"(?i)[\"']?settlement[ _]?period[\"']?")
_CELL = rb"(?:\"[^\"\n]*\"|[^,\n\"]*)"
_NAMES_WITHIN = 5
"""The most lines down to the names, if a column has the numbers of periods."""
_MINUTES_OF_PERIOD, _PERIODS = 30, 48


class _DatesFilled:
    """Puts the date of the last row with one before rows without; a file begins with such a row."""

    def __init__(self, delimiter: bytes) -> None:
        self._date = b""
        self._begin = re.compile(rb'(?m)^(?:("?\d[^%b\n]*)|)(?=%b"?\d\d?:\d\d)' % (delimiter, delimiter))

    def __call__(self, block: bytes) -> bytes:
        """Return the next block of lines; those of a file come in their order."""
        return self._begin.sub(self._with_date, block)

    def _with_date(self, begin: re.Match[bytes]) -> bytes:
        self._date = begin[1] or self._date
        return self._date


def dates_filled(first: bytes, rows: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how dates are filled in if a file with these first lines and rows has them once a day."""
    found = _FIRST_OF_DAY.search(first) if _WITHOUT_DATE.search(rows) is not None else None
    is_dated = found is not None and kind_of_time(found[1].decode("latin-1")) == "date"
    return [_DatesFilled(found[2])] if found is not None and is_dated else []


def steps_of_periods(head: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how the numbers of half hours of a British file, 1 to 48, become times of day.

    The two periods that a day in autumn has beyond these stay numbers.
    """
    lines = head.split(b"\n", _NAMES_WITHIN)[:_NAMES_WITHIN]
    names = [line.strip().split(b",") for line in lines if b"eriod" in line or b"ERIOD" in line]
    places = (at for each in names for at, name in enumerate(each) if _PERIOD.fullmatch(name))
    if (place := next(places, None)) is None:
        return []
    cells = re.compile(rb"(?m)^((?:%b,){%d}\"?)(\d{1,2})(?=\"?(?:,|\r?$))" % (_CELL, place))
    return [functools.partial(cells.sub, _as_clock)]


def _as_clock(found: re.Match[bytes]) -> bytes:
    """Return the beginning of a line with the time at which its period begins."""
    period = int(found[2])
    if not 0 < period <= _PERIODS:
        return found[0]
    return b"%b%02d:%02d" % (found[1], *divmod((period - 1) * _MINUTES_OF_PERIOD, 60))
