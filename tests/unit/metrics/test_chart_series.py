"""What is kept of a long file for drawing: whatever could be seen in a picture of all of it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from msgspec import UNSET

from processing import Result, process
from processing.model.profile import DEFAULT
from processing.model.result import Series

ROWS = 60_000
RNG = np.random.default_rng(5)
VOLTS = 25 + RNG.normal(0, 0.2, ROWS).round(3)
VOLTS[31_234] = 29.5
VOLTS[44_444] = 19.1
VOLTS[50_505] = 47.0


def drawn(watts: list[str], volts: list[str] | None = None) -> Series:
    """The series of rows a second apart at 5 A, with these cells."""
    begin = np.datetime64("2025-04-15T06:00:00")
    cells = zip(volts or map(str, VOLTS), watts, strict=True)
    lines = [f"{begin + at},{v},5.0,20.0,{w}\n" for at, (v, w) in enumerate(cells)]
    content = ("timestamp,voltage,current,temperature,power\n" + "".join(lines)).encode()
    found = process(io.BytesIO(content), DEFAULT, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Result), found
    assert found.series is not UNSET
    return found.series


@pytest.fixture(scope="module")
def suspect() -> Series:
    """A file whose power is nowhere V·I."""
    return drawn([f"{150 + at % 7}" for at in range(ROWS)])


def test_of_a_file_all_flagged_lone_readings_stay_with_their_flags(suspect: Series) -> None:
    points = {seconds: at for at, seconds in enumerate(suspect.seconds)}
    for row, volts, flag in ((31_234, 29.5, "3"), (44_444, 19.1, "3"), (50_505, 47.0, "4")):
        at = points[row]
        assert (suspect.voltage[at], suspect.flags["voltage"][at]) == (volts, flag)
        assert suspect.flags["row"][at] == flag


def test_of_a_file_all_flagged_each_column_keeps_its_lowest_and_highest(suspect: Series) -> None:
    watts = np.array([150 + at % 7 for at in range(ROWS)], float)
    kept = np.array(suspect.seconds, int)
    assert len(kept) < 4_000
    for first in range(0, ROWS, ROWS // 200):
        part = slice(first, first + ROWS // 200)
        own = [suspect.power[at] for at in np.flatnonzero((kept >= part.start) & (kept < part.stop))]
        assert (min(own), max(own)) == (watts[part].min(), watts[part].max())


def test_a_failing_reading_does_not_hide_the_highest_that_counts() -> None:
    watts = [f"{25 * 5 + at % 3}" for at in range(ROWS)]
    found = drawn(watts, ["25.0"] * 20_000 + ["27.0", "47.0"] + ["25.0"] * (ROWS - 20_002))
    assert {27.0, 47.0} <= set(found.voltage)


def test_cells_that_cannot_be_read_are_among_many_flagged_ones() -> None:
    volts = ["x" if at % 5 == 0 else "25.0" for at in range(ROWS)]
    found = drawn(["125.0"] * ROWS, volts)
    lost = [at for at, flag in enumerate(found.flags["row"]) if flag == "4"]
    assert len({int(found.seconds[at]) * 200 // ROWS for at in lost}) == 200
    assert len(found.seconds) < 4_000
