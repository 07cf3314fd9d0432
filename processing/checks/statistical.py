"""The statistical checks of single rows, compared with their neighbours. They never fail a row.

All rows are valid ones, in order of time.
"""

from typing import Annotated, Any

from msgspec import Meta

from processing.checks.check import SuspectCheck, flags_of
from processing.checks.checked_file import SLOW_STEP, USUAL_STEPS, CheckedFile
from processing.model.digits import usual_magnitude
from processing.model.flags import (
    GOOD,
    MISSING,
    NOT_EVALUATED,
    SUSPECT,
    Flags,
    Floats,
    Integers,
    all_rows,
    any_of,
    np,
)
from processing.model.result import rounded
from processing.model.thresholds import Fraction, NotNegative, Positive, Threshold

_MISMATCH_WATTS = Threshold("power_mismatch_w", 2.0, "W", NotNegative)
_MISMATCH_FRACTION = Threshold("power_mismatch_fraction", 0.05, "of the larger", Fraction)
_FAR_TIMES = Threshold("far_above_usual_times", 10.0, "times the usual magnitude", Positive)
_SPIKES = {
    "voltage": Threshold("spike_voltage", 3.0, "V", Positive),
    "current": Threshold("spike_current", 5.0, "A", Positive),
    "temperature": Threshold("spike_temperature", 8.0, "°C", Positive),
}
_RATES = {
    "voltage": Threshold("rate_voltage", 6.0, "V", Positive),
    "temperature": Threshold("rate_temperature", 10.0, "°C", Positive),
}
_OUTLIER_ROWS = Threshold("outlier_rows", 7, "rows", Annotated[int, Meta(ge=3, le=99)])
_OUTLIER_SIGMAS = Threshold("outlier_sigmas", 3.0, "", Positive)
_OUTLIER_FLOOR = Threshold("outlier_floor_v", 2.0, "V", NotNegative)
_WINDOWS_AT_A_TIME = 50_000


class PowerMismatch(SuspectCheck):
    """P and V · I differ by more than both bounds, and by more than the sensors' steps explain.

    Not evaluated if the file has no power column.

    Source: Joule's law for direct current.
    False alarms: P averaged over the interval beside V and I of the instant, under fast clouds.
    """

    name = "power_mismatch"
    title = "does not match V · I"
    sentence = "power {power:g} W does not match V · I = {product:.2f} W"
    channels = ("power",)
    needs_column = False
    thresholds = (_MISMATCH_WATTS, _MISMATCH_FRACTION)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        values = file.valid.values
        if not {channel, "voltage", "current"} <= values.keys():
            return all_rows(NOT_EVALUATED, len(file.valid.time))
        power, product = values[channel], values["voltage"] * values["current"]
        difference = np.abs(power - product)
        found = difference > file[_MISMATCH_WATTS]
        if any_of(found):
            found &= (difference > self._limit(file, power, product)) & (difference > self._rounding(file))
        flags = flags_of(found, SUSPECT)
        if file.valid.has_unknown:
            flags = all_rows(GOOD, len(power)) if flags is None else flags
            flags[np.isnan(product)] = NOT_EVALUATED
            flags[np.isnan(power)] = MISSING
        return flags

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        watts, values = file.valid.power[run], file.valid.values
        products = values["voltage"][run] * values["current"][run]
        worst = int(np.argmax(np.abs(watts - products)))
        value, product = watts[worst], products[worst]
        limit = self._limit(file, value, product)
        return {"value": rounded(value), "limit": rounded(float(limit)), "power": value, "product": product}

    def _limit(self, file: CheckedFile, power: Floats, product: Floats) -> Floats:
        larger = np.maximum(np.abs(power), np.abs(product))
        return np.asarray(np.maximum(file[_MISMATCH_WATTS], file[_MISMATCH_FRACTION] * larger))

    def _rounding(self, file: CheckedFile) -> Floats:
        """Return how far rounded voltage, current and power may disagree: by half a step of each."""
        volts, amperes = np.abs(file.valid.values["voltage"]), np.abs(file.valid.values["current"])
        sums = volts * file.resolution("current") + amperes * file.resolution("voltage")
        return np.asarray((sums + file.resolution("power")) / 2)


class FarAboveUsual(SuspectCheck):
    """V, I or P is more than `far_above_usual_times` its usual magnitude; only if its limits are unknown.

    The usual magnitude is the absolute value that 95 % of the valid readings of the channel in the file do
    not exceed. Not evaluated if that is 0.

    Source: a corrupt register, all bits set, is far beyond what the plant can do.
    False alarms: a file with an hour of sun in many days.
    """

    name = "far_above_usual"
    title = "far above the usual"
    sentence = "{channel} {value:g} {unit} is above {limit:g} {unit}, {times:g} times what is usual here"
    channels = ("voltage", "current", "power")
    needs_column = False
    always_counted = False
    thresholds = (_FAR_TIMES,)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        values = self._values(file, channel)
        if values is None:
            return None
        limit = self._limit(file, channel)
        flags = all_rows(GOOD if limit else NOT_EVALUATED, len(values))
        if limit:
            flags[np.abs(values) > limit] = SUSPECT
        flags[np.isnan(values)] = MISSING
        return flags

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        values, limit = self._values(file, channel), self._limit(file, channel)
        value = 0.0 if values is None else rounded(values[run][np.argmax(np.abs(values[run]))])
        return {"value": value, "limit": rounded(limit), "times": file[_FAR_TIMES]}

    @staticmethod
    def _values(file: CheckedFile, channel: str) -> Floats | None:
        """Return the valid readings to compare; None if the limits are known or other channels have them."""
        if file.limits(channel).is_known:
            return None
        if channel == "power" and file.valid.energy_kind is not None:
            return file.valid.power
        return file.valid.values.get(channel)

    def _limit(self, file: CheckedFile, channel: str) -> float:
        values = self._values(file, channel)
        return 0.0 if values is None else file[_FAR_TIMES] * usual_magnitude(values)


class Spike(SuspectCheck):
    """Both neighbours differ from the row, in the same direction, by more than the threshold.

    The spike is flagged, its neighbours are not. The threshold is never below `usual_steps` times the
    channel's median step between daytime rows. Not evaluated: the first and the last row, and rows beside a
    step that is too long.

    Source: QARTOD test 6, method "differential".
    False alarms: the edge of a cloud that lasts one row; an inverter that seeks its best point.
    """

    name = "spike"
    title = "spike"
    sentence = "{channel} {value:g} {unit} is a spike: both neighbours are over {limit:g} {unit} away"
    channels = tuple(_SPIKES)
    thresholds = (*_SPIKES.values(), SLOW_STEP, USUAL_STEPS)

    def find(self, file: CheckedFile, channel: str) -> Flags:
        comparable = file.comparable_rows[1]
        if file.largest_changes[channel] <= file[_SPIKES[channel]]:
            return comparable
        change, limit = file.change(channel), file.limit_of(channel, _SPIKES[channel])
        before, after = change[:-1], -change[1:]
        found = (np.minimum(before, after) > limit) | (np.maximum(before, after) < -limit)
        flags = comparable.copy()
        flags[1:-1][found & (flags[1:-1] == GOOD)] = SUSPECT
        return flags

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {
            "value": rounded(file.valid.values[channel][run.start]),
            "limit": rounded(file.limit_of(channel, _SPIKES[channel])),
        }


class RateOfChange(SuspectCheck):
    """The change from the row before is more than the limit times max(1, step / 300 s).

    The later row is flagged. The limit is never below `usual_steps` times the channel's median step between
    daytime rows. Not evaluated on the first row and after a step that is too long.

    Source: QARTOD test 7.
    False alarms: the row after a spike, whose change back is as fast.
    """

    name = "rate_of_change"
    title = "changes too fast"
    sentence = "{channel} changes by {value:+g} {unit} between rows; up to {limit:g} {unit} is plausible"
    channels = tuple(_RATES)
    thresholds = (*_RATES.values(), SLOW_STEP, USUAL_STEPS)

    def find(self, file: CheckedFile, channel: str) -> Flags:
        flags = file.comparable_rows[0]
        if file.largest_changes[channel] > file[_RATES[channel]]:
            flags, limit = flags.copy(), file.limit_of(channel, _RATES[channel])
            limits = limit * np.maximum(1.0, file.valid.steps.seconds / 300.0)
            flags[1:][(np.abs(file.change(channel)) > limits) & (flags[1:] == GOOD)] = SUSPECT
        return flags

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        changes = np.diff(file.valid.values[channel][run.start - 1 : run.stop])
        worst = int(np.argmax(np.abs(changes)))
        stretch = max(1.0, float(file.valid.steps.seconds[run.start - 1 + worst]) / 300.0)
        limit = file.limit_of(channel, _RATES[channel]) * stretch
        return {"value": rounded(changes[worst]), "limit": rounded(limit)}


class Outlier(SuspectCheck):
    """A voltage in daytime is far from the median of the rows centred on it.

    Far is further than max(`outlier_sigmas` · 1.4826 · MAD, `outlier_floor_v`), MAD being the median distance
    from that median. The floor is never below `usual_steps` times the median step between daytime rows. Not
    evaluated on the first and last three rows.

    Source: Hampel's identifier, as `pvanalytics.quality.outliers.hampel`.
    False alarms: without the floor, 155 in 20 clean days; with it none.
    """

    name = "outlier"
    title = "apart from its neighbours"
    sentence = "voltage {value:g} V stands apart from the rows around it"
    channels = ("voltage",)
    thresholds = (_OUTLIER_ROWS, _OUTLIER_SIGMAS, _OUTLIER_FLOOR, USUAL_STEPS)

    def find(self, file: CheckedFile, channel: str) -> Flags:
        values, sigmas, floor = file.valid.values[channel], file[_OUTLIER_SIGMAS], file[_OUTLIER_FLOOR]
        flags = np.where(file.valid.generating, np.uint8(GOOD), np.uint8(NOT_EVALUATED))
        half = file[_OUTLIER_ROWS] // 2
        flags[:half] = NOT_EVALUATED
        flags[max(len(values) - half, 0) :] = NOT_EVALUATED
        if file.largest_changes[channel] <= floor / half:
            return flags
        floor = file.limit_of(channel, _OUTLIER_FLOOR)
        possible = _beyond_neighbours(values, half, floor)
        possible = possible[flags[possible] == GOOD]
        around = np.arange(-half, half + 1)
        for first in range(0, len(possible), _WINDOWS_AT_A_TIME):
            chosen = possible[first : first + _WINDOWS_AT_A_TIME]
            window = values[chosen[:, np.newaxis] + around]
            median = np.median(window, axis=1)
            spread = np.median(np.abs(window - median[:, np.newaxis]), axis=1)
            far = np.abs(values[chosen] - median) > np.maximum(sigmas * 1.4826 * spread, floor)
            flags[chosen[far]] = SUSPECT
        return flags

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {
            "value": rounded(file.valid.values[channel][run.start]),
            "limit": rounded(file.limit_of(channel, _OUTLIER_FLOOR)),
        }


def _beyond_neighbours(values: Floats, half: int, floor: float) -> Integers:
    """Return the rows that can be further than `floor` from their window's median.

    More than half of the window is then further than `floor` from the value, so at least one of any `half`
    neighbours is. It is enough to compare with those on one side, and ordinary rows need no median.
    """
    found = np.zeros(len(values), np.bool_)
    for distance in range(1, half + 1):
        found[:-distance] |= np.abs(values[distance:] - values[:-distance]) > floor
    return found.nonzero()[0]


CHECKS = (PowerMismatch, FarAboveUsual, Spike, RateOfChange, Outlier)
