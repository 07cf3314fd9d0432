"""The first rows: how many cells each has, and whether a column holds times, numbers, or a count of rows."""

import itertools
import re
from collections.abc import Callable, Sequence

from processing.head.advice import CERTAIN_WATTS
from processing.head.cell_kinds import holds_clock, holds_date, holds_full_time, holds_time
from processing.head.lines import Line
from processing.naming.synonyms import NOTE_NAMES, normal
from processing.naming.time_parts import HIGHEST
from processing.naming.unit_cells import cells_at, place_of_unit
from processing.values.number_detection import are_total, values_of

_DIGITS_OF_COUNT = 10
"""Fewer have the numbers of rows."""
_MAX_KILOWATTS = 10_000
"""Larger numbers are hardly the power of a plant in kW."""
_SERIAL_DIGITS, _DIGITS_OF_YEAR = 8, 4
_DATE = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)|(\d\d?)[-/.](\d\d?)[-/.](\d{4})")
_MIDNIGHT = re.compile(r".*[T ]0?0:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?")


def width_of_rows(names: int, sample: list[list[str]]) -> int:
    """Return how many cells a row has: one for each name, and one more if a delimiter ends each row."""
    widths = [len(row) for row in sample if len(row) >= names]
    usual = max(dict.fromkeys(widths), key=widths.count, default=names)
    is_trailing = usual == names + 1 and all(not row[-1].strip() for row in sample if len(row) == usual)
    return usual if is_trailing else names


def absent_columns(names: Sequence[str], sample: list[list[str]], delimiter: str) -> int:
    """Return how many columns at the end of the header have no cells in any row.

    Between commas they must be notes: a name may have a comma, and then the others are not in their places.
    """
    widest = max(map(len, sample), default=len(names))
    if widest < len(names) and all(not row[-1].strip() for row in sample if len(row) == widest):
        widest -= 1  # a delimiter ends each row
    lacking = [delimiter != "," or normal(name) in NOTE_NAMES for name in names[widest:]]
    return len(lacking) if all(lacking) else 0


def places_of_times(columns: int, sample: list[list[str]]) -> list[int]:
    """Return the places whose cells hold full times, else those whose cells hold dates or times of day."""
    full = [at for at in range(columns) if all_hold(holds_full_time, at, sample)]
    return full or [at for at in range(columns) if all_hold(holds_time, at, sample)]


def have_times(one: Line, other: Line) -> bool:
    """Return whether two lines have full times, or dates and times of day, in the same places."""
    if not any(map(str.isdigit, "".join(one.cells))):
        return False  # the usual names, at once

    def have(test: Callable[[str], bool]) -> bool:
        return any(test(cell) and test(text) for cell, text in zip(one.cells, other.cells, strict=False))

    return have(holds_full_time) or (have(holds_date) and have(holds_clock))


def has_unnamed_times(names: int, rows: Sequence[Line]) -> bool:
    """Return whether most rows have one cell more than there are names, and it holds a time."""
    longer = sum(len(row.cells) == names + 1 and holds_full_time(row.cells[-1]) for row in rows)
    return 2 * longer > len(rows)


def has_unnamed_numbers(names: int, rows: Sequence[Line]) -> bool:
    """Return whether all rows have one cell more than there are names, and the first ones count the rows."""
    if not any(line.width > names for line in rows):
        return False  # or a delimiter ends each row
    first = [line.cells[0] for line in rows if len(line.cells) == names + 1]
    counts = [int(cell) for cell in first if cell.isdecimal() and len(cell) < _DIGITS_OF_COUNT]
    return len(rows) == len(counts) > 1 and all(b - a == 1 for a, b in itertools.pairwise(counts))


def has_unnamed_end(names: int, sample: list[list[str]], delimiter: str) -> bool:
    """Return whether all rows have a last cell more than there are names: the header ends with a delimiter.

    Some of these cells are not empty. Between commas, whole numbers may be the fractions of the numbers
    before them.
    """
    ends = [(row[-2].strip(), row[-1].strip()) for row in sample if len(row) == names + 1]
    may_be_fraction = delimiter == "," and all(f"{one}{end or 0}".isdecimal() and one for one, end in ends)
    return len(sample) == len(ends) > 1 and any(end for _, end in ends) and not may_be_fraction


def all_hold(test: Callable[[str], object], at: int, sample: list[list[str]]) -> bool:
    """Return whether all cells of a column pass a test; most of them must not be empty."""
    filled = 0
    for row in sample:
        if at < len(row) and (text := row[at].strip()):
            if not test(text):
                return False
            filled += 1
    return filled > len(sample) / 2


def is_serial_number(at: int, sample: list[list[str]], *, is_named: bool = False) -> bool:
    """Return whether each row has the same whole number: that of a device, a contract, a place.

    It is long, unless the column is named so.
    """
    cells = {cell.removeprefix("=").strip('"') for cell in cells_at(at, sample)}
    return (
        len(cells) == 1
        and len(sample) > 1
        and all((is_named or len(one) >= _SERIAL_DIGITS) and one.isdecimal() for one in cells)
    )


def are_row_numbers(at: int, sample: list[list[str]]) -> bool:
    """Return whether the cells of a column count the rows: each is one more than the one before."""
    values = values_of([*cells_at(at, sample)])
    return len(values) > 1 and all(after == before + 1 for before, after in itertools.pairwise(values))


def are_numbers(at: int, directive: str, sample: list[list[str]]) -> bool:
    """Return whether the cells of a column are numbers in the range of this part of a time.

    They are whole; only the day of the year may have a fraction.
    """
    cells = {*cells_at(at, sample)}
    if directive == "%j":
        cells = {re.sub(r"(?<=\d)[.,]\d{1,9}$", "", cell) for cell in cells}
    return bool(cells) and all(
        cell.isascii() and cell.isdigit() and len(cell) <= len("2100") and int(cell) <= HIGHEST[directive]
        for cell in cells
    )


def repeats_date(at: int, sample: list[list[str]], dates: Sequence[tuple[str, ...]]) -> bool:
    """Return whether a column has the year, the year and month, or the month of the `dates_of` a sample."""
    cells = [row[at].strip().removeprefix("0") if at < len(row) else "" for row in sample]
    is_short = max(map(len, cells), default=0) < _DIGITS_OF_YEAR
    if not all(cells) or (is_short and len({*cells}) == 1):
        return False  # or a voltage of 12 V on the twelfth
    return all(dates) and any(cells == list(part) for part in zip(*dates, strict=True))


def dates_of(sample: list[list[str]]) -> list[tuple[str, ...]]:
    """Return the parts of the date in each row."""
    return [*map(_parts_of_date, sample)]


def _parts_of_date(row: list[str]) -> tuple[str, ...]:
    """Return the year of the date in a row, its other numbers, and the year with each of them; or ()."""
    match = next(filter(None, map(_DATE.search, row)), None)
    if match is None:
        return ()
    first, second, third = filter(None, match.groups())
    year, others = (first, (second, third)) if match["y"] else (third, (second, first))
    plain = (str(int(one)) for one in others)
    return (year, *plain, *(year + one.zfill(2) for one in others))


def times_in(sample: list[list[str]]) -> set[str]:
    """Return the cells of a sample of rows that are times of day, or dates with one."""
    cells = {cell.strip() for row in sample for cell in row}
    return {cell for cell in cells if holds_full_time(cell) or holds_clock(cell)}


def kinds_of(
    sample: list[list[str]],
    places: Sequence[int],
    *,
    times: set[str] | None = None,
    is_energy: bool = False,
    has_clock: bool = False,
) -> list[tuple[str, str]]:
    """Return the channels that columns of numbers may hold, the likeliest first, each with its unit.

    Numbers that only rise are probably a meter's total; those of rows with dates alone are energy, unless
    the hours have a column of their own (`has_clock`). `times` are those of the sample, if they are known.
    """
    times = times_in(sample) if times is None else times
    is_daily = (not times and not has_clock) or (len(times) > 1 and all(map(_MIDNIGHT.fullmatch, times)))
    values = [values_of([*cells_at(at, sample)]) for at in places]
    most = sum(max(map(abs, each), default=0.0) for each in values)
    power = [("power", unit) for unit in (("W", "kW") if most < CERTAIN_WATTS else ("",))]
    energy = [("energy", "kWh"), ("energy", "Wh")]
    is_first = is_energy or is_daily or any(map(are_total, values))
    found = energy + power if is_first else power + energy
    is_open = CERTAIN_WATTS <= most < _MAX_KILOWATTS and place_of_unit(sample) is None
    return [*found, ("power", "kW")] if is_open else found
