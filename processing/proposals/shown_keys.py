"""What a file shows beside the answer to its question, and other files of its logger may leave open."""

from typing import Any

import numpy as np

from processing.model.channels import CHANNELS
from processing.model.flags import any_of
from processing.plausibility.units import numbers_shown
from processing.rows.sorted_rows import SortedRows
from processing.times.time_shapes import has_open_date


def keys_shown(rows: SortedRows) -> dict[str, Any]:
    """Return the keys of a profile that state how a file was read, where neither it nor its header says so.

    These are the order of day and month, and the kind of an energy, if its readings show it: those of a day
    without sun do not. The unit of a power is stated if its numbers are whole ones in W: those in kW have
    fractions, which show that a file has another unit. Beside a unit that the format states, `accepted` says
    what its numbers are like.
    """
    stated, dialect, channels = rows.profile.csv, rows.dialect, rows.profile.channels
    found: dict[str, Any] = {}
    if stated.time_format == "auto" and has_open_date([dialect.time_format]):
        found["csv"] = {"time_format": dialect.time_format}
    if rows.energy_kind is not None:
        if channels.energy.kind is None and any_of(rows.values["energy"][rows.valid] > 0):
            found["channels"] = {"energy": {"kind": rows.energy_kind}}
    elif "power" in dialect.columns and not dialect.long:
        column, power = dialect.columns["power"], rows.values["power"][rows.valid]
        is_open = not (column.states_unit or column.is_product) and column.unit == "W"
        if is_open and any_of(power > 0) and not any_of(power != np.rint(power)):
            found["channels"] = {"power": {"unit": "W"}}
    is_stated = any(channels[name].unit is not None for name in CHANNELS if name != "temperature")
    is_stated = is_stated or "unit" in found.get("channels", {}).get("power", {})
    usual, decimals = numbers_shown(rows) if is_stated else (0.0, 0)
    if usual:
        found["accepted"] = {"power_w": float(f"{usual:.4g}"), "decimals": decimals}
    return found
