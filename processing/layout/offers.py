"""What the rejection of a file offers whose names do not say where the power is."""

import difflib
import re
from collections.abc import Sequence
from typing import Any

from processing.layout.advice import choices_of, rejected, shown
from processing.layout.header_cells import (
    Header,
    are_apart,
    column_name,
    is_apart,
    resembled_channel,
    texts_of,
)
from processing.layout.lines import all_hold, holds_number
from processing.model.channels import CHANNELS
from processing.model.rejection import Choice, RejectedFileError
from processing.naming.synonyms import NO_POWER, ROW_NUMBER_NAMES, normal
from processing.naming.units import power_or_energy

NEEDED = "power, or voltage and current, or energy"
_NUMBERED_FIELD = re.compile(r"field\d")
"""The names of columns in the exports of ThingSpeak."""


def with_numbers(header: Header, used: set[int], sample: list[list[str]]) -> list[int]:
    """Return the places of the columns that may hold any quantity: numbers, without another unit."""
    return [
        at
        for at, cell in enumerate(header)
        if at not in used
        and not cell.stated_unit
        and normal(cell.text) not in ROW_NUMBER_NAMES
        and NO_POWER.search(cell.text.casefold()) is None
        and resembled_channel(cell) is None
        and all_hold(holds_number, at, sample)
    ]


def overlap(header: Header, places: list[int]) -> bool:
    """Return whether powers count twice if they are added: a total, or the two sides of an inverter."""
    names = [normal(header[at].text) for at in places]
    is_total = any("total" in name or "gesamt" in name for name in names)
    return is_total or (any("ac" in name for name in names) and any("dc" in name for name in names))


def missing_power(
    header: Header, known: dict[str, int], line: int, numbers: Sequence[int], unit: str
) -> RejectedFileError:
    """Return the rejection of a file without power, with the columns that may have it.

    They are those that look like it, else all of the columns of numbers: in the unit that each row states, if
    it does.
    """
    alike: dict[str, list[int]] = {channel: [] for channel in CHANNELS}
    for at, cell in enumerate(header):
        channel = resembled_channel(cell)
        if channel is not None:
            alike[channel].append(at)
    ways = _ways(header, alike, known)
    missing = [name for name in ("voltage", "current") if name not in known]
    if ways:
        unit = ""
    else:
        channels = [power_or_energy(unit) or ""] if unit else [*missing[: len(missing) % 2], "power"]
        ways = [
            {channel: column_name(texts_of(header), at)}
            for channel in channels
            for at in numbers
            if not is_apart(header, known | {channel: at})
        ]
    what = missing[0] if len(missing) == 1 else "power"
    needs = " and ".join(missing) + " (or power, or energy)" if len(missing) == 1 else NEEDED
    message = f"columns missing: {needs}; line {line} has {shown(cell.text for cell in header)}"
    if any(_NUMBERED_FIELD.fullmatch(normal(cell.text)) for cell in header):
        message += "; the fields have no names in this file: the channel that it is from has them"
    if ways:
        return rejected("missing_columns", message, line, what, choices=choices_of(ways, unit))
    template = {"channels": {"power": {"column": "NAME OF THE COLUMN WITH THE POWER"}}}
    return rejected("missing_columns", message, line, what, choices=[Choice("", template)], is_template=True)


def _ways(header: Header, alike: dict[str, list[int]], known: dict[str, int]) -> list[dict[str, Any]]:
    """Return the columns that may give the power, to each voltage the current named most alike."""
    names = {at: column_name(texts_of(header), at) for each in alike.values() for at in each}
    ways: list[dict[str, Any]] = [{"power": names[at]} for at in alike["power"]]
    if len(ways) > 1 and not overlap(header, alike["power"]):
        ways.append({"power": [names[at] for at in alike["power"]]})
    if "voltage" in known or "current" in known:
        other = "current" if "voltage" in known else "voltage"
        ways += [{other: names[at]} for at in alike[other] if not is_apart(header, known | {other: at})]
    else:
        for at in alike["voltage"]:
            near = [one for one in alike["current"] if not are_apart(header[at], header[one])]
            near.sort(key=lambda one: -_likeness(header[at].text, header[one].text))
            ways += [{"voltage": names[at], "current": names[one]} for one in near[:1]]
    return ways + [{"energy": names[at]} for at in alike["energy"]]


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, normal(one), normal(other)).ratio()
