"""Rows at night: by the hour on the clock, or by the sun at the place of the site."""

from __future__ import annotations

import numpy as np
import pytest

from processing.rows.daylight import dates, night_rows, site_clock
from processing.rows.sorted_rows import SortedRows
from processing.rows.time_order import sort_rows
from tests.support.checked_files import table_of
from tests.support.small_files import profile

HOUR = 3_600_000_000
CLOCK = {"night_starts_hour": 22.0, "night_ends_hour": 4.0}


def rows_at(*stamps: str, **tables: object) -> SortedRows:
    text = "timestamp,voltage,current\n" + "".join(f"{stamp},24,2\n" for stamp in stamps)
    used = profile(**tables)
    return sort_rows(table_of(text.encode(), used), used)


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [(22.0, 4.0, [True, False, False, True]), (0.0, 4.0, [True, False, False, False])],
)
def test_night_is_between_two_hours_of_the_clock(starts: float, ends: float, expected: list[bool]) -> None:
    stamps = [f"2025-01-15T{hour}:00" for hour in ("03:59", "04:00", "21:59", "22:00")]
    night = night_rows(rows_at(*stamps, thresholds={"night_starts_hour": starts, "night_ends_hour": ends}))
    assert night is not None
    assert night.tolist() == expected


def test_of_utc_timestamps_without_a_time_zone_night_is_unknown() -> None:
    assert night_rows(rows_at("2025-01-15T03:00:00Z")) is None
    assert night_rows(rows_at("2025-01-15T03:00:00+01:00")) is not None


def test_the_clock_of_a_site_follows_its_time_zone_over_a_change_to_summer_time() -> None:
    stamps = ("2025-03-30T00:30:00Z", "2025-03-30T01:30:00Z")  # the clock goes from 2:00 to 3:00 at 1:00 UTC
    rows = rows_at(*stamps, site={"timezone": "Europe/Berlin"}, thresholds=CLOCK)
    assert ((site_clock(rows) - rows.time) // HOUR).tolist() == [1, 2]
    night = night_rows(rows)
    assert night is not None
    assert night.tolist() == [True, True]


def test_with_a_place_the_sun_decides() -> None:
    """At 0° N, 0° E at an equinox the sun rises at about 6:04 UTC and sets at about 18:11."""
    stamps = [f"2025-03-20T{hour}:00Z" for hour in ("05:50", "06:20", "18:00", "18:30")]
    night = night_rows(rows_at(*stamps, site={"latitude": 0.0, "longitude": 0.0}))
    assert night is not None
    assert night.tolist() == [True, False, False, True]


def test_dates_are_numbered_from_1970() -> None:
    assert dates(np.array([0, 24 * HOUR - 1, 24 * HOUR])).tolist() == [0, 0, 1]
