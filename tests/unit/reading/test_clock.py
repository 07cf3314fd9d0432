"""The times of a whole file."""

import pytest

from tests.support.base_day import BY_POWER, written
from tests.support.small_files import profile, rejection, result

CLOCKS = written("time,power", "{clock},{p}")


def test_times_of_day_take_their_date_from_the_name_of_the_file() -> None:
    found = result(CLOCKS, name=b"roof/panel_2025-06-10.csv")
    assert found.metrics.total_energy_kwh == BY_POWER
    assert found.metrics.period.start == "2025-06-10T12:00:00"


@pytest.mark.parametrize("name", [b"panel.csv", b"2025-06-10_to_2025-06-11.csv"])
def test_times_of_day_without_one_date_are_refused(name: bytes) -> None:
    assert rejection(CLOCKS, name=name).code == "ambiguous_time"


def test_naive_times_of_a_zone_are_known_in_utc_and_written_as_they_were() -> None:
    found = result(written("time,power", "{t},{p}"), profile(csv={"timezone": "Europe/Amsterdam"}))
    assert found.metrics.total_energy_kwh == BY_POWER
    assert found.metrics.period.start == "2025-06-10T12:00:00"


def test_times_that_mark_the_end_of_an_interval_are_moved_to_its_start() -> None:
    found = result(written("time,power", "{t},{p}"), profile(csv={"label": "end"}))
    assert found.metrics.period.start == "2025-06-10T11:55:00"
    assert found.metrics.total_energy_kwh == BY_POWER
