r"""Formats of timestamps, each as the pattern of a cell: ISO 8601, seconds since 1970, and those of strptime.

    >>> time_format("%d.%m.%Y %H:%M").pattern.fullmatch("1.6.2025 9:05:30,5 +02:00").groupdict()["H"]
    '9'

A pattern reads a cell in one way only, but accepts several ways to write the same time: leading zeros,
seconds, a fraction and an offset are optional, because loggers leave them out of some rows.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from processing.model.stamp import DAY, HOUR, SECOND

OFFSETS = {
    "WET": "+00:00", "WEST": "+01:00", "CET": "+01:00", "MET": "+01:00", "MEZ": "+01:00", "CEST": "+02:00",
    "MEST": "+02:00", "MESZ": "+02:00", "EET": "+02:00", "EEST": "+03:00",
    "AEST": "+10:00", "AEDT": "+11:00", "ACST": "+09:30", "ACDT": "+10:30", "AWST": "+08:00",
    "NZST": "+12:00", "NZDT": "+13:00", "JST": "+09:00", "KST": "+09:00", "HKT": "+08:00", "WITA": "+08:00",
    "ICT": "+07:00", "WIB": "+07:00", "PKT": "+05:00", "EAT": "+03:00", "MSK": "+03:00", "SAST": "+02:00",
    "CAT": "+02:00", "WAT": "+01:00", "AKST": "-09:00", "AKDT": "-08:00", "HST": "-10:00",
}  # fmt: skip
"""Abbreviations that mean one time zone only."""
ZONES = "|".join(("UTC", "GMT", *OFFSETS))
_OFFSET = r"(?:[A-Z]{3,5})?[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?|(?:UTC|GMT)[+-]\d(?::[0-5]\d)?"
_ZONE = rf"(?: ?(?P<z>Z|{_OFFSET}|{ZONES}))?"
_WORD = "[A-Za-zÀ-ɏͰ-ӿ]"
_PARTS = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d\d)",
    "m": r"(?P<m>1[0-2]|0?[1-9])",
    "d": r"(?P<d>3[01]|[12]\d|0?[1-9])",
    "j": r"(?P<j>\d{1,3})",
    "b": rf"(?P<b>{_WORD}{{3,12}}\.?)",
    "B": rf"(?P<b>{_WORD}{{3,12}}\.?)",
    "a": rf"{_WORD}{{2,12}}\.?",
    "A": rf"{_WORD}{{2,12}}\.?",
    "H": r"(?P<H>2[0-4]|[01]?\d)(?:(?:(?<=\b[23])|(?<=0[23]))[AB](?=:))?",
    "I": r"(?P<I>1[0-2]|0?\d)",
    "M": r"(?P<M>[0-5]?\d)",
    "S": r"(?P<S>[0-5]?\d)",
    "p": r"[ \u00a0\u202f]?(?P<p>[AaPp]\.?[Mm]\.?)",
    "z": _ZONE,
    "Z": _ZONE,
    "%": "%",
}
"""The patterns of strptime's directives. Browsers put a no-break space before AM and PM.

The hours that a clock repeats in autumn may be 2A and 2B.
"""
_HOURS = "|".join(rf"0?{hour}\D+(?:0?{hour + 1}|{'0?0' * (hour == 23)})" for hour in range(24))  # noqa: PLR2004
_NEXT_HOUR = rf"(?P<n>)(?=(?:{_HOURS})(?!\d))"
"""Before an hour that is followed by the next one, where an interval ends; such cells are read one by one."""
_HOUR_AND_HALF = (
    r"(?P<H>(?:0?\d|1[01])(?=[^AaPp]*[Aa])|(?:1[2-9]|2[0-3])(?=[^AaPp]*[Pp]))"  # 0:30 AM, 13:30 PM
)
"""An hour from 0 to 23 before AM or PM, which only repeats what the hour says."""
_DIGITS = frozenset("YymdjHIMS")
"""Directives for digits. Two of them side by side must have all of their digits."""

_OF_COLUMNS = r"(?s).*%[djYy] %H%M(?:%z)?"
"""The date, or the year and the day, and a number such as 105 for 01:05, from columns of their own."""
_STEPPED = re.compile(r"(.+) (?:0\.%f|\+(\d{1,4}) (hours|minutes|seconds)( from 1)?)", re.DOTALL)
_DAY_OF_YEAR = "%Y %j"
"""May have a fraction of the day."""
_HOURS_OF_NUMBER = r"(?:(?P<H>2[0-4]|[01]?\d)(?=\d\d(?!\d)))?"

END_PART = "x"
"""The first letter of the names of the groups that match the end of an interval."""
_DST_PAIR = r"(?<=[ +])([A-Z]{1,2})[SD]T$"
"""An abbreviation of a zone at the end of a format means both of its times: PST and PDT."""

_OF_ABBREVIATION = re.compile(r"(.+ )([A-Z]{2,5})=([+-]\d\d:\d\d)", re.DOTALL)
"""A format with the offset that an abbreviation means; with it, EDT is an hour more than EST."""

_DATE = r"(?s)%[Yy].*%[mbB]|%[mbB].*%[Yy]|%Y.*%j|%j.*%Y"
_DATE_PART = r"%[YymbBdjaAcxUWGVuw]"


class TimeFormat(NamedTuple):
    """A format of timestamps."""

    name: str
    """As `[csv] time_format` has it."""
    pattern: re.Pattern[str] | None
    """Matches a cell, with a group for each part; None: only strptime reads this format."""
    has_date: bool = True
    has_year: bool = True
    """A time of day alone takes its date from elsewhere, and a date without a year its year."""
    digits: int | None = None
    """For a number since 1970: 0 for seconds, 3 for milliseconds and so on; None if it is no number."""
    unit: int = 0
    """Of a number of days, hours or other steps, since another time or midnight: each one in microseconds."""
    zero: int = 0
    """Microseconds from the time since which a number counts to 1970, or from its zero to midnight."""
    offsets: Mapping[str, str] = OFFSETS
    """The offset of each abbreviation."""

    @property
    def is_serial(self) -> bool:
        """Return whether it is a number of days, as spreadsheets count; such are read to the second."""
        return self.unit == DAY and self.digits is not None


_NUMBER = re.compile(r"(?P<E>\d{1,19})(?:[.,](?P<f>\d{1,9}))?", re.ASCII)
ISO = TimeFormat(
    "iso",
    re.compile(
        rf"{_PARTS['Y']}-(?P<m>\d\d?)-(?P<d>\d\d?)(?P<sep>[T ]){_PARTS['H']}:{_PARTS['M']}"
        rf"(?::{_PARTS['S']}(?:[.,](?P<f>\d{{1,9}}))?)?{_ZONE}",
        re.ASCII,
    ),
)
EPOCHS = tuple(
    TimeFormat(name, _NUMBER, digits=digits)
    for name, digits in (("epoch", 0), ("epoch_ms", 3), ("epoch_us", 6), ("epoch_ns", 9))
)
_UNITS = {"days": DAY, "hours": HOUR, "minutes": 60 * SECOND, "seconds": SECOND}
_FRACTION = r"(?:[.,](?P<f>\d{1,15}))?"


def _days(name: str, digits: int, to_1970: float) -> TimeFormat:
    """Return the format of a number of days with so many digits."""
    pattern = re.compile(rf"(?P<E>\d{{{digits}}}){_FRACTION}", re.ASCII)
    return TimeFormat(name, pattern, digits=0, unit=DAY, zero=int(to_1970 * DAY))


EXCEL = _days("excel", 5, 25_569)
_TICKS_TO_1970 = 62_135_596_800 * SECOND
COUNTS = (
    EXCEL,
    _days("excel_1904", 5, 24_107),
    _days("mjd", 5, 40_587),
    _days("julian", 7, 2_440_587.5),
    _days("matlab", 6, 719_529),
    TimeFormat("ticks", re.compile(r"(?P<E>\d{18})", re.ASCII), digits=7, zero=_TICKS_TO_1970),
)
"""Numbers that do not count from 1970; ticks are tenths of microseconds from the year 1."""
_NAMED = {one.name: one for one in (ISO, *EPOCHS, *COUNTS)}
_SINCE = re.compile(r"(\w+) since (\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)", re.ASCII)


@functools.lru_cache(maxsize=256)  # a fleet has few formats
def time_format(name: str) -> TimeFormat:
    """Return the format of this name: one of `iso`, `EPOCHS`, `COUNTS` and strptime, or a count from a time.

    That is `seconds since 2025-06-10 06:00`, or days, hours or minutes. Seconds may have an `s` behind them.

    Directives that are repeated, after a whole date or an hour, are those of the end of an interval, which is
    not read: `%Y-%m-%d %H:%M - %H:%M`. `%Y-%m-%d %H:%M EST=-05:00` states the offset
    of an abbreviation, and reads EDT and GMT too. `%d.%m.%Y 0.%f` has a part of the day, `+30 minutes from 1`
    the number of a half hour. Raises ValueError if the name is none of these, or has a day and no month.
    """
    if name in _NAMED:
        return _NAMED[name]
    if (since := _SINCE.fullmatch(name)) is not None:
        return _count_since(name, *since.groups())
    if (stepped := _STEPPED.fullmatch(name)) is not None:
        return _with_steps(name, *stepped.groups())
    if (abbreviated := _OF_ABBREVIATION.fullmatch(name)) is not None:
        return _with_offset(name, *abbreviated.groups())
    return _of_directives(name)


def _of_directives(name: str) -> TimeFormat:
    has_date = re.search(_DATE_PART, name) is not None
    has_year = not has_date or re.search(rf"{_DATE}|%[cx]|%G.*%V", name) is not None
    if not has_year and not ("%d" in name and re.search("%[mbB]", name)):
        raise ValueError(f"{name!r} has a date without a month, or without a day and a year")
    directives = {*re.findall(r"%(.)", name, re.DOTALL)} - {"f"}
    if not (has_date or directives & {"H", "I", "X"}):
        raise ValueError(f"{name!r} is not iso, epoch, epoch_ms, excel, or a format such as %d/%m/%Y %H:%M")
    if name.replace("%%", "").endswith("%"):
        raise ValueError(f"{name!r} ends in the middle of a directive")
    if directives <= _PARTS.keys() and not re.search(r"%f", re.sub(r"%S[.,:]%f", "", name)):
        return TimeFormat(name, _pattern(name), has_date, has_year)
    try:
        datetime.strptime("", name)  # noqa: DTZ007 - only its directives are checked
    except re.error:
        raise ValueError(f"{name!r} has a directive twice") from None
    except ValueError as error:
        if "does not match" not in str(error):
            raise ValueError(f"{name!r}: {error}") from None
    return TimeFormat(name, None, has_date, has_year)


def _with_steps(name: str, begin: str, count: str | None, unit: str | None, first: str | None) -> TimeFormat:
    """Return the format of a date and the number of such steps, or of the part, of its day."""
    date, step = time_format(begin), int(count or 1) * _UNITS.get(unit or "", DAY)
    if date.pattern is None or {"E", "H", "I"} & date.pattern.groupindex.keys() or not step:
        raise ValueError(f"{name!r} has a part of the day behind a time of day")
    text = rf"{date.pattern.pattern} +(?P<E>{'[0-9]{1,5}' if count else '0'}){_FRACTION}"
    zero, pattern = step if first else 0, re.compile(text, re.ASCII)
    return TimeFormat(name, pattern, has_year=date.has_year, unit=step, zero=zero)


def _count_since(name: str, unit: str, start: str) -> TimeFormat:
    """Return the format of a number that counts from a time. Raises ValueError if there is no such time."""
    if unit not in _UNITS:
        raise ValueError(f"{name!r} counts none of {', '.join(_UNITS)}")
    zero = (datetime(1970, 1, 1) - datetime.fromisoformat(start)) // timedelta(microseconds=1)  # noqa: DTZ001
    pattern = re.compile(rf"(?P<E>\d{{1,12}}){_FRACTION}{'s?' * (unit == 'seconds')}", re.ASCII)
    return TimeFormat(name, pattern, digits=0, unit=_UNITS[unit], zero=zero)


def _with_offset(name: str, begin: str, winter: str, offset: str) -> TimeFormat:
    """Return the format of times with this abbreviation behind them, or that of its summer time."""
    plain = time_format(begin)
    if plain.pattern is None:
        raise ValueError(f"{name!r} has an abbreviation behind a directive that only strptime reads")
    offsets = {re.sub("ST$", "DT", winter): f"{int(offset[:3]) + 1:+03}{offset[3:]}", winter: offset}
    zone = "|".join(("UTC", "GMT", *offsets))
    try:
        pattern = re.compile(f"{plain.pattern.pattern}(?P<z>{zone})", re.ASCII)
    except re.error:
        raise ValueError(f"{name!r} has two zones") from None
    return TimeFormat(name, pattern, plain.has_date, offsets=offsets)


def order_of_date(name: str) -> list[str]:
    """Return the directives of the year, the month and the day in a format of this name, in its order."""
    return re.findall("%[YymbBd]", name)


def _pattern(name: str) -> re.Pattern[str]:
    """Return the pattern of a format that strptime would take."""
    text = re.sub(r"%S[.,:]%f", "%S", name)
    text = re.sub(r" ?%[zZ]", "%z", text)
    if "%S" not in text:
        text = re.sub(r"(%[HI]:%M)", r"\1:%S", text)
    if "%z" not in text:
        text = re.sub(r"%S$|%p$|(?<=%[HI].)%M$|%H%M$", r"\g<0>%z", text)
    parts = re.split(r"(%.)", text, flags=re.DOTALL)
    literals, directives = parts[::2], [part[1] for part in parts[1::2]]
    begin, is_of_columns = _count_of_begin(directives), re.fullmatch(_OF_COLUMNS, text) is not None
    found = [_literal(literals[0])]
    for at, directive in enumerate(directives):
        before, after = literals[at], literals[at + 1]
        if at >= begin and (directive not in "zZ" or "z" in directives[:begin]):
            found[-1] = found[-1] if directive != "S" else ""
            found += [_part_of_end(directive, at, before), _literal(after)]
            continue
        part = _HOUR_AND_HALF if directive == "H" and "p" in directives[at:begin] else _PARTS[directive]
        part += (r"(?:[.,](?P<g>\d{1,9}))?" if text == _DAY_OF_YEAR else "") * (directive == "j")
        part = _NEXT_HOUR * (directives[at : at + 2] == ["H", "H"]) + part
        if directive in _DIGITS and _joins_digits(directives, literals, at):
            part = _joined_part(directive, is_of_columns=is_of_columns)
        if directive == "S":
            part += r"(?:[.,:](?P<f>\d{1,9}))?"
            if before in {":", ".", "-"}:
                found[-1] = ""
                part = f"(?:{re.escape(before)}{part})?"
        elif directive == "p" and before == " ":
            found[-1] = ""
        found += [part, _literal(after)]
    try:
        return re.compile("".join(found), re.ASCII)
    except re.error:
        raise ValueError(f"{name!r} has a directive twice") from None


def _joined_part(directive: str, *, is_of_columns: bool) -> str:
    """Return the pattern of digits beside other digits: with all zeros, unless they have their own column."""
    if is_of_columns and directive in ("H", "M"):
        return _HOURS_OF_NUMBER if directive == "H" else _PARTS[directive]
    return _PARTS[directive].replace("]?", "]").replace("|0?", "|0").replace("{1,3}", "{3}")


def _joins_digits(directives: Sequence[str], literals: Sequence[str], at: int) -> bool:
    """Return whether a directive stands side by side with another one of digits."""
    before = at > 0 and not literals[at] and directives[at - 1] in _DIGITS
    return before or (at + 1 < len(directives) and not literals[at + 1] and directives[at + 1] in _DIGITS)


def _count_of_begin(directives: Sequence[str]) -> int:
    """Return how many directives come before those of the end of an interval."""
    for at, directive in enumerate(directives):
        before = directives[:at]
        if directive in before:
            is_whole = {"H", "I"} & set(before) or set(before) == set(directives[at:])
            return at if is_whole else len(directives)
    return len(directives)


def _part_of_end(directive: str, at: int, before: str) -> str:
    """Return the pattern of a part of the end of an interval, which is not read."""
    if directive == "S":
        return rf"(?:{_literal(before)}(?P<{END_PART}{at}>\d\d))?"
    if directive in _DIGITS:
        return rf"(?P<{END_PART}{at}>\d{{1,4}})"
    return re.sub(r"\?P<\w>", "?:", _PARTS[directive])


def _literal(text: str) -> str:
    """Return the pattern of the text between directives; one blank matches any number of them."""
    text = " +".join(map(re.escape, re.split(" +", text)))
    return re.sub(_DST_PAIR, r"\1[SD]T", text)
