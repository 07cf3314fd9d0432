"""Whether a file as a whole can be used."""

from typing import Any

import numpy as np

from processing.model.flags import FAIL
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted
from processing.reading.table import Table
from processing.rows.rejected_rows import rejected_rows
from processing.rows.sorted_rows import SortedRows


def check_usable(table: Table, rows: SortedRows) -> None:
    """Raise RejectedFileError for a file that is malformed as a whole or has no valid row."""
    total = len(table.line) + table.repeats
    broken = table.broken_count
    if not total:
        message = "the file has a header and no rows"
        raise RejectedFileError("no_valid_rows", message, table.dialect.header_line)
    missing = int(np.count_nonzero(rows.missing))
    if broken > rows.profile.caps.max_invalid * (total - missing):
        first = table.rejected[0]
        message = f"{broken} of {counted(total, 'row')} cannot be read; the first: {first.reason}"
        raise RejectedFileError("malformed_csv", message, first.line, first.column)
    if missing and missing + len(rows.duplicates) + table.repeats == total:
        message = f"none of {counted(total, 'row')} has a reading of power, or of voltage and current"
        raise RejectedFileError("no_readings", message, rows.line.min().item())
    if not rows.valid.any():
        first = rejected_rows(table, rows)[0]
        reason = f"{first.column or 'row'} {first.reason}"
        message = f"none of {counted(total, 'row')} is valid; the first: {reason}"
        choices = [Choice("limits unknown", {"channels": unknown})] if (unknown := _unset(rows)) else []
        raise RejectedFileError("no_valid_rows", message, first.line, first.column, choices)


def _unset(rows: SortedRows) -> dict[str, Any]:
    """Return the channels that fail by limits that nobody set, each with the key that makes these unknown."""
    limits = {
        name: rows.profile.channels.limits(name, own_name=False)
        for name, flags in rows.range_flags.items()
        if FAIL in flags and rows.limits[name].is_known
    }
    return {name: {"limits": "unknown"} for name, one in limits.items() if not one.is_known}
