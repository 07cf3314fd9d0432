r"""Plain lines at once: all timestamps of a block together, and all of its numbers.

    >>> dialect = dialect_of(b"timestamp,voltage,current\n", Profile())
    >>> block = b"2025-01-15T06:00:00,24.1,0.5\n2025-01-15T06:05:00,24.2,ERR\n"
    >>> table = FastParser(dialect, {PLAIN: 0}, [], {}).read(block, np.array([2, 3], np.int32))
    >>> table.line, table.readings
    (array([2], dtype=int32), array([[24.1], [ 0.5]]))

A row is read only if all of its cells are certain, and then exactly as `strict_rows` reads it. All other
lines, such as the second one here, are left out: the strict parser reads them and says what is wrong with
them.
"""

import functools
import re

import numpy as np
from numpy.typing import NDArray

from processing.head.dialect import Dialect, decoded
from processing.model.channels import MAX_CHARACTERS
from processing.model.flags import Integers, Mask, all_of
from processing.model.result import RejectedRow
from processing.model.stamp import NO_TIME, Form
from processing.reading.table import Table, added, in_units, numbers_of_labels, reading_places
from processing.times.time_columns import timestamps
from processing.times.time_formats import time_format
from processing.values.numbers import comma_separated, numeric_marks

_NEWLINE, _BLANK, _QUOTE = b'\n "'
_OTHER, _TIME, _READING, _LABEL = range(4)
"""The kinds of what a column holds."""


class FastParser:
    """Reads the plain lines of one file: no quotes, as many cells as the header has, all of them short."""

    def __init__(
        self, dialect: Dialect, forms: dict[Form, int], rejected: list[RejectedRow], labels: dict[str, int]
    ) -> None:
        self._dialect, self._forms, self._rejected, self._labels = dialect, forms, rejected, labels
        self._delimiter = dialect.delimiter.encode()
        self._comments = tuple(each.encode() for each in dialect.comment)
        self._columns = dialect.width
        self._format = time_format(dialect.time_format)
        self._places = reading_places(dialect)
        self._has_sums = len(self._places) > len(dialect.columns)
        signs = f",.{dialect.decimal}{dialect.delimiter}\n".encode()
        self._signs = None if signs == b",..,\n" else bytes.maketrans(signs, b"''.,,")
        """Turns the decimal sign into a point and what ends a cell into a comma; a cell with the other
        decimal sign is then not a number. If a sign stands twice, the last one counts."""
        kinds = [_OTHER] * self._columns
        if dialect.label is not None:
            kinds[dialect.label] = _LABEL
        for place in self._places:
            kinds[place] = _READING
        for place in dialect.stamp:
            kinds[place] = _TIME
        self._kinds = np.array(kinds, np.uint8)
        has_units = any(column.cell_units for column in dialect.columns.values())
        is_in_order = list(dialect.stamp) == sorted(dialect.stamp)
        is_other = has_units or dialect.thousands or numeric_marks(dialect.missing)
        self._is_fast = is_in_order and not is_other and dialect.device is None

    def read(self, block: bytes, line: NDArray[np.int32]) -> Table:
        """Return the rows of the plain lines of a block; `line` has the numbers of its lines in the file."""
        if not self._is_fast or (not block.isascii() and decoded(block) is None):
            block, line = b"", line[:0]
        block = self._unquoted(block)
        sizes = self._sizes(block, len(line))
        if sizes is None:
            lines = block.split(b"\n")
            pattern = _plain_line(self._delimiter, self._comments, self._columns)
            plain = [at for at in range(len(line)) if pattern.fullmatch(lines[at])]
            block, line = b"".join(lines[at] + b"\n" for at in plain), line[plain]
            sizes = _between(self._cell_ends(block).nonzero()[0])
        return self._table(block, line, sizes)

    def _unquoted(self, block: bytes) -> bytes:
        """Return the block without quotes, if each pair of them surrounds one whole cell."""
        if b'"' not in block:
            return block
        octets = np.frombuffer(b"\n" + block, np.uint8)
        is_end = (octets == self._delimiter[0]) | (octets == _NEWLINE)
        quotes = (octets == _QUOTE).nonzero()[0]
        opening, closing = quotes[::2], quotes[1::2]
        is_plain = bool(
            len(opening) == len(closing)
            and is_end[opening - 1].all()
            and is_end[np.minimum(closing + 1, len(octets) - 1)].all()
            and np.array_equal(*(np.searchsorted(is_end.nonzero()[0], each) for each in (opening, closing)))
        )
        return block.replace(b'"', b"") if is_plain else block

    def _cell_ends(self, block: bytes) -> Mask:
        """Return which bytes of a block end a cell."""
        octets = np.frombuffer(block, np.uint8)
        return np.asarray((octets == self._delimiter[0]) | (octets == _NEWLINE))

    def _sizes(self, block: bytes, rows: int) -> Integers | None:
        """Return the sizes of a block's cells with their ends; None if not all of its lines are plain."""
        if not rows or b'"' in block or any(comment in block for comment in self._comments):
            return None
        octets, is_end = np.frombuffer(block, np.uint8), self._cell_ends(block)
        ends = is_end.nonzero()[0]
        sizes = _between(ends)
        is_plain = (
            len(ends) == rows * self._columns
            and octets[ends[self._columns - 1 :: self._columns]].tobytes() == b"\n" * rows
            and sizes.max() - 1 <= MAX_CHARACTERS
            and np.count_nonzero(octets < _BLANK) == (rows if self._delimiter[0] >= _BLANK else len(ends))
        )
        return sizes if is_plain else None

    def _table(self, block: bytes, line: NDArray[np.int32], sizes: Integers) -> Table:
        """Return the rows of plain lines whose cells are numbers and times where these must be."""
        dialect, rows = self._dialect, len(line)
        octets = np.frombuffer(block, np.uint8)
        kinds = self._kinds[np.newaxis].repeat(rows, axis=0).ravel().repeat(sizes)
        time, codes = timestamps(self._stamps(octets, kinds, sizes, rows), rows, self._forms, self._format)
        cells = octets[kinds == _READING].tobytes()
        cells = cells.replace(b"\n", b",") if self._signs is None else cells.translate(self._signs)
        numbers = comma_separated(cells, rows, len(self._places))
        readings = in_units(added(numbers, dialect, self._places), dialect)
        broken = np.zeros(rows, np.bool_)
        label = self._label(octets, kinds, rows)
        table = Table(
            line, time, codes, broken, readings, dialect, self._forms, self._rejected, label, self._labels
        )
        if self._has_sums:
            table = table._replace(parts=numbers)
        is_read = time != NO_TIME
        if np.isnan(np.add.reduce(readings, axis=None)):
            is_read &= ~np.isnan(readings).any(axis=0)
        if self._columns > len(dialect.header):  # nothing may follow the trailing delimiter
            is_read &= sizes.reshape(rows, self._columns)[:, -1] == 1
        return table if all_of(is_read) else table.chosen(is_read.nonzero()[0])

    def _stamps(
        self, octets: NDArray[np.uint8], kinds: NDArray[np.uint8], sizes: Integers, rows: int
    ) -> bytes:
        """Return the cells of times, each followed by a newline; those of several columns are joined."""
        stamp = self._dialect.stamp
        if len(stamp) > 1:
            octets = octets.copy()
            ends = np.cumsum(sizes) - 1
            octets[ends.reshape(rows, self._columns)[:, list(stamp[:-1])]] = _BLANK
        cells: bytes = octets[kinds == _TIME].tobytes()
        return cells.replace(self._delimiter, b"\n")

    def _label(
        self, octets: NDArray[np.uint8], kinds: NDArray[np.uint8], rows: int
    ) -> NDArray[np.int32] | None:
        if self._dialect.label is None:
            return None
        text = octets[kinds == _LABEL].tobytes().replace(self._delimiter, b"\n").decode("utf-8", "replace")
        return numbers_of_labels(text.split("\n")[:rows], self._labels)


def _between(ends: Integers) -> Integers:
    """Return how many bytes each cell has with its end."""
    sizes = ends.copy()
    sizes[1:] -= ends[:-1]
    sizes[:1] += 1
    return sizes


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _plain_line(delimiter: bytes, comments: tuple[bytes, ...], columns: int) -> re.Pattern[bytes]:
    is_row = b"".join(b"(?!%b)" % re.escape(comment) for comment in comments)
    cell = rb'[^"\x00-\x1f%b]{0,%d}' % (re.escape(delimiter), MAX_CHARACTERS)
    return re.compile(is_row + re.escape(delimiter).join([cell] * columns))
