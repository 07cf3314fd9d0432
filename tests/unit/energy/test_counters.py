"""What a meter counts, and values that do not fit."""

import numpy as np
import pytest

from processing.energy.counters import fallen_rows
from processing.energy.kinds import energies


def test_one_value_too_high_or_too_low_does_not_fit_a_counter() -> None:
    values = np.array([1000.0, 1001.0, 655350.0, 1002.0, 900.0, 1003.0])
    fallen = fallen_rows(values)
    assert fallen.tolist() == [False, False, True, False, True, False]


def test_a_counter_that_rises_or_was_reset_fits() -> None:
    assert fallen_rows(np.array([1000.0, 1000.0, 1001.0, 2.0, 3.0])) is None


def test_a_meter_that_was_exchanged_for_a_used_one_goes_on_and_the_step_between_them_counts_nothing() -> None:
    values = np.array([*range(5100, 5120), *range(800, 820)], np.float64)
    assert fallen_rows(values) is None
    assert np.nansum(energies(values, "counter")) == 19 + 19
    assert (
        fallen_rows(np.array([*range(5100, 5120), *range(5110, 5130)], np.float64)) is not None
    )  # counts back
    assert fallen_rows(np.array([*range(5100, 5120), *range(800, 805)], np.float64)) is not None  # a fault


@pytest.mark.parametrize(
    ("values", "left_out"),
    [
        ([0.0, 1800.0, 1800.5, 1801.0], [0]),
        ([1800.0, 1800.5, 0.0, 0.0, 1800.5, 1801.0], [2, 3]),
        ([1800.0, 0.0, 1801.0, 1801.5, 0.1, 1802.0], [1, 4]),
    ],
)
def test_what_a_counter_shows_while_it_is_off_is_no_reset(values: list[float], left_out: list[int]) -> None:
    fallen = fallen_rows(np.array(values))
    assert fallen.nonzero()[0].tolist() == left_out


@pytest.mark.parametrize(
    "values",
    [[5.0, 0.0, 0.0, 0.01, 0.5, 4.0], [0.0, 0.0, 0.01, 3.0, 5.0], [0.0, 0.0, 1.0, 1.0], [1800.0, 0.0]],
)
def test_a_counter_that_begins_again_each_day_is_not_off(values: list[float]) -> None:
    assert fallen_rows(np.array(values)) is None
