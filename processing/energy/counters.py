"""What a meter counts: resets, overflows, exchanges, and values that do not fit."""

from bisect import bisect_right
from itertools import pairwise

import numpy as np

from processing.model.flags import Floats, Integers, Mask, any_of

RESET = 0.01
"""A counter that falls to less than this fraction of its value was reset."""

_EXCHANGE_ROWS, _MAX_EXCHANGES = 12, 2
"""A meter is exchanged if so many values rise before a fall and behind it, and so often in a file."""
_FAR_ABOVE = 10.0

_ENDS = tuple(2.0**bits * 10.0**power for bits in (15, 16, 24, 31, 32) for power in range(-3, 4))
"""Values at which counters of 15 to 32 bits begin again, in mWh, 0.01 Wh and so on to kWh."""


def fallen_rows(values: Floats) -> Mask | None:
    """Return which values of a counter, in order of time, do not fit the others; None if all fit."""
    known = (~np.isnan(values)).nonzero()[0]
    falls = falling(values[known], may_be_exchanged=True)
    if not any_of(falls):
        return None
    found = np.zeros(len(values), np.bool_)
    found[known[falls]] = True
    return found


def _resets(values: Floats) -> Mask:
    """Return which steps are resets: to a value far below the one before, and the one before that."""
    earlier = np.concatenate((values[:1], values[:-1]))[: len(values) - 1]
    return np.asarray(values[1:] < RESET * np.minimum(values[:-1], earlier))


def differences(values: Floats) -> Floats:
    """Return what a counter counts in each step; after a reset, the whole value that it shows.

    If it overflowed, at a number such as 65535 or 9999.9, the part up to that number is added. What a meter
    shows when it is exchanged for one that has counted before is unknown, and counts nothing.
    """
    change = values[1:] - values[:-1]
    change[_exchanges(values)] = 0
    falls = (change < 0).nonzero()[0]
    if not len(falls):
        return change
    change[falls] = values[falls + 1]
    inner = falls[falls > 0]
    before = values[inner]
    with np.errstate(divide="ignore"):
        ends = np.array(
            [10.0 ** np.ceil(np.log10(before)), *(np.where(before < n, n, np.inf) for n in _ENDS)]
        )
    lacked = ends.min(axis=0) - before
    change[inner] += np.where(lacked <= 2 * (before - values[inner - 1]), lacked, 0.0)
    return change


def _exchanges(values: Floats) -> Integers:
    """Return the steps at which a meter was exchanged: few, far down, each between many values that rise."""
    falls = (values[1:] < values[:-1]).nonzero()[0]
    edges = np.concatenate(([-1], falls, [len(values) - 1]))
    if not 0 < len(falls) <= _MAX_EXCHANGES or (edges[1:] - edges[:-1]).min() < _EXCHANGE_ROWS:
        return falls[:0]
    fallen, risen = values[falls] - values[falls + 1], np.maximum(values[1:] - values[:-1], 0)
    chosen: Integers = falls[(fallen > _FAR_ABOVE * risen.max()) & ~_resets(values)[falls]]
    return chosen


def falling(values: Floats, *, may_be_exchanged: bool = False) -> Mask:
    """Return the values to leave out, as few as possible, so that the others rise between resets.

    If it may be, a meter that was exchanged for one that shows less begins again too.
    """
    left_out = dropouts(values)
    rest = (~left_out).nonzero()[0]
    values = values[rest]
    if len(values) > 1 and any_of(values[1:] < values[:-1]):
        begins = _resets(values)
        if may_be_exchanged:
            begins[_exchanges(values)] = True
        edges = [0, *((begins.nonzero()[0] + 1).tolist()), len(values)]
        for first, stop in pairwise(edges):
            left_out[rest[first:stop]] = ~_longest_rise(values[first:stop].tolist())
    return left_out


def dropouts(values: Floats) -> Mask:
    """Return the values that a counter shows while it is off: about zero, before it continues.

    It continues if the next value is not below the last one before them. At the beginning of the file, it
    continues if that value is above ten times what all others add.
    """
    found = np.zeros(len(values), np.bool_)
    shown = values.tolist()
    for last in reversed((values[:-1] < RESET * values[1:]).nonzero()[0].tolist()):
        after, first = shown[last + 1], last
        while first and shown[first - 1] < RESET * after:
            first -= 1
        if shown[first - 1] <= after if first else _goes_on(values[last + 1 :][~found[last + 1 :]]):
            found[first : last + 1] = True
    return found


def _goes_on(later: Floats) -> bool:
    """Return whether a counter was on before the first of these values, which is far above what they add."""
    added = float(np.add.reduce(differences(later)))
    return len(later) > 1 and bool(later[1] >= later[0] > _FAR_ABOVE * added > 0)


def _longest_rise(values: list[float]) -> Mask:
    """Return a longest subsequence that never falls."""
    ends: list[float] = []
    at: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        length = bisect_right(ends, value)
        before.append(at[length - 1] if length else -1)
        ends[length : length + 1] = [value]
        at[length : length + 1] = [index]
    kept = np.zeros(len(values), np.bool_)
    index = at[-1] if at else -1
    while index >= 0:
        kept[index] = True
        index = before[index]
    return kept
