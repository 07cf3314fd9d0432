"""Whether temperatures without a unit are in °F or K."""

import numpy as np

from processing.head.advice import rejected
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.rows.sorted_rows import SortedRows

_FEWEST_ROWS = 6
_COLDEST, _HOURS = 45.0, 12
"""The highest coldest temperature in °C of a file of at least so many hours: panels cool down in the dark."""
_COLD_SHARE = 5
"""Percent of the temperatures that may be lower, such as those of a sensor that starts."""
_KELVIN = (213.15, 393.15)
"""The possible temperatures, in K."""


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
    elif rows.steps.seconds.sum() >= _HOURS * 3600:
        units = ["°F", "°C"]
    else:
        return
    choices = [Choice(unit, {"channels": {"temperature": {"unit": unit}}}) for unit in units]
    choices.append(Choice("no temperature", {"channels": {"temperature": {"column": False}}}))
    message = (
        f"the temperature is above {coldest:.3g} in nearly all of {counted(len(values), 'row')}: which unit?"
    )
    raise rejected("unknown_unit", message, rows.dialect.header_line, "temperature", choices=choices)
