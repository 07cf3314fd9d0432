"""Series whose rows alternate; whole files of several devices are in test_time_order."""

from __future__ import annotations

import numpy as np
import pytest

from processing.rows.several_devices import may_take_turns, taking_turns, zigzags

DAY = 5000 * np.sin(np.pi * np.arange(100) / 100)
CLOUDS = DAY * np.random.default_rng(1).uniform(0.8, 1, 100)


@pytest.mark.crossed
@pytest.mark.parametrize("shares", [(1, 0.3), (1, 0.6), (0.2, 1), (1, 0.6, 0.2), (1, 0.7, 0.45, 0.2)])
@pytest.mark.parametrize("power", [DAY, CLOUDS, 10**6 + np.cumsum(DAY)])
def test_rows_of_several_devices_take_turns(power: np.ndarray, shares: tuple[float, ...]) -> None:
    values = np.stack([share * power for share in shares], axis=1)
    assert taking_turns(values.ravel(), 4) == len(shares)
    assert taking_turns(values.ravel()[1:-2], 4) == len(shares)
    assert taking_turns(values.ravel(), len(shares) - 1) == 0


def test_two_totals_that_are_near_each_other_take_turns() -> None:
    assert taking_turns(np.stack([8100 + np.arange(50.0), 8000 + np.arange(50.0)], axis=1).ravel(), 4) == 2


@pytest.mark.parametrize(
    "values",
    [
        DAY,
        CLOUDS,
        np.rint(DAY / 4000),
        np.tile([0.0, 1.0], 200),
        np.tile([24.0, 24.1, 24.2], 100),
        np.repeat(CLOUDS, 2),
        np.random.default_rng(2).normal(300, 2, 500),
        np.cumsum(DAY),
        np.tile([0.0, 900.0], 9),
        np.full(50, 5.0),
        np.tile([120.0, 119.769, 120.329, 119.86, 119.578, 119.989, 120.77, 119.238, 119.9], 8),
    ],
)
def test_the_rows_of_one_device_do_not(values: np.ndarray) -> None:
    assert taking_turns(values, 4) == 0


def test_levels_that_differ_by_less_than_the_clouds_change_to_the_second_in_one_direction() -> None:
    """The second device always has 97 % of the first one, whose clouds take up to 8 %."""
    rng = np.random.default_rng(7)
    clouds = 5000 * np.sin(np.pi * np.arange(150) / 150) * (1 - 0.08 * rng.random(150))
    assert zigzags(np.column_stack((clouds, 0.97 * clouds)).ravel())
    assert not zigzags(clouds)
    assert not zigzags(np.repeat(clouds, 2) * (1 - 0.08 * rng.random(300)))


@pytest.mark.parametrize("share", [0.95, 0.98, 0.999])
def test_levels_that_differ_little_make_values_go_up_and_down(share: float) -> None:
    values = np.stack([CLOUDS, share * CLOUDS], axis=1).ravel()
    turns = 5000 * np.sin(np.pi * np.arange(200) / 200) * np.tile([1, share], 100)
    assert zigzags(values) == (share < 0.98), "clouds are larger"
    assert zigzags(
        np.stack([np.full(100, 900.0) + np.arange(100) % 7, np.full(100, 900 * share)], axis=1).ravel()
    )
    assert zigzags(turns)
    assert may_take_turns(turns)


@pytest.mark.parametrize("large", [27.0, 3.0])
def test_a_meter_that_counts_more_in_every_second_row_is_one_device(large: float) -> None:
    counts = np.cumsum(np.tile([0.7, large], 70))
    assert not zigzags(counts)
    assert zigzags(np.column_stack((counts, counts - 400)).ravel())


@pytest.mark.parametrize(
    "values", [DAY, CLOUDS, np.repeat(CLOUDS, 2), np.tile([24.0, 24.1], 100), np.tile([0.0, 9.0], 20)]
)
def test_noise_clouds_and_the_last_digit_do_not(values: np.ndarray) -> None:
    assert not zigzags(values)
