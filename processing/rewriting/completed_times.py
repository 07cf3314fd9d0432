"""Completes times that a row has only in part, or as a number.

A date may stand only in the first row of its day, as below merged cells; a British file may number the half
hours of a day; a spreadsheet may count the days in one cell, and have the time of day in the next one; and
times may have passed since a start that a line above the names states.
"""

import functools
import re
from collections.abc import Callable, Sequence
from datetime import date
from itertools import takewhile
from typing import NamedTuple

from processing.head.lines import Line, cut
from processing.model.stamp import DAY_S, SECOND, Stamp, written
from processing.naming.synonyms import DATE_NAMES, TIME_NAMES, normal
from processing.times.time_formats import time_format
from processing.times.time_shapes import is_unusual, kind_of_time, names_of_formats
from processing.times.timestamps import timestamp

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


_FULL_TIME = re.compile(rb'"?\d[-\d./]{7,9}[T ]\d\d:\d\d(?!(?<=00)"?[,;\t\r\n])')
"""A date with a time of day that may be no full hour."""
_HOUR_OF_LETTERS = re.compile(rb'(?<=\d)("?[,;\t ]"?)(?:HE?|Hour|Hora|Hr)[ .]?(?=\d\d?"?[,;\t])')
_MONTH_OF_YEAR = re.compile(rb'(?m)^("?)(0?[1-9]|1[0-2])\.((?:19|20)\d\d)(?="?[;\t,])')
_YEAR_AND_WEEK = re.compile(
    r'(?mi)^("?)(?:year|jahr|année|annee|año|anno|jaar)("?[,;\t]"?)'
    r'(week|kw|woche|kalenderwoche|semaine|semana|settimana)(?="?[,;\t])'.encode()
)
_WEEK_OF_YEAR = re.compile(rb'(?m)^("?)((?:19|20)\d\d)("?[,;\t]"?)(\d\d?)(?="?[,;\t])')


def rows_with_parts(rows: bytes) -> bytes:
    """Return rows whose times may have parts that are completed; none if they begin with full times."""
    return b"" if _FULL_TIME.match(rows, rows.rfind(b"\n", 0, -1) + 1) is not None else rows


def steps_of_parts(first: bytes, rows: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how parts of times become what is usual: hours with letters, months with a point, weeks."""
    if not rows:
        return []
    last, least = rows.rfind(b"\n", 0, -1) + 1, 0.9 * rows.count(b"\n")
    if _YEAR_AND_WEEK.match(first) is not None:
        return [functools.partial(_YEAR_AND_WEEK.sub, rb"\1Date\2\3"), _with_mondays]
    if _MONTH_OF_YEAR.match(rows, last) is not None and len(_MONTH_OF_YEAR.findall(rows)) >= least:
        return [functools.partial(_MONTH_OF_YEAR.sub, _as_month)]
    if rows.find(b"H", last) >= 0 and len(_HOUR_OF_LETTERS.findall(rows)) >= least:
        return [functools.partial(_HOUR_OF_LETTERS.sub, rb"\1")]
    return steps_of_numbered(first)


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


def steps_of_numbered(first: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how days, parts of days and times that have passed become times, if the rows have no date."""
    is_dated = _DATED.search(first, first.rfind(b"\n", 0, -1) + 1) is not None
    return [] if is_dated else steps_of_serials(first) or steps_of_passed(first)


_SERIAL_ZERO = date(1899, 12, 30).toordinal()
_DAYS_AND_CLOCK = (
    rb'(?m)^("?)([34]\d{4}|5[0-4]\d{3})(?:[%b]0+)?("?%b"?)'
    rb'(?:(\d\d?:\d\d[^"\n%b]*)|([01](?:[%b]\d+)?|\d(?:[%b]\d+)?[eE]-\d\d?))(?="?(?:%b|\r?$))'
)
"""The days that a spreadsheet counts in the first cell, and a time or a part of the day in the second one."""


def steps_of_serials(first: bytes) -> list[Callable[[bytes], bytes]]:
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


_DAYS = r"(?:days?|tage?n?|jours?|d[ií]as?|giorn[oi]|dag(?:en|ar)?|[djgt])"
_PASSED = re.compile(
    rf"(?:(?P<d>\d+)(?: ?{_DAYS},? ?|[.:](?=\d\d?:\d\d:\d\d)))?"
    r"(?P<h>\d+):(?P<m>\d\d)(?::(?P<s>\d\d(?:[.,]\d+)?))?",
    re.IGNORECASE | re.ASCII,
)
"""A time that has passed: `25:10:00`, `1 day, 01:10:00`, `1d 01:10`, `1.01:10:00` or `1:01:10:00`."""
_IN_WORDS = re.compile(
    rf"(?=.*[a-z])p?(?:(?P<d>\d+) ?{_DAYS},?)? ?t?(?:(?P<h>\d+) ?(?:hours?|std|h),?)? ?"
    r"(?:(?P<m>\d+) ?(?:minutes?|min|m),?)? ?(?:(?P<s>\d+(?:[.,]\d+)?) ?(?:seconds?|sec|sek|s))?",
    re.IGNORECASE | re.ASCII,
)
"""A time that has passed: `P1DT1H10M0S` or `1d 1h 10m 0s`."""
_SECONDS_OF = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "f": 0.001}
_MAX_SECONDS = 1e9
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_UNIT = re.compile(
    r"(?:^|[\s_(\[/])(?:(?P<f>ms|millis)|(?P<s>s|secs?|seconds|sek|sekunden|secondes)"
    r"|(?P<m>mins?|minutes|minuten)|(?P<h>h|hrs?|hours|stunden|std)|(?P<d>d|days|tage))[)\]]?$",
    re.IGNORECASE,
)
_IS_PASSED = re.compile(
    "elapsed|passed|run ?time|uptime|duration|laufzeit|dauer|verstrichen|vergangen|verstreken|durée|écoulé|"
    "transcurrido|trascorso|duración|durata",
    re.IGNORECASE,
)
_START = re.compile(
    r"\b(?:start\w*|beg[ai]n\w*|anfang|début|inicio|inizio)\b[^\d\n]{0,40}?"
    r"(\d{1,4}[-/.]\d\d?[-/.]\d{1,4}(?:T|,? +)\d\d?:\d\d(?::\d\d)?(?: ?[AP]M\b)?(?: ?Z\b| ?[+-]\d\d:?\d\d)?)",
    re.IGNORECASE,
)
"""A line that states when a log began."""


class _Column(NamedTuple):
    """A column of times that have passed since a start."""

    delimiter: str
    place: int
    unit: float
    """The seconds of a unit of its numbers; 0 if they are no numbers."""
    above: int
    """The number of the line with its name, less one."""


def steps_of_passed(first: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how times that have passed become times, or `600s` if no line above states the start."""
    lines = first.decode("utf-8", "replace").splitlines()
    column = next(filter(None, (_passed_in(lines, delimiter) for delimiter in ";\t,")), None)
    if column is None:
        return []
    starts = {_start(found[1]) for found in map(_START.search, lines[: column.above]) if found is not None}
    start = starts.pop() if len(starts) == 1 else None
    if start is None and column.unit:
        return []
    sign = re.escape(column.delimiter.encode())
    cell = rb'(?:"[^"\n]*"|[^"\n%b]*)%b' % (sign, sign)
    cells = re.compile(rb'(?m)^((?:%b){%d})("[^"\n]*"|[^"\n%b]*)' % (cell, column.place, sign))
    return [functools.partial(cells.sub, functools.partial(_completed, start, column.unit))]


def _passed_in(lines: Sequence[str], delimiter: str) -> _Column | None:
    """Return the column of times that have passed, in lines with this delimiter; None if there is none."""
    found = cut([*enumerate(lines)], delimiter)
    for place in range(found[-1].width if found and found[-1].width > 1 else 0):
        rows = [*takewhile(functools.partial(_is_row, place, found[-1].width), reversed(found))][::-1]
        names = found[-len(rows) - 1] if 1 < len(rows) < len(found) else found[0]
        if names.width != found[-1].width or len(rows) <= 1:
            continue
        name, cells = names.cells[place], [row.cells[place] for row in rows]
        unit, are_numbers = _UNIT.search(name), all(map(_NUMBER.fullmatch, cells))
        is_bare = are_numbers and unit is None
        if is_bare or any(kind_of_time(cell) == "full" for row in rows for cell in row.cells):
            continue
        if _IS_PASSED.search(name) or (_begin_at_start(cells) and (unit or normal(name) in TIME_NAMES)):
            scale = (
                next(_SECONDS_OF[one] for one, text in unit.groupdict().items() if text)
                if are_numbers and unit
                else 0.0
            )
            return _Column(delimiter, place, scale, names.number)
    return None


def _is_row(place: int, width: int, line: Line) -> bool:
    """Return whether a line has a time that has passed in this place."""
    return line.width == width and _seconds(line.cells[place]) is not None


def _begin_at_start(cells: Sequence[str]) -> bool:
    """Return whether times begin when nothing, or one step, has passed, and are no times of day."""
    one, other = (_seconds(cell) or 0.0 for cell in cells[:2])
    return one <= other - one and not any(map(kind_of_time, cells))


def _seconds(cell: str, unit: float = 1.0) -> float | None:
    """Return the seconds that have passed; None if a cell has something else, or a number without a unit."""
    if _NUMBER.fullmatch(cell):
        return float(cell.replace(",", ".")) * unit if unit else None
    found = _PASSED.fullmatch(cell) or _IN_WORDS.fullmatch(cell)
    if found is None or (":" in cell and not (found["d"] or found["s"])):
        return None
    parts = found.groupdict().items()
    return sum(float((text or "0").replace(",", ".")) * _SECONDS_OF[part] for part, text in parts)


def _start(text: str) -> Stamp | None:
    """Return the time in a text; None if it may be one of several."""
    names = [name for name in names_of_formats(re.sub(r"\d", "0", text)) if not is_unusual(name)]
    found = {timestamp(text, time_format(name)) for name in names} - {None}
    return found.pop() if len(found) == 1 else None


def _completed(start: Stamp | None, unit: float, found: re.Match[bytes]) -> bytes:
    """Return the beginning of a row with the time, or the seconds, in place of what has passed."""
    passed = _seconds(found[2].decode("utf-8", "replace").strip('" '), unit)
    if passed is None or passed > _MAX_SECONDS:
        return found[0]
    if start is None:
        return found[1] + b"%.10gs" % passed
    form = start.form._replace(separator=" ", precision=3 if passed % 1 else 0)
    return found[1] + written(start.time + round(passed * SECOND), form).encode()
