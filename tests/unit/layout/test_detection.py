"""How a file is written."""

import pytest

from processing.layout.detection import detected
from processing.model.profile import DEFAULT
from processing.model.rejection import RejectedFileError
from tests.support.small_files import processed, profile, rejection, result


def test_the_dialect_says_where_columns_are_and_how_their_cells_become_readings() -> None:
    found = detected(
        b"Logger 7\nvoltage (mV);note;timestamp;current\n1,5;;2025-01-15 12:00;2,5\n", (), DEFAULT
    )
    assert (found.delimiter, found.decimal, found.header_line, found.stamp) == (";", ",", 2, (2,))
    assert {name: one[:3] for name, one in found.columns.items()} == {
        "voltage": ((0,), 0.001, 0.0),
        "current": ((3,), 1.0, 0.0),
    }
    assert (found.first_row_line, found.width, found.time_format) == (3, 4, "iso")


def test_all_blocks_decide() -> None:
    head = b"Time;Pac\n01/02/2025 12:00;5\n"
    with pytest.raises(RejectedFileError) as caught:
        detected(head, (), DEFAULT)
    assert caught.value.code == "ambiguous_time"
    assert detected(head, (b"13/02/2025 12:00;5,5\n",), DEFAULT).time_format == "%d/%m/%Y %H:%M"


def test_a_sign_that_may_be_the_decimal_one_or_not_is_refused_with_both() -> None:
    text = b"Time;Pac\n2025-06-10 12:00;950\n2025-06-10 12:05;1.020\n"
    with pytest.raises(RejectedFileError) as caught:
        detected(text, (), DEFAULT)
    assert caught.value.code == "ambiguous_format"
    found = detected(text, (), profile(csv={"decimal": ",", "thousands": "."}))
    assert (found.decimal, found.thousands) == (",", ".")


def test_units_in_cells_are_converted_and_unknown_ones_refused() -> None:
    found = detected(b"Time;Pac\n2025-06-10 12:00;1,5 kW\n2025-06-10 12:05;900 W\n", (), DEFAULT)
    assert sorted(found.columns["power"].cell_units) == [("W", 1.0, 0.0), ("kW", 1000.0, 0.0)]
    with pytest.raises(RejectedFileError, match="unit"):
        detected(b"Time;Pac\n2025-06-10 12:00;1,5 VA\n", (), DEFAULT)


@pytest.mark.crossed
@pytest.mark.parametrize("head", ["Zeit;Leistung [W]", "time\tPV energy (Wh)\tPac (W)"])
@pytest.mark.parametrize("sign", [".", ","])
def test_watts_of_three_digits_after_each_sign_may_be_thousands(head: str, sign: str) -> None:
    delimiter = head[4]
    rows = [
        f"2025-06-10T12:{minute:02}:00{f'{delimiter}1{sign}2{minute:02}' * head.count(delimiter)}\n"
        for minute in range(12)
    ]
    found = rejection(head + "\n" + "".join(rows))
    assert found.code == "ambiguous_format"
    assert {one.label for one in found.candidates} == {"decimal ,", "decimal ."}
    assert result(head.replace("W", "kW") + "\n" + "".join(rows)).records_invalid == 0
    whole = [f"{row[:-1]}{delimiter}21\n" for row in rows]
    for other in (whole[0], f"{head}{delimiter}Temp\n"):
        assert (
            rejection("".join([f"{head}{delimiter}Temp\n", *whole[:6], other, *whole[6:]])).code
            == "ambiguous_format"
        )
    rows[3] = rows[3].replace("1" + sign, "0" + sign)
    assert result(head + "\n" + "".join(rows)).profile.decimal == sign


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ([f"12.{345 + 11 * day}" for day in range(9)], "ambiguous_format"),
        (["12.345"] * 9, "ambiguous_format"),
        ([*(f"12.{345 + 11 * day}" for day in range(8)), "12.45"], ""),  # two digits
        ([f"0.{345 + 11 * day}" for day in range(9)], ""),  # no group begins with 0
        ([f"{1 + day % 2}.{345 + 11 * day}" for day in range(9)], ""),  # energies of intervals
        ([f"{12 + day}.345" for day in range(9)], ""),  # may be, too: it rises by more than a quarter
    ],
)
def test_a_total_in_kwh_may_have_thousands_in_place_of_thousandths(cells: list[str], code: str) -> None:
    rows = "".join(f"0{day}.06.2025;{cell}\n" for day, cell in enumerate(cells, 1))
    settings = profile(channels={"energy": {"kind": "counter"}})
    found = processed(f"Datum;Zählerstand (kWh)\n{rows}", settings)
    assert getattr(found, "code", "") == code


@pytest.mark.parametrize("cell", ["1,2{minute:02}", "-119,7{minute:02}"])
def test_groups_of_three_in_quotes_may_be_fractions_or_thousands(cell: str) -> None:
    rows = [f'2025-06-10T12:{minute:02}:00,"{cell.format(minute=minute)}"\n' for minute in range(12)]
    found = rejection("time,PV power (W)\n" + "".join(rows))
    assert found.code == "ambiguous_format"
    assert {one.label[:9] for one in found.candidates} == {"decimal ,", "decimal ."}, "of either sign"
    rows[3] = '2025-06-10T12:03:00,"0,500"\n'
    chosen = profile(channels={"power": {"min": -1000}})
    assert result("time,PV power (W)\n" + "".join(rows), chosen).profile.decimal == ","


@pytest.mark.parametrize(
    ("zone", "offsets"),
    [("IST", ["=+05:30", "=+01:00", "=+02:00"]), ("CST", ["=-06:00", "=+08:00"]), ("UYT", [""])],
)
def test_the_abbreviation_of_a_zone_is_offered_as_part_of_the_format(zone: str, offsets: list[str]) -> None:
    text = f"time,Pac (W)\n2021-09-24 15:55:43 {zone},1000\n2021-09-24 16:00:43 {zone},1200\n"
    found = rejection(text)
    assert (found.code, [one.toml for one in found.candidates]) == (
        "ambiguous_time",
        [[f'csv.time_format = "%Y-%m-%d %H:%M:%S {zone}{offset}"'] for offset in offsets],
    )
    read = result(text, profile(csv={"time_format": f"%Y-%m-%d %H:%M:%S {zone}", "timezone": "Asia/Kolkata"}))
    assert read.metrics.period.start == "2021-09-24T15:55:43"


@pytest.mark.parametrize(
    ("summer", "winter", "name"), [("EDT", "EST", "EST=-05:00"), ("BST", "GMT", "BST=+01:00")]
)
def test_the_hour_that_comes_twice_in_autumn_has_its_energy_twice(
    summer: str, winter: str, name: str
) -> None:
    hours = [f"{hour:02} {summer}" for hour in range(2)] + [f"{hour:02} {winter}" for hour in range(1, 24)]
    rows = (f"2025-11-02 {hour[:2]}:00:00{hour[2:]},{100 * at}\n" for at, hour in enumerate(hours, 1))
    text = "time,PV power (W)\n" + "".join(rows)
    assert name in rejection(text).candidates[0].label
    read = result(text, profile(csv={"time_format": f"%Y-%m-%d %H:%M:%S {name}"}))
    assert (read.metrics.total_energy_kwh, read.records_invalid) == (32.5, 0)


@pytest.mark.parametrize("rows", ["", ",,\n", ",,1\n"])
@pytest.mark.parametrize("is_long", [True, False])
def test_readings_without_a_name_are_none(rows: str, *, is_long: bool) -> None:
    long = profile(csv={"long": {"name": "what", "value": "value"}}) if is_long else DEFAULT
    found = rejection(f"time,what,value\n{rows}" if is_long else f"time,entity_id,state\n{rows}", long)
    assert (found.code, found.message.partition("'")[0]) == ("no_valid_rows", "no row says in ")


@pytest.mark.parametrize(("output", "kwh"), [(960, 3.84), (98, None)])
def test_rows_of_the_day_show_which_power_is_the_output_if_the_first_ones_are_of_a_night(
    output: int, kwh: float | None
) -> None:
    powers = [(0, 0)] * 24 + [(1000, output)] * 16
    rows = (f"2025-06-10 {at // 4:02}:{15 * (at % 4):02},{dc},{ac}\n" for at, (dc, ac) in enumerate(powers))
    text = "time,DC power,AC power\n" + "".join(rows)
    if kwh is None:
        assert rejection(text).code == "ambiguous_columns"
    else:
        assert result(text).metrics.total_energy_kwh == pytest.approx(kwh)
