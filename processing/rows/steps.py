"""The steps between rows, the usual step, the seconds that each row represents, and rows far from others."""

import math
from typing import NamedTuple

from processing.model.flags import Floats, Integers, Mask, np
from processing.model.stamp import DAY, NO_TIME

USUAL_INTERVAL = 300.0
"""Seconds between rows if the file does not show them: five minutes."""

FIRST_PLAUSIBLE = 10_957 * DAY
"""2000-01-01 in microseconds since 1970: an earlier timestamp comes from a clock that was never set."""

_UNEVEN_SHARE = 0.05
"""Share of the steps: if more are longer than the limit of a gap, the logger is uneven."""

_DAY_SECONDS = 86_400

_ROWS_OF_DAY = 12
"""At least this many rows of one date show that its times of day were cut off."""

_LEAST_LONG = 3
"""Fewer long steps than this are gaps."""

_MICRO = 1e6


_FAR = 365 * DAY
"""A row from a clock that was not set is further away from all others: in microseconds."""

_EARLIEST = NO_TIME + 1
_OTHERS = 4
"""A distant block has at most one row for this many other rows."""


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
    """Return the median positive step in seconds, or `default` if there is none."""
    if steps.shortest == steps.longest > 0:
        return steps.shortest
    positive = steps.seconds[steps.seconds > 0]
    return float(np.median(positive)) if len(positive) else default


def interval_of_cut(time: Integers) -> float | None:
    """Return the seconds between rows if their times are cut to the second, the minute or the day, else None.

    A row or two a day may be of two devices.
    """
    times, counts = np.unique(time[time != NO_TIME], return_counts=True)
    cut = float(np.median(np.diff(times))) / _MICRO if len(times) > 1 else 0.0
    most = int(counts.max(initial=0))
    is_cut = cut in (1.0, 60.0) or (cut == _DAY_SECONDS and most >= _ROWS_OF_DAY)
    if not is_cut or most < 2 or np.any(times % int(cut * _MICRO) != 0):  # noqa: PLR2004 - rows of one time
        return None
    return math.floor(1000 * cut / most) / 1000 or None


def apart(time: Integers, seconds: float) -> Integers:
    """Return times in microseconds, of which equal ones follow each other by so many seconds."""
    order, rows = np.argsort(time, kind="stable"), np.arange(len(time))
    is_first = np.concatenate(([True], time[order][1:] != time[order][:-1]))
    later = rows - np.maximum.accumulate(np.where(is_first, rows, 0))
    found = time.copy()
    found[order] += np.rint(later * seconds * _MICRO).astype(np.int64)
    return np.where(time == NO_TIME, time, found)


class GapLimit(NamedTuple):
    """The longest step that is not a gap."""

    seconds: float
    is_uneven: bool
    """Whether so many steps are longer than usual that these are not gaps."""
    usual: float
    """Seconds that a row represents: the usual step, or the mean step of an uneven logger."""


def gap_limit(steps: Steps, dt: float, gap_steps: float) -> GapLimit:
    """Return the longest step that is not a gap: `gap_steps` usual steps, or long ones of an uneven logger.

    One long step a day may be the night of an inverter that sleeps. It does not make a logger uneven.
    """
    usual = gap_steps * dt
    if steps.longest <= usual:
        return GapLimit(usual, is_uneven=False, usual=dt)
    nights = math.ceil(float(np.add.reduce(steps.seconds)) / _DAY_SECONDS)
    within = np.sort(steps.seconds)[: max(0, len(steps.seconds) - nights)]
    long = int(np.count_nonzero(within > usual))
    if long < _LEAST_LONG or long <= _UNEVEN_SHARE * len(within):
        return GapLimit(usual, is_uneven=False, usual=dt)
    limit = gap_steps * float(np.percentile(within, 95, method="lower"))
    return GapLimit(limit, is_uneven=True, usual=float(np.mean(steps.seconds[steps.seconds <= limit])))


def durations(steps: Steps, dt: float, limit: float) -> Floats:
    """Return the seconds of each row: the step to the next one, or dt before a gap and at the end.

    A step of more than `limit` seconds is a gap.
    """
    tau = np.full(len(steps.seconds) + 1, dt, np.float64)
    np.copyto(tau[:-1], steps.seconds, where=steps.seconds <= limit)
    return tau


def distant_rows(time: Integers) -> Mask | None:
    """Return the rows more than 365 days away from all others, in blocks of at most a quarter of these.

    None if there are none. Rows may be in any order, and without a time.
    """
    if len(time) and (first := time.min()) >= _EARLIEST and time.max() - first <= _FAR:
        return None
    timed = (time != NO_TIME).nonzero()[0]
    if not len(timed):
        return None
    known = time[timed]
    if np.maximum.reduce(known) - np.minimum.reduce(known) <= _FAR:
        return None
    order = timed[np.argsort(known, kind="stable")]
    edges = np.concatenate(([0], (np.diff(time[order]) > _FAR).nonzero()[0] + 1, [len(order)]))
    found = np.zeros(len(time), np.bool_)
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if _OTHERS * (stop - first) <= len(order) - (stop - first):
            found[order[first:stop]] = True
    return found if found.any() else None
