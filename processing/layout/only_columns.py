"""The only column of power or energy that is measured or made, or the sum of the others: the file's power."""

import math
import re
from collections.abc import Collection, Sequence
from typing import Any

from processing.head.advice import MAX_CHOICES, choices_of, column_names, rejected, shown
from processing.head.column_kinds import (
    channel_of,
    is_measured,
    is_output,
    is_part,
    is_unmeasured,
    measured_unit,
    names_production,
    resembled_channel,
    sides_in,
)
from processing.head.dialect import Column
from processing.head.header_cells import Header
from processing.model.channels import has_product
from processing.model.profile import Profile
from processing.naming.flows import DERIVED, OF_PART_OR_DAY, OTHER_DEVICES, OTHER_FLOWS, TOTAL
from processing.naming.synonyms import POWER_FACTOR_NAMES, places_named
from processing.naming.units import label_of, power_or_energy
from processing.values.number_detection import values_of
from processing.values.numbers import numbers

_LEAST_ROWS, _LEAST_PARTS = 6, 2
"""A total is the sum of its parts in so many rows in which several of them differ from zero."""
_SHARE = 0.9
"""It is so in this share of them: the columns may be read one after another."""
_ROUNDED = 0.01
"""The share by which a total may differ from that sum, as all are rounded."""
_ACTIVE = re.compile(r"active[ _]?power|real[ _]?power|wirkleistung")
_SIDE = re.compile(r"(?<![a-z])p?([ad]c)(?![a-z])")
_LEAST_SHARE = 0.7
"""The share of its input that an inverter gives at least."""
_ALIKE = 1.2
"""Shares are alike if the largest one is less than so many times the least."""
_NOISE = 10.0
"""An output of so many times its inputs is noise at night."""
_NEAR = 0.7
"""A power is V · I, but for losses, if the smaller of the two is at least so many times the larger."""


def only_metered(header: Header, used: set[int]) -> tuple[str, tuple[int, ...]] | None:
    """Return the only column with a unit of power or energy, if it is of a meter as a whole, or alone.

    Columns of what was not measured, such as a forecast or an apparent power, do not count, and neither does
    an energy with the name of the power: `interval_kW` and `interval_kWh`. None beside a voltage or a current
    of a panel, which then is not what the meter measures, or beside a power without a unit.
    """
    units = {at: unit for at, cell in enumerate(header) if at not in used and (unit := measured_unit(cell))}
    kinds = {at: kind for at, unit in units.items() if (kind := power_or_energy(unit)) is not None}
    names = {at: label_of(header[at].text).name for at in kinds}
    if sorted(kinds.values()) == ["energy", "power"] and len({*names.values()}) == 1:
        kinds = {at: kind for at, kind in kinds.items() if kind == "power"}
    if len(kinds) != 1:
        return None
    [(at, kind)] = kinds.items()
    if kind == "power" and DERIVED.search(names[at].casefold()) is not None:
        return None
    panel = [cell for cell in header if sides_in(cell.text) == {"panel"}]
    if any((channel_of(cell) or resembled_channel(cell)) in ("voltage", "current") for cell in panel):
        return None
    others = [cell for other, cell in enumerate(header) if other not in {at, *used} and not cell.stated_unit]
    if any(resembled_channel(cell) == "power" and not is_part(cell) for cell in others):
        return None
    if not names_production(header[at].text) and any(names_production(cell.text) for cell in others):
        return None
    is_part_of_day = OF_PART_OR_DAY.search(header[at].text.casefold()) is not None
    is_alone = len(header) == len(used) + 1 and not (is_part(header[at]) or is_part_of_day)
    return (kind, (at,)) if is_alone or is_measured(header[at]) else None


def product_by_name(columns: dict[str, Column], profile: Profile) -> tuple[int, int] | None:
    """Return the places of a voltage and a current that no profile names, if the power is their product."""
    if "power" in columns or not has_product(columns):
        return None
    if profile.channels.voltage.column is not None or profile.channels.current.column is not None:
        return None
    return columns["voltage"].places[0], columns["current"].places[0]


def powers_beside_product(header: Header, used: Collection[int]) -> list[int]:
    """Return the places of powers beside a voltage and a current that may be those of a string alone.

    They are of no part, battery, load or grid. Active powers come first; a meter may call them imported.
    """
    used = {*used, *places_named(tuple(cell.text for cell in header), POWER_FACTOR_NAMES)}
    cells = {at: cell for at, cell in enumerate(header) if resembled_channel(cell) == "power"}
    texts = {
        at: cell.text.casefold()
        for at, cell in cells.items()
        if at not in used and not (is_part(cell) or is_unmeasured(cell))
    }
    texts = {at: text for at, text in texts.items() if OTHER_DEVICES.search(text) is None}
    active = {at: _ACTIVE.search(text) is not None for at, text in texts.items()}
    found = (at for at, text in texts.items() if active[at] or OTHER_FLOWS.search(text) is None)
    return sorted(found, key=lambda at: not active[at])[:MAX_CHOICES]


def check_product(
    header: Header,
    pair: tuple[int, int] | None,
    used: Collection[int],
    sample: list[list[str]],
    line: int,
) -> None:
    """Raise RejectedFileError if the power may be another column's, and not that of a voltage and a current.

    In the sample of rows their product differs from each such column by more than losses.
    """
    places = powers_beside_product(header, {*used, *pair}) if pair is not None else []
    if pair is None or not places:
        return
    for at in places:
        cells = [values_of([row[one] for one in (*pair, at)]) for row in sample if len(row) >= len(header)]
        lit = [(row[0] * row[1], row[2]) for row in cells if len(row) > len(pair) and row[0] * row[1] > 0]
        if lit and sum(min(one) >= _NEAR * max(one) for one in lit) >= _SHARE * len(lit):
            return
    names = column_names([cell.text for cell in header], range(len(header)))
    ways: list[dict[str, Any]] = [{"power": names[at]} for at in places]
    ways.append(dict(zip(("voltage", "current"), (names[at] for at in pair), strict=True)))
    message = f"{shown(header[at].text for at in pair)} may be of a string alone, beside "
    message += f"{shown(header[at].text for at in places)}: which one is the power of the plant?"
    raise rejected("ambiguous_columns", message, line, "power", choices=choices_of(ways))


def only_production(header: Header, used: set[int]) -> dict[str, tuple[int, ...]] | None:
    """Return the only column of power, else of energy, whose unit and name say that the plant makes it.

    None if another column may be the power of the plant as a whole.
    """
    cells = [(at, cell) for at, cell in enumerate(header) if at not in used and cell.stated_unit]
    kinds = {at: power_or_energy(cell.stated_unit) for at, cell in cells if is_output(cell)}
    for channel in ("power", "energy"):
        places = [at for at, kind in kinds.items() if kind == channel]
        if any(names_production(header[at].text) for at in places):
            return {channel: (places[0],)} if len(places) == 1 else None
    return None


def only_energy(header: Header, used: Collection[int]) -> dict[str, tuple[int, ...]]:
    """Return the only column with a unit of energy whose name says that the plant makes it, if any."""
    kinds = {at: power_or_energy(cell.stated_unit) for at, cell in enumerate(header) if at not in used}
    places = [at for at, kind in kinds.items() if kind == "energy" and names_production(header[at].text)]
    return {"energy": (places[0],)} if len(places) == 1 else {}


def total_of_others(
    header: Header, used: Collection[int], sample: Sequence[Sequence[str]]
) -> tuple[str, tuple[int, ...]] | None:
    """Return the column of power or energy that is called a total, and is the sum of all others in each row.

    These have its unit, and names of no other flow. None if there is no such column.
    """
    kinds: dict[tuple[str | None, str], list[int]] = {}
    for at, cell in enumerate(header):
        is_flow = at not in used and "power" in (power_or_energy(cell.stated_unit), resembled_channel(cell))
        kind = "power" if is_flow else power_or_energy(cell.stated_unit) if at not in used else None
        if kind is not None:
            kinds.setdefault((kind, cell.stated_unit), []).append(at)
    if len(kinds) != 1:
        return None
    [((kind, _), places)] = kinds.items()
    names = {at: header[at].text.casefold().replace("_", " ") for at in places}
    totals = [at for at, name in names.items() if TOTAL.search(name)]
    if len(totals) != 1 or len(places) <= _LEAST_PARTS or any(map(OTHER_FLOWS.search, names.values())):
        return None
    parts = [at for at in places if at not in totals]
    rows = [values_of([row[at] for at in (*totals, *parts)]) for row in sample if len(row) >= len(header)]
    whole = [row for row in rows if len(row) == len(places)]
    compared = [row for row in whole if sum(map(bool, row[1:])) >= _LEAST_PARTS]
    sums = sum(_is_sum(*row) for row in compared)
    is_sum = len(compared) >= _LEAST_ROWS and sums >= _SHARE * len(compared)
    is_sum = is_sum and _is_sum(*map(sum, zip(*whole, strict=True)))
    return (str(kind), (totals[0],)) if is_sum else None


def _is_sum(total: float, *parts: float) -> bool:
    """Return whether a number is the sum of the others, but for their last digits."""
    return math.isclose(total, sum(parts), rel_tol=_ROUNDED, abs_tol=_ROUNDED * max(map(abs, parts)))


def inputs_of_inverter(header: Header, used: set[int], sample: list[list[str]]) -> frozenset[int]:
    """Return the places of the DC powers beside the only AC power, which is what the plant gives.

    None beside a battery, a load or the grid, or if the sample of rows shows that the AC power is another.
    """
    cells = [(at, cell) for at, cell in enumerate(header) if at not in used]
    power = [at for at, cell in cells if "power" in (channel_of(cell), resembled_channel(cell))]
    sides = {at: set(_SIDE.findall(header[at].text.casefold().replace("_", " "))) for at in power}
    inputs = [at for at in power if sides[at] == {"dc"}]
    others = [at for at in power if at not in inputs and channel_of(header[at]) == "power"]
    is_open = any(OTHER_DEVICES.search(cell.text.casefold()) for cell in header)
    if is_open or len(others) != 1 or sides[others[0]] != {"ac"}:
        return frozenset()
    rows = [numbers([row[at] for at in (*others, *inputs)]) for row in sample if len(row) == len(header)]
    pairs = [(row[0], total) for row in rows if (total := row[1:].sum()) > 0 and row[0] < _NOISE * total]
    most = max((total for _, total in pairs), default=0.0)
    shares = [output / total for output, total in pairs if 2 * total >= most]
    if rows and not shares:
        return frozenset()  # all rows are of a night
    shares = shares or [1.0]
    is_fixed = max(shares) < _LEAST_SHARE and max(shares) < _ALIKE * min(shares)
    return frozenset(() if is_fixed or max(shares) > 1 / _LEAST_SHARE else inputs)
