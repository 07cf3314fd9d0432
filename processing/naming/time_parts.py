"""The names of columns that hold one part of a time each, such as the year or the hour."""

import functools
import re
from typing import Final

from processing.model.channels import MAX_CHARACTERS
from processing.naming.synonyms import kind_by_name, normal
from processing.times.time_formats import TimeFormat, time_format

DIRECTIVE_OF: Final = kind_by_name(
    {
        "%Y": "year, yr, yyyy, jahr, año, ano, anno, année, annee, jaar, rok, år, vuosi, год, 年",
        "%m": """
            month, months, mo, mon, mth, monat, monate, mes, mês, mese, mois, maand, měsíc, miesiąc, kuukausi,
            месяц, 月
        """,
        "%d": "day, dy, dd, day of month, dom, tag, día, dia, giorno, jour, dag, den, dzień, päivä, день, 日",
        "%j": "doy, day of year, day number, julian, julian day, jday, jdoy, yday, ordinal day",
        "%H": """
            hour, hr, hh, hours, hour of day, he, hour ending, stunde, stunden, std, hora, heure, ora, uur,
            godzina, час, 时, 時
        """,
        "%M": "minute, min, mn, minutes, mins, minuto, minuti, minuut, minuten, минута, 分",
        "%S": "second, sec, ss, seconds, secs, sekunde, segundo, secondo, seconde, секунда, 秒",
        "%H%M": "hhmm, hour minute, hourmin, time hhmm, clock hhmm",
    }
)
"""The directive of strptime for a part, by the name of the column."""

STEP_OF: Final = kind_by_name(
    {
        "+1 hours": "decimal hour, hour decimal, decimal time, dezimalstunde, hora decimal, heure décimale",
        "+1 minutes": "minute of day, minute of the day, minutes of day, minutes since midnight",
        "+1 seconds": "second of day, second of the day, seconds of day, seconds since midnight",
        "+30 minutes from 1": "settlement period, trading period",
        "+30 minutes": "half hour, half hour of day",
        "+15 minutes": "quarter hour, quarter hour of day, viertelstunde, quart d'heure, cuarto de hora, ptu",
        "+": """
            slot, time slot, slot number, period, time period, period number, interval, time interval,
            interval number, time step, time block, block number, periode, période, periodo, período,
            intervall, intervalo, intervallo
        """,
    }
)
"""How long each step of a day is that a column counts, by its name; a plus alone: the numbers show it."""

HIGHEST: Final = {
    "%Y": 2100, "%y": 99, "%m": 12, "%d": 31, "%j": 366, "%H": 24, "%M": 59, "%S": 60, "%H%M": 2400,
}  # fmt: skip
"""The highest number that a part may be."""

COUNT_OF: Final = kind_by_name(
    {
        "julian": "jd, julian date, julian day number, jdn, jd utc, date jd, time jd, julian days",
        "mjd": "mjd, modified julian date, modified julian day, mjd utc, date mjd, time mjd",
        "matlab": "datenum, matlab datenum, matlab time, matlab date, matlab serial date, time matlab",
        "excel": "excel date, excel time, excel serial, excel serial date, serial date",
        "excel_1904": "date1904, excel 1904, time1904, serial date 1904, mac date",
        "ticks": "net ticks, .net ticks, dotnet ticks, datetime ticks",
        "epoch": "unix s, epoch s, time unix, timestamp s, unixtimestamp, epoch seconds, posix, posix time",
        "epoch_ms": "unix ms, epoch ms, timestamp ms, time ms, unix millis, epoch millis, millis since epoch",
        "epoch_us": "unix us, epoch us, timestamp us, time us, unix micros, epoch micros, unix µs, epoch µs",
        "epoch_ns": "unix ns, epoch ns, timestamp ns, time ns, unix nanos, epoch nanos",
    }
)
"""Which count of days, seconds or their parts a column of numbers has, by its name."""
OTHER_COUNTS: Final = kind_by_name(
    {
        "seconds since 1980-01-06": "gps seconds, gps time, gps s, gps second",
        "seconds since 1904-01-01": "labview time, labview timestamp, labview seconds, mac time, mac seconds",
        "seconds since 1900-01-01": "ntp time, ntp seconds, ntp timestamp",
        "seconds since 2000-01-01": "seconds since 2000, secs since 2000, j2000 seconds, y2k seconds",
        "seconds since 2001-01-01": "cocoa time, core data time, nsdate, apple time, cfabsolutetime",
    }
)
"""Counts that are offered, since their clock or their start may differ: that of GPS has no leap seconds."""
_LETTER = re.compile("y{1,4}|yr|m{1,2}|m[ino]|d{1,2}|dy|h{1,2}|hr|s{1,2}")
_LETTERS = re.compile("(?:ymd|dmy|mdy)hm?s?")


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def parts_by_letters(names: tuple[str, ...]) -> dict[str, int]:
    """Return the places of the parts of a time whose names are letters side by side: `YY MM DD hh mm ss`.

    An m is a month beside the year and the day, and a minute behind the hour.
    """
    letters = "".join(name[0] if _LETTER.fullmatch(name) else " " for name in map(normal, names))
    if (found := _LETTERS.search(letters)) is None:
        return {}
    date, clock = found[0][:3], found[0][3:]
    directives = [f"%{letter.replace('y', 'Y')}" for letter in date] + [
        f"%{letter.upper()}" for letter in clock
    ]
    return {directive: at for at, directive in enumerate(directives, found.start())}


def are_of_date(names: tuple[str, ...]) -> bool:
    """Return whether some of these names are those of the parts of a date."""
    found = {DIRECTIVE_OF.get(normal(name), "") for name in names} | parts_by_letters(names).keys()
    return "%Y" in found and len(found - {""}) >= _MIN_PARTS


_WORD = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_WORD_KINDS = kind_by_name(
    {
        "end": """
            end, ends, ended, ending, finish, until, he, bis, ende, fin, fine, fim, hasta, eind, einde,
            konec, koniec, slut, loppu, lopetusaika, päättymisaika, hourending, intervalend, periodend,
            endtime, timeend
        """,
        "time": """
            time, date, datetime, timestamp, stamp, hour, hours, minute, minutes, min, interval, period,
            slot, reading, read, measurement, metering, meter, sample, local, utc, gmt, of, the, at, and,
            zeit, uhrzeit, zeitstempel, datum, intervall, zeitraum, messung, stunde, heure, de, la, du,
            période, periode, intervalle, hora, fecha, del, intervalo, periodo, período, ora, data, di,
            intervallo, tijd, godzina, czas, okresu, aika, tid
        """,
    }
)
"""What words mean in the name of a column with the ends of intervals."""


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case: those of `periodEnd` are period and end."""
    return [word.casefold() for word in _WORD.findall(name)]


@functools.lru_cache(maxsize=1024)  # the first cells of a fleet's files are few
def marks_end(name: str) -> bool:
    """Return whether a column of times has the ends of intervals by its name, such as `Hour ending`."""
    kinds = [_WORD_KINDS.get(word) for word in words_of(name)]
    return "end" in kinds and None not in kinds


_MIN_PARTS = 3
"""Of a pattern, marks included, such as `HH:mm`, and of a time whose parts have columns."""
_PATTERN_PARTS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "m": "%M",
    "ss": "%S",
    "s": "%S",
    "fff": "%f",
    "SSS": "%f",
    "tt": "%p",
    "a": "%p",
}
"""What the letters of a pattern such as `dd.MM.yyyy HH:mm` stand for."""


@functools.lru_cache(maxsize=1024)  # the first cells of a fleet's files are few
def format_of_pattern(cell: str) -> TimeFormat | None:
    """Return the format that a header states as `dd.MM.yyyy HH:mm` or in brackets; None if it states none.

    A letter alone is none: it may be a unit, such as h.
    """
    text = cell.strip().removeprefix("[").removesuffix("]")
    if len(text) > MAX_CHARACTERS:
        return None
    parts = re.findall(r"([A-Za-z])(\1*)|([^A-Za-z]+)", text)
    found = [_PATTERN_PARTS.get(first + more, "") if first else mark for first, more, mark in parts]
    if "" in found or "%" in text or len(found) < _MIN_PARTS:
        return None
    try:
        return time_format("".join(found))
    except ValueError:
        return None


_SINCE = re.compile(
    r"\b(day|hour|minute|second)s? since (\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::00(?:\.0+)?)?)?(?! ?\d)",
    re.IGNORECASE | re.ASCII,
)


@functools.lru_cache(maxsize=1024)  # the header cells of a fleet are few
def stated_format(cell: str) -> TimeFormat | None:
    """Return the format of times that a header cell states; None if it states none.

    That is a pattern such as `dd.MM.yyyy HH:mm`, a count such as `seconds since 2025-06-10`, or the name of
    a count such as `Julian date`.
    """
    if (since := _SINCE.search(cell)) is not None:
        start = " ".join(filter(None, (since[2], since[3])))
        return time_format(f"{since[1].lower()}s since {start}")
    name = normal(cell.partition("(")[0].partition("[")[0])
    count = COUNT_OF.get(name) or OTHER_COUNTS.get(name)
    return format_of_pattern(cell) if count is None else time_format(count)
