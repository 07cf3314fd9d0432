"""Rows of totals: sums, means and extremes of other rows, which are no readings."""

import numpy as np

from processing.model.channels import DEFAULT_HEADER
from processing.model.digits import usual_magnitude
from processing.model.flags import Floats, Integers
from processing.model.result import MAX_LISTED, RejectedRow
from processing.model.stamp import DAY, HOUR, NO_TIME
from processing.reading.clock import usual_step
from processing.reading.table import Table

_FAR_ABOVE = 3.0
"""A total is more than this many times the usual magnitude."""
_ROUNDING = 0.005
"""It differs from the sum by at most this share of itself."""
_LEAST_ROWS = 4
"""It sums up at least this many rows."""
_EDGE_ROWS = 3
"""At most this many rows of statistics stand at an end of a file."""
_DARKER = 20.0
"""A row of statistics is at least this many times as large as the readings beside it."""
_IS_TOTAL = "the sum of other rows: a total, no reading"
_HALF_DIGIT, _MEAN_ROUNDING = 0.51, 5e-4
"""A mean may be rounded: to this part of its last digit, or by this share of itself."""


def without_totals(table: Table) -> Table:
    """Return the table with rows of totals marked as broken and listed as rejected.

    Loggers end or begin a day with such rows: the sum as it is or in Wh, the mean, the highest, the lowest.
    """
    columns = list(table.dialect.columns)
    name = next((name for name in ("power", "energy", "current") if name in columns), None)
    if name is None or len(table.line) <= _LEAST_ROWS:
        return table
    at = columns.index(name)
    found = _statistics(table, at)
    if name != "current" and table.dialect.header != DEFAULT_HEADER:
        values = np.where(table.broken, 0.0, np.nan_to_num(table.readings[at]))
        large = (values > _FAR_ABOVE * _usual(values, table.time)).nonzero()[0].tolist()
        if large:
            sums = _sums_in_time(table, values, large, _hours(table) if name == "power" else 1.0)
            found |= dict.fromkeys([*sums, *_sums_of_dates(table, values, large)], _IS_TOTAL)
    if not found:
        return table
    broken = table.broken.copy()
    broken[list(found)] = True
    totals = [
        RejectedRow.of("reading", table.line.item(row), name, reason, f"{table.readings[at, row]:.10g}")
        for row, reason in list(found.items())[:MAX_LISTED]
    ]
    return table._replace(broken=broken, rejected=[*table.rejected, *totals][:MAX_LISTED])


def _usual(values: Floats, time: Integers) -> float:
    """Return the usual magnitude of the values other than zero without the largest one of each date.

    If a day has few rows, its total is more than a twentieth of them. If only a few are left, all count.
    """
    day = time // DAY
    order = np.lexsort((values, day))
    rest = values[order[:-1]][day[order[1:]] == day[order[:-1]]]
    rest = rest[rest != 0]
    return usual_magnitude(rest if len(rest) >= 2 * _LEAST_ROWS else values[values != 0])


def _statistics(table: Table, at: int) -> dict[int, str]:
    """Return the rows at either end of the file with a statistic of all others, and which one it is.

    `at` is the index of the channel that decides: it is dark beside these rows, and nowhere else does it jump
    so far.
    """
    found: dict[int, str] = {}
    values, last = table.readings[at], -_EDGE_ROWS - 1
    edges = values[last:].tolist(), values[_EDGE_ROWS::-1].tolist()
    for edge, ends in zip(edges, (slice(None), slice(None, None, -1)), strict=True):
        if max(edge) <= _DARKER * abs(edge[0]) or table.broken[ends][last:].any():
            continue
        readings, rows = table.readings[:, ends], np.arange(len(table.line))[ends]
        for count in range(_EDGE_ROWS, 0, -1):
            others = readings[:, :-count][:, ~table.broken[ends][:-count]]
            kinds = [_statistic(readings[:, row], others, at) for row in range(-count, 0)]
            large = [row for row in range(-count, 0) if _is_lone(readings[at, row], others[at], kinds[row])]
            if large and None not in kinds:
                found |= {rows.item(row): f"the {kinds[row]} of all other rows: no reading" for row in large}
                break
    return found


def _statistic(row: Floats, others: Floats, at: int) -> str | None:
    """Return the statistic of the others that all readings of a row are; None if they are none."""
    known = ~np.isnan(row)
    if not known[at] or np.isnan(others[known]).all(axis=1).any():
        return None
    row, others = row[known], others[known]
    digits = np.array([len(f"{value:.10g}".partition(".")[2]) for value in row])
    near = np.maximum(_HALF_DIGIT * 10.0**-digits, _MEAN_ROUNDING * np.abs(row))
    if (np.abs(row - np.nanmean(others, axis=1)) <= near).all():
        return "mean"
    if (row == np.nanmax(others, axis=1)).all():
        return "highest"
    return "lowest" if (row == np.nanmin(others, axis=1)).all() else None


def _is_lone(value: float, others: Floats, kind: str | None) -> bool:
    """Return whether a value is alone in the dark; if it is the highest, no other may rise so far from it.

    If many readings equal the highest, or all but a few are dark, they are not the curve of a day.
    """
    dark = np.abs(others) <= value / _DARKER
    if value <= 0 or np.count_nonzero(~dark) < _LEAST_ROWS or not dark[-_EDGE_ROWS:].all():
        return False
    rises = (others[1:] >= value / 2) & dark[:-1]
    return kind != "highest" or not (rises.any() or np.count_nonzero(others == value) > 1)


def _hours(table: Table) -> float:
    """Return the usual step between rows in hours."""
    step, _ = usual_step(table.time[table.time != NO_TIME])
    return step / HOUR or 1.0


def _sums_in_time(table: Table, values: Floats, large: list[int], hours: float) -> list[int]:
    """Return which large values are sums; a file whose newest rows come first is read from its end."""
    time = table.time[table.time != NO_TIME]
    if len(time) and time[0] <= time[-1]:
        return _sums(values, large, hours)
    last = len(values) - 1
    return [last - at for at in _sums(values[::-1], [last - at for at in reversed(large)], hours)]


def _sums_of_dates(table: Table, values: Floats, large: list[int]) -> list[int]:
    """Return which large values are the sum of the others of their date, as in a section of days."""
    days, at = np.unique(table.time // DAY, return_inverse=True)
    others = values.copy()
    others[large] = 0.0
    sums, rows = np.bincount(at, others, len(days)), np.bincount(at, others != 0, len(days))
    is_sum = np.abs(values - sums[at]) <= _ROUNDING * values
    return [row for row in large if is_sum[row] and rows[at[row]] >= _LEAST_ROWS]


def _sums(values: Floats, large: list[int], hours: float) -> list[int]:
    """Return which large values are the sum of the rows since the last sum, or of all others."""
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
