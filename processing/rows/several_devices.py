"""Rejections of a file whose rows seem to be of several devices, which no column names."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from processing.head.advice import rejected
from processing.model.channels import DEFAULT_HEADER
from processing.model.flags import Floats, Integers
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted
from processing.reading.table import Table
from processing.rows.runs import long_runs
from processing.rows.sorted_rows import SortedRows, has_only_energy
from processing.rows.steps import interval_of_cut, steps_of

_TURN_SECONDS = 3 * 3600
"""Within this time, the next row of a device comes. Day and night alternate more slowly."""
_MANY_CHANGES = 20
_ALIKE, _SAME = 0.6, 0.05
"""Share of the changes from row to row: those of a series are smaller, if levels differ much, or little."""
_DIFFERENT = 0.05
"""Levels that differ by more than this share of the values are not noise."""
_COARSE = 3
"""Changes of fewer steps of the sensor may be noise."""
_MAX_SERIES = 4
_MANY_TURNS, _TURNS, _CHANGES = 60, 0.7, 0.6
"""From this many rows on, this share more are above and below both neighbours in turns, or change so."""
_PEEKED = 12
"""This many rows suffice to see that the values do not alternate."""
_MANY_PAIRS, _PAIRED, _UNLIKE = 20, 0.9, 0.2
"""The fewest pairs of steps, their share of all steps, and how far they differ as a share of their mean."""
_PART_ROWS, _PART_LEVELS = 16, 2.0
"""The fewest rows of a part in which two devices take turns, and how far their levels are apart."""
_GROUPS, _FAR = range(2, 7), 2.0
"""So many devices may write one after the other; of three and more, how much longer the other step is."""
_ROUNDINGS = (3600.0, 60.0, 1.0)
"""Seconds to which loggers cut their times."""


class Groups(NamedTuple):
    """How rows follow each other in groups: how many, and the steps in s in one, to the next, on average."""

    rows: int
    short: float
    long: float
    mean: float


def check_turns(rows: SortedRows, ends: Callable[[], bytes]) -> None:
    """Raise RejectedFileError if the rows of several devices alternate, each at times of its own.

    `ends` returns the first lines of the file, and the last ones: a column may name the devices. A profile
    that chooses a device, or states the interval between rows, declares that they are of one.
    """
    dialect, steps = rows.dialect, rows.steps
    if dialect.where or rows.profile.period.interval_seconds is not None:
        return
    channel = "energy" if has_only_energy(rows.channels) else "power"
    values = rows.power if channel == "power" else rows.values[channel]
    is_usual = dialect.header == DEFAULT_HEADER and steps.shortest == steps.longest
    if is_usual and not may_take_turns(values):
        return
    values = values[rows.valid]
    count = taking_turns(values, _TURN_SECONDS / rows.dt)
    is_uneven = steps.shortest != steps.longest
    groups = groups_of_rows(steps.seconds, rows.time[: rows.timed]) if is_uneven else None
    is_part = is_uneven and turns_in_part(values, steps_of(rows.time[rows.valid]).seconds)
    if count or is_part or zigzags(values):
        what = f"the values of {channel} take turns between {count or 2} levels from row to row"
    elif groups is not None:
        kind, size = ("pair", "") if groups.rows == _GROUPS[0] else ("group", f" of {groups.rows}")
        what = f"the rows come in {kind}s{size}, {groups.short:g} s apart, and {groups.long:g} s "
        what += f"from one {kind} to the next"
    else:
        return
    period = {"interval_seconds": groups.mean if groups else rows.dt}
    choices = [Choice("all rows are of one device", {"period": period})]
    from processing.reading.devices import check_turns_of_labels  # noqa: PLC0415 - few files need it

    check_turns_of_labels(dialect, ends(), choices)
    message = f"{what}: they are of several devices, which no column names; export each to a file of its own"
    raise rejected("several_devices", message, dialect.header_line, choices=choices)


def shared_times(table: Table, time: Integers, count: int) -> RejectedFileError:
    """Return the rejection of a file in which so many rows have the time of another one."""
    message = (
        f"{count} of {counted(len(time), 'row')} have the time of another row and other values: they are"
        " of several devices, or the times are cut to the minute or the day"
    )
    line, seconds = table.dialect.header_line, interval_of_cut(time)
    choices = [
        Choice(f"section {number}, from line {first} on", {"csv": {"section": number}})
        for number, first in enumerate(table.sections if len(table.sections) > 1 else (), 1)
    ]
    message += ", or sections of the file differ" if choices else ""
    if seconds is not None:
        period = {"period": {"interval_seconds": seconds}}
        choices.append(Choice(f"one device, a row each {seconds:g} s", period))
    if choices:
        return rejected("several_devices", message, line, choices=choices)
    advice = "; no column names them: export each to a file of its own, and times with seconds"
    return RejectedFileError("several_devices", message, line, advice=advice)


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


def turns_in_part(values: Floats, seconds: Floats) -> bool:
    """Return whether values take turns between two levels where rows of two devices share the usual step.

    They do in a part of the file alone: a device was added or removed.
    """
    if len(seconds) < _PART_ROWS:
        return False
    usual = float(np.median(seconds))
    both = np.abs(seconds[1:] + seconds[:-1] - usual) <= _UNLIKE * usual
    both &= (seconds[1:] > 0) & (seconds[:-1] > 0)
    found = long_runs(both, _PART_ROWS)
    for first, stop in zip(*found, strict=True) if found is not None else ():
        part = values[first : stop + 2]
        change, apart = np.abs(part[1:] - part[:-1]), np.abs(part[2:] - part[:-2])
        signs = np.sign(part[1:] - part[:-1])
        moving = np.count_nonzero(signs)
        turns = np.count_nonzero(signs[1:] * signs[:-1] < 0)
        if moving >= _PART_ROWS and turns >= _PAIRED * moving and change.mean() > _PART_LEVELS * apart.mean():
            return True
    return False


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
    """Return whether values go up and down in turns, by more than a sensor's noise.

    With noise, half of the rows are above or below both neighbours; on a smooth curve, none. If the levels
    differ by less than the noise, nearly all changes to the second one still have one sign. A meter that
    only counts up is one.
    """
    change = values[1:] - values[:-1]
    alternates = _alternate(change[:-1] - change[1:], _TURNS) or _alternate(change, _CHANGES)
    if not alternates or not np.count_nonzero(change < 0):
        return False
    sizes = np.abs(change), np.abs(values[2:] - values[:-2])
    step = min(float(one[one > 0].min(initial=np.inf)) for one in sizes)
    return float(np.median(sizes[0][sizes[0] > 0])) >= _COARSE * step


def _alternate(changes: Floats, share: float) -> bool:
    """Return whether changes are positive and negative in turns, this share more often than not."""
    signs = np.sign(changes)
    moving = int(np.count_nonzero(signs))
    return moving >= _MANY_TURNS and abs(float(signs[::2].sum() - signs[1::2].sum())) >= share * moving


def groups_of_rows(seconds: Floats, time: Integers) -> Groups | None:
    """Return the groups in which rows follow each other closely, if they do throughout; else None.

    `time` has the times of the rows in microseconds. Steps whose difference may come from times that were cut
    count as equal.
    """
    cut = next((each for each in _ROUNDINGS if not np.count_nonzero(time % int(each * 1e6))), 0.0)
    for count in _GROUPS:
        if len(seconds) < _MANY_PAIRS * count:
            return None
        groups = np.sort(seconds[: len(seconds) // count * count].reshape(-1, count), axis=1)
        usual = np.median(groups, axis=0)
        short, long = usual[-2:].tolist()
        apart = max(_UNLIKE * (short + long) / 2, cut)
        alike = np.abs(groups - usual).max(axis=1) <= _UNLIKE * short + cut
        inner = usual.sum() - long
        is_near = count == _GROUPS[0] or (_FAR * inner < long and inner + long <= _TURN_SECONDS)
        is_apart = is_near and usual[0] > 0 and short < long - apart
        if is_apart and np.count_nonzero(alike) >= _PAIRED * len(groups):
            return Groups(count, short, long, float(usual.sum()) / count)
    return None
