"""The notes: what is worth knowing and no fault of a row."""

from __future__ import annotations

from processing.checks.registry import run_checks
from tests.support.checked_files import checked, checked_rows


def test_clipping_is_at_the_days_highest_power_with_full_current() -> None:
    file = checked_rows(
        power=[200, 245, 246, 246, 240, 100, 100, 100],
        current=[9, 9.9, 9.9, 9.9, 9.8, 9.9, 9.9, 9.9],
        seconds=3600,
        start="2025-01-15T19:00:00",  # the last three are of the next day
    )
    found = [one for one in run_checks(file).listed() if one.check == "clipping"]
    assert [(one.line, one.rows) for one in found] == [(3, 3), (7, 3)]


def test_low_voltages_are_a_panel_side_sensor_only_if_all_failed_rows_have_no_power() -> None:
    dark = [f"2025-01-15T{hour:02}:00:00,2,0\n" for hour in range(4)]
    lit = [f"2025-01-15T{hour:02}:00:00,25.{hour},5\n" for hour in range(10, 16)]
    header = "timestamp,voltage,current\n"

    def noted(*lines: str) -> list[str]:
        found = run_checks(checked((header + "".join(lines)).encode())).listed()
        return [one.message for one in found if one.check == "night_voltage"]

    assert noted(*dark, *lit) == [
        "40% of the rows fail by voltage, all without power: panel-side sensor? see limits"
    ]
    assert noted(*dark, *lit, "2025-01-15T17:00:00,2,10\n") == [], "one of them generates"
    assert noted(*dark[:2], *lit) == [], "a quarter is too few"
