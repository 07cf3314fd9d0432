"""Whether powers and energies in the columns beside agree with what is read, so that its unit is right."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.crosschecks.cells import Again, numbers_at
from processing.head.advice import column_names, rejected, shown
from processing.head.column_kinds import sides_of
from processing.head.dialect import Column, Dialect, decoded
from processing.model.channels import CHANNELS, has_product, is_enough
from processing.model.flags import Floats, Integers
from processing.model.profile import Profile
from processing.model.rejection import Choice
from processing.model.stamp import HOUR
from processing.naming.siblings import kinds_of_words
from processing.naming.synonyms import normal
from processing.values.numbers import numbers

_MIN_STEPS, _USUAL_STEPS = 12, 1.5
"""The fewest steps that are compared, and the longest in usual steps."""
_FALLS = 0.05
"""The largest share of steps in which the total of a meter, or of each day, falls."""
_NEAR, _APART = 0.12, 0.1
"""How near a factor is, as an exponent, so that an inverter may lose a part; and how far apart the shares of
two energies until each time may be.
"""
_THOUSAND, _THOUSANDS = 3, (1e-3, 1e3)
"""A thousand, as an exponent, and the factors between units."""
_ROUNDED, _TOTALS = 0.02, {"total", "totals", "sum", "summe", "gesamt", "somme", "totale", "suma", "totaal"}
"""The share by which a total may differ from the sum above it, and its names."""
_KINDS_OF_INTERVAL = 2
"""Energies of intervals may be those that begin, or end, at the times."""
_EQUAL = 1e-6
"""How near units are that are as large as each other."""
_PRODUCT = "V · I"
_MAX_ROWS, _MAX_COLUMNS = 20_000, 32
"""How many rows, and columns beside, are compared."""


class Flow(NamedTuple):
    """The powers or the energies of a column, in order of time."""

    name: str
    channel: str
    values: Floats
    """In W or Wh."""


def _flow_of(readings: dict[str, Floats], dialect: Dialect) -> Flow:
    """Return what the figures of a file come from: its power, else V · I, else its energy."""
    channel = "power" if "power" in readings or has_product(readings) else "energy"
    if channel in readings:
        return Flow(dialect.columns[channel].name, channel, readings[channel])
    return Flow(_PRODUCT, channel, readings["voltage"] * readings["current"])


def has_flows_beside(dialect: Dialect) -> bool:
    """Return whether there may be powers or energies beside those that the figures come from."""
    kinds = {one.channel for one in dialect.beside}
    return (
        bool(kinds & {"power", "energy"})
        or has_product(kinds)
        or _has_energy(dialect)
        or _has_product(dialect)
    )


def _has_energy(dialect: Dialect) -> bool:
    energy = dialect.columns.get("energy")
    return energy is not None and energy.states_unit and is_enough(dialect.columns.keys() - {"energy"})


def _has_product(dialect: Dialect) -> bool:
    columns = [dialect.columns.get(name) for name in ("power", "voltage", "current")]
    return all(one is not None and (one.states_unit or one is columns[0]) for one in columns)


def _flows_beside(
    line: NDArray[np.int32], readings: dict[str, Floats], dialect: Dialect, again: Again
) -> Iterator[Flow]:
    """Yield the powers and energies of the other columns that state a unit: each, and those of parts added.

    The parts are strings, phases or devices: their columns have one name but for its number. A voltage and a
    current of one part make a power.
    """
    if _has_energy(dialect):
        yield Flow(dialect.columns["energy"].name, "energy", readings["energy"])
    if _has_product(dialect):
        yield Flow(_PRODUCT, "power", readings["voltage"] * readings["current"])
    beside = dialect.beside[:_MAX_COLUMNS]
    cells = numbers_at(line, [one.place for one in beside], dialect, again) if beside else np.empty((0, 0))
    flows = [
        Flow(dialect.header[one.place], one.channel, values * one.factor)
        for one, values in zip(beside, cells.T, strict=True)
    ]
    groups: dict[tuple[str, ...], list[Flow]] = {}
    for flow in flows:
        if flow.channel in ("power", "energy"):
            groups.setdefault((flow.channel, *kinds_of_words(flow.name)), []).append(flow)
    for (channel, *_), group in groups.items():
        yield from group
        if len(group) > 1:
            name = " + ".join(part.name for part in group)
            yield Flow(name, channel, np.add.reduce([part.values for part in group]))
    yield from _products(flows)


def _products(flows: Sequence[Flow]) -> Iterator[Flow]:
    """Yield the power of each side of the plant: the sum of V · I of its strings or phases."""
    parts: dict[tuple[frozenset[str], ...], dict[str, list[Floats]]] = {}
    for flow in flows:
        if flow.channel in ("voltage", "current"):
            parts.setdefault(sides_of(flow.name), {}).setdefault(flow.channel, []).append(flow.values)
    sums: dict[frozenset[str], list[Floats]] = {}
    for (side, _), readings in parts.items():
        if [len(each) for each in readings.values()] == [1, 1]:
            sums.setdefault(side, []).append(np.multiply.reduce([each for [each] in readings.values()]))
    for products in sums.values():
        yield Flow(_PRODUCT, "power", np.add.reduce(products))


def _factor_between(one: Flow, other: Flow, time: Integers) -> float | None:
    """Return by which of a thousandth, 1 and 1000 a flow agrees with another one; None if it does not.

    An energy is that of a meter or of each step. If the other one is of a meter, the factor may also be that
    between the power and the energy of a usual step: the name of a column says the one, and it has the other.
    """
    known = (np.isfinite(one.values) & np.isfinite(other.values)).nonzero()[0]
    steps = np.diff(time[known])
    positive = steps[steps > 0]
    if len(positive) < _MIN_STEPS:
        return None
    usual = (steps > 0) & (steps <= _USUAL_STEPS * np.median(positive))
    first, second = ([*_energies(each.channel, each.values[known], steps)] for each in (one, other))
    of_step = math.log10(HOUR / np.median(positive)) * (1 if one.channel == "power" else -1)
    is_of_meter = len(second) > _KINDS_OF_INTERVAL and one.name != _PRODUCT and abs(of_step) > _NEAR
    for pair in product(first, second):
        both = np.stack(pair)[:, usual & np.isfinite(pair).all(axis=0)]
        sums = both.sum(axis=1)
        if not ((sums > 0) & (sums < math.inf)).all():
            continue
        shares = np.cumsum(both, axis=1) / sums[:, np.newaxis]
        exponent = float(np.diff(np.log10(sums)).item())
        near = float(_THOUSAND * max(-1, min(round(exponent / _THOUSAND), 1)))
        if is_of_meter and pair[1] is second[0] and abs(exponent - of_step) < _NEAR / 2:
            near = of_step
        if abs(exponent - near) < _NEAR and np.abs(shares[0] - shares[1]).max() < _APART:
            return float(10.0**near)
    return None


def _energies(channel: str, values: Floats, steps: Integers) -> Iterator[Floats]:
    """Yield the energies that the steps between these values may have; those of a meter first."""
    if channel == "power":
        yield (values[1:] + values[:-1]) / 2 * steps / HOUR
        return
    rises = np.diff(values)
    if np.count_nonzero(rises < 0) <= _FALLS * len(rises):
        yield np.where(rises < 0, np.nan, rises)
    yield values[1:]
    yield values[:-1]


def factors_beside(
    dialect: Dialect,
    line: NDArray[np.int32],
    time: Integers,
    readings: dict[str, Floats],
    again: Again,
) -> dict[float, str]:
    """Return by which factors the columns beside agree with what is read, each with the name of a column.

    `time` has all times of these rows, in their order.
    """
    if not len(line):
        return {}
    highest = int(np.argmax(np.nan_to_num(_flow_of(readings, dialect).values)))
    rows = slice(max(0, highest - _MAX_ROWS // 2), highest + _MAX_ROWS // 2)
    readings = {name: values[rows] for name, values in readings.items()}
    one, others = _flow_of(readings, dialect), _flows_beside(line[rows], readings, dialect, again)
    found = {_factor_between(one, other, time[rows]): other.name for other in others}
    return {factor: name for factor, name in found.items() if factor is not None}


def factor_of_total(
    head: bytes, dialect: Dialect, time: Integers, readings: dict[str, Floats]
) -> dict[float, str]:
    """Return by which factor a total in the last line agrees with the energies above, and its name.

    `head` has the lines of a small file. The energies must be those of intervals.
    """
    lines = head.rstrip().rsplit(b"\n", 1)
    if lines[-1][:1].isdigit() or "energy" not in readings or is_enough(readings.keys() - {"energy"}):
        return {}
    cells = [cell.strip(' "') for cell in (decoded(lines[-1]) or "").split(dialect.delimiter)]
    column, values = dialect.columns["energy"], readings["energy"]
    steps, rises = np.diff(time), np.diff(values[np.isfinite(values)])
    if len(cells) != dialect.width or normal(cells[dialect.stamp[0]]) not in _TOTALS or not len(steps):
        return {}
    total = numbers([cells[place] for place in column.places], dialect.decimal, dialect.thousands).sum()
    share = total * column.factor / max(np.nansum(values), 1e-9)
    for exponent in (0, _THOUSAND, -_THOUSAND, -math.log10(HOUR / max(np.median(steps), 1))):
        if (rises < 0).any() and abs(share / 10.0**exponent - 1) < _ROUNDED:
            return {float(10.0**exponent): cells[dialect.stamp[0]]}
    return {}


def check_units_agree(dialect: Dialect, factors_of: Callable[[], dict[float, str]], profile: Profile) -> None:
    """Raise RejectedFileError if a column beside has a thousand times what is read, or a thousandth.

    It is also raised if that column shows that energies are powers, or powers the energies of each step.
    `factors_of` returns those by which they agree; it is called unless a profile with a unit or a scale of
    what is read decides.
    """
    columns = dialect.columns
    names = ["power"] if "power" in columns else ["energy"]
    names = ["current", "voltage"] if names == ["energy"] and has_product(columns) else names
    stated = [profile.channels[name] for name in (*names, "energy")]
    if any(one.unit or one.scale for one in stated):
        return
    factors = factors_of()
    if len(factors) != 1 or 1.0 in factors:
        return
    [(factor, beside)] = factors.items()
    ways = [(name, unit) for name in names for unit in _units_times(factor, name, columns[name].unit)]
    ways.append((names[0], columns[names[0]].unit))
    choices = [
        Choice(f"the {name} in {unit}", {"channels": {name: _keys_of(columns[name], unit, name)}})
        for name, unit in ways
    ]
    is_more = "a thousand times" if factor > 1 else "a thousandth of"
    if factor not in _THOUSANDS:
        choices = [*_of_steps(dialect, names[0]), *choices]
        is_more = f"{factor:.4g} times" if factor > 1 else f"1/{1 / factor:.4g} of"
    own = " · ".join(columns[name].name for name in reversed(names))
    message = f"{shown([beside])!r} is {is_more} what {shown([own])!r} gives: is one of the units wrong?"
    raise rejected("unknown_unit", message, dialect.header_line, names[0], choices=choices)


def _of_steps(dialect: Dialect, channel: str) -> list[Choice]:
    """Return the choice that a column of powers has the energies of the steps, or the reverse, if it may."""
    column, is_power = dialect.columns[channel], channel == "power"
    other, unit = ("energy", f"{column.unit}h") if is_power else ("power", column.unit.removesuffix("h"))
    if len(column.places) > 1 or unit not in CHANNELS[other].units:
        return []
    [place] = column_names(dialect.header, column.places)
    way = {"column": place, "unit": unit} | ({"kind": "interval"} if is_power else {})
    return [Choice(f"{other} in {unit}", {"channels": {channel: {"column": False}, other: way}})]


def _keys_of(column: Column, unit: str, channel: str) -> dict[str, Any]:
    """Return the key of a profile that reads a column in another unit; its cells may state theirs."""
    if not column.cell_units:
        return {"unit": unit}
    units = CHANNELS[channel].units
    return {"scale": round(units[unit][0] / units[column.unit][0], 9)}


def _units_times(factor: float, channel: str, unit: str) -> list[str]:
    """Return the units of a channel that are so many times as large as this one."""
    units = CHANNELS[channel].units
    return [one for one, (scale, _) in units.items() if abs(scale / units[unit][0] / factor - 1) < _EQUAL]
