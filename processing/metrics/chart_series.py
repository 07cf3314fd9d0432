"""The readings that a page draws: all readings of an ordinary day; fewer if there are many."""

from itertools import pairwise

import numpy as np

from processing.model.channels import CHANNELS
from processing.model.flags import FAIL, GOOD, MISSING, SUSPECT, Flags, Floats, Integers
from processing.model.result import Series
from processing.rows.sorted_rows import SortedRows

MAX_DRAWN = 3_000
"""The most rows of which each is kept."""

_BUCKETS = 250
_COLUMNS = 200
"""Columns of the chart. The mark of a flagged reading is wider than one of them, even on a large screen."""
_MAX_FLAGGED = 1_000
"""The most flagged rows of which each is kept."""


def series_of(rows: SortedRows, row_flags: Flags, channel_flags: dict[str, Flags]) -> Series:
    """Return the rows that have a time; if there are more than MAX_DRAWN, the extremes and flagged ones."""
    at = slice(0, rows.timed) if rows.timed <= MAX_DRAWN else _thinned(rows, row_flags, channel_flags)
    time = rows.time[at]
    absent: list[float | None] = [None] * len(time)
    columns = dict.fromkeys(CHANNELS, absent)
    readings = {name: values[at] for name, values in rows.values.items()}
    columns |= {name: _listed(each, has_unknown=rows.has_unknown) for name, each in readings.items()}
    flags = dict.fromkeys(CHANNELS, str(MISSING) * len(time))
    flags |= dict.fromkeys(rows.values, str(GOOD) * len(time))
    flags |= {name: _digits(flags[at]) for name, flags in channel_flags.items()}
    return Series(
        start=rows.text(0),
        seconds=((time - time[0]) / 1e6).tolist(),
        flags=flags | {"row": _digits(row_flags[at])},
        **columns,
    )


def _thinned(rows: SortedRows, row_flags: Flags, channel_flags: dict[str, Flags]) -> Integers:
    """Return the rows to draw: the ends of each bucket, and the extremes of each channel's counted readings.

    If more than _MAX_FLAGGED rows are flagged, these are the lowest and the highest of each channel and
    severity in each column of the chart: nothing else could be seen.
    """
    flags = row_flags[: rows.timed]
    edges = np.linspace(0, rows.timed, _BUCKETS + 1).astype(np.int64)
    kept = [edges[:-1], edges[1:] - 1]
    counted = np.flatnonzero(flags != FAIL)
    kept += [_extremes(values, counted, edges) for values in rows.values.values()]
    flagged = np.flatnonzero(flags != GOOD)
    if len(flagged) <= _MAX_FLAGGED:
        return np.unique(np.concatenate([*kept, flagged]))
    time = rows.time[: rows.timed]
    columns = np.searchsorted(time, np.linspace(time[0], time[-1] + 1, _COLUMNS + 1).astype(np.int64))
    shown = [(flags, rows.power), *((found, rows.values[name]) for name, found in channel_flags.items())]
    for found, values in shown:
        for level in (SUSPECT, FAIL):
            kept.append(_extremes(values, np.flatnonzero(found[: rows.timed] == level), columns))
    return np.unique(np.concatenate(kept))


def _extremes(values: Floats, among: Integers, edges: Integers) -> Integers:
    """Return which rows of `among` have the lowest and the highest value between two neighbouring edges."""
    found: list[int] = []
    for first, stop in pairwise(np.searchsorted(among, edges).tolist()):
        part = among[first:stop]
        is_unknown = np.isnan(values[part])
        known, unknown = part[~is_unknown], part[is_unknown]
        found += unknown[:1].tolist()
        if len(known):
            own = values[known]
            found += (known.item(own.argmin()), known.item(own.argmax()))
    return np.array(found, np.int64)


def _listed(values: Floats, *, has_unknown: bool) -> list[float | None]:
    numbers: list[float | None] = values.tolist()
    for index in np.isnan(values).nonzero()[0].tolist() if has_unknown else ():
        numbers[index] = None
    return numbers


def _digits(flags: Flags) -> str:
    return (flags + np.uint8(ord("0"))).tobytes().decode("ascii")
