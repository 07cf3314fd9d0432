"""Runs of neighbouring rows in a mask."""

from processing.model.flags import Integers, Mask, any_of, np


def runs(mask: Mask) -> tuple[Integers, Integers]:
    """Return the first index of each run of True, and the index after its last."""
    if not any_of(mask):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    padded = np.zeros(len(mask) + 2, np.bool_)
    padded[1:-1] = mask
    edges = (padded[1:] != padded[:-1]).nonzero()[0]
    return edges[::2], edges[1::2]


def long_runs(mask: Mask, least: int) -> tuple[Integers, Integers] | None:
    """Return the runs of at least `least` True as `runs` does; None if there are none."""
    if b"\1" * least not in mask.tobytes():
        return None
    starts, stops = runs(mask)
    is_long = stops - starts >= least
    return starts[is_long], stops[is_long]


def covered(starts: Integers, stops: Integers, rows: int) -> Mask:
    """Return the mask of these runs: the inverse of `runs`.

    Runs may overlap if no two begin or end at the same row.
    """
    change = np.zeros(rows + 1, np.int8)
    change[starts] = 1
    change[stops] -= 1
    return np.cumsum(change[:-1], dtype=np.int8).astype(np.bool_)
