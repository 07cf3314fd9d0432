"""The rows of a CSV file as columns, in the order of the file."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.layout.dialect import Dialect
from processing.model.flags import Floats, Integers, Mask
from processing.model.result import RejectedRow
from processing.model.stamp import Form


class Table(NamedTuple):
    """Rows of a file in its own order; arrays of one length. Blank lines and comments are no rows."""

    line: NDArray[np.int32]
    """Where the row stands in the file, from 1."""
    time: Integers
    """Microseconds since 1970: UTC if the timestamp has an offset, else as written; NO_TIME if unreadable."""
    form: NDArray[np.int32]
    """How the timestamp is written: its number in `forms`."""
    broken: Mask
    """The row has a syntax error."""
    readings: Floats
    """In the channel's unit, NaN if there is no number: (channels of the dialect, rows)."""
    dialect: Dialect
    forms: dict[Form, int]
    """Numbered in the order in which they occur."""
    rejected: list[RejectedRow]
    """The first broken rows."""
    repeats: int = 0
    """Broken rows that repeat an earlier one byte for byte; they are not in the arrays."""

    def chosen(self, rows: Integers) -> Table:
        """Return some of the rows, or all in another order."""
        return self._replace(
            line=self.line[rows],
            time=self.time[rows],
            form=self.form[rows],
            broken=self.broken[rows],
            readings=self.readings.take(rows, axis=1),
        )


def joined(tables: list[Table]) -> Table:
    """Return the rows of tables of one file."""
    if len(tables) == 1:
        return tables[0]
    return tables[0]._replace(
        line=np.concatenate([table.line for table in tables]),
        time=np.concatenate([table.time for table in tables]),
        form=np.concatenate([table.form for table in tables]),
        broken=np.concatenate([table.broken for table in tables]),
        readings=np.concatenate([table.readings for table in tables], axis=1),
        repeats=sum(table.repeats for table in tables),
    )


def in_units(cells: Floats, dialect: Dialect) -> Floats:
    """Return the numbers of cells as readings in their channels' units: a row for each column."""
    columns = dialect.columns.values()
    if all(column.factor == 1 and column.offset == 0 for column in columns):
        return cells
    factors = np.array([[column.factor] for column in columns])
    scaled: Floats = cells * factors + np.array([[column.offset] for column in columns])
    return scaled
