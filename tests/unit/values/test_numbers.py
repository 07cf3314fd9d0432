from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest

from processing.values.numbers import number, numbers


@pytest.mark.parametrize(
    ("cell", "value"),
    [("24.5", 24.5), ("+5", 5.0), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), (" 24\t", 24.0), (3, 3.0),
     (Fraction(1, 2), 0.5)],
)  # fmt: skip
def test_these_are_numbers(cell: object, value: float) -> None:
    assert number(cell) == value


@pytest.mark.parametrize(
    "cell", ["", ".", "-", "1_0", "0x18", "nan", "inf", "1e999", "٣", "5\xa0", "1.2.3", "5" * 65, True, None,
             math.nan, 10**400, Decimal(1)],
)  # fmt: skip
def test_these_are_none(cell: object) -> None:
    assert number(cell) is None


@pytest.mark.parametrize("other", ["", "x", "\x0b5", "5" * 65, "°", "nan", "1e999"])
def test_a_column_is_nan_where_a_cell_is_no_number(other: str) -> None:
    found = numbers(["1", other, "-0"])
    assert (found[0], math.isnan(found[1]), str(found[2])) == (1.0, True, "0.0")


def test_a_column_with_decimal_commas_has_points_for_thousands_never() -> None:
    assert str(numbers(["24,5", "1.000,5", "24.5"], ",").tolist()) == "[24.5, nan, nan]"


def test_a_column_of_no_cells_is_empty() -> None:
    assert numbers([]).tolist() == []
