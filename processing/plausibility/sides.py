"""Whether the columns of a file are of the side of the plant, and of the direction, that it is about."""

from typing import Any

import numpy as np

from processing.head.advice import choices_of, column_names, rejected, shown
from processing.model.channels import has_product
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.model.stamp import DAY_S
from processing.rows.sorted_rows import SortedRows

_DARK_ROWS = 6
"""Rows in which one side is dark and the other one is not."""
_DARK = 0.02
"""A side is dark below this share of its highest reading."""
_LIT = 0.5
"""It is lit from this share on; so many of the dark rows have to be."""
_COMPARED = 20
"""The fewest rows that are compared."""
_VARIES = 3.0
"""A current varies: its highest reading is so many times the lowest one."""
_IDLE, _IDLE_S = 0.01, 2 * DAY_S
"""A meter's direction is idle if so small a share of the rows has energy in it, in so many seconds."""
_STAYS = 1.3
"""A voltage stays: its highest reading is at most so many times the lowest one."""


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


def check_swapped(rows: SortedRows) -> None:
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


def check_idle_direction(rows: SortedRows) -> None:
    """Raise RejectedFileError if nearly no energy flows in the direction of a meter that is read.

    The other direction is not used. So it is with a meter that counts what a plant makes as exported. Below
    snow, a column that names what a plant makes has no energy either. A profile that is no known format and
    names the column, or a least energy, declares that it is right.
    """
    column, settings = rows.dialect.columns.get("energy"), rows.profile.channels.energy
    is_declared = settings.min is not None or (settings.column is not None and not rows.dialect.format_name)
    if column is None or rows.energy_kind is None or is_declared:
        return
    energy = rows.values["energy"][~(rows.conflict | rows.broken)]
    flows = np.count_nonzero((energy if rows.energy_kind == "interval" else np.diff(energy)) > 0)
    if flows > _IDLE * len(energy) or rows.steps.seconds.sum() < _IDLE_S:
        return
    from processing.head.column_kinds import names_production  # noqa: PLC0415 - few files need it
    from processing.naming.flows import RETURNED  # noqa: PLC0415 - and its patterns

    header = rows.dialect.header
    others = [at for at, name in enumerate(header) if name in rows.dialect.unused]
    others = [at for at in others if RETURNED.search(header[at].casefold())]
    is_certain = names_production(column.name) or RETURNED.search(column.name.casefold())
    if not others or is_certain:
        return
    ways = [{"column": name} for name in column_names(header, others)]
    choices = [
        Choice(f"energy: {header[at]}", {"channels": {"energy": way}})
        for at, way in zip(others, ways, strict=True)
    ]
    choices.append(Choice(f"energy: {column.name}, as it is", {"channels": {"energy": {"min": 0.0}}}))
    message = (
        f"{shown([column.name])!r} has energy in {flows} of {counted(len(energy), 'row')}, and "
        f"{shown([header[others[0]]])!r} is the other direction: which one is the file about?"
    )
    raise rejected("ambiguous_columns", message, rows.dialect.header_line, "energy", choices=choices)
