"""Whether readings may have the sizes and the signs that they have."""

import math
from typing import Any

import numpy as np

from processing.energy.counters import RESET
from processing.head.advice import asked, column_names, rejected, shown
from processing.model.channels import CHANNELS, is_enough
from processing.model.digits import overflows
from processing.model.flags import FAIL, Floats, Integers, Mask
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted
from processing.model.stamp import DAY
from processing.model.thresholds import NIGHT_FLOOR
from processing.rows.daylight import dates
from processing.rows.sorted_rows import SortedRows

_FEWEST_ROWS = 6
"""So many rows are no faults."""
_SHARE = 0.1
"""Nor are they if they are this share of the rows with power."""
_QUARTER_HOUR_S, _MAX_POWER_W = 900.0, CHANNELS["power"].widest[1]
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
_ABOVE_FLOOR = 10.0
"""How many times the night floor the power is on both sides of a change of its sign."""
_ALIKE = 0.2
"""The most by which it then differs, as a share of it."""
_BRIGHT, _BOTH = 0.2, 0.02
"""A day counts if it has more than this share of the energy of the brightest one. It has one sign if the
other one has at most that share of its energy."""
_DRAWN = 3.0
"""What an inverter draws is less than so many times what it usually draws at night."""
_FAR = 100.0
"""How many times as high as all others a code for no reading is."""
_LONG, _PAST_NOON, _FEWEST_RISES = 0.75, 0.46, 9
"""No power rises so often, and never falls, in so many days: of all rows, or from the first power on."""
_HIGHEST = 1e300
"""The highest limit: higher numbers are at the end of what a computer has."""


def check_possible(rows: SortedRows) -> None:
    """Raise RejectedFileError if much of a channel without known limits is above what is physically possible.

    A unit of the power that the file or a profile states is accepted.
    """
    for name in ("power", "voltage", "current"):
        if name in rows.range_flags and not rows.limits[name].is_known:
            _check(rows, name, rows.values[name], rows.range_flags[name] == FAIL)


def check_power_of_energy(rows: SortedRows, *, has_site_format: bool = False) -> None:
    """Raise RejectedFileError if no plant gives the power of many energies of intervals.

    A unit that a profile states is accepted. One in a site's format may be that of another file in the
    folder, so only a limit is.
    """
    settings = rows.profile.channels.energy
    is_declared = (settings.max if has_site_format else settings.unit) is not None
    if rows.energy_kind == "interval" and not is_declared:
        _check(rows, "energy", rows.power, np.abs(rows.power) > _MAX_POWER_W)


def _check(rows: SortedRows, name: str, values: Floats, above: Mask) -> None:
    """Raise RejectedFileError if many of these values of a channel are above what is possible."""
    above = above & ~rows.conflict
    count, all_count = int(np.count_nonzero(above)), int(np.count_nonzero(above | (values != 0)))
    fewest = min(_FEWEST_ROWS, len(values)) if name == "power" else _FEWEST_ROWS
    if count < fewest or count <= _SHARE * all_count:
        return
    limit = f"{rows.limits[name].max:g} {CHANNELS[name].unit}: is that its unit?"
    if name in ("power", "energy"):
        limit = f"{_MAX_POWER_W / 1e6:g} MW: is that the power of the plant?"
    message = f"{count} of {counted(all_count, 'row')} with {name} are above {limit}"
    codes = np.unique(values[above])
    highest_other = np.nanmax(np.abs(values[~above]), initial=0.0)
    is_code = len(codes) == 1 and 0 < _FAR * highest_other < np.abs(codes[0]) and name != "energy"
    choices = []
    if is_code:
        from processing.plausibility.sentinels import no_reading  # noqa: PLC0415 - few files need it

        choices.append(no_reading(rows, name, codes.item()))
    choices += _other_units(rows, name)
    highest = 10.0 ** math.ceil(math.log10(min(_HIGHEST, np.nanmax(np.abs(values)))))
    limits: dict[str, Any] = {"max": highest} | ({"min": -highest} if np.nanmin(values) < 0 else {})
    unit = rows.dialect.columns[name].unit
    if name in ("power", "energy"):
        keys = limits if name == "power" else {"unit": unit, "kind": "interval", "max": CHANNELS[name].high}
        choices.append(Choice(f"{unit} as it is", {"channels": {name: keys}}))
    if not choices:
        return
    raise rejected("outside_limits", message, rows.dialect.header_line, name, choices=choices)


def _other_units(rows: SortedRows, name: str) -> list[Choice]:
    """Return the choices of another unit or kind, and to leave out what the power does not need."""
    column = rows.dialect.columns[name]
    if name == "energy":
        return [Choice("a meter's total", {"channels": {name: {"kind": "counter"}}})]
    is_set = rows.profile.channels[name].unit is not None
    is_certain = is_set or (column.states_unit and not column.name.isupper())  # SOLAR MW may be in mW
    unit = f"m{CHANNELS[name].unit}"
    choices = [] if is_certain else [Choice(unit, {"channels": {name: {"unit": unit}}})]
    if name != "power" and is_enough(rows.dialect.columns.keys() - {name}):
        choices.append(Choice(f"without {name}", {"channels": {name: {"column": False}}}))
    return choices


def check_rises(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power never falls in a day, except to about 0 once a day: a total.

    It is a power if the file states its unit, or the profile its highest value. A unit in the profile may be
    that of another file in the same folder.
    """
    column, settings = rows.dialect.columns.get("power"), rows.profile.channels.power
    if column is None or settings.max is not None or (column.states_unit and settings.unit is None):
        return
    known = rows.valid & ~np.isnan(rows.values["power"])
    values, time = rows.values["power"][known], rows.time[known]
    shown_at = values.nonzero()[0]
    if len(shown_at) < _FEWEST_RISES or len(column.places) > 1:
        return
    days = (time[-1] - time[shown_at[0]]) / DAY
    if days < (_LONG if len(shown_at) == len(values) else _PAST_NOON):
        return
    before, after = values[:-1], values[1:]
    count, falls = (int(np.count_nonzero(each)) for each in (after > before, after < before))
    resets = int(np.count_nonzero(after < RESET * before))
    if falls > resets or falls > days + 0.5 or count < _FEWEST_RISES * max(1, falls):
        return
    message = f"the power in {shown([column.name])!r} rises in {counted(count, 'row')} and never falls"
    message += f", except to about 0 in {counted(falls, 'row')}" * bool(falls) + ": is it a meter's total?"
    (name,) = column_names(rows.dialect.header, column.places)
    is_energy = [{"column": name, "kind": "counter", "unit": unit} for unit in ("kWh", "Wh")]
    choices = [
        Choice(f"a meter's total in {one['unit']}", {"channels": {"power": {"column": False}, "energy": one}})
        for one in is_energy
    ]
    limit = 10.0 ** math.ceil(math.log10(values.max()))
    choices.append(Choice("power as it is", {"channels": {"power": {"max": limit}}}))
    raise rejected("ambiguous_columns", message, rows.dialect.header_line, "power", choices=choices)


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
    message = (
        f"the power {message}higher power does not fit into its numbers; export it as a number of 32 bits"
    )
    ways = {"as it is": CHANNELS["power"].widest_keys}
    raise asked("outside_limits", message, rows.dialect.header_line, "power", ways)


def check_sign(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power is negative throughout, or from one row on, and nobody allows it.

    From one row on: it is as high before as it is low after, and has one sign on either side. Or it has one
    sign on each day, and not the same on all.
    """
    name = "power" if "power" in rows.dialect.columns else "current"
    settings = rows.profile.channels[name]
    is_within = rows.limits[name].is_known and name not in rows.range_flags
    if rows.energy_kind is not None or is_within or settings.min is not None:
        return
    usable, floor = ~(rows.conflict | rows.broken), rows.thresholds[NIGHT_FLOOR]
    power = rows.power[usable]
    negative, count = (int(np.count_nonzero(one < -floor)) for one in (power, -np.abs(power)))
    if negative < _FEWEST_ROWS:
        return
    if (turn := _turn(power, floor)) is not None:
        raise _turned(name, rows.line[usable].item(turn))
    # one value beside others is a code for no reading, or what a device takes
    if len(np.unique(power[power < -floor])) == 1 and np.any(power > 0):
        return
    if negative < _NEGATIVE * count:
        _check_production(rows, power, floor)
        if (turn := _turn_of_days(power, dates(rows.time[usable]), floor)) is not None:
            raise _turned(name, rows.line[usable].item(turn))
        return
    ways = {
        "the sign turned": {"scale": -(settings.scale or 1.0)},
        "negative as it is": CHANNELS[name].widest_keys,
    }
    share = f"the power is negative in {negative} of {counted(count, 'row')} with power"
    message = f"{share}: does the logger write what the plant gives as negative?"
    raise asked("outside_limits", message, rows.dialect.header_line, name, ways)


def _turned(name: str, line: int) -> RejectedFileError:
    message = f"the sign of the power turns in line {line}, and its size does not change: is it a fault?"
    return asked("outside_limits", message, line, name, {"as it is": CHANNELS[name].widest_keys})


def _check_production(rows: SortedRows, power: Floats, floor: float) -> None:
    """Raise RejectedFileError if much power is negative in a column that names what a plant makes.

    What its inverter draws is as much at night.
    """
    from processing.head.column_kinds import names_production  # noqa: PLC0415 - few files need it
    from processing.rows.daylight import night_rows  # noqa: PLC0415

    column = rows.dialect.columns.get("power")
    lost, given = -power[power < -floor].sum().item(), power[power > 0].sum().item()
    if column is None or lost <= _SHARE_NEGATIVE * given or not names_production(column.name):
        return
    night = night_rows(rows)
    drawn = -rows.power[night & rows.valid] if night is not None else power[:0]
    if len(drawn) and 0 < -power.min() < _DRAWN * np.median(drawn):
        return
    widest = CHANNELS["power"].widest_keys
    ways = {"negative as it is": widest, "without negative power": widest | {"min": 0.0}}
    share = f"{np.count_nonzero(power < -floor)} of {counted(len(power), 'row')}"
    message = f"{shown([column.name])!r} is negative in {share}, and a plant gives no negative power: "
    message += "was the sensor reversed for a time? If so, turn the sign there"
    raise asked("outside_limits", message, rows.dialect.header_line, "power", ways)


def check_directions(rows: SortedRows) -> None:
    """Raise RejectedFileError if negative energies of intervals would change the figure."""
    if rows.energy_kind != "interval" or rows.profile.channels.energy.min is not None:
        return
    energy = rows.values["energy"][~rows.conflict]
    negative = energy[energy < 0]
    lost, counted_energy = -negative.sum().item(), energy[energy > 0].sum().item()
    if len(negative) <= _SHARE_NEGATIVE * len(energy) or lost <= _SHARE_NEGATIVE * counted_energy:
        return
    ways = {"in both directions": {"min": -CHANNELS["energy"].high}, "without negative energy": {"min": 0.0}}
    share = f"{len(negative)} of {counted(len(energy), 'row')} have negative energy"
    message = f"{share}, together {lost / 1000:.4g} kWh: is it a meter of both directions?"
    raise asked("outside_limits", message, rows.dialect.header_line, "energy", ways)


def _turn(power: Floats, floor: float) -> int | None:
    """Return the row from which the power has the other sign, with the same size; None if there is none."""
    at = _turns(power, floor).nonzero()[0] + 1
    if len(at) != 1:
        return None
    turn = int(at[0])
    signs = [np.sign(each[np.abs(each) > floor]) for each in (power[:turn], power[turn:])]
    has_one_sign = all(len(each) >= _FEWEST_ROWS and np.ptp(each) == 0 for each in signs)
    return turn if has_one_sign else None


def _turns(power: Floats, floor: float) -> Mask:
    """Return after which rows the power has the other sign, with the same size."""
    before, after = power[:-1], power[1:]
    high = np.minimum(np.abs(before), np.abs(after)) > _ABOVE_FLOOR * floor
    return high & (before * after < 0) & (np.abs(before + after) < _ALIKE * np.abs(before))


def _turn_of_days(power: Floats, days: Integers, floor: float) -> int | None:
    """Return the first row of the other sign, if each day has one; None if one has both, or all the same.

    A day ends where the sign turns at once, with the same size.
    """
    at = (np.abs(power) > floor).nonzero()[0]
    power, days = power[at], days[at]
    part = np.append(0, np.cumsum(_turns(power, floor) | (days[1:] != days[:-1])))
    given, taken = (np.bincount(part, np.maximum(each, 0)) for each in (power, -power))
    sums, lower = given + taken, np.minimum(given, taken)
    counts = sums > _BRIGHT * sums.max()
    signs = np.sign(given - taken)
    if np.any(lower > _BOTH * sums, where=counts) or np.ptp(signs[counts]) == 0:
        return None
    other = counts & (signs != signs[counts][0])
    return at.item(int(np.argmax(other[part])))
