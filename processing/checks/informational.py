"""Notes about some rows that are not at fault: gaps, odd clocks, clipping, new meters."""

from __future__ import annotations

from typing import Any

from processing.checks.about_file import AboutAllRows
from processing.checks.check import CheckedFile, Note, Runs
from processing.model.flags import MISSING, Floats, any_of, np
from processing.model.result import rounded
from processing.model.safe_text import counted, span_text, text_of
from processing.model.stamp import FIRST_PLAUSIBLE, HOUR
from processing.model.thresholds import GAP_STEPS, Count, Fraction, Positive, Threshold
from processing.rows.runs import covered, runs
from processing.rows.steps import ALIKE

_CLIPPING_ROWS = Threshold("clipping_rows", 3, "rows", Count)
_CLIPPING_FRACTION = Threshold("clipping_fraction", 0.01, "", Fraction)
_CLIPPING_CURRENT = Threshold("clipping_current", 9.8, "A", Positive)
_FUTURE_MARGIN = 26 * HOUR
"""Naive stamps may be 14 h ahead of UTC; the other half of a day allows for clocks that drift."""
_ROUNDING = 1e-9
_COARSE_POWER, _COARSE_ENERGY, _COARSE_PEAK, _MANY_ROWS = 0.05, 0.1, 0.1, 24
"""The share of the energy, and of the highest power, that steps may hide; with fewer rows, any share."""
_JUMPS, _JUMPS_SHARE, _LEVELS, _NO_MULTIPLE = 6, 0.8, 6, 0.05


class Gap(Note):
    """A step longer than `gap_steps` usual ones; neighbouring ones are one gap. `rows` counts missing rows.

    The night of an inverter that writes no rows in the dark is not a gap.

    Source: pecos, missing timestamps.
    False alarms: a logger that writes only changes.
    """

    name = "gap"
    title = "no rows for a while"
    sentence = "{missing} missing: {span} between rows that are {dt:g} s apart as a rule"
    flag = MISSING
    yields_to_others = True
    thresholds = (GAP_STEPS,)

    def runs(self, file: CheckedFile) -> Runs | None:
        if file.rows.steps.longest <= file.valid.gaps.seconds:
            return None
        gap = file.rows.is_gap & (file.rows.time[: len(file.rows.is_gap)] >= FIRST_PLAUSIBLE)
        return runs(gap if file.rows.asleep is None else gap & ~file.rows.asleep)

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        row, missing = super().extent(file, slice(run.start + 1, run.stop + 1)), self._missing(file, run)
        return row | {"start": file.rows.text(run.start), "rows": missing}

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        dt, rows = file.rows.tau.item(run.start), self._missing(file, run)
        longest = float(file.rows.steps.seconds[run].max())
        evidence = {"value": rounded(longest), "limit": rounded(file.valid.gaps.seconds)}
        missing = f"{counted(rows, 'row')} {'is' if rows == 1 else 'are'}"
        return evidence | {"missing": missing, "span": span_text(longest), "dt": dt}

    def _missing(self, file: CheckedFile, run: slice) -> int:
        steps = np.rint(file.rows.steps.seconds[run] / file.rows.tau[run])
        return int(np.maximum(1, steps - 1).sum())


class SeveralIntervals(Note):
    """At least three equal steps in a row that are over 1.5 or under 0.5 of the usual one.

    If they are eight and not over an hour, each of these rows stands for its own step. Else longer ones are
    gaps, unless the file has many: each row then stands for the usual step, and the rest has no energy.

    Source: pecos, timestamps off the regular ones.
    False alarms: a lossy link that drops every second row: the note is true, the cause another.
    """

    name = "several_intervals"
    title = "the interval changes"
    sentence = "rows are {value:g} s apart here and {limit:g} s in most of the file{lost}"

    def runs(self, file: CheckedFile) -> Runs | None:
        (steps, shortest, longest), dt = file.rows.steps, file.valid.dt
        if shortest >= dt / 2 and longest <= file[GAP_STEPS] * dt:
            return None
        odd = (steps > 1.5 * dt) | ((steps < dt / 2) & (steps > 0))
        alike = odd[1:] & odd[:-1] & (np.abs(steps[1:] - steps[:-1]) <= ALIKE * steps[1:])
        starts, stops = runs(alike)
        kept = stops - starts >= 2  # noqa: PLR2004 - two pairs are three steps
        return starts[kept] + 1, stops[kept] + 2

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        steps = slice(run.start - 1, run.stop - 1)
        lost = ", for which each of them counts: give them a file of their own"
        is_gap = file.valid.energy_kind is None and any_of(file.rows.is_gap[steps])
        usual = np.median(file.rows.steps.seconds[steps])
        return {"value": rounded(usual), "limit": rounded(file.valid.dt), "lost": lost if is_gap else ""}


class ImplausibleDate(Note):
    """A year before 2000: the clock was never set. Such a row does not count for the period.

    Source: clocks that start at 1970 or 1980 without a battery.
    False alarms: archives from before 2000.
    """

    name = "implausible_date"
    title = "a date that cannot be"
    sentence = "before 2000: was the clock ever set?"

    def runs(self, file: CheckedFile) -> Runs | None:
        timed = file.rows.time[: file.rows.timed]  # in their order
        return runs(timed < FIRST_PLAUSIBLE) if len(timed) and timed.item(0) < FIRST_PLAUSIBLE else None


class FutureDate(Note):
    """A time more than 26 hours after that of processing.

    Naive stamps may be 14 hours ahead of UTC, and clocks drift.

    Source: the widest offset from UTC, +14:00.
    False alarms: a processing machine whose own clock is behind.
    """

    name = "future_date"
    title = "a date in the future"
    sentence = "later than the time of processing"

    def runs(self, file: CheckedFile) -> Runs | None:
        timed = file.rows.time[: file.rows.timed]  # in their order
        if file.now is None or not len(timed) or timed.item(-1) <= file.now + _FUTURE_MARGIN:
            return None
        return runs(timed > file.now + _FUTURE_MARGIN)


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
        days = np.flatnonzero(np.diff(file.days, prepend=file.days[0] - 1))
        highest = np.repeat(np.maximum.reduceat(power, days), np.diff(days, append=len(power)))
        starts, stops = runs(strong & (power >= (1 - file[_CLIPPING_FRACTION]) * highest) & (power > 0))
        kept = stops - starts >= file[_CLIPPING_ROWS]
        found = np.zeros(file.count, np.bool_)
        found[file.valid_at] = covered(starts[kept], stops[kept], len(power))
        return runs(found)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"value": rounded(np.nanmax(file.valid.values[channel])), "limit": file[_CLIPPING_CURRENT]}


class CoarseSteps(AboutAllRows):
    """Readings come in steps that matter for the figures; only if there are no V and I, and 24 rows or more.

    If the logger cuts its numbers off, half a step may be lacking in each row that generates: of a power,
    more than 5 % of the energy; of the energy of each row, more than 10 %, since meters count on. Or the
    steps of a meter's total are more than a tenth of the highest power, or it stands still before most of its
    large steps: then its total is right, but the power of single rows is not. Or it never moves.

    Source: meters with a step of 0.1 kWh that are read each minute, and spreadsheets that shorten numbers.
    False alarms: a logger that rounds loses nothing.
    """

    name = "coarse_steps"
    title = "readings in large steps"
    is_for_others = True
    sentence = "{said}"

    def is_found(self, file: CheckedFile) -> bool:
        return bool(self._said(file))

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"said": self._said(file)}

    def _said(self, file: CheckedFile) -> str:
        valid = file.valid
        if valid.energy_kind == "counter":
            return self._said_of_counter(file) if len(valid.time) >= _MANY_ROWS else ""
        if file.power_source is None or np.count_nonzero(valid.generating) < _MANY_ROWS:
            return ""
        step = max(file.power_step, self._least(valid.power))
        most = _COARSE_POWER if valid.energy_kind is None else _COARSE_ENERGY
        hidden = step / 2 * float(valid.tau[valid.generating].sum()) / 3.6e6
        if hidden <= most * (file.energy_kwh or 0.0):
            return ""
        return f"power comes in steps of {step:g} W: if they are cut off, up to {hidden:.3g} kWh are lacking"

    def _said_of_counter(self, file: CheckedFile) -> str:
        energy, power, step = file.valid.energy[:-1], file.valid.power[:-1], file.resolution("energy")
        highest = float(np.fmax.reduce(energy))
        if highest <= 0:
            value = file.valid.values["energy"].item(0)
            return f"the total of the meter stays at {value:.10g} Wh: is the plant off, or are digits lost?"
        step = max(step, self._least(energy))
        watts = 3600 * step / file.valid.dt
        if watts > _COARSE_PEAK * np.fmax.reduce(power):
            return f"the meter counts in steps of {step:g} Wh: the power of a row may be {watts:.4g} W off"
        large = (energy[1:] > highest / 2).nonzero()[0]
        still = np.count_nonzero(energy[large] == 0)
        if len(large) >= _JUMPS and still >= _JUMPS_SHARE * len(large):
            return "the meter stands still before its large steps: the power of single rows is too high"
        return ""

    @staticmethod
    def _least(values: Floats) -> float:
        """Return the least distance between a few values if all are multiples of it; else 0."""
        levels = np.unique(values)
        if not 1 < len(levels) <= _LEVELS:
            return 0.0
        least = float(np.diff(levels).min())
        parts = levels / least  # of 11 and 135 kWh, least is no step
        return least if np.abs(parts - np.rint(parts)).max() <= _NO_MULTIPLE else 0.0


class CounterReset(Note):
    """The total of a meter begins again while the plant generates, and what it counted just before is lost.

    Unless it was near its highest number, such as 65535 or 9999.9: the rest up to that number is counted.

    Source: meters that are replaced or switched off, and counters that overflow.
    False alarms: none; a total of the day, which begins again at night, is not noted.
    """

    name = "counter_reset"
    title = "a meter that begins again"
    is_for_others = True
    sentence = "energy falls from {before:g} Wh to {value:g} Wh while the plant generates: {cause}"

    def runs(self, file: CheckedFile) -> Runs | None:
        valid = file.valid
        if valid.energy_kind != "counter":
            return None
        values, generating = valid.values["energy"], valid.generating
        falls = (values[1:] < values[:-1]).nonzero()[0]
        falls = falls[generating[np.maximum(falls - 1, 0)] | generating[falls + 1]]
        return file.valid_at[falls + 1], file.valid_at[falls + 1] + 1

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        valid, at = file.valid, int(np.searchsorted(file.valid_at, run.start))
        before, value = valid.values["energy"][at - 1 : at + 1].tolist()
        end, cause = before + float(valid.energy[at - 1]) - value, "a new meter?"
        if end - before > _ROUNDING * before:
            cause = f"after {end:.10g} Wh it begins again, and the energy up to there is counted"
        return {"value": rounded(value), "before": rounded(before), "cause": cause}


class Unlabelled(Note):
    """Rows without an entry in the column that names devices or readings: they are left out.

    If devices are added, so are the rows of others.
    Keys: `csv.where`, `csv.long`.
    Source: loggers that lose the name of a device, and cells that moved.
    False alarms: rows of other readings than those of the device.
    """

    name = "unlabelled"
    title = "rows without a label"
    sentence = "{rows} {without} in {column!r}, which names what rows are of, {were} left out"

    def runs(self, file: CheckedFile) -> Runs | None:
        return runs(np.ones(1, np.bool_)) if file.unlabelled else None

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        line = file.rows.dialect.header_line or None
        return {"start": None, "end": None, "rows": file.unlabelled, "line": line}

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        dialect, count = file.rows.dialect, file.unlabelled
        at = dialect.label if dialect.device is None else dialect.device
        column = text_of(dialect.header[at or 0].encode("utf-8", "replace"))
        without = "with another entry, or none," if dialect.adds_labels else "without an entry"
        were = "was" if count == 1 else "were"
        return {"rows": counted(count, "row"), "without": without, "column": column, "were": were}


CHECKS = (
    Gap,
    SeveralIntervals,
    ImplausibleDate,
    FutureDate,
    Clipping,
    CoarseSteps,
    CounterReset,
    Unlabelled,
)
