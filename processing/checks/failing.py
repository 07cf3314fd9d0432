"""The checks that fail a row: it enters no figure."""

from __future__ import annotations

from processing.checks.check import Check, CheckedFile, Explanation
from processing.model.channels import CHANNELS
from processing.model.flags import FAIL, MISSING, Flags, Floats, Mask, all_rows, any_of, flagged
from processing.model.lazy_numpy import np
from processing.model.result import rounded
from processing.model.safe_text import counted
from processing.model.thresholds import NIGHT_FLOOR
from processing.rows.runs import runs


class Syntax(Check):
    """A row must have as many cells as the header, a timestamp, and a number in each channel's column.

    A number is ASCII, finite, at most 64 characters: sign, digits, one point, an exponent, blanks around it.
    A timestamp is ISO 8601 (`2025-01-15T12:00[:00[.5]][Z|+02:00]`, `T` or a blank), of the years 1970 to
    2100. A quoted cell never spans lines: an unterminated quote costs its own line.
    """

    name = "syntax"
    title = "unreadable rows"
    flag = FAIL
    keys = (
        "`--max-invalid` 0.5, the share of such rows beyond which the file is quarantined as `malformed_csv`"
    )
    source = "ISO 8601; the grammar of `processing/reading/grammar.py`"
    false_alarms = (
        "none; a number such as `1_0`, `nan` or `٢٤` is rejected on purpose, though Python would read it"
    )

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        if not any_of(file.rows.broken):
            return None
        return flagged(file.rows.broken & ~file.rows.mixed, FAIL)

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        line = file.rows.line.item(run.start)
        first = next((row for row in file.unread if row.line == line), None)
        why = ""
        if first is not None:
            why = (
                f": {first.reason}"
                if first.column is None
                else f": {first.column} '{first.cell}' is {first.reason}"
            )
        count = run.stop - run.start
        return Explanation(
            None, None, ("the row" if count == 1 else counted(count, "row")) + " cannot be read" + why
        )


class MixedOffset(Check):
    """Stamps with an offset (or `Z`) cannot be put in order with stamps without one: the minority fails.

    If both are as many, those unlike the first row's fail.
    """

    name = "mixed_offset"
    title = "more than one UTC offset"
    flag = FAIL
    always_counted = False
    source = "ISO 8601, local and UTC time"
    false_alarms = (
        "none known; a logger whose firmware changed in the middle of a file loses the smaller part"
    )

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        return flagged(file.rows.mixed, FAIL) if any_of(file.rows.mixed) else None

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        return Explanation(None, None, "the stamp has an offset and most have none, or the reverse")


class Conflict(Check):
    """Two rows have one timestamp and different values.

    The first that is otherwise valid stands, the later one fails. A row with the same values is a repeat:
    dropped and counted, see *duplicate*.
    """

    name = "conflict"
    title = "two readings for one time"
    flag = FAIL
    always_counted = False
    source = "pecos, duplicate timestamps"
    false_alarms = "the repeated hour of an autumn day in local time without offsets. Write offsets"

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        return flagged(file.rows.conflict, FAIL) if any_of(file.rows.conflict) else None

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        return Explanation(None, None, "an earlier row has the same timestamp and other values")


class SensorDisconnect(Check):
    """V is below its limit and I = 0 while the rows before and after generate.

    A wire or a connector is the cause, not the sun. The check names the
    cause of what is a range failure anyway.
    """

    name = "sensor_disconnect"
    title = "sensor disconnected"
    flag = FAIL
    always_counted = False
    channels = ("voltage",)
    thresholds = (NIGHT_FLOOR,)
    keys = "`[channels.voltage]` `min` 18 V"
    source = "a rule of thumb of operators"
    false_alarms = "a breaker that was opened and closed by hand"

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        dead = disconnected_rows(file)
        return flagged(dead, FAIL) if dead is not None and any_of(dead) else None

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        value = rounded(file.rows.values[channel][run].min())
        message = f"voltage {value:g} V and no current while the rows around generate: disconnected?"
        return Explanation(value, file.limits(channel).min, message)


def disconnected_rows(file: CheckedFile) -> Mask | None:
    """Return the rows whose voltage sensor is disconnected; None if no voltage is out of its limits."""
    if "voltage" not in file.rows.range_flags:
        return None
    low, values = file.limits("voltage").min, file.rows.values
    return disconnected(values["voltage"], values["current"], file.rows.power, low, file[NIGHT_FLOOR])


def disconnected(voltage: Floats, current: Floats, power: Floats, low: float, floor: float) -> Mask:
    """Return the runs of rows with V < low and I = 0 whose neighbours on both sides generate."""
    found = np.zeros(len(voltage), np.bool_)
    for start, stop in zip(*runs((voltage < low) & (current == 0)), strict=True):
        is_inside = start > 0 and stop < len(found)
        found[start:stop] = is_inside and power[start - 1] > floor and power[stop] > floor
    return found


class Sentinel(Check):
    """The reading is what loggers write for "no reading", compared before the scale of a profile."""

    name = "sentinel"
    title = "a logger's value for no reading"
    flag = FAIL
    always_counted = False
    channels = tuple(CHANNELS)
    keys = "`sentinels`: -999, -99, 9999, 65535, 6553.5, 655.35, ±32768, 32767, 3276.7, -327.67"
    source = "manuals of loggers: all bits set, and the ends of 16-bit integers"
    false_alarms = (
        "a profile with limits so wide that one of these is a real reading: give it a list of its own"
    )

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        return file.rows.sentinel_flags.get(channel)

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        value = rounded(file.rows.values[channel][run.start])
        return Explanation(value, None, f"{channel} {value:g} is what loggers write for no reading")


class GrossRange(Check):
    """The reading is outside its limits; both are inclusive."""

    name = "gross_range"
    title = "outside the limits"
    flag = FAIL
    channels = tuple(CHANNELS)
    keys = "`[channels.NAME]` `min`, `max`"
    source = "QARTOD test 4 (gross range)"
    false_alarms = (
        "a panel-side voltage at night (see *night_voltage*), a cold site: set `[channels.temperature] min`"
    )

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        if channel not in file.rows.values:
            return all_rows(MISSING, file.count)
        return file.rows.range_flags.get(channel)

    def listed(self, file: CheckedFile, channel: str) -> Mask:
        """Return the rows that neither a sentinel nor a disconnect explains."""
        unexplained = np.ones(file.count, np.bool_)
        if channel in file.rows.sentinel_flags:
            unexplained &= file.rows.sentinel_flags[channel] != FAIL
        if channel == "voltage" and (dead := disconnected_rows(file)) is not None:
            unexplained &= ~dead
        return unexplained

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        limits, values = file.limits(channel), file.rows.values[channel][run]
        beyond = np.maximum(limits.min - values, values - limits.max)
        value, unit = rounded(values[np.nanargmax(beyond)]), CHANNELS[channel].unit
        side, limit = ("below", limits.min) if value < limits.min else ("above", limits.max)
        return Explanation(value, limit, f"{channel} {value:g} {unit} is {side} {limit:g} {unit}")


CHECKS: tuple[Check, ...] = (
    Syntax(),
    MixedOffset(),
    Conflict(),
    SensorDisconnect(),
    Sentinel(),
    GrossRange(),
)
