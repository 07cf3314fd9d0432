"""Files of power alone, and the flags that a check gives their rows."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from processing.checks.checked_file import CheckedFile
from tests.support.checked_files import checked, flags_by_check

UNEVEN = [str(800 + 7 * (at * at % 31) + at % 3) for at in range(40)]
"""Watts that never stay the same, at most 1000."""
SMOOTH = [4 * math.sin(math.pi * (at + 1) / 60) + at * at % 7 / 100 for at in range(58)]
"""Kilowatts of a clear half day."""


def file_of(
    cells: list[str], name: str = "P (W)", start: str = "2025-06-10T08:00:00", minutes: int = 5
) -> CheckedFile:
    """Return a file of these cells, so many minutes apart."""
    first = datetime.fromisoformat(start)
    lines = [
        f"{(first + timedelta(minutes=minutes * at)).isoformat()},{cell}" for at, cell in enumerate(cells)
    ]
    return checked("\n".join([f"timestamp,{name}", *lines, ""]).encode())


def flags(check: str, cells: list[str], name: str = "P (W)", channel: str = "power", **more: Any) -> str:
    """Return a digit for each row; empty if the check flags none."""
    found = flags_by_check(file_of(cells, name, **more))
    return "".join(map(str, found[check, channel].tolist())) if (check, channel) in found else ""


def with_rows(at: int, *cells: str) -> list[str]:
    return [*UNEVEN[:at], *cells, *UNEVEN[at + len(cells) :]]
