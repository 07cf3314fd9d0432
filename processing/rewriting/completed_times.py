"""Completes times that a row has only in part, or as a number.

A date may stand only in the first row of its day, as below merged cells; a British file may number the half
hours of a day; and a spreadsheet may count the days in one cell, and have the time of day in the next one.
"""

import functools
import re
from collections.abc import Callable
from datetime import date

from processing.head.advice import without_year
from processing.model.stamp import DAY_S
from processing.naming.synonyms import DATE_NAMES, TIME_NAMES, normal
from processing.rewriting.elapsed_times import steps_of_elapsed
from processing.rewriting.replacements import Step
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


def dates_filled(first: bytes, rows: bytes) -> list[Step]:
    """Return how dates are filled in if a file with these first lines and rows has them once a day."""
    found = _FIRST_OF_DAY.search(first) if _WITHOUT_DATE.search(rows) is not None else None
    is_dated = found is not None and kind_of_time(found[1].decode("latin-1")) == "date"
    return [_DatesFilled(found[2])] if found is not None and is_dated else []


def steps_of_periods(head: bytes) -> list[Step]:
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
    return [] if is_dated else steps_of_serials(first) or steps_of_elapsed(first)


_SERIAL_ZERO = date(1899, 12, 30).toordinal()
_DAYS_AND_CLOCK = (
    rb'(?m)^("?)([34]\d{4}|5[0-4]\d{3})(?:[%b]0+)?("?%b"?)'
    rb'(?:(\d\d?:\d\d[^"\n%b]*)|([01](?:[%b]\d+)?|\d(?:[%b]\d+)?[eE]-\d\d?))(?="?(?:%b|\r?$))'
)
"""The days that a spreadsheet counts in the first cell, and a time or a part of the day in the second one."""


def steps_of_serials(first: bytes) -> list[Step]:
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
