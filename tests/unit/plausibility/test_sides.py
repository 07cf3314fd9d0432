"""Files that are rejected for the sides of their voltage and current, or because these may be swapped."""

from collections.abc import Callable

import pytest

from processing.formats.toml_files import shipped
from processing.model.profile import DEFAULT
from tests.support import known_formats
from tests.support.small_files import SUN, chosen, half_hours, profile, rejection, result


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


def meter(names: str, used: float, returned: float, days: int = 3) -> str:
    """Return hours of a meter that counts the one direction in the first hour, and the other one by day."""
    rows = (
        f"2025-06-{10 + at // 24} {at % 24:02}:00,{used if not at else 0},{returned * (6 < at % 24 < 18)}\n"
        for at in range(24 * days)
    )
    return f"{names}\n" + "".join(rows)


SHELLY = "Date/time UTC,Active energy Wh,Returned energy Wh"


def test_a_meter_that_counts_what_a_plant_makes_as_returned_is_asked_for() -> None:
    found = known_formats.rejection(meter(SHELLY, 0, 250), *shipped())
    assert (found.code, found.column) == ("ambiguous_columns", "energy")
    assert "'Active energy Wh' has energy in 0 of 72 rows" in found.message
    assert [(one.label, one.consequence.split(", ")[1]) for one in found.candidates or ()] == [
        ("energy: Returned energy Wh", "2.75 kWh a day"),
        ("energy: Active energy Wh, as it is", "0 kWh a day"),
    ]


def test_a_meter_of_two_directions_is_of_its_own_one_if_energy_flows_in_it_or_in_one_day() -> None:
    declared = profile(channels={"energy": {"min": 0.0}})
    for text, used in (
        (meter(SHELLY, 9.5, 250), DEFAULT),
        (meter(SHELLY, 0, 250, days=1), DEFAULT),
        (meter(SHELLY, 0, 250), declared),
    ):
        found = known_formats.result(text, *shipped(), profile=used)
        assert found.metrics.total_energy_kwh == pytest.approx(0.0095 if "9.5" in text else 0.0)


@pytest.mark.parametrize("name", ["PV energy (kWh)", "Solar yield total (kWh)", "Produktion (kWh)"])
def test_what_a_plant_makes_below_snow_is_read_beside_what_it_exports(name: str) -> None:
    rows = "".join(f"2025-01-{1 + at // 24:02} {at % 24:02}:00,7000.0,3000.0\n" for at in range(120))
    text = f"time,{name},Feed-in (kWh)\n{rows}"
    assert result(text, profile(channels={"energy": {"kind": "counter"}})).metrics.total_energy_kwh == 0
