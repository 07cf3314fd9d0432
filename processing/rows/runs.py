"""Runs of neighbouring rows in a mask, and series whose rows take turns."""

from processing.model.flags import Floats, Integers, Mask, any_of, np

_MANY_CHANGES = 20
_ALIKE, _SAME = 0.6, 0.05
"""Of the changes from row to row: those of a series are less than this, if levels differ much, or little."""
_DIFFERENT = 0.05
"""Share of the values: levels that differ by more are no noise."""
_COARSE = 3
"""Steps of a sensor: smaller changes may be its noise."""
_MAX_SERIES = 4


def runs(mask: Mask) -> tuple[Integers, Integers]:
    """Return the first index of each run of True, and the index after its last."""
    if not any_of(mask):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    padded = np.zeros(len(mask) + 2, np.bool_)
    padded[1:-1] = mask
    edges = (padded[1:] != padded[:-1]).nonzero()[0]
    return edges[::2], edges[1::2]


def covered(starts: Integers, stops: Integers, rows: int) -> Mask:
    """Return the mask of these runs: the inverse of `runs`.

    Runs may overlap, if no two begin or end at the same row.
    """
    change = np.zeros(rows + 1, np.int8)
    change[starts] = 1
    change[stops] -= 1
    return np.cumsum(change[:-1], dtype=np.int8).astype(np.bool_)


def taking_turns(values: Floats, most: float) -> int:
    """Return of how many series the values are, if two to four take turns from row to row; else 0.

    Each is then nearer to the value that stands so many rows before it than to its neighbour. With noise or
    clouds alone, values so many rows apart differ as neighbours do, or more.
    """
    change = np.abs(values[1:] - values[:-1])
    changed = change[change > 0]
    if len(changed) < _MANY_CHANGES:
        return 0
    usual = float(np.mean(change))
    share = _ALIKE if usual > _DIFFERENT * np.mean(np.abs(values)) else _SAME
    for count in range(2, 1 + int(min(most, _MAX_SERIES))):
        apart = np.abs(values[count:] - values[:-count])
        if np.mean(apart) < share * usual:
            step = min(changed.min(), apart[apart > 0].min(initial=np.inf))
            return count if np.median(changed) >= _COARSE * step else 0
    return 0
