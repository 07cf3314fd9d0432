"""Runs of neighbouring rows in a mask, and series whose rows alternate."""

from processing.model.flags import Floats, Integers, Mask, any_of, np

_MANY_CHANGES = 20
_ALIKE, _SAME = 0.6, 0.05
"""Share of the changes from row to row: those of a series are smaller, if levels differ much, or little."""
_DIFFERENT = 0.05
"""Levels that differ by more than this share of the values are not noise."""
_COARSE = 3
"""Changes of fewer steps of the sensor may be noise."""
_MAX_SERIES = 4
_MANY_TURNS, _TURNS = 60, 0.7
"""From this many rows on, this share more are above and below their neighbours in turns than not."""
_PEEKED = 12
"""This many rows suffice to see that the values do not alternate."""
_MANY_PAIRS, _PAIRED, _UNLIKE = 20, 0.9, 0.2
"""The fewest pairs of steps, their share of all steps, and how far they differ as a share of their mean."""
_ROUNDINGS = (3600.0, 60.0, 1.0)
"""Seconds to which loggers cut their times."""


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


def taking_turns(values: Floats, most: float) -> int:
    """Return how many series the values belong to, if two to four alternate from row to row; else 0.

    Each value is then nearer to the one that many rows before it than to its neighbour. With noise or clouds
    alone, values that far apart differ as much as neighbours do, or more.
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


def may_take_turns(values: Floats) -> bool:
    """Return whether a few of the values, after the first third, go up and down in turns."""
    first = len(values) // 3
    few: list[float] = values[first : first + _PEEKED].tolist()
    fitting = [0, 0]
    """Numbers of rows that are above their neighbours at odd and below at even places, and the reverse."""
    for at, (one, two, three) in enumerate(zip(few, few[1:], few[2:], strict=False)):
        fitting[(two + two > one + three) == at % 2] += 1
        if min(fitting) > 1:
            return False
    return True


def zigzags(values: Floats) -> bool:
    """Return whether values are above and below their neighbours in turns, by more than a sensor's noise.

    With noise, half of the rows are; on a smooth curve, none.
    """
    signs = np.sign(values[1:-1] - (values[:-2] + values[2:]) / 2)
    moving = int(np.count_nonzero(signs))
    if moving < _MANY_TURNS or abs(float(signs[::2].sum() - signs[1::2].sum())) < _TURNS * moving:
        return False
    changes = [np.abs(values[apart:] - values[:-apart]) for apart in (1, 2)]
    step = min(float(one[one > 0].min(initial=np.inf)) for one in changes)
    return float(np.median(changes[0][changes[0] > 0])) >= _COARSE * step


def pair_of_steps(seconds: Floats, time: Integers) -> tuple[float, float] | None:
    """Return the two lengths if steps of two lengths alternate throughout; else None.

    `time` has the times of the rows in microseconds. Steps whose difference may come from times that were cut
    count as equal.
    """
    pairs = seconds[: len(seconds) // 2 * 2].reshape(-1, 2)
    if len(pairs) < _MANY_PAIRS:
        return None
    short, long = np.sort(np.median(pairs, axis=0)).tolist()
    cut = next((each for each in _ROUNDINGS if not np.count_nonzero(time % int(each * 1e6))), 0.0)
    apart = max(_UNLIKE * (short + long) / 2, cut)
    usual = np.abs(np.sort(pairs, axis=1) - (short, long)).max(axis=1) <= _UNLIKE * short + cut
    is_paired = 0 < short < long - apart and np.count_nonzero(usual) >= _PAIRED * len(pairs)
    return (short, long) if is_paired else None
