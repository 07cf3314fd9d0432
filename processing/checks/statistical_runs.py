"""The statistical checks of runs of rows: values that stay too regular, and power at the wrong time.

All rows are valid ones, in order of time. They never fail a row.
"""

from __future__ import annotations

from processing.checks.check import CheckedFile, Explanation, SuspectCheck, flags_of
from processing.model import profile
from processing.model.channels import CHANNELS
from processing.model.flags import NOT_EVALUATED, SUSPECT, Flags, Floats, Integers, Mask, all_rows, any_of, np
from processing.model.profile import GAP_FILL, GAP_STEPS, NIGHT_ENDS, NIGHT_FLOOR, NIGHT_STARTS, Threshold
from processing.model.result import rounded
from processing.rows.runs import covered, runs

_FLAT_TOLERANCE = Threshold("flat_tolerance", 1e-6, "of the unit", profile.NotNegative)
_FLAT_SECONDS = Threshold("flat_seconds", 1800.0, "s", profile.Positive)
_FLAT_TEMPERATURE_SECONDS = Threshold("flat_temperature_seconds", 3600.0, "s", profile.Positive)
_FLAT_ROWS = Threshold("flat_rows", 4, "rows", profile.Count)
_FILL_TOLERANCE = Threshold("fill_tolerance", 1e-9, "of the unit", profile.NotNegative)
_FILL_ROWS = Threshold("fill_rows", 6, "rows", profile.Count)
_NIGHT_ROWS = Threshold("night_rows", 3, "rows", profile.Count)
_OUTAGE_SECONDS = Threshold("outage_seconds", 1800.0, "s", profile.Positive)
_OUTAGE_ROWS = Threshold("outage_rows", 4, "rows", profile.Count)


class FlatLine(SuspectCheck):
    """V or I unchanged for so long and over so many rows that generate; temperature at any time.

    The whole run is flagged; it does not reach over a gap of more than 30 minutes. Zeros at night are not a
    flat line.

    Source: QARTOD test 8, `pvanalytics.quality.gaps.stale_values_diff`.
    False alarms: a charge controller that holds its bus at one voltage; a sensor that reads whole
    degrees.
    """

    name = "flat_line"
    title = "stuck"
    channels = ("voltage", "current", "temperature")
    thresholds = (_FLAT_SECONDS, _FLAT_TEMPERATURE_SECONDS, _FLAT_ROWS, _FLAT_TOLERANCE)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        valid = file.valid
        same = np.abs(file.change(channel)) <= file[_FLAT_TOLERANCE]
        longest = max(file[GAP_FILL], file[GAP_STEPS] * valid.dt)
        if valid.steps.longest > longest:
            same &= valid.steps.seconds <= longest
        counted = np.ones(len(valid.time), np.bool_) if channel == "temperature" else valid.generating
        return flat_line(same, valid.time, counted, seconds=file[_lasting(channel)], rows=file[_FLAT_ROWS])

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        value, unit = rounded(file.valid.values[channel][run.start]), CHANNELS[channel].unit
        message = f"{channel} stays at {value:g} {unit} for {file.minutes(run):g} min: is the sensor stuck?"
        return Explanation(message, value, file[_lasting(channel)])


def _lasting(channel: str) -> Threshold[float]:
    return _FLAT_TEMPERATURE_SECONDS if channel == "temperature" else _FLAT_SECONDS


def flat_line(same: Mask, time: Integers, counted: Mask, *, seconds: float, rows: int) -> Flags | None:
    """Return SUSPECT for whole runs of unchanged values that last `seconds` and have `rows` counted rows.

    `same` marks the rows that equal the row before, from the second on. None if there is no such run.
    """
    if np.count_nonzero(same & counted[1:]) < rows - 1:
        return None
    starts, stops = runs(same)
    lasting = time[stops] - time[starts] >= seconds * 1e6
    if not any_of(lasting):
        return None
    starts, stops = starts[lasting], stops[lasting] + 1
    before = np.concatenate(([0], np.cumsum(counted)))
    return _suspect(starts, stops, before[stops] - before[starts] >= rows, len(time))


class LinearFill(SuspectCheck):
    """V, I or P on one straight line that is not level, in daytime: the same difference from row to row.

    Someone interpolated. A fill that was rounded after it was computed is not found: its differences vary.

    Source: `pvanalytics.quality.gaps.interpolation_diff`.
    False alarms: coarse sensors, sampled every second, on a slow ramp.
    """

    name = "linear_fill"
    title = "filled with a straight line"
    channels = ("voltage", "current", "power")
    thresholds = (_FILL_ROWS, _FILL_TOLERANCE)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        rule = file[_FILL_TOLERANCE], file[_FILL_ROWS]
        return linear_fill(file.change(channel), file.valid.generating, *rule)

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        value, unit = rounded(file.change(channel)[run.start]), CHANNELS[channel].unit
        rows = run.stop - run.start
        message = f"{channel} changes by exactly {value:g} {unit} over {rows} rows: interpolated?"
        return Explanation(message, value, 0.0)


def linear_fill(change: Floats, generating: Mask, tolerance: float, rows: int) -> Flags | None:
    """Return SUSPECT for runs of at least `rows` daytime rows on one straight line that is not level.

    None if there is no such run.
    """
    moving = np.abs(change) > tolerance
    straight = (np.abs(change[1:] - change[:-1]) <= tolerance) & moving[1:]
    if np.count_nonzero(straight) < rows - 2:
        return None
    straight &= moving[:-1] & generating[:-2] & generating[1:-1] & generating[2:]
    starts, stops = runs(straight)
    return _suspect(starts, stops + 2, stops - starts + 2 >= rows, len(generating))


class NightGeneration(SuspectCheck):
    """P above the floor for so many rows between two hours of the local clock.

    If `[site]` has latitude and longitude: while the sun is below the horizon. The local clock is the stamps'
    own, or that of `site.timezone` if stamps have offsets. Not evaluated if all stamps are UTC and no zone is
    configured: the local hour is then unknown.

    Source: the sun's height after Spencer (1971), as NOAA computes it.
    False alarms: none known; a wrong clock or offset shows here first.
    """

    name = "night_generation"
    title = "generation at night"
    channels = ("power",)
    needs_column = False
    thresholds = (NIGHT_STARTS, NIGHT_ENDS, _NIGHT_ROWS, NIGHT_FLOOR)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        if file.night is None:
            return all_rows(NOT_EVALUATED, len(file.valid.time))
        return night_generation(file.valid.generating, file.night, file[_NIGHT_ROWS])

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        value = rounded(file.valid.power[run].max())
        return Explanation(f"power up to {value:g} W at night: is the clock right?", value, file[NIGHT_FLOOR])


def night_generation(generating: Mask, night: Mask, rows: int) -> Flags | None:
    """Return SUSPECT for at least `rows` neighbouring rows that generate at night; None if there are none."""
    found = generating & night
    if not any_of(found):
        return None
    starts, stops = runs(found)
    return _suspect(starts, stops, stops - starts >= rows, len(night))


class DaytimeOutage(SuspectCheck):
    """P at or below the floor for so long between two rows that generate on one local date, not at night.

    Source: a rule of thumb of operators.
    False alarms: snow; clouds too thick in the first or last hour.
    """

    name = "daytime_outage"
    title = "outage by day"
    channels = ("power",)
    needs_column = False
    thresholds = (_OUTAGE_SECONDS, _OUTAGE_ROWS, NIGHT_FLOOR)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        valid = file.valid
        by_day = valid.generating if file.night is None else valid.generating & ~file.night
        at = by_day.nonzero()[0]
        if not any_of(at[1:] - at[:-1] > file[_OUTAGE_ROWS]):
            return None
        return daytime_outage(by_day, file.dates, valid.time, file[_OUTAGE_SECONDS], file[_OUTAGE_ROWS])

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        floor, minutes = file[NIGHT_FLOOR], file.minutes(run)
        message = f"no more than {floor:g} W for {minutes:g} min between hours that generate"
        return Explanation(message, rounded(file.valid.power[run].max()), floor)


def daytime_outage(
    generating: Mask, date: Integers, time: Integers, seconds: float, rows: int
) -> Flags | None:
    """Return SUSPECT for `rows` rows and `seconds` without power between generation on one local date."""
    at = generating.nonzero()[0]
    long = (at[1:] - at[:-1] > rows).nonzero()[0]
    before, after = at[long], at[long + 1]
    within = date[before] == date[after]
    first, last = before[within] + 1, after[within] - 1
    return _suspect(first, last + 1, time[last] - time[first] >= seconds * 1e6, len(date))


def _suspect(starts: Integers, stops: Integers, chosen: Mask, rows: int) -> Flags | None:
    """Return SUSPECT for the rows of the chosen runs; None if none is chosen."""
    if not any_of(chosen):
        return None
    return flags_of(covered(starts[chosen], stops[chosen], rows), SUSPECT)


CHECKS = (FlatLine, LinearFill, NightGeneration, DaytimeOutage)
