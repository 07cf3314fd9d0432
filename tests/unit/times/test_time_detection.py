from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from processing.times.time_detection import TimeDetector

NOON = datetime(2025, 6, 10, 12)  # noqa: DTZ001


def formats_of(*blocks: list[str], least: float = 0.5) -> list[str]:
    detector = TimeDetector()
    for block in blocks:
        detector.add(block)
    return [one.name for one in detector.formats(least)]


def stamps(name: str, start: datetime = NOON, rows: int = 12, minutes: int = 5) -> list[str]:
    return [(start + timedelta(minutes=minutes * row)).strftime(name) for row in range(rows)]


def test_hours_up_to_23_may_have_am_and_pm() -> None:
    day = [f"13/06/2025 {at // 4}:{at % 4 * 15:02} {'AP'[at >= 48]}M" for at in range(96)]
    usual = stamps("%d/%m/%Y %I:%M %p", datetime(2025, 6, 13), rows=96, minutes=15)  # noqa: DTZ001
    assert formats_of(day) == ["%d/%m/%Y %H:%M %p"]
    assert formats_of(usual) == formats_of(usual[4:44]) == ["%d/%m/%Y %I:%M %p"]
    assert formats_of([*usual[:60], "13/06/2025 15:00 PM", *usual[60:]]) == ["%d/%m/%Y %I:%M %p"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("%Y-%m-%dT%H:%M:%S", "iso"),
        ("%Y-%m-%d %H:%M UTC", "iso"),
        ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S"),
        ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M"),
        ("%d.%m.%y %H:%M:%S", "%d.%m.%y %H:%M:%S"),
        ("%Y%m%d-%H%M%S", "%Y%m%d-%H%M%S"),
        ("%Y%m%d%H%M%S", "%Y%m%d%H%M%S"),
        ("%d-%b-%Y %H:%M", "%d-%b-%Y %H:%M"),
        ("%B %d, %Y %I:%M %p", "%B %d, %Y %I:%M %p"),
        ("%H:%M:%S", "%H:%M:%S"),
        ("%s", "epoch"),
        ("%s000", "epoch_ms"),
    ],
)
def test_one_format_is_found(name: str, found: str) -> None:
    assert formats_of(stamps(name)) == [found]


@pytest.mark.parametrize("mark", ["/", "-"])
@pytest.mark.parametrize("clock", ["%H:%M", "%I:%M:%S %p"])
def test_day_and_month_may_be_either(mark: str, clock: str) -> None:
    day, month = f"%d{mark}%m{mark}%Y {clock}", f"%m{mark}%d{mark}%Y {clock}"
    assert formats_of(stamps(day)) == [day, month]
    assert formats_of(stamps(month)) == [day, month]


def test_a_day_over_12_decides_wherever_it_stands() -> None:
    name = "%m/%d/%Y %H:%M"
    first, last = stamps(name, datetime(2025, 6, 12), 288), stamps(name, datetime(2025, 6, 13), 1)  # noqa: DTZ001
    assert formats_of(first, last) == [name]
    assert formats_of(last, first) == [name]
    assert formats_of([*first, *last]) == [name]


def test_dates_that_ascend_in_one_reading_decide() -> None:
    # the first of December to the second of January, or the twelfth of January to the first of February
    assert formats_of(["01/12/2025 12:00", "02/01/2025 12:00"]) == ["%m/%d/%Y %H:%M"]
    assert formats_of(["12/01/2025 12:00", "01/02/2025 12:00"]) == ["%d/%m/%Y %H:%M"]
    assert formats_of(["06/07/2025 12:00"], ["07/08/2025 12:00"]) == ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]
    assert len(formats_of(["08/07/2025 12:00"], ["07/05/2025 12:00"])) == 2


def test_the_hour_that_comes_twice_in_autumn_is_no_fall_of_the_dates() -> None:
    assert formats_of(["01/12/2025 03:00", "01/12/2025 02:00", "02/01/2025 02:00"]) == ["%m/%d/%Y %H:%M"]


def test_a_few_broken_cells_decide_nothing() -> None:
    cells = stamps("%d.%m.%Y %H:%M", rows=100)
    cells[7], cells[50], cells[51] = "Total", "06.13.2025 12:00", ""
    assert formats_of(cells) == ["%d.%m.%Y %H:%M"]


def test_one_day_over_12_against_the_order_of_the_dates_is_a_question() -> None:
    cells = stamps("%d/%m/%Y %H:%M", rows=288)
    cells[100] = "10/13/2025 20:20"
    assert len(formats_of(cells)) == 2
    cells[100:] = stamps("%d/%m/%Y %H:%M", datetime(2025, 6, 13), 188)  # noqa: DTZ001
    assert formats_of(cells) == ["%d/%m/%Y %H:%M"]


def test_another_format_in_few_rows_is_broken() -> None:
    assert formats_of(stamps("%d.%m.%Y %H:%M", rows=90), stamps("%Y-%m-%d %H:%M", rows=10)) == [
        "%d.%m.%Y %H:%M"
    ]
    assert formats_of(stamps("%d.%m.%Y %H:%M", rows=10), stamps("%Y-%m-%d %H:%M", rows=90)) == ["iso"]


@pytest.mark.parametrize(
    "cells",
    [
        ["02.01.00 00.00.00", "01.01.00 12.00.00", "03.01.00 01.00.00"],
        ["01.01.00 01.01.02", "02.02.00 01.01.02", "01.02.00 12.01.01", "01.01.00 12.01.01"],
        ["10.06.21 10.05.21", "09.06.21 10.10.21", "11.06.21 09.05.21"],
    ],
)
def test_with_points_everywhere_the_date_comes_first_and_begins_with_the_day(cells: list[str]) -> None:
    assert formats_of(cells) == ["%d.%m.%y %H.%M.%S"]


def test_points_have_the_day_first_unless_that_is_impossible() -> None:
    assert formats_of(stamps("%m.%d.%Y", datetime(2025, 6, 1), 20, 1440)) == ["%m.%d.%Y"]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["01.02.2025 10:00", "02.02.2025 10:00"], ["%d.%m.%Y %H:%M"]),
        (["01.02.2025 10:00", "02.13.2025 10:00"], ["%m.%d.%Y %H:%M"]),
        (["10.00 01.02.2025", "10.00 02.02.2025"], ["%H.%M %d.%m.%Y", "%H.%M %m.%d.%Y"]),
        (["25.01.02 10:00", "25.01.03 10:00"], ["%d.%m.%y %H:%M"]),
        (["12/02/2025 10:00", "13/02/2025 10:00"], ["%d/%m/%Y %H:%M"]),
    ],
)
def test_a_sample_is_read_as_all_cells_are(cells: list[str], found: list[str]) -> None:
    detector = TimeDetector()
    detector.add_sample(cells)
    assert [one.name for one in detector.formats()] == found == formats_of(cells)
    assert not detector.has_open_dates


@pytest.mark.parametrize("cells", [["11/02/2025", "12/02/2025", "13/02/2025"], ["1-2-2025 9:00"]])
def test_a_sample_leaves_the_order_of_day_and_month_to_all_cells(cells: list[str]) -> None:
    detector = TimeDetector()
    detector.add_sample(cells)
    assert detector.has_open_dates
    detector.forget()
    detector.add(cells)
    assert [one.name for one in detector.formats()] == formats_of(cells)


def test_a_short_year_may_stand_at_either_end() -> None:
    assert formats_of(["06/10/25 12:00"]) == ["%d/%m/%y %H:%M", "%m/%d/%y %H:%M", "%y/%m/%d %H:%M"]
    assert formats_of(["25-06-10 12:00", "25-06-11 12:00"]) == ["%y-%m-%d %H:%M", "%d-%m-%y %H:%M"]
    assert formats_of(["25-06-30 12:00", "25-07-01 12:00", "25-07-31 12:00"]) == ["%y-%m-%d %H:%M"]


def test_digits_that_are_a_date_or_seconds() -> None:
    assert formats_of([str(1_712_101_200 + 300 * row) for row in range(12)]) == ["epoch"]
    assert formats_of(["2506101200", "2506101205"]) == ["epoch", "%y%m%d%H%M"]


def test_seconds_zeros_and_fractions_may_come_late() -> None:
    assert formats_of(["9.6.2025 9:05"], ["10.06.2025 10:05:30"], ["10.06.2025 10:05:30,5"]) == [
        "%d.%m.%Y %H:%M"
    ]


def test_nothing_is_found_in_what_is_no_time() -> None:
    assert formats_of(["24.1", "24.2"], []) == []
    assert formats_of([]) == formats_of(["", ""]) == []
    assert formats_of(["x"] * 3 + stamps("%H:%M", rows=2)) == []
    assert formats_of(["x"] * 3 + stamps("%H:%M", rows=2), least=0.3) == ["%H:%M"]


def test_cells_without_sense_take_bounded_time() -> None:
    hostile = [
        ["9" * 65_000] * 100,
        ["1/" * 32_000] * 100,
        [" " * 60_000 + "x"] * 100,
        [f"{'٣' * (row % 20)}/{'x' * (row % 37)}:{'-' * (row % 41)}" for row in range(20_000)],
        [f"{row % 40:02}/{row % 30:02}/{row % 100:02} {row % 30}:{row % 70}" for row in range(20_000)],
        ["1:" * 30] * 20_000,
        ["a " * 30] * 20_000,
    ]
    started = time.process_time()
    detector = TimeDetector()
    for block in hostile:
        detector.add(block)
    detector.formats()
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("2021-09-24 15:55:43 UYT", ["%Y-%m-%d %H:%M:%S UYT"]),
        ("24.09.2021 15:55 CEST", []),
        ("2021-09-24 15:55 PDT", ["%Y-%m-%d %H:%M PST=-08:00", "%Y-%m-%d %H:%M PST=+08:00"]),
        ("24.09.2021 15:55 UYT", ["%d.%m.%Y %H:%M UYT"]),
        ("9/8/2021 3:55 PM UYT", ["%d/%m/%Y %I:%M %p UYT", "%m/%d/%Y %I:%M %p UYT"]),
        ("2021-09-24 15:55:43 UTC", []),
        ("2021-09-24 15:55:43", []),
        ("cloudy IST", []),
    ],
)
def test_the_abbreviation_of_a_zone_is_read_by_no_format_that_is_detected(
    cell: str, names: list[str]
) -> None:
    detector = TimeDetector()
    detector.add([cell, cell])
    assert detector.offered == names
    assert not names or not detector.formats(least=0.0)


def test_numbers_of_five_digits_are_days_if_each_day_has_several() -> None:
    days, seconds = TimeDetector(), TimeDetector()
    days.add([f"{45818 + row / 288:.5f}" for row in range(288)])
    seconds.add([f"{45818 + row:.4f}" for row in range(288)])
    assert [one.name for one in days.formats()] == ["excel"]
    assert seconds.formats(least=0.0) == []


DAY_FIRST, MONTH_FIRST = "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"


@pytest.mark.parametrize("mark", ["/", "-"])
@pytest.mark.parametrize("clock", ["%H:%M", "%I:%M %p"])
def test_dates_whose_day_is_the_month_have_one_reading(mark: str, clock: str) -> None:
    name = f"%d{mark}%m{mark}%Y {clock}"
    assert formats_of(stamps(name, datetime(2025, 6, 6), 200)) == [name]  # noqa: DTZ001
    assert formats_of(["07/07/2025 12:00"], ["07/07/2025 12:05"], [""]) == [DAY_FIRST]
    assert len(formats_of(["07/07/2025 12:00"], ["07/08/2025 12:05"])) == 2
    assert len(formats_of(["07/08/2025 12:00"], ["07/07/2025 12:05"])) == 2


@pytest.mark.parametrize("name", [DAY_FIRST, MONTH_FIRST])
@pytest.mark.parametrize("minutes", [5, 15, 30, -5])
def test_readings_that_go_on_through_midnight_have_one_order_of_the_date(name: str, minutes: int) -> None:
    start = datetime(2025, 6, 9, 18)  # noqa: DTZ001
    cells = stamps(name, start, 2400 // abs(minutes), minutes)
    assert formats_of(cells) == [name]
    assert formats_of(cells[:20], cells[20:40], cells[40:]) == [name]


@pytest.mark.parametrize("name", [DAY_FIRST, MONTH_FIRST])
@pytest.mark.parametrize("hours", [range(6, 21), range(1, 24)])
def test_days_that_follow_each_other_have_one_order_of_the_date(name: str, hours: range) -> None:
    days = [datetime(2025, 6, day) for day in (9, 10, 11)]  # noqa: DTZ001
    cells = [(day + timedelta(hours=hour)).strftime(name) for day in days for hour in hours]
    assert formats_of(cells) == [name]
    assert len(formats_of(cells[: 2 * len(hours)])) == 2


def test_dates_that_may_be_in_either_order_are_a_question() -> None:
    hour, day = timedelta(hours=1), timedelta(days=1)
    june, january = datetime(2025, 6, 8), datetime(2025, 1, 1)  # noqa: DTZ001
    files = {
        "a reading a day": [june + at * day for at in range(5)],
        "a few readings a day": [june + at * 6 * hour for at in range(20)],
        "one day": [june + at * hour for at in range(24)],
        "a break at midnight": [june + at * hour for at in (*range(2, 23), *range(26, 47))],
        "days apart": [june + at * hour for at in range(96) if at // 24 % 2 == 0],
        "typical days of months": [january + at * hour / 4 for at in range(96 * 12)],
        "an hour at midnight": [june + at * hour for at in range(20, 28)],
    }
    for what, times in files.items():
        for name in (DAY_FIRST, MONTH_FIRST):
            assert len(formats_of([time.strftime(name) for time in times])) == 2, what


def test_the_order_in_which_days_follow_each_other_is_offered_first() -> None:
    cells = [f"{day:02}/06/2025 {hour}:00" for day in (9, 10) for hour in range(1, 24)]
    for name in (DAY_FIRST, MONTH_FIRST):
        swapped = [f"{cell[3:6]}{cell[:3]}{cell[6:]}" if name == MONTH_FIRST else cell for cell in cells]
        assert formats_of(swapped)[0] == name
    detector = TimeDetector()
    detector.add([f"06/{day:02}/2025 {hour}:00 UYT" for day in (9, 10) for hour in range(24)])
    assert detector.offered == ["%m/%d/%Y %H:%M UYT", "%d/%m/%Y %H:%M UYT"]


def test_cells_that_are_forgotten_decide_nothing() -> None:
    detector = TimeDetector()
    for day_first in (True, False):
        detector.forget()
        assert detector.formats() == []
        days = ("11", "06"), ("12", "06"), ("01", "07")  # they ascend in one reading alone
        detector.add([f"{'/'.join(day if day_first else day[::-1])}/2025 12:00" for day in days])
        found = "%d/%m/%Y %H:%M" if day_first else "%m/%d/%Y %H:%M"
        assert [one.name for one in detector.formats()] == [found]


@pytest.mark.parametrize(
    ("cells", "offered"),
    [
        ([str(45822 + at) for at in range(9)], ["excel"]),
        ([str(45822 - at) for at in range(9)], ["excel"]),
        (["45822.5", "45823.25", "45824.75"], []),
        ([f"{45822 + at}.5000" for at in range(9)], ["excel"]),
        ([str(35822 + 5 * at) for at in range(99)], []),  # seconds since a start
        (["45822"] * 9, []),
        (["45822", "45823", "x"], []),
        (["2025", "2026", "2027"], []),
    ],
)
def test_whole_numbers_are_days_only_if_a_person_says_so(cells: list[str], offered: list[str]) -> None:
    detector = TimeDetector()
    detector.add(cells)
    assert detector.formats() == []
    assert detector.offered == offered


def test_a_month_with_a_short_year_is_read_if_other_months_follow() -> None:
    assert formats_of(["Nov-24", "Dec-24", "Jan-25", "Mar-25"]) == ["%b-%y"]
    assert formats_of(["Jan-25", "Jan-26", "Jan-27"]) == []  # days without a year
    assert formats_of(["Jan-25"]) == []
