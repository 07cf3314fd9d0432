"""The thresholds in V, A and W of plants that are no default panel; each value is computed by hand."""

from __future__ import annotations

import pytest

from processing.findings.registry import THRESHOLDS
from tests.support.checked_files import checked
from tests.support.small_files import profile

KEYS = ("spike_voltage", "spike_current", "power_mismatch_w", "night_floor_w", "spike_temperature")
DEFAULTS = [3.0, 5.0, 2.0, 8.0, 8.0]
OWN = "voltage,current,temperature,power"


def thresholds(header: str, *lines: str, **tables: object) -> list[float]:
    """The values of KEYS for a file of rows an hour apart."""
    text = [f"timestamp,{header}", *(f"2025-06-10T{hour:02}:00:00,{one}" for hour, one in enumerate(lines))]
    rows = checked("\n".join(text).encode(), profile(**tables)).rows
    return [rows.thresholds[THRESHOLDS[key]] for key in KEYS]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({}, DEFAULTS),
        ({"channels": {"voltage": {"min": 0}, "temperature": {"max": 200}}}, DEFAULTS),
        ({"channels": {"voltage": {"max": 64}}}, [6, 5, 2, 8, 8]),
        ({"channels": {"current": {"min": -36, "max": 12}}}, [3, 15, 2, 8, 8]),
        ({"channels": {"power": {"max": 3840}}}, [3, 5, 20, 80, 8]),
        ({"channels": {"voltage": {"max": 1e12}, "power": {"min": -1e12}}}, DEFAULTS),
        ({"site": {"rated_power_w": 4800}}, [3, 5, 40, 96, 8]),
        ({"site": {"rated_power_w": 24}, "channels": {"power": {"max": 3840}}}, [3, 5, 0.2, 0.48, 8]),
        ({"site": {"rated_power_w": 4800}, "thresholds": {"night_floor_w": 8, "spike_current": 5}},
         [3, 5, 40, 8, 8]),
    ],
)  # fmt: skip
def test_thresholds_that_are_not_set_scale_with_limits_and_rated_power(
    tables: dict[str, object], expected: list[float]
) -> None:
    assert thresholds(OWN, "24,5,20,120", "24,5,20,120", **tables) == expected


def test_without_a_column_of_power_watts_scale_with_volts_and_amperes() -> None:
    limits = {"voltage": {"max": 64}, "current": {"max": 36}}
    assert thresholds("voltage,current", "24,5", "24,5", channels=limits) == [6, 15, 12, 48, 8]


def test_unknown_limits_scale_with_what_95_percent_of_the_readings_do_not_exceed() -> None:
    found = thresholds("U,I,P", "480,2,900", "480,2.5,1200", "600,4,2400", "600,2,1000")
    assert found == [75, 1.25, 10, 24, 8], "of 600 V, 2.5 A and 1200 W"


@pytest.mark.parametrize(
    ("lines", "floor"),
    [(["3000", "2000", "1000"], 40.0), (["-4000", "-3000", "100"], 60.0), (["0", "0", "50"], 1.0)],
)
def test_the_night_floor_is_two_percent_of_the_usual_power_or_of_the_highest_if_that_is_0(
    lines: list[str], floor: float
) -> None:
    assert thresholds("Pac (W)", *lines)[3] == floor


def test_a_file_of_zeros_has_the_default_thresholds() -> None:
    assert thresholds("Pac (W)", "0", "0") == DEFAULTS


def test_power_from_energy_and_from_voltage_and_current_has_a_usual_magnitude_too() -> None:
    energy = {"channels": {"energy": {"kind": "counter"}}}
    assert thresholds("energy (kWh)", "100", "102.4", "104.8", "109", **energy)[2:4] == [20, 48]
    assert thresholds("U,I", "600,4", "600,5", "600,6")[2:4] == [25, 60]
