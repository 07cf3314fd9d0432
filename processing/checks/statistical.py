"""The statistical checks of single rows, held against their neighbours. They never fail a row.

All rows are valid ones, in order of time.
"""

from typing import Annotated, Any

from msgspec import Meta

from processing.checks.check import SLOW_STEP, CheckedFile, SuspectCheck, flags_of
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
from processing.model.profile import Fraction, NotNegative, Positive, Threshold
from processing.model.result import rounded

_MISMATCH_WATTS = Threshold("power_mismatch_w", 2.0, "W", NotNegative)
_MISMATCH_FRACTION = Threshold("power_mismatch_fraction", 0.05, "of the larger", Fraction)
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
    """P and V · I differ by more than both bounds. Not evaluated if the file has no power column.

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
        limit = np.maximum(file[_MISMATCH_WATTS], file[_MISMATCH_FRACTION] * np.maximum(power, product))
        flags = flags_of(np.abs(power - product) > limit, SUSPECT)
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
        limit = max(file[_MISMATCH_WATTS], file[_MISMATCH_FRACTION] * max(value, product))
        return {"value": rounded(value), "limit": rounded(limit), "power": value, "product": product}


class Spike(SuspectCheck):
    """Both neighbours differ from the row, in the same direction, by more than the threshold.

    The spike is flagged, its neighbours are not. Not evaluated: the first and the last row, and rows beside a
    step that is too long.

    Source: QARTOD test 6, method "differential".
    False alarms: the edge of a cloud that lasts one row; an inverter that seeks its best point.
    """

    name = "spike"
    title = "spike"
    sentence = "{channel} {value:g} {unit} is a spike: both neighbours are over {limit:g} {unit} away"
    channels = tuple(_SPIKES)
    thresholds = (*_SPIKES.values(), SLOW_STEP)

    def find(self, file: CheckedFile, channel: str) -> Flags:
        change, limit, comparable = file.change(channel), file[_SPIKES[channel]], file.comparable_rows[1]
        if not any_of(np.abs(change) > limit):
            return comparable
        before, after = change[:-1], -change[1:]
        found = (np.minimum(before, after) > limit) | (np.maximum(before, after) < -limit)
        flags = comparable.copy()
        flags[1:-1][found & (flags[1:-1] == GOOD)] = SUSPECT
        return flags

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"value": rounded(file.valid.values[channel][run.start]), "limit": file[_SPIKES[channel]]}


class RateOfChange(SuspectCheck):
    """The change from the row before is more than the limit times max(1, step / 300 s).

    The later row is flagged. Not evaluated on the first row and behind a step that is too long.

    Source: QARTOD test 7.
    False alarms: the row after a spike, whose change back is as fast.
    """

    name = "rate_of_change"
    title = "changes too fast"
    sentence = "{channel} changes by {value:+g} {unit} between rows; up to {limit:g} {unit} is plausible"
    channels = tuple(_RATES)
    thresholds = (*_RATES.values(), SLOW_STEP)

    def find(self, file: CheckedFile, channel: str) -> Flags:
        size, limit, flags = np.abs(file.change(channel)), file[_RATES[channel]], file.comparable_rows[0]
        if any_of(size > limit):
            flags = flags.copy()
            limits = limit * np.maximum(1.0, file.valid.steps.seconds / 300.0)
            flags[1:][(size > limits) & (flags[1:] == GOOD)] = SUSPECT
        return flags

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        changes = np.diff(file.valid.values[channel][run.start - 1 : run.stop])
        return {"value": rounded(changes[np.argmax(np.abs(changes))]), "limit": file[_RATES[channel]]}


class Outlier(SuspectCheck):
    """A voltage in daytime is far from the median of the rows centred on it.

    Far is further than max(`outlier_sigmas` · 1.4826 · MAD, `outlier_floor_v`), MAD being the median distance
    from that median. Not evaluated on the first and last three rows.

    Source: Hampel's identifier, as `pvanalytics.quality.outliers.hampel`.
    False alarms: without the floor, 155 in 20 clean days; with it none.
    """

    name = "outlier"
    title = "apart from its neighbours"
    sentence = "voltage {value:g} V stands apart from the rows around it"
    channels = ("voltage",)
    thresholds = (_OUTLIER_ROWS, _OUTLIER_SIGMAS, _OUTLIER_FLOOR)

    def find(self, file: CheckedFile, channel: str) -> Flags:
        values, sigmas, floor = file.valid.values[channel], file[_OUTLIER_SIGMAS], file[_OUTLIER_FLOOR]
        flags = np.where(file.valid.generating, np.uint8(GOOD), np.uint8(NOT_EVALUATED))
        half = file[_OUTLIER_ROWS] // 2
        flags[:half] = NOT_EVALUATED
        flags[max(len(values) - half, 0) :] = NOT_EVALUATED
        if not any_of(np.abs(file.change(channel)) > floor / half):
            return flags
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
        return {"value": rounded(file.valid.values[channel][run.start]), "limit": file[_OUTLIER_FLOOR]}


def _beyond_neighbours(values: Floats, half: int, floor: float) -> Integers:
    """Return the rows that can be further than `floor` from their window's median.

    More than half of the window is then further than that from the value, so at least one of any `half`
    neighbours is: it is enough to compare with those on one side, and ordinary rows need no median.
    """
    found = np.zeros(len(values), np.bool_)
    for distance in range(1, half + 1):
        found[:-distance] |= np.abs(values[distance:] - values[:-distance]) > floor
    return found.nonzero()[0]


CHECKS = (PowerMismatch, Spike, RateOfChange, Outlier)
