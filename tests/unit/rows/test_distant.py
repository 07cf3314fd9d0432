"""Rows whose clock was not set."""

from __future__ import annotations

import numpy as np

from processing.model.stamp import NO_TIME
from processing.rows.distant import distant_rows

DAY = 86_400 * 1_000_000


def test_a_small_block_more_than_a_year_away_is_distant() -> None:
    found = distant_rows(np.array([0, 1, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007]) * DAY)
    assert found is not None
    assert found.tolist() == [True, True] + [False] * 8


def test_a_block_of_more_than_a_quarter_of_the_others_is_not() -> None:
    assert distant_rows(np.array([0, 1, 1000, 1001, 1002, 1003, 1004, 1005, 1006]) * DAY) is None


def test_a_row_a_year_away_is_not_and_rows_without_a_time_do_not_count() -> None:
    assert distant_rows(np.array([0, 365, 366, 367, 368]) * DAY) is None
    assert distant_rows(np.array([NO_TIME, 5 * DAY, 6 * DAY])) is None
    assert distant_rows(np.array([NO_TIME])) is None
