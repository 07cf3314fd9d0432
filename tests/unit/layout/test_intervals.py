"""Columns of the ends of intervals, and of dates and times of day that belong together."""

import pytest

from processing.head.header_cells import Header, HeaderCell
from processing.layout.intervals import (
    date_and_clock,
    directives_of,
    ends_of_intervals,
    has_parts,
    places_of_parts,
)
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
        (
            ("started_at", "ended_at", "x"),
            [[f"1/1/2025 {at}:00", f"1/1/2025 {at}:59", "5"] for at in range(5)],
        ),
        (("from", "to", "x"), [[f"1/1/2025 {at}:30:00", f"1/1/2025 {at}:44:59", "5"] for at in range(5)]),
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
    hours = [["06/14/2025", hour] for hour in ("12 AM", "1 AM", "2 AM", "11 AM", "12 PM", "1 PM")]
    assert date_and_clock((0, 1), hours) == (0, 1)


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


PARTS = {
    "padded": (("YEAR", "MONTH", "DAY", "HOUR", "MIN"), ["2025", "06", "09", "00", "05"], "%Y %m %d %H %M"),
    "NASA": (("YEAR", "MO", "DY", "HR", "x"), ["2025", "6", "9", "23", "7"], "%Y %m %d %H"),
    "German": (("Jahr", "Monate", "Tag", "Stunde", "Minute", "Sekunde"), ["2025", "6", "9", "1", "5", "0"],
               "%Y %m %d %H %M %S"),
    "day of the year": (("Year", "DOY", "Hour", "Minute"), ["2025", "160", "1", "5"], "%Y %j %H %M"),
    "hours and minutes": (("Year", "Day of Year", "HHMM", "x"), ["2025", "160", "105", "7"], "%Y %j %H%M"),
    "an hour of an interval": (("Year", "Month", "Day", "First.Hour.of.Period"), ["2025", "6", "9", "13"],
                               "%Y %m %d %H"),
    "hours of sunshine": (("Year", "Month", "Day", "Sunny hour"), ["2025", "6", "9", "13"], "%Y %m %d"),
    "two digits": (("YY", "MM", "x"), ["25", "6", "7"], ""),
    "year of two digits": (("Year", "Month", "Day", "x"), ["25", "6", "9", "7"], "%y %m %d"),
    "months": (("Usage", "Month", "Year"), ["165", "6", "2025"], "%Y %m"),
    "months and dates": (("Year", "Month", "date", "x"), ["2025", "6", "09.06.2025", "7"], ""),
    "months and hours": (("Year", "Month", "Hour", "x"), ["2025", "6", "13", "7"], ""),
    "names of months": (("Year", "Month", "Day", "x"), ["2025", "Jun", "9", "7"], "%Y %b %d"),
    "months by name": (("Année", "Mois", "x"), ["2025", "juin", "7"], "%Y %b"),
    "a clock": (("Year", "Month", "Day", "Time", "x"), ["2025", "6", "9", "01:05", "7"], "%Y %m %d "),
    "a date": (("Date", "Hour", "x"), ["09.06.2025", "13", "7"], " %H"),
    "letters": (("YY", "MM", "DD", "hh", "mm", "ss", "x"), ["25", "06", "09", "01", "05", "00", "7"],
                "%y %m %d %H %M %S"),
    "single letters": (("d", "m", "y", "h", "m", "x"), ["9", "6", "2025", "1", "5", "7"], "%Y %m %d %H %M"),
    "letters of a database": (("YYYY", "MM", "DD", "HH", "MI", "x"), ["2025", "6", "9", "1", "5", "7"],
                              "%Y %m %d %H %M"),
    "letters that no time has": (("D", "H", "M", "S"), ["9", "1", "5", "0"], ""),
    "short": (("Jahr", "Monat", "Tag", "Std", "Min", "x"), ["2025", "6", "9", "1", "5", "7"],
              "%Y %m %d %H %M"),
    "a day above 31": (("Yr", "Day", "Hr", "Mn", "x"), ["2025", "160", "1", "5", "7"], "%Y %j %H %M"),
    "in order": (("Minute", "Hour", "Day", "Month", "Year", "x"), ["5", "1", "9", "6", "2025", "7"],
                 "%Y %m %d %H %M"),
}  # fmt: skip


@pytest.mark.parametrize(("names", "row", "wanted"), PARTS.values(), ids=PARTS)
def test_columns_of_the_parts_of_a_time_are_known(
    names: tuple[str, ...], row: list[str], wanted: str
) -> None:
    cells = header(*names)
    places = places_of_parts(cells, [row])
    assert " ".join(directives_of(cells, places, [row])) == wanted


@pytest.mark.parametrize(
    ("names", "row"),
    [
        (("timestamp", "Year", "Month", "Day"), ["2025-06-09 12:00", "2025", "6", "9"]),  # a full time
        (("Year", "Month", "Day", "x"), ["2025", "13", "9", "7"]),  # no month
        (("Year", "Month", "Day", "x"), ["2025", "Jun", "Mon", "7"]),
        (("Year", "Month", "Day", "Day"), ["2025", "6", "9", "160"]),  # which one
        (("Date", "Time", "Hour"), ["2025-06-09", "12:05", "12"]),  # a clock of its own
        (("Date", "Hour"), ["2025-06-09", "12.5"]),  # hours of sunshine
        (("Date", "Min", "Max"), ["2025-06-09", "12", "25"]),
        (("Month", "Hour", "x"), ["6", "12", "7"]),
    ],
)
def test_columns_that_only_have_such_names_are_no_time(names: tuple[str, ...], row: list[str]) -> None:
    assert places_of_parts(header(*names), [row]) == ()


def test_a_header_with_a_year_and_a_day_has_a_time() -> None:
    assert has_parts(header("Year", "DOY", "x"))
    assert not has_parts(header("Year", "Day", "x"))
