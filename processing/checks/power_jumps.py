"""The checks of power without voltage and current beside it that jumps from row to row.

They never fail a row. All rows are valid ones, in order of time.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from processing.checks.check import SuspectCheck, flags_of
from processing.checks.checked_file import SLOW_STEP, CheckedFile
from processing.model.channels import has_product
from processing.model.digits import lack_digits, other_scale, usual_magnitude
from processing.model.flags import SUSPECT, Flags, Floats, Integers, Mask, any_of, np
from processing.model.result import rounded
from processing.model.stamp import HOUR_S
from processing.model.thresholds import NIGHT_FLOOR, Positive, Threshold

_SPIKE_TIMES = Threshold("spike_power_times", 3.0, "times", Positive)
_DROP_TIMES = Threshold("drop_times", 10.0, "times the floor", Positive)
_OFTEN = 0.25
"""Power that drops in a larger share of the rows is that of a load."""
_FEWEST_ROWS = 9
"""The fewest rows with power that show which power is usual."""
_CODES = (-1.0, *(nines / scale for nines in (99.0, 999.0, 9999.0, 99999.0) for scale in (1, 10, 100)))
_CODE_DIGITS, _APART, _CHANCE = 4, 0.1, 1e-3
"""Decimals of a code, its distance from both neighbours as a share of the usual power, and chance."""
DARK_SECONDS = 1800.0
LEAST_STEPS, _MAX_OUT, _DEAD, _MUCH = 3, 3, 5.0, 0.2
"""Steps of the sensor in a spike, the most rows that are left out, and what is beside a row without power,
or one that lacks a digit: power above so many times the floor, or this share of the usual power."""
_LOST_POINT, _SHIFTED = 5.0, (0.7, 1.4)
"""How far a number without its point is above its neighbours, and what it then is of them with it."""


class PowerSpike(SuspectCheck):
    """P of one row does not fit the rows beside it; only if the file has no P beside V and I.

    A spike is above `spike_power_times` of both neighbours and of the usual magnitude (the 95th percentile).
    A drop is at the floor between rows above `drop_times` of it (clouds leave more), zero between rows above
    five times the floor, or below zero between rows above it; so are two or three rows, for half an hour. A
    damaged number often means "no reading", such as -1 or 999.9, and is far from both; or it fits them with
    its point (1253 between 12.31 and 12.74), with one more digit (178 between 1164 and 1192), without its
    sign, or, as three rows or more, at one multiple. Drops and lost digits are not evaluated over a step of
    more than an hour (or `slow_step_seconds`), in the total of a meter, if power is negative elsewhere, or if
    a quarter of the rows drop. Of a load, only codes and lost points are.

    Source: QARTOD test 6; cells that are damaged on their way.
    False alarms: an inverter that is off for one row; an hour of sun in a dark day.
    """

    name = "power_spike"
    title = "spike"
    sentence = "power {value:g} W does not fit the rows beside it, of {before:g} W and {after:g} W"
    channels = ("power",)
    needs_column = False
    always_counted = False
    thresholds = (_SPIKE_TIMES, _DROP_TIMES, NIGHT_FLOOR, SLOW_STEP)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        valid = file.valid
        is_compared = "power" in valid.values and has_product(valid.values)
        if is_compared or np.count_nonzero(valid.generating) < _FEWEST_ROWS:
            return None
        power, usual = valid.power, usual_magnitude(valid.power)
        if usual <= file[NIGHT_FLOOR]:
            return None
        source, step = file.power_source, file.power_step
        found = np.zeros(len(power), np.bool_)
        if source is not None:
            codes = _codes(file, source)
            codes[[0, -1]] = False
            beside = _Beside.of(file, codes)
            apart = np.maximum(power - beside.higher, beside.lower - power) > _APART * usual
            most = _CHANCE * usual / digit_in_watts(file, source)
            if np.count_nonzero(codes) == 1 or np.count_nonzero(valid.generating) > most:
                codes &= apart & ((power < 0) | (np.count_nonzero(apart) <= most))
            found = codes | self._has_lost_point(file, beside, source)
        if file.is_load:
            return flags_of(found, SUSPECT)
        beside = _Beside.of(file, found | (power <= file[NIGHT_FLOOR]))
        limit = file[_SPIKE_TIMES] * np.maximum(beside.higher, usual)
        found |= (power > limit) & (power - beside.higher > LEAST_STEPS * step)
        found |= _turned(file)
        if valid.energy_kind != "counter":
            found |= self._drops(file, beside, usual) & (beside.lower > LEAST_STEPS * step)
        return flags_of(found, SUSPECT)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        power = file.valid.power
        value, before, after = (rounded(power[at]) for at in (run.start, run.start - 1, run.stop))
        return {"value": value, "before": before, "after": after}

    def _has_lost_point(self, file: CheckedFile, beside: _Beside, source: str) -> Mask:
        """Return which numbers fit their neighbours if they are divided by what their decimals make."""
        power, cells = file.valid.power, _cells(file, source)
        shifted = power / 10.0 ** _decimals(file, source)
        fits = (shifted >= _SHIFTED[0] * beside.lower) & (shifted <= _SHIFTED[1] * beside.higher)
        fits &= cells == np.rint(cells)
        return np.asarray(fits & (power > _LOST_POINT * beside.higher) & (beside.lower > 0))

    def _drops(self, file: CheckedFile, beside: _Beside, usual: float) -> Mask:
        """Return which rows are without power between two that have much, and which lost a digit."""
        power, floor = file.valid.power, file[NIGHT_FLOOR]
        is_short = (beside.rows == 1) | ((beside.rows - 1) * file.valid.dt >= DARK_SECONDS)
        is_between = is_short & (beside.longest <= max(file[SLOW_STEP], HOUR_S))
        found = is_between & (power <= 0) & (beside.lower > np.where(power < 0, floor, _DEAD * floor))
        found |= is_between & (power <= floor) & (beside.lower > file[_DROP_TIMES] * floor)
        is_between &= beside.lower > min(file[_DROP_TIMES] * floor, _MUCH * usual)
        count = np.count_nonzero(found | file.valid.generating)
        if np.count_nonzero(found) > _OFTEN * count or any_of(power[~found] < -floor):
            return np.zeros(len(power), np.bool_)
        name = file.power_source or "current"
        found |= lack_digits(_cells(file, name), _decimals(file, name), is_between)
        return np.asarray(found | (other_scale(power) & (file.valid.dt <= file[SLOW_STEP])))


class _Beside(NamedTuple):
    """What is beside each row: the power of the nearest rows before and after that are not left out.

    The first and the last row, and rows in the middle of more than three that are left out, have NaN.
    `rows` are between these two; `longest` is the longer step to the next rows, in seconds.
    """

    lower: Floats
    higher: Floats
    rows: Integers
    longest: Floats

    @classmethod
    def of(cls, file: CheckedFile, left_out: Mask) -> _Beside:
        power, seconds, count = file.valid.power, file.valid.steps.seconds, len(left_out)
        at = np.arange(1, count + 1)
        before = np.maximum.accumulate(np.where(left_out, 0, at))[:-2]
        after = np.minimum.accumulate(np.where(left_out, count + 1, at)[::-1])[::-1][2:]
        rows = np.pad(after - before - 1, 1)
        padded = np.concatenate(([np.nan], power, [np.nan]))
        ends = np.sort((padded[before], padded[after]), axis=0)
        is_known = (after - before - 1 <= _MAX_OUT) & ~np.isnan(ends[1])
        lower, higher = np.full((2, count), np.nan)
        lower[1:-1], higher[1:-1] = np.where(is_known, ends, np.nan)
        longest = np.pad(np.maximum(seconds[1:], seconds[:-1]), 1)
        return cls(lower, higher, rows, longest)


def _cells(file: CheckedFile, channel: str) -> Floats:
    """Return the numbers of a channel's cells."""
    column = file.valid.dialect.columns[channel]
    return np.asarray((file.valid.values[channel] - column.offset) / column.factor)


def _decimals(file: CheckedFile, channel: str) -> int:
    """Return how many decimals the numbers of a channel have."""
    digit = file.resolution(channel) / abs(file.valid.dialect.columns[channel].factor)
    return max(0, math.ceil(-math.log10(digit) - 1e-6))


def digit_in_watts(file: CheckedFile, channel: str) -> float:
    """Return what the last digit of these numbers makes in W."""
    factor = abs(file.valid.dialect.columns[channel].factor) / 10.0 ** _decimals(file, channel)
    return factor if file.valid.energy_kind is None else factor * HOUR_S / file.valid.dt


def _codes(file: CheckedFile, channel: str) -> Mask:
    """Return which numbers may mean "no reading": -1, nines, and the sentinels."""
    codes = [*_CODES, *file.valid.profile.sentinels]
    return np.asarray(np.isin(_cells(file, channel).round(_CODE_DIGITS), codes))


def _turned(file: CheckedFile) -> Mask:
    """Return which rows have a sign that turned, if all negative ones fit the rows beside them without it."""
    power, negative = file.valid.power, file.valid.power < -file[NIGHT_FLOOR]
    is_rare = np.count_nonzero(negative) <= _OFTEN * np.count_nonzero(file.valid.generating)
    beside = _Beside.of(file, power < 0)
    fits = (-power >= _SHIFTED[0] * beside.lower) & (-power <= _SHIFTED[1] * beside.higher)
    return np.asarray(negative & is_rare & np.all(fits[negative]))


CHECKS = (PowerSpike,)
