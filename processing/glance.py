"""One look at all channels at once: how far a check of neighbouring rows could find anything in a day.

Most days have nothing to find, and a check that asks here first is spared its pass. Each answer is an upper
bound: where it says no, the exact check finds nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processing.day import Day
from processing.flags import Mask
from processing.profile import Thresholds

_ROWS_AT_A_TIME = 1 << 14
"""Few enough for the processor's cache."""
_LONGEST = 4
"""Neighbours looked at together: enough to rule out the chance equality of a few."""


class Glance(NamedTuple):
    """By channel that the file has."""

    jump: dict[str, float]
    """The largest change between neighbouring rows."""
    level: dict[str, float]
    """Not 0 where it may stay unchanged long enough for a flat line, with a row that generates."""
    straight: dict[str, float]
    """Not 0 where it may lie on a straight line long enough for a linear fill."""
    level_by_night: dict[str, float]
    """As `level`, whether a row generates or not."""


def glance(day: Day, limits: Thresholds) -> Glance:
    """Return what the checks of neighbouring rows may find."""
    flat, filled = min(limits.flat_rows - 1, _LONGEST), min(max(1, limits.fill_rows - 2), _LONGEST)
    jump, level, lit_level, straight = np.zeros((4, len(day.block)))
    for first in range(0, len(day.time) - 1, _ROWS_AT_A_TIME):
        rows = slice(first, first + _ROWS_AT_A_TIME + _LONGEST + 1)
        lit, values = day.generating[rows], day.block[:, rows]
        change = values[:, 1:] - values[:, :-1]
        apart = np.abs(change)
        same = _lasting(apart <= limits.flat_tolerance, flat)
        line = np.abs(change[:, 1:] - change[:, :-1]) <= limits.fill_tolerance
        line &= (apart[:, 1:] > limits.fill_tolerance) & lit[1:-1]
        jump = np.maximum(jump, np.maximum.reduce(apart, axis=1))
        level += np.logical_or.reduce(same, axis=1)
        lit_level += np.logical_or.reduce(same & ~_lasting(~lit, flat + 1), axis=1)
        straight += np.logical_or.reduce(_lasting(line, filled), axis=1)
    found = (dict(zip(day.values, most.tolist(), strict=True)) for most in (jump, lit_level, straight, level))
    return Glance(*found)


def _lasting(mask: Mask, places: int) -> Mask:
    """Return where a mask begins to be true for so many neighbouring places."""
    for _ in range(places - 1):
        mask = mask[..., 1:] & mask[..., :-1]
    return mask
