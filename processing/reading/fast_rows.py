r"""Plain lines at once: one split for a block of them, one conversion for each column.

    >>> dialect = dialect_of(b"timestamp,voltage,current\n", Profile())
    >>> block = b"2025-01-15T06:00:00,24.1,0.5\n2025-01-15T06:05:00,24.2,ERR\n"
    >>> table = FastParser(dialect, {PLAIN: 0}, []).read(block, np.array([2, 3], np.int32))
    >>> table.line, table.readings
    (array([2], dtype=int32), array([[24.1], [ 0.5]]))

A row is only read if all of its cells are certain, and then just as `strict_rows` reads it. All other lines,
such as the second one here, are left out: the strict parser reads them and says what is wrong with them.
"""

from __future__ import annotations

import functools
import re
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from processing.model.result import RejectedRow
from processing.model.stamp import NO_TIME, Form
from processing.reading.dialect import Dialect
from processing.reading.numbers import MAX_CHARACTERS, plain_numbers
from processing.reading.table import Table, in_units
from processing.reading.timestamps import timestamps

_NEWLINE, _BLANK = b"\n "
_SWAP_SIGNS = bytes.maketrans(b",.", b".,")


class FastParser:
    """Reads the plain lines of one file: no quotes, as many cells as the header has, all of them short."""

    def __init__(self, dialect: Dialect, forms: dict[Form, int], rejected: list[RejectedRow]) -> None:
        self._dialect, self._forms, self._rejected = dialect, forms, rejected
        self._delimiter = dialect.delimiter.encode()
        self._comment = dialect.comment.encode()
        self._columns = len(dialect.header)

    def read(self, block: bytes, line: NDArray[np.int32]) -> Table:
        """Return the rows of the plain lines of a block, which has these lines of the file."""
        if not _is_utf8(block):
            block, line = b"", line[:0]
        elif not self._is_plain(block, len(line)):
            lines = block.split(b"\n")
            plain = [at for at in range(len(line)) if self._is_plain_line(lines[at])]
            block, line = b"".join(lines[at] + b"\n" for at in plain), line[plain]
        return self._table(block, line)

    def _is_plain(self, block: bytes, rows: int) -> bool:
        """Return whether all lines of a block are plain."""
        if not rows or b'"' in block or (self._comment and self._comment in block):
            return False
        octets = np.frombuffer(block, np.uint8)
        is_end = (octets == self._delimiter[0]) | (octets == _NEWLINE)
        ends = is_end.nonzero()[0]
        return bool(
            len(ends) == rows * self._columns
            and octets[ends[self._columns - 1 :: self._columns]].tobytes() == b"\n" * rows
            and max(ends[0], (ends[1:] - ends[:-1]).max() - 1) <= MAX_CHARACTERS
            and not np.count_nonzero((octets < _BLANK) & ~is_end)
        )

    def _is_plain_line(self, line: bytes) -> bool:
        is_comment = bool(self._comment) and line.startswith(self._comment)
        return not is_comment and _plain_line(self._delimiter, self._columns).fullmatch(line) is not None

    def _table(self, block: bytes, line: NDArray[np.int32]) -> Table:
        """Return the rows of plain lines, without those that have another cell than a number or a time."""
        dialect = self._dialect
        if dialect.decimal == ",":
            block = block.translate(_SWAP_SIGNS)
        cells = block.replace(b"\n", self._delimiter).split(self._delimiter)[:-1]
        time, form = timestamps(cells[dialect.stamp :: self._columns])
        numbers = chain.from_iterable(
            cells[column.place :: self._columns] for column in dialect.columns.values()
        )
        readings = plain_numbers(list(numbers)).reshape(len(dialect.columns), -1)
        table = Table(
            line,
            time,
            np.full(len(line), self._forms.setdefault(form, len(self._forms)), np.int32),
            np.zeros(len(line), np.bool_),
            in_units(readings, dialect),
            dialect,
            self._forms,
            self._rejected,
        )
        is_read = (time != NO_TIME) & ~np.isnan(readings).any(axis=0)
        return table if is_read.all() else table.chosen(is_read.nonzero()[0])


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _plain_line(delimiter: bytes, columns: int) -> re.Pattern[bytes]:
    cell = rb'[^"\x00-\x1f%b]{0,%d}' % (re.escape(delimiter), MAX_CHARACTERS)
    return re.compile(re.escape(delimiter).join([cell] * columns))


def _is_utf8(block: bytes) -> bool:
    try:
        return block.isascii() or bool(block.decode())
    except UnicodeDecodeError:
        return False
