"""Timestamps: their time, and the form in which they are written."""

import functools
from datetime import date, datetime
from typing import Final, NamedTuple

EPOCH_DAY = date(1970, 1, 1).toordinal()
SECOND = 1_000_000
"""One second in microseconds, the unit of all times."""
HOUR_S, DAY_S = 3_600, 86_400
"""An hour and a day in seconds."""
HOUR, DAY = HOUR_S * SECOND, DAY_S * SECOND
FIRST_PLAUSIBLE = 10_957 * DAY
"""2000-01-01: an earlier timestamp comes from a clock that was never set."""

NO_TIME: Final = -(2**63)
"""The time of a row whose timestamp does not parse."""


class Form(NamedTuple):
    """The form of a timestamp, so that output can have the same form."""

    separator: str = "T"
    precision: int = 0
    """-1 for minutes, 0 for seconds, else the number of digits of the fraction."""
    zone: str = ""
    """`Z`, an offset as written, or empty for a naive stamp."""
    known_offset: int | None = None
    """The offset in microseconds of a naive stamp whose time zone is known; it is not written."""
    is_end_of_day: bool = False
    """Written as 24:00, for 00:00 of the next day."""

    @property
    def is_utc(self) -> bool:
        """Return whether the time of a stamp of this form is in UTC; else it is as written."""
        return bool(self.zone) or self.known_offset is not None

    @property
    def offset(self) -> int:
        """Return the offset from UTC in microseconds; 0 for a naive stamp of an unknown zone."""
        if not self.zone or self.zone == "Z":
            return self.known_offset or 0
        digits = self.zone[1:].replace(":", "").ljust(4, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        return (-minutes if self.zone[0] == "-" else minutes) * 60 * SECOND


PLAIN = Form()


class Stamp(NamedTuple):
    """A timestamp: microseconds since 1970 (in UTC if its offset is known, else as written) and its form."""

    time: int
    form: Form


def utc_text(moment: datetime) -> str:
    """Return a moment in UTC as records, summaries and the lock write it, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def written(time: int, form: Form) -> str:
    """Return a time, in microseconds as in `Stamp`, as text of this form."""
    days, rest = divmod(time + form.offset, DAY)
    return _date(days) + _clock(rest, form)


@functools.lru_cache(maxsize=4096)
def _date(days: int) -> str:
    return date.fromordinal(EPOCH_DAY + days).isoformat()


@functools.lru_cache(maxsize=4096)  # most are full hours: those of the hourly figures
def _clock(micros: int, form: Form) -> str:
    seconds, fraction = divmod(micros, SECOND)
    text = f"{form.separator}{seconds // HOUR_S:02}:{seconds // 60 % 60:02}"
    if form.precision >= 0:
        text += f":{seconds % 60:02}"
    if form.precision > 0:
        text += f".{f'{fraction:06}'.ljust(form.precision, '0')[: form.precision]}"
    return text + form.zone
