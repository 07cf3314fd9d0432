"""One look at all channels at once: how far a check of neighbouring rows could find anything in a day.

Most days have nothing to find, and a check that asks here first is spared its pass. Each answer is an upper
bound: where it says no, the exact check finds nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processing.model.profile import Thresholds
from processing.rows.valid_rows import Day

_ROWS_AT_A_TIME = 1 << 14
"""Few enough for the processor's cache."""
_LONGEST = 64
"""Neighbours looked at together, also across the seams."""


class Glance(NamedTuple):
    """What may be found, and where."""

    jump: dict[str, float]
    """By channel that the file has: the largest change between neighbouring rows."""
    level: set[str]
    """Channels that may stay unchanged long enough for a flat line."""
    straight: set[str]
    """Channels that may lie on a straight line long enough for a linear fill."""
    dark: bool
    """There may be an outage between rows that generate."""


def glance(day: Day, limits: Thresholds) -> Glance:
    """Return what the checks of neighbouring rows may find."""
    jump, level, straight = np.zeros(len(day.block)), set(), set()
    flat, filled = (
        bytes([1]) * min(rows, _LONGEST) for rows in (limits.flat_rows - 1, max(1, limits.fill_rows - 2))
    )
    for first in range(0, len(day.time) - 1, _ROWS_AT_A_TIME):
        rows = slice(first, first + _ROWS_AT_A_TIME + _LONGEST + 1)
        lit, values = day.generating[rows], day.block[:, rows]
        change = values[:, 1:] - values[:, :-1]
        apart = np.abs(change)
        line = np.abs(change[:, 1:] - change[:, :-1]) <= limits.fill_tolerance
        line &= apart[:, 1:] > limits.fill_tolerance
        same = apart <= limits.flat_tolerance
        jump = np.maximum(jump, np.maximum.reduce(apart, axis=1))
        begins, ends = lit.tobytes().find(1), lit.tobytes().rfind(1)
        for name, level_steps, straight_steps in zip(day.values, same, line, strict=True):
            if filled in straight_steps.tobytes():
                straight.add(name)
            counted = level_steps if name == "temperature" else level_steps[begins:ends]
            if flat in counted.tobytes():
                level.add(name)
    dark = b"\0" * limits.outage_rows in day.generating.tobytes().strip(b"\0")
    return Glance(dict(zip(day.values, jump.tolist(), strict=True)), level, straight, dark)
