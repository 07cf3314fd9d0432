from __future__ import annotations

import csv
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from processing.generator.days import SimulatedDay, render

START = datetime(2025, 3, 10, 6)  # noqa: DTZ001 - loggers write local time


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode().splitlines()))


def numbers(rows: list[dict[str, str]], column: str) -> list[float]:
    return [float(row[column]) for row in rows]


def test_a_day_has_288_rows_five_minutes_apart_from_its_start() -> None:
    stamps = [datetime.fromisoformat(row["timestamp"]) for row in rows_of(render(SimulatedDay(START))[0])]
    assert stamps == [START + timedelta(minutes=5 * k) for k in range(288)]


def test_the_same_seed_and_start_give_the_same_bytes() -> None:
    assert render(SimulatedDay(START, seed=7)) == render(SimulatedDay(START, seed=7))


def test_another_seed_gives_another_day() -> None:
    assert render(SimulatedDay(START, seed=7)) != render(SimulatedDay(START, seed=8))


def test_two_days_of_one_seed_differ_in_weather() -> None:
    one, two = (render(SimulatedDay(START + timedelta(days=k), seed=7))[0] for k in (0, 1))
    assert numbers(rows_of(one), "power") != numbers(rows_of(two), "power")


@pytest.mark.crossed
@pytest.mark.parametrize("start", [datetime(2025, 1, 15, 6), datetime(2025, 6, 21, 0, 3)])  # noqa: DTZ001
@pytest.mark.parametrize("seed", range(6))
def test_clean_values_stay_within_the_limits_of_a_24_volt_panel(start: datetime, seed: int) -> None:
    rows = rows_of(render(SimulatedDay(start, seed=seed))[0])
    for column, low, high in (("voltage", 18, 32), ("current", 0, 9.8), ("temperature", -10, 80)):
        assert low <= min(numbers(rows, column))
        assert max(numbers(rows, column)) <= high
    for row in rows:
        product = float(row["voltage"]) * float(row["current"])
        assert abs(float(row["power"]) - product) <= max(2.0, 0.05 * product)


def test_there_is_no_power_at_night_and_much_at_noon() -> None:
    rows = rows_of(render(SimulatedDay(START, seed=3))[0])
    watts = {row["timestamp"][11:16]: float(row["power"]) for row in rows}
    assert watts["23:00"] == watts["02:00"] == 0
    assert watts["12:00"] > 40


def test_the_module_is_hottest_after_noon_not_before() -> None:
    hottest = []
    for seed in range(10):
        rows = rows_of(render(SimulatedDay(START, seed=seed))[0])
        hottest.append(max(rows, key=lambda row: float(row["temperature"]))["timestamp"][11:])
    assert sorted(hottest)[5] > "12:00"


def test_voltage_never_repeats_for_half_an_hour() -> None:
    volts = numbers(rows_of(render(SimulatedDay(START, seed=3))[0]), "voltage")
    assert all(len(set(volts[k : k + 6])) > 1 for k in range(len(volts) - 6))


def test_a_panel_side_voltage_falls_to_zero_at_night_alone() -> None:
    rows = rows_of(render(SimulatedDay(START, panel_side=True))[0])
    assert min(numbers(rows, "voltage")) == 0
    assert all(float(row["voltage"]) > 18 for row in rows if float(row["power"]) > 8)


def test_a_cold_site_is_colder_than_minus_ten_in_january() -> None:
    rows = rows_of(render(SimulatedDay(datetime(2025, 1, 15, 6), site="cold"))[0])  # noqa: DTZ001
    assert min(numbers(rows, "temperature")) < -10


@pytest.mark.parametrize("interval", [1, 300, 3600])
def test_jitter_never_makes_a_step_that_looks_like_a_gap(interval: int) -> None:
    day = SimulatedDay(START, rows=500, interval_seconds=interval, jitter=0.2)
    stamps = [datetime.fromisoformat(row["timestamp"]) for row in rows_of(render(day)[0])]
    steps = {(later - earlier).total_seconds() for earlier, later in pairwise(stamps)}
    assert len(steps) > 100
    assert 0.5 * interval < min(steps) < max(steps) < 1.5 * interval


def test_an_offset_of_the_start_is_on_every_row() -> None:
    rows = rows_of(render(SimulatedDay(datetime.fromisoformat("2025-03-10T06:00:00-03:30")))[0])
    assert all(row["timestamp"].endswith("-03:30") for row in rows)
