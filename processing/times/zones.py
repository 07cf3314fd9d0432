"""Naive timestamps of a known time zone: their times in UTC."""

import functools
import itertools
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from processing.model.flags import Integers, Mask, all_of, any_of
from processing.model.stamp import DAY, DAY_S, HOUR, HOUR_S, NO_TIME, SECOND, Form

_YEAR_ZERO = 1970
_GO_BACK = (
    "Europe/London", "Europe/Berlin", "Europe/Helsinki", "Atlantic/Azores",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage",
    "America/Halifax", "America/St_Johns", "America/Havana", "America/Mexico_City", "America/Sao_Paulo",
    "America/Santiago", "America/Asuncion", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland",
    "Pacific/Chatham", "Africa/Cairo", "Asia/Jerusalem", "Asia/Beirut", "Asia/Gaza", "Asia/Amman",
    "Asia/Damascus", "Asia/Tehran", "Europe/Istanbul", "Europe/Moscow",
)  # fmt: skip
"""A time zone of each way in which clocks go back, or have gone back since 2010."""


def in_zone(
    times: Integers, codes: NDArray[np.int32], forms: dict[Form, int], zone: str
) -> tuple[Integers, NDArray[np.int32]]:
    """Return times in UTC and the numbers of their forms, for rows in the order of the file.

    Naive times are those of clocks in this time zone; others stay. In the hour that a clock shows twice in
    autumn, the second time begins where the rows go back. `forms` gets forms with the known offsets.
    """
    is_naive = np.array([not form.is_utc for form in forms], np.bool_)[codes] & (times != NO_TIME)
    rows = is_naive.nonzero()[0]
    if not len(rows):
        return times, codes
    offsets = _offsets(times[rows], zone)
    times, codes = times.copy(), codes.copy()
    times[rows] -= offsets
    by_code = list(forms)
    keys = np.stack((codes[rows].astype(np.int64), offsets))
    pairs, which = np.unique(keys, axis=1, return_inverse=True)
    numbers = [
        forms.setdefault(by_code[code]._replace(known_offset=offset), len(forms))
        for code, offset in pairs.T.tolist()
    ]
    codes[rows] = np.array(numbers, np.int32)[which.ravel()]
    return times, codes


def _offsets(local: Integers, zone: str) -> Integers:
    """Return the offset from UTC of each time on a clock in a zone, in microseconds."""
    at, before, after = _changes_in(local, zone)
    first = np.searchsorted(at + np.maximum(before, after), local, side="right")
    second = np.searchsorted(at + np.minimum(before, after), local, side="right")
    found = np.where(first > 0, after[first - 1], before[0])
    for change in np.unique(second[(first < second) & (before[second - 1] > after[second - 1])]).tolist():
        twice = ((first < second) & (second == change)).nonzero()[0]
        is_second = _is_second_time(local, twice, int(before[change - 1] - after[change - 1]))
        found[twice[is_second]] = after[change - 1]
    return found


def _is_second_time(local: Integers, twice: Integers, length: int) -> Mask:
    """Return which of these rows are in the second of the two equal hours; `length` is that of the hour.

    The clock goes back by half an hour's length or more where the second hour begins; a row out of order goes
    back less. If all rows come in pairs of one time, the later one of each is in the second hour.
    """
    steps = local[1:] - local[:-1]
    if _are_pairs(local[twice], steps):
        later: Mask = np.arange(len(twice)) % 2 == (0 if local[0] > local[-1] else 1)
        return later
    is_reversed = bool(np.count_nonzero(steps < 0) > np.count_nonzero(steps > 0))
    order = twice[::-1] if is_reversed else twice
    falls = np.diff(local[order], prepend=local[order[:1]])
    forward = np.abs(steps[steps != 0])
    is_slow = len(forward) and 2 * float(np.median(forward)) > length
    if is_slow and np.count_nonzero(steps == 0) < len(twice):  # a row an hour: its time comes twice
        is_fall = (falls <= 0) & (np.arange(len(order)) > 0)
    else:
        is_fall = 2 * falls <= -length
    is_second: Mask = np.cumsum(is_fall) % 2 == 1
    return is_second[::-1] if is_reversed else is_second


def _are_pairs(twice: Integers, steps: Integers) -> bool:
    """Return whether each of these times is directly repeated once, and no other time of the file is."""
    pairs = twice[: len(twice) // 2 * 2].reshape(-1, 2)
    is_each = 2 * len(pairs) == len(twice) and bool((pairs[:, 0] == pairs[:, 1]).all())
    return is_each and len(np.unique(pairs)) == len(pairs) == np.count_nonzero(steps == 0)


def _changes_in(local: Integers, zone: str) -> tuple[Integers, Integers, Integers]:
    """Return when the offset changes in the years of these times, and the offsets before and after."""
    years = np.unique(local.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64)) + _YEAR_ZERO
    found = sorted({change for year in years.tolist() for change in _changes(zone, year)})
    at, before, after = (np.array(column, np.int64) * SECOND for column in zip(*found, strict=True))
    return at, before, after


def _goes_back(zone: str, year: int) -> list[tuple[int, int]]:
    """Return the times that clocks show after they went back in a year, and by how much, in seconds."""
    return [(at + after, before - after) for at, before, after in _changes(zone, year) if before > after]


def zones_that_go_back(local: int, length: int) -> list[str]:
    """Return time zones whose clocks go back by this length to this local time, both in microseconds."""
    year = datetime.fromtimestamp(local // SECOND, UTC).year
    return [zone for zone in _GO_BACK if (local // SECOND, length // SECOND) in _goes_back(zone, year)]


def changes_on(date: str, zones: Sequence[str] = _GO_BACK) -> dict[str, tuple[int, int]]:
    """Return which time zones have clocks that change by an hour on the date in a cell, in any order.

    Each has the hours by which they go back, 1 or -1, and the first hour that they show twice, or leave out.
    """
    digits = re.findall(r"\d+", re.sub(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)", r"\1-\2-\3", date))
    years = {int(each) % 100 for each in digits if len(each) > 2} or {int(each) for each in digits}  # noqa: PLR2004
    numbers, found = {int(each) % 100 for each in digits}, {}
    for zone, year in itertools.product(zones, years):
        for at, before, after in _changes(zone, 2000 + year):
            day = datetime.fromtimestamp(at + min(before, after), UTC)
            if abs(before - after) == HOUR_S and {day.month, day.day, day.year % 100} == numbers:
                found[zone] = ((before - after) // HOUR_S, day.hour)
    return found


def days_of_steps(local: Integers) -> tuple[Integers, dict[int, int]]:
    """Return the day of each of these times, and the days of 25 hours (1) or 23 (-1).

    The times are in order, and count the steps of a day from midnight; the last ones of a day with 25 hours
    reach into the next one. Days count from 1970.
    """
    steps, days, found = local[1:] - local[:-1], local // DAY, dict[int, int]()
    step = int(np.median(steps[steps > 0])) if any_of(steps > 0) else DAY
    hour = HOUR // step
    for end in (
        [*((steps == step - HOUR).nonzero()[0] + 1).tolist(), len(local)] if 0 < hour < len(local) else []
    ):
        before, last = days.item(end - hour - 1), days[end - hour : end]
        is_whole = all_of(last == before + 1) and local[end - hour] % DAY == 0
        if is_whole and (end < len(local) or np.count_nonzero(days == before + 1) == hour):
            found[before] = 1
            last -= 1
    for day, count in zip(*(each.tolist() for each in np.unique(days, return_counts=True)), strict=True):
        if hour and count * step == DAY - HOUR and local[days == day].max() == day * DAY + (count - 1) * step:
            found[day] = -1
    return days, found


def clocks_of_steps(local: Integers, days: Integers, hours: dict[int, int], zone: str) -> Integers:
    """Return what clocks in a zone show at times that count the steps of a day; see `days_of_steps`."""
    found = local.copy()
    for day, more in hours.items():
        back, first = changes_on(str(np.datetime64(day, "D")), [zone]).get(zone, (0, 0))
        if back == more:
            found[(days == day) & (local >= day * DAY + (first + (back > 0)) * HOUR)] -= back * HOUR
    return found


@functools.lru_cache(maxsize=256)
def _changes(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """Return the changes of the offset in a year, in seconds; the first entry is the offset at its start."""
    start, end = (int(datetime(each, 1, 1, tzinfo=UTC).timestamp()) for each in (year, year + 1))
    clock = ZoneInfo(zone)
    start, end = start - 3 * DAY_S, end + 3 * DAY_S
    offset = _offset_at(start, clock)
    found = [(start, offset, offset)]
    for day in range(start, end, DAY_S):
        low, high = day, day + DAY_S
        if (after := _offset_at(high, clock)) == offset:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset_at(middle, clock) == offset else (low, middle)
        found.append((high, offset, after))
        offset = after
    return tuple(found)


def _offset_at(second: int, clock: ZoneInfo) -> int:
    moment = datetime.fromtimestamp(second, clock)
    return (moment.utcoffset() or timedelta()) // timedelta(seconds=1)
