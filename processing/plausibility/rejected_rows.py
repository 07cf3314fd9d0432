"""The rows that are left out of the figures, and why."""

import numpy as np
from msgspec import structs, to_builtins

from processing.head.advice import rejected, shown
from processing.head.dialect import rows_in
from processing.model.channels import CHANNELS, DEFAULT_HEADER
from processing.model.flags import FAIL, Floats, Mask
from processing.model.rejection import Choice, RejectedFileError
from processing.model.result import MAX_LISTED, RejectedRow
from processing.reading.table import Table
from processing.rows.sorted_rows import SortedRows

_PAIRS, _SHARE_IN_RUNS = 6, 0.02
"""The fewest pairs of neighbouring rows that fail, and the least share of the power that is much."""


def rejected_rows(rows: SortedRows) -> list[RejectedRow]:
    """Return the first rejected rows in the order of the file, also those that could not be read."""
    is_unread = rows.broken & ~(rows.mixed if rows.distant is None else rows.mixed | rows.distant)
    at = np.flatnonzero(~rows.valid & ~rows.missing & ~is_unread)
    at = at[np.argsort(rows.line[at], kind="stable")][:MAX_LISTED]
    found = rows.unread + [_rejected(rows, index) for index in at.tolist()]
    return sorted(found, key=lambda row: row.line)[:MAX_LISTED]


def _quoted(row: RejectedRow) -> str:
    """Return the cell of a rejected row in quotes; of a reading, its value and unit: its text is not kept."""
    if row.column is not None and row.kind == "reading":
        return f"{row.cell} {CHANNELS[row.column].unit}"
    return repr(row.cell)


def no_rows(table: Table) -> RejectedFileError:
    """Return the rejection of a file without rows, or without rows of the device that a profile chooses."""
    dialect, where = table.dialect, table.profile.csv.where
    place = dialect.device_place
    labels = [row[place].strip() for row in rows_in((table.ends(),), dialect)] if place is not None else []
    found = [label for label in dict.fromkeys(labels) if label not in dialect.missing]
    if where is None or place is None or not found:
        message = "the file has a header and no rows"
        return RejectedFileError("no_valid_rows", message, dialect.header_line)
    from processing.layout.labels import several_devices  # noqa: PLC0415 - few files need it

    others = several_devices(found, dialect.header, place, dialect.header_line).choices
    wanted = shown(dialect.where)
    if where.add:
        total = to_builtins(structs.replace(where, value=tuple(found), others=()))
        others = (Choice(f"the sum of {shown(found)}", {"csv": {"where": total}}),)
    choices = [one._replace(label=f"{one.label} instead of {wanted}") for one in others]
    if isinstance(where.value, str) and not dialect.long and dialect.columns.keys() & {"power", "energy"}:
        none = to_builtins(structs.replace(where, others=tuple(found)))
        choices.append(Choice(f"no {wanted} in this time", {"csv": {"where": none}}))
    message = f"no row has {wanted} in {shown([dialect.header[place]])!r}, which has {shown(found)}"
    return rejected("no_valid_rows", message, dialect.header_line, choices=choices)


def named(first: RejectedRow, table: Table) -> str:
    """Return the line, column, fault and cell of the first rejected row, for a message."""
    if first.column is None:
        return f"the first, line {first.line}: {first.reason}"
    column, header = first.column, table.dialect.header
    if column == "timestamp" and header != DEFAULT_HEADER:
        names = shown(header[at] for at in table.dialect.stamp if at < len(header))
        column = f"the time ({names}) is"
    return f"the first, line {first.line}: {column} {first.reason}: {_quoted(first)}"


def _rejected(rows: SortedRows, at: int) -> RejectedRow:
    line = rows.line.item(at)
    if rows.mixed[at]:
        return RejectedRow.of("time", line, "timestamp", "offset unlike that of most rows", "")
    if rows.distant is not None and rows.distant[at]:
        return RejectedRow.of("time", line, "timestamp", "more than 365 days away from all other rows", "")
    for name in CHANNELS:
        if name in rows.range_flags and rows.range_flags[name][at] == FAIL:
            value, limits = rows.values[name].item(at), rows.limits[name]
            side, limit = ("below", limits.min) if value < limits.min else ("above", limits.max)
            reason = f"{side} {limit:g} {CHANNELS[name].unit}"
            return RejectedRow.of("reading", line, name, reason, f"{value:.10g}")
    if rows.fallen is not None and rows.fallen[at]:
        value = rows.values["energy"].item(at)
        return RejectedRow.of("reading", line, "energy", "not between the values around it", f"{value:.10g}")
    reason = "an earlier row has the same timestamp and other values"
    return RejectedRow.of("time", line, "timestamp", reason, rows.text(at) or "")


def have_much_in_runs(failed: Mask, values: Floats, share: float = _SHARE_IN_RUNS) -> bool:
    """Return whether failed rows that follow each other have more than a share of all power, or energy."""
    pairs = failed[1:] & failed[:-1]
    if np.count_nonzero(pairs) < _PAIRS:
        return False
    is_in_run = np.append(pairs, False) | np.append(False, pairs)
    sizes = np.abs(values)
    return bool(np.nansum(sizes[is_in_run]) > share * np.nansum(sizes))
