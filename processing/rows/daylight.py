"""The local clock of a site, and which rows are at night: by that clock, or by the sun."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from processing.model.flags import Floats, Integers, Mask
from processing.model.profile import NIGHT_ENDS, NIGHT_STARTS, Site
from processing.rows.sorted_rows import SortedRows

_MICRO = 1_000_000
_HOUR = 3_600 * _MICRO
_QUARTER = 900 * _MICRO
_DAY = 24 * _HOUR
_YEAR_DAYS = 365.2425
_HORIZON = math.sin(math.radians(-0.833))  # of the sun's upper limb, refraction included


def night_rows(rows: SortedRows) -> Mask | None:
    """Return the rows at night; None if the timestamps are UTC and the local hour is unknown."""
    if rows.profile.site.latitude is not None and (rows.aware or rows.profile.site.timezone is not None):
        utc = rows.time if rows.aware else rows.time - _zone_offsets(rows.time, rows.profile.site, wall=True)
        return _sine_of_elevation(utc, rows.profile.site) < _HORIZON
    if rows.only_utc and rows.profile.site.timezone is None:
        return None
    starts, ends = rows.profile.thresholds[NIGHT_STARTS], rows.profile.thresholds[NIGHT_ENDS]
    hour = (site_clock(rows) % _DAY) / _HOUR
    if starts < ends:
        return np.asarray((hour >= starts) & (hour < ends))
    return np.asarray((hour >= starts) | (hour < ends))


def site_clock(rows: SortedRows) -> Integers:
    """Return local times in microseconds: in the site's zone if timestamps have offsets, else as written."""
    if rows.aware and rows.profile.site.timezone is not None:
        return rows.time + _zone_offsets(rows.time, rows.profile.site, wall=False)
    return rows.local


def _zone_offsets(time: Integers, site: Site, *, wall: bool) -> Integers:
    """Return the zone's offset in microseconds at each time (UTC, or wall-clock time if `wall`).

    Zones change their offset at whole quarters of an hour, so one query for each quarter is enough.
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
    angle = utc / (_DAY * _YEAR_DAYS) % 1.0 * 2 * math.pi
    declination = (
        0.006918 - 0.399912 * np.cos(angle) + 0.070257 * np.sin(angle)
        - 0.006758 * np.cos(2 * angle) + 0.000907 * np.sin(2 * angle)
        - 0.002697 * np.cos(3 * angle) + 0.00148 * np.sin(3 * angle)
    )  # fmt: skip
    equation_of_time = 229.18 * (
        0.000075 + 0.001868 * np.cos(angle) - 0.032077 * np.sin(angle)
        - 0.014615 * np.cos(2 * angle) - 0.040849 * np.sin(2 * angle)
    )  # fmt: skip
    solar_minutes = utc % _DAY / (60 * _MICRO) + equation_of_time + 4 * (site.longitude or 0.0)
    hour_angle = np.radians(solar_minutes / 4 - 180)
    latitude = math.radians(site.latitude or 0.0)
    return np.asarray(
        math.sin(latitude) * np.sin(declination)
        + math.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    )


def dates(local: Integers) -> Integers:
    """Return the number of each row's local date."""
    return local // _DAY
