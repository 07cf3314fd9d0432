"""The choices in the rejection of a file whose names do not say which column has the power."""

import difflib
import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any

from processing.head.advice import (
    MAX_CHOICES,
    MAX_TRIED,
    NEEDED,
    choices_of,
    column_names,
    label_of_way,
    likeliest_first,
    powers_of,
    rejected,
    shown,
)
from processing.head.cell_kinds import holds_number
from processing.head.column_kinds import (
    are_apart,
    channel_of,
    is_apart,
    is_metered,
    is_output,
    is_part,
    is_unmeasured,
    names_production,
    resembled_channel,
)
from processing.head.header_cells import Header
from processing.head.samples import (
    all_hold,
    are_row_numbers,
    dates_of,
    is_serial_number,
    kinds_of,
    repeats_date,
    times_in,
)
from processing.layout.sums import NUMBERED_FIELD, addends, real_power, sums_of_products
from processing.model.channels import CHANNELS
from processing.model.rejection import Choice, RejectedFileError
from processing.naming.flows import MADE, NO_POWER, OF_DEVICE, TOTAL
from processing.naming.siblings import overlap
from processing.naming.synonyms import (
    FULL_TIME_NAMES,
    POWER_FACTOR_NAMES,
    ROW_NUMBER_NAMES,
    normal,
    places_named,
)
from processing.naming.unit_cells import states_other_units, unit_of_rows
from processing.naming.units import is_of_other_quantity, label_of, power_or_energy

_INPUT = re.compile(r"(?:ch|chan|channel|kanal|ai|input)?[ _.]*\d+", re.IGNORECASE)
"""The name of an input of a logger, such as `Ch1` or `101`."""


def with_numbers(header: Header, used: set[int], sample: list[list[str]]) -> list[int]:
    """Return the places of the columns that may hold any quantity: numbers without a unit of another one."""
    if states_other_units(sample, [cell.text for cell in header]):
        return []
    dates = dates_of(sample)
    return [
        at
        for at, cell in enumerate(header)
        if at not in used
        and not cell.stated_unit
        and not (normal(cell.text) in ROW_NUMBER_NAMES and are_row_numbers(at, sample))
        and normal(cell.text) not in FULL_TIME_NAMES
        and NO_POWER.search(cell.text.casefold()) is None
        and resembled_channel(cell) is None
        and not places_named((cell.text,), POWER_FACTOR_NAMES)
        and all_hold(holds_number, at, sample)
        and not repeats_date(at, sample, dates)
        and not is_serial_number(at, sample, is_named=OF_DEVICE.search(cell.text) is not None)
    ]


def missing_power(
    header: Header, known: dict[str, int], line: int, numbers: Sequence[int], sample: list[list[str]]
) -> RejectedFileError:
    """Return the rejection of a file without power, with the columns that may have it.

    These are the columns that look like power, else all columns of numbers.
    """
    alike: dict[str, list[int]] = {channel: [] for channel in CHANNELS}
    order = ranked(header, range(len(header)))
    for at in order:
        if (channel := resembled_channel(header[at])) is not None:
            alike[channel].append(at)
    for channel, places in alike.items():
        alike[channel] = [at for at in places if not is_unmeasured(header[at])] or places
    numbers = [at for at in order if at in numbers]
    missing = [name for name in ("voltage", "current") if name not in known]
    choices, unnamed = choices_of(_ways(header, alike, known, sample)), _Unnamed(header, known, sample)
    if choices and not any(names_production(header[at].text) for each in alike.values() for at in each):
        choices = [*unnamed.choices((), [at for at in numbers if is_output(header[at])]), *choices]
    choices = choices or unnamed.choices(missing, numbers)
    if not choices and {*known} == {"current"} and header[known["current"]].text.casefold() == "current":
        choices = powers_of("current", *column_names([cell.text for cell in header], [known["current"]]))
    what = missing[0] if len(missing) == 1 else "power"
    needs = " and ".join(missing) + " (or power, or energy)" if len(missing) == 1 else NEEDED
    message = f"columns missing: {needs}; line {line} has {shown(cell.text for cell in header)}"
    if any(NUMBERED_FIELD.fullmatch(normal(cell.text)) for cell in header):
        message += "; the fields have no names in this file: the channel that it is from has them"
    channels = [choice.changes.get("channels", {}).values() for choice in choices]
    columns = [str([one.get("column") for one in each]) for each in channels]
    if {*columns[MAX_CHOICES:]} - {*columns[:MAX_CHOICES]}:
        message += f"; {MAX_CHOICES} ways are offered, and any other column may be named in the same way"
    if choices:
        return rejected("missing_columns", message, line, what, choices=choices)
    units = [cell.stated_unit for cell in header if cell.stated_unit and channel_of(cell) is None]
    found = {*known, *(name for name, places in alike.items() if places)} - {"temperature"}
    if not (numbers or found) and all(map(is_of_other_quantity, units)):
        message += "; no column seems to have one of these"
    template = Choice("", {"channels": {"power": {"column": "NAME OF THE COLUMN WITH THE POWER"}}})
    return rejected("missing_columns", message, line, what, choices=[template], is_template=True)


def ranked(header: Header, places: Iterable[int]) -> list[int]:
    """Return the places of columns, first those that name what a plant makes, then those of a whole.

    Those of a part, or of what was not measured, come last.
    """

    def order(at: int) -> tuple[bool, ...]:
        return not names_production(header[at].text), not is_output(header[at]), is_part(header[at])

    return sorted(places, key=order)


def _ways(
    header: Header, alike: dict[str, list[int]], known: dict[str, int], sample: list[list[str]]
) -> list[dict[str, Any]]:
    """Return the columns that may give the power; a voltage comes with the current of the nearest name."""
    real = real_power(header, sample) if not alike["power"] else []
    found = sorted({at for each in (*alike.values(), *real) for at in each})
    names = dict(zip(found, column_names([cell.text for cell in header], found), strict=True))
    ways: list[dict[str, Any]] = [{"power": names[at]} for at in alike["power"]]
    if sums := addends(header, alike["power"], sample):
        ways = [*({"power": [names[at] for at in each]} for each in sums), *ways]
    elif len(ways) > 1 and not overlap([header[at].text for at in alike["power"]]):
        ways.append({"power": [names[at] for at in alike["power"]]})
    ways += [{"power": [[names[at] for at in pair]]} for pair in real]
    if "voltage" in known or "current" in known:
        other = "current" if "voltage" in known else "voltage"
        ways += [{other: names[at]} for at in alike[other] if not is_apart(header, known | {other: at})]
        ways += [
            {one: names[at] for one, at in zip(("voltage", "current"), pair, strict=True)}
            for pair in itertools.product(alike["voltage"], alike["current"])
            if known.get("voltage", pair[0]) != pair[0] or known.get("current", pair[1]) != pair[1]
            if not are_apart(header[pair[0]], header[pair[1]])
        ]
    else:
        products = sums_of_products(header, alike["voltage"], alike["current"]) if not ways else []
        ways += [{"power": [[names[at] for at in pair] for pair in each]} for each in products]
        for at in alike["voltage"][:MAX_CHOICES]:
            near = [one for one in alike["current"] if not are_apart(header[at], header[one])]
            near = near or _only_other(header, alike)
            near.sort(key=lambda one: -_likeness(header[at].text, header[one].text))
            ways += [{"voltage": names[at], "current": names[one]} for one in near[:1]]
    sums = addends(header, alike["energy"], sample)
    ways += [{"energy": [names[at] for at in each]} for each in sums]
    ways += [{"energy": names[at]} for at in alike["energy"]]
    return sorted(ways, key=lambda way: not all(map(_is_made, way.values())))


def _only_other(header: Header, alike: dict[str, list[int]]) -> list[int]:
    """Return the only current beside the only voltage, if both are inputs of a logger by their names."""
    pair = [*alike["voltage"], *alike["current"]]
    is_one = len(alike["voltage"]) == 1 == len(alike["current"])
    are_inputs = all(_INPUT.fullmatch(label_of(header[at].text).name) for at in pair)
    return alike["current"] if is_one and are_inputs else []


def _is_made(column: Any) -> bool:
    """Return whether a column, or each that is added or multiplied, is of what a plant makes, by its name."""
    if isinstance(column, list):
        return all(map(_is_made, column))
    return names_production(label_of_way(column))


def or_power(
    error: RejectedFileError, header: Header, used: frozenset[int], sample: list[list[str]]
) -> RejectedFileError:
    """Return the rejection of an energy without a unit, which may be a power by its name and numbers.

    It then offers power too. Other rejections stay as they are.
    """
    texts = {at: cell.text.casefold() for at, cell in enumerate(header) if at not in used}
    places = [at for at, text in texts.items() if MADE.match(text) or TOTAL.fullmatch(text)]
    is_open = (error.code, error.column) == ("unknown_unit", "energy") and len(places) == 1
    if not is_open or kinds_of(sample, places)[0][0] == "energy":
        return error
    unnamed = _Unnamed(header, {}, sample)
    powers = [unnamed.choice("power", places, unit) for unit in ("W", "kW", "MW")]
    choices = [*error.choices, *likeliest_first([powers])]
    return rejected(error.code, error.finding, error.line, error.column, choices=choices)


class _Unnamed:
    """The columns of a file whose names do not help."""

    def __init__(self, header: Header, known: dict[str, int], sample: list[list[str]]) -> None:
        self._header, self._known, self._sample = header, known, sample
        self._names = column_names([cell.text for cell in header], range(len(header)))
        self._times = times_in(sample)

    def choices(self, missing: Sequence[str], numbers: Sequence[int]) -> list[Choice]:
        """Return the likeliest way to take each of these columns of numbers, then the other ways.

        All ways to take what the plant makes come before those of other columns.
        """
        made: list[list[Choice | None]] = []
        stated, numbers = unit_of_rows(self._sample), numbers[:MAX_TRIED]
        names = missing if len(missing) == 1 and not stated else ()
        ways = [[self.choice(name, [at], "")] for name in names for at in numbers]
        for places in [*addends(self._header, numbers, self._sample), *([at] for at in numbers)]:
            is_metered_one = any(is_metered(self._header[at]) for at in places)
            kinds = [(power_or_energy(stated) or "", stated)] if stated else []
            kinds = kinds or kinds_of(self._sample, places, times=self._times, is_energy=is_metered_one)
            is_made = any(names_production(self._header[at].text) for at in places)
            found = [self.choice(channel, places, unit) for channel, unit in kinds]
            (made if is_made else ways).append(found)
        return [*likeliest_first(made), *likeliest_first(ways)]

    def choice(self, channel: str, places: Sequence[int], unit: str) -> Choice | None:
        """Return the choice of these columns, or of their sum; None if they are of another side."""
        if len(places) == 1 and is_apart(self._header, self._known | {channel: places[0]}):
            return None
        names = [self._names[at] for at in places]
        (choice,) = choices_of([{channel: names[0] if len(names) == 1 else names}], unit)
        return choice._replace(label=f"{choice.label}, {unit}") if unit else choice


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, normal(one), normal(other)).ratio()
