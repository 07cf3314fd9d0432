"""What is worth knowing of a file as a whole: its steps, repeats, order, columns and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processing.checks.check import CheckedFile, Note, Runs
from processing.model.flags import FAIL, np
from processing.model.profile import GAP_STEPS, NIGHT_FLOOR, Fraction, Threshold
from processing.model.result import rounded
from processing.model.safe_text import counted
from processing.rows.runs import runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NIGHT_VOLTAGE_FRACTION = Threshold("night_voltage_fraction", 0.3, "of the rows", Fraction)


class UnevenSteps(Note):
    """More than 5 % of the steps, and at least three, are over so many of the usual ones.

    The logger polls at its own pace, or writes only changes. A row then stands for its step up to 1.5 times
    the 95th percentile of all steps; what is longer is a gap.

    Source: loggers that poll one device after another.
    False alarms: a lossy link, whose lost rows are then not noticed.
    """

    name = "uneven_steps"
    title = "uneven steps"
    sentence = "rows are {dt:g} s apart as a rule, and many up to {value:g} s: each stands for its own step"
    thresholds = (GAP_STEPS,)

    def runs(self, file: CheckedFile) -> Runs | None:
        return runs(np.ones(1, np.bool_)) if file.valid.gaps.is_uneven else None

    def place(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        rows = file.rows
        start, end = rows.text(0), rows.text(rows.timed - 1)
        return {"start": start, "end": end, "rows": file.count, "line": int(rows.line[0])}

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        limit = file.valid.gaps.seconds
        within = file.rows.steps.seconds[file.rows.steps.seconds <= limit]
        return {"value": rounded(within.max()), "limit": rounded(limit), "dt": file.valid.dt}


class _AboutLines(Note):
    """A note about the whole file, which names the first of its lines."""

    yields_to_others = True

    def lines(self, file: CheckedFile) -> NDArray[np.int32]:
        raise NotImplementedError

    def runs(self, file: CheckedFile) -> Runs | None:
        return runs(np.ones(len(self.lines(file)), np.bool_))

    def place(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        return {"start": None, "end": None, "rows": run.stop, "line": int(self.lines(file)[0])}


class Duplicate(_AboutLines):
    """Rows with the time and the values of an earlier one: dropped and counted.

    Source: pecos, duplicate timestamps.
    False alarms: none.
    """

    name = "duplicate"
    title = "repeated rows"
    sentence = "{rows} {what} dropped"

    def lines(self, file: CheckedFile) -> NDArray[np.int32]:
        return file.rows.duplicates

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        what = "repeats an earlier one and was" if run.stop == 1 else "repeat an earlier one and were"
        return {"rows": counted(run.stop, "row"), "what": what}


class Disorder(_AboutLines):
    """Rows that stand below a later one; all are sorted by time first.

    Source: pecos, monotonic timestamps.
    False alarms: none.
    """

    name = "disorder"
    title = "rows out of order"
    sentence = "{rows} {stand} below a later one; all were sorted by time"

    def lines(self, file: CheckedFile) -> NDArray[np.int32]:
        return file.rows.disorder

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"rows": counted(run.stop, "row"), "stand": "stands" if run.stop == 1 else "stand"}


class NightVoltage(_AboutLines):
    """So many of the rows fail, all by a low voltage without power.

    The sensor may be on the panel's side. If so, set `[channels.voltage] min = 0`.

    Source: panels have no voltage without light, batteries have.
    False alarms: a battery that was disconnected overnight.
    """

    name = "night_voltage"
    title = "no voltage at night"
    sentence = "{share:.0%} of the rows fail by voltage, all without power: panel-side sensor? see limits"
    channels = ("voltage",)
    thresholds = (_NIGHT_VOLTAGE_FRACTION, NIGHT_FLOOR)

    def lines(self, file: CheckedFile) -> NDArray[np.int32]:
        rows = file.rows
        failed = ~(rows.valid | rows.missing)
        share = np.count_nonzero(failed) / max(1, file.count)
        if share <= file[_NIGHT_VOLTAGE_FRACTION] or "voltage" not in rows.range_flags:
            return rows.line[:0]
        dark = (rows.range_flags["voltage"] == FAIL) & (rows.power <= file[NIGHT_FLOOR])
        dark &= rows.values["voltage"] < file.limits("voltage").min
        return rows.line[dark if np.array_equal(dark, failed) else slice(0)]

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"limit": file.limits(channel).min, "share": run.stop / file.count}


CHECKS = (UnevenSteps, Duplicate, Disorder, NightVoltage)
