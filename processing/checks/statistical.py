"""The statistical checks: one small pure function each, arrays in, flags out. They never fail a row.

All rows are valid ones, in order of time. `change` is the difference between neighbouring rows (one
shorter than the rows), `slow` tells where the step is too long for them to be compared.
"""

from __future__ import annotations

import numpy as np

from processing.model.flags import (
    GOOD,
    NOT_EVALUATED,
    SUSPECT,
    Flags,
    Floats,
    Integers,
    Mask,
    any_of,
    flagged,
    good,
)
from processing.rows.runs import covered, runs

_CANDIDATES_AT_A_TIME = 50_000


def power_mismatch(voltage: Floats, current: Floats, power: Floats, watts: float, fraction: float) -> Flags:
    """Return SUSPECT where P and V·I differ by more than `watts` and by more than a fraction of the larger.

    Source: Joule's law, P = V·I for direct current. False alarms: instantaneous V and I beside averaged P
    under fast clouds.
    """
    product = voltage * current
    apart = np.abs(power - product)
    if not any_of(apart > watts):
        return good(len(power))
    return flagged(apart > np.maximum(watts, fraction * np.maximum(power, product)), SUSPECT)


def compared(slow: Mask, *, ahead: bool) -> Flags:
    """Return GOOD for rows that can be compared with the one before (and `ahead`: with the next one too).

    NOT_EVALUATED are the first row (and the last one), and rows beside a slow step.
    """
    flags = good(len(slow) + 1)
    flags[0] = NOT_EVALUATED
    if any_of(slow):
        flags[1:][slow] = NOT_EVALUATED
        flags[:-1][slow & ahead] = NOT_EVALUATED
    if ahead:
        flags[-1] = NOT_EVALUATED
    return flags


def spike(change: Floats, slow: Mask, threshold: float) -> Flags:
    """Return SUSPECT for a row from which both neighbours differ in one direction by more than `threshold`.

    Its neighbours are not flagged. The first and the last row, and rows beside a slow step, are not
    evaluated. Source: QARTOD test 6 (spike), "differential". False alarms: a cloud edge one row long.
    """
    flags = compared(slow, ahead=True)
    before, after = change[:-1], -change[1:]
    found = (np.minimum(before, after) > threshold) | (np.maximum(before, after) < -threshold)
    flags[1:-1][found & (flags[1:-1] == GOOD)] = SUSPECT
    return flags


def rate_of_change(change: Floats, seconds: Floats, slow: Mask, limit: float) -> Flags:
    """Return SUSPECT for a row that differs from the one before by more than limit · max(1, step / 300 s).

    Source: QARTOD test 7 (rate of change). The row after a spike is flagged too: its change is as fast.
    """
    flags = compared(slow, ahead=False)
    flags[1:][(np.abs(change) > limit * np.maximum(1.0, seconds / 300.0)) & ~slow] = SUSPECT
    return flags


def outlier(
    values: Floats,
    generating: Mask,
    rows: int,
    sigmas: float,
    floor: float,
    *,
    largest_change: float = np.inf,
) -> Flags:
    """Return SUSPECT where a daytime value is far from the median of the `rows` rows centred on it.

    Far is more than max(sigmas·1.4826·MAD, floor), MAD being the median of the distances to that median.
    Rows at night and at both ends are not evaluated. `largest_change` between neighbours may rule all out:
    no value can then be that far from its window's middle. Source: Hampel's identifier, as in pvanalytics.
    """
    flags = np.uint8(NOT_EVALUATED) - generating.view(np.uint8)
    half = rows // 2
    flags[:half] = NOT_EVALUATED
    flags[max(len(values) - half, 0) :] = NOT_EVALUATED
    if largest_change <= floor / half:
        return flags
    candidates = _beyond_neighbours(values, half, floor)
    candidates = candidates[flags[candidates] == GOOD]
    around = np.arange(-half, half + 1)
    for first in range(0, len(candidates), _CANDIDATES_AT_A_TIME):
        chosen = candidates[first : first + _CANDIDATES_AT_A_TIME]
        window = values[chosen[:, np.newaxis] + around]
        median = np.median(window, axis=1)
        spread = np.median(np.abs(window - median[:, np.newaxis]), axis=1)
        far = np.abs(values[chosen] - median) > np.maximum(sigmas * 1.4826 * spread, floor)
        flags[chosen[far]] = SUSPECT
    return flags


def _beyond_neighbours(values: Floats, half: int, floor: float) -> Integers:
    """Return the rows that can be further than `floor` from their window's median.

    More than half of the window is then further than that from the value, so of any `half` neighbours at
    least one is: looking at those on one side is enough, and spares the medians of ordinary rows.
    """
    found = np.zeros(len(values), np.bool_)
    for distance in range(1, half + 1):
        found[:-distance] |= np.abs(values[distance:] - values[:-distance]) > floor
    return found.nonzero()[0]


def flat_line(
    change: Floats, time: Integers, counted: Mask, *, tolerance: float, seconds: float, rows: int
) -> Flags:
    """Return SUSPECT for whole runs of unchanged values that last `seconds` and have `rows` counted rows.

    `counted` rows make a run suspicious: those that generate for voltage and current, all for temperature.
    Source: QARTOD test 8 (flat line). False alarms: a controller that holds a bus at one voltage, coarse
    sensors.
    """
    same = np.abs(change) <= tolerance
    if not any_of(same & counted[1:]):
        return good(len(time))
    starts, stops = runs(same)
    before = np.concatenate(([0], np.cumsum(counted)))
    enough = before[stops + 1] - before[starts] >= rows
    lasting = time[stops] - time[starts] >= seconds * 1e6
    kept = enough & lasting
    return flagged(covered(starts[kept], stops[kept] + 1, len(time)), SUSPECT)


def linear_fill(change: Floats, generating: Mask, tolerance: float, rows: int) -> Flags:
    """Return SUSPECT for runs of at least `rows` daytime rows on one straight line that is not level.

    Source: pvanalytics `interpolation_diff`. False alarms: coarse sensors, every second, on a slow ramp.
    """
    moving = np.abs(change) > tolerance
    straight = (np.abs(change[1:] - change[:-1]) <= tolerance) & moving[1:]
    if not any_of(straight):
        return good(len(generating))
    straight &= moving[:-1] & generating[:-2] & generating[1:-1] & generating[2:]
    starts, stops = runs(straight)
    kept = stops - starts + 2 >= rows
    found = np.zeros(len(generating), np.bool_)
    for start, stop in zip(starts[kept], stops[kept] + 2, strict=True):  # runs may share a row: a kink
        found[start:stop] = True
    return flagged(found, SUSPECT)


def night_generation(generating: Mask, night: Mask, rows: int) -> Flags:
    """Return SUSPECT for at least `rows` neighbouring rows that generate at night.

    False alarms: a clock or an offset that is wrong, which is worth knowing too.
    """
    found = generating & night
    if not any_of(found):
        return good(len(night))
    starts, stops = runs(found)
    kept = stops - starts >= rows
    return flagged(covered(starts[kept], stops[kept], len(night)), SUSPECT)


def daytime_outage(generating: Mask, day: Integers, time: Integers, seconds: float, rows: int) -> Flags:
    """Return SUSPECT for `rows` rows and `seconds` without power between generation on one day.

    `day` numbers each row's local date. False alarms: snow, or clouds too thick at the rim of the day.
    """
    at = generating.nonzero()[0]
    long = (at[1:] - at[:-1] > rows).nonzero()[0]
    if not len(long):
        return good(len(day))
    before, after = at[long], at[long + 1]
    within = day[before] == day[after]
    first, last = before[within] + 1, after[within] - 1
    lasting = time[last] - time[first] >= seconds * 1e6
    return flagged(covered(first[lasting], last[lasting] + 1, len(day)), SUSPECT)


def clipping(
    power: Floats, current: Floats, day: Integers, *, fraction: float, amperes: float, rows: int
) -> Mask:
    """Return runs of at least `rows` rows within a fraction of their day's highest power and at full current.

    It is a note: an inverter or a controller at its limit is no fault of the data.
    """
    strong = current >= amperes
    if not any_of(strong):
        return strong
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    highest = np.repeat(np.maximum.reduceat(power, starts), np.diff(starts, append=len(day)))
    firsts, stops = runs(strong & (power >= (1 - fraction) * highest) & (power > 0))
    kept = stops - firsts >= rows
    return covered(firsts[kept], stops[kept], len(day))
