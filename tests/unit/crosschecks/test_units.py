"""Energy beside a power whose units contradict each other."""

import math
from collections.abc import Callable, Sequence

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


@pytest.mark.crossed
@pytest.mark.parametrize("first", [None, 12_345_000])
@pytest.mark.parametrize(
    ("header", "power", "energy", "units"),
    [
        ("Pac (W),Energy (kWh)", 1, 1, ("kW", "W")),  # Wh below kWh
        ("Pac (kW),Energy (kWh)", 1, 0.001, ("W", "kW")),  # W below kW
        ("Pac (W),Energy (Wh)", 0.001, 1, ("kW", "W")),  # kW below W
        ("Pac (kW),Energy (Wh)", 0.001, 0.001, ("kW", "W")),  # kWh below Wh
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


@pytest.mark.parametrize("scale", [0.0009, 0.001, 0.0011])
def test_the_scale_of_a_profile_is_kept_beside_a_power_that_states_its_unit(scale: float) -> None:
    text = day("Inv2,Pac (W)", 1000, 4000, None)
    part = profile(channels={"power": {"column": "Inv2", "scale": scale, "limits": "unknown"}})
    assert result(text, part).metrics.total_energy_kwh == pytest.approx(KWH * 1000 * scale)


def columns(header: str, *cells: Callable[[int], float]) -> str:
    """Return a day with these columns behind the times, each with the cell of a row."""
    rows = (
        f"2025-06-10 {at // 4:02}:{at % 4 * 15:02},{','.join(f'{cell(at):.9g}' for cell in cells)}"
        for at in range(96)
    )
    return "\n".join([f"time,{header}", *rows, ""])


def power(at: int) -> float:
    return POWER[at]


def total(at: int) -> float:
    """Return the kWh of a meter."""
    return 12_345 + sum(POWER[:at]) / 4000


def volts(at: int) -> float:
    return 380 + at % 5


def amperes(at: int) -> float:
    return POWER[at] / volts(at)


def times(factor: float, cell: Callable[[int], float]) -> Callable[[int], float]:
    return lambda at: factor * cell(at)


@pytest.mark.crossed
@pytest.mark.parametrize(
    "name", ["PV energy total (kWh)", "E_total_prod [kWh]", "Ertrag heute gesamt (kWh)", "Meter reading kWh"]
)
@pytest.mark.parametrize("first", [None, 12_345_000])
def test_an_energy_is_compared_with_the_power_whatever_its_name_is(name: str, first: float | None) -> None:
    found = rejection(text := day(f"Pac (W),{name}", 0.001, 0.001, first))  # kW below W
    assert found.message.startswith(f"{name!r} is a thousand times what 'Pac (W)' gives")
    energies = [result(text, chosen(way)).metrics.total_energy_kwh for way in found.candidates or []]
    assert energies == pytest.approx([KWH, KWH / 1000], rel=1e-3)
    agreeing = result(day(f"Pac (kW),{name}", 0.001, 0.001, first)).metrics.total_energy_kwh
    assert agreeing == pytest.approx(KWH, rel=1e-3)


def test_an_energy_with_its_unit_on_a_line_below_the_names_is_compared() -> None:
    rows = day("Pac,PV energy total", 0.001, 0.001, None).partition("\n")[2]
    assert "a thousand times" in rejection(f"time,Pac,PV energy total\n,W,kWh\n{rows}").message


@pytest.mark.parametrize(
    ("header", "cells", "beside"),
    [
        ("Pdc (kW),Pac (W)", (power, power), "Pdc (kW)"),
        (
            "PV1 power (W),PV2 power (W),Pac (kW)",
            (power, power, times(2, power)),
            "PV1 power (W) + PV2 power (W)",
        ),
        ("Udc (V),Idc (A),Pdc (kW)", (volts, amperes, power), "V · I"),
        (
            "PV1 Voltage (V),PV1 Current (A),PV2 Voltage (V),PV2 Current (A),Pac (kW)",
            (volts, amperes, volts, amperes, times(1.9, power)),
            "V · I",
        ),
        ("Udc (V),Idc (A),PV yield total (Wh)", (volts, amperes, total), "PV yield total (Wh)"),
        ("E-Today (kWh),E-Total (kWh)", (times(1000, total), total), "E-Today (kWh)"),
    ],
)
def test_powers_and_energies_beside_the_one_that_is_read_are_compared(
    header: str, cells: Sequence[Callable[[int], float]], beside: str
) -> None:
    found = rejection(text := columns(header, *cells))
    assert found.message.startswith(f"{beside!r} is a thousand")
    ways = [result(text, chosen(way)).metrics.total_energy_kwh or 0.0 for way in found.candidates or []]
    assert {round(math.log10(one / other)) for one in ways for other in ways} == {-3, 0, 3}


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("PV1 power (W),PV2 power (W),Pac (kW)", (power, power, times(0.002, power))),
        ("Module 7 power (W),Pac (kW)", (times(0.02, power), times(0.001, power))),
        ("Pac (W),Load (kWh)", (power, lambda at: 1000.0 * at)),  # a thousand times, but not by its hours
        ("Pac (W),E-Today (kWh),Energy all (Wh)", (power, total, total)),  # one of them agrees
        ("Pac (W),Energy kWh per kWp", (power, total)),
    ],
)
def test_columns_beside_that_agree_or_are_of_others_are_no_question(
    header: str, cells: Sequence[Callable[[int], float]]
) -> None:
    result(columns(header, *cells))


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Pac,PV energy total (kWh)", (times(0.001, power), total)),
        ("Ppv,Vpv (V),Ipv (A)", (times(0.001, power), volts, amperes)),
        ("Pac,Pdc (kW)", (times(0.001, power), times(0.001, power))),
        ("Pac,Pac 1 (W),Pac 2 (W)", (times(0.002, power), power, power)),
    ],
)
def test_a_power_without_a_unit_has_the_one_that_the_columns_beside_show(
    header: str, cells: Sequence[Callable[[int], float]]
) -> None:
    found = result(columns(header, *cells))
    assert found.profile.columns["power"].unit == "kW"
    assert found.metrics.peak_power_w == pytest.approx(1000 * max(map(cells[0], range(96))), rel=1e-3)


def test_units_in_cells_are_compared_and_the_ways_give_other_figures() -> None:
    rows = (
        f"2025-06-10 {at // 4:02}:{at % 4 * 15:02},{POWER[at] / 1000:.4f} W,{total(at):.3f} kWh\n"
        for at in range(96)
    )
    found = rejection(text := f"time,Pac,Yield\n{''.join(rows)}")
    assert found.message.startswith("'Yield' is a thousand times what 'Pac' gives")
    energies = [result(text, chosen(way)).metrics.total_energy_kwh for way in found.candidates or []]
    assert energies == pytest.approx([KWH, KWH / 1000], rel=1e-3)


def test_the_first_section_is_compared() -> None:
    names, rows = day("Pac (W),Load total (kWh)", 0.001, 0.001, None).split("\n", 1)
    text = f"{names}\n{rows}{names}\n{rows.replace('06-10', '06-11')}"
    assert rejection(text).message.startswith("'Load total (kWh)' is a thousand times")


def test_an_energy_that_is_read_beside_the_power_is_compared_by_its_size_too() -> None:
    made = columns("Pac (W),PV energy total (kWh)", power, lambda at: 10 * (total(at) - 12_345))
    (one,) = (each for each in result(made).anomalies if each.check == "energy_column")
    assert one.message.endswith("which makes 22.9102 kWh: which of the two is right?")


def test_numbers_beside_that_are_too_large_to_be_added_are_not_compared() -> None:
    text = columns("Pac (W),Load energy (Wh)", power, lambda _: 1.7e308)
    assert result(text).metrics.total_energy_kwh == pytest.approx(KWH, rel=1e-3)


@pytest.mark.crossed
@pytest.mark.parametrize("minutes", [5, 15, 30])
@pytest.mark.parametrize(
    ("header", "share", "way"),
    [
        ("Energy (kWh),Energy today (kWh)", 0.001, "power in kW"),
        ("Yield (Wh),Total energy (kWh)", 1, "power in W"),
        ("Pac (kW),Energy today (kWh)", None, "energy in kWh"),
    ],
)
def test_powers_under_the_name_of_an_energy_and_the_reverse_are_asked_for(
    header: str, share: float | None, way: str, minutes: int
) -> None:
    """The total says 22.9 kWh; as energies, the powers would be 12, 4 or 2 times as much."""
    powers = [
        3000 * max(0.0, math.sin(math.pi * (at * minutes / 60 - 6) / 12)) for at in range(1440 // minutes)
    ]
    first = 7_312.0 if "Total" in header else 0
    rows = []
    for at, watts in enumerate(powers):
        cell = watts * (minutes / 60_000 if share is None else share)
        total = first + sum(powers[:at]) * minutes / 60_000
        clock = f"{at * minutes // 60:02}:{at * minutes % 60:02}"
        rows.append(f"2025-06-10 {clock},{cell:.4f},{total:.2f}")
    text = "\n".join([f"time,{header}", *rows, ""])
    found = rejection(text)
    assert "is one of the units wrong?" in found.message
    first_way = (found.candidates or [])[0]
    assert first_way.label == way
    assert result(text, chosen(first_way)).metrics.total_energy_kwh == pytest.approx(22.92, rel=0.01)
    other = result(text, chosen((found.candidates or [])[1])).metrics.total_energy_kwh or 0
    assert other == pytest.approx(22.92 * (minutes / 60 if share is None else 60 / minutes), rel=0.01)


def test_equal_powers_and_energies_of_intervals_are_no_question() -> None:
    """Which of the two is misnamed is not known."""
    text = columns("Pac (W),Energy (Wh)", power, power)
    assert result(text).metrics.total_energy_kwh == pytest.approx(KWH, rel=1e-3)


@pytest.mark.crossed
@pytest.mark.parametrize("name", ["Total", "Summe", "Gesamt"])
@pytest.mark.parametrize(
    ("header", "scale", "first"),
    [
        ("Energy (kWh)", 0.001, "power in kW"),
        ("Yield (Wh)", 1, "power in W"),
        ("Energy (kWh)", 0.25, "the energy in Wh"),
        ("Energy (kWh)", 0.00025, ""),
    ],
)
def test_a_total_below_the_rows_shows_what_they_hold(
    header: str, scale: float, first: str, name: str
) -> None:
    total = KWH if "kWh" in header else 1000 * KWH
    text = columns(header, lambda at: POWER[at] * scale) + f"{name},{total:.3f}\n"
    if not first:
        assert result(text).metrics.total_energy_kwh == pytest.approx(KWH, rel=1e-3)
        return
    found = rejection(text)
    assert f"{name!r} is 1/" in found.message or f"{name!r} is a thousandth of" in found.message
    way = (found.candidates or [])[0]
    assert way.label == first
    assert result(text, chosen(way)).metrics.total_energy_kwh == pytest.approx(KWH, rel=1e-3)
