"""Completes times that a row has only in part, or as a number.

A date may stand only in the first row of its day, as below merged cells; and a spreadsheet may count the days
in one cell, and have the time of day in the next one.
"""

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from processing.head.advice import rejected, without_year
from processing.head.cell_kinds import holds_date
from processing.model.rejection import Choice
from processing.model.stamp import DAY_S
from processing.naming.synonyms import DATE_NAMES, TIME_NAMES, normal
from processing.rewriting.elapsed_times import steps_of_elapsed
from processing.rewriting.replacements import Step
from processing.times.time_shapes import kind_of_time
from processing.times.zones import changes_on

_FIRST_OF_DAY = re.compile(rb'(?m)^"?(\d[^,;\t\n"]*)"?([,;\t])"?\d\d?:\d\d.*\n(?:\2"?\d\d?:\d\d.*\n){2}')
"""A row with a date and a time of day, and two rows below it that have only the time of day."""

_WITHOUT_DATE = re.compile(rb"\n[,;\t]")


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


def dates_filled(first: bytes, rows: bytes) -> list[Step]:
    """Return how dates are filled in if a file with these first lines and rows has them once a day."""
    found = _FIRST_OF_DAY.search(first) if _WITHOUT_DATE.search(rows) is not None else None
    is_dated = found is not None and kind_of_time(found[1].decode("latin-1")) == "date"
    return [_DatesFilled(found[2])] if found is not None and is_dated else []


_FULL_TIME = re.compile(rb'"?\d[-\d./]{7,9}[T ]\d\d:\d\d(?!(?<=00)"?[,;\t\r\n])')
"""A date with a time of day that may be no full hour."""
_HOUR_OF_LETTERS = re.compile(rb'(?<=\d)("?[,;\t ]"?)(?:HE?|Hour|Hora|Hr)[ .]?(?=\d\d?"?[,;\t])')
_MONTH_OF_YEAR = re.compile(rb'(?m)^("?)(0?[1-9]|1[0-2])\.((?:19|20)\d\d)(?="?[;\t,])')
_YEAR_NAME, _WEEK_NAME = (
    "year|jahr|année|annee|año|anno|jaar",
    "week|kw|woche|kalenderwoche|semaine|semana|settimana",
)
_YEAR_AND_WEEK = re.compile(rf'(?mi)^("?)(?:{_YEAR_NAME})("?[,;\t]"?)({_WEEK_NAME})(?="?[,;\t])'.encode())
_WEEK_ALONE = re.compile(
    rf'(?mi)^("?)(?:{_WEEK_NAME})(?="?[,;\t])(?![^\n]*(?:{_YEAR_NAME}|dat|time|zeit|hour|stunde|heure|day|tag|month|monat))'.encode()
)
_WEEK_ROW = re.compile(rf'(?mi)^("?)(?:(?:{_WEEK_NAME}|w) ?)?(\d\d?)(?="?[,;\t])'.encode())
_WEEK_OF_YEAR = re.compile(rb'(?m)^("?)((?:19|20)\d\d)("?[,;\t]"?)(\d\d?)(?="?[,;\t])')


def rows_with_parts(rows: bytes) -> bytes:
    """Return rows whose times may have parts that are completed; none if they begin with full times."""
    return b"" if _FULL_TIME.match(rows, rows.rfind(b"\n", 0, -1) + 1) is not None else rows


def steps_of_parts(first: bytes, rows: bytes, year_of: Callable[[], int | None]) -> list[Step]:
    """Return how parts of times become what is usual: hours with letters, months with a point, weeks.

    `year_of` returns the year that a profile or the file's name has. Raises RejectedFileError if weeks have
    none.
    """
    if not rows:
        return []
    last, least = rows.rfind(b"\n", 0, -1) + 1, 0.9 * rows.count(b"\n")
    if _YEAR_AND_WEEK.match(first) is not None:
        return [functools.partial(_YEAR_AND_WEEK.sub, rb"\1Date\2\3"), _with_mondays]
    if _WEEK_ALONE.match(first) is not None and _WEEK_ROW.match(rows, last) is not None:
        return _steps_of_weeks(first, year_of)
    if _MONTH_OF_YEAR.match(rows, last) is not None and len(_MONTH_OF_YEAR.findall(rows)) >= least:
        return [functools.partial(_MONTH_OF_YEAR.sub, _as_month)]
    if rows.find(b"H", last) >= 0 and len(_HOUR_OF_LETTERS.findall(rows)) >= least:
        return [functools.partial(_HOUR_OF_LETTERS.sub, rb"\1")]
    return steps_of_numbered(first)


def _steps_of_weeks(first: bytes, year_of: Callable[[], int | None]) -> list[Step]:
    """Return how the weeks of one year become their Mondays; nothing if they are in no order."""
    weeks = [int(found[2]) for found in _WEEK_ROW.finditer(first)]
    if weeks not in (sorted({*weeks}), sorted({*weeks}, reverse=True)):
        return []
    if (year := year_of()) is None:
        raise without_year("and the name of the file has none for its weeks", 1)
    rows = functools.partial(_WEEK_ROW.sub, functools.partial(_monday, year))
    return [functools.partial(_WEEK_ALONE.sub, rb"\1Date"), rows]


def _monday(year: int, found: re.Match[bytes]) -> bytes:
    """Return the first day of a week of this year."""
    return b"%b%d-W%02d-1" % (found[1], year, int(found[2]))


def _as_month(found: re.Match[bytes]) -> bytes:
    """Return the year and the month at the beginning of a row, as in ISO 8601."""
    return b"%b%b-%02d" % (found[1], found[3], int(found[2]))


def _with_mondays(block: bytes) -> bytes:
    """Return a block with the first day of each week in place of its year."""
    return _WEEK_OF_YEAR.sub(
        lambda found: b"%b%b-W%02d-1%b%b" % (found[1], found[2], int(found[4]), found[3], found[4]), block
    )


_DATED = re.compile(rb"(?:19|20)\d\d[-/.]\d\d?[-/.]|[-/.]\d\d?[-/.](?:19|20)\d\d|(?<![\d.])1\d{9}(?!\d)")
"""A date, or seconds since 1970."""


def steps_of_numbered(first: bytes) -> list[Step]:
    """Return how days, parts of days and elapsed times become times, if the rows have no date."""
    is_dated = _DATED.search(first, first.rfind(b"\n", 0, -1) + 1) is not None
    return [] if is_dated else _steps_of_serials(first) or steps_of_elapsed(first)


_SERIAL_ZERO = date(1899, 12, 30).toordinal()
_DAYS_AND_CLOCK = (
    rb'(?m)^("?)([34]\d{4}|5[0-4]\d{3})(?:[%b]0+)?("?%b"?)'
    rb'(?:(\d\d?:\d\d[^"\n%b]*)|([01](?:[%b]\d+)?|\d(?:[%b]\d+)?[eE]-\d\d?))(?="?(?:%b|\r?$))'
)
"""The days that a spreadsheet counts in the first cell, and a time or a part of the day in the second one."""


def _steps_of_serials(first: bytes) -> list[Step]:
    """Return how days that a spreadsheet counts become dates, and the parts of a day beside them its times.

    All rows must have them, and the first name must be that of a date.
    """
    for delimiter in (b";", b"\t", b","):
        signs = b"." if delimiter == b"," else b".,"
        rows = re.compile(_DAYS_AND_CLOCK % (signs, delimiter, delimiter, signs, signs, delimiter))
        if (found := rows.search(first)) is None:
            continue
        names = first[: found.start()].rstrip().rpartition(b"\n")[2].decode("utf-8", "replace")
        is_date = normal(names.split(delimiter.decode())[0].strip('"\ufeff ')) in DATE_NAMES | TIME_NAMES
        if is_date and len(rows.findall(first)) == first[found.start() :].count(b"\n"):
            return [functools.partial(rows.sub, _with_date)]
    return []


def _with_date(found: re.Match[bytes]) -> bytes:
    """Return the beginning of a row with a date and a time of day."""
    day = date.fromordinal(_SERIAL_ZERO + int(found[2])).isoformat()
    clock = found[4]
    if clock is None:
        minutes, seconds = divmod(round(float(found[5].replace(b",", b".")) * DAY_S), 60)
        clock = b"%02d:%02d:%02d" % (*divmod(minutes, 60), seconds)
    return found[1] + day.encode() + found[3] + clock


_HOUR_OF_DATE = re.compile(
    rb'(?<!\d)(\d{1,4}[-/.]\d\d?[-/.]\d{1,4}|(?:19|20)\d\d(?:\d{4}|([,;\t])\d\d?\2\d\d?))("?[,;\t ]"?)(\d\d?)'
    rb'(?=(?::00){0,2}"?[,;\t\r\n])'
)
"""A date, which may be in three cells, and the number of an hour beside it."""
_HOURS, _MANY_HOURS = 24, 20
"""The hours of a day, and how many of them show that numbers beside a date are hours."""
_MANY_BYTES = 1 << 15
"""After a longer block, the file may go on."""


def steps_of_counted_hours(rows: bytes, zone: str) -> list[Step]:
    """Return how hours that count to 25 on a day in autumn, and to 23 in spring, become those of a clock.

    `rows` are some of the first rows; `zone` is the time zone of the clock, empty if it is not known.
    """
    last = rows.rfind(b"\n", 0, -1) + 1
    if not rows or _HOUR_OF_DATE.search(rows, last) is None:
        return []
    has_hours = len(_HOUR_OF_DATE.findall(rows)) >= rows.count(b"\n")
    return [_HoursOfClock(zone)] if has_hours else []


class _HoursOfClock:
    """Writes the hours of a clock on days that count 25 or 23 hours; other numbers beside dates stay.

    The hours that have passed, from 0 or to 24, become those that the clock shows then: one comes twice, or
    is left out. The blocks of a file come in their order.
    """

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._last: tuple[bytes, Counter[int]] = b"", Counter()
        """The last day so far, and how often it has each number: it may go on in the next block."""

    def __call__(self, block: bytes) -> bytes:
        """Return a block rewritten.

        Raises RejectedFileError if the time zone is not known: it says after which hour clocks change.
        """
        days = dict([self._last]) if self._last[1] else {}
        last = self._last[0]
        for found in _HOUR_OF_DATE.finditer(block):
            last = found[1]
            days.setdefault(last, Counter())[int(found[4])] += 1
        self._last = last, days.get(last, Counter())
        counted = self._counted(days, self._last[0] if self._zone and len(block) > _MANY_BYTES else b"")
        changes = {day: change for day, back in counted if (change := self._change(day, back))}

        def shown(found: re.Match[bytes]) -> bytes:
            day, _, between, hour = found.groups()
            back, first = changes.get(day, (0, 0))
            if not back or int(hour) < first + (back > 0):
                return found[0]
            width = b"%d" if len(hour) > 1 else b"%02d"  # an hour that comes twice is no copy
            return day + between + width % (int(hour) - back)

        return _HOUR_OF_DATE.sub(shown, block) if changes else block

    def _change(self, day: bytes, back: int) -> tuple[int, int] | None:
        """Return by how many hours clocks go back on a day, and the first hour that they change.

        `back` is how many hours more the day has; 0 if it may go on in the next block.
        """
        date = re.sub("[,;\t]", "-", day.decode())
        if not self._zone:
            check_zone([date], back)
            return None
        change = changes_on(date, [self._zone]).get(self._zone)
        return change if change is not None and back in (change[0], 0) else None

    def _counted(self, days: dict[bytes, Counter[int]], cut: bytes) -> Iterator[tuple[bytes, int]]:
        """Yield the days that count more or fewer hours than 24, and how many more; 0 for a day that is cut.

        A clock that goes back has a number more often than others.
        """
        if any(max(each) > _HOURS + 1 for each in days.values()):
            return  # other numbers, such as those of half hours
        firsts = {min(each) for each in days.values() if max(each) - min(each) + 1 == len(each) == _HOURS}
        for day, each in days.items():
            first, count = min(each), len(each)
            more = max(each) - first + 1 - _HOURS
            is_first = firsts == {first} or (len(days) == 1 and first <= 1 and (self._zone or more > 0))
            if max(each) == _HOURS + 1 and count >= _MANY_HOURS:
                yield day, 1
            elif not is_first or count != _HOURS + more:
                continue  # the first number may be lacking, or others
            elif abs(more) == 1:
                yield day, more
            elif more < 0 and day == cut and max(each.values()) == each[first]:
                yield day, 0


def check_zone(kept: Sequence[str], back: int) -> None:
    """Raise RejectedFileError if clocks of some zones go back by so many hours on the day of these cells."""
    zones = [
        zone
        for cell in kept
        if holds_date(cell)
        for zone, (hours, _) in changes_on(cell).items()
        if hours == back
    ]
    if zones:
        choices = [Choice(zone, {"csv": {"timezone": zone}}) for zone in zones]
        what = "an hour more, in autumn" if back > 0 else "an hour less, in spring"
        message = f"{' '.join(kept)} has {what}: in which time zone?"
        raise rejected("ambiguous_time", message, None, "timestamp", choices=choices)
