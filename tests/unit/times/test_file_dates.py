from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from processing.model.stamp import NO_TIME
from processing.times.file_dates import dates_in_name, on_date

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
