"""QARTOD's scale of flags, one direction, rolled up by the worst."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

GOOD: Final = 1
NOT_EVALUATED: Final = 2
SUSPECT: Final = 3
FAIL: Final = 4
MISSING: Final = 9

Flags: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

_WORST_LAST = np.array([MISSING, NOT_EVALUATED, GOOD, SUSPECT, FAIL], np.uint8)
_NAMES = tuple((flag, str(flag)) for flag in (GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING))
_RANK = np.zeros(MISSING + 1, np.uint8)
_RANK[_WORST_LAST] = np.arange(len(_WORST_LAST))


def worst(first: Flags, second: Flags) -> Flags:
    """Return, row by row, the worse of two flags, in the order 4, 3, 1, 2, 9."""
    return _WORST_LAST[np.maximum(_RANK[first], _RANK[second])]


def flagged(found: Mask, level: int) -> Flags:
    """Return `level` where found, GOOD elsewhere."""
    return found.view(np.uint8) * np.uint8(level - GOOD) + np.uint8(GOOD)


def good(rows: int) -> Flags:
    """Return flags that say of every row that nothing is wrong with it."""
    return np.ones(rows, np.uint8)


def not_evaluated(rows: int) -> Flags:
    """Return flags that say of every row that the check could not run on it."""
    return np.full(rows, NOT_EVALUATED, np.uint8)


def counts(flags: Flags) -> dict[str, int]:
    """Return how many rows have which flag, without those that none has."""
    data = flags.tobytes()
    found: dict[str, int] = {}
    left = len(data)
    for flag, name in _NAMES:
        if left and (count := data.count(flag)):
            found[name] = count
            left -= count
    return found


def any_of(mask: Mask) -> bool:
    """Return whether a mask has a True; on the few rows of a day three times as fast as its own method."""
    return b"\x01" in mask.tobytes()
