from __future__ import annotations

import math

import numpy as np
import pytest

from processing.model.rejection import RejectedFileError
from processing.model.stamp import DAY, NO_TIME
from processing.rows.steps import (
    GapLimit,
    Steps,
    distant_rows,
    durations,
    gap_limit,
    gaps,
    interval,
    steps_of,
)


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
    even = steps_of(np.cumsum([0, *[10] * 54, *[10, 20] * 4]) * 1_000_000)
    assert gap_limit(even, 10.0, 1.5) == GapLimit(15.0, is_uneven=False, usual=10.0)
    uneven = steps_of(np.cumsum([0, *[10] * 52, *[10, 20] * 4, 400]) * 1_000_000)
    assert gap_limit(uneven, 10.0, 1.5) == GapLimit(30.0, is_uneven=True, usual=640 / 60)


def test_the_nights_of_an_inverter_that_sleeps_make_no_uneven_logger() -> None:
    """Ten rows a day, an hour apart, for a month: a tenth of the steps is long."""
    hours = [0, *([1] * 9 + [15]) * 30]
    steps = steps_of(np.cumsum(hours) * 3_600_000_000)
    assert gap_limit(steps, 3600.0, 1.5) == GapLimit(5400.0, is_uneven=False, usual=3600.0)


def steps_of_parts(*parts: tuple[int, int]) -> Steps:
    """Return steps: so many of so many seconds."""
    return steps_of(np.cumsum([0, *(seconds for seconds, count in parts for _ in range(count))]) * 1_000_000)


@pytest.mark.parametrize(
    ("parts", "gaps_of"),
    [
        ([(60, 160), (900, 8)], []),
        ([(60, 160), (900, 7)], [900] * 7),
        ([(60, 50), (900, 1), (60, 50), (900, 9), (60, 9)], [900]),
        ([(60, 100), (3600, 8)], []),
        ([(60, 200), (7200, 8)], [7200] * 8),
        ([(60, 100), (900, 8), (1800, 1), (900, 8)], [1800]),
        ([(60, 100), (900, 8), (3600, 8), (900, 8)], []),
        ([(60, 200), (600, 1), (900, 1), (600, 1), (900, 1), (700, 1)], [600, 900, 600, 900, 700]),
    ],
)
def test_at_least_eight_equal_steps_of_up_to_an_hour_are_no_gaps(
    parts: list[tuple[int, int]], gaps_of: list[int]
) -> None:
    steps = steps_of_parts(*parts)
    limit = gap_limit(steps, 60.0, 1.5)
    assert not limit.is_uneven
    assert steps.seconds[gaps(steps, limit.seconds)].tolist() == gaps_of


def test_the_usual_step_is_the_mean_if_the_logger_was_set_to_another_interval() -> None:
    """120 steps of a minute, eight of 15 minutes and a gap of two hours: 14,400 s by 128 steps."""
    steps = steps_of_parts((60, 120), (7200, 1), (900, 8))
    assert gap_limit(steps, 60.0, 1.5) == GapLimit(90.0, is_uneven=False, usual=112.5)


@pytest.mark.parametrize("lost", [0.1, 0.3])
def test_rows_that_are_lost_at_random_make_no_other_interval(lost: float) -> None:
    for seed in range(100):
        kept = np.random.default_rng(seed).random(288) >= lost
        steps = steps_of(kept.nonzero()[0] * 300_000_000)
        limit = gap_limit(steps, 300.0, 1.5).seconds
        assert (gaps(steps, limit) == (steps.seconds > limit)).all()


def test_a_row_before_a_gap_and_the_last_one_stand_for_the_interval_set_before() -> None:
    steps = steps_of_parts((60, 2), (600, 8), (1800, 1), (600, 8))
    assert durations(steps, 60.0, 90.0).tolist() == [60.0] * 2 + [600.0] * 18
    steps = steps_of_parts((600, 8), (60, 1), (1800, 1))
    assert durations(steps, 60.0, 90.0).tolist() == [600.0] * 8 + [60.0] * 3
    steps = steps_of_parts((600, 8), (100, 1), (60, 1))
    assert durations(steps, 60.0, 90.0).tolist() == [600.0] * 8 + [100.0, 60.0, 60.0]


def test_two_long_steps_are_gaps_in_a_short_file() -> None:
    steps = steps_of(np.cumsum([0, 10, 10, 60, 10, 60, 10]) * 1_000_000)
    assert gap_limit(steps, 10.0, 1.5) == GapLimit(15.0, is_uneven=False, usual=10.0)


def test_a_small_block_more_than_a_year_away_is_distant() -> None:
    found = distant_rows(np.array([0, 1, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007]) * DAY)
    assert found.tolist() == [True, True] + [False] * 8


def test_the_months_of_a_typical_year_are_of_no_clock_that_was_not_set() -> None:
    """All but those of 2009 and 2010 would be invalid, as distant rows."""
    months = [f"{year}-{at:02}" for at, year in enumerate([2016, 2009, 2005, 2010, 2010, 2009, 2013], 1)]
    time = np.array(months, "datetime64[us]").astype(np.int64)
    with pytest.raises(RejectedFileError, match="7 months of 5 years"):
        distant_rows(np.repeat(time, 700))
    assert distant_rows(np.append(time, time[3] - DAY)) is not None  # March comes twice
    assert distant_rows(np.append(time, np.repeat(time[0], 20))) is not None  # single rows beside a month


def test_a_block_of_more_than_a_quarter_of_the_others_is_not() -> None:
    assert distant_rows(np.array([0, 1, 1000, 1001, 1002, 1003, 1004, 1005, 1006]) * DAY) is None


def test_a_row_a_year_away_is_not_and_rows_without_a_time_do_not_count() -> None:
    assert distant_rows(np.array([0, 365, 366, 367, 368]) * DAY) is None
    assert distant_rows(np.array([NO_TIME, 5 * DAY, 6 * DAY])) is None
    assert distant_rows(np.array([NO_TIME])) is None
