"""What the name of a column says of it: its channel, its side of a plant, its place in the time."""

import functools
import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

from processing.head.header_cells import Header, HeaderCell, bare
from processing.model.channels import CHANNELS
from processing.naming.flows import (
    HELD,
    METERED,
    OTHER_DEVICES,
    OTHER_FLOWS,
    PARTIAL,
    PLAIN,
    PRODUCED,
    SIDES,
    STRINGS,
)
from processing.naming.siblings import later_siblings
from processing.naming.synonyms import (
    CHANNEL_OF,
    DATE_NAMES,
    FULL_TIME_NAMES,
    SOURCE_NAMES,
    TIME_NAMES,
    channel_by_word,
    normal,
)
from processing.naming.units import (
    channel_of_unit,
    counts_impulses,
    is_of_other_quantity,
    is_unit,
    label_of,
    likely_channel,
    power_or_energy,
    scaled_channel,
    scales_of,
    unit_of,
    without_id,
)

_AVERAGE = re.compile(r"[(\[]?(?:avg|mean|average|smp)[)\]]?$")
"""What loggers add to a name for an average or a sample of an interval."""

_LETTERS_OF_SYMBOL = 3
"""A longer name of a unit is a word, such as `watt_hours`."""

_WHOLE = re.compile(r"total|tot(?![a-z])|gesamt|output|inverter|wechselrichter|active|(?<![a-z])ac(?![a-z])")
"""Words in the names of the power of a plant as a whole."""


_ACTIVE = re.compile(r"(?<![a-z])(?:active|real)[ _]?power|wirkleistung")
_UNMEASURED = re.compile(r"reactive|apparent|theor|predict|forecast|expected")
"""Words in the names of powers and energies that stand beside the one that was measured."""


class Found(NamedTuple):
    """A column that may hold a channel."""

    place: int
    unit: str | None
    """None if it states a unit that the channel does not have."""
    is_own: bool
    """Whether it has the channel's own name."""
    states_unit: bool


@functools.lru_cache(maxsize=4096)
def channel_of(cell: HeaderCell) -> str | None:
    """Return the channel that a header cell names; the unit decides between power and energy.

    A name such as `PV` or `Solar` is a channel's only with a unit: `Solar (kW)`, `PV Volts`. A name below
    that of a battery, a load or the grid is not a channel's.
    """
    if len(cell.parts) > 1 and OTHER_DEVICES.search(cell.text.casefold()):
        return None
    by_unit = likely_channel(cell.stated_unit) if cell.stated_unit else None
    for name in map(normal, cell.names):
        channel = CHANNEL_OF.get(name) or CHANNEL_OF.get(_AVERAGE.sub("", name))
        if channel is not None:
            is_made = channel == "energy" and PRODUCED.search(name) is not None
            is_open = channel in ("power", "current") or is_made or name == "t"  # Strom (kWh); a total
            return by_unit if by_unit is not None and is_open else channel
        if name in SOURCE_NAMES and cell.stated_unit:
            return by_unit or channel_of_unit(cell.stated_unit)
    if counts_impulses(cell.stated_unit):
        return "energy"
    text = "kWh" if cell.text.casefold() == "kwh" else "kW" if cell.text in ("kw", "Kw") else cell.text
    return (
        power_or_energy(text)
        if len(text) > _LETTERS_OF_SYMBOL
        else channel_of_unit(text)
        if len(text) > 1
        else None
    )


def found_in(cell: HeaderCell, place: int, channel: str | None = None) -> tuple[str, Found] | None:
    """Return the channel that a header cell names, or this one, and the column; or None."""
    channel = channel or channel_of(cell)
    if channel is None:
        return None
    stated = cell.unit_for(channel)
    unit = unit_of(channel, stated) if stated else CHANNELS[channel].unit
    if unit is None and (
        is_of_other_quantity(stated) or (channel == "energy" and not scales_of(channel, stated))
    ):
        return None  # it is something else
    is_own = len(cell.parts) == 1 and normal(cell.names[0]) == channel
    return channel, Found(place, unit, is_own, bool(stated))


def found_by_name(header: Header, used: set[int]) -> dict[str, list[Found]]:
    """Return the columns that may hold each channel, by their names.

    A column with the channel's own name comes before others, except those of what a plant makes: beside
    `PV power`, `Power` may be that of the building, and beside `PV1 voltage` and `PV1 current`, `Voltage` and
    `Current` those of the battery.
    """
    found: dict[str, list[Found]] = {}
    for place, cell in enumerate(header):
        one = found_in(cell, place) if place not in used else None
        if one is not None:
            found.setdefault(one[0], []).append(one[1])
    for channel, ones in found.items():
        is_open = channel in ("power", "energy") or "power" not in found
        own = [one for one in ones if one.is_own]
        made = [one for one in ones if is_open and names_production(header[one.place].text)]
        found[channel] = [*own, *made] if own else ones
    if "power" not in found:
        found = _with_those_of_panel(header, used, found)
    for channel in ("power", "energy") if "power" in found else CHANNELS:
        if len(ones := found.get(channel, [])) == 1:  # PV2 power may be the rest of PV power
            names = ["" if resembled_channel(cell) != channel else cell.names[0] for cell in header]
            later = set(later_siblings(ones[0].place, names)) - used
            ones += [one[1] for at in sorted(later) if (one := found_in(header[at], at, channel))]
    return found


def _with_those_of_panel(
    header: Header, used: set[int], found: dict[str, list[Found]]
) -> dict[str, list[Found]]:
    """Return the columns with the voltages and currents of the panel beside those that state no side."""
    pair = ("voltage", "current")
    if not any(
        sides_in(header[one.place].text) == frozenset() for name in pair for one in found.get(name, ())
    ):
        return found
    named = [
        (at, cell) for at, cell in enumerate(header) if at not in used and sides_in(cell.text) == {"panel"}
    ]
    kinds = {at: channel_of(cell) or resembled_channel(cell) for at, cell in named}
    if not {*kinds.values()} >= {*pair}:
        return found
    more = {
        name: [
            one[1] for at, kind in kinds.items() if kind == name and (one := found_in(header[at], at, name))
        ]
        for name in pair
    }
    return found | {
        name: [*{one.place: one for one in (*found.get(name, ()), *more[name])}.values()] for name in pair
    }


def of_one_side(header: Header, ways: Sequence[dict[str, int]]) -> list[dict[str, int]]:
    """Return the ways to take a voltage and a current, first those whose two columns name the same side.

    A way of different sides is left out if each of its columns has another one of its own side.
    """
    sides = {at: sides_in(header[at].text) for way in ways for at in way.values()}
    alike = [way for way in ways if len({sides[at] for at in way.values()}) == 1]
    known = {at for way in alike for at in way.values()}
    return [*alike, *(way for way in ways if way not in alike and not known.issuperset(way.values()))]


def are_apart(*cells: HeaderCell) -> bool:
    """Return whether two of these columns are of different sides of a plant, strings or phases."""
    sides = itertools.combinations({sides_of(cell.text) for cell in cells}, 2)
    return any(one and other and not one & other for pair in sides for one, other in zip(*pair, strict=True))


def sides_in(name: str) -> frozenset[str]:
    """Return the sides of a plant in a name."""
    text = name.casefold().replace("_", " ")
    return frozenset(side for side, pattern in SIDES.items() if pattern.search(text))


@functools.lru_cache(maxsize=4096)
def sides_of(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the sides of a plant in a name, and its numbers of strings and phases."""
    name = without_id(label_of(text).name).casefold().replace("_", " ")
    return sides_in(name), frozenset(STRINGS.findall(name))


def names_devices(cells: Sequence[str]) -> bool:
    """Return whether a line of names has devices, such as a battery, and no channels."""
    names = [cell.casefold() for cell in cells]
    has_device = any(pattern.search(name) for pattern in SIDES.values() for name in names)
    return has_device and not any(channel_of(HeaderCell((cell,))) for cell in cells)


def is_apart(header: Header, places: dict[str, int]) -> bool:
    """Return whether the voltage and the current in these places are apart."""
    pair = [header[places[name]] for name in ("voltage", "current") if name in places]
    return len(pair) > 1 and are_apart(*pair)


def names_production(name: str) -> bool:
    """Return whether the name of a power or an energy says that a plant makes it, and of no other flow."""
    text = name.casefold()
    return PRODUCED.search(text) is not None and OTHER_FLOWS.search(text) is None


def is_output(cell: HeaderCell) -> bool:
    """Return whether a cell names what a plant makes, or what comes out of it as a whole."""
    text = cell.text.casefold()
    return names_production(text) or (_WHOLE.search(text) is not None and OTHER_FLOWS.search(text) is None)


def is_metered(cell: HeaderCell) -> bool:
    """Return whether a name on one line is that of the meter of a whole plant or building."""
    is_made = PRODUCED.search(cell.text.casefold())
    is_whole = METERED.search(cell.text.casefold()) and not (is_part(cell) or is_made)
    return len(cell.parts) == 1 and bool(is_whole)


def is_measured(cell: HeaderCell) -> bool:
    """Return whether a name is that of a meter as a whole, or only says that it was measured."""
    text = cell.text.casefold()
    is_active = _ACTIVE.search(text) is not None and not is_part(cell)
    return is_active or is_metered(cell) or PLAIN.fullmatch(text) is not None


def measured_unit(cell: HeaderCell) -> str:
    """Return the unit that a cell states; "" for a name that says that nothing was measured, or no flow."""
    return "" if is_unmeasured(cell) else cell.stated_unit


def is_unmeasured(cell: HeaderCell) -> bool:
    """Return whether a name is that of a forecast, or of reactive or apparent power."""
    return _UNMEASURED.search(cell.text.casefold()) is not None


def is_part(cell: HeaderCell) -> bool:
    """Return whether a cell names a part of a flow, or something that was not measured."""
    return PARTIAL.search(cell.text.casefold()) is not None


@functools.lru_cache(maxsize=4096)
def resembled_channel(cell: HeaderCell) -> str | None:
    """Return the channel that a cell looks like, by its unit or a word in its name."""
    if cell.stated_unit:
        channel = likely_channel(cell.stated_unit) or channel_of_unit(cell.stated_unit)
        channel = channel or scaled_channel(cell.stated_unit)
        if channel is not None or is_unit(cell.stated_unit):
            return None if channel == "energy" and HELD.search(cell.text.casefold()) else channel
    return channel_by_word(cell.text)


class TimeColumns(NamedTuple):
    """The places of the columns of times in a header."""

    chosen: tuple[int, ...]
    """Those that make the times; empty if none or several may."""
    possible: tuple[int, ...]
    """All that may be a column of full times."""

    @property
    def are_found(self) -> bool:
        """Whether there is any."""
        return bool(self.chosen or self.possible)


@functools.lru_cache(maxsize=128)
def times_by_name(header: Header) -> TimeColumns:
    """Return the columns of times by their names."""
    kinds: dict[str, list[int]] = {"own": [], "full": [], "time": [], "date": []}
    for at, cell in enumerate(header):
        for name in map(bare, cell.names):
            kind = "own" if name == "timestamp" else "full" if name in FULL_TIME_NAMES else ""
            kind = kind or ("time" if name in TIME_NAMES else "date" if name in DATE_NAMES else "")
            if kind:
                kinds[kind].append(at)
                break
        else:
            if (stated := cell.time_format) is not None:
                has_clock = "%M" in stated.name
                kinds[("full" if has_clock else "date") if stated.has_date else "time"].append(at)
    if len(kinds["own"]) == 1:
        return TimeColumns((kinds["own"][0],), (kinds["own"][0],))
    full = kinds["own"] or kinds["full"]
    if not full and len(kinds["date"]) == 1 == len(kinds["time"]):
        return TimeColumns((kinds["date"][0], kinds["time"][0]), ())
    possible = tuple(full or kinds["time"] or kinds["date"])
    return TimeColumns(possible if len(possible) == 1 else (), possible)
