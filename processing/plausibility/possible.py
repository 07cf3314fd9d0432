"""Whether power and energy may have the sizes and the signs that they have."""

import math
from typing import Any

import numpy as np

from processing.head.advice import rejected
from processing.model.channels import CHANNELS
from processing.model.digits import overflows
from processing.model.flags import FAIL, Floats
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.model.thresholds import NIGHT_FLOOR
from processing.rows.sorted_rows import SortedRows

_FEWEST_ROWS = 6
"""So many rows are no faults."""
_SHARE = 0.1
"""Nor are they if they are this share of the rows with power."""
_QUARTER_HOUR_S = 900.0
_END = 2.0**15
"""Where numbers of 16 bits with a sign end."""
_NEAR_END = 0.9
"""How near the power comes to both ends."""
_JUMPS = 2
"""Its jumps between the ends."""
_ENDS = (_END, 2 * _END, 1e4, 1e5)
"""Where registers and displays begin again at 0."""
_NEGATIVE = 0.9
"""Share of the rows with power: if it is negative in more, its sign likely follows another convention."""
_SHARE_NEGATIVE = 0.01
"""Share of rows and of the energy that may be negative in a meter of one direction."""
_POSSIBLE_WH = 1e12
_LOWEST = {"power": -1e7, "current": -2000.0}
"""The lowest physically possible values, in W and A."""
_ABOVE_FLOOR = 10.0
"""How many times the night floor the power is on both sides of a change of its sign."""
_ALIKE = 0.2
"""The most by which it then differs, as a share of it."""


def check_possible(rows: SortedRows) -> None:
    """Raise RejectedFileError if much of a power without known limits is above what is physically possible.

    A unit that the file or a profile states is accepted.
    """
    if "power" not in rows.range_flags or rows.limits["power"].is_known:
        return
    power, column = rows.values["power"], rows.dialect.columns["power"]
    failed = (rows.range_flags["power"] == FAIL) & ~rows.conflict
    count, all_count = int(np.count_nonzero(failed)), int(np.count_nonzero(failed | (power != 0)))
    if count < min(_FEWEST_ROWS, len(power)) or count <= _SHARE * all_count:
        return
    highest = 10.0 ** math.ceil(math.log10(np.nanmax(np.abs(power))))
    limits: dict[str, Any] = {"max": highest} | ({"min": -highest} if np.nanmin(power) < 0 else {})
    is_certain = column.states_unit and not column.name.isupper()  # SOLAR MW may be in mW
    choices = [] if is_certain else [Choice("mW", {"channels": {"power": {"unit": "mW"}}})]
    choices.append(Choice(f"{column.unit} as it is", {"channels": {"power": limits}}))
    share = f"{count} of {counted(all_count, 'row')} with power"
    message = f"{share} are above {rows.limits['power'].max / 1e6:g} MW: is that the power of the plant?"
    raise rejected("outside_limits", message, rows.dialect.header_line, "power", choices=choices)


def check_bits(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power does not fit into the numbers that the logger writes.

    It jumps between both ends of numbers of 16 bits with a sign, or begins again at 0. Limits of a profile
    declare that it may.
    """
    column, settings = rows.dialect.columns.get("power"), rows.profile.channels.power
    if column is None or settings.min is not None or settings.max is not None:
        return
    cells = (rows.values["power"][rows.valid] - column.offset) / column.factor
    high, low = (float(each(cells, initial=0.0)) for each in (np.fmax.reduce, np.fmin.reduce))
    is_at_end = any(_NEAR_END * end < high < end for end in _ENDS)
    is_signed = _NEAR_END * _END < high < _END and _NEAR_END * _END < -low <= _END
    if is_signed and np.count_nonzero(np.abs(np.diff(cells)) > (1 + _NEAR_END / 2) * _END) >= _JUMPS:
        message = f"jumps between {high:g} and {low:g}, the ends of numbers of 16 bits: "
    elif is_at_end and rows.dt <= _QUARTER_HOUR_S and len(overflows(cells)):
        message = f"falls from about {high:g} to 0, goes on from there, and comes back: "
    else:
        return
    lowest, highest = CHANNELS["power"].possible or (-math.inf, math.inf)
    choices = [Choice("as it is", {"channels": {"power": {"min": lowest, "max": highest}}})]
    message = (
        f"the power {message}higher power does not fit into its numbers; export it as a number of 32 bits"
    )
    raise rejected("outside_limits", message, rows.dialect.header_line, "power", choices=choices)


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
    if negative < max(_FEWEST_ROWS, _NEGATIVE * count):
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
    high = np.minimum(np.abs(before), np.abs(after)) > _ABOVE_FLOOR * floor
    at = (high & (before * after < 0) & (np.abs(before + after) < _ALIKE * np.abs(before))).nonzero()[0] + 1
    if len(at) != 1:
        return None
    turn = int(at[0])
    signs = [np.sign(each[np.abs(each) > floor]) for each in (power[:turn], power[turn:])]
    has_one_sign = all(len(each) >= _FEWEST_ROWS and np.ptp(each) == 0 for each in signs)
    return turn if has_one_sign else None
