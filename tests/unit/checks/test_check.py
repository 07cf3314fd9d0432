"""What checks share: which rows can be compared."""

from __future__ import annotations

from processing.checks.check import comparable
from tests.support.arrays import mask


def test_rows_beside_a_slow_step_are_not_compared() -> None:
    assert comparable(mask("0100"), ahead=False).tolist() == [2, 1, 2, 1, 1]
    assert comparable(mask("0100"), ahead=True).tolist() == [2, 2, 2, 1, 2]
    assert comparable(mask(""), ahead=True).tolist() == [2]
