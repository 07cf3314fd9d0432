"""Which formats a timestamp may have, by the shape of one cell: its digits, separators and names.

A form of a time that stands in these tables is found by the detection of the header too. Forms that vary from
row to row in more than their digits are rewritten first, in `processing/rewriting/times.py`.
The values of the digits do not matter here: `06/10/2025` may have the day first or the month.
"""

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import filterfalse

from processing.model.channels import MAX_CHARACTERS
from processing.times.months import MONTHS
from processing.times.time_formats import ZONES, order_of_date, time_format

_WORD = "[A-Za-zÀ-ɏͰ-ӿ]"
_MARK = r"(?:[-./, ]{1,2}| del? )"
_WEEKDAY = rf"(?:(?P<a>{_WORD}{{2,12}}\.?),? +)?"
_MONTH = rf"(?P<b>{_WORD}{{3,12}}\.?)"
_NUMBERS = ("dmY", "mdY", "dmy", "mdy", "ymd")
"""Orders of day, month and year, the usual one first. A year of four digits comes first only in `Ymd`."""


def _compiled(*patterns: str) -> list[re.Pattern[str]]:
    return [re.compile(pattern, re.ASCII) for pattern in patterns]


def _numeric(order: str) -> str:
    parts = [rf"(?P<{one}>{_WIDTHS[one]})" for one in order]
    return rf"{_WEEKDAY}{parts[0]}(?P<mark>[-/_ ]|\. ?){parts[1]}(?P=mark){parts[2]}\.?"


_WIDTHS = {"Y": r"\d{4}", "y": r"\d\d", "m": r"\d\d?", "d": r"\d\d?"}
_DATES = _compiled(
    _numeric("Ymd"),
    *map(_numeric, _NUMBERS),
    r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    r"(?P<G>\d{4})-W(?P<V>\d\d)-(?P<u>\d)",
    r"(?P<G>\d{4})W(?P<V>\d\d)(?P<u>\d)",
    r"(?P<Y>\d{4})-(?P<j>\d{3})",
    r"(?P<d>\d\d)(?P<m>\d\d)(?P<Y>\d{4})",
    r"(?P<m>\d\d)(?P<d>\d\d)(?P<Y>\d{4})",
    rf"{_WEEKDAY}(?P<d>\d\d?){_MARK}{_MONTH}{_MARK}(?P<Y>\d{{4}})",
    rf"{_WEEKDAY}(?P<d>\d\d?){_MARK}{_MONTH}{_MARK}(?P<y>\d\d)",
    rf"(?P<d>\d\d?){_MONTH}(?P<Y>\d{{4}})",
    rf"{_WEEKDAY}{_MONTH}[-./ ]{{1,2}}(?P<d>\d\d?)[-./, ]{{1,2}}(?P<Y>\d{{4}})",
    rf"(?P<Y>\d{{4}})[-./ ]{_MONTH}[-./ ](?P<d>\d\d?)",
)
_NO_YEAR = _compiled(
    rf"{_WEEKDAY}{_MONTH}[- ]+(?P<d>\d\d?)",
    rf"{_WEEKDAY}(?P<d>\d\d?)(?:\. ?|[- ]){_MONTH}",
    rf"{_WEEKDAY}(?P<d>\d\d?)\.(?P<m>\d\d?)\.?",
    *(rf"{_WEEKDAY}(?P<{one}>\d\d?)[-/](?P<{other}>\d\d?)" for one, other in ("md", "dm")),
)
_MONTHS = _compiled(
    r"(?P<Y>\d{4})[-/](?P<m>\d\d)",
    r"(?P<m>\d\d?)[-/](?P<Y>\d{4})",
    rf"{_MONTH}[-/ ](?P<Y>\d{{4}})",
    rf"(?P<Y>\d{{4}})[-/ ]{_MONTH}",
    rf"{_MONTH}[-/ ]'?(?P<y>\d\d)",
)
"""Only without a time of day."""
_SHORT_DATES = _compiled(
    r"(?P<Y>\d{4})(?P<j>\d{3})",
    r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)",
    r"(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d\d)",
    r"(?P<m>\d\d)(?P<d>\d\d)(?P<y>\d\d)",
)
"""Only with a time of day beside them: six or seven digits alone are a number."""

_ZONE = rf"(?P<z> ?(?:Z|(?:[A-Z]{{3,5}})?[+-]\d\d(?::?\d\d)?|(?:UTC|GMT)[+-]\d(?::\d\d)?|{ZONES}))?"
_ABBREVIATED = re.compile(r"(.*\d.*) (?![AP]M$)([A-Z]{2,5})")
_DAYLIGHT = re.compile("(?<=[A-Z])DT$")
_OPEN_OFFSETS = {
    "AST": ("-04:00", "+03:00"), "BST": ("+01:00", "+06:00"), "CST": ("-06:00", "+08:00"),
    "EST": ("-05:00", "+10:00"), "IST": ("+05:30", "+01:00", "+02:00"), "MST": ("-07:00", "+08:00"),
    "PST": ("-08:00", "+08:00"),
}  # fmt: skip
"""Abbreviations that several zones have, each with what it may mean in winter."""
_HALF = r"(?P<p>[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?)?"
_BEHIND = r"(?: ?(?:[Uu]hr|uur|godz\.?|hod\.?|hrs?|h|ч\.))?"
"""Words behind a time of day that add nothing to it."""
_COLONS = rf"(?P<H>\d\d?):(?P<M>\d\d?)(?::(?P<S>\d\d?)(?P<f>[.,:]\d{{1,9}})?)?{_HALF}"
_LETTER = r"(?P<H>\d\d?)h(?P<M>\d\d)?"
_CLOCKS = (
    rf"{_COLONS}{_ZONE}{_BEHIND}",
    rf"(?P<H>\d\d?)\.(?P<M>\d\d)(?:\.(?P<S>\d\d)(?P<f>[.,]\d{{1,9}})?)?{_HALF}{_ZONE}{_BEHIND}",
    _LETTER,
    rf"(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)?{_ZONE}",
    rf"(?P<H>\d\d?){_HALF.removesuffix('?')}{_ZONE}",
)
_IN_HALF = rf"(?P<H>\d\d?)\.(?P<M>\d\d){_HALF.removesuffix('?')}"
_BETWEEN = rf"(?:[ T_:-]|, ?| at | - |,? (?!at )(?P<a>{_WORD}{{2,12}}\.?) )"
_NO_YEAR_FIRST = re.compile(rf"(?P<date>.*\S)(?:[ T]|, ?) *{_CLOCKS[0]}", re.ASCII)
_DATE_FIRST = _compiled(*(rf"(?P<date>.+?){_BETWEEN} *{clock}" for clock in _CLOCKS))
_DATE_FIRST += _compiled(
    *(rf"(?P<date>.+?)[ T_] *(?P<H>\d\d){sign}(?P<M>\d\d)(?:{sign}(?P<S>\d\d))?{_ZONE}" for sign in "-_")
)
_DATE_FIRST += _compiled(
    rf"(?P<date>.+?)T(?P<H>\d\d){_ZONE}",
    rf"(?P<date>.+?),? (?P<H>\d\d?) ?[-\u2013] ?(?P<E>\d\d?){_BEHIND}",  # the hours of an interval
    r"(?P<date>.+?) (?P<F>0[.,]\d{4,15})",  # a part of the day
    r"(?P<date>.+?) (?P<H>\d\d?)",
)
_CLOCK_FIRST = _compiled(*(rf"{clock}(?:,? )(?P<date>.+)" for clock in _CLOCKS[:2]))
_ALONE = _compiled(f"{_COLONS}{_BEHIND}", _LETTER.removesuffix("?"), _IN_HALF, _CLOCKS[-1])
_YEAR_LAST = re.compile(rf"{_WEEKDAY}{_MONTH} +(?P<d>\d\d?) {_COLONS} (?P<Y>\d{{4}})", re.ASCII)
_DIGITS = re.compile(r"(?P<whole>\d{8,19})(?:[.,]\d{1,9})?", re.ASCII)
_BY_LENGTH = {
    10: ("epoch", "%y%m%d%H%M"),
    12: ("%Y%m%d%H%M", "%y%m%d%H%M%S", "%d%m%Y%H%M", "%m%d%Y%H%M"),
    13: ("epoch_ms",),
    14: ("%Y%m%d%H%M%S", "%d%m%Y%H%M%S", "%m%d%Y%H%M%S"),
    16: ("epoch_us",),
    19: ("epoch_ns",),
}
"""Formats of numbers by their count of digits."""
_SERIALS = (
    (re.compile(r"(?:[0-4]\d|5[0-4])\d{3}(?:[.,]\d{4,15})?", re.ASCII), ("excel",)),
    (re.compile(r"\d{5}(?:[.,]\d{4,15})?", re.ASCII), ("mjd", "excel")),
    (re.compile(r"7[2-6]\d{4}[.,]\d{3,15}", re.ASCII), ("matlab",)),
    (re.compile(r"24[4-8]\d{4}[.,]\d{1,15}", re.ASCII), ("julian",)),
    (re.compile(r"6[2-5]\d{16}", re.ASCII), ("ticks",)),
)
"""Seconds since a start rarely have this many digits; whole days have no fraction.

Spreadsheets count 55,000 days in 2050, and 55,000 modified Julian days were over in 2009.
"""
_OTHERS = {"E": "%H", "F": "0.%f"}
_TO = re.compile(r"(?: *[-\u2013\u2014~/] *| (?:to|until|bis|a) )")
"""What separates the beginning and the end of an interval."""
_LIKELY = re.compile(r"(?:19|20)\d{6}(?:\d{4}|\d{6})?(?!\d)|1\d{9}(?:\d{3}){0,3}(?!\d)", re.ASCII)
"""The beginning of a time with eight digits or more: a year, or seconds since 1970 from 2001 to 2033."""
_TO_ZERO = str.maketrans("123456789", "000000000")
_OPEN_DATES = ("%d/", "%m/", "%d-", "%m-")
_DATE, _HOUR = re.compile("%[YyGd]"), re.compile("%[HI]")
_ISO = re.compile(r"%Y-%m-%d[T ]%H:%M(?::%S(?:[.,]%f)?)?(?: ?%[zZ])?")


def kind_of_time(cell: str) -> str:
    """Return "full" for a date with a time of day or seconds since 1970, "date", "clock", or "" for no time.

    Numbers of days are no times: only all rows show what they count.
    """
    shape = cell.translate(_TO_ZERO)
    return "" if shape.startswith("00000000") and _LIKELY.match(cell) is None else _kind(shape)


@functools.lru_cache(maxsize=4096)  # the first cells of a fleet have few shapes
def _kind(shape: str) -> str:
    if "0" not in shape or len(shape) > MAX_CHARACTERS:
        return ""
    name = next(iter(names_of_formats(shape) or names_with_zone(shape)), "")
    has_date, has_clock = _DATE.search(name) is not None, _HOUR.search(name) is not None
    if name == "iso" or name.startswith("epoch") or (has_date and has_clock):
        return "full"
    return "date" if has_date else "clock" if has_clock else ""


@functools.lru_cache(maxsize=4096)  # the timestamps of a fleet are written in few ways
def names_of_formats(cell: str) -> tuple[str, ...]:
    """Return the names of the formats that this cell may have, the usual one first."""
    if (digits := _DIGITS.fullmatch(cell)) is not None and len(digits["whole"]) in _BY_LENGTH:
        return _BY_LENGTH[len(digits["whole"])]
    if serial := next((names for pattern, names in _SERIALS if pattern.fullmatch(cell)), ()):
        return serial
    found = dict.fromkeys(_names(cell)) or dict.fromkeys(_names_of_interval(cell))
    found = found or dict.fromkeys(_around([_NO_YEAR_FIRST], _NO_YEAR, cell))
    found |= {name.replace("%I", "%H", 1): None for name in found if name.count("%I") == 1}
    return tuple(dict.fromkeys("iso" if _ISO.fullmatch(name) else name for name in found))


def only_format(cells: Sequence[str]) -> str | None:
    """Return the name of the format whose pattern fits all these cells; None if another may be theirs.

    Another usual format may be theirs if its pattern fits more than half of them. A number of days is never
    certain. Whether the cells have dates and times that exist is not examined.
    """
    is_examined = len(cells) > 0 and len(cells[0]) <= MAX_CHARACTERS
    names = names_of_formats(cells[0].translate(_TO_ZERO)) if is_examined else ()
    likely = {}
    for one in map(time_format, filterfalse(is_unusual, names)):
        fitting = cells if one.pattern is None else [*filter(one.pattern.fullmatch, cells)]
        if 2 * len(fitting) > len(cells):
            likely[one.name] = len(fitting) == len(cells) and one.pattern is not None and not one.is_serial
    return next(iter(likely)) if [*likely.values()] == [True] else None


def has_open_date(names: Iterable[str]) -> bool:
    """Return whether one of the formats begins with a date whose order of day and month all dates show."""
    return any(name[:3] in _OPEN_DATES for name in names)


@functools.lru_cache(maxsize=256)
def is_unusual(name: str) -> bool:
    """Return whether hardly anybody writes so: such a format counts only if the usual one fails.

    These are points in another order, and hours up to 23 with AM and PM.
    """
    if "%H" in name and "%p" in name:
        return True
    return name.startswith("%H.") or any(
        part.startswith(("%m.", "%y.")) for part in name.replace(". ", ".").split(" ")
    )


def names_with_zone(cell: str) -> dict[str, tuple[str, ...]]:
    """Return the formats of a cell that ends with the abbreviation of a zone, which is a part of them.

    Each comes with those for all offsets that the abbreviation may mean, if these are known.
    """
    match = _ABBREVIATED.fullmatch(cell)
    if match is None:
        return {}
    zone = _DAYLIGHT.sub("ST", match[2])
    zones = [f"{zone}={offset}" for offset in _OPEN_OFFSETS.get(zone, ())] or [zone]
    return {f"{name} {zones[0]}": tuple(f"{name} {each}" for each in zones) for name in _names(match[1])}


def _names_of_interval(cell: str) -> Iterator[str]:
    """Yield the formats of a cell with the beginning and the end of an interval, written alike."""
    for mark in _TO.finditer(cell):
        for begin in _names(cell[: mark.start()]):
            for end in _names(cell[mark.end() :]):
                has_date, same = bool(order_of_date(end)), order_of_date(begin) == order_of_date(end)
                if (same or not has_date) and ("%p" in begin) == ("%p" in end):
                    with contextlib.suppress(ValueError):  # a date until a date and a time of day
                        yield time_format(f"{begin}{mark[0]}{end}").name


def _names(cell: str) -> Iterator[str]:
    if cell.startswith("[") and cell.endswith("]"):
        yield from (f"[{name}]" for name in _names(cell[1:-1]))
    for one in (*_DATES, *_MONTHS, *_ALONE, _YEAR_LAST):
        if (match := _found(one, cell)) is not None:
            yield _name(match)
    yield from _around((*_DATE_FIRST, *_CLOCK_FIRST), (*_DATES, *_SHORT_DATES), cell)


def _around(clocks: Sequence[re.Pattern[str]], dates: Sequence[re.Pattern[str]], cell: str) -> Iterator[str]:
    """Yield the formats of a cell with one of these dates beside a time of day."""
    for pattern in clocks:
        if (outer := pattern.fullmatch(cell)) is None:
            continue
        for one in dates:
            if (inner := _found(one, outer["date"])) is not None:
                yield _name(outer, _name(inner))


def _found(pattern: re.Pattern[str], cell: str) -> re.Match[str] | None:
    """Return the match of a cell whose month, if it has a name, exists."""
    match = pattern.fullmatch(cell)
    if match is None or "b" not in pattern.groupindex:
        return match
    return match if match["b"].rstrip(".").lower() in MONTHS else None


def _name(match: re.Match[str], date: str = "") -> str:
    """Return a cell with a directive in the place of each part."""
    text, parts = match.string, match.groupdict()
    spans = sorted((*match.span(name), name) for name, part in parts.items() if part and name != "mark")
    found, end = [], 0
    for first, last, name in spans:
        found.append(text[end:first].replace("%", "%%"))
        found.append(date if name == "date" else _directive(name, text[first:last], parts))
        end = last
    return "".join((*found, text[end:].replace("%", "%%")))


def _directive(name: str, part: str, parts: dict[str, str | None]) -> str:
    if name == "H" and parts.get("p"):
        return "%I"
    if name == "f":
        return f"{part[0]}%f"
    if name in _OTHERS:
        return _OTHERS[name]
    if name in {"p", "z"}:
        blank = "" if part[0].isalnum() or part[0] in "+-" else " "
        return f"{blank}%{'Z' if name == 'z' and part.strip().isalpha() else name}"
    if name in {"a", "b"} and len(part.rstrip(".")) > 3:  # noqa: PLR2004 - an abbreviation has three letters
        return f"%{name.upper()}"
    return f"%{name}"
