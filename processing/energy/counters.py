"""What a meter counts: resets, overflows, exchanges, and values that do not fit."""

from bisect import bisect_right
from itertools import pairwise

import numpy as np

from processing.model.flags import Floats, Integers, Mask, any_of
from processing.model.stamp import HOUR_S

RESET = 0.01
"""A counter that falls to less than this fraction of its value was reset."""

_EXCHANGE_ROWS, _MAX_EXCHANGES = 12, 2
"""A meter is exchanged if so many values rise before a fall and behind it, and so often in a file."""
_FAR_ABOVE, _FAR_JUMP = 10.0, 100.0
"""How many times as large a value is as what others add, and a jump as any other rise."""
_RISING, _LOW, _MANY_FALLS = 3, 0.9, 6
"""Values that begin again: the fewest falls, and the fewest changes for each; the share of the falls that are
far, or of one length; and the fewest falls by the clock.
"""
_PERIODS = (600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 14_400.0, 21_600.0)
"""The seconds after which values begin again by the clock."""
MAX_POWER_W = 1e7
"""The most power of a plant."""

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
    """Return which steps are resets: to a value far below the one before, and the one before that.

    So are those in which a counter overflows.
    """
    earlier = np.concatenate((values[:1], values[:-1]))[: len(values) - 1]
    return np.asarray((values[1:] < RESET * np.minimum(values[:-1], earlier)) | (_lacked(values) > 0))


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
    return np.asarray(change + _lacked(values))


def _lacked(values: Floats) -> Floats:
    """Return for each step what a counter lacked up to its end if it overflowed there, else 0.

    It counts at most twice as much in that step as in the one before, or, if it overflows again, as in any.
    It has one end in a file. If it shows zero behind it, no more than the least change is left over.
    """
    found, change = np.zeros(len(values) - 1), values[1:] - values[:-1]
    falls = (change < 0).nonzero()[0]
    falls = falls[falls > 0]
    if not len(falls):
        return found
    before, after, rise = values[falls], values[falls + 1], values[falls] - values[falls - 1]
    with np.errstate(divide="ignore"):
        ends = np.array(
            [10.0 ** np.ceil(np.log10(before)), *(np.where(before < n, n, np.inf) for n in _ENDS)]
        ).min(axis=0)
    lacked, least = ends - before, change[change > 0].min(initial=np.inf)
    is_over = (lacked + after <= 2 * rise) & (ends > _FAR_ABOVE * rise) & ((after > 0) | (lacked <= least))
    if len(np.unique(ends[is_over])) == 1:
        is_over |= (ends == ends[is_over][0]) & (lacked + after <= 2 * change.max())
        found[falls[is_over]] = lacked[is_over]
    return found


def begins_again(values: Floats, step: float) -> bool:
    """Return whether values rise and begin again, below half of the last one and with what a step may add.

    So do those that are counted from the beginning of each hour or session: after many steps, or in each hour
    or part of it. `step` is the usual one in s.
    """
    moves = values[1:] - values[:-1]
    falls = (moves < 0).nonzero()[0]
    if len(falls) < _RISING or _RISING * len(falls) > np.count_nonzero(moves):
        return False
    after, distances = values[falls + 1], falls[1:] - falls[:-1]
    low = np.count_nonzero((2 * after < values[falls]) & (after <= 2 * moves.max()))
    usual = float(np.median(distances))
    is_even = np.count_nonzero(distances == usual) >= _LOW * len(distances)
    is_clock = is_even and len(falls) >= _MANY_FALLS and usual * step in _PERIODS
    is_long = np.count_nonzero(moves) >= _EXCHANGE_ROWS * len(falls)
    return bool(low >= _LOW * len(falls) and (is_clock or is_long))


def jumps(rises: Floats, seconds: Floats) -> Integers:
    """Return the steps in which no plant counts so much: a meter was exchanged for one that shows more.

    Each is between many values that do not fall.
    """
    power = rises * HOUR_S / seconds
    chosen: Integers = (power > MAX_POWER_W).nonzero()[0]
    edges = np.concatenate(([-1], ((rises < 0) | (power > MAX_POWER_W)).nonzero()[0], [len(rises)]))
    if not 0 < len(chosen) <= _MAX_EXCHANGES or (edges[1:] - edges[:-1]).min() < _EXCHANGE_ROWS:
        return chosen[:0]
    return chosen if power[chosen].min() > _FAR_JUMP * np.delete(power, chosen).max() else chosen[:0]


def without_jumps(values: Floats, time: Integers) -> Floats:
    """Return the values of a meter that was not exchanged for one that shows more; `time` is in µs."""
    known = (~np.isnan(values)).nonzero()[0]
    rises = values[known][1:] - values[known][:-1]
    chosen = jumps(rises, np.maximum(time[known][1:] - time[known][:-1], 1) / 1e6)
    if not len(chosen):
        return values
    found = values.copy()
    for step in chosen.tolist():
        found[known[step + 1 :]] -= rises[step]
    return found


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
