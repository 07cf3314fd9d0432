"""Rewrites times that are written in an unusual way: other words for AM and PM, zones in brackets, weeks.

`12:00 a. m.` and `오전 12:00` become `12:00 a.m.` and `12:00 AM`, `01:00 (CET)` becomes `01:00 CET`, and
`2025-W10` the Monday of that week. `2025年6月14日 0時05分`, the output of `date`, and times behind an
apostrophe become what is usual. Words that only say that a time follows are left out, as in `klo 0.05`, and
so are weekdays in brackets and zones behind offsets. Years of Japan, Taiwan and Thailand become those of our
era. A date that stands only in the first row of a day is filled in below it, as below merged cells.
"""

import functools
import re
from collections.abc import Callable

from processing.rewriting.replacements import Replacement, steps_of
from processing.times.time_shapes import kind_of_time

_BYTES_OF_ROWS = 300
_NO_BREAK = rb"\xc2\xa0|\xe2\x80\xaf"
_BLANK = rb"(?: |%b)" % _NO_BREAK
_CLOCK = rb"(?<!\d)\d{1,2}:\d\d(?::\d\d)?(?![\d:])"
_AM, _PM = r"오전|上午|午前|π\.μ\.|πμ|ص".encode(), r"오후|下午|午後|μ\.μ\.|μμ|م".encode()
_HALF_DAY = rb"(?:(%b)|%b)%b?(%b)|(%b)%b?(?:(%b)|%b)" % (_AM, _PM, _BLANK, _CLOCK, _CLOCK, _BLANK, _AM, _PM)
"""A time of day with what other languages have for AM and PM, before or behind it."""
_OF_YEAR = b"(?<=[0-9]{4}) (?:%b|%b)[.](?=[ ,;\t])" % ("\u0433".encode(), "\u0440".encode())
"""The letter for a year behind its number, in Russian and Ukrainian."""
_EASTERN_DATE = r"(\d{4}) ?(?:년|年) ?(\d{1,2}) ?(?:월|月) ?(\d{1,2}) ?(?:일|日)".encode()
_EASTERN_CLOCK = r"(\d{1,2}) ?(?:시|時|时) ?(\d{1,2}) ?(?:분|分)(?: ?(\d{1,2}) ?(?:초|秒))?".encode()
"""Dates and times of day with the words of Chinese, Japanese and Korean."""
_LETTER = rb"[A-Za-z\x80-\xff]"
_BEFORE = r"klo|kl\.|um|alle|a las|ore|o godz\.|à|às".encode()
"""Words before a time of day that add nothing to it."""
_TH = rb"(?:st|nd|rd|th)"
_DAYS = "|".join("月火水木金土日월화수목금토일")
_WEEKDAY = f"(?:[(]|\uff08)(?:{_DAYS}|[A-Za-z]{{2,4}}[.]?)(?:[)]|\uff09)".encode()
"""A weekday in brackets, which are wide in Chinese and Japanese."""
_AREA = rb"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_/-]+"
_NAMED_ZONE = re.compile(rb"(?m)(:\d\d(?:\.\d+)?) ?\[?(%b)\]?(?=[\",;\t|]|$)" % _AREA)
_WEEK = rb"(?:[KC]W ?(?=\d)|(?<=[- /])W(?=\d)|W(?=\d\d))(?P<week%b>\d\d?)"
_YEAR = rb"(?P<year%b>(?:19|20)\d\d)"
_WEEK_OF_YEAR = rb"(?m)(^|[,;\t\"])(?:%b[- /]?%b|%b[- /.]%b)(?=[,;\t\"]|$)"
"""A week of ISO 8601, or as it is written in German: `KW 10/2025`."""


def _of_zone(found: re.Match[bytes]) -> bytes:
    """Return an abbreviation of a zone without brackets; nothing for two, of which either may be meant."""
    return b"" if b"/" in found[1] else b" " + found[1]


def _with_half(found: re.Match[bytes]) -> bytes:
    """Return a time of day with AM or PM behind it."""
    return (found[2] or found[3]) + (b" AM" if found[1] or found[4] else b" PM")


def _with_colons(found: re.Match[bytes]) -> bytes:
    """Return a time of day with colons between its parts, each of two digits."""
    return b":".join(part.rjust(2, b"0") for part in found.groups() if part)


def _monday(found: re.Match[bytes]) -> bytes:
    """Return the first day of a week, with what stands before it."""
    year, week = found["year1"] or found["year2"], found["week1"] or found["week2"]
    return b"%b%b-W%02d-1" % (found[1], year, int(week))


def _of_half_width(found: re.Match[bytes]) -> bytes:
    """Return a digit, or a sign between digits, that was as wide as a letter of Chinese."""
    return bytes([ord(found[1]) - 0x60])


_ERAS = {"令和".encode(): 2018, "平成".encode(): 1988, "民國".encode(): 1911, "民国".encode(): 1911}
"""The year before the first one of an era: of Japan, and of Taiwan."""
_ERA = rb"(%b) ?(\d{1,3}|%b) ?" % (b"|".join(_ERAS), "元".encode())
_DATE_OF_ERA = _ERA + r"年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日".encode()
_DATE_OF_TAIWAN = rb"(?m)(^|[,;\t\"])(1[0-4]\d)(?=[-/.]\d\d?[-/.]\d\d?(?:[ T,;\t\"]|$))"
_DATE_OF_THAILAND = rb"(\d{1,2}[-/]\d{1,2}[-/])?(?<!\d)(25[67]\d)(?(1)(?!\d)|(?=[-/]\d\d?[-/]\d))"


def _of_era(found: re.Match[bytes]) -> bytes:
    """Return a date with a year of our era."""
    year = _ERAS[found[1]] + (int(found[2]) if found[2].isdigit() else 1)
    return b"%d-%b-%b" % (year, found[3], found[4])


def _with_years(since: int, found: re.Match[bytes]) -> bytes:
    """Return the beginning of a date with a year that counts from this one."""
    return (found[1] or b"") + b"%d" % (since + int(found[2]))


_ASCII = [
    Replacement(
        b" ",
        re.compile(rb" [A-Z]{3,5} \d{4}"),
        re.compile(rb"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) ([A-Z]{3,5}) (\d{4})"),
        rb"\2 \1 \5 \3 \4",
        of_letters=True,
    ),
    Replacement(
        b"'", re.compile(rb"'\d"), re.compile(rb"(?m)(^|[,;\t])'(?=\d[-\d./ T:]*(?:[,;\t]|$))"), rb"\1"
    ),
    Replacement(
        b".",
        re.compile(rb"\.%b[Mm]\." % _BLANK),
        re.compile(rb"(?<=\d)(%b?[AaPp]\.)%b(?=[Mm]\.)" % (_BLANK, _BLANK)),
        rb"\1",
        of_letters=True,
    ),
    Replacement(
        b"(",
        re.compile(rb" \([A-Z]{3}"),
        re.compile(rb"(?<=:\d\d) \(([A-Z]{3,4}(?:/[A-Z]{3,4})?)\)"),
        _of_zone,
        of_letters=True,
    ),
    Replacement(
        b"(",
        re.compile(rb"[+-]\d{4} \("),
        re.compile(rb"(?<=(?:GMT|UTC)[+-]\d{4}) \([^()\n]*\)"),
        b"",
        of_letters=True,
    ),
    Replacement(
        b"",
        re.compile(_WEEKDAY),
        re.compile(rb"(?<!\d)(\d{4}([-/.])\d\d?\2\d\d?|\d\d?([-/.])\d\d?\3\d{4}) ?%b(?=[ ,;\t])" % _WEEKDAY),
        rb"\1",
        of_letters=True,
    ),
    Replacement(
        b" ",
        re.compile(rb"%b\.? \d?\d[:.]\d\d" % _LETTER),
        re.compile(
            rb"(?m)(?:(?<=[,;\t\"])|(?<=\d )|^)(?:%b) (?=\d\d?[:.]\d\d(?:[:.]\d\d)?(?:[\",;\t]|$))" % _BEFORE
        ),
        b"",
        of_letters=True,
    ),
    Replacement(
        b"/",
        re.compile(_AREA),
        re.compile(rb"(?<=\d)(Z|[+-]\d\d:?\d\d) ?(?:\[%b\]|%b)" % (_AREA, _AREA)),
        rb"\1",
        of_letters=True,
    ),
    Replacement(
        b"",
        re.compile(rb"\d%b[ ,]" % _TH),
        re.compile(rb"(?<=\d)%b(?: of)?(?=,? \d{4}| %b{3,9}\.?,? \d{4})" % (_TH, _LETTER)),
        b"",
        of_letters=True,
    ),
    Replacement(
        b"W",
        re.compile(rb"W ?\d"),
        re.compile(_WEEK_OF_YEAR % (_YEAR % b"1", _WEEK % b"1", _WEEK % b"2", _YEAR % b"2")),
        _monday,
        of_letters=True,
    ),
]
_ASCII += [
    Replacement(
        sign,
        re.compile(rb"(?<!\d)25[67]\d[-/]\d\d?[-/]\d|\d[-/]25[67]\d(?!\d)"),
        re.compile(_DATE_OF_THAILAND),
        functools.partial(_with_years, -543),
    )
    for sign in (b"256", b"257")
]
_WITHOUT_LETTERS = [one for one in _ASCII if not one.of_letters]
_OTHERS = [
    Replacement(
        b"", re.compile(rb"\xef\xbc[\x90-\x99]"), re.compile(rb"\xef\xbc([\x8d-\x9a])"), _of_half_width
    ),
    Replacement(b"", re.compile(b"|".join(_ERAS)), re.compile(_DATE_OF_ERA), _of_era),
    Replacement(
        b"",
        re.compile(rb"(?m)^\"?1[0-4]\d[-/.]\d"),
        re.compile(_DATE_OF_TAIWAN),
        functools.partial(_with_years, 1911),
    ),
    Replacement(b"", re.compile("년|年".encode()), re.compile(_EASTERN_DATE), rb"\1-\2-\3"),
    Replacement(b"", re.compile(_OF_YEAR), re.compile(_OF_YEAR), b""),
    Replacement(b"", re.compile("시|時|时".encode()), re.compile(_EASTERN_CLOCK), _with_colons),
    Replacement(b"", re.compile(_NO_BREAK), re.compile(rb"(?<=:\d\d)(?:%b)" % _NO_BREAK), b" "),
    Replacement(b"", re.compile("오|上|下|午|π|μ|ص|م".encode()), re.compile(_HALF_DAY), _with_half),
]


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


def _dates_filled(first: bytes, rows: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how dates are filled in if a file with these first lines and rows has them once a day."""
    found = _FIRST_OF_DAY.search(first) if re.search(rb"\n[,;\t]", rows) is not None else None
    is_dated = found is not None and kind_of_time(found[1].decode("latin-1")) == "date"
    return [_DatesFilled(found[2])] if found is not None and is_dated else []


def zone_of_times(first: bytes) -> str:
    """Return the name of a zone behind times without an offset, such as `Europe/Berlin`; "" for none."""
    found = _NAMED_ZONE.search(rows_of(first)) if b"/" in first else None
    return "" if found is None else found[2].decode()


def steps_of_times(first: bytes, zone: str) -> list[Callable[[bytes], bytes]]:
    """Return how the times are rewritten in a file that begins with these lines.

    `zone` is the name that `zone_of_times` finds; it is left out.
    """
    rows = rows_of(first)
    found = _ASCII if rows.lower() != rows.upper() else _WITHOUT_LETTERS
    steps = steps_of(found if first.isascii() else [*_OTHERS, *_ASCII], rows)
    steps += _dates_filled(first, rows)
    if zone:
        steps.append(functools.partial(re.compile(rb"(?<=\d) ?\[?%b\]?" % zone.encode()).sub, b""))
    return steps


def rows_of(first: bytes) -> bytes:
    """Return the last of the first lines of a file, which are rows; all of them if they are few."""
    return first[first.rfind(b"\n", 0, -_BYTES_OF_ROWS) + 1 :]
