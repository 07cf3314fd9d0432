"""Notes about power that changes at once or is at a limit, and voltage that is gone at night."""

from __future__ import annotations

import math
from typing import Any

from processing.checks.check import Runs
from processing.checks.checked_file import SLOW_STEP, CheckedFile
from processing.checks.power_jumps import DARK_SECONDS, LEAST_STEPS
from processing.checks.power_runs import FlatPower, is_highest
from processing.model.channels import CHANNELS
from processing.model.digits import overflows, usual_magnitude
from processing.model.flags import FAIL, Floats, Integers, Mask, any_of, np
from processing.model.result import rounded
from processing.model.safe_text import span_text
from processing.model.stamp import DAY, HOUR_S
from processing.model.thresholds import NIGHT_FLOOR, Count, Fraction, Positive, Threshold
from processing.notes.note import AboutLines, Lines, Note
from processing.rows.runs import covered, runs

_NIGHT_VOLTAGE_FRACTION = Threshold("night_voltage_fraction", 0.3, "of the rows", Fraction)
_CLIPPING_ROWS = Threshold("clipping_rows", 3, "rows", Count)
_CLIPPING_FRACTION = Threshold("clipping_fraction", 0.01, "", Fraction)
_CLIPPING_CURRENT = Threshold("clipping_current", 9.8, "A", Positive)
_SUDDEN = Threshold("sudden_fraction", 0.3, "of the highest", Fraction)
_DARK_ROWS = 4
_CHANGED, _FAR, _EVEN_TIMES, _EVEN_ROWS, _LOW, _HIGH = math.log10(1.5), math.log10(20), 3.0, 8, 0.1, 0.3
"""How much power changes for good, as a power of ten, also if rows are far apart, how much less it changes
elsewhere, the fewest changes, and shares of the usual power."""
_DAYS, _HIGH_DAY, _LIT = 2, 5.0, 0.02
"""The fewest other days, how many times as high a day is, and which share of the highest is power."""


class NightVoltage(AboutLines):
    """At least `night_voltage_fraction` of the rows fail, all by a low voltage without power.

    The sensor may be on the panel's side. If so, set `[channels.voltage] min = 0`.

    Source: panels have no voltage without light, batteries have.
    False alarms: a battery that was disconnected overnight.
    """

    name = "night_voltage"
    title = "no voltage at night"
    sentence = "{share:.0%} of the rows fail by voltage, all without power: panel-side sensor? see limits"
    channels = ("voltage",)
    thresholds = (_NIGHT_VOLTAGE_FRACTION, NIGHT_FLOOR)

    def lines(self, file: CheckedFile) -> Lines:
        rows = file.rows
        if "voltage" not in rows.range_flags:
            return rows.line[:0]
        failed = ~(rows.valid | rows.missing)
        share = np.count_nonzero(failed) / max(1, file.count)
        if share <= file[_NIGHT_VOLTAGE_FRACTION]:
            return rows.line[:0]
        dark = (rows.range_flags["voltage"] == FAIL) & (rows.power <= file[NIGHT_FLOOR])
        dark &= rows.values["voltage"] < file.limits("voltage").min
        return rows.line[dark if np.array_equal(dark, failed) else slice(0)]

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"limit": file.limits(channel).min, "share": run.stop / file.count}


class Clipping(Note):
    """Rows within `clipping_fraction` of the day's highest power, at full current.

    The panel is at its limit; the data are sound. Not evaluated if the limits of the current are unknown.

    Source: `pvanalytics.features.clipping`, in its simplest form.
    False alarms: a sensor stuck at its upper end (see *flat_line*).
    """

    name = "clipping"
    title = "the panel at its limit"
    sentence = "power stays at its highest with at least {limit:g} A: at the limit of the panel"
    channels = ("current",)
    thresholds = (_CLIPPING_ROWS, _CLIPPING_FRACTION, _CLIPPING_CURRENT)

    def runs(self, file: CheckedFile) -> Runs | None:
        if "current" not in file.valid.values or not file.limits("current").is_known:
            return None
        power, strong = file.valid.power, file.valid.values["current"] >= file[_CLIPPING_CURRENT]
        if not any_of(strong):
            return None
        days = file.day_starts
        highest = np.repeat(np.maximum.reduceat(power, days), np.diff(days, append=len(power)))
        starts, stops = runs(strong & (power >= (1 - file[_CLIPPING_FRACTION]) * highest) & (power > 0))
        kept = stops - starts >= file[_CLIPPING_ROWS]
        found = np.zeros(file.count, np.bool_)
        found[file.valid_at] = covered(starts[kept], stops[kept], len(power))
        return runs(found)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"value": rounded(np.nanmax(file.valid.values[channel])), "limit": file[_CLIPPING_CURRENT]}


class PowerLimit(Note):
    """The highest P of the file, or the highest energy of a row, stays as long as in *flat_power*.

    Most often, the inverter is at its limit, or a controller holds it there, and the data are sound.

    Source: `pvanalytics.features.clipping`, in its simplest form.
    False alarms: a logger that is stuck while the power is at its highest.
    """

    name = "power_limit"
    title = "power at its limit"
    is_for_others = True
    sentence = "{channel} stays at its highest, {value:g} {unit}, for {span}: at a limit, or stuck?"
    thresholds = FlatPower.thresholds

    def runs(self, file: CheckedFile) -> Runs | None:
        channel = file.power_source
        found = None if channel is None else FlatPower().level(file, channel)
        if channel is None or found is None:
            return None
        starts, stops = found
        highest = is_highest(file, channel, starts)
        return file.valid_at[starts[highest]], file.valid_at[stops[highest] - 1] + 1

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        channel = file.power_source or "power"
        value, unit = rounded(file.rows.values[channel][run.start]), CHANNELS[channel].unit
        seconds = (file.rows.time[run.stop - 1] - file.rows.time[run.start]).item() / 1e6
        return {"channel": channel, "unit": unit, "value": value, "span": span_text(seconds)}


class _Step(Note):
    """A note about two neighbouring rows whose power differs by much, at the second one."""

    is_for_others = True

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        power, at = file.valid.power, int(np.searchsorted(file.valid_at, run.start))
        before, value, highest = (rounded(each) for each in (*power[at - 1 : at + 1], np.fmax.reduce(power)))
        return {"value": value, "before": before, "highest": highest}


class SuddenEnd(_Step):
    """Power is over `sudden_fraction` of the highest in one row, and at the floor from the next one on.

    It stays there for four rows and half an hour or more, to the end of the day or of the file; if it comes
    back on that day, it is a *daytime_outage*. Not evaluated if rows are over `slow_step_seconds` apart, for
    a load (power below zero, at night, or most of the time), nor with the default header, to save time.

    Source: plants that trip and stay off, and loggers that go on in another unit.
    False alarms: a charger whose battery is full; a horizon that hides the sun at once.
    """

    name = "sudden_end"
    title = "power that ends at once"
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
        chosen &= (nexts - lasts > _DARK_ROWS) & (power[lasts] > LEAST_STEPS * file.power_step)
        if not any_of(chosen):
            return None
        lasts, nexts = lasts[chosen], nexts[chosen]
        dark = valid.time[nexts - 1] - valid.time[lasts + 1] >= DARK_SECONDS * 1e6
        dark &= valid.steps.seconds[lasts] <= valid.gaps.seconds
        dark &= np.append(file.days, -1)[nexts] != file.days[lasts]
        if not any_of(dark) or file.is_negative or file.is_load:
            return None
        rows = file.valid_at[lasts[dark] + 1]
        return rows, rows + 1


class SuddenChange(_Step):
    """Power rises to 1.5 times or more, or falls to two thirds or less, from one row to the next.

    It goes on as evenly as before: no other rows with a tenth of the usual power change by a third of that,
    in powers of ten. In rows over `slow_step_seconds` apart, up to an hour, it is 20 times as much, or a
    twentieth; or about a thousand times or a thousandth, between three tenths of the usual power or more
    and two rows of little. Not evaluated as for *sudden_end*, nor for the total of a meter.

    Source: loggers that go on with another factor, and strings that trip.
    False alarms: a shadow that comes at once and stays.
    """

    name = "sudden_change"
    title = "power that changes at once"
    sentence = "power changes from {before:g} W to {value:g} W in one row, and goes on so: another unit?"
    thresholds = (SLOW_STEP, NIGHT_FLOOR)

    def runs(self, file: CheckedFile) -> Runs | None:
        valid, power = file.valid, file.valid.power
        lower, higher = np.sort((power[1:], power[:-1]), axis=0)
        pairs = (lower > LEAST_STEPS * file.power_step) & (valid.steps.seconds <= valid.gaps.seconds)
        least = _CHANGED if valid.dt <= file[SLOW_STEP] else _FAR if valid.dt <= HOUR_S else math.inf
        if valid.energy_kind == "counter" or math.isinf(least):
            return None
        found = _even_change(power, pairs, higher, least)
        if not len(found) and least == _FAR:
            found = _thousandfold(power, valid.steps.seconds <= valid.gaps.seconds)
        if not len(found) or file.is_negative or file.is_load:
            return None
        rows = file.valid_at[found[:1] + 1]
        return rows, rows + 1


def _even_change(power: Floats, pairs: Mask, higher: Floats, least: float) -> Integers:
    """Return the row after which power is another, among changes that are even; empty if there is none."""
    if np.count_nonzero(pairs) < _EVEN_ROWS:
        return np.empty(0, np.int64)
    changes = np.full(len(pairs), np.nan)
    changes[pairs] = np.log10(power[1:][pairs] / power[:-1][pairs])
    beside = np.median((changes[:-4], changes[1:-3], changes[3:-1], changes[4:]), axis=0)
    usual = usual_magnitude(power)
    apart = np.pad(np.nan_to_num(np.abs(changes[2:-2] - beside)), 2) * (higher > _LOW * usual)
    at = int(np.argmax(apart * (higher > _HIGH * usual)))
    is_even = apart[at] > max(least, _EVEN_TIMES * np.max(np.delete(apart, at)))
    return np.arange(at, at + is_even)


def _thousandfold(power: Floats, is_next: Mask) -> Integers:
    """Return the rows after which power is about a thousand times as high, or a thousandth, and stays low."""
    sizes = np.log10(np.where(power > 0, power, np.nan))
    changes, high = sizes[1:] - sizes[:-1], math.log10(max(_HIGH * usual_magnitude(power), 1e-9))
    is_low = np.pad(sizes < high - 1, 1)
    found: Mask = is_next & (np.abs(np.abs(changes) - 3) < 1 / 2) & (np.fmax(sizes[1:], sizes[:-1]) > high)
    return (found & np.where(changes < 0, is_low[3:], is_low[:-3])).nonzero()[0]


class PowerOverflow(_Step):
    """Power falls from about its highest to zero, goes on from there, and comes back: its register overflows.

    Between neighbouring rows it goes as often up as down over three fifths of its highest or more, which
    without that it would exceed. Not evaluated as for *sudden_change*.

    Source: registers of 16 bits, and displays of few digits, that begin again at 0.
    False alarms: none known.
    """

    name = "power_overflow"
    title = "power that begins again at 0"
    sentence = "power goes from {before:g} W to {value:g} W, and on: does it begin again above {highest:g} W?"
    thresholds = (SLOW_STEP,)

    def runs(self, file: CheckedFile) -> Runs | None:
        if file.valid.energy_kind == "counter" or file.valid.dt > file[SLOW_STEP]:
            return None
        rows = file.valid_at[overflows(file.valid.power)[:1] + 1]
        return (rows, rows + 1) if len(rows) and not file.is_load else None


class HighDay(Note):
    """The highest power of a day is more than five times that of each other day, of at least two.

    The others have power, above a fiftieth of their highest, for half to one and a half times as long. Not
    evaluated if rows are over an hour apart, nor for a load, or for the total of a meter.

    Source: loggers and current transformers that are set to another factor for a time.
    False alarms: the only clear day among dark ones, or with snow on the panels on all others.
    """

    name = "high_day"
    title = "a day far above the others"
    is_for_others = True
    sentence = "power reaches {value:g} W on this day, and at most {limit:g} W on each other: another unit?"

    def runs(self, file: CheckedFile) -> Runs | None:
        found = self._found(file)
        if found is None or file.is_negative or file.is_load:
            return None
        starts, day, _ = found
        ends = np.append(starts[1:], len(file.days)) - 1
        return file.valid_at[starts[day : day + 1]], file.valid_at[ends[day : day + 1]] + 1

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        found, highest = self._found(file), rounded(np.fmax.reduce(file.valid.power))
        return {"value": highest, "limit": rounded(found[2] if found else highest)}

    def _found(self, file: CheckedFile) -> tuple[Integers, int, float] | None:
        """Return where days begin, which of them is high, and the highest power of the others."""
        valid, power = file.valid, file.valid.power
        is_short = len(power) < _DAYS or valid.time[-1] - valid.time[0] < _DAYS * DAY
        if is_short or valid.dt > HOUR_S or valid.energy_kind == "counter":
            return None
        starts = file.day_starts
        highest = np.fmax.reduceat(power, starts)
        rest = np.delete(highest, day := int(np.argmax(highest)))
        floors = _LIT * np.where(highest < highest[day], rest.max(), highest)
        lit = np.add.reduceat((power > floors.repeat(np.diff(starts, append=len(power)))).astype(int), starts)
        others = rest[np.abs(np.delete(lit, day) - lit[day]) <= lit[day] / 2]
        if len(others) < _DAYS or highest[day] <= _HIGH_DAY * others.max():
            return None
        return starts, day, float(others.max())


NOTES = (NightVoltage, Clipping, PowerLimit, SuddenEnd, SuddenChange, PowerOverflow, HighDay)
