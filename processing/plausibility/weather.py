"""Checks that a column which only a letter names, such as `P`, is not the pressure, the wind or the light."""

import re

import numpy as np

from processing.head.advice import column_names, rejected, shown
from processing.model.channels import CHANNELS, has_product
from processing.model.rejection import Choice
from processing.rows.sorted_rows import SortedRows

_OF_WEATHER = re.compile(r"rh|h|hum\w*|.*(?:wind|rain|humid|feucht|regen).*|w[sd]|uv\w*|baro\w*|lux")
"""Whole names of columns beside a letter that then is likely no power."""
_COMPARED = 6
"""The fewest rows that are compared."""
_STAYS = 0.8
"""A power falls below this share of its highest value."""
_LARGER = 20.0
"""A current in A is not so many times its voltage in V."""


def check_letters(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power, or a voltage and a current, are likely of a weather station.

    Only a letter names them then, and a weather station has the other columns, the power stays almost the
    same, or the current is far larger than the voltage. A profile that names the columns or sets limits
    declares that they are right, and so does a unit.
    """
    columns = rows.dialect.columns
    used = ["power"] if "power" in columns else ["voltage", "current"]
    if "power" in columns:
        is_open = not has_product(columns) and (_has_weather(rows) or _stays(rows))
    else:
        is_open = has_product(columns) and _is_larger(rows)
    if not (is_open and any(_is_letter(rows, name) for name in used)):
        return
    places = {name: column_names(rows.dialect.header, columns[name].places)[0] for name in used}
    ways = [{name: CHANNELS[name].unit for name in used}]
    ways.append(ways[0] | ({"power": "kW"} if "power" in columns else {"current": "mA"}))
    choices = [
        Choice(
            ", ".join(f"{name} in {unit}" for name, unit in way.items()),
            {"channels": {name: {"column": places[name], "unit": unit} for name, unit in way.items()}},
        )
        for way in ways
    ]
    texts = " and ".join(f"{shown([columns[name].name])!r} the {name}" for name in used)
    message = f"only letters name the columns, and the file may be of a weather station: is {texts}?"
    raise rejected("ambiguous_columns", message, rows.dialect.header_line, used[-1], choices=choices)


def _is_letter(rows: SortedRows, channel: str) -> bool:
    """Return whether only a letter says that a column is this channel's."""
    column, settings = rows.dialect.columns[channel], rows.profile.channels[channel]
    name = column.name.strip()
    is_declared = settings.column is not None or rows.limits[channel].is_known or rows.dialect.format_name
    return len(name) == 1 and not is_declared and (not column.states_unit or name.upper() == column.unit)


def _has_weather(rows: SortedRows) -> bool:
    """Return whether other columns are those of a weather station; `W` may be the wind, or the west."""
    names = {one.strip().casefold() for one in rows.dialect.header}
    is_wind = "w" in names and ("g" in names or {"n", "s"} <= names)
    return is_wind or any(map(_OF_WEATHER.fullmatch, names))


def _stays(rows: SortedRows) -> bool:
    """Return whether the power stays almost the same in all rows, as the pressure of the air does."""
    power = rows.values["power"][rows.valid]
    return len(power) >= _COMPARED and bool(power.min() > _STAYS * power.max() > 0)


def _is_larger(rows: SortedRows) -> bool:
    """Return whether the current is far larger than the voltage in most rows with power."""
    at = rows.valid & rows.generating
    volts, amperes = (np.abs(rows.values[name][at]) for name in ("voltage", "current"))
    return len(volts) >= _COMPARED and bool(np.median(amperes) > _LARGER * np.median(volts))
