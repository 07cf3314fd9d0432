from __future__ import annotations

import numpy as np
import pytest

from processing.model.resolution import resolution


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
