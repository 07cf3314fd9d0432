"""Lines that are not plain, as columns: each cell read by the grammar, and what is wrong with broken rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

import fastnumbers
import numpy as np
from numpy.typing import NDArray

from processing.model.flags import Floats, Integers, Mask
from processing.model.result import MAX_LISTED, RejectedRow
from processing.model.safe_text import counted, text_of
from processing.model.stamp import BLANK, NO_TIME, PLAIN, Form
from processing.reading import grammar
from processing.reading.byte_source import MOST_IN_LINE
from processing.reading.dialect import Dialect, split
from processing.reading.fast_rows import times

_LONGEST_CELL_SHOWN = 40
_MOST_SHOWN = 4 * (_LONGEST_CELL_SHOWN + 1)  # as bytes
_MOST_REMEMBERED = 100_000
_ODD_BLANKS = "\n\v\f\r\x1c\x1d\x1e\x1f\x85"
_SWAP = str.maketrans(",.", ".,")
_NAN = float("nan")


class Part(NamedTuple):
    """Some rows of a file: the arrays of `reader.Table`."""

    line: NDArray[np.int32]
    time: Integers
    form: NDArray[np.int32]
    broken: Mask
    block: Floats

    def chosen(self, rows: Integers) -> Part:
        """Return some of the rows, or all in another order."""
        block = self.block.take(rows, axis=1)
        return Part(self.line[rows], self.time[rows], self.form[rows], self.broken[rows], block)


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


class Strict:
    """Reads lines of one file, cell by cell, and gathers what is wrong with them."""

    def __init__(self, dialect: Dialect) -> None:
        self.forms: dict[Form, int] = {PLAIN: 0, BLANK: 1}
        self.rejected: list[RejectedRow] = []
        """The first broken rows."""
        self.repeats = 0
        """Broken rows that repeat an earlier one byte for byte; they are left out."""
        self.comment = dialect.comment.encode() or b"\n"
        self._dialect = dialect
        self._seen: set[int] = set()

    def read(self, numbers: Sequence[int], lines: list[bytes]) -> Part:
        """Return the rows among these lines of the file, each cell judged by the grammar."""
        faults: dict[int, _Fault] = {}
        kept, rows, texts = [], [], []
        for number, raw in zip(numbers, lines, strict=True):
            if not raw.strip() or raw.startswith(self.comment):
                continue
            try:
                rows.append(self._cells(raw))
            except _UnreadableError as error:
                faults[len(rows)] = _Fault(
                    number, None, str(error), raw[:_MOST_SHOWN].decode("utf-8", "replace")
                )
                rows.append(self._stamp_only(error.stamp))
            kept.append(number)
            texts.append(raw)
        part = self._columns(kept, rows, faults)
        return self._without_repeats(part, {at: (faults[at], texts[at]) for at in sorted(faults)})

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
            raise _UnreadableError("bad quoting: " + str(error).replace("'\t'", "a tab")) from None
        if len(cells) != len(self._dialect.header):
            reason = f"{counted(len(cells), 'cell')} where the header has {len(self._dialect.header)}"
            raise _UnreadableError(
                reason, cells[self._dialect.stamp] if self._dialect.stamp < len(cells) else ""
            )
        return cells

    def _stamp_only(self, stamp: str) -> list[str]:
        cells = [""] * len(self._dialect.header)
        cells[self._dialect.stamp] = stamp
        return cells

    def _columns(self, kept: list[int], rows: list[list[str]], faults: dict[int, _Fault]) -> Part:
        columns = list(zip(*rows, strict=True)) or [()] * len(self._dialect.header)
        time, form = self._times(kept, columns[self._dialect.stamp], faults)
        places = [column.place for column in self._dialect.columns.values()]
        cells = np.array([numbers(columns[place], self._dialect.decimal) for place in places])
        for (name, column), found in zip(self._dialect.columns.items(), cells, strict=True):
            for index in np.isnan(found).nonzero()[0].tolist():
                if index not in faults:
                    faults[index] = _Fault(kept[index], name, "not a number", rows[index][column.place])
        broken = np.zeros(len(rows), np.bool_)
        broken[list(faults)] = True
        return Part(np.array(kept, np.int32), time, form, broken, in_units(cells, self._dialect))

    def _times(
        self, kept: list[int], cells: Sequence[str], faults: dict[int, _Fault]
    ) -> tuple[Integers, NDArray[np.int32]]:
        found = times(cells)
        if found is not None:
            return found[0], np.full(len(cells), self.form(found[1]), np.int32)
        stamps = [grammar.timestamp(cell) for cell in cells]
        for index, stamp in enumerate(stamps):
            if stamp is None and index not in faults:
                reason = "not an ISO 8601 timestamp of 1970 to 2100"
                faults[index] = _Fault(kept[index], "timestamp", reason, cells[index])
        time = np.array([NO_TIME if stamp is None else stamp.time for stamp in stamps], np.int64)
        form = np.array([0 if stamp is None else self.form(stamp.form) for stamp in stamps], np.int32)
        return time, form

    def form(self, form: Form) -> int:
        """Return the index of a stamp's form."""
        return self.forms.setdefault(form, len(self.forms))

    def _without_repeats(self, part: Part, faults: dict[int, tuple[_Fault, bytes]]) -> Part:
        """Return the part without broken rows that stood in the file before; note the others."""
        kept = np.ones(len(part.line), np.bool_)
        for index, (fault, raw) in faults.items():
            if hash(raw) in self._seen:
                kept[index] = False
                continue
            if len(self.rejected) < MAX_LISTED:
                self.rejected.append(fault.shown())
            if len(self._seen) < _MOST_REMEMBERED:
                self._seen.add(hash(raw))
        if kept.all():
            return part
        self.repeats += len(kept) - int(np.count_nonzero(kept))
        return part.chosen(kept.nonzero()[0])


def in_units(cells: Floats, dialect: Dialect) -> Floats:
    """Return readings in their channels' units: a row for each of the dialect's columns."""
    columns = dialect.columns.values()
    if all(column.factor == 1 and column.offset == 0 for column in columns):
        return cells
    factors = np.array([[column.factor] for column in columns])
    scaled: Floats = cells * factors + np.array([[column.offset] for column in columns])
    return scaled


def joined(parts: list[Part]) -> Part:
    """Return these parts as one."""
    line, time, form, broken, block = zip(*parts, strict=True)
    return Part(
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
