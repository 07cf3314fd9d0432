"""Each formula against a calculation by hand."""

from __future__ import annotations

import numpy as np

from processing.metrics import formulas
from processing.model.result import Stats

SECOND = 1_000_000


def test_stats_are_mean_extremes_and_sample_standard_deviation() -> None:
    assert formulas.stats(np.array([[1.0, 2.0, 6.0], [4.0, 4.0, 4.0]])) == [
        Stats(avg=3.0, min=1.0, max=6.0, std=2.645751),  # √((4 + 1 + 9) / 2)
        Stats(avg=4.0, min=4.0, max=4.0, std=0.0),
    ]


def test_stats_of_a_single_reading_have_no_deviation_and_those_of_none_are_null() -> None:
    assert formulas.stats(np.array([[5.0]])) == [Stats(avg=5.0, min=5.0, max=5.0, std=0.0)]
    assert formulas.stats(np.zeros((1, 0))) == [Stats()]


def test_energy_is_power_times_the_seconds_of_each_row() -> None:
    assert formulas.energy_kwh(np.array([1000.0, 500.0]), np.array([3600.0, 1800.0])) == 1.25


def test_a_short_gap_is_filled_on_the_line_between_its_ends() -> None:
    """Steps of 60 s and one of 180 s: two rows lack, of 200 and 300 W for 60 s each."""
    power = np.array([100.0, 100.0, 400.0])
    assert filled(power, tau=60.0, longest=3600.0) == (200 + 300) * 60 / 3.6e6


def test_as_many_rows_lack_as_the_interval_before_the_gap_says() -> None:
    """The logger was set to 90 s: one row lacks in 180 s, of 250 W."""
    assert filled(np.array([100.0, 100.0, 400.0]), tau=90.0, longest=3600.0) == 250 * 90 / 3.6e6


def test_a_long_gap_is_not_filled() -> None:
    assert filled(np.full(3, 100.0), tau=60.0, longest=100.0) == 0.0


def filled(power: np.ndarray, *, tau: float, longest: float) -> float:
    """Return the energy that is filled in after the second of three rows."""
    seconds, is_gap = np.array([60.0, 180.0]), np.array([False, True])
    return formulas.gap_energy_kwh(power, np.array([60.0, tau, tau]), seconds, is_gap, longest)


def test_hours_are_those_of_the_local_clock() -> None:
    """Rows at 0:00, 0:30 and 1:00 UTC, half an hour ahead on the clock: hours from 23:30 and 0:30 UTC."""
    time = np.array([0, 1800, 3600]) * SECOND
    tau = np.full(3, 1800.0)
    found = formulas.hours(np.array([100.0, 200.0, 400.0]), tau, time, time + 1800 * SECOND, 1800.0)
    assert (found.first.tolist(), found.start) == ([0, 1], [-1800 * SECOND, 1800 * SECOND])
    assert (found.mean.tolist(), found.energy.tolist()) == ([100.0, 300.0], [0.05, 0.3])
    assert found.peak == 1


def test_the_peak_hour_is_the_first_of_the_highest_mean_that_has_enough_rows() -> None:
    time = np.array([0, 3600, 5400, 7200, 9000]) * SECOND
    power = np.array([900.0, 300.0, 300.0, 300.0, 300.0])

    def peak(usual_seconds: float) -> int:
        return formulas.hours(power, np.full(5, usual_seconds), time, time, usual_seconds).peak

    assert peak(1000.0) == 1, "the first hour has one row of 1000 s, less than half an hour"
    assert peak(1800.0) == 0
    assert peak(60.0) == 0, "no hour has enough"


def test_rows_of_several_steps_count_for_the_time_that_they_stand_for() -> None:
    """The first hour has six rows of 5 minutes and two of 15, the second two of 30, the third three of 5."""
    minutes = np.array([*range(0, 30, 5), 30, 45, 60, 90, 120, 125, 130])
    tau = np.array([300.0] * 6 + [900.0] * 2 + [1800.0] * 2 + [300.0] * 3)
    power = np.array([400.0] * 6 + [100.0] * 2 + [200.0, 340.0] + [900.0] * 3)
    time = minutes * 60 * SECOND
    found = formulas.hours(power, tau, time, time, 300.0)
    assert found.mean.tolist() == [250.0, 270.0, 900.0], "not 325 W in the first hour"
    assert found.peak == 1, "the third hour has rows for 15 minutes"
    assert formulas.hours(power, tau, time, time, 900.0).peak == 1, "whichever step is usual"


def test_of_hours_with_the_same_power_the_first_is_the_peak_whatever_their_steps() -> None:
    """2.7 W · 3600 s / 3600 s is 2.7000000000000006 in the second hour, if it is added up in two parts."""
    time = np.array([0, 1800, 3600, 4300]) * SECOND
    found = formulas.hours(np.full(4, 2.7), np.array([1800.0, 1800.0, 700.0, 2900.0]), time, time, 1800.0)
    assert (found.mean.tolist(), found.peak) == ([2.7, 2.7], 0)
