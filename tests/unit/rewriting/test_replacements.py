"""What is replaced if the first rows have it."""

import pytest

from processing.rewriting.replacements import replacement, steps_of

BRACKETS = replacement(rb"\(\d", rb"\((\d+)\)", rb"-\1", sign=b"(")


@pytest.mark.parametrize(
    ("shares", "rows", "count"),
    [
        ((0.0, 1.0), b"1\n2\n", 0),
        ((0.0, 1.0), b"(1)\n2\n", 1),
        ((0.0, 1.0), b"(1\n2)\n", 0),
        ((0.5, 0.9), b"(1)\n2\n3\n", 0),
        ((0.5, 0.9), b"(1)\n2\n", 1),
        ((0.5, 0.9), b"(1)\n(2)\n", 0),
    ],
)
def test_a_replacement_is_made_if_rows_have_it_as_often_as_it_must_be(
    shares: tuple[float, float], rows: bytes, count: int
) -> None:
    steps = steps_of([BRACKETS._replace(shares=shares)], rows)
    assert len(steps) == count
    assert [step(b"(5),6") for step in steps] == [b"-5,6"] * count
