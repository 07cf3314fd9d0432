"""The steps between rows, and what follows from them: the usual one, what each row stands for."""

from __future__ import annotations

import math
from typing import NamedTuple

from processing.model.flags import Floats, Integers, np

USUAL_INTERVAL = 300.0
"""Seconds between rows where a file does not tell: five minutes."""

FIRST_PLAUSIBLE = 10_957 * 86_400 * 1_000_000
"""2000-01-01 in microseconds since 1970: an earlier stamp comes from a clock that was never set."""

_MICRO = 1e6


def extremes(block: Floats) -> tuple[Floats, Floats]:
    """Return the least and the greatest of each row of (channels, readings); NaN without a reading."""
    if not block.shape[1]:
        return np.full(len(block), np.nan), np.full(len(block), np.nan)
    return np.minimum.reduce(block, axis=1), np.maximum.reduce(block, axis=1)


class Steps(NamedTuple):
    """Seconds between neighbouring rows: one fewer than these."""

    seconds: Floats
    shortest: float
    """Infinite where there is none."""
    longest: float
    """0 where there is none."""


def steps_of(time: Integers) -> Steps:
    """Return the steps between these times, which are in microseconds."""
    seconds = (time[1:] - time[:-1]) / _MICRO
    if not len(seconds):
        return Steps(seconds, math.inf, 0.0)
    return Steps(seconds, float(np.minimum.reduce(seconds)), float(np.maximum.reduce(seconds)))


def interval(steps: Steps, usual: float = USUAL_INTERVAL) -> float:
    """Return the median positive step in seconds, `usual` where there is none."""
    if steps.shortest == steps.longest > 0:
        return steps.shortest
    positive = steps.seconds[steps.seconds > 0]
    count = len(positive)
    if not count:
        return usual
    middle = np.partition(positive, (count // 2 - (count % 2 == 0), count // 2))
    return float(middle[count // 2 - (count % 2 == 0)] + middle[count // 2]) / 2


def durations(steps: Steps, dt: float, gap_steps: float) -> Floats:
    """Return the seconds each row stands for: the step to the next row, or dt before a gap and at the end."""
    tau = np.full(len(steps.seconds) + 1, dt, np.float64)
    np.copyto(tau[:-1], steps.seconds, where=steps.seconds <= gap_steps * dt)
    return tau


def expected_rows(span_seconds: float, dt: float, period_seconds: float | None) -> int:
    """Return how many rows a complete file has: over its own span, or over the configured period."""
    if period_seconds is not None:
        return max(1, round(period_seconds / dt))
    return round(span_seconds / dt) + 1
