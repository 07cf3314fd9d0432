"""Which limits hold for the channels of a file, and which readings are outside of them."""

import functools
from typing import NamedTuple

import numpy as np

from processing.head.dialect import Column
from processing.model.channels import CHANNELS, SENTINELS, LimitsOfChannel
from processing.model.digits import usual_magnitude
from processing.model.flags import FAIL, GOOD, MISSING, Flags, Floats, Mask, any_of
from processing.model.profile import Profile
from processing.reading.table import Table

_FAR_ABOVE = 3.0
"""If the limits are unknown, a sentinel is above this many times the usual magnitude."""
_REPEATS = 0.01
"""Share of the readings that are codes if these lie between other negative readings."""
_SMALL = 1000
"""A small negative number in a register without a sign is at most so far below the register's highest."""
REGISTERS = [(float(2**bits), 10.0**digits) for bits in (16, 32) for digits in range(4)]
"""How many numbers a register has, and what they are divided by."""
_LEAST_TOP = 64.5
"""The least of the numbers that are taken for such ones, as in a register that ends at 65.535."""
_DARK, _EDGES = 0.1, 2
"""Such numbers stand beside low readings: at least so many, and most below this share of the highest."""


def limits_of(columns: dict[str, Column], profile: Profile) -> dict[str, LimitsOfChannel]:
    """Return the limits of all channels, for a file with these columns.

    Without a column of its own, the power has the limits of the default panel if voltage and current do.
    """
    return _limits(profile, tuple((name, one.own_name) for name, one in columns.items()))


@functools.lru_cache(maxsize=128)
def _limits(profile: Profile, columns: tuple[tuple[str, bool], ...]) -> dict[str, LimitsOfChannel]:
    own = dict(columns)
    found = {name: profile.channels.limits(name, own_name=own.get(name, True)) for name in CHANNELS}
    is_known = all(name in own and found[name].is_known for name in ("voltage", "current"))
    if "power" not in own and not is_known:
        found["power"] = profile.channels.limits("power", own_name=False)
    return found


class Ranges(NamedTuple):
    """How the readings of a table compare with the limits."""

    readings: Floats
    """Those of the table; sentinels are NaN."""
    flags: dict[str, Flags]
    """Flags by channel, for channels with a reading that is outside, missing or no number."""
    sentinels: dict[str, Floats]
    """A logger's values for "no reading", by channel; NaN for other rows."""

    @property
    def failed(self) -> Mask:
        """Return the rows with a reading outside its limits."""
        found = np.zeros(self.readings.shape[1], np.bool_)
        for flags in self.flags.values():
            found |= flags == FAIL
        return found


def ranges(table: Table, profile: Profile, limits: dict[str, LimitsOfChannel]) -> Ranges:
    """Return how the readings compare with the limits, and which of them mean "no reading"."""
    found = Ranges(table.readings, {}, {})
    columns = table.dialect.columns.items()
    lowest = np.minimum.reduce(table.readings, axis=1, initial=np.inf).tolist()
    highest = np.maximum.reduce(table.readings, axis=1, initial=-np.inf).tolist()
    for index, ((name, column), low, high) in enumerate(zip(columns, lowest, highest, strict=True)):
        one, values = limits[name], found.readings[index]
        if one.is_known and one.min <= low and high <= one.max:
            continue
        flags, codes = gross_range(values, one.min, one.max), _sentinels(profile, name, column)
        is_code = _are_sentinels(values, flags, codes, one)
        if codes and name != "energy" and high > _LEAST_TOP * column.factor:
            is_code |= _wrapped((values - column.offset) / column.factor)
        if any_of(is_code):
            found.sentinels[name] = np.where(is_code, values, np.nan)
            flags[is_code] = MISSING
            if found.readings is table.readings:
                found = found._replace(readings=table.readings.copy())
            found.readings[index, is_code] = np.nan
        if any_of(flags != GOOD):
            found.flags[name] = flags
    return found


def _are_sentinels(values: Floats, flags: Flags, codes: list[float], limits: LimitsOfChannel) -> Mask:
    """Return which readings mean "no reading": codes outside the limits.

    If the limits are unknown, a code that is negative or far above all other readings counts as outside. If
    others are more negative, it must also repeat.
    """
    outside = np.asarray(flags == FAIL)
    if not codes or (limits.is_known and not any_of(outside)):
        return np.zeros(len(values), np.bool_)
    is_code = np.isin(values, codes)
    if limits.is_known or not any_of(is_code):
        return outside & is_code
    others = values[~(is_code | outside)]
    is_among: Mask = is_code & (values < 0) & (values > np.nanmin(others, initial=0.0))
    is_rare = np.count_nonzero(is_among) <= _REPEATS * len(values)
    is_far = outside | (values < 0) | (values > _FAR_ABOVE * usual_magnitude(others))
    return is_code & is_far & ~(is_among & is_rare)


def _wrapped(cells: Floats) -> Mask:
    """Return which numbers are small negative ones that a register without a sign wrote.

    They are at least two different ones just below 65536, 6553.6 and so on, in the dark.
    """
    highest = np.fmax.reduce(cells, initial=0.0)
    for count, divisor in REGISTERS:
        if not 0 < count - highest * divisor <= _SMALL:
            continue
        is_high = cells * divisor >= count - _SMALL
        others, digits = cells[~is_high & ~np.isnan(cells)], cells[is_high] * divisor
        edges = (is_high[1:] != is_high[:-1]).nonzero()[0]
        beside = np.fmin(cells[edges], cells[edges + 1])
        most = np.max(others, initial=0.0)
        if (
            len(edges) >= _EDGES
            and np.ptp(digits) >= 1
            and np.abs(digits - digits.round()).max() < _DARK
            and np.median(beside) <= _DARK * most
            and most * divisor < count - 2 * _SMALL
        ):
            return np.asarray(is_high)
    return np.zeros(len(cells), np.bool_)


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _sentinels(profile: Profile, name: str, column: Column) -> list[float]:
    """Return a logger's values for "no reading", in the unit of a channel."""
    codes = profile.sentinels
    if codes == SENTINELS:
        codes += CHANNELS[name].sentinels
    return [value * column.factor + column.offset for value in codes]


def gross_range(values: Floats, low: float | Floats, high: float | Floats) -> Flags:
    """Return FAIL for readings outside low … high (both inclusive), MISSING where there is none.

    Source: QARTOD test 4 (gross range); the limits are in `channels.CHANNELS`.
    """
    inside = (values >= low) & (values <= high)
    flags = np.ones(values.shape, np.uint8)
    if not inside.all():
        flags[~inside] = FAIL
        flags[np.isnan(values)] = MISSING
    return flags
