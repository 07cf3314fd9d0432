"""What the rejection of a file without named power offers."""

import time

import pytest

from processing.head.header_cells import HeaderCell
from processing.layout.columns import columns_of
from processing.model.profile import DEFAULT
from processing.model.rejection import Choice, RejectedFileError
from processing.values.toml_text import toml_lines
from tests.support.base_day import BY_POWER, ROWS
from tests.support.small_files import chosen, rejection, result


def offered(*names: str, rows: tuple[tuple[str, ...], ...] = ()) -> list[Choice]:
    header = tuple(HeaderCell((name,)) for name in names)
    with pytest.raises(RejectedFileError) as caught:
        columns_of(header, DEFAULT, 1, frozenset({0}), [list(row) for row in rows])
    return list(caught.value.choices)


@pytest.mark.parametrize(
    ("names", "ways"),
    [
        (("vin", "cin", "vbat", "vout", "cout"), ["vin, cin", "vout, cout"]),
        (("uin", "iin", "fan"), ["uin, iin"]),
        (("v_out", "i_out", "v_in", "i_in"), ["v_out, i_out", "v_in, i_in"]),
    ],
)
def test_voltages_and_currents_of_short_names_are_offered_in_pairs(
    names: tuple[str, ...], ways: list[str]
) -> None:
    pairs = [
        f"{one['voltage']['column']}, {one['current']['column']}"
        for one in (choice.changes["channels"] for choice in offered("t", *names))
    ]
    assert [pair for pair in pairs if not pair.startswith("vbat")] == ways


def energies(names: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[object]:
    """Return the columns of energy that are offered, in their order."""
    channels = [choice.changes["channels"] for choice in offered(*names, rows=rows)]
    return [one["energy"]["column"] for one in channels if "energy" in one]


@pytest.mark.parametrize(
    ("names", "sums"),
    [
        (("Import T1 kWh", "Import T2 kWh", "Export T1 kWh"), [["Import T1 kWh", "Import T2 kWh"]]),
        (
            ("Diverter (L1) (Wh)", "Diverter (L2) (Wh)", "Oven (Wh)"),
            [["Diverter (L1) (Wh)", "Diverter (L2) (Wh)"]],
        ),
        (("Mains_A (kWhs)", "Mains_B (kWhs)", "Dryer (kWhs)"), [["Mains_A (kWhs)", "Mains_B (kWhs)"]]),
        (
            ("TOU off-peak (kWh)", "TOU on-peak (kWh)", "Car (kWh)"),
            [["TOU off-peak (kWh)", "TOU on-peak (kWh)"]],
        ),
        (("StandDal", "StandNormaal"), [["StandDal", "StandNormaal"]]),
        (("Energy A+ (kWh)", "Energy A- (kWh)"), []),
        (("Energy A (kWh)", "Energy R (kWh)"), []),
        (("Import (kWh)", "Export (kWh)"), []),
        (("Use 1 (kWh)", "Use 2 (Wh)"), []),
        (("INV1 total (kWh)", "INV2 total (kWh)"), [["INV1 total (kWh)", "INV2 total (kWh)"]]),
    ],
)
def test_the_tariffs_and_phases_of_a_meter_are_offered_as_a_sum(
    names: tuple[str, ...], sums: list[list[str]]
) -> None:
    rows = (("2025-06-10", *("5.5" for _ in names)), ("2025-06-11", *("6.5" for _ in names)))
    found = energies(("t", *names), rows)
    assert [one for one in dict.fromkeys(map(str, found)) if one.startswith("[")] == [*map(str, sums)]


def test_a_phase_without_a_sensor_is_not_added() -> None:
    names = ("t", "Mains_A (kWh)", "Mains_B (kWh)", "Mains_C (kWh)")
    found = energies(names, (("2025-06-10", "1.5", "2.5", "No CT"),) * 3)
    assert found[0] == ["Mains_A (kWh)", "Mains_B (kWh)"]


def likeliest(name: str, *cells: str, day: bool = False) -> list[str]:
    """Return what is offered for a column of these cells, the likeliest first; without units of power."""
    times = (f"2025-06-{at:02d}" if day else f"2025-06-10 {at:02d}:00" for at in range(1, 20))
    choices = offered("t", name, rows=tuple(zip(times, cells, strict=False)))
    lines = [" ".join(toml_lines(one.changes)).replace(f'.column = "{name}"', "") for one in choices]
    return [*dict.fromkeys(line.partition(" channels.power.unit")[0] for line in lines)]


ENERGY = [f'channels.energy channels.energy.unit = "{unit}"' for unit in ("kWh", "Wh")]


@pytest.mark.parametrize(
    ("name", "cells", "day"),
    [
        ("Register", ("874", "868", "859"), False),
        ("x", ("874,1", "874,1", "875,3"), False),
        ("x", ("27", "15", "31"), True),
        ("Verbruik", ("0.7", "0.3", "0.8"), False),
    ],
)
def test_numbers_that_rise_or_are_of_days_are_offered_as_energy_first(
    name: str, cells: tuple[str, ...], *, day: bool
) -> None:
    assert likeliest(name, *cells, day=day) == [*ENERGY, "channels.power"]


@pytest.mark.parametrize("cells", [("0", "140", "90"), ("5", "80", "200"), ("7", "7", "7")])
def test_other_numbers_are_offered_as_power_first(cells: tuple[str, ...]) -> None:
    assert likeliest("x", *cells) == ["channels.power", *ENERGY]


def test_a_meter_that_counts_its_current_use_is_offered_as_power() -> None:
    rows = "".join(f"2025-06-10 12:{at:02},{257 + at}\n" for at in range(12))
    found = rejection("timestamp,current\n" + rows)
    assert [one.label for one in found.candidates or ()] == ["power: current, W", "power: current, kW"]


def test_states_of_one_entity_are_offered_and_those_of_a_device_are_not() -> None:
    rows = "".join(f"{257 - at % 5},2025-06-10T12:{at:02}:00.123Z\n" for at in range(12))
    labels = [one.label for one in rejection(f"state,last_changed\n{rows}").candidates or ()]
    assert labels[0] == "power: state"
    assert not rejection(f"inverter state,last_changed\n{rows}").candidates


@pytest.mark.parametrize(
    ("header", "cells"),
    [("timestamp,current,temperature", "25.9"), ("time,Load %,Battery %", "99"), ("time,Value,Unit", "A")],
)
def test_amperes_and_percentages_are_not_offered_as_power(header: str, cells: str) -> None:
    rows = "".join(f"2025-06-10 12:{at:02},{257 + at},{cells}\n" for at in range(12))
    found = rejection(f"{header}\n{rows}")
    assert found.code == "missing_columns"
    assert not found.candidates
    assert 'channels.power.column = "NAME OF THE COLUMN WITH THE POWER"' in found.message


def test_hours_of_half_a_day_are_joined_with_their_date_and_numbers_of_meters_are_no_readings() -> None:
    clocks = [f"{hour or 12}:00 {half}" for half in ("AM", "PM") for hour in range(12)]
    rows = [
        f"71924,01/{day}/2025,{clock},{(1 + 5 * at % 7) / 10},kWh"
        for day in ("25", "26")
        for at, clock in enumerate(clocks)
    ]
    found = result("\n".join(["Meter Number,Day,Hour of Day,Hourly Total,Unit", *rows, ""]))
    assert found.metrics.total_energy_kwh == pytest.approx(19.0)
    assert (found.records_processed, found.profile.columns["energy"].column) == (48, "Hourly Total")


@pytest.mark.parametrize("words", ["PvTo{}", "Solar to {}", "pv_to_{}", "Solar -> {}"])
def test_what_the_plant_gives_to_all_is_offered_together_first(words: str) -> None:
    names = [words.format(one) for one in ("Grid", "Battery", "House")]
    first = offered("time", "GridToHouse", *names, rows=(("2025-06-10", "1.5", "0.5", "2.5", "3.5"),) * 3)[0]
    assert first.changes["channels"]["energy"]["column"] == names


@pytest.mark.parametrize(
    ("names", "cells"),
    [
        (("Self-consumption (kWh)", "Feed-in (kWh)"), ("1.5", "2.5")),
        (("Eigenverbrauch (kWh)", "Einspeisung (kWh)"), ("1.5", "2.5")),
        (("Bezug HT (kWh)", "Bezug NT (kWh)"), ("", "2.5")),
        (("Generator A power [W]", "Generator B power [W]"), ("1.5", "2.5")),
    ],
)
def test_parts_of_one_flow_are_offered_together_first(names: tuple[str, str], cells: tuple[str, str]) -> None:
    other = "Household load (W)" if "[W]" in names[0] else "Grid import (kWh)"
    first = offered("time", other, *names, rows=(("2025-06-10", "400", *cells),) * 3)[0]
    assert [one["column"] for one in first.changes["channels"].values()] == [[*names]]


@pytest.mark.parametrize(
    ("names", "cells", "column"),
    [
        (("index", "price_per_kwh"), ("8182", "0.11"), "index"),
        (("Solarproduktion", "Wallbox Ladeleistung"), ("85.5", "40.5"), "Solarproduktion"),
        (("Taux (g/kWh)", "x"), ("42", "300"), "x"),
    ],
    ids=["a price", "a consumer", "an emission"],
)
def test_what_a_meter_counts_or_the_plant_makes_is_offered_before_others(
    names: tuple[str, ...], cells: tuple[str, ...], column: str
) -> None:
    rows = tuple((f"2025-06-{day}", str(float(cells[0]) + 170 * day), cells[1]) for day in range(10, 14))
    channels = offered("date", *names, rows=rows)[0].changes["channels"]
    assert [one["column"] for one in channels.values()] == [column]


def test_columns_of_zeros_are_offered_last() -> None:
    header = "time,CH1_Power,CH2_Power\n"
    rows = "".join(f"2025-06-10 12:{at:02},0,{257 + at}\n" for at in range(12))
    found = [one.toml[0] for one in rejection(header + rows).candidates or ()]
    assert found[-1] == 'channels.power.column = "CH1_Power"'
    assert found[0] != found[-1]


def test_phases_of_which_one_has_no_readings_are_offered_as_a_sum() -> None:
    header = "time,Power L1 (W),Power L2 (W),Power L3 (W)\n"
    rows = "".join(f"2025-06-10 12:{at:02},{at},{30 + at},\n" for at in range(12))
    assert [one.label for one in rejection(header + rows).candidates or ()] == [
        "power: Power L1 (W) + Power L2 (W) + Power L3 (W), empty cells add nothing",
        "power: Power L1 (W)",
        "power: Power L2 (W)",
    ]


@pytest.mark.parametrize(
    ("name", "cells", "labels"),
    [
        ("Production", ("0", "1602", "1400"), [f"power: Production, {unit}" for unit in ("W", "kW", "MW")]),
        (
            "PV generation",
            ("0.5", "0.2", "0"),
            [f"power: PV generation, {unit}" for unit in ("W", "kW", "MW")],
        ),
        ("Production", ("51000", "51001", "51003"), []),
        ("Solar energy", ("0", "1602", "1400"), []),
        ("Total", ("7.24", "7.48", "7.2"), [f"power: Total, {unit}" for unit in ("W", "kW", "MW")]),
        ("Total production", ("0", "1602", "1400"), []),
    ],
)
def test_production_without_a_unit_may_be_a_power_unless_its_name_or_its_numbers_say_energy(
    name: str, cells: tuple[str, ...], labels: list[str]
) -> None:
    rows = tuple((f"2025-06-10 12:0{at}", cell) for at, cell in enumerate(cells))
    assert [one.label for one in offered("t", name, rows=rows)] == ["kWh", "Wh", "MWh", *labels]


@pytest.mark.parametrize("name", ["unixtimestamp", "readings_count", "devTotalNum", "Alarm number", "income"])
def test_times_counts_and_money_are_not_offered(name: str) -> None:
    rows = tuple((f"2025-06-10 12:0{at}", f"{1749556800 + 60 * at}", f"{at}.5") for at in range(5))
    assert {one.label.split(",")[0].split(": ")[1] for one in offered("t", name, "x", rows=rows)} == {"x"}


@pytest.mark.parametrize("names", [("", ""), ("", "", ""), ("x", "", "")])
def test_columns_without_names_are_not_added(names: tuple[str, ...]) -> None:
    cells = [f"{at}.5" for at in range(len(names))]
    rows = tuple((f"2025-06-10 12:0{at}", *cells) for at in range(5))
    assert not [one.label for one in offered("t", *names, rows=rows) if "+" in one.label]


def test_production_of_days_without_a_unit_is_energy() -> None:
    rows = tuple((f"2025-06-1{day}", f"{day % 3}") for day in range(5))
    assert [one.label for one in offered("t", "Production", rows=rows)] == ["kWh", "Wh", "MWh"]


def test_all_ways_to_take_what_the_plant_makes_come_first() -> None:
    rows = tuple((f"2025-06-10 {hour}:00", "0.4", f"{hour}.5", "0.2") for hour in range(10, 14))
    labels = [one.label for one in offered("t", "Load", "Solar", "Grid", rows=rows)]
    assert {label.split(",")[0] for label in labels[:4]} == {"power: Solar", "energy: Solar"}
    assert {label.split(": ")[1][:4] for label in labels[4:]} == {"Load", "Grid"}


@pytest.mark.parametrize(
    ("name", "is_said"), [("Solar (W/㎡)", True), ("Power (%)", True), ("S (VA)", False)]
)
def test_the_message_says_if_no_column_has_a_power(name: str, is_said: bool) -> None:  # noqa: FBT001
    found = rejection(f"Time,{name},Temp (C)\n2025-06-14 12:00,700,20\n2025-06-14 13:00,710,20\n")
    assert ("no column seems to have one of these" in found.message) == is_said


@pytest.mark.parametrize("names", [("Ch1 [V]", "Ch2 [A]"), ("101 (VDC)", "102 (ADC)")])
def test_the_only_voltage_and_the_only_current_of_numbered_channels_are_offered(
    names: tuple[str, str],
) -> None:
    rows = tuple((f"2025-06-10 12:{at:02}", "24.1", "1.5") for at in range(4))
    (found,) = offered("time", *names, rows=rows)
    assert found.changes["channels"] == {
        "voltage": {"column": names[0]},
        "current": {"column": names[1]},
    }


def test_voltages_and_currents_of_numbered_strings_are_offered_as_a_sum_of_products() -> None:
    header = "time,Panel voltage 1,I_PV 1,Panel voltage 2,I_PV 2\n"
    rows = "".join(f"2025-06-10 12:{at:02},24,1.5,25,0.5\n" for at in range(12))
    sums = [["Panel voltage 1", "I_PV 1"], ["Panel voltage 2", "I_PV 2"]]
    found = rejection(header + rows).candidates or ()
    assert [one.toml for one in found if "power" in one.label] == [
        [f"channels.power.column = {sums}".replace("'", '"')]
    ]


def test_names_of_signals_with_numbers_before_them_are_offered() -> None:
    rows = tuple((f"2025-06-10 12:{at:02}", "24.1", "1.5") for at in range(4))
    found = offered("time", "9_v_dc_roof2_avg", "10_i_dc_roof2_avg", rows=rows)
    assert [one.changes["channels"].keys() for one in found] == [{"voltage", "current"}]


@pytest.mark.parametrize(
    "row",
    [
        "101,2025,161,12{minute},24.1,{p}\n",
        "2025\t161\t12\t{minute}\t{p}\n",
        "2025 6 10 12 {minute} 24.1 {p}\n",
        "7;2025;06;10;12;{minute};{p};24,1\n",
    ],
)
def test_rows_that_begin_with_the_parts_of_a_time_are_offered_with_names(row: str) -> None:
    text = "".join(row.format(minute=time[14:16], p=cells[-1]) for time, *cells in ROWS)
    found = rejection(text)
    powers = [one for one in found.candidates or [] if one.label.startswith("power")]
    energies = [result(text, chosen(one)).metrics.total_energy_kwh for one in powers]
    assert pytest.approx(BY_POWER, abs=1e-6) in energies
    assert "columns = [" in found.message


def test_rows_of_two_kinds_are_offered_without_the_rarer_ones() -> None:
    rows = [f"101,2025,161,{at}00,240,12.5\n" + "102,2025,161,900\n" * (at == 9) for at in range(8, 20)]
    powers = [
        one for one in rejection("".join(rows)).candidates or [] if one.label.startswith("power: column 5")
    ]
    assert result("".join(rows), chosen(powers[0])).metrics.total_energy_kwh == pytest.approx(2.88)


def test_rows_of_other_numbers_are_no_times() -> None:
    found = rejection("1,2025.5,161,5\n2,2026.5,162,6\n3,2025.5,163,5\n")
    assert "columns missing: timestamp" in found.message


@pytest.mark.parametrize(
    ("names", "ways"),
    [
        (("Global_active_power", "Global_reactive_power"), ["Global_active_power"]),
        (("PV forecast (W)", "Power A (W)"), ["Power A (W)"]),
        (("Apparent power", "Power A", "Power B"), ["Power A + Power B", "Power A", "Power B"]),
        (("reactive power 1",), ["reactive power 1"]),
    ],
)
def test_what_was_not_measured_is_only_offered_if_nothing_else_is_there(
    names: tuple[str, ...], ways: list[str]
) -> None:
    assert [choice.label for choice in offered("t", *names)] == [f"power: {way}" for way in ways]


@pytest.mark.parametrize(
    "name",
    [
        "string {} V",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("Sensor {}", "Inv{} energy (kWh)")),
    ],
)
def test_four_times_as_many_columns_are_offered_in_about_four_times_the_time(name: str) -> None:
    seconds = []
    for count in (250, 1_000):
        names = ",".join(name.format(at) for at in range(1, count + 1))
        cells = [",".join(str(hour * at % 97) for at in range(count)) for hour in range(12)]
        rows = [f"2025-06-14 {hour:02}:00,{each}" for hour, each in enumerate(cells)]
        start = time.process_time()
        assert rejection("\n".join([f"time,{names}", *rows, ""])).candidates
        seconds.append(time.process_time() - start)
    assert seconds[1] < 8 * seconds[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_current_between_two_voltages_without_names_is_offered_with_either(delimiter: str) -> None:
    rows = [[f"2025-06-14 {hour:02}:00", "21.0", "0.5", "12.8", "32"] for hour in range(10, 14)]
    text = "\n".join([*map(delimiter.join, rows), ""])
    ways = rejection(text).candidates or []
    pairs = [one for one in ways if "voltage" in one.label and "power" not in one.label]
    energies = [result(text, chosen(one)).metrics.total_energy_kwh for one in pairs]
    assert energies == pytest.approx([0.042, 0.0256])  # 21 V · 0.5 A · 4 h, and 12.8 V · 0.5 A · 4 h
