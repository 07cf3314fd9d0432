"""The checks of power without voltage and current beside it that jumps from row to row.

They never fail a row. All rows are valid ones, in order of time.
"""

from __future__ import annotations

import math
from typing import Any

from processing.checks.check import SLOW_STEP, CheckedFile, Note, Runs, SuspectCheck, flags_of
from processing.checks.statistical_runs import is_negative
from processing.model.channels import has_product
from processing.model.flags import SUSPECT, Flags, Floats, Mask, any_of, np
from processing.model.result import rounded
from processing.model.thresholds import NIGHT_FLOOR, Fraction, Positive, Threshold

_SPIKE_TIMES = Threshold("spike_power_times", 3.0, "times", Positive)
_DROP_TIMES = Threshold("drop_times", 10.0, "times the floor", Positive)
_OFTEN = 0.25
"""Power that drops in a larger share of the rows is that of a load."""
_FEWEST_ROWS, _HOUR_S = 9, 3600.0
_CODES = (-1.0, *(nines / scale for nines in (99.0, 999.0, 9999.0, 99999.0) for scale in (1, 10, 100)))
_CODE_DIGITS, _APART, _CHANCE = 4, 0.1, 1e-3
"""Decimals of a code, its distance from both neighbours as a share of the usual power, and chance."""
_SUDDEN = Threshold("sudden_fraction", 0.3, "of the highest", Fraction)
_DARK_ROWS, _DARK_SECONDS = 4, 1800.0
_LEAST_STEPS = 3
_LOST_POINT, _SHIFTED = 5.0, (0.7, 1.4)
"""How far a number without its point is above its neighbours, and what it then is of them with it."""
_MANY_TENTHS, _TENTHS = 3, 0.01
"""So many rows, and this share, are a tenth of their neighbours if digits are lost; clouds are rarer."""


class PowerSpike(SuspectCheck):
    """P of one row does not fit the rows beside it; only if the file has no P beside V and I.

    It is above `spike_power_times` of both neighbours and of the usual magnitude, which 95 % of the readings
    do not exceed. Or it fits them once its digits get back the point that they have lost: 1253 between 12.31
    and 12.74. Or it is a number that often means "no reading", such as -1, 999.9 or 3276.7, at least a tenth
    of the usual magnitude away from both. Or it is at most at the floor, and both neighbours are above
    `drop_times` of it: clouds leave more; or below zero, and both are above the floor. Or it is a tenth of
    both, and so are at least three rows and 1 % of those that generate: the numbers lost their last digits.
    Drops are not evaluated over a step of more than an hour (or of `slow_step_seconds`, if these are more),
    in the total of a meter, if power is negative elsewhere, and if a quarter of the rows drop. If there is
    power at night, or in more than two thirds of a day or more, it is a load, which jumps by nature: drops
    and spikes are then not evaluated.

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
        from processing.rows.scaling import usual_magnitude  # noqa: PLC0415 - loads numpy

        power = valid.power
        usual = usual_magnitude(power)
        if usual <= file[NIGHT_FLOOR]:
            return None
        lower, higher = np.sort((power[:-2], power[2:]), axis=0)
        one = power[1:-1]
        step = file.power_step
        found = np.zeros(len(one), np.bool_)
        source = file.power_source
        if source is not None:
            column = valid.dialect.columns[source]
            cells = (valid.values[source][1:-1] - column.offset) / column.factor
            found = self._has_lost_point(file, lower, higher, one, cells)
            apart = np.maximum(one - higher, lower - one) > _APART * usual
            found |= _are_codes(file, cells, apart, usual / step)
        if file.is_load:
            return flags_of(np.concatenate(([False], found, [False])), SUSPECT)
        limit = file[_SPIKE_TIMES] * np.maximum(higher, usual)
        found |= (one > limit) & (one - higher > _LEAST_STEPS * step)
        if valid.energy_kind != "counter":
            found |= self._drops(file, lower, higher, one) & (lower > _LEAST_STEPS * step)
        return flags_of(np.concatenate(([False], found, [False])), SUSPECT)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        power = file.valid.power
        value, before, after = (rounded(power[at]) for at in (run.start, run.start - 1, run.stop))
        return {"value": value, "before": before, "after": after}

    def _has_lost_point(
        self, file: CheckedFile, lower: Floats, higher: Floats, one: Floats, cells: Floats
    ) -> Mask:
        """Return which numbers fit their neighbours if they are divided by what their decimals make."""
        source = file.power_source or "power"
        digit = file.resolution(source) / abs(file.valid.dialect.columns[source].factor)
        decimals = math.ceil(-math.log10(digit) - 1e-6)
        shifted = one / 10.0 ** max(decimals, 0)
        fits = (
            (shifted >= _SHIFTED[0] * lower) & (shifted <= _SHIFTED[1] * higher) & (cells == np.rint(cells))
        )
        return np.asarray(fits & (one > _LOST_POINT * higher) & (lower > 0))

    def _drops(self, file: CheckedFile, lower: Floats, higher: Floats, one: Floats) -> Mask:
        """Return which rows are without power between two that have much, and which lost their last digit."""
        slow = file.valid.steps.seconds > max(file[SLOW_STEP], _HOUR_S)
        is_between = (lower > file[_DROP_TIMES] * file[NIGHT_FLOOR]) & ~(slow[1:] | slow[:-1])
        found = is_between & (one <= file[NIGHT_FLOOR])
        found |= (one < 0) & (lower > file[NIGHT_FLOOR]) & ~(slow[1:] | slow[:-1])
        others = np.delete(file.valid.power, found.nonzero()[0] + 1)
        count = np.count_nonzero(file.valid.generating)
        if np.count_nonzero(found) > _OFTEN * count or any_of(others < -file[NIGHT_FLOOR]):
            return np.zeros(len(one), np.bool_)
        tenths = is_between & (10 * one >= _SHIFTED[0] * lower) & (10 * one <= _SHIFTED[1] * higher)
        if np.count_nonzero(tenths) >= max(_MANY_TENTHS, _TENTHS * count):
            found |= tenths
        return found


def _are_codes(file: CheckedFile, cells: Floats, apart: Mask, levels: float) -> Mask:
    """Return which numbers apart from their neighbours may mean "no reading": -1, nines, and the sentinels.

    None may, if one of so many rows has such a number by chance: `levels` is how many numbers there are.
    """
    codes = {*_CODES, *file.valid.profile.sentinels}
    found = np.zeros(len(cells), np.bool_)
    at = apart.nonzero()[0]
    if len(at) <= _CHANCE * levels:
        found[at] = [one in codes for one in cells[at].round(_CODE_DIGITS).tolist()]
    return found


class SuddenEnd(Note):
    """Power is over `sudden_fraction` of the highest in one row, and at the floor from the next one on.

    It stays there for four rows and half an hour or more, to the end of the day or of the file. If it comes
    back on that day, it is a *daytime_outage*. Not evaluated if rows are over `slow_step_seconds` apart, nor
    for a load, whose power is negative, at night, or in more than two thirds of the time, nor with the
    default header, since this would cost too much time.

    Source: plants that trip and stay off, and loggers that go on in another unit.
    False alarms: a charger whose battery is full; a horizon that hides the sun at once.
    """

    name = "sudden_end"
    title = "power that ends at once"
    is_for_others = True
    sentence = "power falls from {before:g} W to {value:g} W in one row, and stays so: switched off?"
    thresholds = (_SUDDEN, SLOW_STEP, NIGHT_FLOOR)

    def runs(self, file: CheckedFile) -> Runs | None:
        valid, power, at = file.valid, file.valid.power, file.valid.generating.nonzero()[0]
        if not len(at) or valid.dt > file[SLOW_STEP]:
            return None
        lasts, nexts = at[-1:], np.array([len(power)])
        if at.item(-1) - at.item(0) - len(at) >= _DARK_ROWS:
            lasts, nexts = at, np.append(at[1:], len(power))
        chosen = power[lasts] > file[_SUDDEN] * np.fmax.reduce(power)
        chosen &= (nexts - lasts > _DARK_ROWS) & (power[lasts] > _LEAST_STEPS * file.power_step)
        if not any_of(chosen):
            return None
        lasts, nexts = lasts[chosen], nexts[chosen]
        dark = valid.time[nexts - 1] - valid.time[lasts + 1] >= _DARK_SECONDS * 1e6
        dark &= valid.steps.seconds[lasts] <= valid.gaps.seconds
        dark &= np.append(file.days, -1)[nexts] != file.days[lasts]
        if not any_of(dark) or is_negative(file) or file.is_load:
            return None
        rows = file.valid_at[lasts[dark] + 1]
        return rows, rows + 1

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        at = int(np.searchsorted(file.valid_at, run.start))
        before, value = (rounded(each) for each in file.valid.power[at - 1 : at + 1])
        return {"value": value, "before": before}


CHECKS = (PowerSpike,)
NOTES = (SuddenEnd,)
