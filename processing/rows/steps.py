"""The steps between rows, the usual step, the seconds that each row represents, and rows far from others."""

import math
from typing import NamedTuple

from processing.model.flags import Floats, Integers, Mask, any_of, np
from processing.model.rejection import RejectedFileError
from processing.model.stamp import DAY, DAY_S, FIRST_PLAUSIBLE, NO_TIME
from processing.model.thresholds import LEAST_ALIKE, MAX_INTERVAL_S
from processing.rows.runs import covered, long_runs

USUAL_INTERVAL = 300.0
"""Seconds between rows if the file does not show them: five minutes."""

_UNEVEN_SHARE = 0.05
"""Share of the steps: if more are longer than the limit of a gap, the logger is uneven."""

_ROWS_OF_DAY = 12
"""At least this many rows of one date show that its times of day were cut off."""

_LEAST_LONG = 3
"""Fewer long steps than this are gaps."""

_MICRO = 1e6

_NEAR, _REGULAR = 0.2, 0.9
"""Steps are regular if this share of them differs from the median by no more than this fraction of it."""

ALIKE = 0.1
"""Two steps are alike if they differ by no more than this fraction."""


_FAR = 365 * DAY
"""A row from a clock that was not set is further away from all others: in microseconds."""

_FEWEST_MONTHS, _FEWEST_YEARS = 6, 3
"""In a typical year, each month is of the year that was most like all others."""

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
    is_cut = cut in (1.0, 60.0) or (cut == DAY_S and most >= _ROWS_OF_DAY)
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


def expected_rows(time: Integers, dt: float, hours: float | None) -> int:
    """Return how many rows of dt seconds a complete file has, if it covers these times or so many hours.

    Implausible dates do not count for its period.
    """
    if not len(time):
        return 0
    first, last = time.item(0), time.item(-1)
    if first < FIRST_PLAUSIBLE <= last:
        first = time.item(int(np.searchsorted(time, FIRST_PLAUSIBLE)))
    if hours is not None:
        return max(1, round(hours * 3600 / dt))
    return round((last - first) / _MICRO / dt) + 1


class GapLimit(NamedTuple):
    """The longest step that is not a gap."""

    seconds: float
    is_uneven: bool
    """Whether so many steps are longer than usual that these are not gaps."""
    usual: float
    """Seconds that a row represents: the usual step, or the mean of steps that differ and are no gaps."""


def gap_limit(steps: Steps, dt: float, gap_steps: float) -> GapLimit:
    """Return the longest step that is not a gap: `gap_steps` usual steps, or long ones of an uneven logger.

    One long step a day may be the night of an inverter that sleeps. It does not make a logger uneven.
    """
    usual = gap_steps * dt
    if steps.longest <= usual:
        return GapLimit(usual, is_uneven=False, usual=dt)
    regular = _intervals(steps, usual)
    seconds = np.sort(steps.seconds[~regular])
    nights = math.ceil(float(np.add.reduce(seconds)) / DAY_S)
    within = seconds[: max(0, len(seconds) - nights)]
    long = int(np.count_nonzero(within > usual))
    is_uneven = long >= _LEAST_LONG and long > _UNEVEN_SHARE * len(within)
    if not is_uneven and not any_of(regular):
        return GapLimit(usual, is_uneven=False, usual=dt)
    limit = gap_steps * float(np.percentile(within, 95, method="lower")) if is_uneven else usual
    return GapLimit(limit, is_uneven=is_uneven, usual=float(np.mean(steps.seconds[~gaps(steps, limit)])))


def limit_of_readings(time: Integers, gap_steps: float, limit: GapLimit) -> GapLimit:
    """Return the limit of a gap between readings at these times, if each second row or fewer has one.

    It is the given one, that of all rows, if those with readings are few or do not come at regular steps.
    """
    steps = steps_of(time)
    step = interval(steps, 0.0)
    regular = int(np.count_nonzero(np.abs(steps.seconds - step) <= _NEAR * step))
    if step <= limit.seconds or regular < max(LEAST_ALIKE, _REGULAR * len(steps.seconds)):
        return limit
    return GapLimit(gap_steps * step, is_uneven=False, usual=step)


def gaps(steps: Steps, limit: float) -> Mask:
    """Return which steps are gaps: of over `limit` seconds, if the logger was not set to another interval."""
    found = steps.seconds > limit
    return found & ~_intervals(steps, limit) if any_of(found) else found


def _intervals(steps: Steps, limit: float) -> Mask:
    """Return the steps of over `limit` seconds, up to an hour, of which at least eight in a row are alike."""
    seconds = steps.seconds
    long = (seconds > limit) & (seconds <= MAX_INTERVAL_S)
    alike = long[1:] & long[:-1] & (np.abs(np.diff(seconds)) <= ALIKE * seconds[1:])
    found = long_runs(alike, LEAST_ALIKE - 1)
    return (
        np.zeros(len(seconds), np.bool_) if found is None else covered(found[0], found[1] + 1, len(seconds))
    )


def durations(steps: Steps, dt: float, limit: float) -> Floats:
    """Return the seconds of each row: the step to the next one; before a gap and at the end the usual one.

    The usual one is dt, or that of the interval to which the logger was set. `limit` is that of `gaps`.
    """
    if dt < steps.shortest <= limit:  # of the readings of rows that come in turn
        dt = interval(steps, dt)
    tau = np.full(len(steps.seconds) + 1, dt, np.float64)
    if steps.longest <= limit:
        tau[:-1] = steps.seconds
        return tau
    regular = _intervals(steps, limit)
    np.copyto(tau[1:], steps.seconds, where=regular)
    np.copyto(tau[:-1], steps.seconds, where=regular | (steps.seconds <= limit) | (steps.seconds < tau[:-1]))
    return tau


def distant_rows(time: Integers) -> Mask | None:
    """Return the rows more than 365 days away from all others, in blocks of at most a quarter of these.

    None if there are none. Rows may be in any order, and without a time. Raises RejectedFileError if they are
    those of a typical year.
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
    steps = np.diff(time[order])
    far = max(_FAR, 2 * np.median(steps))  # or there is a row a year
    edges = np.concatenate(([0], (steps > far).nonzero()[0] + 1, [len(order)]))
    found = np.zeros(len(time), np.bool_)
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if _OTHERS * (stop - first) <= len(order) - (stop - first):
            found[order[first:stop]] = True
    if not found.any():
        return None
    all_months = known.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    months, counts = np.unique(all_months, return_counts=True)
    years, is_once = len(np.unique(months // 12)), len(np.unique(months % 12)) == len(months)
    is_even = counts.max() <= 2 * np.median(counts)  # else single rows are of a clock that was not set
    if is_once and is_even and len(months) >= _FEWEST_MONTHS and years >= _FEWEST_YEARS:
        message = f"the rows are of {len(months)} months of {years} years, and no month comes twice, as in a "
        message += "typical year: write one year into all times"
        raise RejectedFileError("ambiguous_time", message)
    return found
