"""CSV bytes to columns: every row in numpy arrays, and what is wrong with those that are broken."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

import fastnumbers
import numpy as np
from numpy.typing import NDArray

from processing import grammar
from processing.dialect import Dialect, dialect_of, split
from processing.flags import Floats, Integers, Mask
from processing.grammar import Form
from processing.names import text_of
from processing.plain import Plain, Shape, plain, times
from processing.profile import Profile
from processing.result import MOST_LISTED, RejectedRow
from processing.source import BLOCK, MOST_IN_LINE, RefusedError

NO_TIME: Final = np.iinfo(np.int64).min
"""The time of a row whose timestamp does not parse."""

BYTES_A_ROW = 220
"""Memory that judging a row takes at its peak: 130 where rows are in order, this where all must be sorted."""

_SURELY = 0.8
"""The share of the rows which a file's size and first lines promise that is taken for certain."""

_WORKING_BYTES = 64 << 20
"""Memory besides the rows: the interpreter, numpy, the blocks at work."""

_SMALL_BLOCK = 4 << 10
"""Bytes: a block with an odd line is halved until this, and read cell by cell only then."""

_LONGEST_CELL_SHOWN = 40
_MOST_SHOWN = 4 * (_LONGEST_CELL_SHOWN + 1)  # as bytes
_MOST_REMEMBERED = 100_000
_ODD_BLANKS = "\n\v\f\r\x1c\x1d\x1e\x1f\x85"
_SWAP = str.maketrans(",.", ".,")
_NAN = float("nan")


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


class _Part(NamedTuple):
    line: NDArray[np.int32]
    time: Integers
    form: NDArray[np.int32]
    broken: Mask
    block: Floats

    def chosen(self, rows: Mask) -> _Part:
        """Return some of the rows."""
        block = self.block.compress(rows, axis=1)
        return _Part(self.line[rows], self.time[rows], self.form[rows], self.broken[rows], block)


class _Fault(NamedTuple):
    """What is wrong with a broken row, and where."""

    line: int
    column: str | None
    reason: str
    cell: str

    def shown(self) -> RejectedRow:
        """Return it as a record lists it: the cell shortened and printable."""
        cell = text_of(self.cell[:_LONGEST_CELL_SHOWN].encode("utf-8", "replace"))
        more = "…" if len(self.cell) > _LONGEST_CELL_SHOWN else ""
        return RejectedRow(line=self.line, column=self.column, reason=self.reason, cell=cell + more)


class _UnreadableError(Exception):
    """A line that is no row of cells; the message says why. Its timestamp may be readable nevertheless."""

    def __init__(self, reason: str, stamp: str = "") -> None:
        super().__init__(reason)
        self.stamp = stamp


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
        self._forms: dict[Form, int] = {grammar.PLAIN: 0, grammar.BLANK: 1}
        self._rejected: list[RejectedRow] = []
        self._seen: set[int] = set()
        self._repeats = 0
        self._comment = dialect.comment.encode() or b"\n"
        self._delimiter = dialect.delimiter.encode()
        self._places = [column.place for column in dialect.columns.values()]
        self._was_plain = False
        self._may_be_plain = dialect.decimal == "." and not self._comment[:1].isdigit()
        self._shape = Shape(len(dialect.header), dialect.stamp, tuple(self._places))

    def table(self, head: bytes, blocks: Iterator[bytes], size: int) -> Table:
        """Return all rows after the header."""
        parts: list[_Part] = []
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
        whole = parts[0] if len(parts) == 1 else _joined(parts)
        return Table(*whole, list(self._forms), self._rejected, self._repeats, self._dialect)

    def _parts(self, block: bytes, number: int) -> Iterator[_Part]:
        """Yield the rows of these lines: plain ones at once, those near an odd one cell by cell."""
        found = plain(block, self._shape, self._delimiter) if self._may_be_plain else None
        if found is not None:
            self._was_plain = True
            yield self._plain(found, number)
            return
        cut = block.rfind(b"\n", 0, len(block) // 2) + 1
        if len(block) <= _SMALL_BLOCK or not cut or not self._may_be_plain:
            yield self._general(block, number)
        else:
            yield from self._parts(block[:cut], number)
            yield from self._parts(block[cut:], number + block.count(b"\n", 0, cut))

    def _plain(self, found: Plain, number: int) -> _Part:
        rows = len(found.time)
        return _Part(
            np.arange(number, number + rows, dtype=np.int32),
            found.time,
            np.full(rows, self._form(found.form), np.int32),
            np.zeros(rows, np.bool_),
            self._in_units(found.values),
        )

    def _in_units(self, cells: Floats) -> Floats:
        columns = self._dialect.columns.values()
        if all(column.factor == 1 and column.offset == 0 for column in columns):
            return cells
        factors = np.array([[column.factor] for column in columns])
        scaled: Floats = cells * factors + np.array([[column.offset] for column in columns])
        return scaled

    def _general(self, block: bytes, first: int) -> _Part:
        """Return the rows among these lines, each cell judged by the grammar."""
        faults: dict[int, _Fault] = {}
        kept, rows = [], []
        lines = block.split(b"\n")[:-1]
        for number, raw in enumerate(lines, first):
            if not raw.strip() or raw.startswith(self._comment):
                continue
            try:
                rows.append(self._cells(raw))
            except _UnreadableError as error:
                faults[len(rows)] = _Fault(
                    number, None, str(error), raw[:_MOST_SHOWN].decode("utf-8", "replace")
                )
                rows.append(self._stamp_only(error.stamp))
            kept.append(number)
        part = self._columns(kept, rows, faults)
        texts = {at: (fault, lines[fault.line - first]) for at, fault in sorted(faults.items())}
        return self._without_repeats(part, texts)

    def _cells(self, raw: bytes) -> list[str]:
        if len(raw) > MOST_IN_LINE:
            raise _UnreadableError(f"line longer than {MOST_IN_LINE} bytes")
        if b"\0" in raw:
            raise _UnreadableError("NUL byte")
        try:
            cells = split(raw.decode("utf-8"), self._dialect.delimiter)
        except UnicodeDecodeError:
            raise _UnreadableError("not UTF-8 text") from None
        except csv.Error as error:
            raise _UnreadableError(f"bad quoting: {error}") from None
        if len(cells) != len(self._dialect.header):
            reason = f"{len(cells)} cells where the header has {len(self._dialect.header)}"
            raise _UnreadableError(
                reason, cells[self._dialect.stamp] if self._dialect.stamp < len(cells) else ""
            )
        return cells

    def _stamp_only(self, stamp: str) -> list[str]:
        cells = [""] * len(self._dialect.header)
        cells[self._dialect.stamp] = stamp
        return cells

    def _columns(self, kept: list[int], rows: list[list[str]], faults: dict[int, _Fault]) -> _Part:
        columns = list(zip(*rows, strict=True)) or [()] * len(self._dialect.header)
        time, form = self._times(kept, columns[self._dialect.stamp], faults)
        cells = np.array([numbers(columns[place], self._dialect.decimal) for place in self._places])
        for (name, column), found in zip(self._dialect.columns.items(), cells, strict=True):
            for index in np.isnan(found).nonzero()[0].tolist():
                if index not in faults:
                    faults[index] = _Fault(kept[index], name, "not a number", rows[index][column.place])
        broken = np.zeros(len(rows), np.bool_)
        broken[list(faults)] = True
        return _Part(np.array(kept, np.int32), time, form, broken, self._in_units(cells))

    def _times(
        self, kept: list[int], cells: Sequence[str], faults: dict[int, _Fault]
    ) -> tuple[Integers, NDArray[np.int32]]:
        found = times(cells)
        if found is not None:
            return found[0], np.full(len(cells), self._form(found[1]), np.int32)
        stamps = [grammar.timestamp(cell) for cell in cells]
        for index, stamp in enumerate(stamps):
            if stamp is None and index not in faults:
                reason = "not an ISO 8601 timestamp of 1970 to 2100"
                faults[index] = _Fault(kept[index], "timestamp", reason, cells[index])
        time = np.array([NO_TIME if stamp is None else stamp.time for stamp in stamps], np.int64)
        form = np.array([0 if stamp is None else self._form(stamp.form) for stamp in stamps], np.int32)
        return time, form

    def _form(self, form: Form) -> int:
        return self._forms.setdefault(form, len(self._forms))

    def _without_repeats(self, part: _Part, faults: dict[int, tuple[_Fault, bytes]]) -> _Part:
        """Return the part without broken rows that stood in the file before; note the others."""
        kept = np.ones(len(part.line), np.bool_)
        for index, (fault, raw) in faults.items():
            if hash(raw) in self._seen:
                kept[index] = False
                continue
            if len(self._rejected) < MOST_LISTED:
                self._rejected.append(fault.shown())
            if len(self._seen) < _MOST_REMEMBERED:
                self._seen.add(hash(raw))
        if kept.all():
            return part
        self._repeats += len(kept) - int(np.count_nonzero(kept))
        return part.chosen(kept)


def _joined(parts: list[_Part]) -> _Part:
    line, time, form, broken, block = zip(*parts, strict=True)
    return _Part(
        np.concatenate(line),
        np.concatenate(time),
        np.concatenate(form),
        np.concatenate(broken),
        np.concatenate(block, axis=1),
    )


def numbers(cells: Sequence[str], decimal: str = ".") -> Floats:
    """Return the cells' numbers by the grammar's rule, NaN where a cell holds none."""
    if decimal == ",":
        cells = [cell.translate(_SWAP) for cell in cells]
    text = "".join(cells)
    usual = text.isascii() and not any(blank in text for blank in _ODD_BLANKS)
    if usual and max(map(len, cells), default=0) <= grammar.MOST_CHARACTERS:
        found: Floats = fastnumbers.try_array(cells, dtype=np.float64, on_fail=_NAN, inf=_NAN, nan=_NAN)
        return found + 0.0  # minus zero is zero
    read = [grammar.number(cell) for cell in cells]
    return np.array([_NAN if value is None else value for value in read], np.float64) + 0.0
