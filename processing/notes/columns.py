"""Notes about the columns of a file: their limits, and what lacks readings, labels or a use."""

from __future__ import annotations

import math
from typing import Any

from processing.checks.check import Runs
from processing.checks.checked_file import CheckedFile
from processing.model.channels import CHANNELS, DARK_WATTS
from processing.model.flags import np
from processing.model.result import rounded
from processing.model.safe_text import counted, span_text, text_of
from processing.model.stamp import DAY_S
from processing.notes.note import AboutAllRows, Note, printable
from processing.rows.runs import runs

_MAX_NAMES = 10
"""The most names of columns that are listed."""
_MANY, _LACKING = 6, 0.1
"""So many rows, and this share, may lack a channel."""


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


class UnitAssumed(AboutAllRows):
    """The power, or the energy of each row, states no unit: it is read in W or kWh, as its size suggests.

    Nothing in the file confirms it: neither V · I nor another power or energy with a unit.

    Keys: `[channels.NAME]` `unit`.
    Source: the figures of a plant whose logger writes kW are a thousand times higher.
    False alarms: most loggers write W; set the unit once.
    """

    name = "unit_assumed"
    title = "a unit that is not stated"
    is_for_others = True
    sentence = (
        "{column!r} states no unit, and is read in {unit}. If that is wrong, write another one in the file "
        "of --config, such as {line}"
    )

    def is_found(self, file: CheckedFile) -> bool:
        return _is_of_file(file) and not _states_unit(file)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return _unit_of_power(file)


class LowPower(AboutAllRows):
    """The power never reaches 24 W, a tenth of the default panel's rated power, in half a day or more.

    Its unit is stated, but may be wrong, or another one than in the file for which a format was accepted. Not
    evaluated if a profile states the unit, or the power is V · I.

    Keys: `[channels.NAME]` `unit`.
    Source: plants whose logger writes kW below a name with W.
    False alarms: a panel of a few watts, or one below snow.
    """

    name = "low_power"
    title = "hardly any power"
    is_for_others = True
    sentence = (
        "{column!r} gives at most {value:.3g} W in {span}: is its unit {unit}? If not, write another one in "
        "the file of --config, such as {line}"
    )

    def is_found(self, file: CheckedFile) -> bool:
        if not (_is_of_file(file) and _states_unit(file)):
            return False
        return 0 < np.fmax.reduce(file.valid.power, initial=0.0) < DARK_WATTS and _seconds(file) >= DAY_S / 2

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        found = {"value": rounded(np.fmax.reduce(file.valid.power)), "span": span_text(_seconds(file))}
        return found | _unit_of_power(file)


def _is_of_file(file: CheckedFile) -> bool:
    """Return whether the power comes from a column whose unit is not from --config; not for V · I."""
    channel, rows = file.power_source, file.rows
    is_of_format = bool(rows.dialect.format_name)
    return channel is not None and (is_of_format or rows.profile.channels[channel].unit is None)


def _states_unit(file: CheckedFile) -> bool:
    return file.rows.dialect.columns[file.power_source or "power"].states_unit


def _unit_of_power(file: CheckedFile) -> dict[str, Any]:
    """Return the column that the power comes from, its unit, and a line with one 1000 times as large."""
    channel = file.power_source or "power"
    column, units = file.rows.dialect.columns[channel], CHANNELS[channel].units
    factor = 1000 * units[column.unit][0]
    larger = (unit for unit, (one, _) in units.items() if math.isclose(one, factor))
    line = f'channels.{channel}.unit = "{next(larger, CHANNELS[channel].unit)}"'
    return {"column": printable(column.name), "unit": column.unit, "line": line}


def _seconds(file: CheckedFile) -> float:
    return float(file.valid.steps.seconds.sum())


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
        names = [printable(name) for name in unused[:_MAX_NAMES]]
        more = " and others" if len(unused) > _MAX_NAMES else ""
        columns, are = counted(len(unused), "column"), "is" if len(unused) == 1 else "are"
        columns += " resembles" if len(unused) == 1 else " resemble"
        return {"columns": columns, "are": are, "names": ", ".join(names) + more}


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
        column = text_of(dialect.header[dialect.device_place or 0].encode("utf-8", "replace"))
        without = "with another entry, or none," if dialect.adds_labels else "without an entry"
        were = "was" if count == 1 else "were"
        return {"rows": counted(count, "row"), "without": without, "column": column, "were": were}


class MovedColumns(Note):
    """The column that a profile names goes on in another one from a row on, and another one in its place.

    Without a profile, or a format that `accept` wrote, such a file is rejected with the same words.

    Keys: `[channels.NAME]` `column`.
    Source: loggers whose update inserts or swaps columns without a new header.
    False alarms: two columns that take over from each other, such as a battery and the grid.
    """

    name = "moved_columns"
    title = "columns that may have moved"
    sentence = "{finding}"
    is_for_others = True

    def runs(self, file: CheckedFile) -> Runs | None:
        return runs(np.ones(1, np.bool_)) if file.doubt else None

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        line = file.doubt.line if file.doubt else None
        return {"start": None, "end": None, "rows": file.count, "line": line}

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"finding": file.doubt.finding if file.doubt else ""}


NOTES = (LimitsUnknown, UnitAssumed, LowPower, LackingReadings, UnusedColumn, Unlabelled, MovedColumns)
