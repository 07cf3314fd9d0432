"""Checks that voltage, current and power are of one side, have their own names, and the usual sign."""

import re
from typing import Any

import numpy as np

from processing.head.advice import choices_of, column_names, rejected, shown
from processing.model.channels import CHANNELS, has_product
from processing.model.flags import Floats
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.model.thresholds import NIGHT_FLOOR
from processing.rows.sorted_rows import SortedRows

_MANY_ROWS, _HOUR_S = 6, 3600.0
_NEGATIVE = 0.9
"""Share of the rows with power: if it is negative in more, its sign likely follows another convention."""
_SHARE_NEGATIVE, _POSSIBLE_WH = 0.01, 1e12
"""Share of rows and of the energy that may be negative in a meter of one direction."""
_LOWEST = {"power": -1e7, "current": -2000.0}
"""The lowest physically possible values, in W and A."""

_HIGH, _ALIKE = 10.0, 0.2
"""How far power must be above the night floor on both sides of a change of its sign, and how alike."""
_COMPARED, _VARIES, _STAYS = 20, 3.0, 1.3
"""Rows that are compared, and how many times their least value the highest is: of a current, of a voltage."""
_AMPERES = r"(?i)(?<![a-z])a(?:mp|mps|mpere|mperes)?(?![a-z])"
_LOW_VOLTAGE, _LOW_CURRENT, _HIGH_CURRENT, _HIGHEST_CURRENT = 60.0, 30.0, 100.0, 300.0
"""In V and A: a current without a unit that is higher may be in mA; the first limit is for low voltages,
and above the last one it likely is."""
_DARK_ROWS, _DARK, _LIT = 6, 0.02, 0.5
"""Number of rows in which one side is below this share of its highest reading, the other above this one."""


def check_sides(rows: SortedRows) -> None:
    """Raise RejectedFileError if the voltage and the current may be of two sides of the plant.

    Then only one name is of the panel, and the other side continues while the panel is dark. A profile that
    names the columns declares that they belong together.
    """
    columns, channels = rows.dialect.columns, rows.profile.channels
    if "power" in columns or not has_product(columns):
        return
    from processing.head.column_kinds import sides_in  # noqa: PLC0415 - few files need it, and its patterns

    names = {name: columns[name].name for name in ("voltage", "current")}
    of_panel = [name for name, text in names.items() if sides_in(text) == {"panel"}]
    if len(of_panel) != 1:
        return
    panel, other = of_panel[0], "current" if of_panel == ["voltage"] else "voltage"
    if sides_in(names[other]) or any(channels[name].column is not None for name in names):
        return
    sizes = {name: np.abs(np.where(rows.conflict | rows.broken, np.nan, rows.values[name])) for name in names}
    dark = sizes[panel] <= _DARK * np.nanmax(sizes[panel], initial=0.0)
    lit = dark & (sizes[other] >= _LIT * np.nanmax(sizes[other], initial=0.0)) & (sizes[other] > 0)
    if np.count_nonzero(lit) < max(_DARK_ROWS, _LIT * np.count_nonzero(dark)):
        return
    message = (
        f"{shown([names[other]])!r} goes on while {shown([names[panel]])!r} is zero: it may be of another "
        "side, such as the battery, and V · I no power"
    )
    pair: dict[str, Any] = {
        name: column_names(rows.dialect.header, columns[name].places)[0] for name in names
    }
    choices = choices_of([pair])
    raise rejected("ambiguous_columns", message, rows.dialect.header_line, other, choices=choices)


def check_names(rows: SortedRows) -> None:
    """Raise RejectedFileError if the voltage varies as a current does, is smaller, and the current does not.

    A profile that names the columns declares that they are right, and so do limits.
    """
    names, columns, channels = ("voltage", "current"), rows.dialect.columns, rows.profile.channels
    if not has_product(columns) or any(
        rows.limits[name].is_known or channels[name].column is not None or len(columns[name].places) > 1
        for name in names
    ):
        return
    at = (rows.valid & rows.generating).nonzero()[0]
    sizes = [np.abs(rows.values[name][at]) for name in names]
    if len(at) < _COMPARED or np.isnan(sizes).any():
        return
    (low, volts, high), (least, amperes, most) = (np.percentile(each, (5, 50, 95)) for each in sizes)
    if volts >= amperes or high < _VARIES * low or most > _STAYS * least:
        return
    cells = {name: column_names(rows.dialect.header, columns[name].places)[0] for name in names}
    units = {name: columns[name].unit for name in names}
    swapped = {"voltage": {"column": cells["current"], "unit": "V"}}
    swapped["current"] = {"column": cells["voltage"], "unit": "A"}
    named = {name: {"column": cells[name], "unit": units[name]} for name in names}
    choices = [Choice("swapped", {"channels": swapped}), Choice("as they are named", {"channels": named})]
    message = (
        f"{shown([columns['voltage'].name])!r} varies with the power, and "
        f"{shown([columns['current'].name])!r} stays at about {amperes:.3g}: are the two swapped?"
    )
    raise rejected("ambiguous_columns", message, rows.dialect.header_line, "voltage", choices=choices)


def check_unit_of_name(rows: SortedRows) -> None:
    """Raise RejectedFileError if a name says energy and its unit power, or the reverse.

    If the rows are an hour apart or more, both have the same numbers, or other checks decide. A profile that
    sets the unit declares it.
    """
    is_power = rows.energy_kind is None
    channel, other = ("power", "energy") if is_power else ("energy", "power")
    column = rows.dialect.columns.get(channel)
    if column is None or rows.energy_kind == "counter" or rows.dt >= _HOUR_S or len(column.places) > 1:
        return
    if rows.profile.channels[channel].unit is not None or not column.states_unit or rows.dialect.long:
        return
    from processing.naming.synonyms import CHANNEL_OF, channel_by_word, normal  # noqa: PLC0415 - as above
    from processing.naming.units import label_of  # noqa: PLC0415

    name = label_of(column.name).name
    is_named = CHANNEL_OF.get(normal(name)) == channel_by_word(name) == "power"
    if "energ" not in name.casefold() if is_power else not is_named:
        return
    unit = f"{column.unit}h" if is_power else column.unit.removesuffix("h")
    if unit not in CHANNELS[other].units:
        return
    place = column_names(rows.dialect.header, column.places)[0]
    changes = {channel: {"column": False}, other: {"column": place, "unit": unit}}
    choices = [
        Choice(f"{channel} in {column.unit}", {"channels": {channel: {"unit": column.unit}}}),
        Choice(f"{other} in {unit}", {"channels": changes}),
    ]
    message = f"the name {shown([column.name])!r} says {other}, and its unit is one of {channel}"
    raise rejected("unknown_unit", message, rows.dialect.header_line, channel, choices=choices)


def check_amperes(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power comes from a current without a unit that may be in mA.

    Few panels or batteries of a low voltage give more than 30 A, and few plants more than 100 A.
    """
    columns, settings = rows.dialect.columns, rows.profile.channels.current
    if rows.limits["current"].is_known or "power" in columns or not has_product(columns):
        return
    column = columns["current"]
    if column.states_unit or settings.unit is not None or re.search(_AMPERES, column.name):
        return
    sizes = (np.abs(rows.values[name][~rows.broken]) for name in ("current", "voltage"))
    (current, voltage) = (each[each > 0] for each in sizes)
    if min(len(current), len(voltage)) < _MANY_ROWS:
        return
    high, usual = float(np.percentile(current, 95)), float(np.median(voltage))
    if high <= (_LOW_CURRENT if usual <= _LOW_VOLTAGE else _HIGH_CURRENT):
        return
    units = ("mA", "A") if high > _HIGHEST_CURRENT else ("A", "mA")
    choices = [Choice(unit, {"channels": {"current": {"unit": unit}}}) for unit in units]
    message = (
        f"the current in {shown([column.name])!r} has no unit, and reaches {high:.4g} beside {usual:.3g} V"
    )
    raise rejected("unknown_unit", message, rows.dialect.header_line, "current", choices=choices)


def check_sign(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power is negative throughout, or from one row on, and nobody allows it.

    From one row on: it is as high before as it is low after, and has one sign on either side.
    """
    name = "power" if "power" in rows.dialect.columns else "current"
    settings = rows.profile.channels[name]
    is_within = rows.limits[name].is_known and name not in rows.range_flags
    if rows.energy_kind is not None or is_within or settings.min is not None or (settings.scale or 1.0) < 0:
        return
    usable, floor = ~(rows.conflict | rows.broken), rows.thresholds[NIGHT_FLOOR]
    power = rows.power[usable]
    turn = _turn(power, floor)
    if turn is not None:
        line = rows.line[usable].item(turn)
        possible = {"min": _LOWEST[name], "max": -_LOWEST[name]}
        choices = [Choice("as it is", {"channels": {name: possible}})]
        message = f"the sign of the power turns in line {line}, and its size does not change: is it a fault?"
        raise rejected("outside_limits", message, line, name, choices=choices)
    negative, count = (int(np.count_nonzero(one < -floor)) for one in (power, -np.abs(power)))
    if negative < max(_MANY_ROWS, _NEGATIVE * count):
        return
    ways = {
        "the sign turned": {"scale": -(settings.scale or 1.0)},
        "negative as it is": {"min": _LOWEST[name]},
    }
    choices = [Choice(label, {"channels": {name: keys}}) for label, keys in ways.items()]
    share = f"the power is negative in {negative} of {counted(count, 'row')} with power"
    message = f"{share}: does the logger write what the plant gives as negative?"
    raise rejected("outside_limits", message, rows.dialect.header_line, name, choices=choices)


def check_directions(rows: SortedRows) -> None:
    """Raise RejectedFileError if negative energies of intervals would change the figure."""
    if rows.energy_kind != "interval" or rows.profile.channels.energy.min is not None:
        return
    energy = rows.values["energy"][~rows.conflict]
    negative = energy[energy < 0]
    lost, counted_energy = -negative.sum().item(), energy[energy > 0].sum().item()
    if len(negative) <= _SHARE_NEGATIVE * len(energy) or lost <= _SHARE_NEGATIVE * counted_energy:
        return
    lowest = {"in both directions": -_POSSIBLE_WH, "without negative energy": 0.0}
    choices = [Choice(label, {"channels": {"energy": {"min": least}}}) for label, least in lowest.items()]
    share = f"{len(negative)} of {counted(len(energy), 'row')} have negative energy"
    message = f"{share}, together {lost / 1000:.4g} kWh: is it a meter of both directions?"
    raise rejected("outside_limits", message, rows.dialect.header_line, "energy", choices=choices)


def _turn(power: Floats, floor: float) -> int | None:
    """Return the row from which the power has the other sign, with the same size; None if there is none."""
    before, after = power[:-1], power[1:]
    high = np.minimum(np.abs(before), np.abs(after)) > _HIGH * floor
    at = (high & (before * after < 0) & (np.abs(before + after) < _ALIKE * np.abs(before))).nonzero()[0] + 1
    if len(at) != 1:
        return None
    turn = int(at[0])
    signs = [np.sign(each[np.abs(each) > floor]) for each in (power[:turn], power[turn:])]
    has_one_sign = all(len(each) >= _MANY_ROWS and np.ptp(each) == 0 for each in signs)
    return turn if has_one_sign else None
