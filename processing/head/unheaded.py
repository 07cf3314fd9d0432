"""The ways to read a table without a header: which columns may be the times, and which the readings."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from processing.head.advice import MAX_TRIED, NEEDED, likeliest_first, rejected, shown
from processing.head.cell_kinds import holds_full_time, holds_number, holds_time
from processing.head.lines import Line, ends_with_product
from processing.head.samples import are_numbers, dates_of, kinds_of, repeats_date, times_in
from processing.model.channels import CHANNELS
from processing.model.rejection import Choice, RejectedFileError

_DEFAULT_NAMES = ("time", *(name for name in CHANNELS if name != "energy"))

_UNNAMED = (("%Y", "%m", "%d", "%H", "%M"), ("%Y", "%j", "%H", "%M"), ("%Y", "%j", "%H%M"))
_NAMES_OF_PARTS = {
    "%Y": "year", "%m": "month", "%d": "day", "%j": "day of year", "%H": "hour", "%M": "minute",
    "%H%M": "hhmm",
}  # fmt: skip


def unnamed_parts(sample: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return names for the columns of the parts of a time in rows without a header; empty if there are none.

    They begin with the year, which is the first cell or stands behind a number of the row's kind.
    """
    rows = [list(row) for row in sample]
    for first in (0, 1):
        years = {row[first] for row in rows if first < len(row)}
        if not years or any(re.fullmatch("(?:19|20)\\d\\d", year) is None for year in years):
            continue
        for parts in _UNNAMED:
            if all(are_numbers(first + at, part, rows) for at, part in enumerate(parts)):
                return {first + at: _NAMES_OF_PARTS[part] for at, part in enumerate(parts)}
    return {}


def lines_with_parts(lines: Sequence[Line]) -> list[int]:
    """Return the places of the lines of the usual width, if they begin with the parts of a time."""
    usual, count = Counter(line.width for line in lines).most_common(1)[0] if lines else (0, 0)
    found = [at for at, line in enumerate(lines) if line.width == usual]
    return found if count > 1 and unnamed_parts([lines[at].cells for at in found]) else []


def no_header(row: Line, rows: Sequence[Line]) -> RejectedFileError:
    """Return the rejection of a table without a header, with what its columns of numbers may hold."""
    cells, sample = row.cells[: row.width], [list(one.cells) for one in rows]
    times = [at for at, cell in enumerate(cells) if holds_full_time(cell)][:1]
    times = times or [at for at, cell in enumerate(cells) if holds_time(cell)][:2]
    parts = {} if times else unnamed_parts(sample)
    named = parts or dict(zip(times, ("date", "time") if len(times) > 1 else ("time",), strict=False))
    names, times = [named.get(at, f"column {at + 1}") for at in range(len(cells))], [*named]
    places = range(times[0] if parts else 0, len(cells))
    readings = [at for at in places if at not in times and holds_number(cells[at])]
    dates = dates_of(sample)
    readings = [at for at in readings if not repeats_date(at, sample, dates)][:MAX_TRIED]
    clocks = times_in(sample)
    kinds = [(at, kinds_of(sample, [at], times=clocks, has_clock=bool(parts))) for at in readings]
    ways = [[_unheaded(names, at, channel, unit) for channel, unit in each] for at, each in kinds]
    if times == [0] and readings[:2] == [1, 2]:
        pair = Choice("voltage, current", _without_header([*_DEFAULT_NAMES[:3], *names[3:]]))
        other = Choice(
            "current, voltage",
            _without_header([*_DEFAULT_NAMES[:1], "column 2", "current", "voltage", *names[4:]]),
        )
        ways = [[pair], *([[other]] if readings[2:3] == [3] else []), *ways]
    if times == [0] and len(cells) == len(_DEFAULT_NAMES):
        default = Choice("no header", _without_header(_DEFAULT_NAMES))
        ways = [[default]] if ends_with_product(cells) else [[default], *ways]
    message = (
        f"line {row.number} looks like a reading, and no line above it like a header; expected a header with "
        f"a time and {NEEDED}; line {row.number} has {shown(cells)}"
    )
    return rejected("missing_columns", message, row.number, "timestamp", choices=likeliest_first(ways))


def _without_header(names: Sequence[str]) -> dict[str, Any]:
    return {"csv": {"header": False, "columns": [*names]}}


def _unheaded(names: Sequence[str], at: int, channel: str, unit: str) -> Choice:
    """Return the choice of a column for a channel in a file without a header."""
    named = [*names[:at], "PV power" if channel == "power" else "PV energy", *names[at + 1 :]]
    changes = _without_header(named)
    if unit:
        changes["channels"] = {channel: {"unit": unit}}
    return Choice(f"{channel}: column {at + 1}" + (f", {unit}" if unit else ""), changes)
