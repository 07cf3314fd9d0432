"""Midnights written as a date alone between dates with a time of day, as spreadsheets write them."""

import functools
import re

import numpy as np
from numpy.typing import NDArray

from processing.model.flags import Integers, any_of
from processing.model.stamp import DAY, HOUR, NO_TIME, Form
from processing.times.time_formats import TimeFormat, time_format
from processing.times.timestamps import timestamp

_DATE_AND_CLOCK = re.compile(r"(?P<date>.*%[YymdbBj])[T ,]+%[HI].*", re.DOTALL)


def set_midnights(
    text: bytes, times: Integers, codes: NDArray[np.int32], forms: dict[Form, int], whole: TimeFormat
) -> None:
    """Set the times, and the numbers of their forms, of cells that hold a date alone, if it is midnight.

    The times beside such a cell show it: one is before that midnight, the other one after it, and none is an
    hour away. A block may begin or end with it. If one cell is no midnight, or if another time is written as
    midnight, none is: they are totals of days.
    """
    date, cells, known = _format_of_date(whole.name), text.split(b"\n"), list(forms)
    is_read = times != NO_TIME
    if date is None or not known or any_of((times[is_read] + known[0].offset) % DAY == 0):
        return
    found = {}
    for row in (~is_read).nonzero()[0].tolist():
        stamp = timestamp(cells[row].decode("utf-8", "replace"), date)
        if stamp is None:
            continue
        beside = [at for at in (row - 1, row + 1) if 0 <= at < len(times)]
        offset = known[codes.item(beside[0])].offset if beside else 0
        steps = [times.item(at) - (stamp.time - offset) for at in beside]
        is_between = len(steps) == 1 or (len(steps) == 2 and (steps[0] < 0) != (steps[1] < 0))  # noqa: PLR2004
        if not (is_between and all(0 < abs(step) <= HOUR for step in steps)):
            return
        found[row] = stamp.time - offset, codes[beside[0]]
    for row, (time, code) in found.items():
        times[row], codes[row] = time, code


@functools.lru_cache(maxsize=64)
def _format_of_date(name: str) -> TimeFormat | None:
    """Return the format of the date in a format of dates with times behind them, or None."""
    found = _DATE_AND_CLOCK.fullmatch("%Y-%m-%d %H:%M" if name == "iso" else name)
    try:
        return None if found is None else time_format(found["date"])
    except ValueError:
        return None
