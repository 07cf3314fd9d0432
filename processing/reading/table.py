"""CSV bytes to columns: every row in numpy arrays, and what is wrong with those that are broken."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.model.flags import Floats, Integers, Mask
from processing.model.profile import Profile
from processing.model.result import RejectedRow
from processing.model.stamp import Form
from processing.reading.byte_source import BLOCK, RefusedError
from processing.reading.dialect import Dialect, dialect_of
from processing.reading.fast_rows import Plain, Shape, pattern, plain
from processing.reading.strict_rows import Part, Strict, in_units, joined

BYTES_A_ROW = 220
"""Memory that judging a row takes at its peak: 130 where rows are in order, this where all must be sorted."""

_SURELY = 0.8
"""The share of the rows which a file's size and first lines promise that is taken for certain."""

_WORKING_BYTES = 16 << 20
"""Memory besides the rows: the blocks at work. What a worker holds before its first file does not count."""

_SMALL_BLOCK = 4 << 10
"""Bytes: a block with many odd lines is halved until this, and read cell by cell only then."""

_MOST_ODD = 0.25
"""The share of a block's lines that may be odd for the others to be read at once."""


class Table(NamedTuple):
    """The rows of a file in its own order; arrays of one length. Blank lines and comments are no rows."""

    line: NDArray[np.int32]
    """Where the row stands in the file, from 1."""
    time: Integers
    """Microseconds since 1970: UTC where stamps have offsets, else as written; NO_TIME where unreadable."""
    form: NDArray[np.int32]
    """Index into `forms`."""
    broken: Mask
    """The row has a syntax error."""
    block: Floats
    """Readings in the channel's unit, NaN where there is no number: (channels of the dialect, rows)."""
    forms: list[Form]
    rejected: list[RejectedRow]
    """The first broken rows."""
    repeats: int
    """Broken rows that repeat an earlier one byte for byte; they are not in the arrays."""
    dialect: Dialect


def read(blocks: Iterator[bytes], profile: Profile, size: int = 0) -> Table:
    """Return the table that these blocks of whole UTF-8 lines hold.

    `size` is that of the text in bytes, 0 if not known. Raises RefusedError where there is no header,
    or more rows than the memory allows: by their number or, after the first block, by the size.
    """
    head = b""
    while len(head) < BLOCK // 2 and (block := next(blocks, b"")):
        head += block
    if not head:
        raise RefusedError("empty_file", "the file is empty; expected a header and rows")
    return _Reader(dialect_of(head, profile), profile).table(head, blocks, size)


class _Reader:
    """Collects the rows of one file, block by block."""

    def __init__(self, dialect: Dialect, profile: Profile) -> None:
        self._dialect = dialect
        self._most_rows = max(0, profile.caps.max_memory - _WORKING_BYTES) // BYTES_A_ROW
        self._strict = Strict(dialect)
        self._delimiter = dialect.delimiter.encode()
        self._was_plain = False
        self._may_be_plain = dialect.decimal == "."
        places = tuple(column.place for column in dialect.columns.values())
        self._shape = Shape(len(dialect.header), dialect.stamp, places)

    def table(self, head: bytes, blocks: Iterator[bytes], size: int) -> Table:
        """Return all rows after the header."""
        parts: list[Part] = []
        rows, done, number, before = 0, 0, self._dialect.header_line + 1, b""
        for block in chain((head.split(b"\n", self._dialect.header_line)[-1],), blocks):
            number, before = number + before.count(b"\n"), block
            found = list(self._parts(block, number))
            parts += found
            rows += sum(len(part.line) for part in found)
            self._may_be_plain &= self._was_plain or len(block) < BLOCK // 2
            done += len(block)
            if rows * max(1.0, _SURELY * size / max(done, 1)) > self._most_rows:
                limit = f"more than {self._most_rows} rows need more memory than allowed"
                message = f"{limit}; raise --file-memory or split the file"
                raise RefusedError("too_large", message)
        whole = parts[0] if len(parts) == 1 else joined(parts)
        strict = self._strict
        return Table(*whole, list(strict.forms), strict.rejected, strict.repeats, self._dialect)

    def _parts(self, block: bytes, number: int) -> Iterator[Part]:
        """Yield the rows of these lines: plain ones at once, odd ones cell by cell."""
        found = self._plain(block, number) if self._may_be_plain else None
        if found is not None:
            self._was_plain = True
            yield found
            return
        cut = block.rfind(b"\n", 0, len(block) // 2) + 1
        if len(block) <= _SMALL_BLOCK or not cut or not self._may_be_plain:
            lines = block.split(b"\n")[:-1]
            yield self._strict.read(range(number, number + len(lines)), lines)
        else:
            yield from self._parts(block[:cut], number)
            yield from self._parts(block[cut:], number + block.count(b"\n", 0, cut))

    def _plain(self, block: bytes, first: int) -> Part | None:
        """Return the rows of these lines where all are plain but few; None where more are not."""
        comment = self._strict.comment
        commented = block.startswith(comment) or b"\n" + comment in block
        found = None if commented else plain(block, self._shape, self._delimiter)
        if found is not None:
            return self._read(np.arange(first, first + len(found.time), dtype=np.int32), found)
        lines = block.split(b"\n")[:-1]
        is_plain = pattern(self._shape, self._delimiter).fullmatch
        odd = [at for at, line in enumerate(lines) if not is_plain(line) or line.startswith(comment)]
        if not 0 < len(odd) <= len(lines) * _MOST_ODD:
            return None
        strange = [lines[at] for at in odd]
        for at in reversed(odd):
            del lines[at]
        found = plain(b"\n".join((*lines, b"")), self._shape, self._delimiter)
        if found is None:
            return None
        numbers = np.arange(first, first + len(lines) + len(odd), dtype=np.int32)
        part = self._strict.read([first + at for at in odd], strange)
        whole = joined([part, self._read(np.delete(numbers, odd), found)])
        return whole.chosen(whole.line.argsort(kind="stable"))

    def _read(self, line: NDArray[np.int32], found: Plain) -> Part:
        rows = len(line)
        return Part(
            line,
            found.time,
            np.full(rows, self._strict.form(found.form), np.int32),
            np.zeros(rows, np.bool_),
            in_units(found.values, self._dialect),
        )
