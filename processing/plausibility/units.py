"""Whether readings are in the unit that their column states, or in which one if it states none."""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from processing.head.advice import asked, column_names, rejected, shown
from processing.model.channels import CHANNELS, DARK_WATTS, has_product
from processing.model.digits import decimals_of, usual_magnitude
from processing.model.flags import Floats
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.model.stamp import HOUR_S
from processing.rows.sorted_rows import SortedRows

_OF_SHUNT = re.compile(r"(?:[uv]|voltage|spannung)[ _]?shunt|(?<!smart)shunt[ _]?(?:[(\[]|\w?v|spannung|$)")
"""The name of the voltage of a shunt, in small letters. SmartShunt is a device."""
_FEWEST_ROWS = 6
_COLDEST = 45.0
"""The highest temperature in °C of the coldest rows of a file of at least _HOURS: panels cool in the dark."""
_HOURS = 12
_COLD_SHARE = 5
"""Percent of the temperatures that may be lower, such as those of a sensor that starts."""
_KELVIN = (213.15, 393.15)
"""The possible temperatures, in K."""
_AMPERES = r"(?i)(?<![a-z])a(?:mp|mps|mpere|mperes)?(?![a-z])"
_LOW_VOLTAGE = 60.0
"""V up to which a voltage is a low one."""
_LOW_CURRENT = 30.0
"""A above which a current without a unit, beside a low voltage, may be in mA."""
_HIGH_CURRENT = 100.0
"""The same beside a higher voltage."""
_WATTS_OF_KW = 1000.0
_ABOVE, _FAR_BELOW = (20.0, 40.0, 400.0), 300.0
"""How many times as high as that of the accepted file no power is, in kW without decimals, with one, and with
more, or in W; and how many times as low none in W with decimals is."""
_THOUSANDTHS, _ALMOST = 3, 0.2
"""The exponent between Wh and kWh, and its tolerance."""
_ROUNDING = 0.01
"""The share of what a meter shows that may be rounded."""
_HIGHEST_CURRENT = 300.0
"""A above which it likely is in mA."""


def check_degrees(rows: SortedRows) -> None:
    """Raise RejectedFileError if the temperature states no unit and is likely to be in °F or K."""
    column = rows.dialect.columns.get("temperature")
    if column is None or column.states_unit or rows.profile.channels.temperature.unit is not None:
        return
    values = rows.values["temperature"]
    values = values[~(np.isnan(values) | rows.conflict | rows.broken)]
    if len(values) < _FEWEST_ROWS:
        return
    coldest = float(np.percentile(values, _COLD_SHARE))
    if coldest <= _COLDEST:
        return
    if _KELVIN[0] <= coldest and values.max() <= _KELVIN[1]:
        units = ["K"]
    elif rows.steps.seconds.sum() >= _HOURS * HOUR_S:
        units = ["°F", "°C"]
    else:
        return
    message = (
        f"the temperature is above {coldest:.3g} in nearly all of {counted(len(values), 'row')}: which unit?"
    )
    ways = {unit: {"unit": unit} for unit in units} | {"no temperature": {"column": False}}
    raise asked("unknown_unit", message, rows.dialect.header_line, "temperature", ways)


def check_shunt(rows: SortedRows) -> None:
    """Raise RejectedFileError for a current or a power without a unit beside the voltage of a shunt.

    Libraries of the sensors that measure it (INA219, INA226) return mA and mW, mA and W, or A and W.
    """
    if not any(_OF_SHUNT.search(name.casefold()) for name in rows.dialect.header):
        return
    columns, channels = rows.dialect.columns, rows.profile.channels
    bare = [
        name
        for name in ("current", "power")
        if name in columns and not columns[name].states_unit and channels[name].unit is None
    ]
    if not bare:
        return
    units = {"current": ("mA", "mA", "A"), "power": ("mW", "W", "W")}
    ways = dict.fromkeys(zip(*(units[name] for name in bare), strict=True))
    choices = [
        Choice(
            " and ".join(way),
            {"channels": {name: {"unit": unit} for name, unit in zip(bare, way, strict=True)}},
        )
        for way in ways
    ]
    message = f"beside the voltage of a shunt, the {' and the '.join(bare)} may be in thousandths of A and W"
    raise rejected("unknown_unit", message, rows.dialect.header_line, bare[0], choices=choices)


def check_unit_of_name(rows: SortedRows) -> None:
    """Raise RejectedFileError if a name says energy and its unit power, or the reverse.

    If the rows are an hour apart or more, both have the same numbers, or other checks decide. A profile that
    sets the unit declares it.
    """
    is_power = rows.energy_kind is None
    channel, other = ("power", "energy") if is_power else ("energy", "power")
    column = rows.dialect.columns.get(channel)
    if column is None or rows.energy_kind == "counter" or rows.dt >= HOUR_S or len(column.places) > 1:
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


def check_unit_of_meter(rows: SortedRows) -> None:
    """Raise RejectedFileError if a meter goes on with a thousand times what it showed, or a thousandth.

    It has counted many steps by then. A profile that states the unit declares that there is only one.
    """
    if rows.energy_kind != "counter" or rows.profile.channels.energy.unit is not None:
        return
    known = (~rows.broken & (rows.values["energy"] >= 0)).nonzero()[0]
    values = rows.values["energy"][known]
    growth = np.diff(np.log10(np.maximum(values, 1e-9)))
    for at in (np.abs(np.abs(growth) - _THOUSANDTHS) < _ALMOST).nonzero()[0].tolist():
        scale, first = 10.0 ** math.copysign(_THOUSANDTHS, growth[at]), max(0, at - _FEWEST_ROWS)
        shown_before, shown_after = values[first : at + 1], values[at + 1 : at + _FEWEST_ROWS]
        rises = np.diff(np.concatenate((shown_before, shown_after / scale)))
        rise, rises = rises[at - first], np.delete(rises, at - first)
        least = _ROUNDING * values[at]
        most = 2 * rises.max(initial=0.0)
        if most < values[at] and -least <= min(rise, rises.min(initial=0.0)) and rise <= most + least:
            line, unit = rows.line.item(int(known[at + 1])), rows.dialect.columns["energy"].unit
            is_more = "1000 times" if growth[at] > 0 else "1/1000 of"
            message = (
                f"the meter from line {line} on shows {is_more} what it showed before: does its unit change "
                "there? If so, give one unit to all rows, or split the file there"
            )
            raise asked("unknown_unit", message, line, "energy", {f"all in {unit}": {"unit": unit}})


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
    if min(len(current), len(voltage)) < _FEWEST_ROWS:
        return
    high, usual = float(np.percentile(current, 95)), float(np.median(voltage))
    if high <= (_LOW_CURRENT if usual <= _LOW_VOLTAGE else _HIGH_CURRENT):
        return
    units = ("mA", "A") if high > _HIGHEST_CURRENT else ("A", "mA")
    message = (
        f"the current in {shown([column.name])!r} has no unit, and reaches {high:.4g} beside {usual:.3g} V"
    )
    ways = {unit: {"unit": unit} for unit in units}
    raise asked("unknown_unit", message, rows.dialect.header_line, "current", ways)


def check_accepted_unit(
    rows: SortedRows,
    channels: Mapping[str, Any],
    *,
    power_w: float | None = None,
    decimals: int | None = None,
) -> None:
    """Raise RejectedFileError if power or energy is not in the unit that a site's format states.

    The format may have been accepted for another device of the same folder. `channels` are those of the
    format; limits in one of them declare that it may be so. `power_w` is the usual power of the accepted
    file, and `decimals` the decimals of its numbers.
    """
    name = _source(rows)
    column, accepted = rows.dialect.columns[name], channels.get(name, {})
    if "unit" not in accepted or accepted.keys() & {"min", "max"}:
        return
    (usual, digits), cells = numbers_shown(rows), _cells(rows, name)
    times, is_large = usual / power_w if power_w else 1.0, column.factor >= _WATTS_OF_KW
    is_far = times > (_ABOVE[min(digits, 2)] if is_large else _ABOVE[2])
    is_far |= 0 < times < 1 / _FAR_BELOW and digits > 0 and not is_large
    are_whole = is_large and digits == 0 < (decimals or 0) and len(np.unique(cells)) > _FEWEST_ROWS
    if not (is_far or are_whole or (name == "power" and _is_of_other_numbers(rows, cells, digits, decimals))):
        return
    widest = CHANNELS[name].widest_keys
    limits = {"unit": column.unit, **widest, "max": max(widest["max"], 10 * usual)}
    message = f"the {name} reaches {np.abs(cells).max():.4g} {column.unit}"
    message += f", and the power is {times:.2g} times that of the accepted file" if is_far else ""
    message += ": is it in the unit that was accepted for other files?"
    ways = {f"{column.unit} as it is": limits}
    raise asked("unknown_unit", message, rows.dialect.header_line, name, ways)


def numbers_shown(rows: SortedRows) -> tuple[float, int]:
    """Return the usual power in W of rows that have any, and the most decimals of its numbers.

    They are those of the power or the energy; without them, of the current.
    """
    cells = _cells(rows, _source(rows))
    decimals = decimals_of(cells[cells != 0][-_FEWEST_ROWS * _HOURS :]).max(initial=0)
    return usual_magnitude(rows.power[rows.valid & (rows.power != 0)]), int(decimals)


def _source(rows: SortedRows) -> str:
    if rows.energy_kind is not None:
        return "energy"
    return "power" if "power" in rows.dialect.columns else "current"


def _cells(rows: SortedRows, name: str) -> Floats:
    """Return the numbers of a channel in its column's unit."""
    values = rows.values[name][rows.valid]
    return values[~np.isnan(values)] / rows.dialect.columns[name].factor


def _is_of_other_numbers(rows: SortedRows, cells: Floats, digits: int, decimals: int | None) -> bool:
    """Return whether the numbers of a power in kW seem to be W, or the reverse.

    Numbers of 1,000 and more are no kW. Those that never reach 24 W in half a day are no W if they have two
    decimals, or one and those of the accepted file none.
    """
    column, most = rows.dialect.columns["power"], np.abs(cells).max(initial=0.0)
    if column.factor >= _WATTS_OF_KW:
        return usual_magnitude(cells) >= _WATTS_OF_KW
    is_low = column.factor == 1 and 0 < most < DARK_WATTS and digits >= (1 if decimals == 0 else 2)
    return bool(is_low and rows.steps.seconds.sum() >= _HOURS * HOUR_S)
