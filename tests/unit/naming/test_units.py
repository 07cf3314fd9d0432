"""Units in header cells."""

import pytest

from processing.naming.units import (
    NameAndUnit,
    channel_of_unit,
    is_of_other_quantity,
    is_unit,
    label_of,
    scales_of,
    unit_of,
)


@pytest.mark.parametrize(
    ("cell", "name", "unit"),
    [("power (Watts)", "power", "Watts"), ("U [mV]", "U", "mV"), ("voltage_mV", "voltage", "mV"),
     ("Power W", "Power", "W"), ("Pac/W", "Pac", "W"), ("U in V", "U", "V"), ("P (avg)", "P (avg)", ""),
     ("Charger [279]", "Charger [279]", ""), ("temperature (degF)", "temperature", "degF"),
     ("Total yield (kWh)", "Total yield", "kWh"), ("Solar (kW (avg 15 min))", "Solar", "kW"),
     ("PV [kW] (mean)", "PV (mean)", "kW"), ("Power (kW) mean", "Power mean", "kW"),
     ("WR / Mittelwerte [kW]0", "WR / Mittelwerte 0", "kW"), ("Power (W).1", "Power .1", "W"),
     ("Power (W) 2", "Power 2", "W"), ("Power (W) 10", "Power (W) 10", ""),
     ("Mains_A (kWatts)", "Mains_A", "kWatts"), ("Active energy Wh (A)", "Active energy (A)", "Wh"),
     ("Power kW (L2)", "Power (L2)", "kW"), ("Strom L1 (A)", "Strom L1", "A"), ("Energy (A)", "Energy", "A"),
 ("(W)", "(W)", ""), ("grid V", "grid V", ""), ("energy_J", "energy", "J"), ("E (Joules)", "E", "Joules"),
     ("price_per_kwh", "price_per_kwh", ""), ("Strompreis kWh", "Strompreis kWh", ""),
     ("NOK_per_kWh", "NOK_per_kWh", ""), ("Energie pro kWh", "Energie pro kWh", ""),
     ("Мощность, кВт", "Мощность", "кВт"), ("Выработка, кВт·ч", "Выработка", "кВт·ч"),
     ("功率\uff08千瓦\uff09", "功率", "千瓦"), ("acPowerKw", "acPower", "Kw"),
     ("SolarW", "Solar", "W"), ("W_PV", "PV", "W"), ("Production PV in W", "Production PV", "W"),
     ("功率(千瓦)", "功率", "千瓦"), ("发电量(度)", "发电量", "度"), ("solar_mw", "solar", "mw"),
     ("Pulses (800 imp/kWh)", "Pulses", "800 imp/kWh"),
     ("kWh per day (kWh)", "kWh per day", "kWh"), ("Energie / kWh", "Energie", "kWh")],
)  # fmt: skip
def test_a_header_cell_is_a_name_and_a_unit(cell: str, name: str, unit: str) -> None:
    assert label_of(cell) == NameAndUnit(name, unit, cell)


@pytest.mark.parametrize(
    ("channel", "text", "unit"),
    [("power", "mW", "mW"), ("power", "MW", "MW"), ("power", "mw", None), ("power", "Mw", None),
     ("power", "KW", "kW"), ("power", "Megawatts", "MW"), ("power", "VA", None),
     ("temperature", "Deg C", "\u00b0C"),
     ("temperature", "degF", "\u00b0F"), ("energy", "kwh", "kWh"),
     ("energy", "mWh", None), ("energy", "MWh", "MWh"), ("energy", "mwh", None),
     ("power", "кВт", "kW"), ("power", "мВт", "mW"), ("energy", "кВт*ч", "kWh"),
     ("energy", "kW\u22c5h", "kWh"),
     ("energy", "度", "kWh"), ("voltage", "\u0412", "V"), ("power", "瓦", "W"), ("power", "kWh/h", "kW"),
     ("power", "quilowatts", "kW"), ("power", "kilovatios", "kW"), ("power", "كيلوواط", "kW"),
     ("energy", "Kilowattstunden", "kWh"),
     ("energy", "kWhs", "kWh"), ("power", "kWatts", "kW"), ("voltage", "volts", "V")],
)  # fmt: skip
def test_the_case_of_a_unit_counts_where_it_makes_a_difference(
    channel: str, text: str, unit: str | None
) -> None:
    assert unit_of(channel, text) == unit


def test_a_unit_has_a_channel_or_none() -> None:
    assert (channel_of_unit("kW"), channel_of_unit("VA")) == ("power", None)
    assert (is_unit("VA"), is_unit("279"), is_unit("avg")) == (True, False, False)
    assert all(map(is_of_other_quantity, ("kg/s", "m³/s", "gpm", "m/s")))


@pytest.mark.parametrize("cell", ["Reg 40083 [W*10]", "Plant 3 (W/10)", "Out (kWh x10)"])
def test_a_unit_with_a_factor_is_one_behind_any_name(cell: str) -> None:
    found = label_of(cell)
    assert is_unit(found.unit)
    channel = "energy" if "h" in found.unit else "power"
    assert {scale for _, scale in scales_of(channel, found.unit)} == {0.1, 10.0}
    assert label_of("Event [x10]").unit == label_of("Site (AB/10)").unit == ""


@pytest.mark.parametrize(
    ("cell", "name", "unit"),
    [
        ("kWh Usage", "Usage", "kWh"),
        ("Watt Hours out", "out", "Watt Hours"),
        ("total_kwh_today", "total_today", "kwh"),
        ("outputKWh", "output", "KWh"),
        ("dailykWh", "daily", "kWh"),
        ("kwhUsed", "Used", "kwh"),
        ("L1Wh", "L1", "Wh"),
        ("Usage (Real energy in kilowatt-hours)", "Usage", "kilowatt-hours"),
        *(
            (text, text, "")
            for text in (
                "kWh",
                "BHKW",
                "kWHours",
                "kWh per day",
                "kwhCost",
                "roof 4 kW west",
                "WS_ms_Mean",
                "mw solar",
                "MW Leistung",
            )
        ),
    ],
)
def test_a_unit_may_stand_before_a_name_or_in_it(cell: str, name: str, unit: str) -> None:
    assert label_of(cell) == NameAndUnit(name, unit, cell)
