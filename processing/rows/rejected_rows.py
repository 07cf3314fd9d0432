"""Which rows entered no figure, and why: line, column, reason, cell."""

from __future__ import annotations

import numpy as np

from processing.model.channels import CHANNELS
from processing.model.flags import FAIL
from processing.model.profile import Profile
from processing.model.result import MAX_LISTED, RejectedRow
from processing.model.stamp import Form
from processing.reading.table import Table
from processing.rows.time_order import Rows


def rejected_rows(table: Table, rows: Rows, profile: Profile) -> list[RejectedRow]:
    """Return the first rejected rows in the order of the file."""
    unread = table.broken.any() and np.isin(rows.line, table.line[table.broken])
    at = np.flatnonzero(~rows.valid & ~unread)
    at = at[np.argsort(rows.line[at], kind="stable")][:MAX_LISTED]
    found = table.rejected + [_rejected(index, rows, table.forms, profile) for index in at.tolist()]
    return sorted(found, key=lambda row: row.line)[:MAX_LISTED]


def _rejected(index: int, rows: Rows, forms: list[Form], profile: Profile) -> RejectedRow:
    line = int(rows.line[index])
    if rows.mixed[index]:
        return RejectedRow(line=line, column="timestamp", reason="offset unlike that of most rows", cell="")
    for name in CHANNELS:
        if name in rows.sentinel_flags and rows.sentinel_flags[name][index] == FAIL:
            cell = f"{rows.values[name][index]:.10g}"
            return RejectedRow(line=line, column=name, reason="a logger's value for no reading", cell=cell)
        if name in rows.range_flags and rows.range_flags[name][index] == FAIL:
            return _outside(line, name, float(rows.values[name][index]), profile)
    reason = "an earlier row has the same timestamp and other values"
    return RejectedRow(line=line, column="timestamp", reason=reason, cell=rows.text(index, forms) or "")


def _outside(line: int, name: str, value: float, profile: Profile) -> RejectedRow:
    channel = profile.channels[name]
    side, limit = ("below", channel.min) if value < channel.min else ("above", channel.max)
    return RejectedRow(
        line=line, column=name, reason=f"{side} {limit:g} {CHANNELS[name].unit}", cell=f"{value:.10g}"
    )
