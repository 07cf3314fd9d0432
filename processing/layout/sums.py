"""Columns that are added: their unit, and powers that are voltage times current of each string or phase."""

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from processing.head.advice import rejected, shown, unknown_unit
from processing.head.cell_kinds import holds_number
from processing.head.column_kinds import are_apart
from processing.head.header_cells import Header, HeaderCell
from processing.head.samples import all_hold
from processing.model.channels import CHANNELS
from processing.naming.flows import FEED_IN, OWN_USE, TO_CONSUMER
from processing.naming.siblings import are_parts, kinds_of_words, overlap, own_words
from processing.naming.synonyms import POWER_FACTOR_NAMES, normal, places_named
from processing.naming.unit_cells import cells_at
from processing.naming.units import power_or_energy, scales_of, unit_of
from processing.values.numbers import numbers

_SCALES = {"": 1.0, "%": 1.0, "VA": 1.0, "kVA": 1000.0}
"""Factors to V, A and VA; for percent, a profile has a scale."""
NUMBERED_FIELD = re.compile(r"field\d")
"""The names of columns in the exports of ThingSpeak."""


def addends(header: Header, places: Sequence[int], sample: list[list[str]]) -> list[list[int]]:
    """Return the columns of numbers that may be added: the tariffs of a meter, the phases of a line.

    They have units of one kind, and names that differ only in numbers, words for tariffs or letters of
    phases. So may what the plant gives to the load, to the battery and to the grid, and the only own use and
    feed-in. The tariff that does not apply may be empty. Columns without names are never added.
    """

    def kind(at: int) -> tuple[str, ...]:
        is_from_plant = TO_CONSUMER.match(header[at].text.casefold())
        words = ("from plant",) if is_from_plant else kinds_of_words(header[at].text)
        return (power_or_energy(header[at].stated_unit) or header[at].stated_unit, *words)

    named = [at for at in sorted(places) if NUMBERED_FIELD.sub("", normal(header[at].text))]
    named = [at for at in named if all(map(holds_number, filter(None, cells_at(at, sample))))]
    both = [[at for at in named if flow.search(header[at].text.casefold())] for flow in (OWN_USE, FEED_IN)]
    is_pair = [len(each) for each in both] == [1, 1] and len({header[at].stated_unit for [at] in both}) == 1
    return [*([[both[0][0], both[1][0]]] if is_pair else []), *_alike(named, kind)]


def sum_of_parts(
    header: Header, used: set[int], sample: list[list[str]]
) -> tuple[str, tuple[int, ...]] | None:
    """Return the channel and the places of the powers or energies that together are all that a file has.

    They are the tariffs of a meter, the phases of a line or the strings of an inverter, with one unit. No
    other column may have a unit of power or energy. None if there are no such columns.
    """
    cells = [(at, cell) for at, cell in enumerate(header) if at not in used and cell.stated_unit]
    kinds = {at: kind for at, cell in cells if (kind := power_or_energy(cell.stated_unit)) is not None}
    groups = addends(header, [*kinds], sample) if len(kinds) > 1 else []
    is_one = [sorted(each) for each in groups] == [sorted(kinds)] and len({*kinds.values()}) == 1
    is_one = is_one and all(all_hold(holds_number, at, sample) for at in kinds)
    if not is_one or overlap([header[at].text for at in kinds]):
        return None
    kind, names = next(iter(kinds.values())), [header[at].text for at in kinds]
    return (kind, tuple(kinds)) if are_parts(names, is_energy=kind == "energy") else None


def sums_of_products(
    header: Header, voltages: Sequence[int], currents: Sequence[int]
) -> list[list[list[int]]]:
    """Return the pairs of places of each sum: at least two voltages, each with the current of its number.

    The names of the voltages differ only in numbers or letters of phases, and so do those of the currents.
    The first may have no number.
    """

    def kind(at: int) -> tuple[str, ...]:
        return tuple(word for word in kinds_of_words(header[at].text) if word != "#")

    found = []
    for group in _alike(voltages, kind):
        for others in _alike(currents, kind):
            by_words = dict(zip(own_words([header[at].text for at in others]), others, strict=True))
            own = own_words([header[at].text for at in group])
            pairs = [[at, by_words[words]] for at, words in zip(group, own, strict=True) if words in by_words]
            is_whole = len(pairs) == len(group) == len(others) == len(by_words)
            if is_whole and not any(are_apart(header[one], header[other]) for one, other in pairs):
                found.append(pairs)
    return found


def real_power(header: Header, sample: list[list[str]]) -> list[list[int]]:
    """Return the places of the only apparent power and the only power factor, whose product is the power."""
    apparent = [at for at, cell in enumerate(header) if cell.stated_unit in ("VA", "kVA")]
    shares = places_named(tuple(cell.text for cell in header), POWER_FACTOR_NAMES)
    if len(apparent) != 1 or len(shares) != 1:
        return []
    values = numbers([cell.replace(",", ".") for cell in cells_at(shares[0], sample)])
    return [[*apparent, *shares]] if 0 < np.nanmax(np.abs(values), initial=0.0) <= 1 else []


def _alike(places: Sequence[int], kind: Callable[[int], tuple[str, ...]]) -> list[list[int]]:
    """Return the places of each kind that several columns have."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for at in places:
        groups.setdefault(kind(at), []).append(at)
    return [each for each in groups.values() if len(each) > 1]


def scales_of_sum(channel: str, cells: Sequence[HeaderCell]) -> tuple[float, ...]:
    """Return the factors to the channel's unit if columns that are added state different units; else none."""
    units = [unit_of(channel, cell.unit_for(channel)) for cell in cells]
    conversions = [CHANNELS[channel].units[unit] for unit in units if unit is not None]
    is_known = len(conversions) == len(cells) and not any(offset for _, offset in conversions)
    return tuple(factor for factor, _ in conversions) if is_known and len({*units}) > 1 else ()


def unit_of_sum(channel: str, cells: Sequence[HeaderCell], line: int, *, factors: int = 0) -> str | None:
    """Return the unit that the columns of a channel state, or that of their products; None without units.

    `factors` is how many columns each product has, 0 if there are none.
    Raises RejectedFileError if it is unknown, or if only some columns state a unit.
    """
    stated = [text for cell in cells if (text := cell.unit_for(channel))]
    units = {_unit_of_products(cells, factors)} if factors else {unit_of(channel, text) for text in stated}
    if None in units and not factors:
        text = next(text for text in stated if unit_of(channel, text) is None)
        raise unknown_unit(channel, text, scales_of(channel, text), line)
    if len(units) > 1 or None in units:
        message = f"columns with different units cannot be added: {shown(cell.text for cell in cells)}"
        raise rejected("unknown_unit", message, line, channel)
    return units.pop() if units else None


def _unit_of_products(cells: Sequence[HeaderCell], factors: int) -> str | None:
    """Return the unit of power that the units of these products make; None if it is unknown or differs."""
    scales = [_scale_of(cell.stated_unit) for cell in cells]
    products = [math.prod(scales[at : at + factors]) for at in range(0, len(scales), factors)]
    units = ((unit, factor) for unit, (factor, _) in CHANNELS["power"].units.items())
    return next((unit for unit, one in units if all(math.isclose(one, each) for each in products)), None)


def _scale_of(text: str) -> float:
    """Return the factor of a unit to V, A or VA, 1 for none and for percent, NaN for another unit."""
    if text in _SCALES:
        return _SCALES[text]
    units = ((channel, unit_of(channel, text)) for channel in ("voltage", "current"))
    stated = (CHANNELS[channel].units[unit][0] for channel, unit in units if unit is not None)
    return next(stated, math.nan)
