"""Times of a clock of 12 hours, without AM and PM or with 12 AM for noon: the order of rows says the hour."""

import numpy as np

from processing.model.flags import Integers
from processing.model.stamp import DAY, HOUR, NO_TIME

_HALF = 12 * HOUR


def in_24_hours(time: Integers) -> Integers | None:
    """Return the times of rows as a clock of 24 hours shows them; None if their order does not say which.

    In each day the times fall once, at noon. Only the first day may lack its morning, and the last its
    afternoon.
    """
    is_timed = time != NO_TIME
    found, new = _of_24_hours(time[is_timed]), time.copy()
    if found is None:
        return None
    new[is_timed] = found
    return new


def has_noon_as_12_am(time: Integers) -> bool:
    """Return whether times with AM and PM fall on a date only from 11 to 0 h, or also from 12 to 1 h."""
    time = time[time != NO_TIME]
    falls = (time[1:] < time[:-1]).nonzero()[0]
    day, hours = time // DAY, time // HOUR % 24
    before, after = hours[falls], hours[falls + 1]
    is_noon, is_turn = (before == 11) & (after == 0), (before == 12) & (after == 1)  # noqa: PLR2004 - hours
    is_one_day = day[falls] == day[falls + 1]
    return bool(is_noon.any() and (is_one_day & (is_noon | is_turn)).all())


def formats_of_12_hours(name: str) -> list[str]:
    """Return the formats that a profile may name for times of such a clock, which were read by this one."""
    names = [name] if name != "iso" else [f"%Y-%m-%d{sign}%H:%M:%S" for sign in " T"]
    return [one.replace("%H", "%I", 1) for one in names if "%H" in one and "%p" not in one]


def _of_24_hours(time: Integers) -> Integers | None:
    day, clock = time // DAY, time % _HALF
    falls = np.r_[False, (day[1:] == day[:-1]) & (clock[1:] < clock[:-1])]
    days, first = np.unique(day, return_index=True)
    if not len(day) or np.any(day[1:] < day[:-1]):
        return None
    noons = np.add.reduceat(falls, first)
    is_later = np.cumsum(falls) - np.repeat(np.cumsum(noons) - noons, np.diff(np.r_[first, len(day)]))
    if not noons[0] and len(days) > 1 and clock[first[1] - 1] >= _HALF - HOUR:
        noons[0], is_later[: first[1]] = 1, 1  # the first day begins in the afternoon
    if not noons[-1] and len(days) > 1 and clock[first[-1]] < HOUR:
        noons[-1] = 1  # the last day ends in the morning
    return None if np.any(noons != 1) else day * DAY + clock + is_later * _HALF
