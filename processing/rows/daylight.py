"""The local clock of a site, and which rows are at night by that clock or by the sun."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from processing.model.flags import Floats, Integers, Mask, any_of
from processing.model.profile import Site
from processing.model.stamp import DAY, HOUR, SECOND
from processing.model.thresholds import NIGHT_ENDS, NIGHT_FLOOR, NIGHT_STARTS
from processing.rows.sorted_rows import SortedRows

_QUARTER = 900 * SECOND
_YEAR_DAYS = 365.2425
_MINUTE = 60 * SECOND
_DAY_MINUTES = 1_440
_HALF_DAY_S = 12 * 3600
_DUSK = 0.25  # of the highest power, before and after a night
_NO_POWER = 0.1  # of the night floor
_SLEPT = 0.9  # of the rows that a gap omits: the rest is the twilight
_MAX_SAMPLES = 500  # of the rows that a gap omits
_LOW_SUN = math.sin(math.radians(5))
_HORIZON = math.sin(math.radians(-0.833))  # of the sun's upper limb, refraction included


def night_rows(rows: SortedRows) -> Mask | None:
    """Return the rows at night; None if that is unknown.

    That is so if the timestamps are UTC and the site has no zone, or if a row lasts half a day or longer.
    """
    if rows.dt >= _HALF_DAY_S:
        return None
    if _knows_sun(rows):
        return _sine_of_elevation(_utc(rows.time, rows), rows.profile.site) < _HORIZON
    if rows.only_utc and rows.profile.site.timezone is None:
        return None
    starts, ends = rows.profile.thresholds[NIGHT_STARTS], rows.profile.thresholds[NIGHT_ENDS]
    since = (site_clock(rows) - round(starts * HOUR)) % DAY
    return np.asarray(since < ((ends - starts) % 24 or 24) * HOUR)


def site_clock(rows: SortedRows) -> Integers:
    """Return local times in microseconds: in the site's zone if timestamps have offsets, else as written."""
    if rows.aware and rows.profile.site.timezone is not None:
        return rows.time + _zone_offsets(rows.time, rows.profile.site, wall=False)
    return rows.local


def _zone_offsets(time: Integers, site: Site, *, wall: bool) -> Integers:
    """Return the zone's offset in microseconds at each time (UTC, or wall-clock time if `wall`).

    Zones change their offset at full quarters of an hour, so one query for each quarter is enough.
    """
    zone = ZoneInfo(str(site.timezone))
    quarters, which = np.unique(time // _QUARTER, return_inverse=True)
    offsets = []
    for quarter in quarters.tolist():
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=quarter * 900)
        moment = moment.replace(tzinfo=zone) if wall else moment.astimezone(zone)
        offsets.append((moment.utcoffset() or timedelta()) // timedelta(microseconds=1))
    return np.array(offsets, np.int64)[which]


def _sine_of_elevation(utc: Integers, site: Site) -> Floats:
    """Return the sine of the sun's elevation, within half a degree (Spencer 1971, as NOAA gives it)."""
    angle = utc / (DAY * _YEAR_DAYS) % 1.0 * 2 * math.pi
    declination = (
        0.006918 - 0.399912 * np.cos(angle) + 0.070257 * np.sin(angle)
        - 0.006758 * np.cos(2 * angle) + 0.000907 * np.sin(2 * angle)
        - 0.002697 * np.cos(3 * angle) + 0.00148 * np.sin(3 * angle)
    )  # fmt: skip
    equation_of_time = 229.18 * (
        0.000075 + 0.001868 * np.cos(angle) - 0.032077 * np.sin(angle)
        - 0.014615 * np.cos(2 * angle) - 0.040849 * np.sin(2 * angle)
    )  # fmt: skip
    solar_minutes = utc % DAY / (60 * SECOND) + equation_of_time + 4 * (site.longitude or 0.0)
    hour_angle = np.radians(solar_minutes / 4 - 180)
    latitude = math.radians(site.latitude or 0.0)
    return np.asarray(
        math.sin(latitude) * np.sin(declination)
        + math.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    )


def day_start(time: Integers, generating: Mask) -> int:
    """Return the time of day at which days begin, in microseconds: the middle of the dark.

    The dark is the longest stretch of the day in which no row of any day generates, so no time zone is
    needed.
    """
    bright = np.unique(time[generating] // _MINUTE % _DAY_MINUTES)
    if not len(bright):
        return 0
    dark = np.diff(bright, append=bright[:1] + _DAY_MINUTES)
    longest = int(dark.argmax())
    return int((2 * bright[longest] + dark[longest]) * _MINUTE // 2 % DAY)


def days(rows: SortedRows) -> Integers:
    """Return the number of each row's day, which ends in the middle of the dark."""
    return (rows.time - day_start(rows.time, rows.generating)) // DAY


def sleep(rows: SortedRows) -> tuple[int, Mask] | None:
    """Return how many rows are missing because an inverter sleeps, and in which steps it does; or None.

    Such a step is longer than the limit of a gap, contains the middle of the dark, and has at most a quarter
    of the highest power before and after it. The logger does not sleep if it also writes at least a quarter
    as many rows without power as it omits. If the location of the site is known, only rows count while the
    sun is lower than 5 degrees.
    """
    time, power, seconds = rows.time[: rows.timed], rows.power[: rows.timed], rows.steps.seconds
    generating = rows.generating[: rows.timed]
    if not any_of(generating):
        return None
    low = power <= _DUSK * np.nanmax(power)
    nights = np.diff((time - day_start(time, generating)) // DAY)
    nights[~(low[1:] & low[:-1] & rows.is_gap)] = 0
    if not any_of(nights):
        return None
    omitted = np.maximum(0, np.rint(seconds / rows.gaps.usual) - 1).astype(np.int64)
    single = nights == 1
    usual = int(np.median(omitted[single])) if any_of(single) else 0
    asleep = np.where(single, omitted, np.minimum(omitted, nights * usual))
    written = np.count_nonzero(power <= _NO_POWER * rows.thresholds[NIGHT_FLOOR])
    if 4 * written >= asleep.sum():
        return None
    if _knows_sun(rows):
        asleep = np.minimum(asleep, _dark_rows(rows, nights > 0, omitted))
    return int(asleep.sum()), asleep >= np.maximum(1, _SLEPT * omitted)


def _dark_rows(rows: SortedRows, gaps: Mask, omitted: Integers) -> Integers:
    """Return how many of the rows that each of these gaps omits are in the dark, by a sample of them."""
    found = np.zeros(len(omitted), np.int64)
    for at in gaps.nonzero()[0].tolist():
        count = min(int(omitted[at]), _MAX_SAMPLES)
        times = np.linspace(rows.time[at], rows.time[at + 1], count + 2).astype(np.int64)[1:-1]
        dark = np.count_nonzero(_sine_of_elevation(_utc(times, rows), rows.profile.site) < _LOW_SUN)
        found[at] = round(int(omitted[at]) * dark / count)
    return found


def _knows_sun(rows: SortedRows) -> bool:
    """Return whether the height of the sun is known: from the site's location, for times known in UTC."""
    site = rows.profile.site
    return site.latitude is not None and (rows.aware or site.timezone is not None)


def _utc(time: Integers, rows: SortedRows) -> Integers:
    return time if rows.aware else time - _zone_offsets(time, rows.profile.site, wall=True)


def dates(local: Integers) -> Integers:
    """Return the number of each row's local date."""
    return local // DAY
