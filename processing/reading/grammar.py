"""The grammar of a cell: what is a number and what is a timestamp, for dicts and for columns alike."""

from __future__ import annotations

import functools
import math
import numbers
import re
from datetime import date

from processing.model.stamp import EPOCH_DAY, SECOND, Form, Stamp

MOST_CHARACTERS = 64
"""A longer cell is neither a number nor a timestamp."""

FIRST_YEAR, LAST_YEAR = 1970, 2100

_BLANKS = " \t"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)([T ])([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?"
    r"(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?",
    re.ASCII,
)


def number(cell: object) -> float | None:
    """Return the finite number that a cell or a dict's value holds, else None.

    Text is ASCII of at most 64 characters: sign, digits, one point, an exponent; blanks may surround it.
    """
    if isinstance(cell, str):
        text = cell.strip(_BLANKS)
        return _finite(text) if len(cell) <= MOST_CHARACTERS and _NUMBER.fullmatch(text) else None
    if isinstance(cell, bool) or not isinstance(cell, numbers.Real):
        return None
    return _finite(cell)


def _finite(value: str | numbers.Real) -> float | None:
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def timestamp(cell: object) -> Stamp | None:
    """Return the ISO 8601 timestamp that a cell holds, else None.

    Seconds, fraction (cut at the microsecond) and offset are optional; the year is 1970 to 2100.
    """
    if not isinstance(cell, str) or len(cell) > MOST_CHARACTERS:
        return None
    match = _TIME.fullmatch(cell.strip(_BLANKS))
    if match is None:
        return None
    date_text, separator, hour, minute, second, fraction, zone = match.groups()
    days = _days(date_text)
    if days is None:
        return None
    time = (days * 86_400 + int(hour) * 3_600 + int(minute) * 60 + int(second or 0)) * SECOND
    if fraction:
        time += int(fraction[:6].ljust(6, "0"))
    form = _form(separator, -1 if second is None else len(fraction or ""), zone or "")
    return Stamp(time - form.offset, form)


@functools.lru_cache(maxsize=4096)
def _days(text: str) -> int | None:
    """Return the days from 1970 to a date; None where there is no such date in the years that count."""
    year, month, day = map(int, text.split("-"))
    try:
        return date(year, month, day).toordinal() - EPOCH_DAY if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


@functools.lru_cache(maxsize=4096)
def _form(separator: str, precision: int, zone: str) -> Form:
    return Form(separator, precision, zone)
