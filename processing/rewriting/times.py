"""Rewrites times that are written in an unusual way: other words for AM and PM, zones in brackets, weeks.

`12:00 a. m.` and `오전 12:00` become `12:00 a.m.` and `12:00 AM`, `01:00 (CET)` becomes `01:00 CET`, and
`2025-W10` the Monday of that week. `2025年6月14日 0時05分`, the output of `date`, and times behind an
apostrophe become what is usual. Words that only say that a time follows are left out, as in `klo 0.05`, and
so are weekdays in brackets and zones behind offsets. Years of Japan, Taiwan and Thailand become those of our
era.
"""

import functools
import re

from processing.rewriting.completed_times import dates_filled
from processing.rewriting.replacements import Step, replacement, steps_of

_BYTES_OF_ROWS = 300
_ALL = (0.9, 1.1)
"""Shares of the lines if each row has it."""
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


def _of_datetime(found: re.Match[bytes]) -> bytes:
    """Return a time that Python shows as its parts."""
    parts = [int(part) for part in found[1].split(b",")] + [0] * 3
    return b"%d-%02d-%02d %02d:%02d:%02d" % (*parts[:6],)


_WITH_LETTERS = [
    replacement(  # datetime.datetime(2025, 6, 14, 0, 5)
        rb"datetime\(\d",
        rb"(?:datetime\.)?datetime\(((?:\d{1,4}, ?){3,5}\d{1,4})(?:, ?\d{1,6})?[^()\n]{0,80}\)",
        _of_datetime,
        sign=b"(",
    ),
    replacement(  # Timestamp('2025-06-14 00:05:00'), np.float64(1.5)
        rb"\w\('?-?\d",
        rb"(?:np\.|numpy\.|pd\.)?(?:float\d*|int\d+|Decimal|Timestamp)\('?([^()'\n]*)'?\)",
        rb"\1",
        sign=b"(",
    ),
    replacement(  # Sat Jun 14 00:05:00 CEST 2025
        rb" [A-Z]{3,5} \d{4}",
        rb"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) ([A-Z]{3,5}) (\d{4})",
        rb"\2 \1 \5 \3 \4",
        sign=b" ",
    ),
    replacement(  # 12:05 a. m.
        rb"\.%b[Mm]\." % _BLANK,
        rb"(?<=\d)(%b?[AaPp]\.)%b(?=[Mm]\.)" % (_BLANK, _BLANK),
        rb"\1",
        sign=b".",
    ),
    replacement(  # 02:00 (CEST)
        rb" \([A-Z]{3}", rb"(?<=:\d\d) \(([A-Z]{3,4}(?:/[A-Z]{3,4})?)\)", _of_zone, sign=b"("
    ),
    replacement(  # 00:05:00 GMT+0200 (Central European Summer Time)
        rb"[+-]\d{4} \(", rb"(?<=(?:GMT|UTC)[+-]\d{4}) \([^()\n]*\)", b"", sign=b"("
    ),
    replacement(  # 14.06.2025 (Sa) 00:05
        _WEEKDAY,
        rb"(?<!\d)(\d{4}([-/.])\d\d?\2\d\d?|\d\d?([-/.])\d\d?\3\d{4}) ?%b(?=[ ,;\t])" % _WEEKDAY,
        rb"\1",
    ),
    replacement(  # klo 0.05
        rb"%b\.? \d?\d[:.]\d\d" % _LETTER,
        rb"(?m)(?:(?<=[,;\t\"])|(?<=\d )|^)(?:%b) (?=\d\d?[:.]\d\d(?:[:.]\d\d)?(?:[\",;\t]|$))" % _BEFORE,
        b"",
        sign=b" ",
    ),
    replacement(  # 00:05:00+02:00[Europe/Berlin]
        _AREA, rb"(?<=\d)(Z|[+-]\d\d:?\d\d) ?(?:\[%b\]|%b)" % (_AREA, _AREA), rb"\1", sign=b"/"
    ),
    replacement(  # Jun 4th 2025
        rb"\d%b[ ,]" % _TH, rb"(?<=\d)%b(?: of)?(?=,? \d{4}| %b{3,9}\.?,? \d{4})" % (_TH, _LETTER), b""
    ),
    replacement(  # KW 10/2025
        rb"W ?\d",
        _WEEK_OF_YEAR % (_YEAR % b"1", _WEEK % b"1", _WEEK % b"2", _YEAR % b"2"),
        _monday,
        sign=b"W",
    ),
]
_OF_ASCII = [
    replacement(rb"'\d", rb"(?m)(^|[,;\t])'(?=\d[-\d./ T:]*(?:[,;\t]|$))", rb"\1", sign=b"'"),
    *(
        replacement(  # 2025-06-14T00:00:00Z,0:05
            rb"\d%b[\",;\t]" % midnight,
            rb"(?<=\d)%b(?=[\",;\t][^\d\n]*\d?\d:\d\d)" % midnight,
            b"",
            sign=midnight[:6],
            shares=_ALL,
        )
        for midnight in (rb"T00:00(?::00(?:\.0+)?)?Z?", rb" 00:00(?::00(?:\.0+)?)?Z?")
    ),
    *(
        replacement(  # 14/06/2568
            rb"(?<!\d)25[67]\d[-/]\d\d?[-/]\d|\d[-/]25[67]\d(?!\d)",
            _DATE_OF_THAILAND,
            functools.partial(_with_years, -543),
            sign=sign,
        )
        for sign in (b"256", b"257")
    ),
]
_OTHERS = [
    replacement(b"|".join(_ERAS), _DATE_OF_ERA, _of_era),
    replacement(rb"(?m)^\"?1[0-4]\d[-/.]\d", _DATE_OF_TAIWAN, functools.partial(_with_years, 1911)),
    replacement("년|年".encode(), _EASTERN_DATE, rb"\1-\2-\3"),
    replacement(_OF_YEAR, _OF_YEAR, b""),
    replacement("시|時|时".encode(), _EASTERN_CLOCK, _with_colons),
    replacement("오|上|下|午|π|μ|ص|م".encode(), _HALF_DAY, _with_half),
]
_NOON = replacement(
    rb"\d (?:Noon|Midnight)",
    rb"(?<=\d )(?:(Noon)|Midnight)(?=[\",;\t\n])",
    lambda found: b"12:00 PM" if found[1] else b"12:00 AM",
)
"""Few rows have them."""


def zone_of_times(first: bytes) -> str:
    """Return the name of a zone behind times without an offset, such as `Europe/Berlin`; "" for none."""
    found = _NAMED_ZONE.search(rows_of(first)) if b"/" in first else None
    return "" if found is None else found[2].decode()


def steps_of_times(first: bytes, zone: str) -> list[Step]:
    """Return how the times are rewritten in a file that begins with these lines.

    `zone` is the name that `zone_of_times` finds; it is left out.
    """
    rows = rows_of(first)
    has_letters = rows.lower() != rows.upper()
    found = [*_WITH_LETTERS, *_OF_ASCII] if has_letters else _OF_ASCII
    steps = steps_of(found if first.isascii() else [*_OTHERS, *_WITH_LETTERS, *_OF_ASCII], rows)
    steps += steps_of([_NOON], first) if has_letters and (b"Midnight" in first or b"Noon" in first) else []
    steps += dates_filled(first, rows)
    if zone:
        steps.append(functools.partial(re.compile(rb"(?<=\d) ?\[?%b\]?" % zone.encode()).sub, b""))
    return steps


def rows_of(first: bytes) -> bytes:
    """Return the last of the first lines of a file, which are rows; all of them if they are few."""
    return first[first.rfind(b"\n", 0, -_BYTES_OF_ROWS) + 1 :]
