"""The statistical checks of runs of rows: values that stay too regular, and power at the wrong time.

All rows are valid ones, in order of time. They never fail a row.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from processing.checks.check import RunCheck, Runs
from processing.checks.checked_file import CheckedFile
from processing.model import thresholds
from processing.model.flags import NOT_EVALUATED, Flags, Floats, Integers, Mask, all_rows, any_of, np
from processing.model.result import rounded
from processing.model.thresholds import GAP_FILL, NIGHT_ENDS, NIGHT_FLOOR, NIGHT_STARTS, Threshold
from processing.rows.runs import covered, long_runs

_FLAT_TOLERANCE = Threshold("flat_tolerance", 1e-6, "of the unit", thresholds.NotNegative)
FLAT_SECONDS = Threshold("flat_seconds", 1800.0, "s", thresholds.Positive)
_FLAT_TEMPERATURE_SECONDS = Threshold("flat_temperature_seconds", 3600.0, "s", thresholds.Positive)
_LASTING = dict.fromkeys(("voltage", "current"), FLAT_SECONDS) | {"temperature": _FLAT_TEMPERATURE_SECONDS}
FLAT_ROWS = Threshold("flat_rows", 4, "rows", thresholds.Count)
_COARSE = {
    "voltage": Threshold("coarse_voltage", 0.05, "V", thresholds.NotNegative),
    "current": Threshold("coarse_current", 0.02, "A", thresholds.NotNegative),
    "temperature": Threshold("coarse_temperature", 0.05, "°C", thresholds.NotNegative),
}
COARSE_TIMES = Threshold("coarse_times", 4.0, "times", Annotated[float, Meta(ge=1)])
FLAT_CHANCE = Threshold("flat_chance", 2e-5, "", thresholds.NotNegative)
_NEAR_ROWS = 12
_NEAR_STEPS, _EXPECTED_REPEATS = 4.3, 0.2
"""Among the changes that differ by at most this many steps of the sensor, this share is expected to be 0."""
SAME_STEPS = 0.5
_DRIFTS = 5
"""Temperatures that neither begin nor end to stay with a jump are this power of `flat_chance` probable."""
_ROUNDING = 1e-3
"""A difference of readings may exceed its step by this fraction because of rounding."""
_FILL_STEPS = Threshold("fill_steps", 20.0, "steps", thresholds.NotNegative)
_FILL_TOLERANCE = Threshold("fill_tolerance", 1e-9, "of the unit", thresholds.NotNegative)
_FILL_CHANCE = Threshold("fill_chance", 2e-5, "", thresholds.NotNegative)
_FILL_ROWS = Threshold("fill_rows", 6, "rows", thresholds.Count)
_NIGHT_ROWS = Threshold("night_rows", 3, "rows", thresholds.Count)
_OUTAGE_SECONDS = Threshold("outage_seconds", 1800.0, "s", thresholds.Positive)
_OUTAGE_ROWS = Threshold("outage_rows", 4, "rows", thresholds.Count)


class FlatLine(RunCheck):
    """V or I does not change for `flat_seconds` while all rows generate; temperature at any time.

    The run has at least `flat_rows` rows, all of which are flagged, and no gap of more than 30 minutes. A
    sensor whose smallest step is over `coarse_voltage`, `coarse_current` or `coarse_temperature` repeats
    sound values: its run must last `coarse_times` as long, over twice as many rows, and begin and end with a
    jump of more than two steps (or, for a temperature, be far too long for chance). If all channels repeat
    while the panel generates, telemetry is frozen: this is found at any resolution.

    A short run must not be due to chance: the share of repeats that the 12 changes before and after it let
    expect, to the power of the number of repeats in the run, is at most `flat_chance` (its fifth power
    without a jump). That share is a fifth of the changes that differ from the one before by at most 4.3 steps
    of the sensor; for a coarser sensor, the changes that are 0. Eight rows of a finer sensor always pass.

    Source: QARTOD test 8, `pvanalytics.quality.gaps.stale_values_diff`.
    False alarms: a charge controller that holds its bus at one voltage.
    """

    name = "flat_line"
    title = "stuck"
    sentence = "{channel} stays at {value:g} {unit} for {span}: is the sensor stuck?"
    channels = tuple(_LASTING)
    thresholds = (
        FLAT_SECONDS,
        _FLAT_TEMPERATURE_SECONDS,
        FLAT_ROWS,
        _FLAT_TOLERANCE,
        FLAT_CHANCE,
        *_COARSE.values(),
        COARSE_TIMES,
    )

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        same, seconds = self.unchanged(file, channel), file[_LASTING[channel]]
        if channel != "temperature":
            same &= file.generating_pairs
        found = self.lasting(file, same, seconds)
        if found is None:
            return None
        step = file.resolution(channel)
        if step <= file[_COARSE[channel]] * (1 + _ROUNDING):
            repeats = _EXPECTED_REPEATS * share_near(file, channel, _NEAR_STEPS, found)
            return improbable(repeats, found, found[1] - found[0] - 1, file[FLAT_CHANCE])
        starts, stops = found
        stuck = file.valid.time[stops - 1] - file.valid.time[starts] >= file[COARSE_TIMES] * seconds * 1e6
        stuck &= stops - starts >= 2 * file[FLAT_ROWS]
        repeats = share_near(file, channel, SAME_STEPS, found, of=np.abs(file.change(channel)))
        drifts = self.drifts(file, channel, starts, stops)
        least = file[FLAT_CHANCE] ** _DRIFTS if channel == "temperature" else 0.0
        chance = np.where(drifts, least, file[FLAT_CHANCE])
        stuck &= repeats ** (stops - starts - 1) <= chance
        frozen = same & file.generating_pairs & ~covered(starts[stuck], stops[stuck] - 1, len(same))
        for other in file.valid.values:
            frozen &= self.unchanged(file, other)
        more = self.lasting(file, frozen, seconds)
        if more is not None:
            # power follows from these two
            apart = [each for each in file.valid.values if each in ("voltage", "current")] or [channel]
            shares = [share_near(file, each, SAME_STEPS, more) for each in apart]
            more = improbable(np.prod(shares, axis=0), more, more[1] - more[0] - 1, file[FLAT_CHANCE])
        if more is None:
            return chosen_runs(starts, stops, stuck)
        return np.append(starts[stuck], more[0]), np.append(stops[stuck], more[1])

    def unchanged(self, file: CheckedFile, channel: str) -> Mask:
        """Return which rows repeat the value of the one before; one fewer than there are rows."""
        same: Mask = np.abs(file.change(channel)) <= file[_FLAT_TOLERANCE]
        steps, longest = file.valid.steps, max(file[GAP_FILL], file.valid.gaps.seconds)
        return same if steps.longest <= longest else same & (steps.seconds <= longest)

    def lasting(self, file: CheckedFile, same: Mask, seconds: float) -> Runs | None:
        """Return the runs of rows that repeat a value for at least these seconds."""
        found = long_runs(same, file[FLAT_ROWS] - 1)
        if found is None:
            return None
        starts, lasts = found
        lasting = file.valid.time[lasts] - file.valid.time[starts] >= seconds * 1e6
        return chosen_runs(starts, lasts + 1, lasting)

    def drifts(self, file: CheckedFile, channel: str, starts: Integers, stops: Integers) -> Mask:
        """Return which runs begin and end with a slow change: of at most two steps of the sensor."""
        change = np.abs(np.concatenate(([0.0], file.change(channel), [0.0])))
        ends = np.maximum(change[starts], change[stops])
        return (ends > file[_FLAT_TOLERANCE]) & (ends <= 2 * file.resolution(channel) * (1 + _ROUNDING))

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        value, limit = rounded(file.valid.values[channel][run.start]), file[_LASTING[channel]]
        return {"value": value, "limit": limit, "span": file.span(run)}


class LinearFill(RunCheck):
    """V, I or P on one straight line that is not level, in daytime: the same difference from row to row.

    Someone interpolated. A fill that was rounded after it was computed is not found, nor one of at most
    `fill_steps` of the sensor's smallest steps a row: sound readings of a coarse sensor rise by as much. A
    short one must not be due to chance (`fill_chance`), as in *flat_line*. Nine rows always pass.

    Source: `pvanalytics.quality.gaps.interpolation_diff`.
    False alarms: none known.
    """

    name = "linear_fill"
    title = "filled with a straight line"
    sentence = "{channel} changes by exactly {value:g} {unit} over {rows} rows: interpolated?"
    channels = ("voltage", "current", "power")
    thresholds = (_FILL_ROWS, _FILL_STEPS, _FILL_TOLERANCE, _FILL_CHANCE)

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        change, tolerance = file.change(channel), file[_FILL_TOLERANCE]
        straight = np.abs(change[1:] - change[:-1]) <= tolerance
        straight &= file.generating_pairs[:-1] & file.generating_pairs[1:]
        if long_runs(straight, file[_FILL_ROWS] - 2) is None:
            return None
        moving = np.abs(change) > tolerance
        found = long_runs(straight & moving[:-1] & moving[1:], file[_FILL_ROWS] - 2)
        if found is None:
            return None
        starts, stops = found
        least = file[_FILL_STEPS] * file.resolution(channel) * (1 + _ROUNDING)
        found = chosen_runs(starts, stops + 2, np.abs(change[starts]) > least)
        if found is None:
            return None
        repeats = _EXPECTED_REPEATS * share_near(file, channel, _NEAR_STEPS, found)
        return improbable(repeats, found, found[1] - found[0] - 2, file[_FILL_CHANCE])

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        value = rounded(np.diff(file.valid.values[channel][run][:2])[0])
        return {"value": value, "limit": 0.0, "rows": run.stop - run.start}


class NightGeneration(RunCheck):
    """P is above the floor for `night_rows` between two hours of the local clock.

    If `[site]` has latitude and longitude, it is night while the sun is below the horizon. The local clock is
    that of the stamps, or that of `site.timezone` if stamps have offsets. Not evaluated if all stamps are UTC
    and no zone is configured, if a row lasts half a day or longer, for negative power that limits allow (of a
    battery), and for a consumer, which has power most of the time, at night a fifth of that by day.

    Source: the sun's height after Spencer (1971), as NOAA computes it.
    False alarms: none known; a wrong clock or offset shows here first.
    """

    name = "night_generation"
    title = "generation at night"
    sentence = "power up to {value:g} W at night: is the clock right?"
    channels = ("power",)
    needs_column = False
    thresholds = (NIGHT_STARTS, NIGHT_ENDS, _NIGHT_ROWS, NIGHT_FLOOR)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        if (night := file.night) is None or _has_battery(file):
            return all_rows(NOT_EVALUATED, len(file.valid.time))
        if any_of(file.valid.generating & night) and file.is_consumer:
            return all_rows(NOT_EVALUATED, len(file.valid.time))
        return super().find(file, channel)

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        night = file.night
        return None if night is None else long_runs(file.valid.generating & night, file[_NIGHT_ROWS])

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"value": rounded(file.valid.power[run].max()), "limit": file[NIGHT_FLOOR]}


class DaytimeOutage(RunCheck):
    """P is at or below the floor for `outage_seconds` between rows that generate on one day, not at night.

    A day ends in the middle of the hours in which no row of the file generates. Not evaluated if power is
    ever below minus the floor, because it then includes a load.

    Source: a rule of thumb of operators.
    False alarms: snow; clouds too thick in the first or last hour.
    """

    name = "daytime_outage"
    title = "outage by day"
    sentence = "no more than {limit:g} W for {span} between hours that generate"
    channels = ("power",)
    needs_column = False
    thresholds = (_OUTAGE_SECONDS, _OUTAGE_ROWS, NIGHT_FLOOR)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        if file.is_negative:
            return all_rows(NOT_EVALUATED, len(file.valid.time))
        return super().find(file, channel)

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        valid = file.valid
        at = valid.generating.nonzero()[0]
        long = at[1:] - at[:-1] > file[_OUTAGE_ROWS]
        if not any_of(long):
            return None
        before, after = at[:-1][long], at[1:][long]
        within = file.days[before] == file.days[after]
        if file.night is not None:
            within &= ~(file.night[before] | file.night[after])
        first, last = before[within] + 1, after[within] - 1
        lasting = valid.time[last] - valid.time[first] >= file[_OUTAGE_SECONDS] * 1e6
        return chosen_runs(first, last + 1, lasting)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        value, limit = rounded(file.valid.power[run].max()), file[NIGHT_FLOOR]
        return {"value": value, "limit": limit, "span": file.span(run)}


def share_near(
    file: CheckedFile, channel: str, steps: float, found: Runs, *, of: Floats | None = None
) -> Floats:
    """Return the share of the changes around each run that differ from the one before by at most `steps`.

    With `of`, the magnitudes of changes, it is the share of those of at most `steps`.
    """
    starts, stops = found
    sizes = np.abs(np.diff(file.change(channel), prepend=np.inf)) if of is None else of
    near = sizes <= steps * file.resolution(channel)
    others = ~covered(starts, stops - 1, len(near))
    if channel != "temperature":
        others &= file.generating_pairs
    first, last = np.maximum(starts - _NEAR_ROWS, 0), np.minimum(stops - 1 + _NEAR_ROWS, len(near))
    counts = [np.concatenate(([0], np.cumsum(one))) for one in (near & others, others)]
    few, every = (one[last] - one[first] for one in counts)
    share: Floats = 2.0 * (few + 1.0) / (every + 2.0 * _NEAR_ROWS + 1.0)  # few changes show little
    return share


def improbable(repeats: Floats, found: Runs, count: Integers, most: float) -> Runs | None:
    """Return the runs that are not due to chance; `repeats` is the share of repeats in sound readings."""
    return chosen_runs(*found, repeats**count <= most)


def _has_battery(file: CheckedFile) -> bool:
    """Return whether power is negative and limits that somebody set allow it."""
    names = ("power",) if "power" in file.rows.channels else ("current",)
    allowed = [file.limits(name) for name in names]
    return all(one.is_known and one.min < 0 for one in allowed) and file.is_negative


def chosen_runs(starts: Integers, stops: Integers, chosen: Mask) -> Runs | None:
    """Return the chosen runs; None if none is chosen."""
    return (starts[chosen], stops[chosen]) if any_of(chosen) else None


CHECKS = (FlatLine, LinearFill, NightGeneration, DaytimeOutage)
