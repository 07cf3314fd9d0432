"""Dates in the first row of a day alone, numbers of half hours and of days, and times since a start."""

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
    """Return a text with days, parts of days and times that have passed as times."""
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


PASSED = {
    "hours": ("00:50:00", "25:10:00"),
    "Python": ("0:50:00", '"1 day, 1:10:00"'),
    "pandas": ("0 days 00:50:00", "1 days 01:10:00"),
    "a letter": ("0d 00:50", "1d 01:10"),
    ".NET": ("00:50:00", "1.01:10:00"),
    "colons": ("0:00:50:00", "1:01:10:00"),
    "letters": ("0d 0h 50m 0s", "1d 1h 10m 0s"),
    "ISO 8601": ("PT50M", "P1DT1H10M0S"),
    "German": ("0 Tage 00:50:00", "1 Tag 01:10:00"),
}


@pytest.mark.parametrize(("one", "other"), PASSED.values(), ids=PASSED)
@pytest.mark.parametrize(
    "start", ["Start: 2025-06-14 06:00", "# Log started at 14.06.2025 06:00:00", "Begin;6/14/2025, 6:00 AM"]
)
def test_times_that_have_passed_count_from_the_start_above(start: str, one: str, other: str) -> None:
    begin = f"{start}\nElapsed,Power (W)\n"
    found = numbered(f"{begin}{one},5\n{other},6\n").removeprefix(begin).split("\n")
    assert [line.split(",")[0][:16] for line in found] == ["2025-06-14 06:50", "2025-06-15 07:10", ""]


@pytest.mark.parametrize(("one", "other"), PASSED.values(), ids=PASSED)
def test_without_a_start_they_become_seconds(one: str, other: str) -> None:
    assert numbered(f"Laufzeit;P\n{one};5\n{other};6\n") == "Laufzeit;P\n3000s;5\n90600s;6\n"


@pytest.mark.parametrize(
    ("name", "cells"),
    [("Time (s)", ("0", "300.5")), ("t [min]", ("5", "10.0083")), ("Elapsed (h)", ("0,5", "0,5834722"))],
)
def test_numbers_count_from_the_start_by_the_unit_of_their_name(name: str, cells: tuple[str, str]) -> None:
    text = f"Start time;2025-06-14T06:00:00Z\n{name};Power (W)\n{cells[0]};5\n{cells[1]};6\n"
    rows = numbered(text).splitlines()[2:]
    assert all(row.startswith("2025-06-14 06:") and "Z;" in row for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        "Start: 2025-06-14 06:00\nTime,P (W)\n00:00:00,5\n00:05:00,6\n",  # times of day
        "Start: 2025-06-14 06:00\nTime (h),P (W)\n6,5\n7,6\n",  # hours of the day
        "Time (s),P (W)\n0,5\n300,6\n",
        "Start: 2025-06-14 06:00\nTime,P (W)\n0,5\n300,6\n",  # of what unit
        "Start: 2025-06-14 06:00\nTime,Elapsed,P (W)\n2025-06-14 06:00,00:00:00,5\n",
        "Elapsed,P (W)\n00:50,5\n25:10,6\n",  # hours and minutes, or minutes and seconds
    ],
)
def test_other_times_and_numbers_stay(text: str) -> None:
    assert numbered(text) == text


def test_a_day_that_counts_from_its_start_is_read() -> None:
    rows = [f'"{at // 24} day, {at % 24}:00:00",{240}\n' for at in range(30)]
    found = result("Started 06/14/2025 18:00\nElapsed time,PV power (W)\n" + "".join(rows))
    assert found.metrics.total_energy_kwh == pytest.approx(7.2)
    assert (found.quality.period.start, found.quality.period.end) == (
        "2025-06-14 18:00:00",
        "2025-06-15 23:00:00",
    )


def test_without_a_start_the_lines_to_write_are_shown() -> None:
    found = rejection("Elapsed,Power (W)\n" + "".join(f"{at}:00:00,5\n" for at in range(30)))
    assert 'csv.time = "Elapsed"; csv.time_format = "UNIT since START' in found.message


@pytest.mark.parametrize("cell", ["{h:02}:{m:02}:00", "{h}h {m}m 0s", "0.{h:02}:{m:02}:00"])
def test_times_that_have_passed_count_in_seconds_whatever_a_profile_says(cell: str) -> None:
    """An hour of 240 W; in hours, the same cells would be a wrong time without a word."""
    text = "Elapsed,Power (W)\n" + "".join(
        cell.format(h=at // 12, m=at % 12 * 5) + ",240\n" for at in range(12)
    )
    found = result(text, profile(csv={"time": "Elapsed", "time_format": "seconds since 2025-06-14 10:30"}))
    assert found.metrics.total_energy_kwh == pytest.approx(0.24)
    refused = rejection(text, profile(csv={"time": "Elapsed", "time_format": "hours since 2025-06-14 10:30"}))
    assert "as hours since 2025-06-14 10:30: '0s'" in refused.message


def test_a_start_that_has_two_readings_is_none() -> None:
    found = rejection(
        "Start: 06/07/2025 06:00\nElapsed,P (W)\n" + "".join(f"{at}:00:00,5\n" for at in range(30))
    )
    assert "may count from a time" in found.message


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
    for step in steps_of_parts(text, f"{row}\n{row}\n".encode()):
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


@pytest.mark.parametrize("cell", ["9" * 400, "9" * 12, f"{'9' * 400}:10:00"])
def test_what_no_time_can_have_passed_stays(cell: str) -> None:
    text = f"Start: 2025-06-14 06:00\nElapsed (s),P (W)\n0,5\n300,6\n{cell},7\n"
    assert numbered(text).endswith(f"\n{cell},7\n")


@pytest.mark.parametrize("cell", ["9" * 400, "0", "300"])
def test_a_number_among_times_that_have_passed_stays(cell: str) -> None:
    text = f"Start: 2025-06-14 06:00\nElapsed,P (W)\n{cell},7\n00:05:00,5\n00:10:00,6\n"
    assert f"\n{cell},7\n2025-06-14 06:05:00,5\n" in numbered(text)
