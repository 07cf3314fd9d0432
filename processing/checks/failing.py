"""The checks that fail a row: it enters no figure."""

from typing import Any

from processing.checks.check import Check, FailCheck, flags_of
from processing.checks.checked_file import CheckedFile
from processing.model.channels import CHANNELS, has_product
from processing.model.flags import FAIL, GOOD, MISSING, NOT_EVALUATED, Flags, all_rows, np
from processing.model.result import rounded
from processing.model.safe_text import counted
from processing.model.thresholds import NIGHT_FLOOR
from processing.rows.runs import runs


class Syntax(FailCheck):
    """A row must have as many cells as the header, a timestamp, and a number in each channel's column.

    A number is ASCII, finite, at most 64 characters: sign, digits, one point, an exponent, blanks around it.
    A timestamp is in the file's one format, usually ISO 8601 (`2025-01-15T12:00[:00[.5]][Z|+02:00]`), of the
    years 1970 to 2100. A quoted cell never spans lines: an unterminated quote costs its own line. A row whose
    power or energy is the sum of other rows is a total and not a reading. So is a row at either end of the
    file with the mean or the highest of all others.

    At least 6 rows of one other form, and more than 5 % of those with readings, are written in another way:
    numbers or times such as `1_100`, or another number of cells to the end of the file. Such a file is
    quarantined as `malformed_csv`, unless it has the default header, and offered without them
    (`csv.unreadable = "invalid"`).

    Keys: `--max-invalid` 0.5, the share of such rows beyond which the file is quarantined as
    `malformed_csv`.
    Source: ISO 8601; the rules of `processing/times/timestamps.py` and `processing/values/numbers.py`.
    False alarms: none; a number such as `1_0`, `nan` or `٢٤` is rejected on purpose, though Python would
    read it.
    """

    name = "syntax"
    title = "unreadable rows"
    sentence = "{rows} cannot be read{why}"
    always_counted = True

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        known = file.rows.mixed if file.rows.distant is None else file.rows.mixed | file.rows.distant
        return flags_of(file.rows.broken & ~known, FAIL)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        line = file.rows.line.item(run.start)
        first = next((row for row in file.rows.unread if row.line == line), None)
        why = f": {first.reason}" if first else ""
        if first and first.column:
            why = f": {first.column} '{first.cell}' is {first.reason}"
        count = run.stop - run.start
        return {"rows": "the row" if count == 1 else counted(count, "row"), "why": why}


class MixedOffset(FailCheck):
    """Stamps with an offset (or `Z`) cannot be put in order with stamps without one: the minority fails.

    On a tie, those that differ from the first row fail.

    Source: ISO 8601, local and UTC time.
    False alarms: none known; a logger whose firmware changed in the middle of a file loses the smaller
    part.
    """

    name = "mixed_offset"
    title = "more than one UTC offset"
    sentence = "the stamp has an offset and most have none, or the reverse"

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        return flags_of(file.rows.mixed, FAIL)


class DistantDate(FailCheck):
    """Rows over 365 days away from all others, at most one for every four of these: the clock was not set.

    They do not count for the period of the file or its gaps.

    Source: clocks that start at 1970 or 2000 without a battery.
    False alarms: the last rows of a logger that was switched off for a year.
    """

    name = "distant_date"
    title = "a clock that was not set"
    sentence = "more than 365 days away from all other rows: was the clock set?"

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        return None if file.rows.distant is None else flags_of(file.rows.distant, FAIL)


class Conflict(FailCheck):
    """Two rows have one timestamp and different values.

    The first row that is otherwise valid stays, the later one fails. A row with the same values is a repeat:
    dropped and counted, see *duplicate*.

    Source: pecos, duplicate timestamps.
    False alarms: the repeated hour of an autumn day in local time without offsets. Write offsets, or set
    `[site] timezone`.
    """

    name = "conflict"
    title = "two readings for one time"
    sentence = "an earlier row has the same timestamp and other values"

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        return flags_of(file.rows.conflict, FAIL)


class SensorDisconnect(FailCheck):
    """V is below its limit and I = 0 while the rows before and after generate.

    The cause is a wire or a connector, not the sun: the check names the cause of a range failure. Not
    evaluated if the limits of V are unknown.

    Keys: `[channels.voltage]` `min` 18 V.
    Source: a rule of thumb of operators.
    False alarms: a breaker that was opened and closed by hand.
    """

    name = "sensor_disconnect"
    title = "sensor disconnected"
    sentence = "voltage {value:g} V and no current while the rows around generate: disconnected?"
    channels = ("voltage",)
    thresholds = (NIGHT_FLOOR,)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        if not has_product(file.rows.values):
            return None
        if not file.limits(channel).is_known:
            return all_rows(NOT_EVALUATED, file.count)
        if channel not in file.rows.range_flags:
            return None
        values, power, floor = file.rows.values, file.rows.power, file[NIGHT_FLOOR]
        is_dead = (values[channel] < file.limits(channel).min) & (values["current"] == 0)
        found = np.zeros(file.count, np.bool_)
        for start, stop in zip(*runs(is_dead), strict=True):
            is_inside = start > 0 and stop < len(found)
            found[start:stop] = is_inside and power[start - 1] > floor and power[stop] > floor
        return flags_of(found, FAIL)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"value": rounded(file.rows.values[channel][run].min()), "limit": file.limits(channel).min}


class Sentinel(Check):
    """The reading is what loggers write for "no reading", and outside the limits: it is missing.

    If the limits are unknown, a value that is negative or above three times the usual magnitude of the
    channel counts as outside. It is compared before the scale of a profile. A row whose power is known all
    the same counts. Small negative numbers that a register without a sign writes (65533, 65530 beside zeros
    at night) are missing too.

    Keys: `sentinels`: -999, -99, 9999, 65535, 6553.5, 655.35, ±32768, 32767, 3276.7, -327.67; of a
    temperature -127 too.
    Source: manuals of loggers: all bits set, and the ends of 16-bit integers.
    False alarms: none known; within the limits such a value is a reading.
    """

    name = "sentinel"
    title = "a logger's value for no reading"
    sentence = "{channel} {value:g} is what loggers write for no reading"
    flag = MISSING
    severity = "note"
    always_counted = False
    channels = tuple(CHANNELS)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        codes = file.rows.sentinels.get(channel)
        return None if codes is None else flags_of(~np.isnan(codes), MISSING)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"value": rounded(file.rows.sentinels[channel][run.start])}


class GrossRange(FailCheck):
    """The reading is outside its limits; both are inclusive.

    If they are unknown, an impossible reading fails, and all others are not evaluated.

    Keys: `[channels.NAME]` `min`, `max`.
    Source: QARTOD test 4 (gross range).
    False alarms: a panel-side voltage at night (see *night_voltage*), a cold site: set
    `[channels.temperature] min`.
    """

    name = "gross_range"
    title = "outside the limits"
    sentence = "{channel} {value:g} {unit} is {side} {limit:g} {unit}"
    always_counted = True
    lists_explained = False
    channels = tuple(CHANNELS)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        if channel not in file.rows.values:
            return all_rows(MISSING, file.count)
        flags = file.rows.range_flags.get(channel)
        if file.limits(channel).is_known:
            return flags
        compared = all_rows(GOOD, file.count) if flags is None else flags
        return np.where(compared == GOOD, np.uint8(NOT_EVALUATED), compared)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        limits, values = file.limits(channel), file.rows.values[channel][run]
        beyond = np.maximum(limits.min - values, values - limits.max)
        value = rounded(values[np.nanargmax(beyond)])
        side, limit = ("below", limits.min) if value < limits.min else ("above", limits.max)
        return {"value": value, "limit": limit, "side": side}


class CounterFall(FailCheck):
    """A meter's total falls, but not to less than 1 % of its value, which would be a reset, nor for good.

    As few values as possible are left out so that the others rise. This is checked only if the power comes
    from the total of a meter.

    Keys: `[channels.energy]` `kind`.
    Source: meters count upward, or begin again.
    False alarms: a meter that also counts backward; use the column of what it delivers.
    """

    name = "counter_fall"
    title = "a meter that runs backward"
    sentence = "energy {value:g} Wh does not lie between the values around it"
    channels = ("energy",)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        fallen = file.rows.fallen
        return None if fallen is None else flags_of(fallen, FAIL)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"value": rounded(file.rows.values[channel][run.start])}


CHECKS = (Syntax, MixedOffset, DistantDate, Conflict, CounterFall, SensorDisconnect, Sentinel, GrossRange)
