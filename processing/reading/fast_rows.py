r"""Plain lines at once: all timestamps of a block together, and all of its numbers.

    >>> dialect = dialect_of(b"timestamp,voltage,current\n", Profile())
    >>> block = b"2025-01-15T06:00:00,24.1,0.5\n2025-01-15T06:05:00,24.2,ERR\n"
    >>> table = FastParser(dialect, {PLAIN: 0}, []).read(block, np.array([2, 3], np.int32))
    >>> table.line, table.readings
    (array([2], dtype=int32), array([[24.1], [ 0.5]]))

A row is only read if all of its cells are certain, and then just as `strict_rows` reads it. All other lines,
such as the second one here, are left out: the strict parser reads them and says what is wrong with them.
"""

import functools
import re

import numpy as np
from numpy.typing import NDArray

from processing.layout.dialect import Dialect, decoded
from processing.model.flags import Integers, Mask
from processing.model.result import RejectedRow
from processing.model.stamp import NO_TIME, Form
from processing.reading.table import Table, in_units
from processing.values.numbers import MAX_CHARACTERS, comma_separated
from processing.values.time_columns import timestamps

_NEWLINE, _BLANK = b"\n "
_OTHER, _TIME, _READING = range(3)
"""What a column holds."""


class FastParser:
    """Reads the plain lines of one file: no quotes, as many cells as the header has, all of them short."""

    def __init__(self, dialect: Dialect, forms: dict[Form, int], rejected: list[RejectedRow]) -> None:
        self._dialect, self._forms, self._rejected = dialect, forms, rejected
        self._delimiter = dialect.delimiter.encode()
        self._comment = dialect.comment.encode()
        self._columns = len(dialect.header)
        kept = {dialect.decimal: ".", dialect.delimiter: dialect.delimiter}
        signs = "".join(kept.get(sign, "'") for sign in ",.")
        self._signs = None if signs == ",." else bytes.maketrans(b",.", signs.encode())
        """Makes the decimal sign a point; a cell with the other sign is then no number."""
        self._kinds = np.full(self._columns, _OTHER, np.uint8)
        self._kinds[dialect.stamp] = _TIME
        self._kinds[[one.place for one in dialect.columns.values()]] = _READING

    def read(self, block: bytes, line: NDArray[np.int32]) -> Table:
        """Return the rows of the plain lines of a block, which has these lines of the file."""
        if not block.isascii() and decoded(block) is None:
            block, line = b"", line[:0]
        ends = self._ends(block, len(line))
        if ends is None:
            lines = block.split(b"\n")
            pattern = _plain_line(self._delimiter, self._comment, self._columns)
            plain = [at for at in range(len(line)) if pattern.fullmatch(lines[at])]
            block, line = b"".join(lines[at] + b"\n" for at in plain), line[plain]
            ends = self._cell_ends(block).nonzero()[0]
        return self._table(block, line, ends)

    def _cell_ends(self, block: bytes) -> Mask:
        """Return which bytes of a block end a cell."""
        octets = np.frombuffer(block, np.uint8)
        return np.asarray((octets == self._delimiter[0]) | (octets == _NEWLINE))

    def _ends(self, block: bytes, rows: int) -> Integers | None:
        """Return where the cells of a block end; None if not all of its lines are plain."""
        if not rows or b'"' in block or (self._comment and self._comment in block):
            return None
        octets, is_end = np.frombuffer(block, np.uint8), self._cell_ends(block)
        ends: Integers = is_end.nonzero()[0]
        is_plain = (
            len(ends) == rows * self._columns
            and octets[ends[self._columns - 1 :: self._columns]].tobytes() == b"\n" * rows
            and max(ends[0], (ends[1:] - ends[:-1]).max() - 1) <= MAX_CHARACTERS
            and not np.count_nonzero((octets < _BLANK) & ~is_end)
        )
        return ends if is_plain else None

    def _table(self, block: bytes, line: NDArray[np.int32], ends: Integers) -> Table:
        """Return the rows of plain lines, without those that have another cell than a number or a time."""
        dialect, rows = self._dialect, len(line)
        octets = np.frombuffer(block if self._signs is None else block.translate(self._signs), np.uint8)
        cell_bytes = np.concatenate((ends[:1] + 1, ends[1:] - ends[:-1]))
        kinds = self._kinds[np.newaxis].repeat(rows, axis=0).ravel().repeat(cell_bytes)
        times = octets[kinds == _TIME].tobytes()
        time, codes = timestamps(times.replace(self._delimiter, b"\n"), rows, self._forms)
        cells = octets[kinds == _READING].tobytes().replace(self._delimiter, b",").replace(b"\n", b",")
        readings = in_units(comma_separated(cells, rows, len(dialect.columns)), dialect)
        broken = np.zeros(rows, np.bool_)
        table = Table(line, time, codes, broken, readings, dialect, self._forms, self._rejected)
        is_read = (time != NO_TIME) & ~np.isnan(readings).any(axis=0)
        return table if is_read.all() else table.chosen(is_read.nonzero()[0])


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _plain_line(delimiter: bytes, comment: bytes, columns: int) -> re.Pattern[bytes]:
    is_row = b"(?!%b)" % re.escape(comment) if comment else b""
    cell = rb'[^"\x00-\x1f%b]{0,%d}' % (re.escape(delimiter), MAX_CHARACTERS)
    return re.compile(is_row + re.escape(delimiter).join([cell] * columns))
