"""The delays before the next attempts."""

import pytest

from watcher.system.backoff import delay_seconds


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (10**9, 60)]
)
def test_the_delay_doubles_from_one_second_up_to_a_minute(attempt: int, seconds: float) -> None:
    assert delay_seconds(attempt) == seconds


def test_an_attempt_below_the_first_waits_like_the_first() -> None:
    assert delay_seconds(0) == 1
