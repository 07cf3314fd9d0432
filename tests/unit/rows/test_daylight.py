"""Rows at night: by the hour on the clock, or by the sun at the place of the site."""

from __future__ import annotations

import tracemalloc
from datetime import datetime, timedelta

import numpy as np
import pytest

from processing.rows.daylight import dates, day_start, night_rows, site_clock
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
    assert night.tolist() == expected


def test_of_utc_timestamps_without_a_time_zone_night_is_unknown() -> None:
    assert night_rows(rows_at("2025-01-15T03:00:00Z")) is None
    assert night_rows(rows_at("2025-01-15T03:00:00+01:00")) is not None


def test_the_clock_of_a_site_follows_its_time_zone_over_a_change_to_summer_time() -> None:
    stamps = ("2025-03-30T00:30:00Z", "2025-03-30T01:30:00Z")  # the clock goes from 2:00 to 3:00 at 1:00 UTC
    rows = rows_at(*stamps, site={"timezone": "Europe/Berlin"}, thresholds=CLOCK)
    assert ((site_clock(rows) - rows.time) // HOUR).tolist() == [1, 2]
    night = night_rows(rows)
    assert night.tolist() == [True, True]


def test_with_a_place_the_sun_decides() -> None:
    """At 0° N, 0° E at an equinox the sun rises at about 6:04 UTC and sets at about 18:11."""
    stamps = [f"2025-03-20T{hour}:00Z" for hour in ("05:50", "06:20", "18:00", "18:30")]
    night = night_rows(rows_at(*stamps, site={"latitude": 0.0, "longitude": 0.0}))
    assert night.tolist() == [True, False, False, True]


def test_dates_are_numbered_from_1970() -> None:
    assert dates(np.array([0, 24 * HOUR - 1, 24 * HOUR])).tolist() == [0, 0, 1]


def test_a_day_begins_in_the_middle_of_the_dark() -> None:
    """It generates from 6:00 to 18:00, but for three hours at noon."""
    hours = np.arange(48) * HOUR
    bright = np.isin(np.arange(48) % 24, [*range(6, 11), *range(14, 19)])
    assert day_start(hours, bright) == 0
    assert day_start(hours + 10 * HOUR, bright) == 10 * HOUR
    assert day_start(hours, bright & False) == 0


class TestSleep:
    """Two days, a row each half an hour, with power from 6:00 to 18:00."""

    def rows(self, kept: str, **tables: object) -> SortedRows:
        """The rows of the half hours with a `1`, from midnight on; power follows the hour."""
        start = datetime.fromisoformat("2025-03-20T00:00:00")
        lines = ["timestamp,power\n"]
        for at, digit in enumerate(kept):
            watts = max(0, 200 - abs(at % 48 - 24) * 16)
            if digit == "1":
                lines.append(f"{(start + timedelta(minutes=30 * at)).isoformat()}+00:00,{watts}\n")
        used = profile(**tables)
        return sort_rows(table_of("".join(lines).encode(), used), used)

    def test_the_rows_of_its_night_are_not_expected(self) -> None:
        rows = self.rows("0" * 12 + "1" * 25 + "0" * 23 + "1" * 25 + "0" * 11)
        assert (rows.expected, rows.unlit) == (50, 23)
        assert rows.asleep.nonzero()[0].tolist() == [24]

    def test_rows_that_are_lost_by_day_are(self) -> None:
        rows = self.rows("0" * 12 + "1" * 25 + "0" * 23 + "1" * 10 + "0" * 5 + "1" * 10 + "0" * 11)
        assert (rows.expected, rows.unlit, len(rows.line)) == (50, 23, 45)

    def test_a_logger_that_writes_its_nights_loses_a_part_of_one(self) -> None:
        rows = self.rows("1" * 42 + "0" * 10 + "1" * 44)
        assert (rows.expected, rows.unlit, rows.asleep) == (96, 0, None)

    def test_a_plant_that_always_generates_does_not_sleep(self) -> None:
        text = "timestamp,power\n" + "".join(
            f"2025-03-{20 + at // 24}T{at % 24:02}:00:00,200\n" for at in range(48) if not 20 <= at < 30
        )
        rows = sort_rows(table_of(text.encode()), profile())
        assert (rows.expected, rows.unlit) == (48, 0)

    def test_of_a_night_of_days_only_the_dark_hours(self) -> None:
        """Of six days the second to fourth are lost: three nights of 23 rows, two days of 25."""
        day, night = "1" * 25, "0" * 23
        rows = self.rows("0" * 12 + day + night + "0" * 25 + night + "0" * 25 + night + day + night + day)
        assert (rows.expected, rows.unlit) == (25 * 5, 23 * 4)

    def test_with_a_place_only_dark_hours_count(self) -> None:
        """At 0° N, 0° E on an equinox the sun is lower than 5° until 6:27 and from 17:47 on."""
        kept = "0" * 14 + "1" * 21 + "0" * 27 + "1" * 21 + "0" * 13  # from 7:00 to 17:00
        assert self.rows(kept).unlit == 27
        place = self.rows(kept, site={"latitude": 0.0, "longitude": 0.0})
        assert (place.unlit, place.expected) == (25, 44), "those at 17:30 and 6:30 are lost"


def test_a_gap_of_years_between_seconds_takes_no_memory_for_each_missing_row() -> None:
    """Two days with a night between, and one 30 years later, of rows that are a second apart."""
    days = ("2001-06-10", "2001-06-11", "2031-06-10")
    stamps = [
        f"{day}T{hour}:00:{second:02}Z" for day in days for hour in ("08", "12", "17") for second in range(9)
    ]
    powers = ([10] * 9 + [200] * 9 + [10] * 9) * 3
    text = "time,power\n" + "".join(f"{stamp},{watts}\n" for stamp, watts in zip(stamps, powers, strict=True))
    used = profile(site={"latitude": 0.0, "longitude": 0.0})
    tracemalloc.start()
    try:
        sort_rows(table_of(text.encode(), used), used)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
