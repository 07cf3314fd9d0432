"""The columns of a file that a known format reads: its patterns become the names of a profile."""

import contextlib
import itertools
import re
import zoneinfo
from typing import Any

from processing.formats.changes import merged
from processing.formats.fingerprint import Recognised, fits, rows_of
from processing.head.advice import choices_of, column_names, rejected, shown
from processing.head.column_kinds import are_apart
from processing.head.header_cells import Header, HeaderCell
from processing.layout.labels import header_of_labels, labels_of
from processing.model.profile import Profile
from processing.model.rejection import Choice

_ZONE = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_+\-0-9]+)+|UTC|GMT")


def changes_by(found: Recognised, head: bytes, profile: Profile) -> dict[str, Any]:
    """Return what a known format changes in the profile of a file, with names of columns for its patterns.

    Raises RejectedFileError if a pattern fits several columns but only one can be read.
    """
    known, header = found
    tables = dict(known.csv)
    if "time" in tables:
        tables["time"] = next(iter(_options(tables["time"], header.cells)), tables["time"])
    if known.zone_in_header and (zone := _zone_in(header.cells)) is not None:
        tables["timezone"] = zone
    cells = _labels(tables["long"], found, head, profile) if "long" in tables else header.cells
    cells = tuple(HeaderCell(()) if any(fits(one, cell) for one in known.never) else cell for cell in cells)
    columns = {
        name: _options(one["column"], cells) for name, one in known.channels.items() if "column" in one
    }
    certain = {name: (each or [False])[0] for name, each in columns.items() if len(each) <= 1}
    several = {name: each for name, each in columns.items() if len(each) > 1}
    ways = _ways(certain, several, may_add="long" not in tables)
    ways = [way for way in ways if not _is_apart(way)] or [{**ways[0], "voltage": False, "current": False}]
    period = {"period": known.period} if known.period else {}
    changes = [
        {
            "csv": tables,
            "channels": merged(known.channels, {n: {"column": one} for n, one in way.items()}),
            **period,
        }
        for way in ways
    ]
    if len(changes) == 1:
        return changes[0]
    listed = "; ".join(f"{name}: {shown(map(str, each))}" for name, each in several.items())
    message = f"line {header.line} has several columns for {listed}"
    labels = choices_of([{name: way[name] for name in several if way[name]} for way in ways])
    choices = [Choice(one.label, each) for one, each in zip(labels, changes, strict=True)]
    raise rejected("ambiguous_columns", message, header.line, next(iter(several)), choices=choices)


def _ways(certain: dict[str, Any], several: dict[str, list[Any]], *, may_add: bool) -> list[dict[str, Any]]:
    """Return the columns of each way to read a file, without those that the power does not need."""
    left_out = dict.fromkeys(several, False)
    if "power" not in several and (certain.get("power") or not several):
        return [{**certain, **left_out}]
    needed = ["power"] if "power" in several else [name for name in several if name != "temperature"]
    options = [several[name] for name in needed]
    if len(needed) == 1 and may_add and all(isinstance(one, str | dict) for one in options[0]):
        options = [[*options[0], options[0]]]
    is_paired = len({len(each) for each in options}) == 1  # the voltage and the current of each device
    return [
        {**certain, **left_out, **dict(zip(needed, way, strict=True))}
        for way in (zip(*options, strict=True) if is_paired else itertools.product(*options))
    ]


def _is_apart(way: dict[str, Any]) -> bool:
    """Return whether the voltage and the current are of different devices."""
    names = [one for name in ("voltage", "current") if isinstance(one := way.get(name), str)]
    return len(names) > 1 and are_apart(*(HeaderCell((name,)) for name in names))


def _options(column: Any, cells: Header) -> list[Any]:
    """Return each column, or list of columns to be added, that a format's `column` may mean in a file."""
    if isinstance(column, str):
        exact = [at for at, cell in enumerate(cells) if cell.text == column]
        places = exact or [at for at, cell in enumerate(cells) if cell.parts and fits(column, cell)]
        return list(column_names([cell.text for cell in cells], places))
    if isinstance(column, list):
        return [list(way) for way in itertools.product(*(_options(one, cells) for one in column))]
    if isinstance(column, dict) and "first" in column:
        return next(filter(None, (_options(one, cells) for one in column["first"])), [])
    if isinstance(column, dict) and "index" not in column:
        ((kind, patterns),) = column.items()
        found = list(itertools.chain.from_iterable(_options(one, cells) for one in patterns))
        found = [one for at, one in enumerate(found) if one not in found[:at]]
        return [found] if kind == "every" and len(found) > 1 else found
    return [column]


def _zone_in(cells: Header) -> str | None:
    """Return the time zone in the name of the first column; None if there is none."""
    for match in _ZONE.finditer(cells[0].text):
        with contextlib.suppress(OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            return zoneinfo.ZoneInfo(match[0]).key
    return None


def _labels(long: dict[str, Any], found: Recognised, head: bytes, profile: Profile) -> Header:
    """Return the labels of a file with one reading a row as if they were names of columns."""
    header = found.header
    place = next((at for at, cell in enumerate(header.cells) if fits(long["name"], cell)), 0)
    return header_of_labels(labels_of(place, rows_of(head, header, profile)))
