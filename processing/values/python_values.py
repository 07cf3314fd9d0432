"""Readings as objects of Python, numpy or pandas, converted to the values of cells.

pandas is never imported: its tables and rows are recognised by their methods.
"""

import numbers
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np

from processing.model.stamp import Stamp
from processing.times import timestamps
from processing.values import numbers as cells

_MISSING_TYPES = frozenset({"NoneType", "NAType", "NaTType"})
"""Types of missing values; the last two are pandas'."""


def readings(data: Any) -> list[Mapping[str, Any]]:
    """Return the readings of an iterable or a DataFrame as mappings; raise TypeError for anything else.

    If the index of a DataFrame holds times and there is no column `timestamp`, it becomes that column.
    """
    if hasattr(data, "columns") and hasattr(data, "to_dict"):
        if "timestamp" not in data.columns and data.index.dtype.kind == "M":
            data = data.rename_axis("timestamp").reset_index()
        rows: list[Mapping[str, Any]] = data.to_dict("records")
        return rows
    if isinstance(data, Mapping | str | bytes) or not isinstance(data, Iterable):
        one = "[reading] for one, or " if isinstance(data, Mapping) else ""
        raise TypeError(
            f"{_kind(data)} is not a list of readings: pass {one}an iterable of dicts or a DataFrame"
        )
    return [reading(each) for each in data]


def reading(record: Any) -> Mapping[str, Any]:
    """Return a dict, a row of a DataFrame or a named tuple as a mapping; else raise TypeError."""
    if isinstance(record, Mapping):
        return record
    to_dict = getattr(record, "_asdict", None) or getattr(record, "to_dict", None)
    if to_dict is None or hasattr(record, "columns"):
        raise TypeError(f"{_kind(record)} is not a reading: pass a dict or a row of a DataFrame")
    found: Mapping[str, Any] = to_dict()
    return found


def number(value: object) -> float | None:
    """Return a number, or the number in a text; None if it is not finite or there is none."""
    return cells.number(float(value) if isinstance(value, Decimal) and value.is_finite() else value)


def stamp(value: object) -> Stamp | None:
    """Return a time, or the ISO 8601 time in a text; None if there is none."""
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    return timestamps.timestamp(value.isoformat() if isinstance(value, datetime) else value)


def require_number(value: object, name: str) -> None:
    """Raise TypeError if no value of this type is a number."""
    is_number = isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)
    if not (is_number or isinstance(value, str) or _is_missing(value)):
        raise TypeError(f"{name} is {_kind(value)}: pass a number, or text that spells one")


def require_stamp(value: object, name: str) -> None:
    """Raise TypeError if no value of this type is a time; NaN is a missing time."""
    is_nan = isinstance(value, float) and value != value  # noqa: PLR0124 - only NaN differs from itself
    if not (isinstance(value, str | datetime | np.datetime64) or is_nan or _is_missing(value)):
        raise TypeError(
            f"{name} is {_kind(value)}: pass a datetime, a pandas Timestamp, a numpy datetime64, "
            "or ISO 8601 text"
        )


def _is_missing(value: object) -> bool:
    return type(value).__name__ in _MISSING_TYPES


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[0] in "AEIOaeio" else f"a {name}"
