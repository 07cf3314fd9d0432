"""The statistical checks of single rows: what they flag, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.checks.check import comparable
from processing.checks.statistical import outlier, power_mismatch, rate_of_change, spike
from tests.support.arrays import floats, text_of


def spikes(values: NDArray[np.float64], seconds: float = 300.0) -> str:
    slow = np.full(len(values) - 1, seconds) > 900
    return text_of(spike(np.diff(values), comparable(slow, ahead=True), 3.0), len(values))


def fast_changes(values: NDArray[np.float64], seconds: float = 300.0) -> str:
    steps = np.full(len(values) - 1, seconds)
    found = rate_of_change(np.diff(values), steps, comparable(steps > 900, ahead=False), 6.0)
    return text_of(found, len(values))


@pytest.mark.parametrize(("power", "flag"), [(126, 1), (124.1, 1), (117, 3), (120.1, 1), (133, 3), (131, 1)])
def test_power_may_differ_by_five_per_cent_of_the_larger(power: float, flag: int) -> None:
    assert text_of(power_mismatch(floats(25), floats(5.05), floats(power), 2, 0.05), 1) == str(flag)


def test_little_power_may_differ_by_two_watts() -> None:
    assert text_of(power_mismatch(floats(25, 25), floats(0, 0), floats(2, 2.01), 2, 0.05), 2) == "13"


def test_a_spike_is_flagged_and_its_neighbours_are_not() -> None:
    assert spikes(floats(24, 24, 28, 24, 24, 20, 24)) == "2131132"


def test_a_step_is_no_spike() -> None:
    assert spikes(floats(24, 24, 28, 28, 28)) == "21112"


def test_a_spike_of_exactly_the_threshold_is_none() -> None:
    assert spikes(floats(24, 27, 24)) == "212"


def test_rows_too_far_apart_are_not_compared() -> None:
    assert spikes(floats(24, 30, 24), 901) == "222"
    assert fast_changes(floats(24, 30, 24), 901) == "222"


@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_rows_have_no_spike(rows: int) -> None:
    assert spikes(np.full(rows, 24.0)) == "2" * rows


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_too_few_rows_have_no_outlier(rows: int) -> None:
    values = np.full(rows, 24.0)
    assert text_of(outlier(values, values > 0, 7, 3, 2), rows) == "2" * rows


def test_rate_of_change_flags_the_later_row_and_scales_with_the_step() -> None:
    values = floats(24, 30.1, 30.1)
    assert fast_changes(values) == "231"
    assert fast_changes(values, 600) == "211"
    assert fast_changes(values, 60) == "231", "never a tighter limit"


class TestOutlier:
    day = np.ones(9, np.bool_)

    def test_it_stands_apart_from_its_windows_median(self) -> None:
        values = floats(24, 24.1, 24, 24.2, 27, 24.1, 24, 24.1, 24)
        assert text_of(outlier(values, self.day, 7, 3, 2), 9) == "222131222"

    def test_two_rows_together_stand_apart_too(self) -> None:
        values = floats(24, 24.1, 24, 24.2, 27, 27, 24, 24.1, 24, 24)
        assert text_of(outlier(values, np.ones(10, np.bool_), 7, 3, 2), 10) == "2221331222"

    def test_two_volts_are_the_least(self) -> None:
        values = floats(24, 24, 24, 24, 26, 24, 24, 24, 24)
        assert text_of(outlier(values, self.day, 7, 3, 2), 9) == "222111222"

    def test_in_a_restless_window_more_is_needed(self) -> None:
        values = floats(22, 26, 22, 26, 28, 22, 26, 22, 26)
        assert text_of(outlier(values, self.day, 7, 3, 2), 9) == "222111222"

    def test_nights_are_not_evaluated(self) -> None:
        values = floats(24, 24, 24, 24, 27, 24, 24, 24, 24)
        assert text_of(outlier(values, ~self.day, 7, 3, 2), 9) == "222222222"

    def test_its_short_cut_misses_nothing(self) -> None:
        rng = np.random.default_rng(5)
        for _ in range(50):
            values = rng.choice(floats(20, 24, 24, 24.5, 30), 40) + rng.normal(0, 0.2, 40)
            found = outlier(values, np.ones(40, np.bool_), 7, 3, 2)
            for row in range(3, 37):
                window = values[row - 3 : row + 4]
                median = np.median(window)
                spread = 1.4826 * np.median(np.abs(window - median))
                assert (found[row] == 3) == (abs(values[row] - median) > max(3 * spread, 2))
