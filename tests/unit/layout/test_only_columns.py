"""The only column with a unit of power or energy."""

import pytest

from processing.head.header_cells import HeaderCell
from processing.layout.only_columns import only_metered, only_production
from tests.support.known_formats import rejection, result


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["time", "LV ActivePower (kW)", "Theoretical_Power_Curve (kWh)", "Wind (m/s)"], ("power", (1,))),
        (["time", "Verbrauch (kWh)", "Forecast (kWh)", "Temp"], ("energy", (1,))),
        (["time", "Reactive power (kW)", "Wind (m/s)"], None),
        (["time", "Battery active power (kW)", "Wind (m/s)"], None),
        (["time", "Aggregate AC Power (kW)", "Temp"], ("power", (1,))),
        (["interval_start", "interval_kWh", "interval_kW"], ("power", (2,))),
        (["time", "Import (kWh)", "Export (kW)", "Temp"], None),
        (["time", "From solar (W)", "Temp"], None),
        (["time", "Import (W)", "Production PV"], None),
        (["time", "Import (W)", "Production PV in W"], None),
        (["time", "Fridge (W)"], ("power", (1,))),
        (["time", "Power change (W)"], None),
        (["time", "Std power (kW)"], None),
        (["time", "Power last year (W)", "Temp"], None),
        (["time", "Energy difference (Wh)"], ("energy", (1,))),
        (["time", "Solar voltage 1", "Panel current 1", "Load power (W)"], None),
        (["time", "Solar voltage", "Grid (kWh)"], None),
        (["time", "Fridge (W)", "Oven (W)"], None),
        (["time", "P1", "P2", "Grid (W)"], None),
        (["time", "Verbrauch (kWh)", "Leistung Dach"], None),
        (["time", "Usage (kWh)", "Power 2"], None),
        (["time", "forward_energy_total_kwh", "hour"], ("energy", (1,))),
        (["time", "latest_reading_kwh", "readings_count"], ("energy", (1,))),
        (["time", "Cumulative energy (kWh)", "Wind (m/s)"], ("energy", (1,))),
        (["time", "Usage (kWh)", "Max power", "Reactive power", "Power factor"], ("energy", (1,))),
    ],
)
def test_what_was_not_measured_is_beside_the_only_column(names: list[str], found: object) -> None:
    assert only_metered(tuple(HeaderCell((name,)) for name in names), {0}) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("PV generator power (W)", {"power": (1,)}),
        ("Generation (W)", {"power": (1,)}),
        ("Generated (W)", {"power": (1,)}),
        ("Rated generation (W)", None),
        ("Generator power (W)", None),
        ("Philadelphia Generation (W)", {"power": (1,)}),
        ("Gaston PV power (W)", {"power": (1,)}),
        ("Wind generation (kW)", None),
        ("Turbina PV power (W)", {"power": (1,)}),
        ("BHKW Erzeugung (kWh)", None),
    ],
)
def test_a_generator_of_another_source_is_no_plant(name: str, found: object) -> None:
    assert only_production(tuple(map(HeaderCell, [("time",), (name,), ("Load (W)",)])), {0}) == found


def _day(names: str, total: str) -> str:
    """A day of two parts that have one third and two thirds of a total of 16.8 kWh."""
    powers = [10 * max(0, (at - 5) * (20 - at)) for at in range(24)]
    readings = (f"{one},{2 * one},{total.format(3 * one)}" for one in powers)
    rows = (f"2025-06-10 {at:02}:00,{each}\n" for at, each in enumerate(readings))
    return f"time,{names}\n" + "".join(rows)


@pytest.mark.parametrize(
    ("names", "column"),
    [
        ("power_north,power_south,power_total", "power_total"),
        ("Pa (W),Pb (W),Ptot (W)", "Ptot (W)"),
        ("AC power 1 (W),AC power 2 (W),Total AC power (W)", "Total AC power (W)"),
        ("Leistung Ost (W),Leistung West (W),Gesamtleistung (W)", "Gesamtleistung (W)"),
        ("Roof 1 (Wh),Roof 2 (Wh),Sum (Wh)", "Sum (Wh)"),
    ],
)
def test_a_total_that_is_the_sum_of_all_others_is_what_the_file_is_about(names: str, column: str) -> None:
    found = result(_day(names, "{}"))
    assert [one.column for one in found.profile.columns.values()] == [column]
    assert found.metrics.total_energy_kwh == pytest.approx(16.8)


@pytest.mark.parametrize(
    ("names", "total"),
    [
        ("power_north,power_south,power_total", "{}9"),
        ("power_north,power_south,power_west", "{}"),
        ("Load 1 (W),Load 2 (W),Total (W)", "{}"),
        ("Pa (W),Pb (VA),Ptot (W)", "{}"),
    ],
    ids=["no sum", "no total", "other flows", "other units"],
)
def test_other_columns_of_power_are_asked_for(names: str, total: str) -> None:
    assert rejection(_day(names, total)).candidates


def _product(name: str, power: str) -> str:
    """Six readings of 400 V and 2 A, an hour apart, beside another power."""
    rows = (f"2025-06-10 {hour:02}:00,400,2,{power}\n" for hour in range(9, 15))
    return f"time,DC voltage,DC current,{name}\n" + "".join(rows)


@pytest.mark.parametrize("name", ["importActivePower", "Pout", "Potenza attiva", "Wirkleistung Bezug"])
def test_a_power_beside_the_product_of_a_string_is_asked_for(name: str) -> None:
    found = rejection(_product(name, "9000"))

    assert found.code == "ambiguous_columns"
    assert [(one.label, one.consequence.split(", ")[1]) for one in found.candidates] == [
        (f"power: {name}", "54 kWh a day"),
        ("voltage: DC voltage, current: DC current", "4.8 kWh a day"),
    ]


@pytest.mark.parametrize(
    ("name", "power"),
    [
        ("importActivePower", "780"),
        ("Load power", "9000"),
        ("Battery active power", "9000"),
        ("Apparent power", "9000"),
        ("Max power", "9000"),
        ("Import power", "9000"),
    ],
)
def test_a_power_that_agrees_or_is_of_something_else_leaves_the_product(name: str, power: str) -> None:
    assert result(_product(name, power)).metrics.total_energy_kwh == 4.8


def test_a_night_at_the_beginning_leaves_the_product_open() -> None:
    night = "".join(f"2025-06-10 00:{minute:02},0,0,0\n" for minute in range(40))
    day = _product("Pout", "{}").replace("DC current,Pout\n", f"DC current,Pout\n{night}")
    assert rejection(day.format(*["9000"] * 6)).code == "ambiguous_columns"
    assert {*result(day.format(*["780"] * 6)).profile.columns} == {"voltage", "current"}
