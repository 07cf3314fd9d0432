"""Tables with a time in the name of each column, and with a row for each year or quarter."""

from calendar import monthrange

import pytest

from processing.rewriting.pivots import turned_table_of
from tests.support.small_files import chosen, profile, rejection, result

MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
BY_MONTH = "".join(f"{name};{100 + at};{200 + at};{300 + 2 * at}\n" for at, name in enumerate(MONTHS))
BY_YEAR = "".join(f"{2022 + at};" + ";".join(map(str, range(100, 112))) + f";{1266 + at}\n" for at in (1, 2))
BY_HOUR = "".join(f"{at}:00,{at / 10},{at / 20}\n" for at in range(24))
INTERVALS = {"energy": {"column": "quantity of the interval", "unit": "kWh", "kind": "interval"}}


@pytest.mark.parametrize(
    ("text", "energy", "count", "start"),
    [
        (
            f"Haus 7\nMonat;2023 (kWh);2024 (kWh);Summe\n{BY_MONTH}Summe;1266;2466;3732\n",
            3732,
            24,
            "2023-01-01",
        ),
        (f";{';'.join(MONTHS)};Gesamt\n{BY_YEAR}", 2532, 24, "2023-01-01"),
        (f"Hour,2025-06-14,2025-06-15\n{BY_HOUR}", 41.4, 48, "2025-06-14"),
    ],
    ids=["years over months", "months over years", "days over hours"],
)
def test_each_cell_is_a_row(text: str, energy: float, count: int, start: str) -> None:
    stated = "quantity of the interval (kWh)" if "kWh" in text else "quantity of the interval"
    found = result(text, profile(channels={"energy": INTERVALS["energy"] | {"column": stated}}))
    assert found.metrics.total_energy_kwh == pytest.approx(energy)
    assert (found.records_processed, found.records_invalid) == (count, 0)
    assert str(found.metrics.period.start).startswith(start)


@pytest.mark.parametrize(
    ("text", "energy", "start"),
    [
        ("Quarter,Energy (kWh)\n2024-Q1,630\n2024-Q2,1630\n2024-Q3,1520\n2024-Q4,450\n", 4230, "2024-01-01"),
        ("Quartal;kWh\n3. Quartal 2024;630\n4. Quartal 2024;1630\n1. Quartal 2025;450\n", 2710, "2024-07-01"),
        ("quarter,kWh\n2024 quarter 3,630\n2024 quarter 4,1630\n2025 quarter 1,450\n", 2710, "2024-07-01"),
        ("t,PV (kWh)\nthird quarter of 2024,6\nfourth quarter of 2024,5\n", 11, "2024-07-01"),
        ("t;PV (kWh)\n1er trimestre 2024;6\n2e trimestre 2024;5\n", 11, "2024-01-01"),
        ("Quartal;Ertrag (kWh)\nQ3 2024;630\nQ4 2024;1630\nQ1 2025;450\n", 2710, "2024-07-01"),
        ("Year,Energy (kWh)\n2015,4066\n2016,4000\n2017,4011\n2018,4022\n", 16099, "2015-01-01"),
        ('"Jahr";"Ertrag (kWh)"\n"2024";"4066"\n"2023";"4000"\n"2022";"4811"\n', 12877, "2022-01-01"),
    ],
)
def test_a_year_or_a_quarter_is_its_first_day(text: str, energy: float, start: str) -> None:
    found = result(text, profile(channels={"energy": {"kind": "interval"}}))
    assert (found.metrics.total_energy_kwh, found.records_invalid) == (energy, 0)
    assert str(found.metrics.period.start).startswith(start)


DAYS = [(month, day) for month in range(1, 13) for day in range(1, monthrange(2024, month)[1] + 1)]


@pytest.mark.crossed
@pytest.mark.parametrize(
    "months", [MONTHS, [str(at) for at in range(1, 13)], [f"{at:02}" for at in range(1, 13)]]
)
@pytest.mark.parametrize("total", ["", ";Summe"])
@pytest.mark.parametrize("corner", ["Jahr (kWh)", "kWh"])
def test_the_name_above_the_years_may_have_the_unit(months: list[str], total: str, corner: str) -> None:
    rows = BY_YEAR if total else "".join(f"{row.rpartition(';')[0]}\n" for row in BY_YEAR.splitlines())
    text = f"{corner};{';'.join(months)}{total}\n{rows}"
    found = result(text, profile(channels={"energy": {"kind": "interval"}}))
    assert (found.metrics.total_energy_kwh, found.records_processed) == (2532, 24)


def test_each_month_may_have_the_unit() -> None:
    text = f"Year;{';'.join(f'{name} (kWh)' for name in MONTHS)};Total (kWh)\n{BY_YEAR}"
    found = result(text, profile(channels={"energy": {"kind": "interval"}}))
    assert (found.metrics.total_energy_kwh, found.records_processed) == (2532, 24)


def test_months_may_be_numbers_below_the_years() -> None:
    rows = "".join(f"{at + 1};{100 + at};{200 + at}\n" for at in range(12))
    found = result(f"Month;2023 (kWh);2024 (kWh)\n{rows}", profile(channels={"energy": {"kind": "interval"}}))
    assert (found.metrics.total_energy_kwh, found.records_processed) == (1266 + 2466, 24)


@pytest.mark.crossed
@pytest.mark.parametrize("months", [MONTHS, [str(at) for at in range(1, 13)]])
@pytest.mark.parametrize("last", ["", "Total"])
def test_days_below_months_have_the_year_of_a_title(months: list[str], last: str) -> None:
    """Each day has its month and a hundredth of its day."""
    cells = dict.fromkeys(DAYS, "")
    cells |= {(month, day): f"{month}.{day:02}" for month, day in DAYS}
    rows = [
        ",".join([str(day), *(cells.get((month, day), "") for month in range(1, 13))]) for day in range(1, 32)
    ]
    rows += [f"{last},{','.join(['99'] * 12)}"] if last else []
    table = "\n".join([f"Day,{','.join(months)}", *rows, ""])
    found = result(f"Energy of 2024 (kWh)\n{table}", profile(channels=INTERVALS))
    assert (found.records_processed, found.records_invalid) == (366, 0)
    assert found.metrics.total_energy_kwh == pytest.approx(sum(month + day / 100 for month, day in DAYS))
    assert rejection(f"Energy of 2023 and 2024\n{table}").code == "ambiguous_time"


@pytest.mark.parametrize(
    ("name", "year"),
    [("yield_2024.csv", None), ("2024/roof.csv", None), ("yield.csv", 2024), ("yield.csv", None)],
)
def test_days_below_months_take_the_year_from_the_name_or_the_profile(name: str, year: int | None) -> None:
    rows = (",".join([str(day), *(str(month + day) for month in range(1, 13))]) for day in range(1, 29))
    text = "\n".join([",".join(["Day", *MONTHS]), *rows, ""])
    keys = profile(csv={"year": year} if year else {}, channels=INTERVALS)
    if name == "yield.csv" and year is None:
        assert "neither a line above the table nor the name of the file has one" in rejection(text).message
    else:
        found = result(text, keys, name.encode())
        assert found.metrics.total_energy_kwh == 28 * 78 + 12 * 406
        assert found.metrics.period.end == "2024-12-28T00:00"


def test_eleven_numbers_are_no_months() -> None:
    rows = "".join(f"{2022 + at};" + ";".join(map(str, range(100, 111))) + "\n" for at in (1, 2))
    text = f"Jahr (kWh);{';'.join(str(at) for at in range(1, 12))}\n{rows}"
    assert "quantity of the interval" not in rejection(text).message


def test_numbers_that_may_be_years_are_none_without_a_name() -> None:
    rows = "".join(f"{2001 + at};2025-06-10 {at:02}:00;{at % 5}\n" for at in range(24))
    assert str(result("entry_id;time;Generated (W)\n" + rows).metrics.period.start) == "2025-06-10 00:00"
    assert rejection("Count;Energy (kWh)\n2001;4\n2002;5\n2003;4\n").code == "missing_columns"


SUN = [0, 0.25, 1.5, 2.75, 0.5, 0]
SIDE = "entity_id,type,unit," + ",".join(f"2025-06-14T{9 + at:02}:00:00.000Z" for at in range(len(SUN)))


def row_of(name: str, *cells: object) -> str:
    return "\n" + ",".join(map(str, (name, *cells)))


@pytest.mark.parametrize(
    ("title", "name", "unit"),
    [("entity_id,type,unit", "sensor.pv,solar_production,kWh", 1), ("", "PV (W)", 1000)],
)
def test_a_table_on_its_side_is_turned_round(title: str, name: str, unit: int) -> None:
    text = SIDE.replace("entity_id,type,unit", title) + row_of(name, *SUN) + "\n"
    found = result(text)
    assert found.metrics.total_energy_kwh == pytest.approx(5 / unit)
    assert (found.metrics.period.start, found.records_total) == ("2025-06-14T09:00:00.000Z", 6)


def test_rows_of_other_quantities_in_a_table_on_its_side_become_columns() -> None:
    rows = row_of("sensor.grid", "grid_consumption", "kWh", *SUN[::-1]) + row_of("", "grid_cost", "EUR", 0.1)
    found = result(SIDE + rows + row_of("sensor.pv", "solar_production", "kWh", *SUN) + "\n")
    assert found.metrics.total_energy_kwh == 5
    assert found.profile.columns["energy"].column == "solar_production (kWh)"


def test_rows_of_one_name_in_a_table_on_its_side_are_numbered() -> None:
    rows = [row_of(f"sensor.{name}", "solar_production", "kWh", *SUN) for name in ("roof", "garage")]
    first, *_ = rejection(SIDE + "".join(rows) + "\n").candidates or []
    assert first.label == "energy: solar_production 1 (kWh) + solar_production 2 (kWh)"
    assert result(SIDE + "".join(rows) + "\n", chosen(first)).metrics.total_energy_kwh == 10


def test_a_table_whose_rows_lack_nearly_all_cells_is_not_turned_round() -> None:
    times = [
        f"2025-06-{day:02} {hour:02}:{minute:02}"
        for day in (1, 2)
        for hour in range(24)
        for minute in range(30)
    ]
    head = f"name,{','.join(times)}\n".encode()
    assert turned_table_of(head + b"power,1\n" * 50) is not None
    assert turned_table_of(head + b"power,1\n" * 5000) is None
