"""The figures of a day: one small function each, over valid, sorted, distinct rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.model.flags import Floats, Integers, Mask, any_of
from processing.model.result import Stats, rounded
from processing.model.stamp import HOUR

_JOULES_PER_KWH = 3.6e6


def stats(readings: Floats) -> list[Stats]:
    """Return mean, extremes and sample standard deviation (n-1) of each row of (channels, readings).

    All are null if there is no reading; std is 0 for a single one.
    """
    count = readings.shape[1]
    if not count:
        return [Stats() for _ in readings]
    means = np.add.reduce(readings, axis=1, keepdims=True) / count
    if any_of(np.isnan(means)):
        return [stats(each[np.newaxis, ~np.isnan(each)])[0] for each in readings]
    squares = readings - means
    np.multiply(squares, squares, out=squares)
    deviations = np.sqrt(np.add.reduce(squares, axis=1) / max(1, count - 1))
    columns = (means[:, 0], readings.min(axis=1), readings.max(axis=1), deviations)
    return [
        Stats(avg=rounded(avg), min=rounded(low), max=rounded(high), std=rounded(std))
        for avg, low, high, std in zip(*(column.tolist() for column in columns), strict=True)
    ]


def energy_kwh(power: Floats, tau: Floats) -> float:
    """Return Σ P·τ: watts times the seconds for which each row stands.

    Numpy's own sum adds in one order everywhere. `@` would add in the order of the processor's BLAS kernel,
    and a figure that ends in 5 would round up on one machine and down on the next.
    """
    return float(np.add.reduce(power * tau)) / _JOULES_PER_KWH


def gap_energy_kwh(power: Floats, tau: Floats, seconds: Floats, is_gap: Mask, longest: float) -> float:
    """Return what linear interpolation of P adds over missing or invalid runs of at most `longest` seconds.

    Power in W and tau in s of each row; the seconds to the next row, and whether that step is a gap. A step
    of s seconds lacks k = round(s / tau) - 1 rows. They are set s / (k + 1) apart on the line between its
    ends, and the row before the step then stands for that long instead of tau.
    """
    lacking = np.rint(seconds / tau[:-1]) - 1
    at = (is_gap & (lacking * tau[:-1] <= longest)).nonzero()[0]
    lacking = lacking[at]
    width = seconds[at] / (lacking + 1)
    before, after = power[at], power[at + 1]
    filled = width * (before + lacking * (before + after) / 2)
    return float((filled - tau[at] * before).sum()) / _JOULES_PER_KWH


class HourlyPower(NamedTuple):
    """Clock hours that have rows, in order; arrays of one length."""

    first: Integers
    """Index of each hour's first row."""
    start: list[int]
    """Time at which the clock hour begins, as the rows' own time."""
    mean: Floats
    """Mean power in W over the time for which the rows stand."""
    energy: Floats
    """Energy of each hour in kWh."""
    peak: int
    """Index of the hour with the highest mean among those with rows for half an hour, else among all."""


class PartsOfHours(NamedTuple):
    """Rows, or parts of them; arrays of one length."""

    power: Floats
    """In W."""
    tau: Floats
    """The seconds for which each stands."""
    time: Integers
    """In microseconds, as `local`."""
    local: Integers
    form: NDArray[np.int32]


def cut_by_hours(rows: PartsOfHours) -> PartsOfHours:
    """Return the parts of rows, each of which is cut where a clock hour of the local time ends."""
    start = rows.local % HOUR
    end = start + np.rint(rows.tau * 1e6).astype(np.int64)
    count = np.maximum(1, -(-end // HOUR))
    row = np.repeat(np.arange(len(count)), count)
    hour = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    begin = np.maximum(start[row], hour * HOUR)
    seconds, shift = (np.minimum(end[row], (hour + 1) * HOUR) - begin) / 1e6, begin - start[row]
    return PartsOfHours(
        rows.power[row], seconds, rows.time[row] + shift, rows.local[row] + shift, rows.form[row]
    )


def hours(power: Floats, tau: Floats, time: Integers, local: Integers, dt: float) -> HourlyPower:
    """Return power and energy by clock hour of the local time (both in microseconds)."""
    start = time - local % HOUR
    is_edge = np.ones(len(start) + 1, np.bool_)
    is_edge[1:-1] = start[1:] != start[:-1]
    edges = is_edge.nonzero()[0]
    first, count = edges[:-1], edges[1:] - edges[:-1]
    joules = np.add.reduceat(power * tau, first)
    if any_of(tau != dt):
        seconds = np.add.reduceat(tau, first)
        mean = (joules / seconds).round(6)  # so that hours of the same power are equal
    else:
        seconds = dt * count
        mean = np.add.reduceat(power, first) / count
    enough = 2e6 * seconds >= HOUR
    peak = int((np.where(enough, mean, -np.inf) if any_of(enough) else mean).argmax())
    return HourlyPower(first, start[first].tolist(), mean, joules / _JOULES_PER_KWH, peak)
