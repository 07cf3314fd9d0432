from __future__ import annotations

import numpy as np
import pytest

from processing.model.digits import lack_digits, other_scale, resolution, usual_magnitude


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([24.1] * 5, 0.1),
        ([24.0] * 5, 1.0),
        ([24.125] * 5, 0.001),
        ([24.1, 24.3, 24.3], 0.1),
        ([24.0, 25.0, 24.371], 0.001),
        ([24 + at * 0.0732 for at in range(12)], 0.0732),
        ([24 + at * 0.25 for at in range(4)], 0.01),
        ([24 + at * 0.25 for at in (0, 1, 2, 4, 7, 8)], 0.25),
        ([24 + round(at * 0.0732, 3) for at in range(12)], 0.073),
        ([24.0, 24.031, 24.08, 24.153, 24.2, 24.29, 24.4], 0.001),
        ([24 + at * 0.1 + at % 2 * 1e-6 for at in range(12)], 0.1),
        ([24.1, np.nan], 0.1),
    ],
)
def test_it_is_the_step_between_values_or_the_last_digit(values: list[float], expected: float) -> None:
    assert resolution(np.array(values), 1.0, 0.0) == pytest.approx(expected, rel=0.02)


def test_the_digits_are_those_of_the_cells() -> None:
    assert resolution(np.array([24.1] * 3), 0.001, 0.0) == pytest.approx(0.001)
    celsius = np.array([78.0, 78.0, 79.0]) * 5 / 9 - 160 / 9
    assert resolution(celsius, 5 / 9, -160 / 9) == pytest.approx(5 / 9)


LEVELS = [1000 + 3 * at for at in range(60)]
"""Watts on an even day: 1000 to 1177."""


def lacking(*, cut: dict[int, float], decimals: int = 0, scale: float = 1) -> list[int]:
    cells = np.array(LEVELS, np.float64) * scale
    for at, cell in cut.items():
        cells[at] = cell
    return lack_digits(cells, decimals, np.ones(60, np.bool_)).nonzero()[0].tolist()


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param({10: 30, 30: 90, 50: 150}, id="the first of 1030, 1090 and 1150"),
        pytest.param({10: 103, 50: 115}, id="the last of 1030 and 1150"),
        pytest.param({10: 103.0, 30: 109, 50: 115}, id="tenths of 1030, 1090 and 1150"),
        pytest.param({12: 136, 30: 190, 41: 123, 50: 110, 52: 116}, id="one in the middle"),
    ],
)
def test_numbers_fit_once_they_get_a_digit_back(cut: dict[int, float]) -> None:
    assert lacking(cut=cut) == [*cut]
    kilowatts = {at: cell / 1000 for at, cell in cut.items()}
    if 10 in cut and cut[10] < 100:
        assert lacking(cut=kilowatts, decimals=3, scale=0.001) == [*cut]


def test_numbers_that_no_digit_brings_back_are_of_the_weather() -> None:
    assert lacking(cut={10: 530, 30: 390, 50: 250}) == []
    assert lacking(cut={10: 103, 20: 310, 30: 290, 40: 480, 50: 550}) == []
    assert lacking(cut={}) == []


@pytest.mark.parametrize("factor", [1000, 2, 0.6, 0.001])
def test_numbers_of_another_scale_are_the_same_multiple_of_those_around_them(factor: float) -> None:
    places = [10, 22, 23, 50]
    scaled = np.array([factor * each if at in places else each for at, each in enumerate(LEVELS)])
    assert other_scale(scaled).nonzero()[0].tolist() == places


def test_two_numbers_clouds_and_other_multiples_are_no_other_scale() -> None:
    def found(factors: dict[int, float]) -> list[int]:
        numbers = [each * factors.get(at, 1) for at, each in enumerate(LEVELS)]
        return other_scale(np.array(numbers)).nonzero()[0].tolist()

    assert found({10: 2, 30: 2}) == []
    assert found({10: 0.5, 30: 0.7, 50: 0.4, 52: 0.3}) == []
    assert found({10: 0.6, 20: 0.83, 30: 0.6, 50: 0.6}) == [], "another stands out"
    assert other_scale(np.array([1.0] * 6)).tolist() == [False] * 6


def test_the_usual_magnitude_is_a_reading_that_few_exceed() -> None:
    assert usual_magnitude(np.arange(101.0)) == 95.0
    assert usual_magnitude(np.array([-100.0, 2, np.nan, -5000])) == 100.0, "the largest is above 95 %"
    assert usual_magnitude(np.array([np.nan])) == 0.0
