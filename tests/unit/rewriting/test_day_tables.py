"""Tables with a day in each row: a column for each interval, or the records of NEM12."""

import pytest

from processing.model.rejection import Rejection
from tests.support.small_files import profile, rejection, result

HOURS = [f"{hour % 10}.5" for hour in range(24)]
"""Their sum is 24 · 0.5 + 45 + 45 + 6 = 108."""
IN_KWH = profile(
    channels={"energy": {"column": "quantity of the interval", "unit": "kWh", "kind": "interval"}}
)
OF_INTERVALS = profile(channels={"energy": {"kind": "interval"}})


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


def test_a_unit_in_the_names_needs_no_question_and_sums_and_numbers_of_devices_are_no_readings() -> None:
    lines = TABLES["hours"].replace(":00", ":00 (kWh)").splitlines()
    around = (("Meter", "Sum"), ("77", "9"), ("77", "9"))
    lines = [f"{first},{line},{last}" for (first, last), line in zip(around, lines, strict=True)]

    assert result("\n".join(lines) + "\n").metrics.total_energy_kwh == pytest.approx(216)


def test_a_day_with_an_hour_more_is_not_read_without_it() -> None:
    text = table([f"H{at}" for at in range(1, 26)]).replace("3.5\n", "3.5,\n", 1).replace("3.5\n", "3.5,7\n")
    found = result(text, IN_KWH)

    assert (found.records_processed, found.records_invalid, found.rejected_rows[0].line) == (24, 1, 3)


def nem12(unit: str, values: list[str], register: str = "E1", days: tuple[int, int] = (10, 11)) -> str:
    minutes = 1440 // len(values)
    head = f"200,6001234567,E1B1,{register},{register},N1,METER,{unit},{minutes},20250101\n"
    rows = "".join(f"300,202506{day},{','.join(values)},A,,,20250616,\n" for day in days)
    return f"{head}{rows}400,1,24,A,,\n500,O,S01,20250616,\n"


@pytest.mark.parametrize(("unit", "factor"), [("KWH", 1.0), ("WH", 0.001)])
def test_the_records_of_nem12_are_energies_of_intervals(unit: str, factor: float) -> None:
    text = (
        "100,NEM12,202506161200,MDP,RETAILER\n" + nem12(unit, HOURS) + nem12("KVARH", HOURS, "Q1") + "900\n"
    )
    found = result(text)

    assert found.metrics.total_energy_kwh == pytest.approx(216 * factor)
    assert (found.records_total, found.metrics.period.start) == (48, "2025-06-10T00:00")


def test_equal_energies_of_nem12_are_those_of_intervals_too() -> None:
    found = result("100,NEM12,202506161200,MDP,RETAILER\n" + nem12("WH", ["3333"] * 24) + "900\n")

    assert found.metrics.total_energy_kwh == pytest.approx(48 * 3.333)


def test_registers_of_nem12_are_offered() -> None:
    found = rejection(
        "100,NEM12,202506161200,MDP,RETAILER\n" + nem12("KWH", HOURS) + nem12("KWH", HOURS, "B1")
    )

    assert isinstance(found, Rejection)
    assert [(one.label, one.consequence[:30]) for one in found.candidates or []] == [
        ("E1", "48 rows of 2 days, 108 kWh a d"),
        ("B1", "48 rows of 2 days, 108 kWh a d"),
    ]


def test_a_table_with_a_device_in_each_column_is_none_of_days() -> None:
    days = TABLES["numbers"].replace(",1,", ",PV1,")
    clocks = (
        TABLES["numbers"].replace("2025-06-10", "2025-06-10 10:00").replace("2025-06-14", "2025-06-10 10:15")
    )

    assert "quantity of the interval" not in rejection(days).message + rejection(clocks).message


@pytest.mark.parametrize("is_finer_later", [True, False])
def test_a_meter_of_nem12_may_change_its_interval(is_finer_later: bool) -> None:  # noqa: FBT001 - a case
    halves = [f"{float(one) / 2}" for one in HOURS for _ in range(2)]
    first, later = (HOURS, halves) if is_finer_later else (halves, HOURS)
    text = "100,NEM12,202506161200,MDP,RETAILER\n" + nem12("KWH", first) + nem12("KWH", later, days=(12, 13))
    found = result(text, OF_INTERVALS)

    assert found.metrics.total_energy_kwh == pytest.approx(4 * 108)
    assert (found.records_processed, found.records_invalid) == (2 * 24 + 2 * 48, 0)
    assert (found.metrics.period.end or "")[:10] == "2025-06-13"


def test_a_day_of_nem12_that_was_cut_is_no_day() -> None:
    text = "100,NEM12,202506161200,MDP,RETAILER\n" + nem12("KWH", HOURS)
    found = result(text.replace(",9.5,", ",", 1).replace(",A,,,20250616,", "", 1), OF_INTERVALS)

    assert (found.records_processed, [one.line for one in found.rejected_rows]) == (24, [3])


@pytest.mark.parametrize("count", [24, 96])
def test_a_day_with_an_hour_more_is_read_in_a_time_zone_and_else_is_no_row(count: int) -> None:
    """The clocks of Madrid show 02:00 twice on 26 October 2025; the hours of that day have 1 to 25 kWh."""
    part = count // 24
    names = [f"H{at}" for at in range(1, count + part + 1)]
    longer = [str((1 + at // part) / part) for at in range(count + part)]
    days = {"2025-10-25": longer[:count], "2025-10-26": longer, "2025-10-27": longer[:count]}
    rows = [";".join([day, *cells, *[""] * (count + part - len(cells))]) for day, cells in days.items()]
    text = "\n".join([";".join(["Fecha", *names]), *rows, "x"])
    channels = {"energy": {"column": "quantity of the interval", "unit": "kWh", "kind": "interval"}}

    found = result(text, profile(site={"timezone": "Europe/Madrid"}, channels=channels))
    assert (found.records_processed, found.records_invalid) == (73 * part, 1)
    assert found.metrics.total_energy_kwh == pytest.approx(2 * 300 + 325)
    assert found.rejected_rows[0].line == 5
    assert found.metrics.peak_power_hour == "2025-10-26 23:00"
    unknown = result(text, profile(channels=channels))
    assert (unknown.records_processed, unknown.records_invalid) == (48 * part, 2)
