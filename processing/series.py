"""The readings as a page draws them: all of a usual day, thinned where there are many."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from processing.channels import CHANNELS
from processing.findings import Ledger
from processing.flags import GOOD, MISSING, Flags, Floats, Integers, any_of
from processing.order import Rows
from processing.result import Series

MOST_DRAWN = 3_000
"""Rows up to which every row is kept."""

_BUCKETS = 250
_MOST_FLAGGED = 1_000


def series_of(rows: Rows, ledger: Ledger) -> Series:
    """Return the rows that have a time; of more than MOST_DRAWN the extremes and the flagged ones."""
    at = slice(0, rows.timed) if rows.timed <= MOST_DRAWN else _thinned(rows, ledger)
    time = rows.time[at]
    absent: list[float | None] = [None] * len(time)
    whole = not any_of(rows.broken)
    columns = dict.fromkeys(CHANNELS, absent) | {
        name: values[at].tolist() if whole else _listed(values[at]) for name, values in rows.values.items()
    }
    flags = dict.fromkeys(CHANNELS, str(MISSING) * len(time))
    flags |= dict.fromkeys(rows.values, str(GOOD) * len(time))
    flags |= {name: _digits(flags[at]) for name, flags in ledger.channel_flags.items()}
    return Series(
        start=ledger.text(0),
        seconds=((time - time[0]) / 1e6).tolist(),
        flags=flags | {"row": _digits(ledger.row_flags[at])},
        **columns,
    )


def _thinned(rows: Rows, ledger: Ledger) -> Integers:
    """Return the rows to draw: of each bucket the ends and each channel's extremes, and flagged rows.

    Of more than _MOST_FLAGGED flagged rows as many are kept, evenly spread.
    """
    edges = np.linspace(0, rows.timed, _BUCKETS + 1).astype(np.int64)
    kept = [edges[:-1], edges[1:] - 1]
    for values in rows.values.values():
        known = np.nan_to_num(values, nan=values[rows.valid][0]) if np.isnan(values).any() else values
        parts = [(first, known[first:stop]) for first, stop in pairwise(edges.tolist())]
        kept.append(np.array([first + part.argmin() for first, part in parts]))
        kept.append(np.array([first + part.argmax() for first, part in parts]))
    flagged = np.flatnonzero(ledger.row_flags[: rows.timed] != GOOD)
    stride = -(-len(flagged) // _MOST_FLAGGED) or 1
    return np.unique(np.concatenate([*kept, flagged[::stride]]))


def _listed(values: Floats) -> list[float | None]:
    numbers: list[float | None] = values.tolist()
    for index in np.isnan(values).nonzero()[0].tolist():
        numbers[index] = None
    return numbers


def _digits(flags: Flags) -> str:
    return (flags + np.uint8(ord("0"))).tobytes().decode("ascii")
