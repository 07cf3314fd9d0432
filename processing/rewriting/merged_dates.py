"""Fills in a date that stands only in the first row of its day, as below merged cells."""

import re
from collections.abc import Callable

from processing.times.time_shapes import kind_of_time

_FIRST_OF_DAY = re.compile(rb'(?m)^"?(\d[^,;\t\n"]*)"?([,;\t])"?\d\d?:\d\d.*\n(?:\2"?\d\d?:\d\d.*\n){2}')
"""A row with a date and a time of day, and two rows below it that have only the time of day."""


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
    found = _FIRST_OF_DAY.search(first) if re.search(rb"\n[,;\t]", rows) is not None else None
    is_dated = found is not None and kind_of_time(found[1].decode("latin-1")) == "date"
    return [_DatesFilled(found[2])] if found is not None and is_dated else []
