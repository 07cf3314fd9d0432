"""Notes about the columns of a file: their limits, and what lacks readings, labels or a use."""

from __future__ import annotations

from typing import Any

from processing.checks.check import Runs
from processing.checks.checked_file import CheckedFile
from processing.model.flags import np
from processing.model.safe_text import counted, text_of
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

    Nothing in the file confirms it: neither V · I nor an energy with a unit.

    Keys: `[channels.NAME]` `unit`.
    Source: the figures of a plant whose logger writes kW are a thousand times higher.
    False alarms: most loggers write W; set the unit once.
    """

    name = "unit_assumed"
    title = "a unit that is not stated"
    is_for_others = True
    sentence = (
        "{column!r} states no unit, and is read in {unit}. If that is wrong, write another one in the file "
        'of --config, such as channels.{channel}.unit = "{other}"'
    )

    def is_found(self, file: CheckedFile) -> bool:
        channel = file.power_source
        if channel is None or file.rows.profile.channels[channel].unit is not None:
            return False
        return not file.rows.dialect.columns[channel].states_unit

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        channel = file.power_source or "power"
        column = file.rows.dialect.columns[channel]
        other = {"W": "kW", "kW": "W", "kWh": "Wh", "Wh": "kWh"}.get(column.unit, "W")
        return {"channel": channel, "column": printable(column.name), "unit": column.unit, "other": other}


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
        at = dialect.label if dialect.device is None else dialect.device
        column = text_of(dialect.header[at or 0].encode("utf-8", "replace"))
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


NOTES = (LimitsUnknown, UnitAssumed, LackingReadings, UnusedColumn, Unlabelled, MovedColumns)
