"""Notes about a file as a whole: its steps, repeats, order, columns and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processing.checks.check import CheckedFile, Note, Runs
from processing.model.flags import FAIL, np
from processing.model.result import rounded
from processing.model.safe_text import counted, text_of
from processing.model.thresholds import GAP_STEPS, NIGHT_FLOOR, Fraction, Threshold
from processing.rows.runs import runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NIGHT_VOLTAGE_FRACTION = Threshold("night_voltage_fraction", 0.3, "of the rows", Fraction)
_MAX_NAMES, _MAX_NAME = 10, 40
"""The most names of columns that are listed, and the most characters of each."""
_APART, _MANY, _LACKING = 0.1, 6, 0.1
"""Totals of energy that differ by more are both named. So many rows, and this share, may lack a channel."""
_KINDS = {
    "counter": "a meter's total",
    "interval": "the energy of each interval",
    "net": "a total that also counts backwards",
}


class AboutAllRows(Note):
    """A note about the whole file, from its first row to its last."""

    def is_found(self, file: CheckedFile) -> bool:
        raise NotImplementedError

    def runs(self, file: CheckedFile) -> Runs | None:
        return runs(np.ones(1, np.bool_)) if self.is_found(file) else None

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        rows = file.rows
        start, end = rows.text(0), rows.text(rows.timed - 1)
        return {"start": start, "end": end, "rows": file.count, "line": int(rows.line[0])}


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


class _AboutLines(Note):
    """A note about the whole file, which names the first of its lines."""

    yields_to_others = True

    def lines(self, file: CheckedFile) -> NDArray[np.int32]:
        raise NotImplementedError

    def runs(self, file: CheckedFile) -> Runs | None:
        count = len(self.lines(file))
        return runs(np.ones(count, np.bool_)) if count else None

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        return {"start": None, "end": None, "rows": run.stop, "line": int(self.lines(file)[0])}


class Duplicate(_AboutLines):
    """Rows with the same time and values as an earlier one: dropped and counted.

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
    """Rows that come after a row with a later time; all are sorted by time first.

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

    def lines(self, file: CheckedFile) -> NDArray[np.int32]:
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


class LimitsUnknown(AboutAllRows):
    """The limits of these channels are not known: only what is physically possible is checked.

    The note has the lines of a profile that would set them. See *Limits and thresholds of another plant*.

    Keys: `[channels.NAME]` `min`, `max`, `limits`.
    Source: the default limits are those of one panel, and no file says those of its plant.
    False alarms: none; set the limits once.
    """

    name = "limits_unknown"
    title = "limits that are not known"
    sentence = (
        "the limits of {names} are not known: only impossible values are invalid, and checks that need "
        "a limit are not evaluated. To set them, write in the file of --config: {lines}"
    )

    def is_found(self, file: CheckedFile) -> bool:
        return bool(_without_limits(file))

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        names = _without_limits(file)
        lines = [f"channels.{name}.min = LEAST; channels.{name}.max = MOST" for name in names]
        if {"power", "current"} & set(names):
            lines.append("site.rated_power_w = RATED")
        return {"names": ", ".join(names), "lines": "; ".join(lines)}


def _without_limits(file: CheckedFile) -> list[str]:
    """Return the channels of the file whose limits are unknown; power counts if it comes from energy."""
    rows = file.rows
    unknown = [name for name, limits in rows.limits.items() if not limits.is_known]
    has_energy = rows.energy_kind is not None
    return [name for name in unknown if name in rows.values or (name == "power" and has_energy)]


class EnergyColumn(AboutAllRows):
    """The file has a column of energy, but its figures come from its power: the total of the column.

    The total of a meter is what it rises by, without resets and values that do not fit. If the values may be
    of either kind, both totals are named. If the column agrees with the power of the other rows, rows without
    power get theirs from it.

    Keys: `[channels.energy]` `kind`, `column`.
    Source: inverters and meters that log both.
    False alarms: none; a large difference comes from gaps, or from a column of another device.
    """

    name = "energy_column"
    title = "energy in a column of its own"
    is_for_others = True
    sentence = "the column {column} says {said}; total_energy_kwh is of the power{filled}{apart}"

    def is_found(self, file: CheckedFile) -> bool:
        rows = file.rows
        return (
            rows.energy_kind is None
            and "energy" in rows.channels
            and not np.isnan(rows.values["energy"][rows.valid | rows.missing]).all()
        )

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        from processing.rows.energy import totals_of  # noqa: PLC0415 - loads numpy
        from processing.rows.time_order import kinds_of_energy  # noqa: PLC0415

        rows = file.rows
        values = rows.values["energy"][rows.valid | rows.missing]
        totals = totals_of(values, kinds_of_energy(rows, values))
        said = " or ".join(f"{total / 1000:.6g} kWh ({_KINDS[kind]})" for kind, total in totals.items())
        value = rounded(next(iter(totals.values())) / 1000) if len(totals) == 1 else None
        count = 0 if rows.by_energy is None else np.count_nonzero(~np.isnan(rows.by_energy))
        filled = f", and of this column in {counted(int(count), 'row')} without power" if count else ""
        made = 1000 * (file.energy_kwh or 0.0)
        last = file.valid.power[-1:] * file.valid.tau[-1:] / 3600
        until = dict.fromkeys(totals, made - float(last.sum())) | {"interval": made}
        differs = all(abs(until[kind] - one) > _APART * max(until[kind], one) for kind, one in totals.items())
        apart = f", which makes {made / 1000:.6g} kWh: which of the two is right?" if differs else ""
        column = _shortened(rows.dialect.columns["energy"].name)
        return {"column": column, "said": said, "value": value, "filled": filled, "apart": apart}


def _shortened(name: str) -> str:
    """Return the name of a column, printable."""
    return text_of(name[:_MAX_NAME].encode("utf-8", "replace"))


class LackingReadings(AboutAllRows):
    """A tenth of the rows with power, at least six, lack a channel: its figures are of the others.

    Source: sensors that are unplugged or fail in the middle of a file.
    False alarms: a sensor that is read less often.
    """

    name = "lacking_readings"
    title = "a channel with few readings"
    sentence = "{lacking} of {rows} with power: the figures are of the others"

    def is_found(self, file: CheckedFile) -> bool:
        return bool(file.valid.has_unknown and self._lacking(file))

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        counts = [f"{name} has no reading in {count}" for name, count in self._lacking(file).items()]
        rows = counted(int(np.count_nonzero(file.valid.generating)), "row")
        return {"lacking": ", ".join(counts), "rows": rows}

    def _lacking(self, file: CheckedFile) -> dict[str, int]:
        """Return how many of the rows with power lack a channel, if they are many."""
        fewest = max(_MANY, _LACKING * np.count_nonzero(file.valid.generating))
        return {name: count for name, count in file.lacking.items() if count >= fewest}


class UnusedColumn(Note):
    """Columns that look like a channel by their name or unit, but from which no channel was read.

    Keys: `[channels.NAME]` `column`.
    Source: exports of inverters and chargers, which have columns of batteries, loads and the grid too.
    False alarms: most: such a column is of another device. The note says which ones were left out.
    """

    name = "unused_column"
    title = "columns that were not used"
    sentence = "{columns} a channel and {are} not used: {names}"

    def runs(self, file: CheckedFile) -> Runs | None:
        return runs(np.ones(1, np.bool_)) if file.rows.dialect.unused else None

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        line = file.rows.dialect.header_line or None
        return {"start": None, "end": None, "rows": file.count, "line": line}

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        unused = file.rows.dialect.unused
        names = [_shortened(name) for name in unused[:_MAX_NAMES]]
        more = " and others" if len(unused) > _MAX_NAMES else ""
        columns, are = counted(len(unused), "column"), "is" if len(unused) == 1 else "are"
        columns += " resembles" if len(unused) == 1 else " resemble"
        return {"columns": columns, "are": are, "names": ", ".join(names) + more}


CHECKS = (
    UnevenSteps,
    Duplicate,
    Disorder,
    NightVoltage,
    LimitsUnknown,
    EnergyColumn,
    LackingReadings,
    UnusedColumn,
)
