"""The text of a profile that reads a file: its tables in TOML, with what was found as comments."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from processing.head.dialect import Column, Dialect
from processing.model.channels import CHANNELS
from processing.model.flags import FAIL
from processing.model.profile import DEFAULT
from processing.model.safe_text import counted
from processing.rows.sorted_rows import SortedRows
from processing.values.toml_text import comment, lines_of, printable, toml_key, toml_value

_MAX_UNUSED = 50
_LOWEST = {"current": "0, or below it for a battery", "power": "0, or below it if it can be consumed"}
_HIGHEST = {
    "voltage": "the highest that the panels, or the battery, can have",
    "current": "the highest of the panels or of the controller",
    "temperature": "the hottest that the sensor can be",
    "power": "the rated power of the panels or of the inverter, and some more",
}
"""Hints for the limits that a person may set."""


class ProfileScope(NamedTuple):
    """The name of a profile, and the files that get it."""

    name: str
    match: str
    """A pattern of names below the incoming folder."""
    suffixes: tuple[str, ...] = ()
    """The suffixes of inputs, if they must be set for the file."""


def text_of_profile(
    scope: ProfileScope, table: dict[str, Any], dialect: Dialect, rows: SortedRows, heading: Sequence[str]
) -> str:
    """Return a configuration file with one profile; `heading` are the lines of its first comment."""
    path = f"profiles.{toml_key(scope.name)}"
    notes = {f"{path}.csv": list(_about_file(dialect, rows)), f"{path}.site": list(_about_site(rows))}
    for name, column in dialect.columns.items():
        notes[f"{path}.channels.{name}"] = list(_about_channel(name, column, rows))
    lines = [*map(comment, heading)]
    if scope.suffixes:
        lines.append(f"suffixes = {toml_value(scope.suffixes)}")
    lines += lines_of(path, {"match": [scope.match], **table, "site": table.get("site", {})}, notes)
    return "\n".join(lines) + "\n"


def _about_file(dialect: Dialect, rows: SortedRows) -> Iterator[str]:
    """Yield findings about the form of a file that are no key, and keys that the file does not show."""
    yield f"a row each {rows.dt:g} s as a rule"
    if not rows.aware:
        yield 'timezone = "Europe/Amsterdam"  # the timestamps have no offset: their zone is not known'
    if rows.profile.csv.label != "end":
        yield 'label = "end"  # if a timestamp marks the end of its interval'
    used = {*dialect.stamp, *(place for column in dialect.columns.values() for place in column.places)}
    if dialect.label is not None:
        used.add(dialect.label)
    others = [name for at, name in enumerate(dialect.header) if at not in used and name.strip()]
    for name in others[:_MAX_UNUSED]:
        alike = ", which looks like a channel" if name in dialect.unused else ""
        yield f"not used: {printable(name)}{alike}"
    if len(others) > _MAX_UNUSED:
        yield f"not used: {len(others) - _MAX_UNUSED} more columns"


def _about_channel(name: str, column: Column, rows: SortedRows) -> Iterator[str]:
    """Yield the conversion of a column, the range of its readings, and the limits."""
    unit = CHANNELS[name].unit
    by = f" · {column.factor:.9g}" if column.factor != 1 else ""
    by += f" + {column.offset:.9g}" if column.offset else ""
    parts = "products" if column.is_product else "columns"
    cells = f"the sum of these {parts}" if len(column.places) > 1 else "its cells"
    yield f"{name} in {unit} = {cells} in {printable(column.unit)}{by}"
    values = rows.values[name][rows.valid]
    values = values[~np.isnan(values)]
    if len(values):
        yield f"seen: {values.min():.9g} … {values.max():.9g} {unit}; this is no limit"
    if name == "energy":
        return
    limits, settings = rows.limits[name], rows.profile.channels[name]
    if limits.is_known:
        whose = "of the default panel" if settings.min is None and settings.max is None else "as set"
        yield f"limits {whose}: {limits.min:g} … {limits.max:g} {unit}"
        if outside := np.count_nonzero(rows.range_flags.get(name, 0) == FAIL):
            yield f'{counted(int(outside), "row")} outside of them; limits = "unknown" would take these'
        return
    yield f"its limits are unknown; to set them, write these two in place of limits, in {unit}"
    yield f"min = NUMBER  # {_LOWEST.get(name, 'the lowest that can be')}"
    yield f"max = NUMBER  # {_HIGHEST[name]}"


def _about_site(rows: SortedRows) -> Iterator[str]:
    """Yield the keys about the location of the panels that are not set."""
    site = rows.profile.site
    if site.timezone is None:
        yield 'timezone = "Europe/Amsterdam"  # where the panels are: for days and hours'
    if site.rated_power_w == DEFAULT.site.rated_power_w:
        yield "rated_power_w = 240  # of all panels: the yield and thresholds follow it"
