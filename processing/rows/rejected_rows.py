"""The rows that entered no figure, and why: line, column, reason, cell."""

import numpy as np

from processing.model.channels import CHANNELS, DEFAULT_HEADER
from processing.model.flags import FAIL, Floats
from processing.model.result import MAX_LISTED, RejectedRow
from processing.model.stamp import NO_TIME
from processing.reading.table import Table
from processing.rows.scaling import usual_size
from processing.rows.sorted_rows import SortedRows

_FAR_ABOVE, _ROUNDING, _LEAST_ROWS = 3.0, 0.005, 4
"""A total is so many times as large as usual values, and so near to the sum of at least so many rows."""


def without_totals(table: Table) -> Table:
    """Return the table; rows with the sum of other rows in place of a reading are broken.

    Loggers end a day with such a row, or begin with it, of the sum as it is or in Wh.
    """
    columns = table.dialect.columns
    name = next((name for name in ("power", "energy") if name in columns), None)
    if name is None or table.dialect.header == DEFAULT_HEADER or len(table.line) <= _LEAST_ROWS:
        return table
    values = np.where(table.broken, 0.0, np.nan_to_num(table.readings[list(columns).index(name)]))
    large = (values > _FAR_ABOVE * usual_size(values[values != 0])).nonzero()[0]
    if not len(large):
        return table
    found = _sums(values, large.tolist(), _hours(table) if name == "power" else 1.0)
    broken, rejected = table.broken.copy(), table.rejected
    broken[found] = True
    for at in found[: MAX_LISTED - len(rejected)]:
        reason = "the sum of other rows: a total, no reading"
        rejected.append(RejectedRow.of(table.line.item(at), name, reason, f"{values[at]:.10g}"))
    return table._replace(broken=broken)


def _hours(table: Table) -> float:
    """Return the usual step between rows in hours."""
    steps = np.diff(np.sort(table.time[table.time != NO_TIME]))
    return float(np.median(steps)) / 3.6e9 if len(steps) else 1.0


def _sums(values: Floats, large: list[int], hours: float) -> list[int]:
    """Return which of the large values are the sum of those above or since the last sum, or of all others."""
    found: list[int] = []
    sums = np.cumsum(values)
    for at in large:
        rows = at - 1 - (found[-1] if found else -1)
        before = sums[at - 1] if at else 0.0
        since = before - (sums[found[-1]] if found else 0.0)
        every = before - sum(values[one] for one in found)
        ways = [since] * (rows >= _LEAST_ROWS) + [every] * bool(found) + [sums[-1] - values[at]] * (at == 0)
        whole = values[at]
        if any(abs(whole - way * each) <= _ROUNDING * whole for way in ways for each in (1.0, hours)):
            found.append(at)
    return found


def rejected_rows(table: Table, rows: SortedRows) -> list[RejectedRow]:
    """Return the first rejected rows in the order of the file: the reader names those it could not read."""
    is_unread = rows.broken & ~(rows.mixed if rows.distant is None else rows.mixed | rows.distant)
    at = np.flatnonzero(~rows.valid & ~rows.missing & ~is_unread)
    at = at[np.argsort(rows.line[at], kind="stable")][:MAX_LISTED]
    found = table.rejected + [_rejected(rows, index) for index in at.tolist()]
    return sorted(found, key=lambda row: row.line)[:MAX_LISTED]


def _rejected(rows: SortedRows, at: int) -> RejectedRow:
    line = rows.line.item(at)
    if rows.mixed[at]:
        return RejectedRow.of(line, "timestamp", "offset unlike that of most rows", "")
    if rows.distant is not None and rows.distant[at]:
        return RejectedRow.of(line, "timestamp", "more than 365 days away from all other rows", "")
    for name in CHANNELS:
        if name in rows.range_flags and rows.range_flags[name][at] == FAIL:
            value, limits = rows.values[name].item(at), rows.limits[name]
            side, limit = ("below", limits.min) if value < limits.min else ("above", limits.max)
            return RejectedRow.of(line, name, f"{side} {limit:g} {CHANNELS[name].unit}", f"{value:.10g}")
    if rows.fallen is not None and rows.fallen[at]:
        value = rows.values["energy"].item(at)
        return RejectedRow.of(line, "energy", "not between the values around it", f"{value:.10g}")
    reason = "an earlier row has the same timestamp and other values"
    return RejectedRow.of(line, "timestamp", reason, rows.text(at) or "")
