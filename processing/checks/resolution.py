"""What a sensor resolves, seen in its readings."""

from __future__ import annotations

from processing.model.flags import Floats, np

_NOISE = 1e-6
"""In units: readings this close are one value."""
_MIN_VALUES = 10
"""If there are fewer values, the distances between them say little."""
_MAX_DIGITS = 6


def resolution(values: Floats, factor: float, offset: float) -> float:
    """Return the smallest distance between two values; of few values, the last digit if that is smaller.

    The digits are those of the cells, whose readings are cell · factor + offset.
    """
    levels = np.unique(values[~np.isnan(values)])
    distances = levels[1:] - levels[:-1]
    distances = distances[distances > _NOISE]
    smallest = float(distances.min()) if len(distances) else np.inf
    if len(distances) < _MIN_VALUES - 1:
        smallest = min(smallest, abs(factor) * _last_digit((levels - offset) / factor))
    return smallest


def _last_digit(values: Floats) -> float:
    """Return the unit of the last digit that any of the values has: at most 1."""
    for digits in range(_MAX_DIGITS):
        scaled = values * 10.0**digits
        if np.abs(scaled - np.rint(scaled)).max() <= _NOISE * 10.0**digits:
            return float(10.0**-digits)
    return float(10.0**-_MAX_DIGITS)
