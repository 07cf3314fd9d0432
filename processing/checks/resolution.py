"""What a sensor resolves, seen in its readings."""

from processing.model.flags import Floats, np

_ROUNDING = 1e-6
"""By so much of a digit's unit a number that has no further digit may seem to have one."""
_MAX_DIGITS = 6
_MIN_STEPS = 5
"""Distances between values that show a step; so many times the last digit, too, it is at least."""


def resolution(values: Floats, factor: float, offset: float) -> float:
    """Return the step between values that all are whole steps apart, else the last digit.

    The digits are those of the cells, whose readings are cell · factor + offset. A step of several digits is
    that of a converter, such as 0.073 V.
    """
    cells = (np.unique(values[~np.isnan(values)]) - offset) / factor
    digit = _last_digit(cells)
    distances = np.abs(cells[1:] - cells[:-1])
    distances = distances[distances > digit / 2]
    if len(distances) >= _MIN_STEPS:
        step = float(distances.min())
        multiples = np.rint(distances / step)
        is_whole = np.abs(distances - multiples * step) <= (multiples + 1.5) * digit
        if step > (_MIN_STEPS - 0.5) * digit and is_whole.all():
            return abs(factor) * step
    return abs(factor) * digit


def _last_digit(values: Floats) -> float:
    """Return the unit of the last digit that any of the values has: at most 1."""
    for digits in range(_MAX_DIGITS):
        scaled = values * 10.0**digits
        if np.abs(scaled - np.rint(scaled)).max(initial=0.0) <= _ROUNDING * 10.0**digits:
            return float(10.0**-digits)
    return float(10.0**-_MAX_DIGITS)
