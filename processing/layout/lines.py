"""The first lines of a file, cut into cells, and what each is: a reading, units, or something else."""

import csv
import functools
import io
import itertools
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from processing.layout.advice import CERTAIN_WATTS
from processing.layout.dialect import decoded, is_comment, split
from processing.model.profile import Profile
from processing.naming.synonyms import FOOTERS, NOTE_NAMES, normal
from processing.naming.time_parts import format_of_pattern
from processing.naming.units import is_unit, place_of_unit
from processing.values.number_detection import are_total, values_of
from processing.values.numbers import numbers
from processing.values.time_formats import MONTHS, ZONES

_DATE = (
    r"(?:\d{4}[-/._]\d{1,2}[-/._]\d{1,2}|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{2,4}"
    r"|\d{1,2}[A-Za-z]{3}\d{4}|\d{4}-W\d\d-\d)\.?"
)
_COLONS = r"\d{1,2}:\d{1,2}:\d{1,2}(?:[.,:]\d+)?|\d{1,2}:\d{2}"
_HALF_DAY = r"[AaPp]\.?[Mm]\.?"
_CLOCK = rf"(?:{_COLONS}|\d{{1,2}}\.\d{{2}}(?=\s*[AaPp])|\d{{1,2}}(?=\s*{_HALF_DAY}))(?:\s*{_HALF_DAY})?"
_ZONE = rf"(?:\s*(?:Z|{ZONES}|[+-]\d{{2}}:?\d{{2}}|[A-Z]{{1,3}}[SD]?T))?"
_TO = r"\s*(?:-|\u2013|~|/|to|until|bis|a)\s*"
_FULL_TIME = re.compile(  # the first is the usual one, so that it is found at once
    rf"{_DATE}[T ]\d\d:\d\d(?::\d\d)?"
    rf"|(?:[A-Za-z]{{3,9}},?\s+)?{_DATE}(?:[T\s,_:-]+){_CLOCK}{_ZONE}(?:{_TO}(?:{_DATE}[T\s]+)?{_CLOCK}{_ZONE})?"
    rf"|{_CLOCK}\s+{_DATE}"
    rf"|(?:19|20)\d{{6}}[-_ T:]?\d{{4,6}}|1\d{{9}}(?:\.\d+)?|1\d{{12}}"
)
_MONTH = r"(?:19|20)\d\d[-/](?:0\d|1[0-2])|(?:0?\d|1[0-2])[-/](?:19|20)\d\d|[A-Za-z]{3,9}[-/ ](?:19|20)\d\d"
_MONTH += rf"|(?i:{'|'.join(MONTHS)})\.?[-/ ]'?\d\d"
_DATE_ALONE = re.compile(rf"{_DATE}|(?:19|20)\d{{6}}|{_MONTH}")
_CLOCK_ALONE = re.compile(rf"{_CLOCK}(?:{_TO}{_CLOCK})?")
_NUMBER = re.compile(r"[+-]?[\d.,' ]*\d[\d.,]*(?:[eE][+-]?\d+)?\s*[^\d\s]{0,6}")
_AGGREGATES = frozenset(
    ("ts", "rn", "avg", "smp", "max", "min", "tot", "std", "mean", "sum", "win", "sample", "average", "n/a",
     "counter", "analog", "status", "wvc", "smm", "med", "mom", "cov", "tmx", "tmn")
)  # fmt: skip
"""What loggers write under names apart from units, such as TS and RN for a time and a record number."""

_DATE_DIGITS = 8
"""A shorter number is no time: `20250610` is one."""
_DIGITS_OF_COUNT = 10
"""Fewer have the numbers of rows."""
_ROUNDING = 0.01
_MAX_KILOWATTS = 10_000
"""Larger numbers are hardly the power of a plant in kW."""
_DELIMITER = re.compile("[,;\t|]")
_MIN_CLOCKS = 4
"""A header with at least this many times of day has a column for each."""
_SERIAL_DIGITS = 8


class Line(NamedTuple):
    """A line that is neither blank nor a comment."""

    number: int
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        """The number of cells, without the empty one after a trailing delimiter."""
        return len(self.cells) - (len(self.cells) > 1 and not self.cells[-1])


def cut(texts: Sequence[tuple[int, str]], delimiter: str) -> list[Line]:
    """Return the lines cut into cells, without those with wrong quotes."""
    lines = []
    for number, text in texts:
        try:
            lines.append(Line(number, tuple(map(str.strip, split(text, delimiter)))))
        except csv.Error:
            continue
    return lines


def holds_full_time(cell: str) -> bool:
    """Return whether a cell looks like a date with a time of day, or like seconds since 1970."""
    return _FULL_TIME.fullmatch(cell) is not None


def holds_time(cell: str) -> bool:
    """Return whether a cell looks like a date, a time of day, or both."""
    return holds_full_time(cell) or holds_date(cell) or holds_clock(cell)


def holds_date(cell: str) -> bool:
    """Return whether a cell looks like a date alone."""
    return _DATE_ALONE.fullmatch(cell) is not None


def holds_clock(cell: str) -> bool:
    """Return whether a cell looks like a time of day alone."""
    return _CLOCK_ALONE.fullmatch(cell) is not None


def holds_number(cell: str) -> bool:
    """Return whether a cell looks like a number."""
    return _NUMBER.fullmatch(cell) is not None


@functools.lru_cache(maxsize=64)  # the first lines of a file are examined several times
def is_reading(line: Line) -> bool:
    """Return whether a line looks like a reading: a time, and a cell beside it that may be a number."""
    if len(line.cells) == 1 or not (times := [cell for cell in line.cells if holds_time(cell)]):
        return False
    others = [cell for cell in line.cells if cell and cell not in times]
    if not others and len(set(times)) < len(times):
        return False  # without others, they may be the serial number of each column's device
    numbers = sum(_NUMBER.fullmatch(cell) is not None or cell.startswith("-") for cell in others)
    return 2 * numbers >= len(others) or (numbers > 0 and any(map(holds_full_time, line.cells)))


def is_footer(cell: str) -> bool:
    """Return whether the cell of a time says that the row is no reading: a total, an average."""
    return normal(cell) in FOOTERS


def is_units_line(line: Line) -> bool:
    """Return whether a line under the names, or over them, holds only units and kinds of averages."""
    cells = [cell for cell in line.cells if cell]
    bare = [cell.strip("()[]") for cell in cells]
    units = sum(is_unit(cell) or not cell for cell in bare)
    known = units + sum(is_aggregate(cell) or format_of_pattern(cell) is not None for cell in bare)
    is_likely = known == len(cells) or (units > 0 and known >= max(1, len(cells) - 1))
    return bool(cells) and is_likely and not is_reading(line)


def is_aggregate(cell: str) -> bool:
    """Return whether a cell under a name says how readings were aggregated, and states no unit."""
    return cell.casefold() in _AGGREGATES


def ends_with_product(cells: Sequence[str]) -> bool:
    """Return whether the last of five cells is the product of the second and the third, as a power is."""
    voltage, current, _, power = numbers(cells[1:]).tolist()
    return bool(power > 0 and abs(power - voltage * current) < _ROUNDING * power)


def is_wide(line: Line) -> bool:
    """Return whether a header has a column for each time of day, or from each to the next."""
    return sum(_CLOCK_ALONE.fullmatch(cell) is not None for cell in line.cells) >= _MIN_CLOCKS


def numbered(block: bytes, first: int, profile: Profile, count: int) -> list[tuple[int, str]]:
    """Return the first `count` lines of text that are neither blank nor comments, with their numbers.

    A comment with delimiters directly above the first of them may be the header and counts as a line.
    """
    comments, held = profile.csv.comments, (0, "")
    found: list[tuple[int, str]] = []
    for number, raw in enumerate(io.BytesIO(block), first):
        text = decoded(raw.removesuffix(b"\n"))
        if text is None or not text.strip() or "\0" in text:
            continue
        if text.startswith(comments) and is_comment(text, comments):
            mark = next(mark for mark in comments if text.startswith(mark))
            held = number, text.removeprefix(mark).strip()
            continue
        if not found and held[0] == number - 1 and _DELIMITER.search(held[1]):
            found.append(held)
        found.append((number, text))
        if len(found) >= count:
            break
    return found


def rows_of(texts: list[tuple[int, str]], first_row_line: int, delimiter: str) -> list[list[str]]:
    """Return the cells of the rows among numbered lines, without totals and rows with wrong quotes."""
    rows = []
    for text in (text for number, text in texts if number >= first_row_line):
        try:
            rows.append(split(text, delimiter))
        except csv.Error:
            continue
    return [row for row in rows if row[0][:1].isdigit() or not is_footer(row[0])] or rows


def sample_of(
    texts: list[tuple[int, str]],
    known: tuple[bytes, int, Profile],
    first_row_line: int,
    delimiter: str,
) -> list[list[str]]:
    """Return the cells of the rows among the first lines; if they have no number, of as many that have one.

    `known` has all lines that are known, with their first number. Rows of a night may have only their times.
    """
    found = rows_of(texts, first_row_line, delimiter)
    if any(map(_has_number, found)):
        return found
    texts = numbered(*known, known[0].count(b"\n"))
    later = [row for row in rows_of(texts, first_row_line, delimiter) if _has_number(row)]
    return later[: len(found)] or found


def _has_number(row: Sequence[str]) -> bool:
    """Return whether a row has a number beside its times."""
    texts = filter(holds_number, map(str.strip, reversed(row)))  # its times, at first, take longer
    return any(len(text) < _DATE_DIGITS or not holds_time(text) for text in texts)


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
    full = [at for at in range(columns) if all_hold(_FULL_TIME.fullmatch, at, sample)]
    return full or [at for at in range(columns) if all_hold(holds_time, at, sample)]


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
    cells = {row[at].strip().removeprefix("=").strip('"') for row in sample if at < len(row)}
    return (
        len(cells) == 1
        and len(sample) > 1
        and all((is_named or len(one) >= _SERIAL_DIGITS) and one.isdecimal() for one in cells)
    )


def are_row_numbers(at: int, sample: list[list[str]]) -> bool:
    """Return whether the cells of a column count the rows: each is one more than the one before."""
    values = values_of([row[at] for row in sample if at < len(row)])
    return all(after == before + 1 for before, after in itertools.pairwise(values))


def kinds_of(
    sample: list[list[str]], places: Sequence[int], *, is_energy: bool = False
) -> list[tuple[str, str]]:
    """Return the channels that columns of numbers may hold, the likeliest first, each with its unit.

    Numbers that only rise are probably a meter's total; those of rows with dates alone are energy.
    """
    cells = [cell.strip() for row in sample for cell in row]
    is_daily = not any(holds_full_time(cell) or holds_clock(cell) for cell in cells)
    values = [values_of([row[at] for row in sample if at < len(row)]) for at in places]
    most = sum(max(map(abs, each), default=0.0) for each in values)
    power = [("power", unit) for unit in (("W", "kW") if most < CERTAIN_WATTS else ("",))]
    energy = [("energy", "kWh"), ("energy", "Wh")]
    is_first = is_energy or is_daily or any(map(are_total, values))
    found = energy + power if is_first else power + energy
    is_open = CERTAIN_WATTS <= most < _MAX_KILOWATTS and place_of_unit(sample, is_one=False) is None
    return [*found, ("power", "kW")] if is_open else found
