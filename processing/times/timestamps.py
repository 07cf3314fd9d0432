"""Timestamps: the text of one cell as microseconds since 1970. Whole columns are in `time_columns`."""

import functools
import re
from collections.abc import Mapping
from datetime import date, datetime
from string import ascii_uppercase

from processing.model.channels import BLANKS, MAX_CHARACTERS
from processing.model.stamp import DAY, EPOCH_DAY, HOUR, PLAIN, SECOND, Form, Stamp
from processing.times.months import MONTHS
from processing.times.time_formats import ISO, TimeFormat

FIRST_YEAR, LAST_YEAR = 1970, 2100
NO_YEAR = 1972
"""The year in which a date without one is read, as it has a 29 February."""

END = (date(LAST_YEAR + 1, 1, 1).toordinal() - EPOCH_DAY) * DAY
HALF_SECOND = SECOND // 2 + 2
"""Added when days are rounded to seconds. Reading them as floats loses up to 2 µs."""
_CENTURY_FROM = 69
"""Two-digit years from this one on are in the twentieth century, as for strptime."""


def timestamp(cell: object, time_format: TimeFormat = ISO) -> Stamp | None:
    """Return the timestamp in a cell; None if it has none of this format.

    Seconds, fraction (cut at the microsecond) and offset are optional; the year is 1970 to 2100. A time of
    day alone is on the first of January 1970. 24:00 is the end of its day.
    """
    if not isinstance(cell, str) or len(cell) > MAX_CHARACTERS:
        return None
    text = cell.strip(BLANKS)
    if time_format.pattern is None:
        return _by_strptime(text, time_format.name)
    match = time_format.pattern.fullmatch(text)
    return None if match is None else _stamp(match.groupdict(), time_format)


def form_of(parts: Mapping[str, str | None], time_format: TimeFormat) -> Form:
    """Return the form of the parts that a format's pattern found in a cell."""
    if time_format.unit or time_format.zero:
        return PLAIN
    digits = len(parts.get("f") or "")
    if time_format.digits is not None:
        return Form("T", time_format.digits + digits, "Z")
    zone = _zone(parts.get("z"), time_format)
    return Form(parts.get("sep") or "T", -1 if parts.get("S") is None else digits, zone)


def _stamp(parts: dict[str, str | None], time_format: TimeFormat) -> Stamp | None:
    fraction, form = parts.get("f") or "", form_of(parts, time_format)
    if time_format.unit:
        time = _counted(parts["E"] or "", fraction, time_format)
        if time_format.digits is not None:
            return Stamp(time, form) if 0 <= time < END else None
    if time_format.digits is not None:
        shift = 6 - time_format.digits - len(fraction)
        number = int((parts["E"] or "") + fraction)
        time = (number * 10**shift if shift >= 0 else number // 10**-shift) - time_format.zero
        return Stamp(time, form) if 0 <= time < END else None
    days = _days_of(parts) if time_format.has_date else 0
    if days is None:
        return None
    seconds = int(parts.get("M") or 0) * 60 + int(parts.get("S") or 0)
    clock = _hour(parts) * HOUR + seconds * SECOND
    if part := parts.get("g"):
        clock = (int(part) * DAY // 10 ** len(part) + HALF_SECOND) // SECOND * SECOND
    last = DAY
    if time_format.unit:
        clock = time
    elif fraction:
        clock += int(fraction[:6].ljust(6, "0"))
    if clock >= DAY and time_format.zero:
        last += HOUR * _has_25_hours(days) - 1  # 49 of 48 half hours is none
    elif clock >= DAY:
        form = form._replace(is_end_of_day=True)
    return Stamp(days * DAY + clock - form.offset, form) if 0 <= clock <= last else None


@functools.lru_cache(maxsize=64)
def _has_25_hours(days: int) -> bool:
    """Return whether clocks of some zones go back on this day, counted from 1970."""
    from processing.times.zones import changes_on  # noqa: PLC0415 - few files need it

    changes = changes_on(date.fromordinal(EPOCH_DAY + days).isoformat())
    return any(back > 0 for back, _ in changes.values())


def _counted(whole: str, fraction: str, time_format: TimeFormat) -> int:
    """Return the microseconds from 1970 or midnight that a number counts; steps of seconds are exact."""
    micros = round(int(fraction or 0) * time_format.unit / 10.0 ** len(fraction))
    time = int(whole) * time_format.unit + micros - time_format.zero
    return (time + HALF_SECOND) // SECOND * SECOND if time_format.unit > SECOND else time


def _days_of(parts: dict[str, str | None]) -> int | None:
    year = parts.get("Y") or parts.get("y") or str(NO_YEAR)
    if (day_of_year := parts.get("j")) is not None:
        first = days_since_1970(year, "1", "1")
        days = None if first is None else first + int(day_of_year) - 1
        return days if days is not None and day_of_year != "000" and _year(days) == _year(first) else None
    month = parts.get("m") or MONTHS.get((parts.get("b") or "").rstrip(".").lower())
    return None if month is None else days_since_1970(year, month, parts.get("d") or "1")


def _year(days: int | None) -> int:
    return date.fromordinal(EPOCH_DAY + (days or 0)).year


def _hour(parts: dict[str, str | None]) -> int:
    if (twelve := parts.get("I")) is None:
        return int(parts.get("H") or 0)
    return int(twelve) % 12 + 12 * ((parts.get("p") or "")[:1] in {"P", "p"})


def _zone(text: str | None, time_format: TimeFormat) -> str:
    """Return an offset as written; UTC and GMT as `Z`, abbreviations as their offset."""
    if text is None or text == "Z" or text[0] in "+-":
        return text or ""
    offset = text.lstrip(ascii_uppercase)
    return time_format.offsets.get(text) or re.sub(r"(?<=^.)\d(?!\d)", r"0\g<0>", offset) or "Z"


@functools.lru_cache(maxsize=4096)
def days_since_1970(year: str, month: str, day: str) -> int | None:
    """Return the days from 1970 to a date; None if there is no such date in these years."""
    number = int(year)
    if len(year) == 2:  # noqa: PLR2004 - digits
        number += 1900 if number >= _CENTURY_FROM else 2000
    try:
        found = date(number, int(month), int(day))
    except ValueError:
        return None
    return found.toordinal() - EPOCH_DAY if FIRST_YEAR <= number <= LAST_YEAR else None


@functools.lru_cache(maxsize=4096)
def _by_strptime(text: str, name: str) -> Stamp | None:
    """Return what strptime reads. The results are cached because a call takes long."""
    try:
        found = datetime.strptime(text if text.isascii() else "", name)  # noqa: DTZ007 - naive stays naive
    except ValueError:
        return None
    zone = found.strftime("%z")
    plain = found.replace(tzinfo=None) - datetime(1970, 1, 1)  # noqa: DTZ001
    time = plain.days * DAY + plain.seconds * SECOND + plain.microseconds
    form = Form("T", 6 if found.microsecond else 0, zone[:5])
    return Stamp(time - form.offset, form) if FIRST_YEAR <= found.year <= LAST_YEAR else None
