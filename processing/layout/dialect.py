"""How a file is written: delimiter, decimal sign, header, and which column holds which channel."""

import csv
import re
from typing import NamedTuple

from processing.model.channels import MISSING_CELLS
from processing.values.numbers import without_formula


class Column(NamedTuple):
    """A channel's column, and how its cells become readings: cell · factor + offset."""

    places: tuple[int, ...]
    """Indexes among the cells; the readings of several are added."""
    factor: float
    offset: float
    name: str = ""
    """As the header has it; of several with ` + ` between."""
    unit: str = ""
    """Of the cells."""
    own_name: bool = True
    """The column has the channel's own name, so that the limits of the default panel hold for it."""
    states_unit: bool = True
    """The header, the cells or the profile say the unit."""
    cell_units: tuple[tuple[str, float, float], ...] = ()
    """Units that stand in its cells, each with its factor and offset; those above are for bare numbers."""


class Dialect(NamedTuple):
    """Everything needed to split a line and to know what its cells are."""

    delimiter: str
    decimal: str
    comment: tuple[str, ...]
    header: tuple[str, ...]
    """The names of the columns; of names over two lines, joined."""
    header_line: int
    """From 1; 0 if the file has none."""
    stamp: tuple[int, ...]
    """Indexes of the columns of times, which are joined with a blank."""
    columns: dict[str, Column]
    """By channel; without the channels that the file lacks."""
    first_row_line: int = 0
    """The first line below the header and its units."""
    width: int = 0
    """How many cells a row has."""
    thousands: str = ""
    time_format: str = "iso"
    missing: frozenset[str] = frozenset(MISSING_CELLS)
    unused: tuple[str, ...] = ()
    """Names of columns that look like a channel and are not used."""
    label: int | None = None
    """Index of the column whose cells name a device, or what was read."""
    where: str | None = None
    """The label of the rows that are read; None: there must be one label."""
    long: tuple[tuple[str, str], ...] = ()
    """Of a file with one reading a row: channels, and their labels."""
    format_name: str = ""
    """The known format that it is; empty for none."""


_BARE_FORMULA = re.compile(r'(?<![^,;\t| ])=("[^"]*")(?=[,;\t| ]|$)')
"""A formula that is a whole cell without quotes around it."""


def decoded(text: bytes) -> str | None:
    """Return UTF-8 as text, None if it is something else."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


_MISSING_FIRST = re.compile(f"(?:{'|'.join(map(re.escape, filter(None, MISSING_CELLS)))})[,;\\t|]")
"""The beginning of a row whose first reading is missing."""


def is_comment(line: str, comments: tuple[str, ...]) -> bool:
    """Return whether a line is a comment: a row may begin with a mark such as `#N/A`."""
    return line.startswith(comments) and _MISSING_FIRST.match(line) is None


def split(text: str, delimiter: str) -> list[str]:
    """Return the cells of one line; formulas such as `="01:00"` as their text.

    Raises csv.Error for an unterminated or misplaced quote.
    """
    if '"' not in text:
        return text.split(delimiter)
    if '="' not in text:
        return next(csv.reader((text,), delimiter=delimiter, strict=True, skipinitialspace=True))
    text = _BARE_FORMULA.sub(r"\1", text)
    cells = next(csv.reader((text,), delimiter=delimiter, strict=True, skipinitialspace=True))
    return [without_formula(cell) for cell in cells]
