"""Columns that together make a time, such as a date and a time of day, and columns of ends of intervals."""

import functools
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from processing.head.cell_kinds import holds_clock, holds_date, holds_full_time, holds_number, holds_time
from processing.head.day_steps import are_steps
from processing.head.header_cells import Header, bare
from processing.head.samples import all_hold, are_numbers
from processing.naming.synonyms import BEGIN_WORDS, END_WORDS, TIME_NAMES
from processing.naming.time_parts import DIRECTIVE_OF, STEP_OF, parts_by_letters, words_of
from processing.naming.unit_cells import cells_at
from processing.times.months import MONTHS

_DATES = (("%Y", "%m", "%d"), ("%Y", "%j"))
_CLOCKS = (("%H", "%M", "%S"), ("%H", "%M"), ("%H",), ("%H%M",))
_NO_YEAR = ("%m", "%d")
_TIMES = {(*date, *clock) for date in (*_DATES, _NO_YEAR) for clock in (*_CLOCKS, ("",), ())}
_MONTH = ("%Y", "%m")
_TIMES |= {("", *clock) for clock in _CLOCKS} | {_MONTH}
"""The combinations of parts of times that are read; an empty part is detected."""
_OF_HOUR = re.compile(r"(?:^|[ ._])hour[ ._]of[ ._](?:period|interval)|(?:first|start(?:ing)?)[ ._]hour$")
"""The name of the hour in which an interval begins, beside the parts of a date."""
_FROM_MIDNIGHT = {"%M": "+1 minutes", "%S": "+1 seconds"}
"""What a column counts if no other one has the hours, or the minutes."""
_HHMM = re.compile(r"(?:[01]?\d|2[0-4])?[0-5]\d|\d")
_HALF_DAY = r"^(.*?) ?([AaPp]\.?[Mm]\.?)$"
_FIRST_MINUTE, _LAST_MINUTE = r"\d:[0-5][05](?::00)?$", r"\d:[0-5][49](?::59)?$"
"""Times at which intervals begin, and the last minute or second before others do."""
_MIN_SHARED = 2
_MIN_ROWS_OF_DATE = 2
_UTC_NAME = re.compile(r"(?<![a-z])(?:utc|gmt|zulu)(?![a-z]| ?[+-]\d)", re.IGNORECASE)
_TO_NEXT_HOUR = re.compile(r"\d\d? ?[-\u2013] ?\d\d?(?: ?[A-Za-z]{1,5}\.?)?")
"""An hour and the one at which its interval ends, such as `0 - 1 Uhr`."""
_EPOCH = re.compile(r"1\d{9}(?:\.\d+)?|1\d{12}")
_QUARTER, _FARTHEST_ZONE = timedelta(minutes=15), timedelta(hours=14)
_CLOCKS_COMPARED, _MIN_INSTANTS = 2, 3


def ends_of_intervals(header: Header, sample: list[list[str]]) -> frozenset[int]:
    """Return the places of the ends of intervals whose beginnings have columns of their own.

    Their names differ in a word such as from and until, and in the sample of rows most times at which
    intervals end are times at which others begin, or the minute or the second before. For this, a date and a
    time of day are joined.
    """
    pairs = [pair for pair in _named_pairs(header) if all(all_hold(holds_time, at, sample) for at in pair)]
    if not pairs:
        return frozenset()
    firsts, lasts = ({_joined(row, places) for row in sample} for places in zip(*pairs, strict=True))
    shared = len(lasts & firsts)
    is_chain = shared >= _MIN_SHARED and 2 * shared > len(lasts)
    is_chain = is_chain or (_all_end(firsts, _FIRST_MINUTE) and _all_end(lasts, _LAST_MINUTE))
    return frozenset(end for _, end in pairs) if is_chain else frozenset()


def _all_end(times: set[tuple[str, ...]], pattern: str) -> bool:
    """Return whether all times end so."""
    return all(re.search(pattern, time[-1]) is not None for time in times)


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _named_pairs(header: Header) -> list[tuple[int, int]]:
    """Return the columns whose names differ in a word for the beginning and one for the end."""
    begins, ends = (_by_other_words(header, known) for known in (BEGIN_WORDS, END_WORDS))
    return [(at, ends[words]) for words, at in begins.items() if words in ends]


def _by_other_words(header: Header, known: frozenset[str]) -> dict[tuple[str, ...], int]:
    """Return the columns with exactly one of the known words in their names, by their other words."""
    found = {}
    for at in reversed(range(len(header))):
        words = words_of(header[at].text)
        others = tuple(word for word in words if word not in known)
        if len(others) == len(words) - 1:
            found[(*others, *re.findall(r"\d+", header[at].text))] = at
    return found


def date_and_clock(places: Sequence[int], sample: list[list[str]]) -> tuple[int, ...]:
    """Return the only column of dates and the only one of times of day, if they belong together; else ().

    They belong together if most dates have several rows, sorted by the time of day. A time that occurs once
    for each date has another meaning, such as sunrise.
    """
    dates = [at for at in places if all_hold(holds_date, at, sample)]
    clocks = [at for at in places if all_hold(holds_clock, at, sample)]
    if (len(dates), len(clocks)) != (1, 1):
        return ()
    pair, days = (dates[0], clocks[0]), dict[str, dict[str, None]]()
    for row in sample:
        date, clock = _joined(row, pair)
        days.setdefault(date, {})[clock] = None
    are_several = sum(map(len, days.values())) >= _MIN_ROWS_OF_DATE * len(days)
    are_sorted = all(list(each) in (sorted(each), sorted(each, reverse=True)) for each in days.values())
    return pair if are_several and are_sorted else ()


def _joined(row: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """Return the cells of a row in these places; times of day sort as they follow each other."""
    cells = (row[at].strip() if at < len(row) else "" for at in places)
    padded = (re.sub(r"^\d(?!\d)", r"0\g<0>", cell) for cell in cells)
    return tuple(re.sub(_HALF_DAY, r"\2 \1", re.sub(r"^12(?=.*[AaPp])", "00", cell)) for cell in padded)


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def parts_by_name(header: Header) -> dict[str, int]:
    """Return the places of the columns that hold one part of a time each, such as the year."""
    found: dict[str, list[int]] = {}
    for at, cell in enumerate(header):
        parts = (DIRECTIVE_OF.get(bare(name)) or STEP_OF.get(bare(name)) for name in cell.names)
        directive = next(filter(None, parts), "")
        if directive and not cell.time_format:
            found.setdefault(directive, []).append(at)
    if "%H" not in found and {"%m", "%d"} <= found.keys():
        found["%H"] = [at for at, cell in enumerate(header) if _OF_HOUR.search(cell.text.casefold())]
    single = {directive: places[0] for directive, places in found.items() if len(places) == 1}
    return single | parts_by_letters(tuple(cell.text for cell in header))


def _named_parts(header: Header, sample: list[list[str]]) -> dict[str, int]:
    """Return the places of the parts of a time; a day above 31 without a month is that of the year."""
    named = parts_by_name(header)
    if len(clocks := named.keys() & {"%H", "%M", "%S"}) == 1:
        named = {_FROM_MIDNIGHT.get(one, one): at for one, at in named.items()}
    if not clocks and named.keys() >= {*_MONTH}:
        times = (at for at, cell in enumerate(header) if bare(cell.text) in TIME_NAMES)
        numeric = [at for at in times if all_hold(_HHMM.fullmatch, at, sample)]
        if numeric and max(map(len, cells_at(numeric[0], sample))) >= len("100"):
            named = named | {"%H%M": numeric[0]}
    at = named.get("%d")
    if at is None or "%m" in named or "%j" in named or "%Y" not in named:
        return named
    is_of_year = are_numbers(at, "%j", sample) and not are_numbers(at, "%d", sample)
    return {("%j" if one == "%d" else one): place for one, place in named.items()} if is_of_year else named


def is_hour(name: str) -> bool:
    """Return whether a column is named like the hour of a time."""
    return DIRECTIVE_OF.get(bare(name)) == "%H"


def has_parts(header: Header) -> bool:
    """Return whether names are those of the parts of a date."""
    return any(set(parts_by_name(header)).issuperset(date) for date in (*_DATES, _MONTH))


def places_of_parts(header: Header, sample: list[list[str]]) -> tuple[int, ...]:
    """Return the places of the columns of the parts of a time, from the year on, or nothing.

    Beside a column of hours, one column of dates may replace the parts of a date; beside the parts of a date,
    one of times of day may replace those of the time. If there is a column of full times, the parts do not
    count.
    """
    named = _named_parts(header, sample)
    if not named or any(all_hold(holds_full_time, at, sample) for at in range(len(header))):
        return ()
    written = {at: _directive_of(at, name, sample) for name, at in named.items()}
    parts = {one.replace("%b", "%m"): at for at, one in written.items() if one}
    dates, clocks = (
        [(at,) for at in range(len(header)) if all_hold(test, at, sample)]
        for test in (holds_date, holds_clock)
    )
    if "%H" in named and len(dates) == 1 and all_hold(_TO_NEXT_HOUR.fullmatch, named["%H"], sample):
        return (*dates[0], named["%H"])
    date = next((tuple(map(parts.get, one)) for one in _DATES if parts.keys() >= set(one)), ())
    clock = next((tuple(map(parts.get, one)) for one in _CLOCKS if parts.keys() >= set(one)), ())
    has_day = any(DIRECTIVE_OF.get(bare(cell.text), "%Y") not in _MONTH for cell in header)
    if not (clock or clocks) and len(dated := [date] if date else dates) == 1:
        clock = next(((at,) for one, at in parts.items() if are_steps(at, one, dated[0], sample)), ())
    if date:
        clock = clock or (clocks[0] if len(clocks) == 1 else ())
    elif not (dates or clocks or has_day) and parts.keys() >= set(_MONTH):
        date = (parts["%Y"], parts["%m"])
    elif clock and len(dates) == 1 and not clocks:
        date = dates[0]
    elif not dates and parts.keys() >= set(_NO_YEAR):
        date, clock = (parts["%m"], parts["%d"]), clock or next(iter(clocks), ())
    places = (*date, *clock) if date else ()
    return tuple(at for at in places if at is not None)


def directives_of(header: Header, places: Sequence[int], sample: list[list[str]]) -> tuple[str, ...]:
    """Return the directive of strptime for each column of a time; empty if it must be detected."""
    names = {at: _directive_of(at, name, sample) for name, at in _named_parts(header, sample).items()}
    found = tuple(names.get(at, "") for at in places)
    if tuple(re.sub(r"\+.*", "%H", name.replace("%b", "%m")) for name in found) not in _TIMES:
        return ("",) * len(places)
    return tuple(
        "%y" if name == "%Y" and are_numbers(at, "%y", sample) else name
        for at, name in zip(places, found, strict=True)
    )


def _directive_of(at: int, name: str, sample: list[list[str]]) -> str:
    """Return the directive of a column with this one by its name; empty if its cells are something else.

    Hours may be written as 0, 100 to 2300, and months by their names. Those such as 1 PM are times of day.
    """
    cells = [*cells_at(at, sample)]
    if name == "%H" and all(cell[-1:] in "Mm" for cell in cells):
        return ""
    if name == "%H" and not all(map(str.isdigit, cells)):
        name = "+1 hours" if not _have_minutes(cells) else ""
    if name.startswith("+"):
        return name if all_hold(holds_number, at, sample) else ""
    if name == "%m" and all(cell.rstrip(".").lower() in MONTHS for cell in cells):
        return "%b"
    if name == "%H" and any(len(cell) > len("24") for cell in cells):
        name = "%H%M" if all(cell == "0" or cell.endswith("00") for cell in cells) else ""
    return name if name and are_numbers(at, name, sample) else ""


def _have_minutes(cells: Sequence[str]) -> bool:
    """Return whether numbers such as 13.15 and 13.30 have minutes behind the sign, and no parts of hours."""
    parts = [cell.replace(",", ".").partition(".")[2].ljust(2, "0") for cell in cells]
    return all(len(part) == len("30") and part < "60" for part in parts) and not {*parts} <= {"00", "50"}


def of_two_clocks(header: Header, places: Sequence[int], sample: list[list[str]]) -> int | None:
    """Return the better one of two columns of times with the same instants, or None.

    The times are in ISO 8601 or count from 1970. The better one has offsets, or counts; if neither does, it
    is the one that is not called UTC, because its hours are those of the site. In each row, the two differ by
    the offset of a time zone. Of two that do not differ at all, it is the first one.
    """
    if len(places) != _CLOCKS_COMPARED or len(sample) < _MIN_INSTANTS:
        return None
    try:
        times = [[_time_in(row[at].strip()) for row in sample] for at in places]
    except (IndexError, ValueError):
        return None
    aware = [at for at, each in enumerate(times) if all(time.tzinfo is not None for time in each)]
    utc = [at for at, place in enumerate(places) if _UTC_NAME.search(header[place].text)]
    best = aware if len(aware) == 1 else [1 - at for at in utc]
    best = [0] if len({*times[0]}) > 1 and times[0] == times[1] and not best else best
    instants = [
        [time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time for time in each]
        for each in times
    ]
    apart = {one - other for one, other in zip(*instants, strict=True)}
    is_zone = len(apart) == 1 and not (offset := apart.pop()) % _QUARTER and abs(offset) <= _FARTHEST_ZONE
    return places[best[0]] if is_zone and len(best) == 1 else None


def _time_in(cell: str) -> datetime:
    """Return the time in a cell. Raises ValueError if it is neither in ISO 8601 nor counts from 1970."""
    if _EPOCH.fullmatch(cell) is None:
        return datetime.fromisoformat(cell)
    return datetime.fromtimestamp(float(f"{cell[:10]}.{cell[10:].lstrip('.') or 0}"), UTC)
