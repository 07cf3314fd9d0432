"""The header among the first lines of a file: its delimiter, its names, its units, and where rows begin."""

import bisect
import functools
import re
from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from processing.head.advice import rejected, shown
from processing.head.cell_kinds import holds_clock, holds_full_time, is_aggregate
from processing.head.column_kinds import channel_of, names_devices, times_by_name
from processing.head.header_cells import Header, HeaderCell, header_of, is_merged, matches
from processing.head.lines import Line, cut, is_reading, is_units_line, is_wide
from processing.head.samples import has_unnamed_numbers, has_unnamed_times, have_times
from processing.head.unheaded import lines_with_parts, no_header
from processing.layout.intervals import has_parts
from processing.model.channels import CHANNELS, is_enough
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.safe_text import counted
from processing.naming.synonyms import LONG_NAMES, VALUE_NAMES, normal

MAX_PREAMBLE_LINES = 100
"""The header is one of these first lines."""

DELIMITERS = (",", ";", "\t", "|")
_SEP = re.compile(r'"?sep=([\x01-\x7f])"?', re.IGNORECASE | re.ASCII)
_MAX_UNITS_LINES = 3
_MAX_HEADER_CHARACTERS = 10_000
_MAX_COLUMNS = 10_000
"""The most columns that a profile can name by their places."""
_SHOWN = 5


class FoundHeader(NamedTuple):
    """The header of a file, or of a section of it."""

    delimiter: str
    cells: Header
    line: int
    """0 if the file has none."""
    first_row_line: int
    is_ended: bool = False  # by a delimiter


def find_header(
    texts: Sequence[tuple[int, str]], profile: Profile, *, is_all: bool = True
) -> FoundHeader | None:
    """Return the header among these numbered lines, which are neither blank nor comments.

    None if no line can be one, or if it may come after these lines. Raises RejectedFileError for a table
    without a header, or with a day in each row.
    """
    delimiters = _delimiters(profile)
    announced = _SEP.fullmatch(texts[0][1].strip()) if texts else None
    if announced is not None:
        texts = texts[1:]
        delimiters = (announced[1],) if profile.csv.delimiter == "auto" else delimiters
    whole = "\n".join([text for _, text in texts])
    present = [each for each in delimiters if each in whole] or [*delimiters[:1]]
    tables: dict[str, list[Line]] = {}
    found = _complete(texts, present, tables, profile) if profile.csv.header == "auto" else None
    if found is None:
        tables = {each: tables.get(each) or cut(texts, each) for each in present}
        if profile.csv.header is False:
            return _without_header(tables, profile)
        if isinstance(profile.csv.header, int):
            return _at_line(tables, profile.csv.header, profile)
        _check_wide(tables)
        found = _above_readings(tables) or (_best(tables, profile) if is_all else None)
    if found is not None and len(found.cells) > _MAX_COLUMNS:
        columns = f"at least {counted(len(found.cells), 'column')}"
        columns += f", the first of them {shown(cell.text for cell in found.cells[:_SHOWN])}"
        message = f"line {found.line} has {columns}; at most {_MAX_COLUMNS} columns are read"
        raise RejectedFileError("too_large", message)
    return found


def _delimiters(profile: Profile) -> tuple[str, ...]:
    """Return the delimiters that a file may have; a tab stands for blanks."""
    own = profile.csv.delimiter
    return DELIMITERS if own == "auto" else (own.replace(" ", "\t"),)


def _without_header(tables: dict[str, list[Line]], profile: Profile) -> FoundHeader | None:
    names = profile.csv.columns
    fits = {d: sum(line.width == len(names) for line in lines) for d, lines in tables.items()}
    delimiter = max(fits, key=lambda each: (fits[each], sum(map(is_reading, tables[each]))))
    if not tables[delimiter]:
        return None
    first = tables[delimiter][0]
    if not fits[delimiter]:
        message = f"columns has {counted(len(names), 'name')}; line {first.number} has {shown(first.cells)}"
        raise rejected("missing_columns", message, first.number)
    return FoundHeader(delimiter, tuple(HeaderCell((name,)) for name in names), 0, first.number)


def _at_line(tables: dict[str, list[Line]], number: int, profile: Profile) -> FoundHeader:
    found = [
        (recognised(header_of(line), profile), delimiter, at)
        for delimiter, lines in tables.items()
        for at, line in enumerate(lines)
        if line.number == number
    ]
    if not found:
        message = f"the profile's csv.header is line {number}, which is blank, a comment, or not there"
        raise rejected("missing_columns", message, number)
    _, delimiter, at = max(found, key=lambda one: one[0])
    return _found(delimiter, tables[delimiter], at, 1)


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def recognised(header: Header, profile: Profile) -> tuple[bool, int]:
    """Return whether the names are enough to read a file, and how many of them are known."""
    named = {name for name in CHANNELS if _is_named(profile.channels[name].names, header)}
    channels = named | {channel for cell in header if (channel := channel_of(cell)) is not None}
    has_time = times_by_name(header).are_found or has_parts(header) or _is_named(profile.csv.times, header)
    is_long = has_time and long_places(header, profile) is not None
    return is_long or (has_time and is_enough(channels)), len(channels) + has_time + is_long


def _is_named(names: Sequence[object], header: Header) -> bool:
    return any(isinstance(name, str) and bool(matches(name, header)) for name in names)


@functools.lru_cache(maxsize=128)
def long_places(header: Header, profile: Profile) -> tuple[int, int] | None:
    """Return the places of the names and of the values in a file with one reading a row, or None."""
    if profile.csv.long is not None:
        pair = profile.csv.long.name, profile.csv.long.value
        places = [found[0] for name in pair if isinstance(name, str) and (found := matches(name, header))]
        return (places[0], places[1]) if len(places) == len(pair) else None
    names = [at for at, cell in enumerate(header) if normal(cell.text) in LONG_NAMES]
    values = [at for at, cell in enumerate(header) if normal(cell.text) in VALUE_NAMES]
    is_long = len(names) >= 1 and len(values) == 1 and not any(channel_of(cell) for cell in header)
    return (names[0], values[0]) if is_long else None


def _complete(
    texts: Sequence[tuple[int, str]],
    delimiters: Sequence[str],
    tables: dict[str, list[Line]],
    profile: Profile,
) -> FoundHeader | None:
    """Return the first line, or two lines, whose names are enough to read the file.

    `tables` gets the lines cut by each delimiter that had to be tried.
    """
    for number, text in texts[:MAX_PREAMBLE_LINES]:
        found: list[tuple[tuple[int, int], str, int]] = []
        for delimiter in (each for each in delimiters if each in text):
            if delimiter not in tables:
                tables[delimiter] = cut(texts, delimiter)
            lines = tables[delimiter]
            at = bisect.bisect_left(lines, number, key=itemgetter(0))
            if at < len(lines) and lines[at].number == number and len(lines[at].cells) > 1:
                found.append((_names_at(lines, at, profile), delimiter, at))
        (known, count), delimiter, at = max(found, key=itemgetter(0), default=((0, 0), "", 0))
        if known:
            return _found(delimiter, tables[delimiter], at, -count)
    return None


def _names_at(lines: list[Line], at: int, profile: Profile) -> tuple[int, int]:
    """Return how many names are known from a line on (0 if too few), and minus the number of its lines."""
    if is_reading(lines[at]) or _is_under_names(lines, at):
        return 0, 0
    for count in (1, 2):
        group = lines[at : at + count]
        if len(group) < count or (count > 1 and not _continues(*group)):
            break
        is_complete, known = recognised(_with_units(lines, at, count)[0], profile)
        if is_complete:
            return known, -count
    return 0, 0


def _is_under_names(lines: list[Line], at: int) -> bool:
    """Return whether a line holds the units of the names in the line above it."""
    if not at or lines[at - 1].width != lines[at].width or not is_units_line(lines[at]):
        return False
    upper, lower = (times_by_name(header_of(line)).are_found for line in lines[at - 1 : at + 1])
    return (upper or not lower) and not is_units_line(lines[at - 1]) and not is_reading(lines[at - 1])


def _continues(upper: Line, lower: Line) -> bool:
    """Return whether the names of a line continue in the next one."""
    is_alike = upper.width == lower.width or is_merged(upper.cells, lower.cells)
    is_wide = lower.width > 2  # noqa: PLR2004 - a preamble has lines of two cells
    repeats = len(set(upper.cells)) < len(upper.cells) or names_devices(upper.cells)
    is_row = is_reading(lower) or any(map(holds_full_time, lower.cells))
    return is_alike and is_wide and repeats and not is_row and not any(map(is_units_line, (upper, lower)))


def _found(delimiter: str, lines: list[Line], at: int, count: int) -> FoundHeader:
    cells, last = _with_units(lines, at, count)
    rows = lines[lines.index(last) + 1 :]
    is_longer = any(len(row.cells) > len(cells) for row in rows)
    if is_longer and has_unnamed_times(len(cells), rows) and not times_by_name(cells).are_found:
        cells = (*cells, HeaderCell(("",)))
    elif is_longer and has_unnamed_numbers(len(cells), rows):
        cells = (HeaderCell(("",)), *cells)
    return FoundHeader(delimiter, cells, lines[at].number, last.number + 1, len(lines[at].cells) > len(cells))


def _with_units(lines: list[Line], at: int, count: int) -> tuple[Header, Line]:
    """Return the names of `count` lines with the units under or over them, and the last line of both."""
    header, above = lines[at : at + count], lines[max(0, at - 1) : at]
    after = at + count
    units: list[Line] = []
    for line in lines[after : after + _MAX_UNITS_LINES]:
        if is_reading(line) or not is_units_line(line):
            break
        units.append(line)
    last = [*header, *units][-1]
    if not units and above and above[0].width >= header[0].width > 1 and is_units_line(above[0]):
        units = above
    cells = header_of(*header)
    if units:
        padded = [line.cells + ("",) * len(cells) for line in units]
        below = [[line[at] for line in padded] for at in range(len(cells))]
        if len(set(cells)) < len(cells):  # kinds such as `avg` tell them apart
            kinds, counts = (" ".join(filter(is_aggregate, texts)) for texts in below), Counter(cells)
            pairs = zip(cells, kinds, strict=True)
            named = tuple(cell.named_also(kind) if counts[cell] > 1 else cell for cell, kind in pairs)
            cells = named if len(set(named)) == len(named) else cells
        cells = tuple(
            cell._replace(unit=_unit_among(texts)) for cell, texts in zip(cells, below, strict=True)
        )
    return cells, last


def _unit_among(texts: Sequence[str]) -> str:
    """Return the unit among the cells under a name; empty for none."""
    bare = (text.strip("()[]") for text in texts)
    return next((text for text in bare if text and not is_aggregate(text)), "")


def _above_readings(tables: dict[str, list[Line]]) -> FoundHeader | None:
    """Return the line above the first readings, whatever its names are."""
    found = {}
    for delimiter, lines in tables.items():
        readings = [at for at, line in enumerate(lines) if is_reading(line)] or lines_with_parts(lines)
        if readings:
            widths = [lines[at].width for at in readings]
            usual = max(dict.fromkeys(widths), key=widths.count)
            found[delimiter] = (len(readings) * (usual > 1), readings[widths.index(usual)])
    if not found:
        return None
    delimiter = max(found, key=lambda each: (found[each][0], -len(each)))
    lines, first = tables[delimiter], found[delimiter][1]
    row = lines[first]
    possible = {row.width, len(row.cells), row.width - holds_full_time(row.cells[-1])}
    possible.add(row.width - has_unnamed_numbers(row.width - 1, lines[first:]))
    for at in range(first - 1, -1, -1):
        if have_times(lines[at], row):
            continue  # a row without a reading
        is_longer = at == first - 1 and delimiter != "," and lines[at].width > max(possible)
        is_units = is_units_line(lines[at]) and (at > 0 or first > 1)
        if (lines[at].width in possible or is_longer) and not (is_units or is_reading(lines[at])):
            upper = at > 0 and _continues(lines[at - 1], lines[at])
            return _found(delimiter, lines, at - 1 if upper else at, 2 if upper else 1)
    raise no_header(row, lines[first:])


def _best(tables: dict[str, list[Line]], profile: Profile) -> FoundHeader | None:
    """Return the line with most known names."""
    ranked = [
        (recognised(header_of(line), profile), -line.number, delimiter, at)
        for delimiter, lines in tables.items()
        for at, line in enumerate(lines[:MAX_PREAMBLE_LINES])
    ]
    if not ranked:
        return None
    _, _, delimiter, at = max(ranked)
    return _found(delimiter, tables[delimiter], at, 1)


def _check_wide(tables: dict[str, list[Line]]) -> None:
    """Raise RejectedFileError for a table with a day in each row."""
    for line in (one for lines in tables.values() for one in lines if is_wide(one)):
        what = "time of day, so that a row is a whole day" if any(map(holds_clock, line.cells)) else "time"
        message = f"line {line.number} has a column for each {what}; expected a row for each time: "
        message += "turn the table around, or export it as a list"
        raise RejectedFileError("missing_columns", message, line.number)


def may_be_header(raw: bytes, profile: Profile) -> bool:
    """Return whether a line among the rows begins a section: its names are enough to read the lines below."""
    text = raw.decode("utf-8", "replace")
    if len(text) > _MAX_HEADER_CHARACTERS or not text.lstrip('"\ufeff ')[:1].isalpha():
        return False
    for delimiter in _delimiters(profile):
        others = text.partition(delimiter)[2]  # most broken rows have no name there, and cutting is slow
        lines = cut([(1, text)], delimiter) if others and re.search(r"[^\W\d_]", others) else []
        if lines and len(lines[0].cells) > 1 and recognised(header_of(lines[0]), profile)[0]:
            return True
    return False
