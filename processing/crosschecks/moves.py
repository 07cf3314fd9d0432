"""In a file of several days: from which row on columns are as other ones were before."""

from itertools import combinations, permutations
from typing import NamedTuple, TypeAlias

import numpy as np

from processing.head.dialect import Column
from processing.model.flags import Floats, Integers, Mask, any_of
from processing.model.stamp import DAY, HOUR

Places: TypeAlias = dict[int, int]
"""For columns that moved: their place, and the one that they had before."""
_MAX_SAMPLES, _SAMPLES_A_DAY, _FEWEST_SAMPLES = 600, 48, 8
"""Rows that are compared in a file of several days, and the fewest of them on one side."""
_SPLITS, _PART_OF_DAY = 24, 0.25
"""How many places are searched in it, and the least that must be on each side of them."""
APART, _SAME = 0.3, (0.2, 0.12, 0.12)
"""How much the kinds of a column differ at least above and below a row, and at most in the new order."""
_HIGH, _SMALLEST = 0.9, 1e-3
"""The share of numbers below the one that shows how high a column goes, and the least that counts."""
_OF_PRODUCT = 0.1
"""A power is V · I if it differs by at most this share."""
_DARK, _FEWEST_NIGHT, _MOSTLY, _NEARLY = 0.001, 4, 0.8, 0.95
"""The share of the highest power that is none, rows at night, and shares of rows."""


class Change(NamedTuple):
    """The index of the row from which on columns have moved."""

    row: int
    places: Places


def _differs(power: Floats, product: Floats) -> Mask:
    """Return the rows in which a power is not about this product."""
    found: Mask = np.abs(power - product) > _OF_PRODUCT * np.abs(power)
    return found


def moved_in_product(columns: dict[str, Column], readings: dict[str, Floats]) -> Change | None:
    """Return the first row from which on the power is not V · I, and another channel is such a product.

    The power is V · I in other rows. The cells are compared, as a unit is that of the column.
    """
    names = [name for name in ("power", "voltage", "current", "temperature") if name in readings]
    power, voltage, current = (readings[name] for name in names[:3])
    apart = _differs(power, voltage * current)
    if np.count_nonzero(apart) < _FEWEST_SAMPLES or any(len(columns[name].places) > 1 for name in names):
        return None
    factors = {name: columns[name].factor for name in names}
    cells = {name: readings[name] / factors[name] for name in names}
    lit = np.minimum.reduce([np.abs(cells[name]) for name in names[:3]]) > 0
    if min(np.count_nonzero(lit & apart), np.count_nonzero(lit & ~apart)) < _FEWEST_SAMPLES:
        return None
    rows = (lit & apart).nonzero()[0]
    of_units = factors["voltage"] * factors["current"] / factors["power"]
    for one, *pair in (one for each in combinations(names, 3) for one in permutations(each)):
        first, second = (cells[name][rows] for name in pair)
        if np.mean(_differs(cells[one][rows], of_units * first * second)) < 1 - _MOSTLY:
            left = next((name for name in names[1:3] if name not in pair), "")
            moved = (one, "power") if one != "power" else ("temperature", left)
            later, earlier = (columns[name].places[0] for name in moved)
            return Change(rows.item(0), {later: earlier})
    return None


def sampled_rows(time: Integers) -> Integers:
    """Return some rows of a file that is longer than a day and a quarter, in order of the file."""
    days = float(time[-1] - time[0]) / DAY
    count = min(len(time), _MAX_SAMPLES, int(_SAMPLES_A_DAY * days)) if days > 1 + _PART_OF_DAY else 0
    return np.unique(np.linspace(0, len(time) - 1, count).astype(np.int64))


def may_have_moved(cells: Floats, time: Integers, place: int) -> bool:
    """Return whether the last of some rows have power at hours without power on the first day.

    Or whether it was higher than another column in the first rows with both, and is lower in the last, or the
    reverse.
    """
    power, hours = cells[:, place], time % DAY // HOUR
    is_lit = np.abs(power) > _DARK * np.fmax.reduce(np.abs(power), initial=0.0)
    dark = ~np.isin(hours, hours[is_lit & (time < time[0] + DAY)])
    if is_lit[dark][-_FEWEST_NIGHT:].all():
        return True
    is_higher, both = power[:, np.newaxis] > cells, (cells > 0) & (power > 0)[:, np.newaxis]
    found = [each[known] for each, known in zip(is_higher.T, both.T, strict=True)]
    ends = (
        (one[:_FEWEST_SAMPLES], one[-_FEWEST_SAMPLES:]) for one in found if len(one) > 2 * _FEWEST_SAMPLES
    )
    return any(first.all() != last.all() and any_of(first) != any_of(last) for first, last in ends)


def moved_on_a_day(cells: Floats, time: Integers, place: int) -> Change | None:
    """Return the likeliest of these rows of several days from which on columns have moved.

    Those with whole days on both sides come first: with less, the change may be hours away.
    """
    last, parts = float(time[-1] - time[0]) / DAY, []
    splits = {*np.linspace(0, last, _SPLITS).tolist(), *np.arange(last - 1, last, _PART_OF_DAY / 2).tolist()}
    for split in sorted(each for each in splits if _PART_OF_DAY < each < last - _PART_OF_DAY):
        at = time[0] + int(split * DAY)
        above, below = _sides(time, at)
        if min(np.count_nonzero(above), np.count_nonzero(below)) < _FEWEST_SAMPLES:
            continue
        own = [kinds(cells[part, place : place + 1], _HIGH)[0] for part in (above, below)]
        if np.abs(own[0] - own[1]).sum() > APART:
            is_short = min(split, last - split) < 1
            parts.append((is_short, at, kinds(cells[above], _HIGH), kinds(cells[below], _HIGH)))
    found: list[tuple[bool, float, Change]] = []
    for is_short, at, above_kinds, below_kinds in parts:
        places = _moved_kinds(above_kinds, below_kinds, place)
        if places and _is_by_night(cells, time, at, place, places[place]):
            pairs = [(above_kinds[earlier], below_kinds[later]) for later, earlier in places.items()]
            apart = float(sum(np.abs(one - other).sum() for one, other in pairs))
            found.append((is_short, apart, Change(int(np.argmax(time >= at)), places)))
    return min(found)[2] if found else None


def _sides(time: Integers, at: int) -> tuple[Mask, Mask]:
    """Return the rows above and below a time that are compared: those of whole days, which have all hours.

    If there is less than a day on one side, it is compared with the same hours of the day beside.
    """
    first, last = time[0], time[-1]
    before, after = (at - first) // DAY, (last - at) // DAY
    if not before:
        return time < at, (time >= first + DAY) & (time < at + DAY)
    if not after:
        return (time >= at - DAY) & (time < last - DAY), time >= at
    return (time >= at - before * DAY) & (time < at), (time >= at) & (time < at + after * DAY)


def _is_by_night(cells: Floats, time: Integers, at: int, place: int, other: int) -> bool:
    """Return whether the power has become what another column was, at the hours without power above.

    The power is no longer zero in these hours. If the other column was zero too, the order is turned by day.
    """
    hours, is_above = time % DAY // HOUR, time < at
    power, others = cells[:, place], cells[:, other]
    least = _DARK * np.fmax.reduce(np.abs(power[is_above]), initial=0.0)
    lit = np.unique(hours[is_above & (np.abs(power) > least)])
    night = ~np.isin(hours, lit)
    if min(np.count_nonzero(night & is_above), np.count_nonzero(night & ~is_above)) < _FEWEST_NIGHT:
        return False
    if np.mean(others[night & is_above] != 0) > _MOSTLY:
        return bool(np.mean(np.abs(power[night & ~is_above]) > least) > _MOSTLY)
    return is_turned(cells[:, [place, other]], is_above)


def is_turned(pair: Floats, is_above: Mask) -> bool:
    """Return whether one of two columns is nearly always the higher one above, and the other one below."""
    both = (pair > 0).all(axis=1)
    is_higher = pair[:, 0] > pair[:, 1]
    shares = [is_higher[both & part].mean() if any_of(both & part) else 0.5 for part in (is_above, ~is_above)]
    return bool(min(shares) < 1 - _NEARLY and max(shares) > _NEARLY)


def _moved_kinds(above: Floats, below: Floats, place: int) -> Places:
    """Return the columns that are of the kind of others above, the power's among them; empty if none are."""
    own = np.abs(above - below).sum(axis=1)
    like_other = (np.abs(above - below[place]) < _SAME).all(axis=1)
    swapped = like_other & (np.abs(below - above[place]) < _SAME).all(axis=1) & (own > APART)
    if own[place] > APART and swapped.any():
        other = int(np.argmax(swapped))
        return {place: other, other: place}
    for step in (1, -1):
        moved = (np.abs(below - np.roll(above, step, axis=0)) < _SAME).all(axis=1) & (own > APART)
        if places := shifted(moved, place, step):
            return places
    return {}


def shifted(is_moved: Mask, place: int, step: int) -> Places:
    """Return the columns that moved by `step` places; empty unless the power's and another one did."""
    if not is_moved[place] or np.count_nonzero(is_moved) == 1:
        return {}
    return {each: (each - step) % len(is_moved) for each in is_moved.nonzero()[0].tolist()}


def kinds(values: Floats, high: float) -> Floats:
    """Return how high each column goes, as an exponent, and its shares of zeros and of negative numbers.

    A column without numbers has NaN.
    """
    sizes = np.sort(np.abs(values), axis=0)  # NaN last
    counts = np.count_nonzero(~np.isnan(sizes), axis=0)
    highest = sizes[(high * np.maximum(counts - 1, 0)).astype(np.int64), np.arange(sizes.shape[1])]
    shares = [np.count_nonzero(each, axis=0) / np.maximum(counts, 1) for each in (values == 0, values < 0)]
    return np.stack((np.log10(np.maximum(highest, _SMALLEST)), *shares), axis=1)
