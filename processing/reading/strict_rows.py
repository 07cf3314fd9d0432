"""Any line, cell by cell, and what is wrong with broken ones: the specification of the fast parser."""

import csv
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from processing.layout.dialect import Dialect, decoded, split
from processing.model.result import MAX_LISTED, RejectedRow
from processing.model.safe_text import counted
from processing.model.stamp import NO_TIME, Form
from processing.reading.byte_source import MAX_LINE_BYTES
from processing.reading.table import Table, in_units
from processing.values.numbers import numbers
from processing.values.timestamps import timestamp

_MAX_SHOWN = 200
"""Bytes of a line that are kept to show it."""
_MAX_REMEMBERED = 100_000

_Fault: TypeAlias = "tuple[int, str | None, str, str]"
"""Line, column, reason and cell of a broken row."""


class _UnreadableError(Exception):
    """A line that is no row of cells; the message says why. Its timestamp may be readable nevertheless."""

    def __init__(self, reason: str, timestamp: str = "") -> None:
        super().__init__(reason)
        self.timestamp = timestamp


class StrictParser:
    """Reads lines of one file and gathers what is wrong with them."""

    def __init__(self, dialect: Dialect, forms: dict[Form, int], rejected: list[RejectedRow]) -> None:
        self._dialect, self._forms, self._rejected = dialect, forms, rejected
        self._comment = dialect.comment.encode() or b"\n"
        self._seen: set[int] = set()

    def read(self, line_numbers: Sequence[int], lines: list[bytes]) -> Table:
        """Return the rows among these lines of the file."""
        faults: dict[int, _Fault] = {}
        kept, rows, texts = [], [], []
        for number, raw in zip(line_numbers, lines, strict=True):
            if not raw.strip() or raw.startswith(self._comment):
                continue
            try:
                rows.append(self._cells(raw))
            except _UnreadableError as error:
                faults[len(rows)] = number, None, str(error), raw[:_MAX_SHOWN].decode("utf-8", "replace")
                cells = [""] * len(self._dialect.header)
                cells[self._dialect.stamp] = error.timestamp
                rows.append(cells)
            kept.append(number)
            texts.append(raw)
        table = self._table(kept, rows, faults)
        return self._without_repeats(table, {at: (faults[at], texts[at]) for at in sorted(faults)})

    def _cells(self, raw: bytes) -> list[str]:
        if len(raw) > MAX_LINE_BYTES:
            raise _UnreadableError(f"line longer than {MAX_LINE_BYTES} bytes")
        if b"\0" in raw:
            raise _UnreadableError("NUL byte")
        if (text := decoded(raw)) is None:
            raise _UnreadableError("not UTF-8 text")
        try:
            cells = split(text, self._dialect.delimiter)
        except csv.Error as error:
            raise _UnreadableError("bad quoting: " + str(error).replace("'\t'", "a tab")) from None
        columns, place = len(self._dialect.header), self._dialect.stamp
        if len(cells) != columns:
            reason = f"{counted(len(cells), 'cell')} where the header has {columns}"
            raise _UnreadableError(reason, cells[place] if place < len(cells) else "")
        return cells

    def _table(self, kept: list[int], rows: list[list[str]], faults: dict[int, _Fault]) -> Table:
        dialect, forms = self._dialect, self._forms
        columns = list(zip(*rows, strict=True)) or [()] * len(dialect.header)
        stamps = [timestamp(cell) for cell in columns[dialect.stamp]]
        for at in (at for at, stamp in enumerate(stamps) if stamp is None):
            reason = "not an ISO 8601 timestamp of 1970 to 2100"
            faults.setdefault(at, (kept[at], "timestamp", reason, columns[dialect.stamp][at]))
        cells = np.array([numbers(columns[one.place], dialect.decimal) for one in dialect.columns.values()])
        for name, column, found in zip(dialect.columns, dialect.columns.values(), cells, strict=True):
            for at in np.isnan(found).nonzero()[0].tolist():
                faults.setdefault(at, (kept[at], name, "not a number", rows[at][column.place]))
        broken = np.zeros(len(rows), np.bool_)
        broken[list(faults)] = True
        return Table(
            np.array(kept, np.int32),
            np.array([NO_TIME if stamp is None else stamp.time for stamp in stamps], np.int64),
            np.array([forms.setdefault(one.form, len(forms)) if one else 0 for one in stamps], np.int32),
            broken,
            in_units(cells, dialect),
            dialect,
            forms,
            self._rejected,
        )

    def _without_repeats(self, table: Table, faults: dict[int, tuple[_Fault, bytes]]) -> Table:
        """Return the table without broken rows that stood in the file before; note the others."""
        kept = np.ones(len(table.line), np.bool_)
        for at, (fault, raw) in faults.items():
            if hash(raw) in self._seen:
                kept[at] = False
                continue
            if len(self._rejected) < MAX_LISTED:
                self._rejected.append(RejectedRow.of(*fault))
            if len(self._seen) < _MAX_REMEMBERED:
                self._seen.add(hash(raw))
        first = kept.nonzero()[0]
        return table.chosen(first)._replace(repeats=len(kept) - len(first))
