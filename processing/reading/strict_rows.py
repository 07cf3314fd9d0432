"""Reads any line cell by cell, and says what is wrong with broken ones: the specification of `fast_rows`."""

import contextlib
import csv
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from processing.head.dialect import Column, Dialect, decoded, is_comment, split
from processing.model.channels import DEFAULT_HEADER
from processing.model.flags import Floats, any_of
from processing.model.result import MAX_LISTED, RejectedRow
from processing.model.safe_text import counted
from processing.model.stamp import NO_TIME, SECOND, Form, Stamp
from processing.reading.byte_source import MAX_LINE_BYTES
from processing.reading.table import Table, addends, numbers_of_labels, reading_places, wanted_labels
from processing.times.time_formats import time_format
from processing.times.timestamps import timestamp
from processing.values.numbers import missing, number_and_unit, numbers, numeric_marks

_MAX_SHOWN = 200
"""The most bytes of a line that are kept to show it."""
_MAX_REMEMBERED = 100_000

_FEWEST_ABOVE, _SMALL, _LARGE, _STEP = 5, 0.2, 0.1, 900 * SECOND
"""A last number that lacks digits: the fewest rows above it, how small it is beside the last three of them,
how large these are beside the largest, and the longest step to it."""

_Fault: TypeAlias = "tuple[int, str | None, str, str]"
"""Line, column, reason and cell of a broken row."""


class _UnreadableError(Exception):
    """A line that is not a row of cells; the message says why. Its timestamp may still be readable."""

    def __init__(self, reason: str, timestamp: str = "") -> None:
        super().__init__(reason)
        self.timestamp = timestamp


def _is_footer(time: str) -> bool:
    """Return whether the cell of a time says that the row is no reading."""
    if not time or time[0].isdigit():
        return False
    from processing.head.cell_kinds import is_footer  # noqa: PLC0415 - few files need it

    return is_footer(time)


def _not_a_time(dialect: Dialect) -> str:
    """Return what is wrong with a cell that holds no timestamp."""
    if dialect.time_format == "iso":
        return "not an ISO 8601 timestamp of 1970 to 2100"
    return f"not a timestamp of 1970 to 2100 as {dialect.time_format}"


def _readings_of(cells: Sequence[str], column: Column, dialect: Dialect) -> Floats:
    """Return the readings of a column's cells in the channel's unit; NaN for none."""
    if len(column.cell_units) == 1:
        found = numbers(cells, dialect.decimal, dialect.thousands, column.cell_units[0][0])
        return found * column.factor + column.offset
    found = numbers(cells, dialect.decimal, dialect.thousands) * column.factor + column.offset
    for unit, factor, offset in column.cell_units:
        has_unit = [at for at, cell in enumerate(cells) if number_and_unit(cell)[1] == unit]
        texts = [cells[at] for at in has_unit]
        found[has_unit] = numbers(texts, dialect.decimal, dialect.thousands, unit) * factor + offset
    return found


class StrictParser:
    """Reads lines of one file and gathers what is wrong with them."""

    def __init__(
        self, dialect: Dialect, forms: dict[Form, int], rejected: list[RejectedRow], labels: dict[str, int]
    ) -> None:
        self._dialect, self._forms, self._rejected, self._labels = dialect, forms, rejected, labels
        self._comments = tuple(each.encode().decode("latin-1") for each in dialect.comment)
        self._time_format = time_format(dialect.time_format)
        self._wanted = wanted_labels(dialect)
        self._unlabelled = 0
        self._seen: set[int] = set()

    def read(self, line_numbers: Sequence[int], lines: list[bytes]) -> Table:
        """Return the rows among these lines of the file."""
        faults: dict[int, _Fault] = {}
        kept, rows, texts = [], [], []
        for number, raw in zip(line_numbers, lines, strict=True):
            if not raw.strip() or is_comment(raw[:_MAX_SHOWN].decode("latin-1"), self._comments):
                continue
            try:
                cells = self._cells(raw)
                if not self._is_row(cells):
                    continue
                rows.append(cells)
            except _UnreadableError as error:
                faults[len(rows)] = number, None, str(error), raw[:_MAX_SHOWN].decode("utf-8", "replace")
                if _is_footer(error.timestamp):
                    del faults[len(rows)]
                    continue
                cells = [""] * self._dialect.width
                cells[self._dialect.stamp[0]] = error.timestamp
                rows.append(cells)
            kept.append(number)
            texts.append(raw)
        table = self._table(kept, rows, faults)._replace(unlabelled=self._unlabelled)
        self._unlabelled = 0
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
        dialect = self._dialect
        columns = len(dialect.header)
        is_ended = dialect.width > columns  # by a delimiter
        if is_ended and len(cells) == columns and cells[-1].strip():  # not this row, which lacks no cell
            cells.append("")
        if self._has_no_reading(cells):
            cells += [""] * (dialect.width - len(cells))
        if len(cells) != dialect.width or (is_ended and cells[-1].strip()):
            count = len(cells) - (is_ended and not cells[-1].strip())
            reason = f"{counted(count, 'cell')} where the header has {columns}"
            raise _UnreadableError(reason, cells[dialect.stamp[0]] if dialect.stamp[0] < len(cells) else "")
        return cells

    def _has_no_reading(self, cells: list[str]) -> bool:
        """Return whether a row ends behind its time, or behind words that say why it has no reading."""
        stamp = self._dialect.stamp
        if not max(stamp) < len(cells) < self._dialect.width or self._dialect.header == DEFAULT_HEADER:
            return False
        others = (cell for at, cell in enumerate(cells) if at not in stamp)
        return not any(map(str.isdigit, "".join(others))) and self._stamps([cells])[1] != [None]

    def _is_row(self, cells: list[str]) -> bool:
        """Return whether a line of cells is a wanted reading, and not a total or an average."""
        dialect = self._dialect
        if _is_footer(cells[dialect.stamp[0]]):
            return False
        for place, wanted in ((dialect.label or 0, self._wanted), (dialect.device, dialect.where)):
            if place is not None and wanted is not None and (label := cells[place].strip()) not in wanted:
                self._unlabelled += dialect.adds_labels or not label
                if place == dialect.label and not dialect.long:
                    numbers_of_labels([label], self._labels)
                return False
        return True

    def _stamps(self, rows: list[list[str]]) -> tuple[list[str], list[Stamp | None]]:
        places = self._dialect.stamp
        if len(places) == 1:
            cells = [row[places[0]] for row in rows]
        else:
            cells = [" ".join(row[place].strip() for place in places) for row in rows]
        return cells, [timestamp(cell, self._time_format) for cell in cells]

    def _table(self, kept: list[int], rows: list[list[str]], faults: dict[int, _Fault]) -> Table:
        dialect, forms = self._dialect, self._forms
        cells, stamps = self._stamps(rows)
        for at in (at for at, stamp in enumerate(stamps) if stamp is None):
            faults.setdefault(at, (kept[at], "timestamp", _not_a_time(dialect), cells[at]))
        readings, is_partial = np.empty((len(dialect.columns), len(rows))), np.zeros(len(rows), np.bool_)
        places = reading_places(dialect)
        all_parts = np.empty((len(places), len(rows))) if len(places) > len(dialect.columns) else None
        for channel, (name, column) in enumerate(dialect.columns.items()):
            parts = self._parts(name, column, kept, rows, faults)
            if all_parts is not None:
                cells_at = [*map(places.index, column.places)]
                all_parts[cells_at] = parts if column.is_product else (parts - column.offset) / column.factor
            if column.is_product or column.scales:
                parts = addends(parts, column) * (column.factor if column.is_product else 1.0)
            lacks = np.isnan(parts)
            lacks_some = lacks.any(axis=0) & ~lacks.all(axis=0)
            is_partial |= lacks_some
            if column.empty_is_zero:
                parts[lacks & lacks_some] = 0.0
            readings[channel] = np.add.reduce(parts, axis=0)
        broken = np.zeros(len(rows), np.bool_)
        broken[list(faults)] = True
        return Table(
            np.array(kept, np.int32),
            np.array([NO_TIME if stamp is None else stamp.time for stamp in stamps], np.int64),
            np.array([forms.setdefault(one.form, len(forms)) if one else 0 for one in stamps], np.int32),
            broken,
            readings,
            dialect,
            forms,
            self._rejected,
            numbers_of_labels([row[dialect.label] for row in rows], self._labels)
            if dialect.label is not None
            else None,
            self._labels,
            partial=int(np.count_nonzero(is_partial & ~broken)),
            parts=all_parts,
        )

    def _parts(
        self, name: str, column: Column, kept: list[int], rows: list[list[str]], faults: dict[int, _Fault]
    ) -> Floats:
        """Return the readings of each place of a column, or the numbers of a product's: (places, rows)."""
        missing_cells, parts = self._dialect.missing, np.empty((len(column.places), len(rows)))
        of_cells = column._replace(factor=1.0, offset=0.0) if column.is_product else column
        marks = numeric_marks(missing_cells)
        for part, place in zip(parts, column.places, strict=True):
            texts = [row[place] for row in rows]
            part[:] = _readings_of(texts, of_cells, self._dialect)
            if marks:
                part[missing(texts, marks)] = np.nan
            bad = np.isnan(part)
            if any_of(bad):
                bad &= ~missing(texts, missing_cells)
            for at in bad.nonzero()[0].tolist():
                faults.setdefault(at, (kept[at], name, "not a number", texts[at]))
        return parts

    def _without_repeats(self, table: Table, faults: dict[int, tuple[_Fault, bytes]]) -> Table:
        """Return the table without broken rows that occurred before in the file; remember the others."""
        kept = np.ones(len(table.line), np.bool_)
        for at, (fault, raw) in faults.items():
            if hash(raw) in self._seen:
                kept[at] = False
                continue
            if len(self._rejected) < MAX_LISTED:
                self._rejected.append(RejectedRow.of("line" if fault[1] is None else "cell", *fault))
            if len(self._seen) < _MAX_REMEMBERED:
                self._seen.add(hash(raw))
        first = kept.nonzero()[0]
        return table.chosen(first)._replace(repeats=len(kept) - len(first))


def without_cut_row(table: Table, tail: bytes) -> Table:
    """Return the table with its last row broken if the file seems to end in the middle of its last number.

    `tail` has the last lines of the file. The number is cut if it has fewer decimals than all above it, or
    fewer digits and is far smaller.
    """
    dialect = table.dialect
    columns = enumerate(dialect.columns.items())
    found = [(at, *one) for at, one in columns if dialect.width - 1 in one[1].places]
    if dialect.long or len(found) != 1 or not len(table.line):
        return table
    (channel, name, column), at = found[0], int(table.line.argmax())
    cells = _last_cells(tail, dialect)
    if len(cells) <= _FEWEST_ABOVE or not cells[-1] or table.broken[at]:
        return table
    reading, values = table.readings[channel, at], table.readings[channel, ~table.broken]
    if _readings_of(cells[-1:], column, dialect)[0] != reading:
        return table
    is_soon = len(table.time) > 1 and abs(table.time[at] - table.time[at - 1]) <= _STEP
    before = np.abs(_readings_of(cells[-4:-1], column, dialect)).min()
    is_far_smaller = abs(reading) <= _SMALL * before and before >= _LARGE * np.nanmax(np.abs(values))
    is_short = is_soon and is_far_smaller and _lacks_digits(cells, dialect.decimal)
    if not is_short and not _lacks_decimals(cells, dialect.decimal):
        return table
    broken = table.broken.copy()
    broken[at] = True
    row = RejectedRow.of("cell", int(table.line[at]), name, "cut short: the file ends there", cells[-1])
    return table._replace(broken=broken, rejected=[*table.rejected, row][:MAX_LISTED])


def _last_cells(tail: bytes, dialect: Dialect) -> list[str]:
    """Return the last cell of each of the last lines, of the very last one even if it is empty."""
    cells = []
    for raw in tail.split(b"\n")[1:]:
        with contextlib.suppress(csv.Error):
            row = split(decoded(raw) or "", dialect.delimiter)
            cells.append(row[-1].strip() if len(row) == dialect.width else "")
    return [*filter(None, cells[:-1]), *cells[-1:]]


def _lacks_decimals(cells: list[str], decimal: str) -> bool:
    """Return whether the last number has fewer decimals than all others; a zero may have none."""
    *above, last = cells
    if last == "0" and last in above:
        return False
    digits = {len(cell.partition(decimal)[2]) for cell in above if cell != "0"}
    is_open = last.endswith(decimal) and not above[-1].endswith(decimal)
    return is_open or (len(digits) == 1 and len(last.partition(decimal)[2]) < digits.pop())


def _lacks_digits(cells: list[str], decimal: str) -> bool:
    """Return whether the last number is whole, and shorter than the whole parts of the three above it."""
    last = cells[-1]
    return (
        last != "0"
        and last.isdecimal()
        and len(last) < min(len(one.partition(decimal)[0]) for one in cells[-4:-1])
    )
