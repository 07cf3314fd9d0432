"""Tables with a day in each row: a column for each interval."""

import pytest

from tests.support.small_files import profile, rejection, result

HOURS = [f"{hour % 10}.5" for hour in range(24)]
"""Their sum is 24 · 0.5 + 45 + 45 + 6 = 108."""
IN_KWH_OF_TABLES = {"energy": {"column": "quantity of the interval", "unit": "kWh", "kind": "interval"}}
IN_KWH = profile(channels=IN_KWH_OF_TABLES)


def table(names: list[str], count: int = 24, *, delimiter: str = ",", date: str = "2025-06-{day}") -> str:
    """Return two days under these names; a fraction of an hour has the value of the hour."""
    cells = [HOURS[at * 24 // count] for at in range(count)]
    rows = [[date.format(day=day), *cells] for day in ("10", "14")]
    return "".join(f"{delimiter.join(row)}\n" for row in (["Giorno", *names], *rows))


QUARTERS = [f"{at // 4:02}:{at % 4 * 15:02}" for at in range(96)]
TABLES = {
    "hours": table([f"{hour}:00" for hour in range(24)]),
    "ends": table([*QUARTERS[1:], "24:00"], 96, delimiter=";", date="{day}.06.2025"),
    "from to": table(
        [f"{one}-{end}" for one, end in zip(QUARTERS, [*QUARTERS[1:], "00:00"], strict=True)], 96
    ),
    "numbers": table([str(at) for at in range(1, 25)]),
    "hundreds": table([str(100 * at) for at in range(24)]),
    "H00": table([f"H{at:02}" for at in range(24)]),
    "half hours": table([f"hh_{at}" for at in range(48)], 48),
    "Korean": "site 7\n\n" + table([f"{at}시" for at in range(1, 25)], date="06/{day}/2025"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_with_a_day_in_each_row_asks_for_its_unit_and_is_read(name: str) -> None:
    asked = rejection(TABLES[name])
    found = result(TABLES[name], IN_KWH)

    assert "energy: quantity of the interval, kWh" in asked.message
    assert found.metrics.total_energy_kwh == pytest.approx(216 * found.records_total / 48)
    assert (found.metrics.period.start or "").replace("T", " ") == "2025-06-10 00:00"
    assert (found.metrics.peak_power_hour or "")[11:13] == "09"


def test_a_row_that_is_no_day_has_the_line_of_the_file() -> None:
    text = TABLES["hours"].replace("\n2025-06-14", "\nx,y\n2025-06-14") + "2025-06-15" + ",?" * 24 + "\n"
    found = result(text, IN_KWH)

    assert (found.records_processed, {one.line for one in found.rejected_rows}) == (48, {3, 5})


@pytest.mark.parametrize("total", ["Total", "Summe", "Average"])
def test_a_row_of_totals_below_a_short_table_is_no_day(total: str) -> None:
    found = result(TABLES["hours"] + ",".join([total, *HOURS]) + "\n", IN_KWH)
    assert (found.metrics.total_energy_kwh, found.records_total) == (216, 48)


@pytest.mark.parametrize(
    ("corner", "energy"), [("Date (kWh)", 216), ("PV power (W)", 0.216), ("kWh", 216), ("Giorno [Wh]", 0.216)]
)
def test_the_unit_may_stand_in_the_corner_above_the_dates(corner: str, energy: float) -> None:
    found = result(TABLES["hours"].replace("Giorno", corner))

    assert found.metrics.total_energy_kwh == pytest.approx(energy)
    assert found.profile.time_columns == ["Date", "time of the interval"]


@pytest.mark.crossed
@pytest.mark.parametrize(
    ("names", "first"),
    [
        ("Year,Month,Day", "2025,6,{day}"),
        ("YYYY,MM,DD", "2025,06,{day}"),
        ("Y,M,D", "2025,6,{day}"),
        ("Tag,Monat,Jahr", "{day},6,2025"),
        ("Meter,Year,Month,Day", "M7,2025,6,{day}"),
    ],
)
@pytest.mark.parametrize("columns", ["hours", "numbers", "H00"])
def test_the_date_may_stand_in_columns_of_its_parts(names: str, first: str, columns: str) -> None:
    header, *rows = TABLES[columns].splitlines()
    rows = [f"{first.format(day=row[8:10])},{row.partition(',')[2]},108" for row in rows]
    text = "\n".join([f"{names},{header.partition(',')[2]},Total", *rows, ""])
    found = result(text, IN_KWH)

    assert found.metrics.total_energy_kwh == pytest.approx(216)
    assert (found.records_processed, found.profile.time_columns) == (48, ["Date", "time of the interval"])
    assert str(found.metrics.period.start).startswith("2025-06-10")


def test_a_year_with_two_digits_is_none() -> None:
    text = TABLES["hours"].replace("Giorno", "Year,Month,Day").replace("2025-06-", "25,6,")
    assert rejection(text).code == "missing_columns"


def test_a_unit_in_the_names_needs_no_question_and_sums_and_numbers_of_devices_are_no_readings() -> None:
    lines = TABLES["hours"].replace(":00", ":00 (kWh)").splitlines()
    around = (("Meter", "Sum"), ("77", "9"), ("77", "9"))
    lines = [f"{first},{line},{last}" for (first, last), line in zip(around, lines, strict=True)]

    assert result("\n".join(lines) + "\n").metrics.total_energy_kwh == pytest.approx(216)


def test_a_day_with_an_hour_more_is_not_read_without_it() -> None:
    text = table([f"H{at}" for at in range(1, 26)]).replace("3.5\n", "3.5,\n", 1).replace("3.5\n", "3.5,7\n")
    found = result(text, IN_KWH)

    assert (found.records_processed, found.records_invalid) == (24, 24)
    assert {(one.line, one.cell) for one in found.rejected_rows} == {(3, "not 24 values but 25")}


@pytest.mark.crossed
@pytest.mark.parametrize("name", ["hours", "half hours", "ends"])
@pytest.mark.parametrize("change", [1, -1])
def test_a_day_with_another_number_of_values_is_as_many_invalid_rows_as_others_have(
    name: str, change: int
) -> None:
    first, second, last = TABLES[name].rsplit("\n", 2)[0], *TABLES[name].split("\n")[-2:]
    delimiter = ";" if name == "ends" else ","
    longer = second + f"{delimiter}7" if change == 1 else second.rpartition(delimiter)[0]
    found = result(f"{first}\n{longer}\n{last}", IN_KWH)

    assert found.records_invalid == found.records_processed == second.count(delimiter)
    assert {one.line for one in found.rejected_rows} == {3}


@pytest.mark.crossed
@pytest.mark.parametrize("date", ["2025-10-26", "26.10.2025", "10/26/25", "20251026"])
@pytest.mark.parametrize("has_name", [True, False])
def test_a_day_with_an_hour_more_in_autumn_asks_for_the_zone(date: str, has_name: bool) -> None:  # noqa: FBT001
    names = [f"H{at}" for at in range(1, 25 + has_name)]
    text = f"Fecha;{';'.join(names)}\n{date};{';'.join(['1'] * 25)}\n"
    found = rejection(text, profile(channels=IN_KWH_OF_TABLES))

    assert f"{date} has an hour more, in autumn: in which time zone?" in found.message
    assert "Europe/Berlin" in [one.label for one in found.candidates or ()]
    zone = profile(csv={"timezone": "Europe/Berlin"}, channels=IN_KWH_OF_TABLES)
    assert result(text, zone).metrics.total_energy_kwh == 25


def test_a_table_with_a_device_in_each_column_is_none_of_days() -> None:
    days = TABLES["numbers"].replace(",1,", ",PV1,")
    clocks = (
        TABLES["numbers"].replace("2025-06-10", "2025-06-10 10:00").replace("2025-06-14", "2025-06-10 10:15")
    )

    assert "quantity of the interval" not in rejection(days).message + rejection(clocks).message


@pytest.mark.parametrize("count", [24, 96])
def test_a_day_with_an_hour_more_is_read_in_a_time_zone_and_else_a_question(count: int) -> None:
    """The clocks of Madrid show 02:00 twice on 26 October 2025; the hours of that day have 1 to 25 kWh."""
    part = count // 24
    names = [f"H{at}" for at in range(1, count + part + 1)]
    longer = [str((1 + at // part) / part) for at in range(count + part)]
    days = {"2025-10-25": longer[:count], "2025-10-26": longer, "2025-10-27": longer[:count]}
    rows = [";".join([day, *cells, *[""] * (count + part - len(cells))]) for day, cells in days.items()]
    text = "\n".join([";".join(["Fecha", *names]), *rows, "x"])
    channels = IN_KWH_OF_TABLES

    found = result(text, profile(site={"timezone": "Europe/Madrid"}, channels=channels))
    assert (found.records_processed, found.records_invalid) == (73 * part, 1)
    assert found.metrics.total_energy_kwh == pytest.approx(2 * 300 + 325)
    assert found.rejected_rows[0].line == 5
    assert found.metrics.peak_power_hour == "2025-10-26 23:00"
    assert rejection(text, profile(channels=channels)).code == "ambiguous_time"


@pytest.mark.crossed
@pytest.mark.parametrize("count", [24, 96])
@pytest.mark.parametrize("end", ["", ";"])
def test_a_day_with_an_hour_less_is_read_in_a_time_zone_and_else_a_question(count: int, end: str) -> None:
    """The clocks of Madrid leave out 02:00 on 30 March 2025: the hours of that day have 1 to 23 kWh."""
    part = count // 24
    values = [str((1 + at // part) / part) for at in range(count)]
    shorter = [*values[:-part], *[""] * part]
    days = {"2025-03-29": values, "2025-03-30": shorter, "2025-03-31": values[:-part] + ["0"] * part}
    rows = [";".join([day, *cells]) for day, cells in days.items()]
    text = "\n".join([";".join(["Fecha", *(f"H{at}" for at in range(1, count + 1))]), *rows, ""])
    text = text if end else text.replace(";" * part + "\n", "\n")  # the row has no empty cells at its end

    zone = {"timezone": "Europe/Madrid"}
    found = result(text, profile(site=zone, channels=IN_KWH_OF_TABLES))
    assert (found.records_processed, found.records_invalid) == (71 * part, 0)
    assert found.metrics.total_energy_kwh == pytest.approx(300 + 2 * 276)
    by_hour = {hour.start: hour.energy_kwh for hour in found.metrics.hours}
    assert [by_hour[f"2025-03-30 {hour:02}:00"] for hour in (0, 1, 3, 23)] == pytest.approx([1, 2, 3, 23])
    assert "has an hour less, in spring" in rejection(text, profile(channels=IN_KWH_OF_TABLES)).message


def test_a_day_below_times_of_a_clock_that_is_cut_short_has_no_hour_less() -> None:
    names = [f"{hour:02}:00" for hour in range(24)]
    days = {"2025-03-29": ["1"] * 24, "2025-03-30": [*["1"] * 23, ""]}
    text = "".join(";".join([day, *cells]) + "\n" for day, cells in {"Fecha": names, **days}.items())
    found = result(text, profile(channels=IN_KWH_OF_TABLES))
    assert (found.records_processed, found.metrics.period.end) == (47, "2025-03-30 22:00")
