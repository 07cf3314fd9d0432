"""The steps between rows, the usual one, and the seconds that each row stands for."""

import math
from typing import NamedTuple

from processing.model.flags import Floats, Integers, np

USUAL_INTERVAL = 300.0
"""Seconds between rows of a file that does not show it: five minutes."""

FIRST_PLAUSIBLE = 10_957 * 86_400 * 1_000_000
"""2000-01-01 in microseconds since 1970: an earlier timestamp comes from a clock that was never set."""

_MICRO = 1e6


class Steps(NamedTuple):
    """Seconds between neighbouring rows: one fewer than these."""

    seconds: Floats
    shortest: float
    """Infinite if there is none."""
    longest: float
    """0 if there is none."""


def steps_of(time: Integers) -> Steps:
    """Return the steps between these times, which are in microseconds."""
    seconds = (time[1:] - time[:-1]) / _MICRO
    if not len(seconds):
        return Steps(seconds, math.inf, 0.0)
    return Steps(seconds, float(np.minimum.reduce(seconds)), float(np.maximum.reduce(seconds)))


def interval(steps: Steps, default: float) -> float:
    """Return the median positive step in seconds, the default if there is none."""
    if steps.shortest == steps.longest > 0:
        return steps.shortest
    positive = steps.seconds[steps.seconds > 0]
    return float(np.median(positive)) if len(positive) else default


def durations(steps: Steps, dt: float, gap_steps: float) -> Floats:
    """Return the seconds each row stands for: the step to the next row, or dt before a gap and at the end."""
    tau = np.full(len(steps.seconds) + 1, dt, np.float64)
    np.copyto(tau[:-1], steps.seconds, where=steps.seconds <= gap_steps * dt)
    return tau
