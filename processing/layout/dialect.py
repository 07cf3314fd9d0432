"""How a file is written: delimiter, decimal sign, header, and which column holds which channel."""

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple

from processing.model.channels import MISSING_CELLS
from processing.model.flags import all_of, np
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
    where: tuple[str, ...] = ()
    """The labels of the rows that are read; none: there must be one label."""
    long: tuple[tuple[str, str], ...] = ()
    """Of a file with one reading a row: channels, and their labels."""
    format_name: str = ""
    """The known format that it is; empty for none."""
    encoding: str = ""
    """Empty for UTF-8, and for what a byte order mark says."""


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


def plain_column(
    block: bytes, delimiter: str, width: int, places: Sequence[int], comments: tuple[str, ...]
) -> bytes | None:
    """Return the cells of the column at the only place, each with a newline, if all lines are plain rows.

    These have `width` cells without quotes, and a digit first in the column. Else the answer is None.
    """
    if len(places) > 1 or b'"' in block or any(mark.encode() in block for mark in comments):
        return None
    octets, rows = np.frombuffer(block, np.uint8), block.count(b"\n")
    ends = ((octets == ord(delimiter)) | (octets == ord("\n"))).nonzero()[0]
    if len(ends) != rows * width or octets[ends[width - 1 :: width]].tobytes() != b"\n" * rows:
        return None
    sizes = np.diff(ends, prepend=-1)
    first = octets[ends[places[0] :: width] - sizes[places[0] :: width] + 1]
    if not all_of((first >= ord("0")) & (first <= ord("9"))):
        return None
    is_chosen = np.tile(np.arange(width) == places[0], rows).repeat(sizes)
    cells: bytes = octets[is_chosen].tobytes()
    return cells.replace(delimiter.encode(), b"\n")
