"""Files as other loggers write them: the figures of the base day, or a rejection with advice."""

import pytest

from tests.support.base_day import BASE_DAY, BY_POWER, BY_PRODUCT, ROWS, written
from tests.support.small_files import profile, rejection, result

VI = "{t},{u},{i}"
NAMES = "timestamp,voltage,current,temperature,power"
SEMICOLONS = NAMES.replace(",", ";")
CELLS = "{u};{i};{c};{p}"
SAME_DAY = {
    "dd.mm.yyyy": written(SEMICOLONS, "{d}.{m}.{y} {clock};" + CELLS, decimal=","),
    "slashes": written(SEMICOLONS, "{y}/{m}/{d} {clock};" + CELLS),
    "compact": written("Zeit\tSpannung\tStrom\tLeistung", "{y}{m}{d}-{clock}\t{u}\t{i}\t{p}"),
    "UTC by name": written(NAMES, "{y}-{m}-{d} {clock} UTC,{u},{i},{c},{p}"),
    "date and time": written(
        f"date,{NAMES}".replace("timestamp", "time"), "{y}-{m}-{d},{clock},{u},{i},{c},{p}"
    ),
    "time after date": written("U;I;Uhrzeit;Datum;P;T", "{u};{i};{clock};{d}.{m}.{y};{p};{c}"),
    "pipes": written("timestamp|volts|amps|temp|watts", "{t}|{u}|{i}|{c}|{p}"),
    "power only": written("timestamp,power (W)", "{t},{p}"),
    "Pac": written("Time;Pac", "{t};{p}"),
    "quoted decimal commas": written(NAMES, '{t},"{u}","{i}","{c}","{p}"', decimal=","),
    "all quoted": written('"timestamp","voltage","current","power"', '"{t}","{u}","{i}","{p}"'),
    "units in cells": written(NAMES, "{t},{u} V,{i} A,{c} °C,{p} W"),
    "trailing delimiter": written(NAMES, "{t},{u},{i},{c},{p},"),
    "trailing in the header too": written(f"{SEMICOLONS};", "{t};" + CELLS + ";"),
    "sep": "sep=;\n" + written(SEMICOLONS, "{t};" + CELLS),
    "a footer": BASE_DAY + "Total,,,,1439.873\nAverage,24\n",
    "units below": written(f"{NAMES}\n,V,A,°C,W"),
    "units above": written(f",V,A,°C,W\n{NAMES}"),
    "Latin-1": written("Zeit;Spannung;Strom;Temperatur (°C);Leistung", "{t};" + CELLS).encode("latin-1"),
    "several comments": "// roof\n# south\n" + BASE_DAY,
}


@pytest.mark.parametrize("name", SAME_DAY)
def test_the_figures_are_those_of_the_base_day(name: str) -> None:
    settings = {"csv": {"comment": ["#", "//"]}} if name == "several comments" else {}
    found = result(SAME_DAY[name], profile(**settings))
    assert (found.metrics.total_energy_kwh, found.records_processed) == (BY_POWER, 12)
    assert found.records_invalid == 0


def test_the_power_is_that_of_its_column_whatever_its_unit_is_called() -> None:
    text = written("timestamp,voltage,current,temperature,power (Watts)", "{t},{u},{i},{c},100")
    assert result(text).metrics.total_energy_kwh == 0.1
    text = written("timestamp,voltage,current,temperature,power (MW)", "{t},{u},{i},{c},0.0001")
    assert result(text).metrics.total_energy_kwh == 0.1
    found = rejection(text.replace("(MW)", "(mw)"))
    assert (found.code, found.column) == ("unknown_unit", "power")
    assert found.message.endswith('channels.power.unit = "MW"')


def test_a_column_that_the_profile_names_must_be_there() -> None:
    text = written("timestamp,U,I,Pdc1", "{t},{u},{i},{p}")
    found = rejection(text, profile(channels={"power": {"column": "Pdc"}}))
    assert found.code == "missing_columns"
    assert "'Pdc'" in found.message
    assert found.message.endswith('channels.power.column = "Pdc1"')


def test_a_name_in_the_profile_matches_without_blanks_and_unit() -> None:
    text = written("timestamp,U 1 (V),I", VI)
    found = result(text, profile(channels={"voltage": {"column": "u1"}}))
    assert found.metrics.total_energy_kwh == BY_PRODUCT


def test_degrees_fahrenheit_are_converted_though_the_profile_names_the_column() -> None:
    text = "timestamp,voltage,current,temperature (degF)\n2025-06-10T12:00:00,24,5,77\n"
    found = result(text, profile(channels={"temperature": {"column": "temperature (degF)"}}))
    assert found.metrics.temperature.avg == 25


DEVICES = written("timestamp,device,voltage,current,power", "{t},A,{u},{i},{p}\n{t},B,{u},{i},60")


@pytest.mark.parametrize("name", ["device", "Inverter", "side of the roof"])
def test_several_devices_are_refused_with_the_rows_to_choose(name: str) -> None:
    text = DEVICES.replace("device", name)
    found = rejection(text)
    assert found.code == "several_devices"
    assert f'csv.where = {{column = "{name}", is = "A"}}' in found.message
    one = result(text, profile(csv={"where": {"column": name, "is": "A"}}))
    assert (one.metrics.total_energy_kwh, one.records_total) == (BY_POWER, 12)


def test_devices_whose_rows_never_have_one_time_are_told_apart_by_their_name() -> None:
    text = written("timestamp,device,power", "{t},A,{p}") + "2025-06-10T13:00:00,B,60\n"
    assert rejection(text).code == "several_devices"


def test_a_date_with_two_readings_is_refused_with_both() -> None:
    text = written("timestamp,voltage,current,temperature,power", "{m}/{d}/{y} {clock} PM,{u},{i},{c},{p}")
    found = rejection(text)
    assert found.code == "ambiguous_time"
    assert 'csv.time_format = "%d/%m/%Y %I:%M:%S %p"' in found.message
    used = profile(csv={"time_format": "%m/%d/%Y %I:%M:%S %p"})
    assert result(text, used).metrics.total_energy_kwh == BY_POWER


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_without_a_header_is_refused_with_the_lines_to_write(delimiter: str) -> None:
    text = BASE_DAY.partition("\n")[2].replace(",", delimiter)
    found = rejection(text)
    assert found.code == "missing_columns"
    assert "line 1 looks like a reading" in found.message
    names = ["time", "voltage", "current", "temperature", "power"]
    assert found.message.endswith(
        'csv.header = false; csv.columns = ["time", "voltage", "current", "temperature", "power"]'
    )
    used = profile(csv={"header": False, "columns": names})
    assert result(text, used).metrics.total_energy_kwh == BY_POWER


def test_a_header_inside_the_file_begins_a_section_with_its_own_columns() -> None:
    first = "".join(f"{t},{u},{i},25\n" for t, u, i, _, _ in ROWS[:6])
    second = "".join(f"{t},{u},9.7,{i}\n" for t, u, i, _, _ in ROWS[6:])
    text = f"timestamp,voltage,current,temperature\n{first}timestamp,voltage,temperature,current\n{second}"
    found = result(text)
    assert (found.metrics.total_energy_kwh, found.records_total) == (BY_PRODUCT, 12)
    assert found.metrics.temperature.avg == pytest.approx(17.35)


def test_a_section_may_be_written_in_another_way() -> None:
    second = written("Zeit;Spannung;Strom", "{d}.{m}.{y} {clock};{u};{i}", decimal=",").replace(
        " 12:", " 13:"
    )
    found = result(written("timestamp,voltage,current", VI) + second)
    assert found.records_processed == 24
    assert found.metrics.total_energy_kwh == pytest.approx(2 * BY_PRODUCT, abs=2e-6)


def test_a_header_that_is_repeated_is_no_row() -> None:
    lines = BASE_DAY.splitlines(keepends=True)
    found = result("".join([*lines[:5], lines[0], *lines[5:9], lines[0], *lines[9:]]))
    assert (found.records_total, found.metrics.total_energy_kwh) == (12, BY_POWER)


TWO_LINES = written(
    '"timestamp","Solar Charger [279]","Solar Charger [279]","Battery [258]"\n'
    '"UTC","Voltage","Current","Voltage"\n"","V","A","V"',
    '"{y}-{m}-{d} {clock}","{u}","{i}","24"',
)  # fmt: skip


def test_names_over_two_lines_are_joined() -> None:
    found = rejection(TWO_LINES, profile(channels={"voltage": {"column": "Voltage"}}))
    assert found.code == "ambiguous_columns"
    assert "Solar Charger [279] Voltage, Battery [258] Voltage" in found.message
    used = profile(channels={"voltage": {"column": "Solar Charger [279] Voltage"}})
    assert result(TWO_LINES, used).metrics.total_energy_kwh == BY_PRODUCT


def test_a_campbell_header_of_four_lines_is_no_row() -> None:
    names = '"TIMESTAMP","RECORD","voltage","current"\n"TS","RN","V","A"\n"","","Avg","Avg"'
    header = f'"TOA5","station","CR1000"\n{names}'
    found = result(written(header, '"{y}-{m}-{d} {clock}",7,{u},{i}'))
    assert (found.metrics.total_energy_kwh, found.records_total) == (BY_PRODUCT, 12)


LONG = written(
    "entity_id,state,last_changed",
    "sensor.pv_voltage,{u},{t}Z\nsensor.pv_current,{i},{t}Z\nlight.hall,on,{t}Z",
)


def test_one_reading_a_row_is_refused_with_the_lines_and_read_with_them() -> None:
    found = rejection(LONG)
    assert found.message.endswith('csv.long = {name = "entity_id", value = "state"}')
    one = result(LONG, profile(csv={"long": {"name": "entity_id", "value": "state"}}))
    assert (one.metrics.total_energy_kwh, one.records_processed, one.records_total) == (BY_PRODUCT, 12, 12)


def test_a_row_a_day_is_refused_in_a_sentence() -> None:
    found = rejection("date;00:00;00:15;00:30;00:45\n2025-06-10;0,0;0,1;0,2;0,1\n")
    assert "a column for each time of day" in found.message


def test_a_missing_reading_costs_nothing_else() -> None:
    rows = [[*cells[:3], "" if at % 2 else cells[3], cells[4]] for at, cells in enumerate(ROWS)]
    found = result("\n".join([NAMES, *map(",".join, rows)]) + "\n")
    assert (found.metrics.total_energy_kwh, found.records_processed) == (BY_POWER, 12)
    assert found.records_invalid == 0
    assert found.metrics.temperature.avg == pytest.approx(sum(float(row[3]) for row in ROWS[::2]) / 6)


def test_a_decimal_sign_that_shows_late_is_found() -> None:
    zeros = "".join(f"2025-06-10 00:{minute:02};0;0;0\n" for minute in range(60))
    rows = written("timestamp;voltage;current;power", "{y}-{m}-{d} {clock};{u};{i};{p}", decimal=",")
    header, _, rest = rows.replace(":00;", ";").partition("\n")
    found = result(f"{header}\n{zeros}{rest}", profile(channels={"voltage": {"min": 0}}))
    assert (found.records_processed, found.metrics.peak_power_w) == (72, 120.77)


@pytest.mark.parametrize("column", [["P1", "P2"], ["p 2", {"index": 2}]])
def test_columns_are_added(column: list[object]) -> None:
    text = written("timestamp,P1 (W),P2 (W)", "{t},{p},0")
    assert result(text, profile(channels={"power": {"column": column}})).metrics.total_energy_kwh == BY_POWER


def test_two_columns_that_may_be_the_power_are_refused_with_each_and_their_sum() -> None:
    """A sum is offered where nothing counts twice: not of the two sides of an inverter."""
    for first, other, total in (
        ("Leistung", "Watts", '; or 3: channels.power.column = ["Leistung", "Watts"]'),
        ("Pac", "Ppv", ""),
    ):
        found = rejection(written(f"timestamp,{first},{other}", "{t},{p},{p}"))
        assert found.code == "ambiguous_columns"
        each = f'1: channels.power.column = "{first}"; or 2: channels.power.column = "{other}"'
        assert found.message.endswith(each + total)
    found = result(written("timestamp,Pdc,Pac", "{t},{p}9,{p}"))
    assert found.metrics.total_energy_kwh == BY_POWER, "the AC power is what the inverter gives"


@pytest.mark.parametrize(
    ("mark", "delimiter", "comment"),
    [("#N/A", ",", "#"), ("#N/A", ";", "#"), ("--", "\t", "--"), ("-", "|", "-")],
)
def test_a_row_that_begins_with_a_mark_for_no_reading_is_no_comment(
    mark: str, delimiter: str, comment: str
) -> None:
    rows = [delimiter.join((mark, *cells[:3], cells[4])) for cells in ROWS]
    header = delimiter.join(("temperature", "timestamp", "voltage", "current", "power"))
    text = f"{comment} roof\n{header}\n" + "\n".join([*rows, f"{comment} the end"])
    found = result(text, profile(csv={"comment": comment}))
    assert (found.metrics.total_energy_kwh, found.records_total, found.records_invalid) == (BY_POWER, 12, 0)
