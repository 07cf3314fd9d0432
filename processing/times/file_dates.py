"""The date in the name of a file, for its times of day."""

import re
from collections.abc import Iterator

import numpy as np

from processing.model.flags import Integers
from processing.model.stamp import DAY, NO_TIME
from processing.times.months import MONTHS
from processing.times.timestamps import days_since_1970

_MARK = r"(?P<mark>[-_. /]?)"
_NO_POINT = r"(?P<mark>[-_ /]?)"
_YEAR, _TWO = r"(?:19|20)\d\d", r"\d\d"
_BEHIND, _BEFORE = r"(?:\d\d|(?<=[-./])\d(?!\d))", r"(?:\d\d|(?<!\d)\d(?=[-./]))"
"""A part of a date behind, or before, a mark, which may have one digit."""
_CLOCK = r"(?=\D|$|\d{4}(?!\d)|\d{6}(?!\d))"
_KINDS = (
    (rf"(?<!\d)(?P<y>{_YEAR}){_MARK}(?P<m>{_BEHIND})(?P=mark)(?P<d>{_BEHIND}){_CLOCK}",),
    (rf"(?<![^/])(?P<y>{_YEAR})/?(?P<m>{_TWO})/?(?P<d>{_TWO})(?!\d)",),
    (rf"(?<!\d)(?P<d>\d\d?)[-_. ]?(?P<m>[A-Za-z]{{3,9}})[-_. ]?(?P<y>{_YEAR})(?!\d)",),
    (
        rf"(?<!\d)(?P<d>{_BEFORE}){_MARK}(?P<m>{_BEHIND})(?P=mark)(?P<y>{_YEAR})(?!\d)",
        rf"(?<!\d)(?P<m>{_BEFORE}){_NO_POINT}(?P<d>{_BEHIND})(?P=mark)(?P<y>{_YEAR})(?!\d)",
    ),
    (
        rf"(?<!\d)(?P<y>{_TWO}){_NO_POINT}(?P<m>{_TWO})(?P=mark)(?P<d>{_TWO})(?!\d)",
        rf"(?<!\d)(?P<d>{_TWO}){_MARK}(?P<m>{_TWO})(?P=mark)(?P<y>{_TWO})(?!\d)",
        rf"(?<!\d)(?P<m>{_TWO}){_NO_POINT}(?P<d>{_TWO})(?P=mark)(?P<y>{_TWO})(?!\d)",
    ),
)
"""Ways to write a date in a name. Only the first kind that is found counts."""


def dates_in_name(name: str, order: str = "auto") -> dict[int, str]:
    """Return the dates in a file's name, in days from 1970, each with the order of its parts, such as `ymd`.

    There are several if it is ambiguous or has several. If there is no date in its own name, those in the
    names of its folders count. If one has the order that is given, others do not count.
    """
    for part in (name.rpartition("/")[2], name):
        for kind in _KINDS:
            if found := {
                day: "".join(re.findall("[?]P<([ymd])>", pattern))
                for pattern in kind
                for day in _dates(pattern, part)
            }:
                return {day: each for day, each in found.items() if each == order} or found
    return {}


def _dates(pattern: str, name: str) -> Iterator[int]:
    for match in re.finditer(pattern, name, re.ASCII):
        month = MONTHS.get(match["m"].lower(), match["m"])
        day = days_since_1970(match["y"], month, match["d"]) if month.isdigit() else None
        if day is not None:
            yield day


def on_date(times: Integers, date: int) -> Integers:
    """Return times of day on a date; where the clock goes back by half a day, the next date begins."""
    found = times.copy()
    rows = (times != NO_TIME).nonzero()[0]
    clock = times[rows]
    days = np.concatenate(([0], np.cumsum(2 * (clock[1:] - clock[:-1]) <= -DAY)))[: len(rows)]
    found[rows] += (date + days) * DAY
    return found
