"""Other loggers: what their sensors resolve, which rows they write, and their clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from processing.generator.days import SimulatedDay, render
from processing.generator.loggers import RESOLUTIONS, DataLogger

START = datetime.fromisoformat("2025-03-10T06:00:00")


def rows_of(start: datetime = START, **logger: object) -> list[list[str]]:
    day = SimulatedDay(start, seed=5, logger=DataLogger(**logger))  # type: ignore[arg-type]
    return [line.split(",") for line in render(day)[0].decode().splitlines()[1:]]


def test_readings_are_whole_steps_of_the_resolution() -> None:
    for cells in rows_of(resolution=RESOLUTIONS["coarse"]):
        assert [len(cell.partition(".")[2]) for cell in cells[1:]] == [1, 1, 0, 0]
    volts = {float(cells[1]) for cells in rows_of(resolution=RESOLUTIONS["steps"])}
    assert all(abs(one / 0.0732 - round(one / 0.0732)) < 0.01 for one in volts)
    fine, coarse = rows_of(), rows_of(resolution=RESOLUTIONS["coarse"])
    assert all(abs(float(a[1]) - float(b[1])) < 0.0511 for a, b in zip(fine, coarse, strict=True))


def test_an_uneven_logger_skips_polls_but_never_two_in_a_row() -> None:
    times = [datetime.fromisoformat(cells[0]) for cells in rows_of(uneven=True)]
    steps = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert set(steps) == {300, 600}
    assert 0.1 < steps.count(600) / len(steps) < 0.5


def test_an_inverter_that_sleeps_writes_no_rows_without_power() -> None:
    cells = rows_of(sleeps=True)
    assert 100 < len(cells) < 180
    assert all(float(one[4]) > 0 for one in cells)


def test_stamps_in_utc_are_those_of_the_same_day() -> None:
    start = datetime.fromisoformat("2025-03-10T06:00:00+10:00")
    local, utc = rows_of(start), rows_of(start, utc=True)
    assert utc[0][0] == "2025-03-09T20:00:00Z"
    assert [one[1:] for one in local] == [one[1:] for one in utc]
    assert datetime.fromisoformat(utc[-1][0]) - datetime.fromisoformat(local[-1][0]) == timedelta()
