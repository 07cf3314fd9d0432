"""The notes about some rows: what is worth knowing and no fault of theirs."""

from __future__ import annotations

from processing.checks.registry import run_checks
from tests.support.checked_files import checked_rows


def test_clipping_is_at_the_days_highest_power_with_full_current() -> None:
    file = checked_rows(
        power=[200, 245, 246, 246, 240, 100, 100, 100],
        current=[9, 9.9, 9.9, 9.9, 9.8, 9.9, 9.9, 9.9],
        seconds=3600,
        start="2025-01-15T19:00:00",  # the last three are of the next day
    )
    found = [one for one in run_checks(file).listed() if one.check == "clipping"]
    assert [(one.line, one.rows) for one in found] == [(3, 3), (7, 3)]
