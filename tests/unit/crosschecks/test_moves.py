"""Columns that change their order in a file of several days."""

from __future__ import annotations

import pytest

from tests.support.moved_columns import file_of
from tests.support.small_files import rejection


@pytest.mark.crossed
@pytest.mark.parametrize("at", [2 * 288, 3 * 288 + 84, 3 * 288 + 150])
@pytest.mark.parametrize(
    ("order", "other"),
    [("P load", "load P"), ("P sun", "sun P"), ("soc P cells", "P soc cells"), ("P grid", "grid P")],
)
def test_days_in_which_columns_move_are_asked_about(order: str, other: str, at: int) -> None:
    found = rejection(file_of(order, other, at, 4 * 288))
    assert "does the order of the columns change there?" in found.message
    is_hidden = "sun" in order and not at % 288  # at midnight: both are zero from six in the evening on
    assert found.line == pytest.approx(at + 2, abs=80 if is_hidden else 40)


@pytest.mark.parametrize("days", [3, 4])
@pytest.mark.parametrize("at", [288, 348])
@pytest.mark.parametrize(("order", "other"), [("soc P cells", "P soc cells"), ("P load", "load P")])
def test_columns_that_move_on_the_second_day_are_asked_about(
    order: str, other: str, at: int, days: int
) -> None:
    found = rejection(file_of(order, other, at, days * 288))
    assert found.line == pytest.approx(at + 2, abs=20)


@pytest.mark.parametrize("at", [2 * 288, 3 * 288 + 84, 3 * 288 + 150])
def test_days_in_which_a_new_column_shifts_others_are_asked_about(at: int) -> None:
    found = rejection(file_of("load P soc cells", "new load P soc", at, 4 * 288))
    assert "does the order of the columns change there?" in found.message
    assert found.line == pytest.approx(at + 2, abs=40)
