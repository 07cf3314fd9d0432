"""The resolution of a sensor, by its readings."""

from processing.model.flags import Floats, np

_ROUNDING = 1e-6
"""Rounding may make a number seem to have a further digit; this fraction of its unit is tolerated."""
_MAX_DIGITS = 6
_MIN_STEPS = 5
"""The fewest distances between values that show a step; the step is also at least this many last digits."""


def resolution(values: Floats, factor: float, offset: float) -> float:
    """Return the step if all values are whole steps apart, else the last digit.

    The digits are those of the cells: reading = cell · factor + offset. A converter has a step of several
    digits, such as 0.073 V.
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
