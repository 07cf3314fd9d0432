"""The rows of a CSV file as columns, in the order of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from processing.head.dialect import Column, Dialect
from processing.model.channels import CHANNELS
from processing.model.flags import Floats, Integers, Mask
from processing.model.profile import DEFAULT, Profile
from processing.model.rejection import RejectedFileError
from processing.model.result import RejectedRow
from processing.model.safe_text import counted
from processing.model.stamp import Form

MAX_LABELS = 1_000
"""The most labels with a number of their own; all further labels share one."""


class Table(NamedTuple):
    """Rows of a file in its order, as arrays of one length. Blank lines and comments are not rows."""

    line: NDArray[np.int32]
    """The number of the row's line in the file, from 1."""
    time: Integers
    """Microseconds since 1970: UTC if the timestamp has an offset, else as written; NO_TIME if unreadable."""
    form: NDArray[np.int32]
    """The form of the timestamp, as its number in `forms`."""
    broken: Mask
    """Whether the row has a syntax error."""
    readings: Floats
    """In the channel's unit: (channels of the dialect, rows). NaN is missing, if the row is not broken."""
    dialect: Dialect
    forms: dict[Form, int]
    """Numbered in the order in which they occur."""
    rejected: list[RejectedRow]
    """The first broken rows."""
    label: NDArray[np.int32] | None = None
    """The number of the row's label, if the file has a column of labels."""
    labels: dict[str, int] = {}  # noqa: RUF012 - shared by the tables of a file
    """Numbered in the order in which they occur."""
    repeats: int = 0
    """Broken rows that repeat an earlier one byte for byte; they are not in the arrays."""
    profile: Profile = DEFAULT
    """The profile that read it, including what the known format of the file changes."""

    changes: dict[str, Any] = {}  # noqa: RUF012 - of the known format alone
    """What the known format changes in the profile; empty if the file has none."""

    dates: dict[int, str] = {}  # noqa: RUF012 - of the whole file
    """Dates above times of day, by their line."""

    sections: Sequence[int] = ()
    """The lines of the headers of the sections of the file."""

    partial: int = 0
    """Rows with readings in some of the columns that are added, and not in others."""

    unlabelled: int = 0
    """Rows that are left out because they have no label, or another one than those that are added."""

    parts: Floats | None = None
    """If columns are added, the numbers in the cells of all `reading_places`: (places, rows)."""

    doubt: RejectedFileError | None = None
    """A question about the file that the profile answers."""

    ends: Callable[[], bytes] = bytes
    """Returns the first lines of the file, and the last ones."""

    @property
    def broken_count(self) -> int:
        """Return how many rows cannot be read, repeats included."""
        return int(np.count_nonzero(self.broken)) + self.repeats

    def chosen(self, rows: Integers) -> Table:
        """Return some of the rows, or all in another order."""
        return self._replace(
            line=self.line[rows],
            time=self.time[rows],
            form=self.form[rows],
            broken=self.broken[rows],
            readings=self.readings.take(rows, axis=1),
            label=None if self.label is None else self.label[rows],
            parts=None if self.parts is None else self.parts.take(rows, axis=1),
        )


def joined(tables: list[Table]) -> Table:
    """Return one table with the rows of several tables of a file."""
    if len(tables) == 1:
        return tables[0]
    tables = _with_all_channels(tables)
    labels = [table.label for table in tables if table.label is not None]
    parts = [table.parts for table in tables if table.parts is not None]
    are_alike = len(parts) == len(tables) and len({*map(len, parts)}) == 1
    return tables[0]._replace(
        line=np.concatenate([table.line for table in tables]),
        time=np.concatenate([table.time for table in tables]),
        form=np.concatenate([table.form for table in tables]),
        broken=np.concatenate([table.broken for table in tables]),
        readings=np.concatenate([table.readings for table in tables], axis=1),
        label=np.concatenate(labels) if len(labels) == len(tables) else None,
        repeats=sum(table.repeats for table in tables),
        partial=sum(table.partial for table in tables),
        unlabelled=sum(table.unlabelled for table in tables),
        parts=np.concatenate(parts, axis=1) if are_alike else None,
    )


def of_section(table: Table, number: int) -> Table:
    """Return the rows of one section, from 1. Raises RejectedFileError if the file has fewer sections."""
    lines = table.sections
    if number > len(lines):
        message = f"the profile's csv.section is {number}; the file has {counted(len(lines), 'section')}"
        raise RejectedFileError("missing_columns", message)
    first, last = lines[number - 1], lines[number] if number < len(lines) else np.inf
    rejected = [one for one in table.rejected if first <= one.line < last]
    rows = ((table.line >= first) & (table.line < last)).nonzero()[0]
    return table.chosen(rows)._replace(rejected=rejected, sections=())


def with_lines_of_rows(table: Table, count: int, above: int) -> Table:
    """Return a table with the lines of the file.

    Its rows were rewritten as `count` lines each, and the first line of the file has so many others above it.
    """
    if (count, above) == (1, 0):
        return table
    first = table.dialect.first_row_line
    lines = first - above + (table.line - first) // count
    numbers = (first - above + (one.line - first) // count for one in table.rejected)
    rejected = [structs.replace(one, line=line) for one, line in zip(table.rejected, numbers, strict=True)]
    return table._replace(line=lines, rejected=rejected)


def _with_all_channels(tables: list[Table]) -> list[Table]:
    """Return the tables of sections, each with the channels of all; NaN where a section lacks one."""
    if all(tuple(table.dialect.columns) == tuple(tables[0].dialect.columns) for table in tables):
        return tables
    columns = {name: one for table in reversed(tables) for name, one in table.dialect.columns.items()}
    columns = {name: columns[name] for name in CHANNELS if name in columns}
    whole = tables[0].dialect._replace(columns=columns)
    found = []
    for table in tables:
        readings = np.full((len(columns), len(table.line)), np.nan)
        for name, values in zip(table.dialect.columns, table.readings, strict=True):
            readings[list(columns).index(name)] = values
        found.append(table._replace(readings=readings, dialect=whole))
    return found


def added(cells: Floats, dialect: Dialect, places: list[int]) -> Floats:
    """Return the numbers of each channel, from those of all `reading_places`: (channels, rows)."""
    if [column.places for column in dialect.columns.values()] == [(place,) for place in places]:
        return cells
    columns = dialect.columns.values()
    parts = (addends(cells[[places.index(place) for place in one.places]], one) for one in columns)
    found: Floats = np.array([np.add.reduce(each, axis=0) for each in parts])
    return found


def addends(cells: Floats, column: Column) -> Floats:
    """Return the numbers that are added for a column, from those of its places: (numbers, rows)."""
    if not column.is_product:
        return cells * np.array(column.scales)[:, np.newaxis] if column.scales else cells
    found: Floats = np.multiply.reduce(cells.reshape(-1, column.factors, cells.shape[1]), axis=1)
    return found


def reading_places(dialect: Dialect) -> list[int]:
    """Return the places of all readings, in their order in a row."""
    return sorted({place for column in dialect.columns.values() for place in column.places})


def in_units(cells: Floats, dialect: Dialect) -> Floats:
    """Return the numbers of cells as readings in their channels' units: a row for each column."""
    columns = dialect.columns.values()
    if {(column.factor, column.offset) for column in columns} == {(1, 0)}:
        return cells
    factors = np.array([[column.factor] for column in columns])
    scaled: Floats = cells * factors + np.array([[column.offset] for column in columns])
    return scaled


def numbers_of_labels(cells: Sequence[str], labels: dict[str, int]) -> NDArray[np.int32]:
    """Return the numbers of labels; labels that `labels` lacks are added to it, up to a limit."""
    found = [labels.get(cell.strip(), -1) for cell in cells]
    for at in (at for at, number in enumerate(found) if number < 0):
        is_free = len(labels) < MAX_LABELS
        found[at] = labels.setdefault(cells[at].strip(), len(labels)) if is_free else MAX_LABELS
    return np.array(found, np.int32)


def wanted_labels(dialect: Dialect) -> frozenset[str] | None:
    """Return the labels of the rows that are read; None for all of them."""
    if dialect.where and not dialect.long:
        return frozenset(dialect.where) if dialect.device is None else None
    return frozenset(label for _, label in dialect.long) if dialect.long else None
