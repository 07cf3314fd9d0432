"""Rows from a clock that was not set: far away from all others."""

import numpy as np

from processing.model.flags import Integers, Mask
from processing.model.stamp import DAY, NO_TIME

_FAR = 365 * DAY
"""The distance in microseconds."""

_EARLIEST = NO_TIME + 1
_SHARE = 4
"""A distant block has at most one row for this many other rows."""


def distant_rows(time: Integers) -> Mask | None:
    """Return the rows more than 365 days away from all others, in blocks of at most a quarter of these.

    None if there are none. Rows may be in any order, and without a time.
    """
    if len(time) and (first := time.min()) >= _EARLIEST and time.max() - first <= _FAR:
        return None
    timed = (time != NO_TIME).nonzero()[0]
    if not len(timed):
        return None
    known = time[timed]
    if np.maximum.reduce(known) - np.minimum.reduce(known) <= _FAR:
        return None
    order = timed[np.argsort(known, kind="stable")]
    edges = np.concatenate(([0], (np.diff(time[order]) > _FAR).nonzero()[0] + 1, [len(order)]))
    found = np.zeros(len(time), np.bool_)
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if _SHARE * (stop - first) <= len(order) - (stop - first):
            found[order[first:stop]] = True
    return found if found.any() else None
