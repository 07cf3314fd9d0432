"""Which columns hold which channel."""

from collections.abc import Sequence

import pytest

from processing.head.header_cells import HeaderCell
from processing.layout.columns import Columns, columns_of
from processing.model.profile import DEFAULT
from processing.model.rejection import RejectedFileError
from tests.support.small_files import profile, rejection, result


def columns(*names: str, rows: Sequence[list[str]] = (), **tables: object) -> Columns:
    used = profile(**tables) if tables else DEFAULT
    return columns_of(tuple(HeaderCell((name,)) for name in names), used, 1, frozenset({0}), [*rows])


def test_units_become_factors_and_only_own_names_keep_the_default_limits() -> None:
    found = columns("time", "Voltage (mV)", "I", "Pac [kW]").by_channel
    assert {name: (one.places, one.factor, one.unit, one.own_name) for name, one in found.items()} == {
        "voltage": ((1,), 1e-3, "mV", True),
        "current": ((2,), 1.0, "A", False),
        "power": ((3,), 1e3, "kW", False),
    }


def test_the_own_name_comes_before_synonyms_which_are_noted() -> None:
    found = columns("time", "power", "Pac", "Battery voltage", "note")
    assert found.by_channel["power"].places == (1,)
    assert found.unused == ("Pac", "Battery voltage")


def test_a_column_is_not_added_to_itself() -> None:
    with pytest.raises(RejectedFileError, match="the profile's power 'P1, P1' adds a column to itself"):
        columns("time", "P1", channels={"power": {"column": ["P1", {"index": 2}]}})
    pairs = [["U", "I1"], ["U", "I2"]]
    assert (
        columns("time", "U", "I1", "I2", channels={"power": {"column": pairs}}).by_channel["power"].is_product
    )


def test_products_have_two_or_three_columns_and_all_as_many() -> None:
    threes = [["U1", "I1", "pf"], ["U2", "I2", "pf"]]
    names = ("time", "U1", "I1", "U2", "I2", "pf")
    found = columns(*names, channels={"power": {"column": threes}}).by_channel["power"]
    assert (found.factors, found.places, found.unit) == (3, (1, 2, 5, 3, 4, 5), "W")
    for wrong in ([["U1", "I1", "pf"], ["U2", "I2"]], [["U1", "I1"], "pf"], [["U1"]], [["a", "b", "c", "d"]]):
        with pytest.raises(ValueError, match="only pairs, or only groups of three"):
            profile(channels={"power": {"column": wrong}})


def test_what_is_not_needed_may_stay_uncertain() -> None:
    found = columns("time", "power", "Udc", "Upv")
    assert (list(found.by_channel), found.unused) == (["power"], ("Udc", "Upv"))


@pytest.mark.parametrize(
    ("names", "code", "labels"),
    [
        (("t", "Ppv", "Pdc"), "ambiguous_columns", ["power: Ppv", "power: Pdc", "power: Ppv + Pdc"]),
        (("t", "Udc", "Upv", "I"), "ambiguous_columns", ["voltage: Upv", "voltage: Udc"]),
        (
            ("t", "power", "Power"),
            "ambiguous_columns",
            ["power: column 2", "power: column 3", "power: column 2 + column 3"],
        ),
        (("t", "total"), "unknown_unit", ["kWh", "Wh", "MWh"]),
        (("t", "Ppv(W)", "Pac(W)"), "ambiguous_columns", ["power: Ppv(W)", "power: Pac(W)"]),
        (("t", "Pac", "Pdc", "SOC battery"), "ambiguous_columns", ["power: Pac", "power: Pdc"]),
        (("t", "Wac1", "Wac2"), "missing_columns", ["power: Wac1 + Wac2", "power: Wac1", "power: Wac2"]),
        (("t", "Home (kW)", "Total (kW)"), "missing_columns", ["power: Total (kW)", "power: Home (kW)"]),
        (
            ("t", "Udc MPPT1", "Idc MPPT1", "Uac L1", "Iac L1"),
            "missing_columns",
            ["voltage: Udc MPPT1, current: Idc MPPT1", "voltage: Uac L1, current: Iac L1"],
        ),
        (("t", "power (VA)"), "unknown_unit", ["in 1 W"]),
        (("t", "power mw"), "unknown_unit", ["mW", "MW"]),
        (("t", "Roof (W)", "note"), "missing_columns", ["power: Roof (W)"]),
        (("t", "Battery V", "Battery A"), "missing_columns", ["voltage: Battery V, current: Battery A"]),
        (("t", "v1", "vtot", "iavg"), "missing_columns", ["voltage: vtot", "voltage: v1"]),
        (("t", "bat_u", "bat_i", "soc"), "missing_columns", ["voltage: bat_u, current: bat_i"]),
        (
            ("t", "u1", "i1", "p1", "u2", "i2", "p2"),
            "missing_columns",
            [
                "power: p1 + p2",
                "power: p1",
                "power: p2",
                "voltage: u1, current: i1",
                "voltage: u2, current: i2",
            ],
        ),
        (("t", "U", "x"), "missing_columns", []),
        (("t", "Solar (W/㎡)"), "missing_columns", []),
        (("t", "Solar Power (W m-2)"), "missing_columns", []),
        (("t", "SolarRadiationWatts/m^2"), "missing_columns", []),
        (("t", "Energy (kWh/m2/day)", "Energy (J/cm2)"), "missing_columns", []),
        (("t", "Power (%)", "Power (W/Wp)"), "missing_columns", []),
        (("t", "Consumption (m3)", "Energy (kcal)"), "missing_columns", []),
    ],
)
def test_what_is_needed_must_be_certain(names: tuple[str, ...], code: str, labels: list[str]) -> None:
    with pytest.raises(RejectedFileError) as caught:
        columns(*names)
    assert (caught.value.code, [choice.label for choice in caught.value.choices]) == (code, labels)


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (("AC_POWER", "DC_POWER", "TOTAL"), [("0", "0", "7"), ("880", "900", "7"), ("0", "-1", "8")]),
        (("dc_power__772", "ac_power__773"), [("0.002", "-9"), ("2e-05", "14"), ("0", "3")]),
        (("DC power 1 (W)", "Pdc", "Pac (kW)"), []),
        (("Leistung DC", "Leistung AC"), [("100", "96"), ("1", "0"), ("210", "200")]),
        (("Pac", "PV DC power", "DC power"), [("190", "99", "101")]),
        (("P_DC", "P_AC"), [("0", "0"), ("100", "96")]),
    ],
)
def test_the_output_of_an_inverter_comes_before_its_inputs(
    names: tuple[str, ...], rows: list[tuple[str, ...]]
) -> None:
    found = columns("t", *names, rows=[["2025-06-10 12:00", *row] for row in rows])
    assert "ac" in found.by_channel["power"].name.casefold()
    assert any("dc" in name.casefold() for name in found.unused)


@pytest.mark.parametrize(
    ("names", "row"),
    [
        (("AC_POWER", "DC_POWER"), ("0", "0")),
        (("AC_POWER", "DC_POWER"), ("98", "1000")),
        (("Pdc", "Pac"), ("100", "210")),
        (("Pac", "AC power", "Pdc"), ("98", "98", "100")),
        (("Pac", "Pdc", "PV power"), ("98", "100", "100")),
        (("Pac", "Pdc", "Load (W)"), ("98", "100", "20")),
    ],
)
def test_powers_that_are_not_the_two_sides_of_one_inverter_are_asked_for(
    names: tuple[str, ...], row: tuple[str, ...]
) -> None:
    with pytest.raises(RejectedFileError) as caught:
        columns("t", *names, rows=[["2025-06-10 12:00", *row]])
    assert caught.value.code == "ambiguous_columns"


def test_columns_whose_values_are_added_have_units_of_one_kind() -> None:
    both = {"power": {"column": ["P1", "P2"]}}
    assert columns("t", "P1 (kW)", "P2 (kW)", channels=both).by_channel["power"].places == (1, 2)
    assert columns("t", "P1 (kW)", "P2 (W)", channels=both).by_channel["power"].scales == (1000, 1)
    with pytest.raises(RejectedFileError, match="different units"):
        columns(
            "t",
            "U1 (mV)",
            "I1 (A)",
            "U2 (V)",
            "I2 (A)",
            channels={"power": {"column": [["U1", "I1"], ["U2", "I2"]]}},
        )


def test_voltage_and_current_of_the_profile_are_enough_beside_several_columns_of_power() -> None:
    names = {"voltage": {"column": "U1"}, "current": {"column": "I1"}}
    found = columns("t", "U1", "I1", "ac_power", "dc_power", channels=names)
    assert (set(found.by_channel), found.unused) == ({"voltage", "current"}, ("ac_power", "dc_power"))
    with pytest.raises(RejectedFileError, match="several columns for power"):
        columns("t", "U1", "I1", "pv_power", "dc_power", channels={"voltage": names["voltage"]})


def test_a_column_holds_one_thing() -> None:
    with pytest.raises(RejectedFileError, match="is the column of the times"):
        columns("time", "power", channels={"power": {"column": "time"}})


def test_energy_that_a_profile_names_needs_a_unit_if_the_power_comes_from_it() -> None:
    named = {"energy": {"column": "sold"}}
    with pytest.raises(RejectedFileError, match="has no unit") as caught:
        columns("t", "sold", channels=named)
    assert [choice.label for choice in caught.value.choices] == ["kWh", "Wh", "MWh"]
    assert columns("t", "sold kWh", channels=named).by_channel["energy"].factor == 1000
    named["energy"]["unit"] = "kWh"
    assert columns("t", "sold", channels=named).by_channel["energy"].factor == 1000


@pytest.mark.parametrize(
    ("names", "channel", "place"),
    [
        (("t", "TotalDailyEnergyProduced(Wh)", "Temp"), "energy", 1),
        (("t", "price", "produced_pv_kw", "load_kw"), "power", 2),
        (("t", "einspeisung_kwh", "gesamt_prod_kwh", "verbrauch_kwh"), "energy", 2),
        (("t", "Roof PV total (W)", "PV energy today (kWh)"), "power", 1),
        (("t", "consumption_W", "production_W", "grid_W"), "power", 2),
        (("t", "Potenza FV (W)", "Potenza Rete (W)"), "power", 1),
        (("t", "Consumo (kWh)", "Geração (kWh)"), "energy", 2),
        (("t", "Generación (kWh)", "Consumo (kWh)"), "energy", 1),
        (("t", "Tüketim (kWh)", "Üretim (kWh)"), "energy", 2),
        (("t", "Spotřeba (kWh)", "Výroba (kWh)"), "energy", 2),
        (("t", "Tuotanto (kWh)", "Kulutus (kWh)"), "energy", 1),
    ],
)
def test_the_only_column_of_what_a_plant_makes_is_read(
    names: tuple[str, ...], channel: str, place: int
) -> None:
    found = columns(*names).by_channel
    assert next(one.places for name, one in found.items() if name != "temperature") == (place,)
    assert channel == next(name for name in found if name != "temperature")


@pytest.mark.parametrize(
    "names",
    [
        ("t", "PV roof (kW)", "PV barn (kW)"),
        ("t", "PV to grid (kWh)"),
        ("t", "PV forecast (W)"),
        ("t", "Solar yield per kWp (kWh/kWp)"),
        ("t", "my pv"),
        ("t", "self produced (kWh)"),
        ("t", "Solar radiation (W)"),
        ("t", "PV charging (W)"),
    ],
)
def test_other_flows_and_several_plants_are_asked_for(names: tuple[str, ...]) -> None:
    with pytest.raises(RejectedFileError):
        columns(*names)


@pytest.mark.parametrize("name", ["power_12", "power__315", "power_W_12"])
def test_a_name_with_a_number_is_a_channel_s_and_not_its_own(name: str) -> None:
    assert columns("t", name).by_channel["power"].own_name is False


@pytest.mark.parametrize(
    "names",
    [
        ("Udc", "Iac"),
        ("PV voltage", "Battery current (A)"),
        ("Grid voltage (V)", "PV current"),
        ("Vpv1", "Ipv2"),
        ("L1 voltage (V)", "L2 current (A)"),
        ("String A voltage", "String B current"),
        ("Input voltage", "Output current"),
        ("U_bat", "I_load"),
    ],
)
def test_voltage_and_current_of_different_sides_are_neither_taken_nor_offered(names: tuple[str, ...]) -> None:
    with pytest.raises(RejectedFileError) as caught:
        columns("time", *names)
    assert caught.value.code == "missing_columns"
    offered = [choice.changes["channels"].keys() for choice in caught.value.choices]
    assert not any({"voltage", "current"} & channels for channels in offered)


@pytest.mark.parametrize(
    "names",
    [
        ("Vpv1", "Ipv1"),
        ("PV1 input voltage", "PV1 input current"),
        ("Udc", "Array current raw"),
        ("dc_pos_voltage__316", "dc_pos_current__317"),
        ("Battery voltage", "Battery charge current"),
        ("AC output voltage", "Output current"),
    ],
)
def test_voltage_and_current_of_one_side_are_offered_together(names: tuple[str, ...]) -> None:
    with pytest.raises(RejectedFileError) as caught:
        columns("time", *names)
    offered = [set(choice.changes["channels"]) for choice in caught.value.choices]
    assert {"voltage", "current"} in offered or len(offered[0]) == 1


def two_lines(*names: tuple[str, str]) -> Columns:
    header = tuple(HeaderCell(each) for each in (("", "time"), *names))
    return columns_of(header, DEFAULT, 1, frozenset({0}), [])


@pytest.mark.parametrize(
    "names",
    [
        (("Solar Charger [279]", "Voltage"), ("Solar Charger [280]", "Current")),
        (("MPPT 1", "Voltage"), ("MPPT 2", "Current")),
        (("Battery", "Voltage"), ("PV", "Current")),
        (("House", "Power"), ("House", "Temperature")),
        (("Battery [5]", "Power"), ("Battery [5]", "Voltage")),
        (("Grid", "Total energy (kWh)"), ("Grid", "Frequency")),
    ],
)
def test_under_a_name_of_another_device_a_column_is_not_taken(names: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(RejectedFileError) as caught:
        two_lines(*names)
    assert caught.value.code == "missing_columns"


def test_numbers_are_not_offered_as_what_their_name_excludes() -> None:
    for names in (("Udc", "Iac"), ("Vac", "Idc"), ("Vdc", "Ibat"), ("Input voltage", "Output current")):
        cells = tuple(HeaderCell((name,)) for name in ("time", *names))
        with pytest.raises(RejectedFileError) as caught:
            columns_of(cells, DEFAULT, 1, frozenset({0}), [["2025-06-10", "230", "5"]])
        assert not caught.value.choices


def test_names_over_two_lines_pair_the_voltage_and_the_current_of_one_device() -> None:
    names = [(f"Charger [{number}]", name) for number in (1, 2) for name in ("Voltage", "Current")]
    with pytest.raises(RejectedFileError) as caught:
        two_lines(*names)
    both = " + ".join(f"Charger [{number}] Voltage · Charger [{number}] Current" for number in (1, 2))
    assert [choice.label for choice in caught.value.choices] == [f"power: {both}"] + [
        f"voltage: Charger [{number}] Voltage, current: Charger [{number}] Current" for number in (1, 2)
    ]
    assert two_lines(*names[:2]).by_channel["current"].name == "Charger [1] Current"


@pytest.mark.parametrize(
    ("names", "channel", "place"),
    [
        (("Messzeitpunkt", "Verbrauch (kWh)", "Qualität"), "energy", 1),
        (("timestamp", "electricity (kWh)", "electricity_status"), "energy", 1),
        (("START_TIME", "QUANTITY_KWH"), "energy", 1),
        (("t", "House load (kW)", "temperature"), "power", 1),
        (("t", "price", "Einspeisung [Wh]"), "energy", 2),
        (("t", "Sum [kWh]"), "energy", 1),
        (("t", "use [kW]"), "power", 1),
        (("t", "avg_power_w", "note"), "power", 1),
        (("t", "Meter reading (kWh)"), "energy", 1),
        (("t", "Consommation (Wh)"), "energy", 1),
        (("t", "Zużycie [kWh]"), "energy", 1),
    ],
)
def test_the_only_column_of_a_meter_is_read(names: tuple[str, ...], channel: str, place: int) -> None:
    found = columns(*names, rows=[["2025-06-10 12:00", *("G" * len(names[1:]))]]).by_channel
    assert {name: one.places for name, one in found.items() if name != "temperature"} == {channel: (place,)}


@pytest.mark.parametrize(
    "names",
    [
        ("t", "Import (kWh)", "Export (kWh)"),
        ("t", "Usage (kWh)", "Laptop (kWh)"),
        ("t", "consumption"),
        ("t", "Heat pump usage (kWh)"),
        ("t", "Battery usage (kWh)"),
        ("t", "Expected consumption (kWh)"),
        ("t", "Max load (kW)"),
        ("t", "Gas usage (kWh)"),
        ("t", "Fridge (W)", "Freezer (W)"),
        ("t", "Fridge power (W)", "Temperature (°C)", "Freezer"),
        ("t", "Fridge today (kWh)"),
        ("t", "Fridge peak (W)"),
        ("t", "Balance (kWh)"),
        ("t", "Left (kWh)"),
        ("t", "Mean value (W)", "Average value (Wh)"),
        ("t", "Used battery energy (kWh)"),
        ("t", "Usage (m³)"),
    ],
)
def test_parts_and_several_flows_of_a_meter_are_asked_for(names: tuple[str, ...]) -> None:
    with pytest.raises(RejectedFileError):
        columns(*names, rows=[["2025-06-10 12:00", *("1" * len(names[1:]))]])


@pytest.mark.parametrize(
    ("names", "channel", "unit"),
    [
        (("t", "Fridge (W)"), "power", "W"),
        (("t", "Temp", "Elec_kW"), "power", "kW"),
        (("t", "ACE_KWH(kW-hr)"), "energy", "kWh"),
    ],
)
def test_the_only_column_with_a_unit_of_power_or_energy_is_read(
    names: tuple[str, ...], channel: str, unit: str
) -> None:
    found = columns(*names, rows=[["2025-06-10 12:00", *("1" * len(names[1:]))]]).by_channel[channel]
    assert (found.places, found.unit, found.states_unit) == ((len(names) - 1,), unit, True)


def test_a_meter_is_not_read_beside_numbers_without_a_unit() -> None:
    with pytest.raises(RejectedFileError, match="columns missing"):
        columns("t", "Consumption (kWh)", "my roof", rows=[["2025-06-10 12:00", "0.4", "1.2"]])


@pytest.mark.parametrize("name", ["Time_Index", "clearness_index", "hour_sin", "lag_24", "is_weekend"])
def test_a_meter_is_read_beside_what_a_model_is_trained_with(name: str) -> None:
    found = columns("t", "Consumption (kWh)", name, rows=[["2025-06-10 12:00", "0.4", "1"]])
    assert found.by_channel["energy"].name == "Consumption (kWh)"


@pytest.mark.parametrize(
    "name", ["kWh.first", "kWh.first_value", "energy_kWh.last", "avg(energy_kWh)", 'mean("kWh")']
)
def test_what_a_query_adds_to_a_name_is_no_part_of_it(name: str) -> None:
    found = columns("time", name).by_channel["energy"]
    assert (found.unit, found.states_unit, found.own_name) == ("kWh", True, False)
    assert columns("time", "power.mean").by_channel["power"].own_name is False


@pytest.mark.parametrize("name", ["kWh.max", "kWh.spread", "kWhfirst", "Power first"])
def test_other_queries_are_asked_for(name: str) -> None:
    with pytest.raises(RejectedFileError):
        columns("time", name)


@pytest.mark.parametrize(
    ("name", "channel", "scales"),
    [
        ("Power x10", "power", [("W", 0.1), ("W", 10)]),
        ("power_x0.1", "power", [("W", 10), ("W", 0.1)]),
        ("Power*100", "power", [("W", 0.01), ("W", 100)]),
        ("Pac/10", "power", [("W", 10), ("W", 0.1)]),
        ("PV Power (kW) x10", "power", [("kW", 0.1), ("kW", 10)]),
        ("Power (W*10)", "power", [("W", 0.1), ("W", 10)]),
        ("Power (x100)", "power", [("W", 0.01), ("W", 100)]),
        ("PV Power (0.1 W)", "power", [("W", 0.1)]),
        ("PV Power [10W]", "power", [("W", 10), ("W", 1)]),
        ("Power (x10 W)", "power", [("W", 0.1), ("W", 10)]),
        ("Power [*100 W]", "power", [("W", 0.01), ("W", 100)]),
        ("Power (/10 W)", "power", [("W", 10), ("W", 0.1)]),
        ("Total energy (x 0.1 kWh)", "energy", [("kWh", 10), ("kWh", 0.1)]),
        ("Leistung (0,01 kW)", "power", [("kW", 0.01)]),
        ("Pac [dW]", "power", [("W", 0.1)]),
        ("PV power 0.1W", "power", [("W", 0.1)]),
        ("Ppv_dW", "power", [("W", 0.1)]),
        ("Pac (daW)", "power", [("W", 10)]),
        ("Power (hp)", "power", [("W", 745.699872), ("W", 735.49875)]),
        ("Leistung [PS]", "power", [("W", 735.49875)]),
        ("Power (BTU/h)", "power", [("W", 0.293071)]),
        ("Pac (kcal/h)", "power", [("W", 1.163)]),
        ("Total energy (0.1 kWh)", "energy", [("kWh", 0.1)]),
        ("total energy kWh x100", "energy", [("kWh", 0.01), ("kWh", 100)]),
        ("Pac x100 (W)", "power", [("W", 0.01), ("W", 100)]),
        ("Power*10 [W]", "power", [("W", 0.1), ("W", 10)]),
        ("Leistung \xd710 kW", "power", [("kW", 0.1), ("kW", 10)]),
        ("P_AC_x10_W", "power", [("W", 0.1), ("W", 10)]),
        ("Pac / 10 (W)", "power", [("W", 10), ("W", 0.1)]),
        ("Pac (x0.1) [kW]", "power", [("kW", 10), ("kW", 0.1)]),
        ("Pac 10x (W)", "power", [("W", 0.1), ("W", 10)]),
        ("Pac (W) (factor 100)", "power", [("W", 0.01), ("W", 100)]),
        ("PV power (W, x10)", "power", [("W", 0.1), ("W", 10)]),
        ("Total energy x10 (kWh)", "energy", [("kWh", 0.1), ("kWh", 10)]),
        ("Pac (10^3 W)", "power", [("W", 1000), ("W", 1)]),
    ],
)
def test_a_factor_in_a_name_is_asked_for(name: str, channel: str, scales: list[tuple[str, float]]) -> None:
    with pytest.raises(RejectedFileError) as caught:
        columns("time", name)
    assert caught.value.code == "unknown_unit"
    changes = [choice.changes["channels"][channel] for choice in caught.value.choices]
    assert [(one["unit"], one["scale"]) for one in changes] == scales
    for unit, scale in scales:
        found = columns("time", name, channels={channel: {"unit": unit, "scale": scale}}).by_channel[channel]
        assert found.factor == pytest.approx(scale * {"W": 1, "kW": 1000, "kWh": 1000}[unit])


@pytest.mark.parametrize(
    ("voltage", "current"),
    [
        ("Voltage*100", "Current*100"),
        ("Voltage (0.1 V)", "Current (0.01 A)"),
        ("U/10", "I/10"),
        ("U /10 V", "I /100 A"),
        ("Vpv x10 (V)", "Ipv x100 (A)"),
        ("vpv [dV]", "ipv [cA]"),
    ],
)
def test_factors_of_voltage_and_current_are_asked_for_together(voltage: str, current: str) -> None:
    rows = "".join(f"2025-06-10T{hour:02}:00:00,240,{hour}\n" for hour in range(24))
    found = rejection(f"time,{voltage},{current}\n{rows}")
    assert found.code == "unknown_unit"
    assert all(sum(line.count(".scale") for line in one.toml) == 2 for one in found.candidates)


@pytest.mark.parametrize(
    "name",
    [
        "Pac__10",
        "PV power (avg)",
        "Power_10",
        "Power [W]",
        "power",
        "Inverter/10 (W)",
        "Pac 1/10 (W)",
        "PV power 10 (W)",
    ],
)
def test_a_number_in_a_name_is_no_factor(name: str) -> None:
    assert columns("time", name).by_channel["power"].factor == 1


@pytest.mark.parametrize(
    "name", ["Power (15 min)", "Power [279]", "Power (W) 100%", "Pac 1/10", "String x10"]
)
def test_an_unusual_name_is_no_factor(name: str) -> None:
    with pytest.raises(RejectedFileError) as caught:
        columns("time", name)
    assert caught.value.code == "missing_columns"


def test_a_factor_in_a_line_of_units_is_asked_for() -> None:
    rows = "".join(f"2025-06-10T{hour:02}:00:00,3601,{hour}\n" for hour in range(24))
    found = rejection(f"time,vpv,ipv\n,0.1V,0.01A\n{rows}")
    assert (found.code, found.column) == ("unknown_unit", "voltage")
    assert [one.toml for one in found.candidates] == [
        [
            'channels.voltage.unit = "V"',
            "channels.voltage.scale = 0.1",
            'channels.current.unit = "A"',
            "channels.current.scale = 0.01",
        ]
    ]


def test_a_unit_that_a_profile_sets_stands_for_an_unknown_one() -> None:
    assert columns("time", "power (VA)", channels={"power": {"unit": "W"}}).by_channel["power"].factor == 1


@pytest.mark.parametrize("other", ["Total AC Output (W)", "Inverter (W)", "PV2 (W)"])
def test_another_power_that_is_of_no_other_flow_is_a_question(other: str) -> None:
    with pytest.raises(RejectedFileError):
        columns("t", "DC PV1 (W)", other, "Grid (W)")
    assert columns("t", "DC PV1 (W)", "Load (W)", "Grid (W)").by_channel["power"].name == "DC PV1 (W)"


@pytest.mark.parametrize("name", ["Total Charges", "Electricity.Timestep", "Duration (h)", "Efficiency"])
def test_what_is_no_power_leaves_the_only_column_of_a_meter_certain(name: str) -> None:
    rows = [["2025-06-10 12:00", "5.5", "6.5"], ["2025-06-10 13:00", "7.5", "8.5"]]
    found = columns("t", name, "Electric Usage (kWh)", rows=rows).by_channel
    assert {channel: one.name for channel, one in found.items()} == {"energy": "Electric Usage (kWh)"}
    with pytest.raises(RejectedFileError):
        columns("t", "Charge", "Electric Usage (kWh)", rows=rows)


ROWS = [["2025-06-10 12:00", "5.5", "6.5", "7.5"]] * 3


@pytest.mark.parametrize(
    "names",
    [
        ("Energy L1 (Wh)", "Energy L2 (Wh)", "Energy L3 (Wh)"),
        ("Phase A [kWh]", "Phase B [kWh]", "Phase C [kWh]"),
        ("PV1 Power(W)", "PV2 Power(W)", "PV3 Power(W)"),
        ("TOU off-peak (kWh)", "TOU mid-peak (kWh)", "TOU on-peak (kWh)"),
        ("Import T1 kWh", "Import T2 kWh", "Import T3 kWh"),
        ("Verbrauch HT (kWh)", "Verbrauch NT (kWh)", "Preis"),
    ],
)
def test_phases_tariffs_and_strings_are_added_if_they_are_all_that_there_is(names: tuple[str, ...]) -> None:
    (one,) = columns("t", *names, rows=ROWS).by_channel.values()
    assert one.name == " + ".join(name for name in names if name != "Preis")


@pytest.mark.parametrize(
    "names",
    [
        ("Energy L1 (Wh)", "Energy L2 (Wh)", "Heater (Wh)"),
        ("Inverter 1 (kWh)", "Inverter 2 (kWh)", "Inverter 3 (kWh)"),
        ("Inverter A (kWh)", "Inverter B (kWh)", "Inverter C (kWh)"),
        ("Battery L1 (Wh)", "Battery L2 (Wh)", "Battery L3 (Wh)"),
        ("Import T1 kWh", "Import T2 kWh", "Export T1 kWh"),
        ("Energy L1 (Wh)", "Energy L2 (kWh)", "Energy L3 (Wh)"),
        ("Low (kWh)", "Mid (kWh)", "High (kWh)"),
        ("Peak power (W)", "Normal power (W)", "x"),
    ],
)
def test_what_may_be_more_than_one_meter_is_not_added(names: tuple[str, ...]) -> None:
    with pytest.raises(RejectedFileError):
        columns("t", *names, rows=ROWS)


@pytest.mark.parametrize(
    ("names", "cells", "found"),
    [
        (("solar", "grid"), ("2.4 kW", "0.3 kW"), {"power": "solar"}),
        (("erzeugt", "Netzbezug"), ("1,5 kWh", "2 kWh"), {"energy": "erzeugt"}),
        (("panel", "panel_i"), ("24.1 V", "5.0A"), {"voltage": "panel", "current": "panel_i"}),
        (("solar", "grid"), ("-2.4 kW", ""), {"power": "solar"}),
    ],
)
def test_the_units_in_the_cells_say_what_a_column_is(
    names: tuple[str, ...], cells: tuple[str, ...], found: dict[str, str]
) -> None:
    columns_found = columns("t", *names, rows=[["2025-06-10 12:00", *cells]] * 3).by_channel
    assert {channel: one.name for channel, one in columns_found.items()} == found


def test_an_energy_whose_cells_have_units_needs_no_question() -> None:
    rows = [["2025-06-10", "12.1 kWh"], ["2025-06-11", "900 Wh"], ["2025-06-12", "11 kWh"]]
    found = columns("date", "Yield", rows=rows).by_channel["energy"]
    assert (found.name, found.unit) == ("Yield", "kWh")
    text = "\n".join(["date,Yield", *map(",".join, rows), ""])
    assert result(text).metrics.total_energy_kwh == pytest.approx(12.1 + 0.9 + 11)


@pytest.mark.parametrize(
    "rows",
    [
        [["t", "2.4 kW"], ["t", "24.1 V"]],
        [["t", "2.4 kW"], ["t", "0"]],
        [["t", "2.4 kVA"], ["t", "2.5 kVA"]],
        [["t", "kW"], ["t", "kW"]],
        [["t", ""], ["t", ""]],
    ],
)
def test_cells_of_several_quantities_or_of_none_say_nothing(rows: list[list[str]]) -> None:
    with pytest.raises(RejectedFileError):
        columns("t", "solar", rows=rows)


@pytest.mark.parametrize(
    ("name", "channel", "unit"),
    [
        ("PV Volts", "voltage", "V"),
        ("PV_Volt", "voltage", "V"),
        ("Solar (V)", "voltage", "V"),
        ("PV Amps", "current", "A"),
        ("panel_mA", "current", "mA"),
        ("solar_ma", "current", "mA"),
        ("Panel (°C)", "temperature", "°C"),
        ("generation_w", "power", "W"),
        ("solar_kw", "power", "kW"),
    ],
)
def test_the_unit_of_a_source_says_what_it_is(name: str, channel: str, unit: str) -> None:
    found = (
        columns("t", name, "power").by_channel[channel]
        if channel != "power"
        else columns("t", name).by_channel[channel]
    )
    assert (found.name, found.unit, found.own_name) == (name, unit, False)


@pytest.mark.parametrize("name", ["Battery Volts", "grid_w", "Load (A)", "rw", "window"])
def test_the_unit_of_another_flow_names_no_channel(name: str) -> None:
    assert list(columns("t", name, "power").by_channel) == ["power"]


@pytest.mark.parametrize(
    "names",
    [
        ("PV power (W)", "PV2 power (W)"),
        ("Power", "Power 2"),
        ("Ppv (W)", "Ppv2 (W)", "Ppv3 (W)"),
        ("Leistung in kW", "Leistung 2 in kW"),
        ("Energy (kWh)", "Energy 2 (kWh)"),
    ],
)
def test_a_second_column_of_the_same_name_with_a_number_is_asked_for(names: tuple[str, ...]) -> None:
    with pytest.raises(RejectedFileError, match=r"several columns for (power|energy)") as caught:
        columns("time", *names)
    channel = "energy" if "Energy" in names[0] else "power"
    ways = [one.changes["channels"][channel]["column"] for one in caught.value.choices]
    assert ways[: len(names)] == list(names)


@pytest.mark.parametrize(
    "names",
    [
        ("Ppv (W)", "Ppv1 (W)", "Ppv2 (W)"),  # a sum and its parts
        ("PV power (W)", "Battery 2 power (W)"),
        ("Power (W)", "Power factor 2"),
        ("PV power (W)", "PV2 voltage (V)"),
        ("Pac", "Pac max"),
    ],
)
def test_a_sum_beside_its_parts_and_another_column_are_read(names: tuple[str, ...]) -> None:
    assert columns("time", *names).by_channel["power"].name == names[0]


@pytest.mark.parametrize(
    ("names", "column"),
    [
        ("Power (W),PV power (W)", "power"),
        ("Power (kW),Solar power (kW),Grid power (kW)", "power"),
        ("Energy (kWh),PV energy (kWh)", "energy"),
        ("Voltage (V),Current (A),PV Voltage (V),PV Current (A)", "voltage"),
    ],
)
def test_a_bare_name_beside_that_of_a_plant_may_be_of_something_else(names: str, column: str) -> None:
    row = ",".join(f"{at + 10}.5" for at, _ in enumerate(names.split(",")))
    found = rejection(f"time,{names}\n2025-06-10T12:00:00,{row}\n2025-06-10T13:00:00,{row}\n")
    assert (found.code, found.column) == ("ambiguous_columns", column)
    assert f"several columns for {column}" in found.message


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        ("V,I,PV1 Voltage,PV1 Current", ["PV1 Voltage,PV1 Current", "V,I"]),
        ("Strom (A),Vin (V),Spannung (V),Iin (A)", ["Vin (V),Iin (A)", "Spannung (V),Strom (A)"]),
        ("Solar V,Solar A,Spannung (V),Strom (A),Uac,Iac", ["Solar V,Solar A", "Spannung (V),Strom (A)"]),
        ("U,I,Panel 1 V,Panel 1 A", ["Panel 1 V,Panel 1 A", "U,I"]),
    ],
)
def test_a_bare_pair_beside_that_of_the_panel_is_asked_for_and_the_two_are_never_mixed(
    names: str, pairs: list[str]
) -> None:
    row = ",".join(f"{at + 10}.5" for at, _ in enumerate(names.split(",")))
    found = rejection(f"time,{names}\n2025-06-10T12:00:00,{row}\n2025-06-10T13:00:00,{row}\n")
    labels = ["voltage: {}, current: {}".format(*pair.split(",")) for pair in pairs]
    assert (found.code, {way.label for way in found.candidates or ()}) == ("ambiguous_columns", {*labels})


def test_beside_a_bare_voltage_that_of_the_panel_is_offered_with_its_current() -> None:
    rows = "2025-06-10T12:00:00,25,70,5\n2025-06-10T13:00:00,25,70,5\n"
    found = rejection(f"time,U,Panel voltage,Panel current\n{rows}")
    assert [way.label for way in found.candidates or ()] == ["voltage: U", "voltage: Panel voltage"]


def test_beside_power_a_bare_voltage_needs_no_other() -> None:
    text = "time,Voltage,PV Voltage,PV power (W)\n2025-06-10T12:00:00,25,70,100\n"
    assert result(text).profile.columns["voltage"].column == "Voltage"


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ("Fridge W,Grid W,Storage W", ["Grid W", "Fridge W"]),
        ("Ogrzewanie W,Netz W", ["Ogrzewanie W", "Netz W"]),
        ("Hydro in W,Boiler in W", ["Boiler in W", "Hydro in W"]),
        ("Chladnička in kW,Haus in kW,Bojler", ["Chladnička in kW", "Haus in kW"]),
    ],
)
def test_a_letter_of_watts_is_a_unit_behind_all_names_or_none(names: str, wanted: list[str]) -> None:
    row = ",".join(f"{at + 100}.5" for at, _ in enumerate(names.split(",")))
    found = rejection(f"time,{names}\n2025-06-10T12:00:00,{row}\n2025-06-10T13:00:00,{row}\n")
    labels = {way.label for way in found.candidates or ()}
    assert {f"power: {name}" for name in wanted} <= labels


@pytest.mark.parametrize(
    "name", ["Fotovoltaico (kW)", "Panneaux solaires (W)", "Výkon FVE [W]", "太陽光発電 (kW)"]
)
def test_what_a_plant_makes_is_read_beside_other_flows(name: str) -> None:
    text = (
        f"time,Haus (W),{name},Batería (W)\n2025-06-10T12:00:00,200,150,50\n2025-06-10T13:00:00,200,150,50\n"
    )
    assert result(text).profile.columns["power"].column == name


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (("t", "Pac (W)", "PV energy total (kWh)", "Load total (kWh)"), 2),
        (("t", "Ertrag Anlage heute [Wh]", "Leistung"), 1),
        (("t", "U (V)", "I (A)", "E_prod_total_kWh"), 3),
    ],
)
def test_the_only_energy_of_what_a_plant_makes_is_read_beside_its_power(
    names: tuple[str, ...], place: int
) -> None:
    assert columns(*names).by_channel["energy"].places == (place,)


@pytest.mark.parametrize(
    "names",
    [
        ("t", "Pac (W)", "PV energy 1 (kWh)", "PV energy 2 (kWh)"),
        ("t", "Pac (W)", "PV energy forecast (kWh)"),
        ("t", "Pac (W)", "Specific yield (kWh/kWp)"),
        ("t", "Pac (W)", "PV energy total"),
    ],
)
def test_energies_of_parts_and_others_are_not_read_beside_a_power(names: tuple[str, ...]) -> None:
    assert "energy" not in columns(*names).by_channel


@pytest.mark.parametrize("column", ["Power (hp)", ["Power (W)", "Power (hp)"]])
def test_an_unknown_unit_of_a_column_that_a_profile_names_is_asked_for(column: str | list[str]) -> None:
    text = "time,Power (W),Power (hp)\n2025-06-10 12:00,100,1\n2025-06-10 12:05,200,2\n"
    found = rejection(text, profile(channels={"power": {"column": column}}))
    assert (found.code, found.column) == ("unknown_unit", "power")
    assert "the unit 'hp' of power is not known" in found.message
