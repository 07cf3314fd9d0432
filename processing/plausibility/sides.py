"""Checks that the power is that of one side of the plant, and has the usual sign."""

from typing import Any

import numpy as np

from processing.layout.advice import choices_of, column_names, rejected, shown
from processing.model.channels import has_product
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.model.thresholds import NIGHT_FLOOR
from processing.rows.sorted_rows import SortedRows

_MANY_ROWS = 6
_NEGATIVE = 0.9
"""Share of the rows with power: if it is negative in more, its sign likely follows another convention."""
_LOWEST = {"power": -1e7, "current": -2000.0}
"""The lowest physically possible values, in W and A."""

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
    from processing.layout.header_cells import sides_in  # noqa: PLC0415 - few files need it, and its patterns

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


def check_sign(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power is negative throughout and no profile allows that."""
    name = "power" if "power" in rows.dialect.columns else "current"
    settings = rows.profile.channels[name]
    is_within = rows.limits[name].is_known and name not in rows.range_flags
    if rows.energy_kind is not None or is_within or settings.min is not None or (settings.scale or 1.0) < 0:
        return
    power, floor = rows.power[~(rows.conflict | rows.broken)], rows.thresholds[NIGHT_FLOOR]
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
