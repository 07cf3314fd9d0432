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
_RANK = np.zeros(MISSING + 1, np.uint8)
_RANK[_WORST_LAST] = np.arange(len(_WORST_LAST))


def worst(first: Flags, second: Flags) -> Flags:
    """Return, row by row, the worse of two flags, in the order 4, 3, 1, 2, 9."""
    return _WORST_LAST[np.maximum(_RANK[first], _RANK[second])]


def flagged(found: Mask, level: int) -> Flags:
    """Return `level` where found, GOOD elsewhere."""
    return np.where(found, np.uint8(level), np.uint8(GOOD))


def not_evaluated(rows: int) -> Flags:
    """Return flags that say of every row that the check could not run on it."""
    return np.full(rows, NOT_EVALUATED, np.uint8)


def counts(flags: Flags) -> dict[str, int]:
    """Return how many rows have which flag, without those that none has."""
    data = flags.tobytes()
    found = {str(flag): data.count(flag) for flag in (GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING)}
    return {flag: count for flag, count in found.items() if count}
