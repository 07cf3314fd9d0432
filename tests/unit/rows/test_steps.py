from __future__ import annotations

import math

import numpy as np
import pytest

from processing.model.stamp import DAY, NO_TIME
from processing.rows.steps import GapLimit, distant_rows, durations, gap_limit, interval, steps_of


@pytest.mark.parametrize(
    ("seconds", "usual"),
    [([], 300.0), ([0], 300.0), ([0, 60], 60.0), ([0, 60, 120, 600], 60.0), ([0, 1, 4], 2.0)],
)
def test_the_usual_interval_is_the_median_step_or_the_default(seconds: list[int], usual: float) -> None:
    assert interval(steps_of(np.array(seconds, np.int64) * 1_000_000), 300.0) == usual


def test_a_row_stands_for_the_step_to_the_next_but_not_for_a_gap() -> None:
    steps = steps_of(np.array([0, 60, 150, 600], np.int64) * 1_000_000)
    assert durations(steps, 60.0, 90.0).tolist() == [60.0, 90.0, 60.0, 60.0]


def test_a_single_row_has_no_steps() -> None:
    steps = steps_of(np.zeros(1, np.int64))
    assert (len(steps.seconds), steps.shortest, steps.longest) == (0, math.inf, 0.0)


def test_a_logger_is_uneven_if_more_than_a_twentieth_of_its_steps_is_long() -> None:
    """Of 61 steps of 10 s, four are 20 s long, one of which may be a night: a twentieth of the others."""
    even = steps_of(np.cumsum([0, *[10] * 57, 20, 20, 20, 20]) * 1_000_000)
    assert gap_limit(even, 10.0, 1.5) == GapLimit(15.0, is_uneven=False, usual=10.0)
    uneven = steps_of(np.cumsum([0, *[10] * 56, 20, 20, 20, 20, 400]) * 1_000_000)
    assert gap_limit(uneven, 10.0, 1.5) == GapLimit(30.0, is_uneven=True, usual=640 / 60)


def test_the_nights_of_an_inverter_that_sleeps_make_no_uneven_logger() -> None:
    """Ten rows a day, an hour apart, for a month: a tenth of the steps is long."""
    hours = [0, *([1] * 9 + [15]) * 30]
    steps = steps_of(np.cumsum(hours) * 3_600_000_000)
    assert gap_limit(steps, 3600.0, 1.5) == GapLimit(5400.0, is_uneven=False, usual=3600.0)


def test_two_long_steps_are_gaps_in_a_short_file() -> None:
    steps = steps_of(np.cumsum([0, 10, 10, 60, 10, 60, 10]) * 1_000_000)
    assert gap_limit(steps, 10.0, 1.5) == GapLimit(15.0, is_uneven=False, usual=10.0)


def test_a_small_block_more_than_a_year_away_is_distant() -> None:
    found = distant_rows(np.array([0, 1, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007]) * DAY)
    assert found is not None
    assert found.tolist() == [True, True] + [False] * 8


def test_a_block_of_more_than_a_quarter_of_the_others_is_not() -> None:
    assert distant_rows(np.array([0, 1, 1000, 1001, 1002, 1003, 1004, 1005, 1006]) * DAY) is None


def test_a_row_a_year_away_is_not_and_rows_without_a_time_do_not_count() -> None:
    assert distant_rows(np.array([0, 365, 366, 367, 368]) * DAY) is None
    assert distant_rows(np.array([NO_TIME, 5 * DAY, 6 * DAY])) is None
    assert distant_rows(np.array([NO_TIME])) is None
