"""Checks that a power which no plant gives, or which its numbers cannot hold, is not in the figures."""

import math
from typing import Any

import numpy as np

from processing.head.advice import rejected
from processing.model.channels import CHANNELS
from processing.model.digits import overflows
from processing.model.flags import FAIL
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.rows.sorted_rows import SortedRows

_MANY, _SHARE = 6, 0.1
"""At least this many rows, and this share of those with power, are above what is possible: no faults."""
_QUARTER_HOUR_S = 900.0
_END, _NEAR_END, _JUMPS = 2.0**15, 0.9, 2
"""Where numbers of 16 bits with a sign end, how near the power comes, and its jumps between the ends."""
_ENDS = (_END, 2 * _END, 1e4, 1e5)
"""Where registers and displays begin again at 0."""


def check_possible(rows: SortedRows) -> None:
    """Raise RejectedFileError if much of a power without known limits is above what is physically possible.

    A unit that the file or a profile states is accepted.
    """
    if "power" not in rows.range_flags or rows.limits["power"].is_known:
        return
    power, column = rows.values["power"], rows.dialect.columns["power"]
    failed = (rows.range_flags["power"] == FAIL) & ~rows.conflict
    count, all_count = int(np.count_nonzero(failed)), int(np.count_nonzero(failed | (power != 0)))
    if count < min(_MANY, len(power)) or count <= _SHARE * all_count:
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
