"""What the name of a column says of it."""

import pytest

from processing.head.column_kinds import channel_of, found_in, resembled_channel, times_by_name
from processing.head.header_cells import HeaderCell


def test_a_cell_names_a_channel_and_its_unit() -> None:
    found = found_in(HeaderCell(("Power (kW)",)), 3)
    assert found == ("power", (3, "kW", True, True))
    assert found_in(HeaderCell(("Pac",), "W"), 0) == ("power", (0, "W", False, True))
    assert found_in(HeaderCell(("kWh",)), 0) == ("energy", (0, "kWh", False, True))
    assert channel_of(HeaderCell(("Charger", "PV voltage"))) == "voltage"
    assert channel_of(HeaderCell(("Battery voltage",))) is None
    assert [channel_of(HeaderCell((name,))) for name in ("t_kWh", "T (°C)")] == ["energy", "temperature"]


@pytest.mark.parametrize(
    ("name", "channel"),
    [("mV", "voltage"), ("mA", "current"), ("kW", "power"), ("°C", "temperature"), ("PV_Volt_Avg", "voltage"),
     ("Power (mean)", "power"), ("V_Max", None), ("Hz", None), ("C", None),
     ("watt_hours", "energy"), ("Watts_Avg", "power")],
)  # fmt: skip
def test_units_and_averages_name_channels(name: str, channel: str | None) -> None:
    assert channel_of(HeaderCell((name,))) == channel


@pytest.mark.parametrize(
    ("name", "channel", "unit"),
    [("Solar (kW)", "power", "kW"), ("PV [Wh]", "energy", "Wh"), ("Production[W]", "power", "W"),
     ("Power (kWh)", "energy", "kWh"), ("Total (W)", None, ""), ("Gesamtanlage [kWh]", "energy", "kWh"),
     ("ac_power_kw_1137", "power", "kW"), ("ac_power__315", "power", "W"), ("pv_kwh", "energy", "kWh"),
     ("kw", "power", "kW"), ("KWH", "energy", "kWh"), ("KW", None, ""),
     ("Solar", None, ""), ("PV (%)", None, ""), ("Home (kW)", None, ""), ("Active energy Wh", None, "")],
)  # fmt: skip
def test_the_unit_decides_between_power_and_energy(name: str, channel: str | None, unit: str) -> None:
    found = found_in(HeaderCell((name,)), 3)
    assert (found[0], found[1].unit) == (channel, unit) if found else (channel, unit) == (None, "")


@pytest.mark.parametrize(
    ("name", "channel"),
    [("Sys1Wac_Avg", "power"), ("Udc MPPT1[V]", "voltage"), ("inv2_idc", "current"), ("Pbat", "power"),
     ("Reactive Energy L", None), ("in_batt_kwh", "energy"), ("house_kW", "power"), ("cell_mV", "voltage"),
     ("vin", "voltage"), ("window", None), ("pin code", None), ("cin", "current"), ("I_out", "current"),
     ("iin 2", "current"), ("uin", "voltage"), ("coin", None), ("cinema", None),
     ("Pout", "power"), ("p_in 2", "power"), ("Pgen [x]", "power"), ("pin number", None), ("pint", None)],
)  # fmt: skip
def test_short_names_and_units_behind_them_resemble_channels(name: str, channel: str | None) -> None:
    assert resembled_channel(HeaderCell((name,))) == channel


def test_a_cell_resembles_a_channel_by_its_unit_or_a_word() -> None:
    assert resembled_channel(HeaderCell(("Battery voltage",))) == "voltage"
    assert resembled_channel(HeaderCell(("String 1 [A]",))) == "current"
    assert resembled_channel(HeaderCell(("Power [%]",))) is None


@pytest.mark.parametrize(
    ("names", "places"),
    [(("date", "time"), (0, 1)), (("time", "date"), (1, 0)), (("Date/Time (UTC)", "date"), (0,)),
     (("timestamp", "utc time"), (0,)), (("created_at", "last changed"), ()), (("Zeit",), (0,))],
)  # fmt: skip
def test_the_columns_of_times_are_known_by_name(names: tuple[str, ...], places: tuple[int, ...]) -> None:
    assert times_by_name(tuple(HeaderCell((name,)) for name in names)).chosen == places


@pytest.mark.parametrize(
    "name",
    [
        "Stored energy (kWh)",
        "Remaining capacity (kWh)",
        "SoC [Wh]",
        "Energy in battery (kWh)",
        "Ladezustand (kWh)",
    ],
)
def test_what_a_battery_holds_is_of_no_channel(name: str) -> None:
    assert resembled_channel(HeaderCell((name,))) is None
