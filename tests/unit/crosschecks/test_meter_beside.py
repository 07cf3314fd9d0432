"""A meter's total without a unit beside voltage and current."""

from __future__ import annotations

import math

import pytest

from tests.support.small_files import chosen, profile, rejection, result

KWH = sum(max(0.0, 4 * math.sin(math.pi * (at - 72) / 144)) / 12 for at in range(288))
"""Of the day below."""


def _file(times: float, name: str = "Energy total", unit: float = 1.0, offset: int = 0) -> str:
    """Return a day whose total rises by so many kWh for each kWh of V · I."""
    total, rows = 123.4 * unit, []
    for at in range(288):
        power = max(0.0, 4000 * math.sin(math.pi * (at - 72) / 144))
        rows.append(f"2025-06-10 {at // 12:02}:{at % 12 * 5:02},300,{power / 300:.3f},{total:.3f}")
        made = max(0.0, 4000 * math.sin(math.pi * (at - 72 - offset) / 144)) / 12
        total += made / 1000 * times * unit
    return "\n".join([f"time,PV voltage (V),PV current (A),{name}", *rows, ""])


@pytest.mark.parametrize("name", ["Energy total", "E_total", "Total yield", "Zählerstand"])
@pytest.mark.parametrize("times", [0.1, 0.5, 2, 3, 10, 100])
def test_a_total_that_rises_by_another_energy_is_asked_about(name: str, times: float) -> None:
    found = rejection(text := _file(times, name))
    assert (found.code, found.column) == ("unknown_unit", "current")
    assert "which has no unit, rises by" in found.message
    ways = {way.label.partition(":")[0]: way for way in found.candidates or ()}
    read = {label: result(text, chosen(way)).metrics.total_energy_kwh for label, way in ways.items()}
    assert read["V · I as it is"] == pytest.approx(KWH, rel=0.01)
    assert read["that total in kWh"] == pytest.approx(KWH * times, rel=0.01)


@pytest.mark.parametrize("unit", [0.001, 1, 1000])
@pytest.mark.parametrize("times", [0.9, 1, 1.1])
def test_a_total_in_a_unit_of_energy_agrees(unit: float, times: float) -> None:
    assert result(_file(times, unit=unit)).metrics.total_energy_kwh == pytest.approx(KWH, rel=0.01)


def test_a_total_that_rises_at_other_times_is_of_another_device() -> None:
    assert result(_file(2, offset=30)).metrics.total_energy_kwh == pytest.approx(KWH, rel=0.01)


def test_a_profile_with_a_unit_decides() -> None:
    stated = profile(channels={"current": {"unit": "A"}})
    assert result(_file(2), stated).metrics.total_energy_kwh == pytest.approx(KWH, rel=0.01)


def test_hours_are_asked_about_too() -> None:
    """A total rises by the energy after each time, and V · I is that of the middle of two."""
    powers = [max(0.0, 4000 * math.sin(math.pi * (at - 6) / 12)) for at in range(24)]
    rows = [
        f"2025-06-10 {at:02}:00,300,{power / 300:.3f},{sum(powers[:at]) / 500:.3f}"
        for at, power in enumerate(powers)
    ]
    text = "\n".join(["time,PV voltage (V),PV current (A),Energy total", *rows, ""])
    assert "rises by" in rejection(text).message
