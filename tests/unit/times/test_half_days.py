"""Times of a clock of 12 hours without AM and PM."""

import numpy as np
import pytest

from processing.model.stamp import HOUR, NO_TIME
from processing.times.half_days import formats_of_12_hours, in_24_hours


@pytest.mark.parametrize(("begin", "end"), [(0, 24), (0, 72), (15, 60), (13, 34), (7, 19)])
def test_times_fall_at_noon_and_at_midnight(begin: int, end: int) -> None:
    hours = np.arange(begin, end, dtype=np.int64) * HOUR
    on_a_clock = hours // (24 * HOUR) * (24 * HOUR) + (hours // HOUR - 1) % 12 * HOUR + HOUR
    found = in_24_hours(on_a_clock)
    assert found is not None
    assert found.tolist() == hours.tolist()


@pytest.mark.parametrize("clocks", [[1, 2, 3], [10, 12, 1, 12, 1], [8, 9, 12, 2, 1, 3], []])
def test_other_orders_say_nothing(clocks: list[int]) -> None:
    assert in_24_hours(np.array(clocks, dtype=np.int64) * HOUR) is None


def test_rows_without_a_time_stay_without_one() -> None:
    found = in_24_hours(np.array([11, 12, 1], dtype=np.int64) * HOUR)
    gaps = in_24_hours(np.array([11 * HOUR, NO_TIME, 12 * HOUR, 1 * HOUR], dtype=np.int64))
    assert found is not None
    assert gaps is not None
    assert gaps.tolist() == [found[0], NO_TIME, *found[1:]]


def test_a_profile_names_the_format_that_was_read() -> None:
    assert formats_of_12_hours("%d.%m.%Y %H:%M") == ["%d.%m.%Y %I:%M"]
    assert formats_of_12_hours("iso") == ["%Y-%m-%d %I:%M:%S", "%Y-%m-%dT%I:%M:%S"]
