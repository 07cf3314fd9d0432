"""The date in the name of a file, for its times of day; or the year, for dates without one."""

import re
from collections.abc import Iterator

import numpy as np

from processing.model.flags import Integers
from processing.model.stamp import DAY, NO_TIME
from processing.times.months import MONTHS
from processing.times.timestamps import NO_YEAR, days_since_1970

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
_YEAR_ALONE = r"(?<![A-Za-z\d])20(?:0[1-9]|[1-5]\d)(?:[-_.]?(?:0[1-9]|1[0-2]))?(?![A-Za-z\d])"
_HALF_YEAR = 183 * DAY


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


def year_in_name(name: str, times: Integers) -> int | None:
    """Return the year of the first of these times, whose dates have none, by a file's name; None if open.

    A date in the name is one of the rows, or the day after them. A year alone is that of all rows.
    """
    (changes,) = (np.abs(times[1:] - times[:-1]) > _HALF_YEAR).nonzero()
    if dates := dates_in_name(name):
        days = [(day, year) for day in dates for year in _years_around(day)]
        fitting = {year for day, year in days if _is_among(day, in_years(times, year))}
        return fitting.pop() if len(fitting) == 1 else None
    return None if len(changes) else year_alone_in(name)


def year_alone_in(name: str) -> int | None:
    """Return the only year in a file's name, or in those of its folders."""
    years = {found[:4] for found in re.findall(_YEAR_ALONE, name, re.ASCII)}
    return int(years.pop()) if len(years) == 1 else None


def in_years(times: Integers, year: int) -> Integers:
    """Return times whose dates have no year in this year; where they go on in January, the next one begins.

    Rows in no order are of one year. A 29 February of another year has NO_TIME.
    """
    found = times.copy()
    rows = (times != NO_TIME).nonzero()[0]
    steps = times[rows][1:] - times[rows][:-1]
    turns = (steps < -_HALF_YEAR).astype(np.int64) - (steps > _HALF_YEAR)
    turns *= turns.min(initial=0) * turns.max(initial=0) == 0
    years = year + np.concatenate(([0], np.cumsum(turns)))[: len(rows)]
    dates = (times[rows] // DAY).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    moved = months + 12 * (years - NO_YEAR)
    days = moved.astype("datetime64[D]") + (dates - months)
    found[rows] = np.where(days < moved + 1, days.astype(np.int64) * DAY + times[rows] % DAY, NO_TIME)
    return found


def _years_around(day: int) -> range:
    year = int(np.datetime64(day, "D").astype("datetime64[Y]").astype(np.int64)) + 1970
    return range(year - 1, year + 1)


def _is_among(day: int, times: Integers) -> bool:
    """Return whether a day is one of these times, or the one after them."""
    days = times[times != NO_TIME] // DAY
    return len(days) > 0 and bool(days.min() <= day <= days.max() + 1)
