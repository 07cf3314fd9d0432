"""A file as the checks see it, and the flags that they give its rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.checks.checked_file import CheckedFile
from processing.findings.registry import row_flags, run_checks
from processing.metrics.daily import figures
from processing.model.channels import CHANNELS
from processing.model.flags import GOOD, NOT_EVALUATED, SUSPECT
from processing.model.profile import DEFAULT, WIDEST, Profile
from processing.profiles import profiles_from
from processing.reading.byte_source import ByteSource
from processing.reading.reader import read_table
from processing.reading.table import Table
from processing.rows.time_order import sort_rows

Flags = NDArray[np.uint8]


def table_of(content: bytes, profile: Profile = DEFAULT) -> Table:
    """Return the table of the file with these bytes."""
    return read_table(ByteSource(io.BytesIO(content), profile.caps, packed=False), profile)


def checked(content: bytes, profile: Profile = DEFAULT) -> CheckedFile:
    """Return the file with these bytes as checks see it."""
    rows = sort_rows(table_of(content, profile), profile)
    valid = rows.valid_rows()
    return CheckedFile(rows, valid, energy_kwh=figures(valid).total_energy_kwh)


def flags_by_check(file: CheckedFile) -> dict[tuple[str, str], Flags]:
    """Return the flags of all rows by check and channel; the channel of a check of whole rows is empty."""
    found = {}
    for check, channel, flags, _ in row_flags(file):
        unseen = ~file.rows.valid & (check.flag == SUSPECT)
        all_good = np.where(unseen, np.uint8(NOT_EVALUATED), np.uint8(GOOD))
        found[check.name, channel] = all_good if flags is None else flags
    return found


def notes_of(check: str, content: str, **tables: object) -> list[tuple[int | None, int, str]]:
    """Return line, rows and message of each finding of a note in a file with these tables of its profile."""
    found = run_checks(checked(content.encode(), profiles_from(tables).default)).listed()
    return [(one.line, one.rows, one.message) for one in found if one.check == check]


def unlimited(**thresholds: float) -> Profile:
    """Return a profile in which no reading fails, with these thresholds."""
    channels = {name: {"min": -WIDEST, "max": WIDEST} for name in CHANNELS}
    return profiles_from({"channels": channels, "sentinels": [], "thresholds": thresholds}).default


def checked_rows(
    *, seconds: float | list[float] = 300, start: str = "2025-01-15T06:00:00", **columns: Any
) -> CheckedFile:
    """Return a file of these columns; its rows are `seconds` apart. None of them fails.

    A column may be one number. Without columns of their own, the panel has 24 V, 5 A and 20 °C.
    `thresholds` replace the defaults.
    """
    profile = unlimited(**columns.pop("thresholds", {}))
    columns = {"voltage": 24.0, "current": 5.0, "temperature": 20.0} | columns
    rows = 1 + len(seconds) if isinstance(seconds, list) else max(map(np.size, columns.values()))
    steps = seconds if isinstance(seconds, list) else [seconds] * (rows - 1)
    moments = [
        datetime.fromisoformat(start) + timedelta(seconds=after) for after in np.cumsum([0, *steps]).tolist()
    ]
    cells: Sequence[Any] = [
        np.broadcast_to(values, rows).astype(float).tolist() for values in columns.values()
    ]
    lines = [
        ",".join(map(str, row)) for row in zip((one.isoformat() for one in moments), *cells, strict=True)
    ]
    return checked("\n".join([",".join(["timestamp", *columns]), *lines, ""]).encode(), profile)


def flags_text(check: str, channel: str, **rows: Any) -> str:
    """Return a digit for each row of `checked_rows`: its flag by this check."""
    return "".join(map(str, flags_by_check(checked_rows(**rows))[check, channel].tolist()))
