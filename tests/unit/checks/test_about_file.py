"""The notes about a file as a whole."""

from __future__ import annotations

from processing.checks.registry import run_checks
from tests.support.checked_files import checked


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
