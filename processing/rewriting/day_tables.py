"""Tables with a day in each row: each row becomes a row for each time of day.

A row becomes as many lines as a day has intervals, so that a line of the file can be found from those.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from processing.head.cell_kinds import holds_clock, holds_date, holds_full_time, holds_number, is_footer
from processing.head.day_steps import INTERVALS
from processing.head.dialect import cells_of, line_of
from processing.naming.synonyms import normal
from processing.naming.time_parts import DIRECTIVE_OF, parts_by_letters
from processing.naming.units import label_of, power_or_energy
from processing.rewriting.completed_times import check_zone
from processing.rewriting.replacements import Step
from processing.times.zones import changes_on

MINUTES_OF_DAY, _HOURS, _FEWEST, _MAX_COLUMNS, _PARTS, _YEAR_DIGITS = 1440, 24, 24, 1000, 3, 4
DELIMITERS = (b",", b";", b"\t", b"|")
_MIN_LENGTH = 2 * _FEWEST
"""A header with a name for each interval is longer than this."""
_EXAMINED_LINES, _SAMPLE_ROWS = 40, 10
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d)?(?: *[-\u2013~/] *\d{1,2}:\d\d(?::\d\d)?)?")
_HOUR_WORDS = (
    "", "h", "hr", "he", "hour", "hour ending", "hora", "ora", "heure", "stunde", "std", "uur", "godz",
    "시", "時", "时", "点", "interval", "int", "period", "hh", "qh", "quarter",
)  # fmt: skip
"""What stands beside the number in the name of a column of an hour, or of a part of it."""
_NUMBERED = re.compile(r"(\D*?)[ _.-]*0*(\d{1,4})[ _.-]*(\D*)")
QUANTITY = "quantity of the interval"
_CLOCK_NAME = "time of the interval"
_LONG_NUMBER = re.compile(r"\d{6,}")


class DayTable(NamedTuple):
    """Rewrites blocks of lines; so many lines stand for each line from the first row on."""

    lines: int
    rewrite: Step


def day_table_of(head: bytes, zone: str | None = None) -> DayTable | None:
    """Return how the lines of a file with these first lines are rewritten; None if a row is no day.

    A day with an hour more or less is read if the time zone is known: it says after which hour clocks change.
    """
    lines = head.split(b"\n", _EXAMINED_LINES)[:-1]
    wide = [line for line in lines if len(line) > _MIN_LENGTH and max(map(line.count, DELIMITERS)) >= _FEWEST]
    if not wide:
        return None
    at = lines.index(wide[0])
    header, *rows = (line.decode("utf-8", "replace") for line in lines[at : at + 1 + _SAMPLE_ROWS])
    table = _Columns.of(header, max(DELIMITERS, key=lines[at].count).decode(), rows)
    if table is None:
        return None
    return table.day_table(b"".join(line + b"\n" for line in lines[: at + 1]), zone or "")


def table_below(
    beginning: bytes, header: str, lines: int, rows_of: Callable[[str], Iterable[str]]
) -> DayTable:
    """Return how a file is rewritten: this header replaces the last line of its beginning.

    `rows_of` makes `lines` new lines of each line below it.
    """
    new = beginning[: beginning.rfind(b"\n", 0, -1) + 1] + f"{header}\n".encode()

    def rewrite(block: bytes) -> bytes:
        first, rows = (new, block[len(beginning) :]) if block.startswith(beginning) else (b"", block)
        return first + "".join(rows_of(rows.decode("utf-8", "replace"))).encode()

    return DayTable(lines, rewrite)


def clocks_of_day(count: int) -> list[str]:
    """Return the beginnings of the intervals of a day."""
    step = MINUTES_OF_DAY // count
    return [f"{at // 60:02}:{at % 60:02}" for at in range(0, MINUTES_OF_DAY, step)]


class _Columns(NamedTuple):
    """A header with a column for each interval of the day."""

    delimiter: str
    kept: tuple[int, ...]
    """The places of the columns of dates, devices and others, which each new row repeats."""
    places: tuple[int, ...]
    """Those of the intervals, in order."""
    more: tuple[int, ...]
    """Those of the hour that a day in autumn may have in addition, with or without a name."""
    names: tuple[str, ...]
    """The new header."""
    width: int
    """The number of cells of the longest row."""
    parts: tuple[int, ...]
    """The places of the year, the month and the day; none if a column has dates."""
    is_counted: bool
    """Whether the names of the intervals are numbers, and no times of a clock."""

    @classmethod
    def of(cls, header: str, delimiter: str, rows: Sequence[str]) -> "_Columns | None":
        """Return the columns of a header above these rows; None if a row is no day."""
        names = cells_of(header, delimiter)
        first, count = _intervals(names)
        sample = [cells for row in rows if len(cells := cells_of(row, delimiter)) >= first + count > 0]
        sample = [cells for cells in sample if not is_footer(cells[0])]
        others = [at for at in range(len(names)) if not first <= at < first + count]
        if not count or not sample:
            return None
        columns = {at: [row[at] for row in sample if at < len(row) and row[at]] for at in others}
        if any(
            one and all(holds_full_time(cell) or holds_clock(cell) for cell in one)
            for one in columns.values()
        ):
            return None
        parts = _parts_of_date(names, others[:first], columns)
        dates = parts or [at for at, one in columns.items() if one and all(map(holds_date, one))]
        if len(dates) != (len(parts) or 1):
            return None
        kept = tuple(
            at for at in others if columns[at] and at not in parts and not all(map(_is_sum, columns[at]))
        )
        rest = {_CLOCK.sub("", name) for name in names[first : first + count]}
        stated = f"{QUANTITY} {rest.pop().strip()}".strip() if len(rest) == 1 else QUANTITY
        corner = label_of(names[dates[0]]).unit or names[dates[0]]
        if stated == QUANTITY and power_or_energy(corner) is not None:  # of what is below, in the corner
            stated, names = f"{QUANTITY} ({corner})", [*names[: dates[0]], "Date", *names[dates[0] + 1 :]]
        are_numbers = {at for at in kept if all(map(_is_of_device, columns[at]))}
        new = tuple(names[at] + " number" * (at in are_numbers) for at in kept)
        new = (*(("Date",) if parts else ()), *new, _CLOCK_NAME, stated)
        last = first + count
        more = tuple(range(last, last + count // 24))
        if not all(
            _CLOCK.search(name) or _NUMBERED.fullmatch(name) for name in names[last : last + len(more)]
        ):
            more = ()
        width = max(len(names), *(at + 1 for at in more), last)
        is_counted = _CLOCK.search(names[first]) is None
        return cls(delimiter, kept, tuple(range(first, last)), more, new, width, parts, is_counted)

    def day_table(self, beginning: bytes, zone: str) -> DayTable:
        """Return how lines are rewritten; `beginning` are those up to the header.

        `zone` is the time zone of the clock, empty if it is not known.
        """
        header = line_of(self.names, self.delimiter)
        return table_below(beginning, header, self._lines(zone), functools.partial(self._rows, zone))

    def _lines(self, zone: str) -> int:
        return len(self.places) + (len(self.more) if zone else 0)

    def _rows(self, zone: str, text: str) -> Iterator[str]:
        """Yield the new rows. A whole number beside the intervals is that of a device, and no reading.

        Raises RejectedFileError for a day with an hour more or less if the time zone is not known.
        """
        lines = self._lines(zone)
        for line in text.split("\n")[:-1]:
            cells = cells_of(line, self.delimiter)
            kept = [f"no. {cell}" if _is_of_device(cell) else cell for cell in self._kept(cells)]
            clocks, places = self._clocks(cells, kept, zone)
            values = [cells[at] for at in places if at < len(cells)]
            if len(values) < len(clocks) or not clocks or any(cells[self.width :]):
                if not any(map(holds_date, kept)):
                    yield line + "\n" * lines
                    continue
                of_day = (*self.places, *self.more, *range(self.width, len(cells)))
                found = sum(bool(cells[at]) for at in of_day if at < len(cells))
                clocks = clocks_of_day(len(self.places))
                values = [f"not {len(clocks)} values but {found}"] * len(clocks)
            for clock, value in zip(clocks, values, strict=True):
                yield line_of((*kept, clock, value), self.delimiter) + "\n"
            yield "\n" * (lines - len(values))

    def _clocks(
        self, cells: Sequence[str], kept: Sequence[str], zone: str
    ) -> tuple[list[str], tuple[int, ...]]:
        """Return the beginnings of the intervals of a day, and their places; none if they are not known.

        Raises RejectedFileError for a day with an hour more or less if the time zone is not known.
        """
        usual, hour = clocks_of_day(len(self.places)), len(self.places) // _HOURS
        filled = [at < len(cells) and bool(cells[at]) for at in self.places]
        more = any(cells[at] for at in self.more if at < len(cells))
        if not more and (not self.is_counted or any(filled[-hour:]) or not all(filled[:-hour])):
            return usual, self.places
        back = 1 if more else -1
        if not zone:
            check_zone(kept, back)
        changes = (changes_on(cell, [zone]).get(zone) for cell in kept if zone and holds_date(cell))
        first = next((change[1] * hour for change in changes if change and change[0] == back), None)
        if first is None:
            return ([], ()) if more else (usual, self.places)
        if more:
            return usual[: first + hour] + usual[first:], (*self.places, *self.more)
        return usual[:first] + usual[first + hour :], self.places[:-hour]

    def _kept(self, cells: Sequence[str]) -> Iterator[str]:
        if self.parts and max(self.parts) < len(cells):
            yield "-".join(cells[at].zfill(2) for at in self.parts)
        yield from (cells[at] if at < len(cells) else "" for at in self.kept)


def _parts_of_date(
    names: Sequence[str], others: Sequence[int], columns: dict[int, list[str]]
) -> tuple[int, ...]:
    """Return the places of the year, with four digits, the month and the day; none without these columns."""
    found = {DIRECTIVE_OF.get(normal(names[at]), ""): at for at in others}
    letters = parts_by_letters((*(names[at] for at in others), "h"))
    found |= {part: others[place] for part, place in letters.items() if place < len(others)}
    places = tuple(found[part] for part in ("%Y", "%m", "%d") if part in found)
    cells = [cell for at in places for cell in columns[at]]
    is_whole = len(places) == _PARTS and all(map(str.isdecimal, cells))
    return places if is_whole and {*map(len, columns[places[0]])} == {_YEAR_DIGITS} else ()


def _is_of_device(cell: str) -> bool:
    """Return whether a cell beside the intervals is the number of a device."""
    return cell.isdecimal() and not holds_date(cell)


def _is_sum(cell: str) -> bool:
    """Return whether a cell may be the sum of a day: a number, but no date and none of a device."""
    return holds_number(cell) and not holds_date(cell) and _LONG_NUMBER.fullmatch(cell) is None


def _intervals(names: Sequence[str]) -> tuple[int, int]:
    """Return the place of the first column of an interval, and how many there are; (0, 0) for none."""
    for count in reversed(INTERVALS) if len(names) <= _MAX_COLUMNS else ():
        step = MINUTES_OF_DAY // count
        for first in range(len(names) - count + 1):
            group = names[first : first + count]
            minutes = [_minute_of(name) for name in (group[0], group[1], group[-1])]
            begins = [0, step, MINUTES_OF_DAY - step]
            ends = [step, 2 * step, MINUTES_OF_DAY]
            if minutes in (begins, ends, [*ends[:2], 0]) or _are_numbered(group, count):
                return first, count
    return 0, 0


def _minute_of(name: str) -> int | None:
    """Return the first time of day in a name, in minutes."""
    found = _CLOCK.search(name)
    return None if found is None else 60 * int(found[1]) + int(found[2])


def _are_numbered(names: Sequence[str], count: int) -> bool:
    """Return whether names count the intervals of a day: 1 to 24, H00 to H23, 0, 100 to 2300."""
    found = [_NUMBERED.fullmatch(name.strip().casefold()) for name in (names[0], names[1], names[-1])]
    parts = [(one[1].strip(" _.-"), one[3].strip(" _.-")) for one in found if one is not None]
    if len({*parts}) != 1 or len(parts) != len(found) or not {*parts[0]} <= {*_HOUR_WORDS}:
        return False
    numbers = [int(one[2]) for one in found if one is not None]
    hundreds = [[0, 100, 2300], [100, 200, 2400]] if count == _FEWEST else []
    return numbers in ([0, 1, count - 1], [1, 2, count], *hundreds)
