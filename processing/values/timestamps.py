"""Timestamps: ISO 8601 text as microseconds since 1970, single cells and whole columns."""

import functools
import io
import re
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.model.flags import Floats, Integers
from processing.model.stamp import EPOCH_DAY, NO_TIME, PLAIN, SECOND, Form, Stamp
from processing.values.numbers import BLANKS, MAX_CHARACTERS

FIRST_YEAR, LAST_YEAR = 1970, 2100

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)([T ])([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?"
    r"(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?",
    re.ASCII,
)
_DAY = 86_400 * SECOND
_DATE_DIGITS = {0: 1e7, 1: 1e6, 2: 1e5, 3: 1e4, 5: 1e3, 6: 1e2, 8: 10.0, 9: 1.0}
"""What a digit at each place adds to the date as a number such as 20250115."""
_CLOCK_DIGITS = {
    11: 36e9, 12: 36e8, 14: 6e8, 15: 6e7, 17: 1e7, 18: 1e6,
    20: 1e5, 21: 1e4, 22: 1e3, 23: 1e2, 24: 1e1, 25: 1.0,
}  # fmt: skip
"""Microseconds that a digit at each place stands for; further digits of a fraction are cut off."""
_TENS_OF_SIXTY = (14, 17)


def timestamp(cell: object) -> Stamp | None:
    """Return the ISO 8601 timestamp in a cell, None if there is none.

    Seconds, fraction (cut at the microsecond) and offset are optional; the year is 1970 to 2100.
    """
    if not isinstance(cell, str) or len(cell) > MAX_CHARACTERS:
        return None
    match = _TIME.fullmatch(cell.strip(BLANKS))
    if match is None:
        return None
    date_text, separator, hour, minute, second, fraction, zone = match.groups()
    days = _days(date_text)
    if days is None:
        return None
    time = (days * 86_400 + int(hour) * 3_600 + int(minute) * 60 + int(second or 0)) * SECOND
    if fraction:
        time += int(fraction[:6].ljust(6, "0"))
    form = Form(separator, -1 if second is None else len(fraction or ""), zone or "")
    return Stamp(time - form.offset, form)


def timestamps(text: bytes, rows: int) -> tuple[Integers, Form]:
    """Return the times of a column's cells, each followed by a newline, and their form.

    The first cell that can be read gives the form. NO_TIME stands for each cell that is not written like it.
    """
    for line in io.BytesIO(text):
        first = line[:-1].decode("latin-1")
        stamp = timestamp(first)
        if stamp is not None and first == first.strip(BLANKS):
            break
    else:
        return np.full(rows, NO_TIME), PLAIN
    width = len(first)
    if text[width :: width + 1] != b"\n" * rows:
        cells, other = text.split(b"\n")[:-1], b" " * width
        text = b"\n".join((*(cell if len(cell) == width else other for cell in cells), b""))
    body, zone = first[: width - len(stamp.form.zone)], stamp.form.zone
    ruler = _ruler(re.sub(r"\d", "0", body) + zone, len(body))
    digits = np.subtract(np.frombuffer(text, np.uint8).reshape(rows, -1).T, ruler.zeros, order="C")
    date, clock = ruler.worth @ digits.astype(np.float64)
    date[~(digits <= ruler.highest).all(axis=0) | (clock >= _DAY)] = 0
    return _from_midnight(date, clock.astype(np.int64) - stamp.form.offset), stamp.form


def _from_midnight(date: Floats, micros: Integers) -> Integers:
    """Return the times so many microseconds after these dates, each a number such as 20250115."""
    starts = np.concatenate(([0], (date[1:] != date[:-1]).nonzero()[0] + 1))
    midnights = [_midnight(int(number)) for number in date[starts].tolist()]
    midnight = np.repeat(midnights, np.concatenate((starts[1:], [len(date)])) - starts)
    time: Integers = midnight + micros
    if NO_TIME in midnights:
        time[midnight == NO_TIME] = NO_TIME
    return time


@functools.lru_cache(maxsize=4096)  # rows out of order change their date at every step
def _midnight(date_number: int) -> int:
    days = _days(f"{date_number // 10_000:04}-{date_number // 100 % 100:02}-{date_number % 100:02}")
    return NO_TIME if days is None else days * _DAY


class _Ruler(NamedTuple):
    """How the characters of a timestamp make its time; a row for each of them and one for the newline."""

    zeros: NDArray[np.uint8]
    """The characters of a timestamp whose digits are all zero."""
    highest: NDArray[np.uint8]
    """The highest digit that is allowed at a place; 0 if the character is always the same."""
    worth: Floats
    """What a digit adds to the date as a number such as 20250115, and to the microseconds since midnight."""


@functools.lru_cache(maxsize=128)  # the timestamps of a fleet are written in few forms
def _ruler(zeros: str, zone_at: int) -> _Ruler:
    """Return the ruler of timestamps that look like this, up to their zone."""
    highest, worth = np.zeros((len(zeros) + 1, 1), np.uint8), np.zeros((2, len(zeros) + 1))
    for place in range(zone_at):
        if zeros[place] == "0":
            highest[place] = 5 if place in _TENS_OF_SIXTY else 9
        worth[:, place] = _DATE_DIGITS.get(place, 0), _CLOCK_DIGITS.get(place, 0)
    return _Ruler(np.frombuffer(f"{zeros}\n".encode(), np.uint8)[:, np.newaxis], highest, worth)


@functools.lru_cache(maxsize=4096)
def _days(text: str) -> int | None:
    """Return the days from 1970 to a date; None if there is no such date in these years."""
    year, month, day = map(int, text.split("-"))
    try:
        return date(year, month, day).toordinal() - EPOCH_DAY if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None
