"""What checks share: which rows can be compared."""

from __future__ import annotations

from tests.support.checked_files import checked_rows


def test_rows_beside_a_slow_step_are_not_compared() -> None:
    with_previous, with_both = checked_rows(seconds=[300, 901, 300, 300]).comparable_rows
    assert with_previous.tolist() == [2, 1, 2, 1, 1]
    assert with_both.tolist() == [2, 2, 2, 1, 2]


def test_a_single_row_is_not_compared() -> None:
    with_previous, with_both = checked_rows().comparable_rows
    assert (with_previous.tolist(), with_both.tolist()) == ([2], [2])
