from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.model.stamp import NO_TIME
from processing.times.file_dates import dates_in_name, in_years, on_date, year_in_name

HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("name", "dates"),
    [
        ("2025-06-10.csv", ["2025-06-10"]),
        ("panel_20250610.csv.gz", ["2025-06-10"]),
        ("panel_20250610-1200.csv", ["2025-06-10"]),
        ("panel_20250610120000.csv", ["2025-06-10"]),
        ("roof/Log 2025_06_10 (1).csv", ["2025-06-10"]),
        ("25.12.2025.csv", ["2025-12-25"]),
        ("10.06.2025.csv", ["2025-06-10"]),
        ("10.06.25.csv", ["2025-06-10"]),
        ("10-06-2025.csv", ["2025-06-10", "2025-10-06"]),
        ("12-25-2025.csv", ["2025-12-25"]),
        ("log10Jun2025.txt", ["2025-06-10"]),
        ("991231.CSV", ["1999-12-31"]),
        ("250610.CSV", ["2025-06-10", "2010-06-25"]),
        ("2025-06-10_2025-06-11.csv", ["2025-06-10", "2025-06-11"]),
        ("2025/06/10/log.csv", ["2025-06-10"]),
        ("roof/2025/0610.csv", ["2025-06-10"]),
        ("202506/10.csv", ["2025-06-10"]),
        ("roof/PV-2025-6-9.csv", ["2025-06-09"]),
        ("pv_14.6.2025.csv", ["2025-06-14"]),
        ("6-14-2025.csv", ["2025-06-14"]),
        ("inverter 3 12 2025-06-10.csv", ["2025-06-10"]),
        ("log_2025_6_9.csv", []),
        ("2025-06-10/inverter3.csv", ["2025-06-10"]),
        ("inverter_12345678.csv", []),
        ("panel.csv", []),
        ("20251310.csv", []),
        ("2025-02-30.csv", []),
    ],
)
def test_a_name_has_these_dates(name: str, dates: list[str]) -> None:
    assert [
        date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat() for day in dates_in_name(name)
    ] == dates


def test_a_clock_that_passes_midnight_is_on_the_next_date() -> None:
    times = np.array([hour * HOUR for hour in (6, 23, 0, 5)])
    assert (on_date(times, 10) // HOUR).tolist() == [246, 263, 264, 269]


def test_a_row_out_of_order_is_on_the_same_date_and_one_without_a_time_has_none() -> None:
    times = np.array([6 * HOUR, NO_TIME, 8 * HOUR, 7 * HOUR])
    assert on_date(times, 1).tolist() == [30 * HOUR, NO_TIME, 32 * HOUR, 31 * HOUR]
    assert on_date(times[:0], 1).tolist() == []


@pytest.mark.parametrize(
    ("name", "order", "day"),
    [
        ("log_250614.csv", "ymd", "2025-06-14"),
        ("log_250614.csv", "dmy", "2014-06-25"),
        ("10-06-2025.csv", "dmy", "2025-06-10"),
        ("2025-06-10.csv", "dmy", "2025-06-10"),
    ],
)
def test_an_order_decides_between_the_dates_of_a_name(name: str, order: str, day: str) -> None:
    (found,) = dates_in_name(name, order)
    assert found == (date.fromisoformat(day) - date(1970, 1, 1)).days


def in_1972(*dates: str) -> NDArray[np.int64]:
    """Return noon of these dates in the year in which dates without one are read, in microseconds."""
    return np.array([f"1972-{one}T12" for one in dates], "datetime64[us]").astype(np.int64)


@pytest.mark.parametrize(
    ("dates", "year", "read"),
    [
        ("02-28 03-01", 2025, "2025-02-28 2025-03-01"),
        ("02-29 03-01", 2024, "2024-02-29 2024-03-01"),
        ("12-31 01-01", 2024, "2024-12-31 2025-01-01"),
        ("01-01 12-31", 2025, "2025-01-01 2024-12-31"),
        ("01-01 12-01 02-01 11-01", 2025, "2025-01-01 2025-12-01 2025-02-01 2025-11-01"),
    ],
)
def test_dates_get_their_years(dates: str, year: int, read: str) -> None:
    found = in_years(in_1972(*dates.split()), year)
    assert [str(one) for one in found.astype("datetime64[us]").astype("datetime64[D]")] == read.split()


def test_a_29_february_of_another_year_has_no_time() -> None:
    assert in_years(in_1972("02-28", "02-29"), 2025)[1] == NO_TIME


@pytest.mark.parametrize(
    ("name", "dates", "year"),
    [
        ("pv_2025.csv", "06-14", 2025),
        ("2025-06/pv.csv", "06-14", 2025),
        ("pv_2025-06-15.csv", "06-14", 2025),
        ("pv_2025-08-01.csv", "06-14", None),
        ("SUN2025.csv", "06-14", None),
        ("2024_2025.csv", "06-14", None),
        ("inverter_2000.csv", "06-14", None),
        ("pv_2025.csv", "12-31 01-01", None),
        ("pv_2025-01-01.csv", "12-31 01-01", 2024),
    ],
)
def test_a_name_has_the_year_of_these_dates(name: str, dates: str, year: int | None) -> None:
    assert year_in_name(name, in_1972(*dates.split())) == year
