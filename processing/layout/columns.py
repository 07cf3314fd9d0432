"""The columns of a header that hold the times and the channels, and their units."""

import functools
from collections.abc import Sequence
from itertools import islice, product
from typing import Any, NamedTuple

from processing.head.advice import (
    choices_of,
    column_names,
    label_of_way,
    products_of,
    rejected,
    shown,
    unit_of_energy,
    unknown_unit,
)
from processing.head.column_kinds import (
    Found,
    are_apart,
    channel_of,
    found_by_name,
    is_apart,
    is_part,
    of_one_side,
    resembled_channel,
)
from processing.head.dialect import Beside, Column, conversion
from processing.head.header_cells import Header, HeaderCell, place_of
from processing.layout.offers import missing_power, or_power, ranked, with_numbers
from processing.layout.only_columns import (
    inputs_of_inverter,
    only_energy,
    only_metered,
    only_production,
    total_of_others,
)
from processing.layout.sums import scales_of_sum, sum_of_parts, sums_of_products, unit_of_sum
from processing.model.channels import CHANNELS, has_product, is_enough
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.naming.siblings import overlap, units_of_letters
from processing.naming.synonyms import normal
from processing.naming.unit_cells import first_cell, other_unit_of_rows, place_of_unit, unit_of_cells
from processing.naming.units import power_or_energy, scales_of, unit_of

_MAX_SETS = 1000
"""The most combinations of columns of two channels: many names of each make millions."""


class Columns(NamedTuple):
    """The columns of the channels of a file."""

    by_channel: dict[str, Column]
    unused: tuple[str, ...]
    """Names of columns that look like a channel and are not used."""
    beside: tuple[Beside, ...] = ()
    """Those of them that state a unit of a channel."""


class NotEnough(NamedTuple):
    """What names say that do not say which columns have the power."""

    known: dict[str, int]
    """The place of each channel that is known."""
    used: set[int]
    """The places of columns that hold something, or may."""


def columns_of(
    header: Header, profile: Profile, line: int, taken: frozenset[int], sample: list[list[str]]
) -> Columns:
    """Return the columns of the channels; `taken` has the places of columns that hold something else.

    Raises RejectedFileError if a necessary column is missing, is ambiguous, or states an unknown unit. If no
    name helps, the columns with numbers in the sample of rows are offered.
    """
    header = _with_units_of_cells(header, sample, taken)
    try:
        found = known_columns(header, profile, line, taken)
    except RejectedFileError as error:
        inputs, total = inputs_of_inverter(header, {*taken}, sample), None
        if not inputs and (total := total_of_others(header, taken, sample)):
            inputs = frozenset(range(len(header))) - taken - {*total[1]}
        if not inputs:
            raise or_power(error, header, taken, sample) from None
        found = known_columns(header, profile, line, taken, total, inputs=inputs)
    if isinstance(found, Columns):
        return found
    sample = [["" if cell.strip() in profile.csv.missing else cell for cell in row] for row in sample]
    numbers = with_numbers(header, found.used, sample)
    parts = sum_of_parts(header, found.used, sample) or total_of_others(header, found.used, sample)
    others = parts or (None if numbers else only_metered(header, found.used))
    if others and isinstance(added := known_columns(header, profile, line, taken, others), Columns):
        return added
    if (stated := _stated_by_rows(header, numbers, sample)) is not None:
        only = known_columns(stated, profile, line, taken)
        if isinstance(only, Columns) and (numbers[0],) in (one.places for one in only.by_channel.values()):
            columns = {channel: _named_as(header, one) for channel, one in only.by_channel.items()}
            return only._replace(by_channel=columns)
    raise missing_power(header, found.known, line, numbers, sample)


def _with_units_of_cells(header: Header, sample: list[list[str]], taken: frozenset[int]) -> Header:
    """Return a header with the units that the cells in a sample of rows state, or a last letter in names."""
    names = tuple(cell.text for cell in header)
    letters = units_of_letters(names)
    ends = {cell.rstrip()[-1:] for row in (*sample[:1], *sample[-1:]) for cell in row}
    if not (letters or "KW" in names or any(map(str.isalpha, ends))):
        return header
    columns = [[row[at] for row in sample if at < len(row)] for at in range(len(header))]
    other = other_unit_of_rows(sample, names, taken)
    return tuple(
        cell
        if cell.stated_unit
        else cell._replace(unit=unit_of_cells(cells, cell.text) or letters.get(at, other))
        for at, (cell, cells) in enumerate(zip(header, columns, strict=True))
    )


def _stated_by_rows(header: Header, numbers: Sequence[int], sample: list[list[str]]) -> Header | None:
    """Return a header with a unit for the only column of numbers, if each row states one; or None."""
    place = place_of_unit(sample, [cell.text for cell in header])
    if place is None or len(numbers) != 1 or is_part(header[numbers[0]]):
        return None
    at, unit = numbers[0], first_cell(place, sample)
    if not unit:
        return None
    return (*header[:at], HeaderCell((power_or_energy(unit) or "",), unit), *header[at + 1 :])


def _named_as(header: Header, column: Column) -> Column:
    """Return a column with the name that it has in the header."""
    name = " + ".join(header[at].text for at in column.places)
    return column if column.name == name else column._replace(name=name, own_name=False)


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def known_columns(
    header: Header,
    profile: Profile,
    line: int,
    taken: frozenset[int],
    others: tuple[str, tuple[int, ...]] | None = None,
    *,
    inputs: frozenset[int] = frozenset(),
) -> Columns | NotEnough:
    """Return the columns that the names say; if power is not among them, what is known.

    `others` are the columns of a channel that are taken if no name says which one has the power; `inputs`
    are left unused. A voltage and a current of different sides of the plant are no power.
    """
    found = _named_by_profile(header, profile, line, taken)
    used = {*taken, *(place for places in found.values() for place in places)}
    ones = {
        name: [_as_declared(one, profile.channels[name].unit) for one in each]
        for name, each in found_by_name(header, used | inputs).items()
        if profile.channels[name].column is None
    }
    known = {channel: each[0].place for channel, each in ones.items() if len(each) == 1}
    known |= {channel: places[0] for channel, places in found.items()}
    if is_apart(header, known):
        ones = {name: each for name, each in ones.items() if name not in ("voltage", "current")}
        known = {name: place for name, place in known.items() if name in ones or name in found}
    chosen = _chosen(ones, known, set(found), header, line)
    if chosen is None:
        chosen = only_production(header, used) or (dict([others]) if others else None)
    if chosen is None:
        used |= {one.place for each in ones.values() for one in each}
        return NotEnough(known, used)
    found |= chosen
    used |= {place for places in found.values() for place in places}
    if "energy" not in found and profile.channels.energy.column is None:
        found |= only_energy(header, used | inputs)
    columns = {name: _column(name, found[name], header, profile, line) for name in CHANNELS if name in found}
    if "energy" in columns and not columns["energy"].states_unit and not is_enough(found.keys() - {"energy"}):
        raise unit_of_energy(columns["energy"].name, line)
    return Columns(columns, *_others(header, used.union(found.get("energy", ()))))


def _others(header: Header, used: set[int]) -> tuple[tuple[str, ...], tuple[Beside, ...]]:
    """Return the names of columns that look like a channel and are not used, and those that state a unit."""
    kinds = {
        at: channel_of(cell) or resembled_channel(cell) for at, cell in enumerate(header) if at not in used
    }
    beside = [
        Beside(at, name, CHANNELS[name].units[unit][0])
        for at, name in kinds.items()
        if name not in (None, "temperature") and (unit := unit_of(name, header[at].stated_unit))
    ]
    return tuple(header[at].text for at, name in kinds.items() if name), tuple(beside)


def _as_declared(one: Found, unit: str | None) -> Found:
    """Return a column with the unit that the profile declares, if it does."""
    return one if unit is None else one._replace(unit=unit, states_unit=True)


def _named_by_profile(
    header: Header, profile: Profile, line: int, taken: frozenset[int]
) -> dict[str, tuple[int, ...]]:
    found = {
        channel: tuple(place_of(name, header, line, channel) for name in profile.channels[channel].names)
        for channel in CHANNELS
        if profile.channels[channel].names
    }
    for channel, places in found.items():
        text = shown(header[place].text for place in places)
        if taken.intersection(places):
            message = f"the profile's {channel} {text!r} is the column of the times or of the labels"
        elif len({*places}) < len(places) and not profile.channels[channel].factors:
            message = f"the profile's {channel} {text!r} adds a column to itself"
        else:
            continue
        raise RejectedFileError("ambiguous_columns", message, line, channel)
    return found


def _chosen(
    ones: dict[str, list[Found]], known: dict[str, int], named: set[str], header: Header, line: int
) -> dict[str, tuple[int, ...]] | None:
    """Return the places of the channels that are certain; channels that are not necessary may stay uncertain.

    None if the power is not among them.
    """
    for channel in CHANNELS:
        bad = [one for one in ones.get(channel, ()) if one.unit is None]
        ones[channel] = [one for one in ones.get(channel, ()) if one.unit is not None]
        if bad and not ones[channel]:
            raise unknown_unit(
                channel, (text := header[bad[0].place].stated_unit), scales_of(channel, text), line
            )
    single: dict[str, tuple[int, ...]] = {
        channel: (each[0].place,) for channel, each in ones.items() if len(each) == 1
    }
    several = {channel: each for channel, each in ones.items() if len(each) > 1}
    others = (named | single.keys() | several.keys()) - {"energy"}
    if "energy" in single and not ones["energy"][0].states_unit and is_enough(others):
        del single["energy"]
    # a product that the profile names is enough
    needed = [] if has_product(named) else _needed(named | single.keys(), several.keys())
    if not needed:
        return single if is_enough(named | single.keys()) else None
    places = {channel: _in_order(header, [one.place for one in several[channel]]) for channel in needed}
    sets = [dict(zip(needed, way, strict=True)) for way in islice(product(*places.values()), _MAX_SETS)]
    sets = of_one_side(header, [way for way in sets if not is_apart(header, known | way)])
    if not sets:
        return None
    names = column_names([cell.text for cell in header], range(len(header)))
    texts: dict[str, list[Any]] = {channel: [names[at] for at in each] for channel, each in places.items()}
    sums = sums_of_products(header, places.get("voltage", ()), places.get("current", ()))
    ways: list[dict[str, Any]] = [{"power": [[names[at] for at in pair] for pair in each]} for each in sums]
    ways += [{channel: names[at] for channel, at in way.items()} for way in sets]
    if len(needed) == 1 and needed[0] == "power" and not overlap([header[at].text for at in places["power"]]):
        ways.append({"power": texts["power"]})
    listed = "; ".join(f"{channel}: {shown(map(label_of_way, names))}" for channel, names in texts.items())
    message = f"line {line} has several columns for {listed}"
    raise rejected("ambiguous_columns", message, line, next(iter(ways[0])), choices=choices_of(ways))


def _in_order(header: Header, places: list[int]) -> list[int]:
    """Return the places of columns, those that name what a plant makes first, unless others name AC or DC."""
    is_open = are_apart(*(header[at] for at in places))
    return places if is_open else ranked(header, places)


def _needed(certain: Any, several: Any) -> list[str]:
    """Return the uncertain channels without which the power is not known."""
    if "power" in several:
        return ["power"]
    if is_enough(set(certain) - {"energy"}):
        return []
    if has_product(set(certain) | set(several)):
        return [channel for channel in ("voltage", "current") if channel in several]
    return ["energy"] if "energy" in several and "energy" not in certain else []


def _column(channel: str, places: Sequence[int], header: Header, profile: Profile, line: int) -> Column:
    """Return how the cells in these places become the readings of a channel."""
    settings, facts = profile.channels[channel], CHANNELS[channel]
    cells = [header[place] for place in places]
    scales = () if settings.unit or settings.factors else scales_of_sum(channel, cells)
    unit = settings.unit or (
        facts.unit if scales else unit_of_sum(channel, cells, line, factors=settings.factors)
    )
    names = [cell.text for cell in cells]
    own = len(cells) == 1 and len(cells[0].parts) == 1 and normal(cells[0].names[0]) == channel
    return Column(
        tuple(places),
        *conversion(channel, unit or facts.unit, settings),
        label_of_way(products_of(names, settings.factors) if settings.factors else names),
        unit or facts.unit,
        own,
        bool(settings.unit or any(cell.unit_for(channel) for cell in cells)),
        empty_is_zero=settings.empty == "zero" and (channel != "energy" or settings.kind == "interval"),
        scales=scales,
        factors=settings.factors,
    )
