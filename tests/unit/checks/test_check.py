"""What checks share: differences between neighbours, and which rows can be compared."""

from __future__ import annotations

from processing.checks.check import Change, comparable
from tests.support.arrays import floats, mask


def test_a_change_has_its_sign_and_its_size() -> None:
    signed, size = Change.of(floats(3, 1, 4))
    assert (signed.tolist(), size.tolist()) == ([-2, 3], [2, 3])


def test_rows_beside_a_slow_step_are_not_compared() -> None:
    assert comparable(mask("0100"), ahead=False).tolist() == [2, 1, 2, 1, 1]
    assert comparable(mask("0100"), ahead=True).tolist() == [2, 2, 2, 1, 2]
    assert comparable(mask(""), ahead=True).tolist() == [2]
