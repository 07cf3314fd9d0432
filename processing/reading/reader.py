"""From blocks of whole lines to the table of a file."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from processing.layout.dialect import Dialect
from processing.layout.header import dialect_of
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.result import RejectedRow
from processing.model.stamp import PLAIN, Form
from processing.reading.byte_source import BLOCK
from processing.reading.fast_rows import FastParser
from processing.reading.strict_rows import StrictParser
from processing.reading.table import Table, joined

BYTES_PER_ROW = 220
"""Memory that a row takes at the peak of its processing: 130 if rows are in order, this if they are not."""

_WORKING_BYTES = 16 << 20
"""Memory besides the rows: the blocks at work. What a worker holds before its first file does not count."""

_CERTAIN_FRACTION = 0.8
"""Share of the rows that the file's size and its first lines promise, taken for certain."""


def read_table(blocks: Iterator[bytes], profile: Profile, size: int = 0) -> Table:
    """Return the table in these blocks of whole UTF-8 lines.

    `size` is that of the text in bytes, 0 if not known. Raises RejectedFileError if there is no header, or if
    the rows need too much memory: those that were read, or those that the size promises.
    """
    head = b""
    while len(head) < BLOCK // 2 and (block := next(blocks, b"")):
        head += block
    if not head:
        raise RejectedFileError("empty_file", "the file is empty; expected a header and rows")
    dialect = dialect_of(head, profile)
    reader = _Reader(dialect)
    max_rows = max(0, profile.caps.max_memory - _WORKING_BYTES) // BYTES_PER_ROW
    tables: list[Table] = []
    rows, done = 0, 0
    for block in chain((head.split(b"\n", dialect.header_line)[-1],), blocks):
        tables.append(reader.read(block))
        rows += len(tables[-1].line)
        done += len(block)
        if rows * max(1.0, _CERTAIN_FRACTION * size / max(done, 1)) > max_rows:
            limit = f"more than {max_rows} rows need more memory than allowed"
            raise RejectedFileError("too_large", f"{limit}; raise --file-memory or split the file")
    return joined(tables)


class _Reader:
    """Reads the blocks of one file: plain lines at once, the others cell by cell."""

    def __init__(self, dialect: Dialect) -> None:
        forms: dict[Form, int] = {PLAIN: 0}
        rejected: list[RejectedRow] = []
        self._fast = FastParser(dialect, forms, rejected)
        self._strict = StrictParser(dialect, forms, rejected)
        self._next_line = dialect.header_line + 1

    def read(self, block: bytes) -> Table:
        """Return the rows of the next block."""
        first, count = self._next_line, block.count(b"\n")
        self._next_line += count
        table = self._fast.read(block, np.arange(first, first + count, dtype=np.int32))
        if len(table.line) == count:
            return table
        others = sorted({*range(count)}.difference((table.line - first).tolist()))
        lines = block.split(b"\n")
        strict = self._strict.read([first + at for at in others], [lines[at] for at in others])
        whole = joined([table, strict])
        return whole.chosen(whole.line.argsort(kind="stable"))
