"""Temperatures without a unit: in °C unless they are too high for that."""

import math

import pytest

from tests.support.small_files import profile, rejection, result

DAY = [
    (max(0.0, math.sin(math.pi * (at - 6) / 12)), 8 + 20 * max(0.0, math.sin(math.pi * (at - 7) / 12)))
    for at in range(24)
]
"""The sun and the temperature in °C of each hour."""


def hours(name: str, scale: float, offset: float, rows: int = 24) -> str:
    cells = (f"{4000 * sun:.1f},{degrees * scale + offset:.1f}" for sun, degrees in DAY[:rows])
    lines = (f"2025-04-15 {at:02}:00:00,{cell}" for at, cell in enumerate(cells))
    return "\n".join([f"Time,Pac (W),{name}", *lines, ""])


@pytest.mark.parametrize(
    ("scale", "offset", "units"),
    [(1.8, 32, ["°F", "°C", "no temperature"]), (1, 273.15, ["K", "no temperature"])],
)
@pytest.mark.parametrize("name", ["Temp", "Module temperature"])
def test_a_temperature_that_never_cools_down_is_asked_for(
    name: str, scale: float, offset: float, units: list[str]
) -> None:
    found = rejection(hours(name, scale, offset))
    assert (found.code, found.column) == ("unknown_unit", "temperature")
    assert [way.label for way in found.candidates or ()] == units
    unit = profile(channels={"temperature": {"unit": units[0]}})
    assert result(hours(name, scale, offset), unit).metrics.temperature.min == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "scale", "offset", "rows"),
    [
        ("Temp", 1, 0, 24),
        ("Temp", 1, 35, 24),
        ("Temp (°C)", 1, 50, 24),
        ("Temp (K)", 1, 273.15, 24),
        ("Temp", 1, 50, 10),
    ],
)
def test_a_warm_day_a_stated_unit_and_a_few_hours_are_not(
    name: str, scale: float, offset: float, rows: int
) -> None:
    assert result(hours(name, scale, offset, rows)).records_invalid == 0
