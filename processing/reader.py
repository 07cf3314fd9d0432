"""CSV bytes to columns: every row in numpy arrays, and what is wrong with those that are broken."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import fastnumbers
import numpy as np
from numpy.typing import NDArray

from processing import grammar, plain
from processing.dialect import LINES_LOOKED_AT, Column, Dialect, dialect_of, split
from processing.flags import Floats, Integers, Mask, any_of
from processing.grammar import Form
from processing.names import text_of
from processing.profile import Profile
from processing.result import MOST_LISTED, RejectedRow
from processing.source import BLOCK, MOST_IN_LINE, RefusedError

NO_TIME = plain.NO_TIME
"""The time of a row whose timestamp does not parse."""

BYTES_A_ROW = 220
"""Memory that judging a row takes at its peak: 130 where rows are in order, this where all must be sorted."""

_WORKING_BYTES = 64 << 20
"""Memory besides the rows: the interpreter, numpy, the blocks at work."""

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
    values: dict[str, Floats]
    """Readings in the channel's unit, for the channels that the file has; NaN where there is no number."""
    forms: list[Form]
    rejected: list[RejectedRow]
    """The first broken rows."""
    repeats: int
    """Broken rows that repeat an earlier one byte for byte; they are not in the arrays."""
    dialect: Dialect


class _Block(NamedTuple):
    line: NDArray[np.int32]
    time: Integers
    form: NDArray[np.int32]
    broken: Mask
    values: list[Floats]

    def chosen(self, rows: Mask | Integers) -> _Block:
        """Return some of the rows."""
        values = [column[rows] for column in self.values]
        return _Block(self.line[rows], self.time[rows], self.form[rows], self.broken[rows], values)


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


def read(blocks: Iterator[bytes], profile: Profile) -> Table:
    """Return the table that these blocks of whole UTF-8 lines hold.

    Raises RefusedError where there is no header, or more rows than the memory allows.
    """
    head = b""
    while head.count(b"\n") < LINES_LOOKED_AT and len(head) < BLOCK and (block := next(blocks, b"")):
        head += block
    if not head:
        raise RefusedError("empty_file", "the file is empty; expected a header and rows")
    return _Reader(dialect_of(head, profile), profile).table(head, blocks)


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

    def table(self, head: bytes, blocks: Iterator[bytes]) -> Table:
        """Return all rows after the header."""
        parts, rows, number = [], 0, self._dialect.header_line + 1
        block = head.split(b"\n", self._dialect.header_line)[-1]
        while True:
            parts.append(self._block(block, number))
            rows += len(parts[-1].line)
            if rows > self._most_rows:
                limit = f"more than {self._most_rows} rows need more memory than allowed"
                message = f"{limit}; raise --file-memory or split the file"
                raise RefusedError("too_large", message)
            number += block.count(b"\n")
            following = next(blocks, None)
            if following is None:
                return self._joined(parts)
            block = following

    def _joined(self, parts: list[_Block]) -> Table:
        rows = parts[0] if len(parts) == 1 else _concatenated(parts)
        values = dict(zip(self._dialect.columns, rows.values, strict=True))
        shown = list(self._forms), self._rejected, self._repeats, self._dialect
        return Table(rows.line, rows.time, rows.form, rows.broken, values, *shown)

    def _block(self, block: bytes, number: int) -> _Block:
        """Return the rows of these lines: the plain ones as columns, the others cell by cell."""
        lines_ahead = np.arange(number, number + block.count(b"\n"), dtype=np.int32)
        if not block.startswith(self._comment) and b"\n" + self._comment not in block:
            found = self._plain(block, lines_ahead)
            if found is not None:
                return found
        lines = block.split(b"\n")[:-1]
        alike = np.array([self._is_alike(line) for line in lines], np.bool_)
        found = self._plain(
            b"".join(lines[at] + b"\n" for at in alike.nonzero()[0].tolist()), lines_ahead[alike]
        )
        if found is None:
            return self._general(lines_ahead.tolist(), lines)
        others = self._general(
            lines_ahead[~alike].tolist(), [lines[at] for at in (~alike).nonzero()[0].tolist()]
        )
        return _in_order(found, others)

    def _is_alike(self, line: bytes) -> bool:
        """Return whether a line has the header's number of unquoted ASCII cells."""
        return (
            line.count(self._delimiter) == len(self._dialect.header) - 1
            and line.isascii()
            and b'"' not in line
            and b"\0" not in line
            and len(line) <= MOST_IN_LINE
            and not line.startswith(self._comment)
        )

    def _plain(self, block: bytes, line: NDArray[np.int32]) -> _Block | None:
        """Return the rows of lines that are all alike, odd cells by the grammar; None where they differ."""
        cells = None
        if self._dialect.decimal == ".":
            cells = plain.grid(block, len(self._dialect.header), self._delimiter)
        if cells is None or (cells.end[:, -1] - cells.start[:, 0]).max() > MOST_IN_LINE:
            return None
        columns = self._dialect.columns.values()
        places = [column.place for column in columns]
        time, form = plain.times(cells, self._dialect.stamp)
        raw = plain.numbers(plain.Grid(cells.text, *(where.T[places] for where in cells[1:])))
        values = [_scaled(readings, column) for readings, column in zip(raw, columns, strict=True)]
        forms = np.full(len(time), self._form(form), np.int32)
        found = _Block(line, time, form=forms, broken=np.zeros(len(time), np.bool_), values=values)
        odd = np.isnan(raw)
        if not any_of(odd) and NO_TIME not in time:
            return found
        rows = odd.any(axis=0) | (time == NO_TIME)
        lines = block.split(b"\n")
        judged = self._general(line[rows].tolist(), [lines[at] for at in rows.nonzero()[0].tolist()])
        return _in_order(found.chosen(~rows), judged)

    def _general(self, numbers: Sequence[int], lines: list[bytes]) -> _Block:
        """Return the rows among these lines, each cell judged by the grammar."""
        faults: dict[int, _Fault] = {}
        kept, rows = [], []
        for number, raw in zip(numbers, lines, strict=True):
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
        block = self._columns(kept, rows, faults)
        return self._without_repeats(block, faults, dict(zip(numbers, lines, strict=True)))

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

    def _columns(self, kept: list[int], rows: list[list[str]], faults: dict[int, _Fault]) -> _Block:
        stamp_at = self._dialect.stamp
        stamps = [grammar.timestamp(row[stamp_at]) for row in rows]
        for index, stamp in enumerate(stamps):
            if stamp is None and index not in faults:
                reason = "not an ISO 8601 timestamp of 1970 to 2100"
                faults[index] = _Fault(kept[index], "timestamp", reason, rows[index][stamp_at])
        time = np.array([NO_TIME if stamp is None else stamp.time for stamp in stamps], np.int64)
        form = np.array([0 if stamp is None else self._form(stamp.form) for stamp in stamps], np.int32)
        values = []
        for name, column in self._dialect.columns.items():
            cells = [row[column.place] for row in rows]
            raw = numbers(cells, self._dialect.decimal)
            for index in np.flatnonzero(np.isnan(raw)).tolist():
                if index not in faults:
                    faults[index] = _Fault(kept[index], name, "not a number", cells[index])
            values.append(_scaled(raw, column))
        broken = np.zeros(len(rows), np.bool_)
        broken[list(faults)] = True
        return _Block(np.array(kept, np.int32), time, form, broken, values)

    def _form(self, form: Form) -> int:
        return self._forms.setdefault(form, len(self._forms))

    def _without_repeats(self, block: _Block, faults: dict[int, _Fault], lines: dict[int, bytes]) -> _Block:
        """Return the block without broken rows that stood in the file before; note the others."""
        repeated = []
        for index in sorted(faults):
            raw = hash(lines[faults[index].line])
            if raw in self._seen:
                repeated.append(index)
                continue
            if len(self._rejected) < MOST_LISTED:
                self._rejected.append(faults[index].shown())
            if len(self._seen) < _MOST_REMEMBERED:
                self._seen.add(raw)
        if not repeated:
            return block
        self._repeats += len(repeated)
        kept = np.ones(len(block.line), np.bool_)
        kept[repeated] = False
        return block.chosen(kept)


def _scaled(raw: Floats, column: Column) -> Floats:
    return raw if (column.factor, column.offset) == (1, 0) else raw * column.factor + column.offset


def _in_order(one: _Block, other: _Block) -> _Block:
    """Return the rows of both in the order of their lines."""
    both = _concatenated([one, other])
    return both.chosen(np.argsort(both.line, kind="stable"))


def _concatenated(parts: list[_Block]) -> _Block:
    return _Block(
        np.concatenate([part.line for part in parts]),
        np.concatenate([part.time for part in parts]),
        np.concatenate([part.form for part in parts]),
        np.concatenate([part.broken for part in parts]),
        [np.concatenate(columns) for columns in zip(*(part.values for part in parts), strict=True)],
    )


def numbers(cells: list[str], decimal: str = ".") -> Floats:
    """Return the cells' numbers by the grammar's rule, NaN where a cell holds none."""
    if decimal == ",":
        cells = [cell.translate(_SWAP) for cell in cells]
    text = "".join(cells)
    usual = text.isascii() and not any(blank in text for blank in _ODD_BLANKS)
    if usual and max(map(len, cells), default=0) <= grammar.MOST_CHARACTERS:
        return fastnumbers.try_array(cells, dtype=np.float64, on_fail=_NAN, inf=_NAN, nan=_NAN)
    found = [grammar.number(cell) for cell in cells]
    return np.array([_NAN if value is None else value for value in found], np.float64)
