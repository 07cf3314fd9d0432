"""Dates in the first row of a day alone, numbers of half hours and of days."""

import pytest

from processing.rewriting.completed_times import steps_of_numbered, steps_of_parts, steps_of_periods
from processing.rewriting.times import steps_of_times
from tests.support.small_files import profile, rejection, result


@pytest.mark.parametrize("first", ["14.06.2025", '"2025-06-14"'])
def test_a_date_is_filled_in_below_the_first_row_of_its_day(first: str) -> None:
    blocks = [f"Datum;Zeit;W\n{first};0:00;1\n;0:30;2\n", ";12:00;3\n15.06.2025;0:00;4\n", ";0:30;5\n;;6\n"]
    (fill,) = steps_of_times("".join(blocks).encode(), "")
    for _ in range(2):  # a file may be read twice
        assert b"".join(fill(block.encode()) for block in blocks).decode() == (
            f"Datum;Zeit;W\n{first};0:00;1\n{first};0:30;2\n{first};12:00;3\n"
            "15.06.2025;0:00;4\n15.06.2025;0:30;5\n;;6\n"
        )


@pytest.mark.parametrize("first", ["230.5", "14.06.2025 0:00", "17"])
def test_other_cells_are_not_filled_in(first: str) -> None:
    assert steps_of_times(f"a;b;c\n{first};0:00;1\n;0:30;2\n;1:00;3\n".encode(), "") == []


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("SETTLEMENT_PERIOD", ["1", "2", "48", "49"]),
        ('"Settlement Period"', ['"1"', '"2"', '"48"', '"49"']),
    ],
)
def test_the_numbers_of_settlement_periods_become_times_of_day(name: str, cells: list[str]) -> None:
    text = f"Site,Day,{name},kW\n" + "".join(f'"7, High St",2025-06-14,{cell},1\n' for cell in cells)
    (step,) = steps_of_periods(text.encode())
    found = [line.rsplit(",", 2)[1] for line in step(text.encode()).decode().splitlines()[1:]]
    assert [cell.strip('"') for cell in found] == ["00:00", "00:30", "23:30", "49"]
    assert steps_of_periods(b"Day,Period,kW\n2025-06-14,1,1\n") == []


def test_a_file_with_settlement_periods_is_read() -> None:
    rows = [f"{day}/06/2025,{period},2\n" for day in (14, 15) for period in range(1, 49)]
    found = result("Settlement Date,Settlement Period,Solar (kW)\n" + "".join(rows)).metrics
    assert (found.total_energy_kwh, found.interval_seconds) == (96, 1800)


def numbered(text: str) -> str:
    """Return a text with days and parts of days as times."""
    block = text.encode()
    for step in steps_of_numbered(block):
        block = step(block)
    return block.decode()


@pytest.mark.parametrize(
    ("names", "row", "wanted"),
    [
        ("Date,Time,W", "45822,0.003472222,5", "2025-06-14,00:05:00,5"),
        ("Date,Time,W", "45822.0,0.5,2025.6", "2025-06-14,12:00:00,2025.6"),
        ("Datum;Zeit;W", "45822;0,003472222;5,5", "2025-06-14;00:05:00;5,5"),
        ("Datum;Zeit;W", "45822;3,47222E-03;5,5", "2025-06-14;00:05:00;5,5"),
        ("Date\tTime\tW", '"45822"\t"1:05 PM"\t5', '"2025-06-14"\t"1:05 PM"\t5'),
        ("Date,Time,W", "45822,0,0.0", "2025-06-14,00:00:00,0.0"),
        ("Energy,Share,W", "45822,0.5,5", "45822,0.5,5"),
        ("Date,W,V", "45822,5.5,5", "45822,5.5,5"),
        ("Date,W", "45822.5,0", "45822.5,0"),
    ],
)
def test_days_of_a_spreadsheet_beside_times_become_dates(names: str, row: str, wanted: str) -> None:
    assert numbered(f"{names}\n{row}\n{row}\n") == f"{names}\n{wanted}\n{wanted}\n"


@pytest.mark.parametrize(
    ("names", "row", "wanted"),
    [
        ("Date,Hour,kWh", "2025-06-10,HE01,5", "2025-06-10,01,5"),
        ("Date;Hour;kWh", '10.06.2025;"H 1";5', '10.06.2025;"1";5'),
        ("Time,kWh", "6/10/2025 HE 24,5", "6/10/2025 24,5"),
        ("Monat;kWh", "6.2025;103", "2025-06;103"),
        ("Month,kWh", '"12.2024",103', '"2024-12",103'),
        ("Year,Week,kWh", "2025,4,103", "2025-W04-1,4,103"),
        ("Jahr;KW;kWh", "2025;24;103", "2025-W24-1;24;103"),
        ("P;kWh", "12.25;5", "12.25;5"),
        ("t,Hall,kWh", "2025-06-10,Hall 7,5", "2025-06-10,Hall 7,5"),
    ],
)
def test_parts_of_times_become_what_is_usual(names: str, row: str, wanted: str) -> None:
    text = f"{names}\n{row}\n{row}\n".encode()
    for step in steps_of_parts(text, f"{row}\n{row}\n".encode(), lambda: None):
        text = step(text)
    assert text.decode().split("\n")[1:] == [wanted, wanted, ""]


@pytest.mark.parametrize(
    ("names", "row", "step"),
    [
        ("Year,Week,PV energy (kWh)", "2025,{},{}", 604_800),
        ("Jahr;Woche;Erzeugung (kWh)", "2025;{};{}", 604_800),
        ("Monat;PV (kWh)", "{:02}.2025;{}", None),
    ],
)
def test_totals_of_weeks_and_months_are_read(names: str, row: str, step: int | None) -> None:
    found = result("\n".join([names, *(row.format(at, 6 + at % 2) for at in range(1, 11)), ""]))
    assert found.metrics.total_energy_kwh == pytest.approx(65)
    assert step in (None, found.quality.period.interval_seconds)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("week,energy (kWh)", "{},{}"),
        ("KW;Ertrag (kWh)", "KW {};{}"),
        ('"Semaine";"Production (kWh)"', '"{}";"{}"'),
    ],
)
def test_weeks_take_the_year_from_the_name_of_the_file(header: str, row: str) -> None:
    text = "\n".join([header, *(row.format(week, 10 + week) for week in range(1, 53)), ""])
    assert "the name of the file has none for its weeks" in rejection(text).message
    found = result(text, profile(channels={"energy": {"kind": "interval"}}), b"yield_2025.csv")
    assert found.metrics.total_energy_kwh == 52 * 10 + 52 * 53 / 2
    assert (found.metrics.period.start or "")[:10] == "2024-12-30"  # the Monday of the first week


def test_weeks_beside_dates_are_no_times() -> None:
    rows = "".join(f"{at // 24},2025-03-01 {at % 24:02}:00,{at}\n" for at in range(10, 20))
    assert result(f"week,date,PV power (W)\n{rows}").records_processed == 10


def test_weeks_that_begin_again_are_of_several_years() -> None:
    rows = "".join(f"{week},{week}\n" for week in (51, 52, 1, 2))
    assert rejection(f"week,energy (kWh)\n{rows}", name=b"yield_2025.csv").code == "missing_columns"
