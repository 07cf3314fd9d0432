"""The table of a profile that reads a file: what was detected, and what its profile says already."""

from collections.abc import Collection
from typing import Any

import msgspec

from processing.head.advice import column_names, products_of
from processing.head.dialect import Dialect
from processing.model.profile import DEFAULT, Profile
from processing.rows.sorted_rows import SortedRows

_DETECTED = ("delimiter", "decimal", "thousands", "header", "time", "timestamp", "time_format")
"""Keys of `[csv]` that are as detected; the others are taken from the profile."""


def table_of(
    dialect: Dialect, rows: SortedRows, encoding: str, left_out: Collection[str] = ()
) -> dict[str, Any]:
    """Return the tables `csv` and `channels` of a profile that reads a file, and other tables that it sets.

    `encoding` is that of the file, empty if it is plain ASCII. Keys may be left out, because a file may have
    several headers with different columns.
    """
    profile = rows.profile
    found: dict[str, Any] = {
        "csv": _csv(dialect, profile, encoding, left_out),
        "channels": _channels(dialect, rows, left_out),
    }
    for key in ("sentinels", "site", "period"):
        found[key] = _changed(getattr(profile, key), getattr(DEFAULT, key))
    found["thresholds"] = dict(profile.thresholds.changed)
    return {key: value for key, value in found.items() if value or key in ("csv", "channels")}


def _changed(value: Any, default: Any) -> Any:
    """Return the keys of a section that differ from the default; of a list, all of it or nothing."""
    own, usual = msgspec.to_builtins(value), msgspec.to_builtins(default)
    if not isinstance(own, dict):
        return None if own == usual else own
    return {key: each for key, each in own.items() if each != usual[key]}


def _csv(dialect: Dialect, profile: Profile, encoding: str, left_out: Collection[str]) -> dict[str, Any]:
    own = _changed(profile.csv, DEFAULT.csv)
    found: dict[str, Any] = {"encoding": encoding} if encoding else {}
    found |= {"delimiter": dialect.delimiter, "decimal": dialect.decimal}
    if dialect.thousands:
        found["thousands"] = dialect.thousands
    if profile.csv.header is False:
        found["header"] = False
    elif "header" not in left_out:
        found["header"] = dialect.header_line
    names = column_names(dialect.header, dialect.stamp)
    found |= {"time": names[0] if len(names) == 1 else names, "time_format": dialect.time_format}
    return found | {key: value for key, value in own.items() if key not in _DETECTED}


def _channels(dialect: Dialect, rows: SortedRows, left_out: Collection[str]) -> dict[str, Any]:
    found = {}
    labels = dict(dialect.long)
    for name, usual in msgspec.to_builtins(DEFAULT.channels).items():
        own = _changed(rows.profile.channels[name], DEFAULT.channels[name])
        column = dialect.columns.get(name)
        if column is not None:
            names: list[Any] = column_names(dialect.header, column.places)
            if column.is_product:
                names = products_of(names, column.factors)
            own["column"] = labels.get(name) or (names[0] if len(column.places) == 1 else names)
            own["unit"] = column.unit
            if name == "energy" and rows.energy_kind is not None:
                own.setdefault("kind", rows.energy_kind)
            if not rows.limits[name].is_known:
                own["limits"] = "unknown"
        if own:
            keys = dict.fromkeys(("column", *usual))
            found[name] = {key: own[key] for key in keys if key in own and key not in left_out}
    return found
