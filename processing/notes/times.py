"""Notes about the times of rows: gaps, intervals, order, repeats, and dates that cannot be."""

from __future__ import annotations

from typing import Any

from processing.checks.check import Runs
from processing.checks.checked_file import CheckedFile
from processing.model.flags import MISSING, any_of, np
from processing.model.result import rounded
from processing.model.safe_text import counted, span_text
from processing.model.stamp import FIRST_PLAUSIBLE, HOUR
from processing.model.thresholds import GAP_STEPS
from processing.notes.note import AboutAllRows, AboutLines, Lines, Note
from processing.rows.runs import runs
from processing.rows.steps import ALIKE

_FUTURE_MARGIN = 26 * HOUR
"""Naive stamps may be 14 h ahead of UTC; the other half of a day allows for clocks that drift."""


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


class UnevenSteps(AboutAllRows):
    """More than 5 % of the steps, and at least three, are longer than `gap_steps` usual ones.

    The logger polls at irregular times, or writes only changes. A row then stands for its step up to 1.5
    times the 95th percentile of all steps; a longer step is a gap.

    Source: loggers that poll one device after another.
    False alarms: a lossy link, whose lost rows are then not noticed.
    """

    name = "uneven_steps"
    title = "uneven steps"
    sentence = "rows are {dt:g} s apart as a rule, and many up to {value:g} s: each stands for its own step"
    thresholds = (GAP_STEPS,)

    def is_found(self, file: CheckedFile) -> bool:
        return file.valid.gaps.is_uneven

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        limit = file.valid.gaps.seconds
        within = file.rows.steps.seconds[file.rows.steps.seconds <= limit]
        return {"value": rounded(within.max()), "limit": rounded(limit), "dt": file.valid.dt}


class Duplicate(AboutLines):
    """Rows with the same time and values as an earlier one: dropped and counted.

    Source: pecos, duplicate timestamps.
    False alarms: none.
    """

    name = "duplicate"
    title = "repeated rows"
    sentence = "{rows} {what} dropped"

    def lines(self, file: CheckedFile) -> Lines:
        return file.rows.duplicates

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        what = "repeats an earlier one and was" if run.stop == 1 else "repeat an earlier one and were"
        return {"rows": counted(run.stop, "row"), "what": what}


class Disorder(AboutLines):
    """Rows that come after a row with a later time; all are sorted by time first.

    Source: pecos, monotonic timestamps.
    False alarms: none.
    """

    name = "disorder"
    title = "rows out of order"
    sentence = "{rows} {stand} below a later one; all were sorted by time"

    def lines(self, file: CheckedFile) -> Lines:
        return file.rows.disorder

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"rows": counted(run.stop, "row"), "stand": "stands" if run.stop == 1 else "stand"}


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


class NewOffset(Note):
    """The offset from UTC changes by more than an hour, which summer time never does.

    The note is at the first row with the new offset. All rows are put in order by UTC. If one of the offsets
    is wrong, rows overlap or leave a gap there.

    Source: loggers that are set to another zone, and firmware that begins to write UTC.
    False alarms: a logger on a ship; two exports of one logger in one file.
    """

    name = "new_offset"
    title = "another offset from UTC"
    sentence = "times have the offset {after} here and {before} before: is one of them wrong?"

    def runs(self, file: CheckedFile) -> Runs | None:
        rows = file.rows
        if not rows.aware or len(rows.forms) == 1:
            return None
        offsets = np.array([form.offset for form in rows.forms])[rows.form[: rows.timed]]
        found = np.flatnonzero(np.abs(offsets[1:] - offsets[:-1]) > HOUR)[:1] + 1
        return (found, found + 1) if len(found) else None

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        before, after = (file.rows.forms[at].zone for at in file.rows.form[run.start - 1 : run.stop].tolist())
        return {"before": before, "after": after}


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


NOTES = (Gap, SeveralIntervals, UnevenSteps, Duplicate, Disorder, ImplausibleDate, NewOffset, FutureDate)
