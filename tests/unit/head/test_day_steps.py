"""Numbers that count the steps of a day, beside its date."""

from collections.abc import Iterable

import pytest

from processing.head.day_steps import DaySteps
from tests.support.small_files import chosen, rejection, result

DAYS = ("2025-06-14", "2025-06-15", "2025-06-16")


def ways_of(numbers: Iterable[int], days: Iterable[str] = DAYS, directive: str = "+") -> list[str]:
    """Return what the numbers of each of these days may count."""
    steps = DaySteps(directive, [0], 1)
    steps.add([[day, str(number)] for day in days for number in numbers])
    return steps.ways


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [
        (range(1, 25), "+60 minutes from 1"),
        (range(48), "+30 minutes"),
        (range(1, 97), "+15 minutes from 1"),
        (range(288), "+5 minutes"),
        (range(1440), "+1 minutes"),
    ],
)
def test_whole_days_show_how_long_a_step_is_and_which_number_is_the_first(
    numbers: range, wanted: str
) -> None:
    assert ways_of(numbers) == [wanted]


def test_a_day_may_have_fewer_steps() -> None:
    steps = DaySteps("+", [0], 1)
    steps.add([[day, str(number)] for day in DAYS for number in range(1, 49)])
    steps.add([["2025-06-17", "1"], ["2025-06-17", "2"]])
    assert steps.ways == ["+30 minutes from 1"]


def test_the_last_day_may_go_on() -> None:
    wanted = ["+30 minutes from 1", "+15 minutes from 1", "+10 minutes from 1", "+5 minutes from 1"]
    assert ways_of(range(1, 49), DAYS[:1]) == [*wanted, "+1 minutes from 1"]


def test_a_first_day_that_is_cut_does_not_show_it() -> None:
    steps = DaySteps("+", [0], 1)
    steps.add([["2025-06-15", str(number)] for number in range(24, 0, -1)])
    steps.add([["2025-06-14", str(number)] for number in range(96, 0, -1)])
    assert steps.ways == [f"+{minutes} minutes from 1" for minutes in (15, 10, 5, 1)]


def test_a_day_in_autumn_may_have_more_steps() -> None:
    steps = DaySteps("+", [0], 1)
    steps.add([[day, str(number)] for day in DAYS for number in range(1, 49)])
    steps.add([["2025-06-17", str(number)] for number in range(1, 51)])
    assert steps.ways == ["+30 minutes from 1"]


def test_days_without_their_night_do_not_show_it() -> None:
    assert ways_of(range(60, 200)) == ["+5 minutes from 1", "+5 minutes", "+1 minutes from 1", "+1 minutes"]


def test_a_name_that_states_the_step_leaves_only_the_first_number_open() -> None:
    assert ways_of(range(40), DAYS[:1], "+30 minutes") == ["+30 minutes"]
    assert ways_of(range(13, 36), DAYS[:1], "+30 minutes") == ["+30 minutes from 1", "+30 minutes"]


def test_numbers_beyond_the_minutes_of_a_day_are_no_steps() -> None:
    assert ways_of(range(1, 5000)) == []
    assert ways_of(range(1, 1441)) == ["+1 minutes from 1"]
    assert ways_of([100 * at // 2 for at in range(48)]) == ["%H%M"]
    assert ways_of([]) == []


HALF_HOURS = [(at // 2, at % 2 * 30) for at in range(48)]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("SETTLEMENT_PERIOD", [str(at) for at in range(1, 49)]),
        ("Period", [str(at) for at in range(48)]),
        ("Minutes", [str(at) for at in range(0, 1440, 30)]),
        ("Minute of day", [str(at) for at in range(0, 1440, 30)]),
        ("Seconds", [str(at) for at in range(0, 86_400, 1800)]),
        ("Decimal hour", [f"{at / 2:.4f}" for at in range(48)]),
        ("Hour", [f"{at / 2:.1f}" for at in range(48)]),
        ("Interval", [f"{hour}{minute:02}".lstrip("0") or "0" for hour, minute in HALF_HOURS]),
        ("Period", [f"{hour:02}{minute:02}" for hour, minute in HALF_HOURS]),
    ],
)
def test_a_file_whose_times_of_day_are_numbers_is_read(name: str, cells: list[str]) -> None:
    rows = [f"{day}/06/2025,{cell},2\n" for day in (14, 15) for cell in cells]
    found = result(f"Date,{name},Solar (kW)\n" + "".join(rows))
    assert (found.metrics.total_energy_kwh, found.metrics.interval_seconds) == (96, 1800)
    assert found.metrics.period.start[:16] == "2025-06-14T00:00"


@pytest.mark.parametrize("form", ["{}{:02}", "{:02}{:02}"])
def test_the_time_beside_the_parts_of_a_date_may_be_a_number(form: str) -> None:
    rows = [f"2025,6,14,{form.format(*clock)},2\n" for clock in HALF_HOURS]
    found = result("Year,Month,Day,Time,Solar (kW)\n" + "".join(rows)).metrics
    assert (found.total_energy_kwh, found.interval_seconds) == (48, 1800)


@pytest.mark.parametrize("first", [0, 1])
def test_half_hours_on_the_day_when_clocks_change_are_no_hours(first: int) -> None:
    rows = [f"{day}/03/2025,{slot},2\n" for day in (30, 31) for slot in range(first, first + 48)]
    assert result("Date,Interval,Solar (kW)\n" + "".join(rows)).metrics.total_energy_kwh == 96


def test_a_single_day_of_numbered_steps_is_asked_about() -> None:
    text = "Date,Slot,Solar (kW)\n" + "".join(f"2025-06-14,{at},2\n" for at in range(1, 97))
    ways = rejection(text).candidates or []
    assert [way.label for way in ways] == [
        f"%Y-%m-%d +{minutes} minutes from 1" for minutes in (15, 10, 5, 1)
    ]
    assert result(text, chosen(ways[0])).metrics.total_energy_kwh == 48


def test_the_parts_of_a_date_are_enough_beside_numbered_steps() -> None:
    days = [f"2025,6,{day},{slot},2\n" for day in (14, 15) for slot in range(1, 97)]
    assert result("Year,Month,Day,Slot,Solar (kW)\n" + "".join(days)).metrics.total_energy_kwh == 96


def test_the_periods_of_a_tariff_are_no_times() -> None:
    rows = "".join(
        f"2025-06-{day},{period},{day * period}\n" for day in range(10, 20) for period in (1, 2, 3)
    )
    found = rejection("Date,Period,Import (kWh)\n" + rows)
    assert "'Period' has 3 values: 1, 2, 3" in found.message


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [("{}.{:02}", (0, 15, 30, 45)), ("{},{:02}", (0, 30)), ("{:02}.{:02}", range(0, 60, 5))],
)
def test_hours_with_minutes_behind_a_sign_have_no_parts_of_hours(cell: str, minutes: Iterable[int]) -> None:
    clocks = [(hour, minute) for hour in range(24) for minute in minutes]
    rows = [
        f"{day};{cell.format(*clock)};{(at * at) % 97}" for day in DAYS for at, clock in enumerate(clocks)
    ]
    assert rejection("\n".join(["date;hour;power (W)", *rows, ""])).code == "several_devices"
