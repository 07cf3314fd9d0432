"""How a file is written: delimiter, decimal sign, header, and the columns of the channels."""

import contextlib
import csv
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from processing.model.channels import CHANNELS, DEFAULT_HEADER, MISSING_CELLS
from processing.model.flags import all_of, np
from processing.model.profile import Channel, Profile
from processing.values.numbers import without_formula


class Column(NamedTuple):
    """A channel's column, and how its cells become readings: cell · factor + offset."""

    places: tuple[int, ...]
    """Its places among the cells; the readings of several places are added, or their products."""
    factor: float
    offset: float
    name: str = ""
    """Its name in the header; names of several columns have ` + ` between them."""
    unit: str = ""
    """The unit of the cells."""
    own_name: bool = True
    """Whether it has the channel's own name, so that the limits of the default panel hold for it."""
    states_unit: bool = True
    """Whether the header, the cells or the profile state the unit."""
    cell_units: tuple[tuple[str, float, float], ...] = ()
    """Units in its cells, each with its factor and offset. Those above are for bare numbers."""
    empty_is_zero: bool = False
    """Whether cells without a value add nothing to those of the other places."""
    scales: tuple[float, ...] = ()
    """Another factor of each place, if their units differ."""
    factors: int = 0
    """How many places each product has, of which the sum is read; 0 if the readings themselves are added."""

    @property
    def is_product(self) -> bool:
        """Whether products are added."""
        return self.factors > 0


class Beside(NamedTuple):
    """A column that is not used, though it states a unit of a channel."""

    place: int
    channel: str
    factor: float
    """From its unit to that of the channel."""


class Dialect(NamedTuple):
    """Everything needed to split a line and to know what its cells are."""

    delimiter: str
    decimal: str
    comment: tuple[str, ...]
    header: tuple[str, ...]
    """The names of the columns; names over two lines are joined."""
    header_line: int
    """From 1; 0 if the file has none."""
    stamp: tuple[int, ...]
    """Places of the columns of times, which are joined with a blank."""
    columns: dict[str, Column]
    """The columns by channel, without channels that the file lacks."""
    first_row_line: int = 0
    """The first line below the header and its units."""
    width: int = 0
    """How many cells a row has."""
    thousands: str = ""
    time_format: str = "iso"
    missing: frozenset[str] = frozenset(MISSING_CELLS)
    unused: tuple[str, ...] = ()
    """Names of columns that look like a channel and are not used."""
    beside: tuple[Beside, ...] = ()
    """Those of them that state a unit of a channel."""
    label: int | None = None
    """Place of the column whose cells name a device, or what was read."""
    where: tuple[str, ...] = ()
    """The labels of the rows that are read; if empty, there must be only one label."""
    long: tuple[tuple[str, str], ...] = ()
    """Only in a file with one reading a row: channels, and their labels."""
    format_name: str = ""
    """The known format that it is; empty for none."""
    encoding: str = ""
    """The encoding; empty for UTF-8, and if a byte order mark says it."""
    device: int | None = None
    """Place of the column of devices in a file with one reading a row, of which one device is read."""
    adds_labels: bool = False
    """Whether the readings of several labels at one time are added."""

    @property
    def has_other_columns(self) -> bool:
        """Whether it has more columns than those of the times and one for each channel."""
        return len(self.header) > len(self.stamp) + len(self.columns)

    @property
    def device_place(self) -> int | None:
        """Place of the column whose cells name the device of a row, or in most files any label."""
        return self.label if self.device is None else self.device


_BARE_FORMULA = r'(?<![^,;\t| ])=("[^"]*")(?=[,;\t| ]|$)'
"""A formula that fills a whole cell and has no quotes around it."""


def decoded(text: bytes) -> str | None:
    """Return UTF-8 as text, None if it is something else."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


_MISSING_FIRST = f"(?:{'|'.join(map(re.escape, filter(None, MISSING_CELLS)))}|##+)[,;\\t|]"
"""The beginning of a row whose first cell is missing, or does not fit into the column of a spreadsheet."""


def without_titles(numbers: list[int], lines: list[bytes], header: int) -> list[int]:
    """Return the numbers of lines above a header without those of titles directly above it.

    A title begins with a letter and has one cell; blank lines may stand beside it.
    """
    above = [number for number in numbers if number < header]
    while (
        above
        and above[-1] == header - 1
        and re.fullmatch(rb"\s*|\s*[A-Za-z\x80-\xff][^,;\t|]*", lines[above[-1]])
    ):
        header = above.pop()
    return above


def is_comment(line: str, comments: tuple[str, ...]) -> bool:
    """Return whether a line is a comment; a row may begin with a mark such as `#N/A`."""
    return line.startswith(comments) and re.match(_MISSING_FIRST, line) is None


def split(text: str, delimiter: str) -> list[str]:
    """Return the cells of one line; formulas such as `="01:00"` as their text.

    Raises csv.Error for an unterminated or misplaced quote.
    """
    if '"' not in text:
        return text.split(delimiter)
    if '="' not in text:
        return next(csv.reader((text,), delimiter=delimiter, strict=True, skipinitialspace=True))
    text = re.sub(_BARE_FORMULA, r"\1", text)
    cells = next(csv.reader((text,), delimiter=delimiter, strict=True, skipinitialspace=True))
    return [without_formula(cell) for cell in cells]


def cells_of(text: str, delimiter: str) -> list[str]:
    """Return the cells of a line; none if its quotes are wrong."""
    try:
        return [cell.strip() for cell in split(text, delimiter)]
    except csv.Error:
        return []


def line_of(cells: Sequence[str], delimiter: str) -> str:
    """Return cells as a line, with quotes where they are necessary."""
    quoted = ('"' + cell.replace('"', '""') + '"' if {delimiter, '"'} & {*cell} else cell for cell in cells)
    return delimiter.join(quoted)


def plain_column(
    block: bytes, delimiter: str, width: int, places: Sequence[int], comments: tuple[str, ...]
) -> tuple[bytes, int] | None:
    """Return the cells of the column at the only place, each with a newline, if all lines are plain rows.

    With them comes the number of rows. A plain row has `width` cells without quotes, and a digit first in the
    column. If a line is none, return None.
    """
    if len(places) > 1 or b'"' in block or any(mark.encode() in block for mark in comments):
        return None
    octets, (place,) = np.frombuffer(block, np.uint8), places
    is_newline = octets == ord("\n")
    rows, ends = int(np.count_nonzero(is_newline)), (is_newline | (octets == ord(delimiter))).nonzero()[0]
    if len(ends) != rows * width or not all_of(is_newline[ends[width - 1 :: width]]):
        return None
    sizes = np.concatenate((ends[:1] + 1, ends[1:] - ends[:-1]))
    first = octets[ends[place::width] - sizes[place::width] + 1]
    if not all_of((first >= ord("0")) & (first <= ord("9"))):
        return None
    is_chosen = np.zeros((rows, width), np.bool_)
    is_chosen[:, place] = True
    cells: bytes = octets[is_chosen.ravel().repeat(sizes)].tobytes()
    return cells.replace(delimiter.encode(), b"\n"), rows


def conversion(channel: str, unit: str, settings: Channel) -> tuple[float, float]:
    """Return the factor and the offset from cells in a unit to readings, by a profile's channel."""
    factor, offset = CHANNELS[channel].units[unit]
    scale = 1.0 if settings.scale is None else settings.scale
    return factor * scale, offset * scale + settings.offset


_DEFAULT_LINE = f"{','.join(DEFAULT_HEADER)}\n".encode()
_OTHER_ROWS = re.compile(rb"(?=\d)(?!\d{4}-\d)|[^0-9\n]++\n")
"""A row whose time is not an ISO 8601 timestamp, or a line that may hold units of the names above it."""


def default_dialect(head: bytes, profile: Profile) -> Dialect | None:
    """Return the dialect of a file with the default header and profile, else None.

    Such a file needs no detection.
    """
    if not begins_as_default(head) or _OTHER_ROWS.match(head, len(_DEFAULT_LINE)):
        return None
    return _default_dialect(profile)


def begins_as_default(head: bytes) -> bool:
    """Return whether the first line of a file is the default header."""
    return head.startswith(_DEFAULT_LINE)


@functools.lru_cache(maxsize=128)
def _default_dialect(profile: Profile) -> Dialect | None:
    settings = profile.csv
    channels = {name: profile.channels[name] for name in CHANNELS}
    is_default = (
        settings.delimiter in ("auto", ",")
        and settings.decimal in ("auto", ".")
        and settings.thousands in ("auto", "")
        and settings.header in ("auto", 1)
        and settings.time_format in ("auto", "iso")
        and not settings.times
        and settings.where is None
        and settings.long is None
        and all(one.column is None for one in channels.values())
    )
    if not is_default:
        return None
    return Dialect(
        delimiter=",",
        decimal=".",
        comment=settings.comments,
        header=DEFAULT_HEADER,
        header_line=1,
        stamp=(0,),
        columns={
            name: _default_column(name, place, channels[name])
            for place, name in enumerate(DEFAULT_HEADER)
            if name in CHANNELS
        },
        first_row_line=2,
        width=len(DEFAULT_HEADER),
        missing=frozenset(settings.missing),
    )


def _default_column(channel: str, place: int, settings: Channel) -> Column:
    unit = settings.unit or CHANNELS[channel].unit
    factor, offset = conversion(channel, unit, settings)
    return Column((place,), factor, offset, channel, unit, states_unit=settings.unit is not None)


def rows_in(blocks: Iterable[bytes], dialect: Dialect) -> Iterator[list[str]]:
    """Yield the cells of the rows in the blocks of a file."""
    skipped = max(0, dialect.first_row_line - 1)
    for block in blocks:
        for raw in block.split(b"\n")[skipped:]:
            with contextlib.suppress(csv.Error):
                row = split(decoded(raw) or "", dialect.delimiter)
                if len(row) == dialect.width:
                    yield row
        skipped = 0
