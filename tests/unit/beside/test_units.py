"""Energy beside a power whose units contradict each other."""

import math

import pytest

from tests.support.small_files import chosen, profile, rejection, result

POWER = [round(3000 * max(0.0, math.sin(math.pi * (at - 24) / 48)), 1) for at in range(96)]
"""The W of each quarter of an hour: 22.9 kWh."""
KWH = sum(POWER) / 4000


def day(header: str, power: float, energy: float, first: float | None) -> str:
    """Return a day of power and energy times these factors; without `first`, the energy is of intervals."""
    rows = []
    for at, watts in enumerate(POWER):
        total = watts / 4 if first is None else first + sum(POWER[:at]) / 4
        rows.append(f"2025-06-10 {at // 4:02}:{at % 4 * 15:02},{watts * power:.7g},{total * energy:.9g}")
    return "\n".join([f"time,{header}", *rows, ""])


@pytest.mark.parametrize("first", [None, 12_345_000])
@pytest.mark.parametrize(
    ("header", "power", "energy", "units"),
    [
        ("Pac (W),Energy (kWh)", 1, 1, ("kW", "W")),  # Wh below kWh
        ("Pac (kW),Energy (kWh)", 1, 0.001, ("W", "kW")),  # W below kW
        ("Pac (W),Energy (Wh)", 0.001, 1, ("kW", "W")),  # kW below W
        ("Pac (kW),Energy (Wh)", 0.001, 0.001, ("W", "kW")),  # kWh below Wh
    ],
)
def test_units_of_power_and_energy_that_contradict_each_other_are_asked_for(
    header: str, power: float, energy: float, units: tuple[str, str], first: float | None
) -> None:
    found = rejection(text := day(header, power, energy, first))
    assert (found.code, "is one of the units wrong?" in found.message) == ("unknown_unit", True)
    ways = found.candidates or []
    assert [way.label for way in ways] == [f"the power in {unit}" for unit in units]
    scale = {"W": 1, "kW": 1000}
    energies = [result(text, chosen(way)).metrics.total_energy_kwh for way in ways]
    assert energies == pytest.approx([KWH * power * scale[each] for each in units], rel=1e-3)


@pytest.mark.parametrize("first", [None, 12_345_000])
@pytest.mark.parametrize("header", ["Pac (W),Energy (Wh)", "Pac (kW),Energy (kWh)"])
def test_units_that_agree_are_no_question(header: str, first: float | None) -> None:
    factor = 0.001 if "k" in header else 1
    kwh = result(day(header, factor, factor, first)).metrics.total_energy_kwh
    assert kwh == pytest.approx(KWH, rel=1e-3)


def test_a_unit_that_a_profile_states_is_no_question() -> None:
    text = day("Pac (W),Energy (kWh)", 1, 1, None)
    watts = profile(channels={"power": {"unit": "W"}})
    assert result(text, watts).metrics.total_energy_kwh == pytest.approx(KWH)
