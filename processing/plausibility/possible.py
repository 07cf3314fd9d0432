"""Checks that a power which no plant gives is not left out of the figures as if it were a fault."""

import math
from typing import Any

import numpy as np

from processing.layout.advice import rejected
from processing.model.flags import FAIL
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.rows.sorted_rows import SortedRows

_MANY, _SHARE = 6, 0.1
"""At least this many rows, and this share of those with power, are above what is possible: no faults."""


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
    choices = [] if column.states_unit else [Choice("mW", {"channels": {"power": {"unit": "mW"}}})]
    choices.append(Choice(f"{column.unit} as it is", {"channels": {"power": limits}}))
    share = f"{count} of {counted(all_count, 'row')} with power"
    message = f"{share} are above {rows.limits['power'].max / 1e6:g} MW: is that the power of the plant?"
    raise rejected("outside_limits", message, rows.dialect.header_line, "power", choices=choices)
