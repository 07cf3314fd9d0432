"""The units that the cells of rows state: after a number, as in `2.4 kW`, or in a column of their own."""

import re
from collections.abc import Iterator, Sequence

from processing.naming.synonyms import UNIT_NAMES, places_named
from processing.naming.units import channel_of_unit, is_unit, power_or_energy, unit_of

_NUMBER = re.compile(r"\s*(?:-?\d+(?:[.,]\d+)?)?\s*")
_WEEK = re.compile(r"\s*(?:0?[1-9]|[1-4]\d|5[0-3])?\s*")
_READING = re.compile(r"[+-]?\d[\d.,]*\s*(?P<unit>[^\d\s.,+-][^\d\s]{0,2})")


def unit_of_rows(sample: list[list[str]]) -> str:
    """Return the unit of power or energy that a cell of each row states, in its usual form, or ""."""
    cells = set.intersection(*({cell.strip() for cell in row} for row in sample)) if sample else set()
    for cell in sorted(cells):
        channel = power_or_energy(cell)
        if channel is not None:
            return unit_of(channel, cell) or ""
    return ""


def unit_of_cells(cells: Sequence[str], name: str) -> str:
    """Return the first unit of a channel that the cells of a column state, as in `2.4 kW`, or "".

    One of this channel must follow a number in each cell that is not empty. A column named KW may also be one
    of calendar weeks, whole numbers from 1 to 53.
    """
    if name == "KW" and all(map(_NUMBER.fullmatch, cells)) and not all(map(_WEEK.fullmatch, cells)):
        return "kW"
    texts = [text for cell in cells if (text := cell.strip())]
    if not texts or texts[0][-1].isdecimal():
        return ""
    found = map(_READING.fullmatch, texts)
    units = [match["unit"] if match is not None else "" for match in found]
    channels = {*map(channel_of_unit, units)}
    return units[0] if len(channels) == 1 and None not in channels else ""


def cells_at(at: int, sample: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the cells of a column, without blanks around them, of the rows that have it."""
    return (row[at].strip() for row in sample if at < len(row))


def first_cell(at: int, sample: list[list[str]]) -> str:
    """Return the first cell of a column that is not empty; "" if all are."""
    return next(filter(None, cells_at(at, sample)), "")


def place_of_unit(sample: list[list[str]], names: Sequence[str] = ()) -> int | None:
    """Return the place of the column whose cells all state a unit of power or energy, or None.

    They may be several units. A single letter may be something else, such as W for west, and cells may be
    empty only if the name of the column is that of units. A number is no unit.
    """
    first = sample[0] if sample else []
    named = named_like_units(names)
    for at in range(len(names) or len(first)):
        is_named = at in named
        cell = first_cell(at, sample) if is_named else first[at].strip() if at < len(first) else ""
        if is_named and not cell:
            return at
        if not cell or cell[0].isdigit() or power_or_energy(cell) is None:
            continue
        others = {row[at].strip() if at < len(row) else "" for row in sample} - {
            cell,
            "" if is_named else cell,
        }
        if (is_named or len(cell) > 1) and all(map(is_unit, others)):
            return at
    return None


def named_like_units(names: Sequence[str]) -> tuple[int, ...]:
    """Return the places of the columns with the name of units."""
    return places_named(tuple(names), UNIT_NAMES)


def states_other_units(sample: list[list[str]], names: Sequence[str]) -> bool:
    """Return whether a column with the name of units states units, but none of power or energy."""
    cells = _stated(sample, names)
    return bool(cells) and all(is_unit(cell) and power_or_energy(cell) is None for cell in cells)


def other_unit_of_rows(
    sample: list[list[str]], names: Sequence[str], taken: frozenset[int] = frozenset()
) -> str:
    """Return the only unit that a column of units states, if it is none of power or energy; else "".

    A column that is taken, as that of devices, states no units.
    """
    if taken.intersection(named_like_units(names)):
        return ""
    cells = _stated(sample, names)
    return cells.pop() if len(cells) == 1 and states_other_units(sample, names) else ""


def _stated(sample: list[list[str]], names: Sequence[str]) -> set[str]:
    return {row[at].strip() for row in sample for at in named_like_units(names) if at < len(row)} - {""}
