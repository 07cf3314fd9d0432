"""Headers, delimiters, decimal signs and units that are recognised, and the advice if there are none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence

import pytest

from processing.head.lines import Line, cut
from processing.layout import header
from processing.layout.header import find_header, may_be_header
from processing.model.profile import DEFAULT
from tests.support.small_files import HEADER, PLAIN, PLAIN_METRICS, ROWS, profile, rejection, result

SAME_DAY = {
    "no newline at the end": PLAIN[:-1],
    "byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16 with mark": PLAIN.encode("utf-16"),
    "big-endian UTF-16": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "UTF-16 without mark": PLAIN.encode("utf-16-le"),
    "big-endian UTF-16 without mark": PLAIN.encode("utf-16-be"),
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "CR": PLAIN.replace("\n", "\r"),
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "decimal commas": PLAIN.replace(",", ";").replace(".", ","),
    "decimal commas and tabs": PLAIN.replace(",", "\t").replace(".", ","),
    "quoted cells": '"' + PLAIN[:-1].replace(",", '","').replace("\n", '"\n"') + '"',
    "blanks around cells": PLAIN.replace(",", " , "),
    "blank lines": PLAIN.replace("\n", "\n\n"),
    "comments": "# from the roof\n" + PLAIN.replace("\n", "\n# so it goes\n"),
    "preamble": "Logger 5000\nserial;123,4\n\n" + PLAIN,
    "case and blanks": PLAIN.replace(HEADER, " Time Stamp ,VOLTAGE,Current, Temperature,Power"),
    "units": PLAIN.replace(HEADER, "timestamp,Voltage (V),current_A,Temperature [°C],Power W"),
    "reordered": "\n".join(",".join(reversed(line.split(","))) for line in PLAIN.splitlines()),
    "extra columns": "\n".join(f"7,{line},note é" for line in PLAIN.splitlines()),
    "millivolts in the header": PLAIN.replace("voltage", "voltage_mV").replace(",24.5,", ",24500,"),
    "kelvin": PLAIN.replace("temperature", "temperature (K)").replace("35.25", "308.40"),
    "exponents": PLAIN.replace(",24.5,", ",+2.45e1,"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME_DAY)
def test_a_dialect_gives_the_figures_of_the_plain_file(name: str) -> None:
    found = result(SAME_DAY[name])
    assert found.metrics == PLAIN_METRICS
    assert found.records_invalid == 0


def test_columns_units_scale_and_offset_come_from_the_profile() -> None:
    text = PLAIN.replace(HEADER, "Zeit,U_DC,I_DC,T_Mod,P").replace(",24.5,", ",12250,")
    channels = {
        "voltage": {"column": "U_DC", "unit": "mV", "scale": 2.0},
        "current": {"column": "i_dc"},
        "temperature": {"column": "T_Mod", "offset": 1.0},
        "power": {"column": "P"},
    }
    found = result(text, profile(channels=channels, csv={"timestamp": "Zeit"}))
    assert found.metrics.voltage == PLAIN_METRICS.voltage
    assert found.metrics.temperature.avg == 36.25


def test_fahrenheit_and_kilowatts_become_celsius_and_watts() -> None:
    text = "timestamp,voltage,current,temperature (°F),power (kW)\n2025-01-15T12:00:00,24,5,95,0.12\n"
    metrics = result(text).metrics
    assert (metrics.temperature.avg, metrics.power.avg) == (35.0, 120.0)


@pytest.mark.parametrize(
    ("content", "code", "advice"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "not_text", "it is binary data, not a table"),
        (b"PK\x03\x04\x14\0\x06\0", "not_text", "save the sheet as CSV"),
        (gzip.compress(PLAIN.encode()), "not_text", "name it .csv.gz"),
        ("Gerät 7\n".encode("latin-1") + b"\xff\n", "not_text", "save it as UTF-8"),
        (b"# roof\n\n# 7\n", "empty_file", "only blank lines and comments"),
        (bytes(100_000), "empty_file", " bytes are NUL"),
        (b'"timestamp,voltage\n', "missing_columns", "quotes"),
        ("sep=§\n" + PLAIN.replace(",", "§"), "missing_columns", "no table of cells with a comma"),
    ],
)
def test_a_file_that_is_no_table_is_named_with_advice(content: bytes, code: str, advice: str) -> None:
    found = rejection(content)
    assert found.code == code
    assert advice in found.message


def test_a_missing_column_names_what_is_missing_and_what_was_found() -> None:
    found = rejection("id;timestamp;current\n1;2025-01-15T12:00:00;5\n")
    assert (found.line, found.column) == (1, "voltage")
    assert "columns missing: voltage" in found.message
    assert "line 1 has id, timestamp, current" in found.message


def test_delimiter_and_decimal_sign_are_as_set_if_they_are_set() -> None:
    text = PLAIN.replace(",", ";").replace(".", ",")
    assert result(text, profile(csv={"delimiter": ";", "decimal": ","})).metrics == PLAIN_METRICS
    assert rejection(text, profile(csv={"delimiter": "\t"})).code == "missing_columns"
    assert rejection(text, profile(csv={"decimal": "."})).code == "malformed_csv"


CLOCKS = ("12:00", "12:05", "12:10")
WATTS = (120, 60, 240)
"""Three rows of five minutes: 420 W · 300 s = 0.035 kWh, and 120 + 60 + 240 = 420 Wh if each is an energy."""


def rows(*cells: str, clocks: tuple[str, ...] = CLOCKS) -> str:
    """Return a line for each clock and power: {c} and {p} in the cells, joined with semicolons."""
    line = ";".join(cells)
    return "".join(
        line.format(c=c, p=p, k=f"{p / 1000:.3f}") + "\n" for c, p in zip(clocks, WATTS, strict=True)
    )


CSV1 = "sep=;\nVersion CSV1|Tool SE|Decimalpoint comma|Precision 3\n\n;SN: 1;SN: 1\n;SB 5;SB 5\n;1;1\n"
SHAPES = {
    "CSV1": CSV1 + ";Gesamtertrag;Leistung\n;Counter;Analog\ndd.MM.yyyy HH:mm:ss;kWh;kW\n"
    + rows("10.06.2025 {c}:00", " 70860,938", " {k}").replace(" 0.", " 0,"),
    "CSV1, days first": CSV1 + ";Total yield;Power\n;Counter;Analog\ndd/MM/yyyy HH:mm:ss;kWh;kW\n"
    + rows("10/06/2025 {c}:00", "70860.938", "{k}"),
    "CSV1, months first": CSV1 + ";Total yield;Power\n;Counter;Analog\nMM/dd/yyyy HH:mm:ss;kWh;kW\n"
    + rows("06/10/2025 {c}:00", "70860.938", "{k}"),
    "units above, a pattern as the time's name": "sep=;\nVersion CSV1|Tool X\n\n;;Watt;Watt;Status;degC\n"
    "MM/dd/yyyy HH:mm:ss;Serial;Load;Pac;Condition;Temperature\n"
    + rows("06/10/2025 {c}:00", "211", "7", "{p}", "OK", "35"),
    "units in brackets": "Date and time;Load;PV Power;\n[MM/dd/yyyy HH:mm];[W];[W];\n"
    + rows("06/10/2025 {c}", "9", "{p}", ""),
    "formulas": " ;Load [W];PV Power [W]\n" + rows('="{c}"', "9", "{p}"),
    "quoted formulas": ' ;"Load [W]";"PV Power [W]"\n' + rows('"=""{c}"""', '"9"', '"{p}"'),
    "no name of the index": ";load;power\n" + rows("2025-06-10 {c}:00", "9", "{p}"),
    "time behind the names": "No.;Load(W);Array Power(W)\n" + rows("1", "9", "{p}", "2025/6/10  {c}:0"),
    "time behind the names, without zeros": "No.;Load(W);Array Power(W)\n"
    + rows("1", "9", "{p}", "2025/6/10  {c}:0", clocks=("12:0", "12:5", "12:10")),
    "blanks in dates": "time;power\n" + rows("13 06 2025 {c}", "{p}"),
    "names behind that of a site": "Time;Site 3 - Active Power (kW);Site 3 - Wind (m/s);Site 3 - x\n"
    + rows("2025-06-10 {c}", "{k}", "3", "1"),
    "an offset of hours": "primary_timestamp;power;x\n" + rows("2025-06-10 {c}:00+00", "{p}", "NULL"),
    "a date beside full times": "date;startTime;power\n" + rows("2025-06-09", "2025-06-10T{c}:00", "{p}"),
    "empty cells at the end": "time;power;a;b;c\n" + rows("2025-06-10 {c}", "{p}", "", "", ""),
    "kinds of averages under the units": "TOA5;x;CR1000;1;2;3;4;T\nTIMESTAMP;RECORD;Watts_Avg;T_Panel\n"
    "TS;RN;Watts;Deg C\n;;Avg;Smp\n" + rows("2025-06-10 {c}:00", "1", "{p}", "NAN"),
    "kinds of averages under names that repeat": "Time;PV;PV;PV\n;avg;min;max\n;W;W;W\n"
    + rows("2025-06-10 {c}", "{p}", "1", "999"),
    "kinds of averages alone": "TIMESTAMP;RECORD;Power;T\nTS;RN;;\n;;Avg;Smp\n"
    + rows("2025-06-10 {c}:00", "1", "{p}", "NAN"),
}  # fmt: skip


SHAPES |= {
    "a comment as the header": "# one, two\n#time;load;power\n" + rows("2025-06-10 {c}", "7", "{p}"),
    "a comment with delimiters above the header": "# made with x;y;z\ntime;load;power\n"
    + rows("2025-06-10 {c}", "7", "{p}"),
    "times in the preamble": "From;2025-06-10 00:00;To;2025-06-11 00:00;Step;300\nWhen;made kWh?;P.V.\n"
     "When;x;PV power\n" + rows("2025-06-10 {c}", "7", "{p}"),
    "notes that no row has": "TYPE;DATE;START TIME;END TIME;PV power;NOTES\n"
    + rows("x", "2025-06-10", "{c}", "{c}", "{p}"),
    "an interval": "Start time;End time;PV power\n" + rows("2025-06-10 {c}", "2025-06-10 {c}", "{p}"),
    "a long preamble": "".join(f"Key {number};value\n" for number in range(12)) + "time;power\n"
    + rows("2025-06-10 {c}", "{p}"),
    "points in the time": "Time period;PV generation [W]\n"
    + rows('"06/13/2025 {c} PM"', "{p}", clocks=("12.00", "12.05", "12.10")),
    "a text in each row": "Account;Start time;End;Power\n"
    + rows('"A / b-7"', "2025-06-10 {c}", "x", "{p}"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_headers_of_many_shapes_are_read(name: str) -> None:
    found = result(SHAPES[name], name=b"day_2025-06-10.csv")
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (0, 0.035)
    assert (
        (found.metrics.period.start or "")
        .replace("T", " ")
        .startswith(("2025-06-10 12:00", "2025-06-13 12:00"))
    )


def test_a_stated_order_of_dates_does_not_stand_against_the_dates_themselves() -> None:
    head = "Date and time;PV Power\n[MM/dd/yyyy HH:mm];[W]\n"
    found = result(head + rows("13/06/2025 {c}", "{p}"))
    assert found.metrics.period.start == "2025-06-13T12:00"


@pytest.mark.parametrize("stated", ["h", "s", "mAh", "dd", "HH", "M"])
def test_units_of_one_letter_are_no_time_format(stated: str) -> None:
    head = f"run;time;power\n{stated};;W\n"
    found = rejection(head + rows("1", "06/10/2025 {c}", "{p}"))
    assert found.code == "ambiguous_time"


@pytest.mark.parametrize("names", ["Power;Power", "Total yield;Power;Total yield;Power"])
def test_the_columns_of_two_inverters_are_offered_one_by_one_and_added(names: str) -> None:
    units = names.replace("Total yield", "kWh").replace("Power", "W")
    cells = names.replace("Total yield", "5").replace("Power", "{p}").split(";")
    text = f"time;{names}\n;{units}\n" + rows("2025-06-10 {c}", *cells)
    found = rejection(text)
    assert found.code == "ambiguous_columns"
    assert [each.consequence.split(", ")[1] for each in found.candidates or ()] == [
        "0.035 kWh a day", "0.035 kWh a day", "0.07 kWh a day",
    ]  # fmt: skip


def test_names_of_merged_cells_are_those_of_all_their_columns() -> None:
    text = "Time;Roof;;Barn;;Sky\n;Power (W);Volts;Power (W);Volts;Clouds\n"
    found = rejection(text + rows("2025-06-10 {c}", "{p}", "40", "7", "40", "8"))
    assert [each.label for each in found.candidates or ()] == [
        "power: Roof Power (W)", "power: Barn Power (W)", "power: Roof Power (W) + Barn Power (W)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "mark", "labels"),
    [
        ("Production", "NaN", ["kWh", "Wh", "MWh"]),
        ("PV", "--", ["power: PV, W", "power: PV, kW", "energy: PV, kWh"]),
    ],
)
def test_a_column_without_a_value_in_the_first_night_is_found(
    name: str, mark: str, labels: list[str]
) -> None:
    cells = [f"{5 + at * 7 % 40}" if 24 <= at < 72 else mark for at in range(96)]
    rows = [f"2025-06-10 {at // 4:02}:{at % 4 * 15:02},{cell},0.{at}" for at, cell in enumerate(cells)]
    found = rejection("\n".join([f"Time,{name},Irradiance (W/m²)", *rows, ""]))
    assert [one.label for one in found.candidates or ()][:3] == labels


def test_a_first_string_without_a_number_is_one_of_several() -> None:
    text = "Time;PV U (V);PV I (A);PV2 U (V);PV2 I (A)\n" + rows("2025-06-10 {c}", "40", "3", "30", "4")
    found = rejection(text)
    assert found.code == "ambiguous_columns"
    assert (found.candidates or [])[0].label == "power: PV U (V) · PV I (A) + PV2 U (V) · PV2 I (A)"


def copied_rows(header: str, row: str, last: str = "") -> str:
    rows = [row.format(clock=f"{12 + at // 60}:{at % 60:02}", p=50 + at) for at in range(0, 90, 5)]
    return "\n".join([header, *rows, last])


def test_a_column_that_repeats_another_one_with_its_name_is_not_counted_twice() -> None:
    text = copied_rows("time;Power;time;Power", "2025-06-10 {clock};{p};2025-06-10 {clock};{p}")
    found = result(text)
    alone = result(copied_rows("time;Power", "2025-06-10 {clock};{p}"))
    assert found.metrics.total_energy_kwh == alone.metrics.total_energy_kwh
    assert "1 column resembles a channel and is not used: Power" in [one.message for one in found.anomalies]
    other = rejection(copied_rows("time;Power;Power", "2025-06-10 {clock};{p};1{p}"))
    assert other.code == "ambiguous_columns"


@pytest.mark.parametrize(
    "names", ["time;Power;Power.1", "time;Pac (W);Pac (W).1", "time;Power;Power.1;Power.2"]
)
def test_what_pandas_adds_to_equal_names_does_not_tell_them_apart(names: str) -> None:
    copies = names.count(";") - 1
    found = result(copied_rows(names, "2025-06-10 {clock};{p}" + ";{p}" * copies))
    alone = result(copied_rows("time;Power", "2025-06-10 {clock};{p}"))
    assert found.metrics.total_energy_kwh == alone.metrics.total_energy_kwh
    other = rejection(copied_rows(names, "2025-06-10 {clock};{p}" + ";1{p}" * copies))
    assert other.code == "ambiguous_columns"


def test_columns_of_times_with_one_name_are_offered_by_their_places() -> None:
    row = "2025-06-10;{clock};{p};2025-06-11;{clock};1{p}"
    found = rejection(copied_rows("Date;Time;Power;Date;Time;Power", row))
    first = next(each for each in found.candidates or () if each.label.endswith("power: column 3"))
    assert first.toml == ["csv.time = [{index = 1}, {index = 2}]", "channels.power.column = {index = 3}"]
    assert first.consequence.endswith("from 2025-06-10")


def test_fields_without_names_are_offered_one_by_one() -> None:
    head = "created_at;entry_id;field1;field2;field3;latitude;status\n"
    found = rejection(head + rows("2025-06-10 {c}:00 UTC", "7", "240", "500", "{p}", "", ""))
    assert (found.code, found.line) == ("missing_columns", 1)
    assert "no names" in found.message
    assert [each.toml for each in found.candidates or ()][:3] == [
        [f'channels.power.column = "field{number}"'] for number in (1, 2, 3)
    ]
    assert not any("[" in line for each in found.candidates or () for line in each.toml), "they are not added"


@pytest.mark.parametrize("name", ["ff;gg", "x y;mean", "note;7"])
def test_columns_of_numbers_whose_names_say_nothing_are_offered(name: str) -> None:
    found = rejection(f"time;{name}\n" + rows("2025-06-10 {c}:00", "on", "{p}"))
    power, energy = (f'channels.{each}.column = "{name.split(";")[1]}"' for each in ("power", "energy"))
    assert [each.toml for each in found.candidates or ()] == [
        [power],
        [energy, 'channels.energy.unit = "kWh"'],
        [energy, 'channels.energy.unit = "Wh"'],
        [power, 'channels.power.unit = "kW"'],
    ]


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        (("2025-06-10 {c}", "{p}", "on"), [["time", "PV power", "column 3"]]),
        (("1749556800", "{p}", "500"), [["time", "PV power", "column 3"], ["time", "column 2", "PV power"]]),
        (
            ("2025-06-10 {c}", "1", "2", "3", "{p}"),
            [["time", "column 2", "column 3", "column 4", "PV power"]],
        ),
        (
            ("2025-06-10 {c}", "24", "5", "25", "{p}"),
            [["time", "voltage", "current", "temperature", "power"]],
        ),
        (("7", "10.06.2025", "{c}:00", "{p}"), [["column 1", "date", "time", "PV power"]]),
    ],
)
def test_the_columns_of_numbers_of_a_file_without_a_header_are_offered(
    cells: tuple[str, ...], columns: list[list[str]]
) -> None:
    found = rejection(rows(*cells))
    assert found.code == "missing_columns"
    for one in columns:
        ways = [each.toml for each in found.candidates or ()]
        assert any(f"csv.columns = {json.dumps(one)}" in way for way in ways), ways


@pytest.mark.parametrize(
    ("unit", "kwh"), [("kWh", 1800.0), ("wh", 1.8), ("kW", 150.0)], ids=["kWh", "Wh", "kW"]
)
def test_the_only_column_of_numbers_has_the_unit_that_stands_in_each_row(unit: str, kwh: float) -> None:
    lines = "".join(
        f"2025-06-10 00:{at * 5:02};643007523021086935;{at * 7 % 12 * 300 / 11:.9f};{unit};OK\n"
        for at in range(12)
    )
    found = result(f"Start;Place;Määrä;Unit;Laatu\n{lines}")
    assert found.metrics.total_energy_kwh == pytest.approx(kwh)
    (used,) = found.profile.columns.values()
    assert (used.column, used.unit) == ("Määrä", "Wh" if unit == "wh" else unit)


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        ("Quantity;Unit", ["1;kWh", "2;kWh", "3;kvarh"] * 4),
        ("Quantity;Unit", ["1;kWh"] * 40 + ["2;Wh"]),
        ("Quantity;Price;Unit", ["1;2;kWh", "2;2;kWh", "3;1;kWh"] * 4),
        ("Quantity;Other;Unit", ["1;2;kWh", "2;2;kWh", "3;1;kWh"] * 4),
        ("Forecast;Unit", ["1;kWh", "2;kWh", "1;kWh"] * 4),
        ("Longitude;Hemisphere", ["1;W", "2;W", "1;W"] * 4),
    ],
    ids=["another quantity", "another unit later", "a price", "two columns", "a forecast", "west"],
)
def test_a_unit_in_each_row_decides_nothing_else(names: str, rows: list[str]) -> None:
    lines = "".join(f"2025-06-10 {at // 12:02}:{at % 12 * 5:02};{row}\n" for at, row in enumerate(rows))
    text = f"Start;{names}\n{lines}"
    if "Price" in names:
        assert result(text).profile.columns["energy"].column == "Quantity"
    else:
        assert rejection(text)


def test_a_reading_is_no_header_of_the_emptier_rows_below_it() -> None:
    """At night the rows of many loggers have no values, and those are more than the others."""
    rows = [f"2025-06-10 {hour:02}:00:00,{'0.5' if hour < 8 else ''}" for hour in range(24)]
    for names, line in ("timestamp,value_normalized", 1), ("moment,what", 1):
        header = find_header(list(enumerate([names, *rows], 1)), DEFAULT)
        assert header.line == line


@pytest.mark.parametrize(
    "preamble", ["Plant;Roof;x;y\n", "Plant;Roof;;\n", "Device;A;B;C\nof;10.06.2025;;\n", "A;B;C;D\n\n", ""]
)
def test_a_header_of_units_is_read_below_lines_as_wide_as_it(preamble: str) -> None:
    found = result(preamble + "time;V;A;W\n" + rows("2025-06-10 {c}", "24", "5", "{p}"))
    assert found.metrics.total_energy_kwh == 0.035


@pytest.mark.parametrize(
    ("devices", "names"),
    [
        ("Solar Charger [279],Solar Charger [280]", "Voltage,Current"),
        ("Battery Monitor [512],Solar Charger [279]", "Voltage,Current"),
        ("String 1,String 2", "voltage,current"),
        ("Battery,PV", "power,voltage"),
        ("House,Roof solar", "Power,Voltage"),
    ],
)
def test_columns_under_different_devices_are_not_read_as_those_of_one(devices: str, names: str) -> None:
    rows = "".join(f"2025-06-10 {hour:02}:00:00,24.5,{hour % 7}\n" for hour in range(24))
    found = rejection(f"timestamp,{devices}\n,{names}\n{rows}")
    assert (found.code, found.line) == ("missing_columns", 1)
    assert devices.split(",", maxsplit=1)[0] in found.message


def test_a_title_over_the_names_is_no_line_of_names() -> None:
    rows = "".join(f"2025-06-10 {hour:02}:00:00,24.5,{hour % 7}\n" for hour in range(24))
    for title in ("Plant,Roof,North", "Export of,1.6.2025,v2"):
        found = result(f"{title}\ntimestamp,voltage,current\n{rows}")
        assert found.profile.limits["voltage"].is_known


@pytest.mark.parametrize(
    ("lines", "delimiters"),
    [
        ([HEADER, *ROWS], [","]),
        ([line.replace(",", "\t") for line in (HEADER, *ROWS)], ["\t"]),
        ([HEADER.replace(",", ";"), "2025-01-15T12:00;24,5;5,2;35,25;127,4"], [";"]),
        (["timestamp", "2025-01-15T12:00"], [","]),
    ],
    ids=["commas", "tabs", "semicolons and decimal commas", "none"],
)
def test_only_delimiters_that_stand_in_the_line_of_names_are_tried(
    monkeypatch: pytest.MonkeyPatch, lines: list[str], delimiters: list[str]
) -> None:
    tried = []

    def noted(texts: Sequence[tuple[int, str]], delimiter: str) -> list[Line]:
        tried.append(delimiter)
        return cut(texts, delimiter)

    monkeypatch.setattr(header, "cut", noted)
    find_header([*enumerate(lines, 1)], DEFAULT)
    assert tried == delimiters


@pytest.mark.parametrize(
    ("text", "kwh"),
    [
        ("dt,kw\n2025-06-10 12:00,0.5\n2025-06-10 12:30,1.5\n", 1.0),
        ("Zeit;Einspeisung (kWh);G;Anteil (kWh);G\n2025-06-10 12:00;2;G;\n2025-06-10 12:15;1;G;\n", 3.0),
        ("Date,Wert (kWh)\n10Jun2025:12:00,2\n10Jun2025:13:00,1\n", 3.0),
    ],
    ids=["units as names", "names of absent cells", "dates without marks"],
)
def test_names_above_the_first_row_are_read_if_nothing_else_is_above_it(text: str, kwh: float) -> None:
    assert result(text).metrics.total_energy_kwh == pytest.approx(kwh)


def test_names_of_absent_cells_are_none_between_commas() -> None:
    """One of the names may have a comma."""
    rows = "2025-06-10 12:00,1,5\n2025-06-10 12:15,2,5\n"
    assert rejection("Time,State,battery,Load (kWh)\n" + rows).code == "missing_columns"


@pytest.mark.parametrize(("delimiter", "last"), [(",", "x"), (";", "7"), ("\t", "7"), (",", "0.5")])
def test_a_header_that_ends_with_a_delimiter_has_a_last_column_without_a_name(
    delimiter: str, last: str
) -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{100 * at},{last}\n" for at in range(24))
    found = result(("time,Pac (W),\n" + rows).replace(",", delimiter))
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (0, 27.6)


def test_a_last_column_without_a_name_may_begin_with_empty_cells() -> None:
    ends = [(",", ",1,0")[at > 6] for at in range(24)]
    rows = "".join(f"2025-06-10 {at:02}:00,{100 * at}{end}\n" for at, end in enumerate(ends))
    assert rejection("time,Pac (W),\n" + rows).code == "malformed_csv"  # rows of two widths
    rows = rows.replace(",\n", ",,\n")
    found = result("time,Pac (W),load,\n" + rows)
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (0, 27.6)


@pytest.mark.parametrize("ends", [["7"], ["", "7"]])
def test_whole_numbers_behind_a_comma_may_be_fractions_and_no_last_column(ends: list[str]) -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{100 * at},{ends[at % len(ends)]}\n" for at in range(24))
    assert rejection("time,Pac (W),\n" + rows).code == "malformed_csv"


def test_only_a_line_with_two_names_is_examined_as_the_header_of_a_section(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert may_be_header(b"time;24;power (W)", profile())
    monkeypatch.setattr(header, "cut", None)
    assert not any(may_be_header(raw, profile()) for raw in (b"x", b"E12,24.5,,-3", b"12,V", b"note 7;1"))


def test_a_table_that_lies_on_its_side_below_a_title_is_named() -> None:
    times = ",".join(f"2025-06-10 {hour}:00" for hour in range(10, 20))
    powers = ",".join(map(str, range(10)))
    for beginning, row in (("Time", "PV power (W)"), ("Parameter,Unit", "Pac,W")):
        found = rejection(f"Roof\n{beginning},{times}\n{row},{powers}\n")
        assert "line 2 has a column for each time; expected a row for each time" in found.message


def test_rows_without_a_reading_above_the_first_one_are_no_header() -> None:
    rows = "".join(f"10-Jun-25;{at:02}:00;{at % 5 if at > 1 else 'out'}\n" for at in range(24))
    found = result("Date;Time;Roof (W)\n" + rows)
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (2, 0.045)
