"""Files that are rejected for the sides or the sign of their power."""

import math
import tomllib
from collections.abc import Callable, Iterable

import pytest

from processing.model.profile import Profile
from processing.model.rejection import Candidate
from processing.profiles import profiles_from
from tests.support.small_files import profile, rejection, result

SUN = [round(max(0.0, math.sin(math.pi * (at - 12) / 24)), 3) for at in range(48)]
"""Of half hours: 24 of them are dark."""


def half_hours(header: str, cells: Iterable[str]) -> str:
    """A file with these cells behind the times of a day."""
    rows = (f"2025-06-10 {at // 2:02}:{at % 2 * 30:02}:00;{one}" for at, one in enumerate(cells))
    return "\n".join([f"time;{header}", *rows, ""])


def chosen(way: Candidate) -> Profile:
    """The profile that takes a way to read a file."""
    return profiles_from(tomllib.loads("\n".join(way.toml))).for_name(b"x.csv")


@pytest.mark.parametrize(
    ("header", "cell", "other"),
    [
        ("Voltage;PV current", "{v:.2f};{a:.3f}", "voltage"),
        ("PV current (A);Voltage (V);SOC", "{a:.3f};{v:.2f};55", "voltage"),
        ("U;I_PV", "{v:.2f};{a:.3f}", "voltage"),
        ("Current;PV voltage", "{load:.2f};{panel:.2f}", "current"),
        ("Spannung;PV Strom;Temperatur", "{v:.2f};{a:.3f};20", "voltage"),
    ],
)
def test_a_voltage_that_goes_on_at_night_is_not_multiplied_by_the_current_of_the_panel(
    header: str, cell: str, other: str
) -> None:
    content = half_hours(
        header, (cell.format(v=26 - sun, a=8 * sun, load=5.0, panel=60 * sun) for sun in SUN)
    )
    found = rejection(content)
    assert (found.code, found.column) == ("ambiguous_columns", other)
    (way,) = found.candidates or ()
    assert result(content, chosen(way)).metrics.total_energy_kwh is not None
    by_day = content.splitlines()
    assert result("\n".join([by_day[0], *by_day[14:36]])).records_processed == 22, "no row is dark"


@pytest.mark.parametrize(
    ("voltage", "current", "volts"),
    [("Voltage", "PV current", 54), ("voltage", "I_PV", 13), ("Voltage (V)", "PV current (A)", 400)],
)
def test_the_doubt_about_the_sides_is_said_before_the_limits(
    voltage: str, current: str, volts: float
) -> None:
    cells = (f"{volts - sun:.2f};{8 * sun:.3f}" for sun in SUN)
    found = rejection(half_hours(f"{voltage};{current}", cells))
    assert (found.code, found.column) == ("ambiguous_columns", "voltage")
    assert f"{voltage!r} goes on while {current!r} is zero" in found.message
    (way,) = found.candidates or ()
    assert way.label.endswith(", limits unknown")
    assert way.consequence.startswith("48 rows of 1 day")


@pytest.mark.parametrize(
    "header", ["Voltage;Current", "PV voltage;PV current", "Vpv;I", "voltage;PV current"]
)
def test_columns_of_one_side_and_those_that_are_dark_together_are_multiplied(header: str) -> None:
    is_dark_at_night = "I" in header or header[0] == "v"
    volts = [28 * min(1, 3 * sun) if is_dark_at_night else 28.0 for sun in SUN]
    cells = (f"{one:.2f};{8 * sun:.3f}" for one, sun in zip(volts, SUN, strict=True))
    content = half_hours(header, cells)
    limits = {"voltage": {"min": 0, "max": 40}, "current": {"min": 0, "max": 20}}
    assert result(content, profile(channels=limits)).records_processed == 48


@pytest.mark.parametrize(
    ("header", "cell", "name"),
    [
        ("PV power (W)", "{p:.1f}", "power"),
        ("power", "{p:.1f}", "power"),
        ("Leistung (kW)", "{k:.4f}", "power"),
        ("Voltage;Current", "24;{a:.3f}", "current"),
    ],
)
def test_power_of_another_sign_is_refused_with_both_readings(header: str, cell: str, name: str) -> None:
    cells = (cell.format(p=-200 * sun, k=-sun / 5, a=-200 * sun / 24) for sun in SUN)
    content = half_hours(header, cells)
    found = rejection(content)
    assert (found.code, found.column) == ("outside_limits", name)
    turned, kept = found.candidates or ()
    assert turned.toml == [f"channels.{name}.scale = -1.0"]
    for way, sign in ((turned, 1), (kept, -1)):
        whole = sign * 0.1 * sum(SUN)
        found_now = result(content, chosen(way))
        assert found_now.metrics.total_energy_kwh == pytest.approx(whole, abs=2e-3)
        assert found_now.profile.night_floor_w <= 8


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_load_beside_what_the_plant_gives_is_no_other_sign(share: float) -> None:
    rows = [f"2025-06-10 {at // 2:02}:{at % 2 * 30:02}:00;{900 * sun - 60}" for at, sun in enumerate(SUN)]
    content = "\n".join(["time;PV power (W)", *rows[int(48 * share) :], ""])
    assert result(content).records_processed == 48 - int(48 * share)


@pytest.mark.parametrize("header", ["Vpv (V);Ipv (A)", "Vpv (V);Ipv (A);Ppv (W)", "U;I"])
def test_a_voltage_that_varies_beside_a_steady_current_may_be_the_current(header: str) -> None:
    content = half_hours(header, (f"{8 * sun:.3f};{400 - 9 * sun:.1f};{3200 * sun:.1f}" for sun in SUN))
    content = (
        content
        if header.endswith("(W)")
        else "\n".join(
            line.rpartition(";")[0] if at else line for at, line in enumerate(content.splitlines())
        )
    )
    found = rejection(content)
    assert found.code == "ambiguous_columns"
    assert "varies with the power" in found.message
    swapped, named = found.candidates or ()
    right, wrong = (result(content, chosen(way)).metrics for way in (swapped, named))
    assert right.voltage.max == wrong.current.max == 400
    assert right.current.max == wrong.voltage.max == 8


@pytest.mark.parametrize(
    "cell",
    [
        lambda sun: f"{400 - 9 * sun:.1f};{8 * sun:.3f}",
        lambda sun: f"{12 + sun:.2f};{90 * sun:.2f}",  # a battery, with more amperes than volts
        lambda sun: f"{12 + sun:.2f};{30.0 if sun else 0}",  # charged with one current
        lambda sun: f"{60 * sun:.2f};{5 + sun:.2f}",
    ],
)
def test_voltages_and_currents_of_plants_are_not_swapped(cell: Callable[[float], str]) -> None:
    assert result(half_hours("Vpv (V);Ipv (A)", map(cell, SUN))).records_processed == 48


def watts(at: int, turn: int) -> float:
    return (3000 * SUN[at] + at % 5) * (-1 if at >= turn else 1)


@pytest.mark.parametrize("header", ["Pac (W)", "Pac (kW)"])
def test_a_sign_that_turns_at_full_power_is_asked_for(header: str) -> None:
    scale = 1000 if "k" in header else 1
    content = half_hours(header, (f"{watts(at, 23) / scale:.4f}" for at in range(48)))
    found = rejection(content)
    assert (found.code, found.line) == ("outside_limits", 25)
    (way,) = found.candidates or ()
    assert result(content, chosen(way)).records_processed == 48


def test_power_that_is_exported_and_imported_has_two_signs() -> None:
    import_at_night = [f"{3000 * sun - 400 - 30 * (at % 7):.0f}" for at, sun in enumerate(SUN)]
    assert result(half_hours("Net power (W)", import_at_night)).records_processed == 48
    often = [f"{watts(at, 23) * (1 if at % 8 else -1):.1f}" for at in range(48)]
    assert result(half_hours("Pac (W)", often)).records_processed == 48


@pytest.mark.parametrize(
    ("name", "energies"),
    [
        ("Energy (kW)", {"power in kW": 14.0, "energy in kWh": 56.0}),
        ("Power (kWh)", {"energy in kWh": 56.0, "power in kW, limits unknown": 14.0}),
        ("PV power [Wh]", {"energy in Wh": 0.056, "power in W": 0.014}),
    ],
)
def test_a_name_and_a_unit_that_contradict_each_other_are_asked_for(
    name: str, energies: dict[str, float]
) -> None:
    sun = [(2 + at * at % 5 % 3) * (30 <= at < 50) for at in range(96)]
    quarters, hours = (
        "\n".join([f"time,{name}", *(f"{start + step * at},{one}" for at, one in enumerate(sun)), ""])
        for start, step in ((1_749_513_600, 900), (1_749_513_600, 3600))
    )
    found = rejection(quarters)
    assert f"the name {name!r} says" in found.message
    ways = found.candidates or ()
    assert {way.label: result(quarters, chosen(way)).metrics.total_energy_kwh for way in ways} == energies
    assert name == "PV power [Wh]" or result(hours).records_processed == 96, "an hour has one number of both"


def of_panel(names: str, volts: float, most: float, digits: int = 0, delimiter: str = ",") -> str:
    """A day of hours: the current rises to this one at noon and falls again."""
    cells = [
        f"{volts}{delimiter}{max(0.0, most * (1 - abs(hour - 12) / 6)):.{digits}f}" for hour in range(24)
    ]
    rows = [f"2025-06-10 {hour:02}:00{delimiter}{cell}" for hour, cell in enumerate(cells)]
    return "\n".join([f"time{delimiter}{names}", *rows, ""])


@pytest.mark.parametrize(
    ("names", "volts", "most", "digits", "delimiter"),
    [
        ("Upv,Ipv", 30.1, 650, 0, ","),
        ("Upv (V),Ipv", 30, 6600, 0, ","),
        ("Spannung;Strom", 18.5, 82.5, 1, ";"),
        ("PV voltage\tPV current", 310, 8200, 0, "\t"),
        ("voltage,current", 24, 650, 0, ","),
    ],
)
def test_a_current_without_a_unit_that_is_too_large_may_be_in_milliamperes(
    names: str, volts: float, most: float, digits: int, delimiter: str
) -> None:
    """The hours add up to six times the current of noon."""
    found = rejection(of_panel(names, volts, most, digits, delimiter))
    way = next(one for one in found.candidates or () if "mA" in one.label)
    read = result(
        of_panel(names, volts, most, digits, delimiter),
        profiles_from(tomllib.loads("\n".join(way.toml))).default,
    )
    assert read.metrics.total_energy_kwh == pytest.approx(volts * 6 * most / 1e6, rel=0.01)


@pytest.mark.parametrize(
    ("names", "volts", "most"),
    [("Upv,Ipv (A)", 30, 650), ("Upv,Ipv A", 30, 65), ("Upv,Ipv", 30, 29), ("Vdc,Idc", 600, 95)],
)
def test_a_current_in_amperes_is_read(names: str, volts: float, most: float) -> None:
    assert result(of_panel(names, volts, most)).metrics.total_energy_kwh == pytest.approx(
        volts * 6 * most / 1000, rel=0.05
    )
