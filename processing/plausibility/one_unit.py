"""Whether the unit, or the scale, of a channel changes inside a file."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain, count, pairwise
from typing import NamedTuple

import numpy as np

from processing.head.advice import asked
from processing.model.channels import has_product
from processing.model.digits import decimals_of, have_equal_precision
from processing.model.flags import Floats, Integers, Mask
from processing.model.stamp import HOUR
from processing.rows.sorted_rows import SortedRows

_NEAR, _ROUGHLY = 0.1, 0.5
"""How near to a power of ten a change must be, in exponents: between two rows, and between many."""
_SIDE_ROWS, _DISTINCT = 6, 4
"""Rows on each side of a change, none of them zero, and different values among them."""
_THOUSAND = 3
"""The exponent between W and kW."""
_ENDS, _MANY = 12, 20
"""Readings at each end of a file that show its decimals, and different ones on each side of a night."""
_BESIDE = 2
"""Readings by which the decimals may change earlier or later than the scale."""
_CHANCE, _REACH = -6, 8
"""A change of the step is due to chance in at most so many files, as an exponent; the scale changes within so
many readings of the step, since some fit the other step by chance."""
_JUMP, _DAYS = 0.2, 0.3
"""The most by which readings, or days, may change more or less than the step does, in exponents."""
_FEWEST_DAYS, _FEWEST_HOURS, _LIKENESS, _WEATHER = 3, 4, 0.7, 1.0
"""The fewest days and hours compared, the least correlation of like hours, and the exponent of weather."""
_NIGHT = 3 * HOUR
"""Microseconds between two readings that are not zero."""


class _NewScale(NamedTuple):
    """From which reading on the numbers are on another scale, and the exponent of its factor."""

    at: int
    exponent: float
    is_of_days: bool = False
    """Whether it is that of some days only."""


class _NewDecimals(NamedTuple):
    """From which number on the decimals are others, and how many more they are."""

    at: int
    more: int


def check_one_unit(rows: SortedRows) -> None:
    """Raise RejectedFileError if readings become many times larger or smaller, and stay so.

    That is a factor of a thousand, or of ten or a hundred if the decimals, or the zeros at the end, change
    too: from one row to the next, or over a night. It may be any factor, from one row to the next, or on
    some days, by which the step of the numbers changes too. A profile that states the unit declares that
    there is only one. Voltage and current beside the power show its unit.
    """
    columns = rows.dialect.columns
    if rows.energy_kind == "counter":
        return
    names = ["power"] if rows.energy_kind is None else ["energy"]
    if has_product(columns):
        names = [] if "power" in columns else ["voltage", "current"]
    for name in names:
        if rows.profile.channels[name].unit is None:
            _check(rows, name)


def _check(rows: SortedRows, name: str) -> None:
    column = rows.dialect.columns[name]
    known = (rows.valid & (rows.values[name] > 0)).nonzero()[0]
    if len(known) < 2 * _SIDE_ROWS:
        return
    cells = (rows.values[name][known] - column.offset) / column.factor
    time, exponents, new = rows.time[known], np.log10(np.abs(cells)), _change_of_decimals(cells)
    found = _with_step(known, time, cells, exponents) or _between_rows(known, exponents, new)
    found = found or _over_night(time, exponents, new) or _on_days(time, cells, exponents)
    if found is not None and not (name == "energy" and _is_of_interval(time, found)):
        ratio = 10.0**found.exponent
        line = rows.line.item(int(known[found.at]))
        times = f"{ratio:g} times" if ratio > 1 else f"1/{1 / ratio:g} of"
        where, others = f"from line {line} on", "before"
        if found.is_of_days:
            where, others = f"of some days, {where},", "of the others"
        message = f"the {name} {where} is {times} that {others}: does its unit change there?"
        message += f" If so, give one unit to all rows{', or split the file there' * (not found.is_of_days)}"
        raise asked("unknown_unit", message, line, name, {f"all in {column.unit}": {"unit": column.unit}})


def _is_of_interval(time: Integers, found: _NewScale) -> bool:
    """Return whether the intervals change as the energies in them do."""
    steps = np.diff(time)
    before, after = steps[max(0, found.at - _MANY) : found.at - 1], steps[found.at : found.at + _MANY]
    change = np.log10(np.median(after)) - np.log10(np.median(before)) if len(before) and len(after) else 0.0
    return bool(abs(change - found.exponent) < _NEAR)


def _between_rows(known: Integers, exponents: Floats, new: _NewDecimals | None) -> _NewScale | None:
    """Return the first reading in another unit, if it changes between two rows.

    Readings that were as large before, or are as large again, as those of a heater, show that it does not.
    `known` has the rows of the readings, `exponents` their logarithms; `new` says where decimals change.
    """
    steps = exponents[1:] - exponents[:-1]
    places = (np.abs(np.abs(steps) - _THOUSAND) < _NEAR).nonzero()[0].tolist()
    if new is not None:  # readings beside it may need fewer of them
        first = max(0, new.at - 1 - _BESIDE)
        places.append(first + int(np.argmax(np.abs(steps[first : new.at + _BESIDE]))))
    for at in places:
        first, stop = at + 1 - _SIDE_ROWS, at + 1 + _SIDE_ROWS
        if first < 0 or stop > len(exponents) or known[stop - 1] - known[first] != stop - first - 1:
            continue
        sides = exponents[first : at + 1], exponents[at + 1 : stop]
        if not all(np.ptp(each) < 1 and len(np.unique(each)) >= _DISTINCT for each in sides):
            continue
        change, exponent = np.median(sides[1]) - np.median(sides[0]), round(steps.item(at))
        if abs(change - exponent) < _ROUGHLY and _is_of_unit(exponent, at + 1, new):
            others, large = (exponents[:at], sides[1]) if exponent > 0 else (exponents[stop:], sides[0])
            is_known = np.count_nonzero(others > np.median(large) - 1) >= _SIDE_ROWS
            return None if is_known else _NewScale(at + 1, exponent)
    return None


def _is_of_unit(exponent: int, at: int, new: _NewDecimals | None) -> bool:
    """Return whether a change by this power of ten at a reading may be a change of the unit."""
    with_decimals = new is not None and abs(new.at - at) <= _BESIDE and exponent * new.more < 0
    return 0 < abs(exponent) <= _THOUSAND and (abs(exponent) == _THOUSAND or with_decimals)


def _over_night(time: Integers, exponents: Floats, new: _NewDecimals | None) -> _NewScale | None:
    """Return the first reading in another unit, if it changes over a night, or on one of several days.

    The highest readings but one of all days before differ from those of all days after. On a day, or if there
    are few readings on one side, those of each hour must differ.
    """
    nights = _nights(time)
    days = np.split(exponents, nights) if len(nights) else []
    highest = np.array([np.sort(day)[-2:].min() if len(day) > 2 else day[-1] for day in days])  # noqa: PLR2004 - one is a fault
    within = [_places_within(days, margin) for margin in (2, 0)]
    lows, highs = np.minimum.accumulate(highest), np.maximum.accumulate(highest)
    lows_after, highs_after = (each.accumulate(highest[::-1])[::-1] for each in (np.minimum, np.maximum))
    for day, stop, at in chain(within[0], zip(count(1), count(1), nights.tolist()), within[1]):
        exponent = round(exponents[at] - exponents[at - 1])
        if day > 0 and stop < len(days):
            apart = max(lows_after[stop] - highs[day - 1], lows[day - 1] - highs_after[stop])
            if apart <= 1 / 2:
                continue
            exponent = round(float(np.median(highest[stop:]) - np.median(highest[:day])))
            if apart <= abs(exponent) / 2:
                continue
        if _is_of_unit(exponent, at, new):
            fewest = min(len(np.unique(part)) for part in np.split(exponents, [at])) if stop == day else 0
            for each in [at, new.at] if new is not None and 0 < new.at - at <= _BESIDE else [at]:
                if fewest >= _MANY or _is_of_hours(time, exponents, np.arange(len(time)) >= each, exponent):
                    return _NewScale(each, exponent)
    return None


def _places_within(days: Sequence[Floats], margin: int) -> Iterator[tuple[int, int, int]]:
    """Yield the days, and the next ones, with a reading a thousand times the one before, or a thousandth."""
    first = 0
    for day, readings in enumerate(days):
        apart = np.abs(np.abs(np.diff(readings[margin : len(readings) - margin])) - _THOUSAND)
        if len(apart) and apart.min() < _ROUGHLY:
            yield day, day + 1, first + margin + int(np.argmin(apart)) + 1
        first += len(readings)


def _is_of_hours(time: Integers, exponents: Floats, chosen: Mask, exponent: float) -> bool:
    """Return whether the chosen readings of each hour differ from the others by this exponent.

    They are high in the same hours; those of a plant that is off are not.
    """
    sides = [(time[part] // HOUR % 24, exponents[part]) for part in (~chosen, chosen)]
    common = {*sides[0][0].tolist()} & {*sides[1][0].tolist()}
    usual = np.array([[np.median(each[hours == hour]) for hour in common] for hours, each in sides])
    if len(common) < _FEWEST_HOURS or min(len(np.unique(each)) for _, each in sides) < _DISTINCT:
        return False
    is_near = abs(np.median(usual[1] - usual[0]) - exponent) < _ROUGHLY
    return bool(is_near and np.corrcoef(usual)[0, 1] > _LIKENESS)


def _with_step(known: Integers, time: Integers, cells: Floats, exponents: Floats) -> _NewScale | None:
    """Return the first reading on a scale on which the numbers have another step.

    For example, in 10.3 10.4 10.5 21.2 21.4 21.8 the step is 0.1 and then 0.2, and the readings double as
    well: found is 21.2, and log10(2). Six readings are too few: each is a multiple of twice the step with a
    chance of 1/2, so at least 20 must be. Over a night, the highest readings of the days are compared.
    """
    ends = cells[:_SIDE_ROWS], cells[-_SIDE_ROWS:]
    digits = max(int(decimals_of(each).max()) for each in ends)
    ones, others = (np.gcd.reduce(_whole(each, digits)) for each in ends)
    if ones == others or have_equal_precision(cells):
        return None
    whole = _whole(cells, int(decimals_of(cells).max()))
    growth = exponents[1:] - exponents[:-1]
    growth[known[1:] - known[:-1] != 1] = 0
    if (found := _coarse_end(whole[::-1])) is not None:
        first, exponent = len(cells) - found[0], found[1]
        near = slice(first - 1, first + _REACH)
    elif (found := _coarse_end(whole)) is not None:
        first, exponent = found[0], -found[1]
        near = slice(max(0, first - 1 - _REACH), first)
    else:
        return None
    return _with_days(time, exponents, near, exponent) or _with_growth(growth, near, exponent)


def _coarse_end(whole: Integers) -> tuple[int, float] | None:
    """Return how many of these whole numbers, from the first on, have a coarser step than the rest, or None.

    The second number is how many times coarser, as an exponent. Of the counts after which the step
    becomes finer, the one that is least due to chance is chosen.
    """
    steps = np.gcd.accumulate(whole)
    counts = (steps[1:] != steps[:-1]).nonzero()[0] + 1
    ratios = np.log10(np.maximum(steps[counts - 1], 1) / max(1, steps.item(-1))).tolist()
    chances = [-each * len(np.unique(whole[:to])) for each, to in zip(ratios, counts.tolist(), strict=True)]
    if not chances or min(chances) > _CHANCE:
        return None
    count = counts.item(chances.index(min(chances)))
    return count, math.log10(steps.item(count - 1) / max(1, int(np.gcd.reduce(whole[count:]))))


def _with_growth(growth: Floats, near: slice, exponent: float) -> _NewScale | None:
    """Return the reading that has grown most, among those near, if it has by this exponent."""
    grown = growth[near] * math.copysign(1, exponent)
    place = int(np.argmax(grown))
    is_alike = abs(grown[place] - abs(exponent)) < min(_JUMP, abs(exponent) / 2)
    return _NewScale(near.start + place + 1, exponent) if is_alike else None


def _with_days(time: Integers, exponents: Floats, near: slice, exponent: float) -> _NewScale | None:
    """Return the first reading of a day, among those near, if days have grown by this exponent."""
    nights = _nights(time)
    chosen = nights[(nights > near.start) & (nights <= near.stop)]
    if len(chosen) != 1:
        return None
    at = chosen.item(0)
    days = np.split(exponents[:at], nights[nights < at]), np.split(exponents[at:], nights[nights > at] - at)
    before, after = (float(np.median([day.max() for day in each])) for each in days)
    is_alike = abs(after - before - exponent) < min(_DAYS, abs(exponent) / 2)
    return _NewScale(at, exponent) if is_alike else None


def _on_days(time: Integers, cells: Floats, exponents: Floats) -> _NewScale | None:
    """Return the first reading of a day whose numbers have another step, if its power differs as much.

    Or it is about a thousand times as high, with fewer decimals, or a thousandth, with more, and as many in
    small numbers as in large ones. Such days are not more than others.
    """
    edges = [0, *_nights(time).tolist(), len(cells)]
    days, digits = [slice(*each) for each in pairwise(edges)], decimals_of(cells)
    if len(days) < _FEWEST_DAYS:
        return None
    whole = _whole(cells, int(digits.max()))
    counts = np.array([len(np.unique(whole[day])) for day in days])
    steps = np.log10([max(1, int(np.gcd.reduce(whole[day]))) for day in days])
    is_coarse = (steps.min() - steps) * counts < _CHANCE
    is_other = is_coarse if 2 * np.count_nonzero(is_coarse) <= len(days) else ~is_coarse
    if not is_other.any():
        return None
    highest = np.array([exponents[day].max() for day in days])
    change = float(np.median(highest[is_other]) - np.median(highest[~is_other]))
    exponent = float(np.median(steps[is_other]) - np.median(steps[~is_other]))
    at = edges[int(np.argmax(is_other))]
    if abs(change - exponent) < min(_ROUGHLY, abs(exponent) / 2):
        return _NewScale(at, exponent, is_of_days=True)
    chosen, thousand = np.repeat(is_other, np.diff(edges)), math.copysign(_THOUSAND, exponent)
    sides = [chosen == has_more for has_more in (exponent < 0, exponent >= 0)]
    most = [int(digits[side].max()) for side in sides]
    in_large = [int(digits[side & (cells >= np.median(cells[side]))].max()) for side in sides]
    is_unit = most[0] > most[1] and most == in_large and abs(change - thousand) < _WEATHER
    is_unit = is_unit and _is_of_hours(time, exponents, chosen, change)
    return _NewScale(at, thousand, is_of_days=True) if is_unit else None


def _nights(time: Integers) -> Integers:
    """Return the index of the first reading after each night."""
    return ((time[1:] - time[:-1]) >= _NIGHT).nonzero()[0] + 1


def _whole(cells: Floats, digits: int) -> Integers:
    """Return numbers in units of this decimal."""
    return np.asarray(np.minimum(np.rint(np.abs(cells) * 10.0 ** max(digits, 0)), 2.0**62), np.int64)


def _change_of_decimals(cells: Floats) -> _NewDecimals | None:
    """Return the first number with other decimals than all before, and how many more it has, or None."""
    ends = [int(decimals_of(each).max()) for each in (cells[:_ENDS], cells[-_ENDS:])]
    if ends[0] == ends[1]:
        return None
    digits, more = decimals_of(cells), ends[1] - ends[0]
    if more > 0:
        return _NewDecimals(int(np.argmax(digits > ends[0])), more)
    return _NewDecimals(len(cells) - int(np.argmax(digits[::-1] > ends[1])), more)
