"""Columns of the ends of intervals, and of dates and times of day that belong together."""

import pytest

from processing.layout.header_cells import Header, HeaderCell
from processing.layout.intervals import date_and_clock, ends_of_intervals
from tests.support.small_files import result


def header(*names: str) -> Header:
    return tuple(HeaderCell((name,)) for name in names)


def hours(begin: str, end: str, count: int = 5) -> list[list[str]]:
    """Return rows of hours, each with a beginning and an end in this form, and a value."""
    return [[begin.format(hour), end.format(hour + 1), "5"] for hour in range(8, 8 + count)]


DAY = "2025-06-10 {:02d}:00"


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (("Start", "End", "x"), hours(DAY, DAY)),
        (("IntervalStart", "IntervalEnd", "x"), hours(DAY, DAY)),
        (("Vanaf", "Tot", "x"), hours(DAY, DAY)[::-1]),
        (("Cas od", "Cas do", "x"), hours("{}:00", "{:02d}:00")),
        (("from", "to", "x"), [row for row in hours(DAY, DAY) for _ in range(2)]),
        (("Von", "Bis", "x"), hours(DAY, DAY, 4) + hours("2025-06-11 {:02d}:00", "2025-06-11 {:02d}:00", 4)),
    ],
)
def test_a_column_of_ends_is_known_by_its_name_and_by_the_next_beginnings(
    names: tuple[str, ...], rows: list[list[str]]
) -> None:
    assert ends_of_intervals(header(*names), rows) == {1}


def test_dates_and_times_of_day_of_beginnings_and_ends_are_joined() -> None:
    names = header("Until (time)", "From (date)", "From (time)", "Until (date)")
    rows = [[f"{hour + 1:02d}:00", "10/06/2025", f"{hour:02d}:00", "10/06/2025"] for hour in range(5)]
    assert ends_of_intervals(names, rows) == {0, 3}


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (("time utc", "time local", "x"), hours(DAY, DAY)),
        (("created", "updated", "x"), hours(DAY, DAY)),
        (("On time", "Off time", "x"), hours(DAY, DAY)),
        (("Start", "End", "x"), hours(DAY, "2025-06-10 {:02d}:20")),
        (("Start", "Sensor end", "x"), hours(DAY, DAY)),
        (("Start", "End", "x"), [[str(value), str(value + 1), "5"] for value in range(5)]),
        (("Start", "End", "x"), []),
    ],
)
def test_other_times_are_no_ends(names: tuple[str, ...], rows: list[list[str]]) -> None:
    assert ends_of_intervals(header(*names), rows) == frozenset()


def test_a_date_with_several_rows_is_joined_with_their_times_of_day() -> None:
    rows = [["5", f"{day}.6.2025", f"{hour}:00"] for day in (10, 11) for hour in range(8, 12)]
    assert date_and_clock((1, 2), rows) == (1, 2)
    assert date_and_clock((1, 2), rows[::-1]) == (1, 2)


@pytest.mark.parametrize(
    "rows",
    [
        [[f"{day}.6.2025", f"{day}:{day}0"] for day in range(2, 6)],
        [["10.6.2025", clock] for clock in ("12:10", "11:50", "12:30", "12:05")],
        [["10.6.2025", "12:10"]],
        [["10.6.2025 12:00", "12:10"], ["10.6.2025 12:05", "12:15"]],
        [],
    ],
)
def test_the_time_of_a_peak_is_not_joined(rows: list[list[str]]) -> None:
    assert date_and_clock((0, 1), rows) == ()


def test_of_two_columns_of_times_of_day_none_is_joined() -> None:
    rows = [["10.6.2025", f"{hour}:00", f"{hour}:30"] for hour in range(10, 15)]
    assert date_and_clock((0, 1, 2), rows) == ()


def test_a_file_with_beginnings_and_ends_is_read_by_its_beginnings() -> None:
    rows = "".join(
        f"2025-06-10 {hour:02d}:00,2025-06-10 {hour + 1:02d}:00,0.{hour % 2 + 1}\n" for hour in range(8, 14)
    )
    found = result(f"Start,End,Consumption (kWh)\n{rows}")
    assert found.profile.time_columns == ["Start"]
    assert found.metrics.total_energy_kwh == pytest.approx(0.9)
    assert (found.quality.period.start, found.quality.period.interval_seconds) == ("2025-06-10 08:00", 3600)


def test_a_file_with_dates_and_times_of_beginnings_and_ends_is_read() -> None:
    rows = "".join(f"10.06.2025;{hour:02d}:00;{hour + 1:02d}:00;0,{hour % 2 + 1}\n" for hour in range(8, 14))
    found = result(f"Datum;Cas od;Cas do;Einspeisung (kWh)\n{rows}")
    assert found.profile.time_columns == ["Datum", "Cas od"]
    assert found.metrics.total_energy_kwh == pytest.approx(0.9)
