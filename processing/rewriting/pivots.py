"""Tables with times in the names of columns: years over months, months over years or days, days over hours.

Each row becomes a line for each of these columns, with both parts of its time in one cell. In a table with a
row for each year or quarter, these become their first days. A small table that lies on its side, with a whole
time in the name of each column, is turned round.
"""

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, zip_longest
from typing import NamedTuple

from processing.head.advice import without_year
from processing.head.cell_kinds import holds_clock, holds_date, holds_full_time, is_footer
from processing.head.dialect import cells_of, line_of
from processing.head.header_cells import bare
from processing.naming.time_parts import DIRECTIVE_OF
from processing.naming.unit_cells import named_like_units
from processing.naming.units import is_unit, label_of
from processing.rewriting.day_tables import DELIMITERS, QUANTITY, DayTable, table_below
from processing.times.months import MONTHS

_EXAMINED_LINES, _MIN_COLUMNS, _MAX_COLUMNS = 20, 2, 1000
_MIN_TIMES, _MAX_TURNED = 3, 120_000
"""The fewest times above a table that lies on its side, and its most bytes (a single block) and cells."""
_YEAR = re.compile(r"((?:19|20)\d\d)(?!\d|[-/.])\s*(.*)")
"""A year, and the unit behind it."""
_YEAR_IN = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTH_NUMBERS, _DAY_NUMBERS = range(1, 13), range(1, 32)


def _is_year(name: str) -> bool:
    return _YEAR.fullmatch(name) is not None


def _month_in(cell: str) -> str:
    """Return the number of the month that a name states, in words or as a number; empty for none."""
    name = cell.partition("(")[0].partition("[")[0].strip().casefold().rstrip(".")
    return MONTHS.get(name, name.lstrip("0") if name.isdecimal() and int(name) in _MONTH_NUMBERS else "")


def _is_day_of_month(cell: str) -> bool:
    return cell.isdecimal() and int(cell) in _DAY_NUMBERS


def _is_day(name: str) -> bool:
    return holds_date(name) and not _is_year(name) and not _month_in(name)


_ROW = re.compile(
    rb'"?(?:[A-Za-z\x80-\xff]|(?:19|20)\d\d(?:[-/ ]?Q| |"?[,;\t])|\d?\d(?::\d\d|"?[,;\t])|[1-4][a-z.]{0,2} )'
)
"""The beginning of a row: a month, a quarter, a year, a day or a time; the last line may be a total."""


class _Kind(NamedTuple):
    is_name: Callable[[str], object]
    is_row: Callable[[str], object]
    """Whether a cell is the first one of a row."""
    time_of: Callable[[str, str, str], str]
    """The time that the year, the first cell and a name make."""
    needs_year: bool = False
    """Whether only a line above the rows has the year. Not each cell has a day then."""


_KINDS = (
    _Kind(_is_year, _month_in, lambda _, row, name: f"{name[:4]}-{int(_month_in(row)):02}"),
    _Kind(_month_in, _is_year, lambda _, row, name: f"{row[:4]}-{int(_month_in(name)):02}"),
    _Kind(_is_day, holds_clock, lambda _, row, name: f"{name} {row}"),
    _Kind(
        _month_in,
        _is_day_of_month,
        lambda year, row, name: f"{year}-{int(_month_in(name)):02}-{int(row):02}",
        needs_year=True,
    ),
)


_ORDINALS = (b"first", b"second", b"third", b"fourth")
_OF_WORD = rb"(?:quarter|quartal|trimestre|kwartaal|kvartal|qtr\.?)"
_QUARTER = rb"(?:(?:Q|%b )(?P<%%b>[1-4])|(?P<%%b>[1-4]|%b)(?:st|nd|rd|th|er|e|\.)? ?%b)" % (
    _OF_WORD,
    b"|".join(_ORDINALS),
    _OF_WORD,
)
_PERIOD = re.compile(
    rb'(?mi)^"?(?:(?P<of>(?:19|20)\d\d)(?:[-/ ]?%b)?' % (_QUARTER % (b"q", b"q_word"))
    + rb'|%b(?: of |[-/ ])(?P<in>(?:19|20)\d\d))"?(?=[,;\t])' % (_QUARTER % (b"at", b"at_word"))
)
"""A year, or one with a quarter, in a first cell: `2025-Q1`, `1. Quartal 2025`, `first quarter of 2025`."""


class _Pivot(NamedTuple):
    delimiter: str
    kind: _Kind
    places: tuple[int, ...]
    names: tuple[str, ...]
    year: str
    """The only one in the lines above the rows; empty if there is none."""
    unit: str
    """The unit in the first cell of the header."""

    @property
    def header(self) -> str:
        """The new header, with the unit that all columns or the first cell state."""
        stated = {match[2] if (match := _YEAR.fullmatch(name)) else _unit_in(name) for name in self.names}
        stated = {self.unit} if self.unit and not any(stated) else stated
        quantity = f"{QUANTITY} {stated.pop()}".strip() if len(stated) == 1 else QUANTITY
        return line_of(("time", quantity), self.delimiter)

    def lines(self, text: str) -> Iterator[str]:
        """Yield the new lines of rows; blank ones for totals, and each other line as it is."""
        for line in text.split("\n")[:-1]:
            cells = cells_of(line, self.delimiter)
            if not cells or not self.kind.is_row(cells[0]):
                yield ("" if cells and is_footer(cells[0]) else line) + "\n" * len(self.places)
                continue
            for at, name in zip(self.places, self.names, strict=True):
                value = cells[at] if at < len(cells) else ""
                row = (self.kind.time_of(self.year, cells[0], name), value)
                yield ("" if self.kind.needs_year and not value else line_of(row, self.delimiter)) + "\n"


def turned_table_of(head: bytes) -> DayTable | None:
    """Return how a file is turned round if its columns are times and its rows readings; None for others.

    The first cells of a row name its reading, and may state its unit.
    """
    end = head.find(b"\n")
    if head.find(b":", 0, end) < 0 or len(head) > _MAX_TURNED:
        return None
    sign = max(DELIMITERS, key=head[:end].count).decode()
    names, *rows = (cells_of(line, sign) for line in head.decode("utf-8", "replace").split("\n") if line)
    first = next((at for at, name in enumerate(names) if holds_full_time(name)), 0)
    times = names[first:]
    if not first or len(times) < _MIN_TIMES or not all(map(holds_full_time, times)):
        return None
    if not 0 < len(rows) * len(times) <= _MAX_TURNED or not all(
        first < len(row) <= len(names) and not any(map(holds_full_time, row)) for row in rows
    ):
        return None
    titles, values = _titles(names[:first], [row[:first] for row in rows]), (row[first:] for row in rows)
    table = [["time", *titles], *map(list, zip_longest(times, *values, fillvalue=""))]
    turned = "".join(line_of(cells, sign) + "\n" for cells in table).encode()
    return DayTable(len(times), lambda block: turned if block == head else block)


def _titles(names: Sequence[str], cells: list[list[str]]) -> list[str]:
    """Return the name of each row of a table on its side, with its unit; equal names are numbered."""
    units = [at for at in named_like_units(names) if any(is_unit(row[at]) for row in cells)][:1]
    last = max(set(range(len(names))).difference(units), default=0)
    count, found = Counter(row[last] for row in cells), Counter[str]()
    titles = []
    for row in cells:
        found[row[last]] += 1
        number = f" {found[row[last]]}" if count[row[last]] > 1 else ""
        titles.append(row[last] + number + "".join(f" ({row[at]})" for at in units))
    return titles


def pivot_of(head: bytes, year_of: Callable[[], int | None]) -> DayTable | None:
    """Return how the lines of a file with these first lines are rewritten; None if it is no such table.

    `year_of` returns the year that a profile or the file's name has. Raises RejectedFileError if days over
    months have no year.
    """
    lines = head.split(b"\n", _EXAMINED_LINES)[:-1]
    if not any(map(_ROW.match, lines[-2:])):
        return None
    return _table_of(lines, year_of) or (
        DayTable(1, functools.partial(_PERIOD.sub, _first_day)) if _are_periods(lines) else None
    )


def _table_of(lines: Sequence[bytes], year_of: Callable[[], int | None]) -> DayTable | None:
    """Return how lines with a time in the name of each column are rewritten; None for others."""
    wide = ((at, max(DELIMITERS, key=line.count)) for at, line in enumerate(lines))
    at, sign = next((one for one in wide if lines[one[0]].count(one[1]) > 1), (0, b""))
    if not sign or lines[at].count(sign) > _MAX_COLUMNS:
        return None
    row = lines[at + 1].decode("utf-8", "replace") if at + 1 < len(lines) else ""
    first = row.partition(sign.decode())[0].strip('" ')
    texts = [line.decode("utf-8", "replace") for line in lines[: at + 1]]
    years = {*_YEAR_IN.findall("\n".join(texts))}
    year = years.pop() if len(years) == 1 else ""
    kinds = (one for one in _KINDS if one.is_row(first))
    found = next(filter(None, (_pivot(texts[at], one, sign.decode(), year) for one in kinds)), None)
    if found and found.kind.needs_year and not year:
        if (named := year_of()) is None:
            raise without_year("and neither a line above the table nor the name of the file has one", at + 1)
        found = found._replace(year=str(named))
    beginning = b"".join(one + b"\n" for one in lines[: at + 1])
    return found and table_below(beginning, found.header, len(found.places), found.lines)


def _are_periods(lines: Sequence[bytes]) -> bool:
    """Return whether rows of years or quarters follow each other; the name above years says that they are."""
    found = [match for line in lines if (match := _PERIOD.match(line)) is not None]
    quarters = [4 * int(one["of"] or one["in"]) + _quarter_in(one) for one in found]
    steps = {abs(after - before) for before, after in pairwise(quarters)}
    if steps == {4}:
        first = re.split(r"[,;\t]", lines[0].decode("utf-8", "replace"))[0]
        return DIRECTIVE_OF.get(bare(first.strip('"\ufeff '))) == "%Y"
    return steps == {1}


def _first_day(found: re.Match[bytes]) -> bytes:
    return b"%b-%02d-01" % (found["of"] or found["in"], 3 * _quarter_in(found) - 2)


def _quarter_in(found: re.Match[bytes]) -> int:
    text = found["q"] or found["at"] or (found["q_word"] or found["at_word"] or b"1").lower()
    return _ORDINALS.index(text) + 1 if text in _ORDINALS else int(text)


def _pivot(header: str, kind: _Kind, delimiter: str, year: str) -> _Pivot | None:
    """Return how rows of this kind are read below a header; None if its names are no times."""
    cells = cells_of(header, delimiter)
    named = {at: name for at, name in enumerate(cells) if at and name and not is_footer(label_of(name).name)}
    are_numbers = kind.is_name is _month_in and any(name.isdecimal() for name in named.values())
    if len(named) < (len(_MONTH_NUMBERS) if are_numbers else _MIN_COLUMNS):
        return None
    if not all(map(kind.is_name, named.values())):
        return None
    return _Pivot(delimiter, kind, tuple(named), tuple(named.values()), year, _unit_in(cells[0]))


def _unit_in(cell: str) -> str:
    """Return the unit that a first cell is, or has in brackets; empty for none."""
    unit = label_of(cell).unit
    return f"({unit})" if unit and is_unit(unit) else f"({cell})" if is_unit(cell) else ""
