from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from processing.values.numbers import (
    comma_separated,
    missing,
    number,
    number_and_unit,
    numbers,
    without_formula,
)


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


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands", "values"),
    [
        (["1,234.5", "12,345,678", "1234", "-1,000"], ".", ",", [1234.5, 12345678.0, 1234.0, -1000.0]),
        (["3,45,678", "12,34,56,789.5", "-1,00,000"], ".", ",", [345678.0, 123456789.5, -100000.0]),
        (["1.234,5", "0,5", ",5", "1e3"], ",", ".", [1234.5, 0.5, 0.5, 1000.0]),
        (["1'234.5", " 1'234 "], ".", "'", [1234.5, 1234.0]),
        (["1 234,5", "-1 234"], ",", " ", [1234.5, -1234.0]),
    ],
)
def test_groups_of_thousands_are_read(
    cells: list[str], decimal: str, thousands: str, values: list[float]
) -> None:
    assert numbers(cells, decimal, thousands).tolist() == values


@pytest.mark.parametrize(
    "cell",
    [
        "1,23",
        "1,2345",
        "123,45,678",
        "1,23,45",
        "1234,567",
        "0,123",
        ",123",
        "1,,234",
        "1,234,",
        "1,234.5,678",
        "1 234",
        "1\u00a0234",
    ],
)
def test_other_groups_are_no_numbers(cell: str) -> None:
    assert math.isnan(numbers([cell], ".", ",")[0])


def test_the_unit_of_the_column_may_stand_after_a_number() -> None:
    found = numbers(["24.1 V", "24V", "24", "24 mV", "V", "24 V V"], unit="V").tolist()
    assert found[:3] == [24.1, 24.0, 24.0]
    assert all(math.isnan(value) for value in found[3:])
    assert numbers(["25,5 °C"], ",", "", "°C").tolist() == [25.5]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("24.1 V", ("24.1", "V")), ("24,1V", ("24,1", "V")), ("25 °C", ("25", "°C")), ("1e3", ("1e3", "")),
        ("1e3 kWh", ("1e3", "kWh")), ("5E3", ("5E3", "")), ("24.1", ("24.1", "")), ("--", ("--", "")),
        ("12:00", ("12:00", "")), ("1 234 W/m²", ("1 234", "W/m²")), ("V", ("V", "")),
        ("5 V DC", ("5 V DC", "")), ("1013 bar", ("1013", "bar")), ("0x10", ("0x10", "")),
        ("0b1", ("0b1", "")), ("0o7", ("0o7", "")), ("1e", ("1e", "")),
    ],
)  # fmt: skip
def test_a_cell_is_a_number_and_its_unit(cell: str, found: tuple[str, str]) -> None:
    assert number_and_unit(cell) == found


def test_cells_that_mean_no_value() -> None:
    cells = ["", " ", "-", "--", "NaN", "NAN", "null", "None", "N/A", "n/a", "NA", "#N/A", " -- "]
    assert missing(cells).all()
    assert not missing(["0", "nan", "---", "x", "-1"]).any()
    assert missing(["x", ""], {"x"}).tolist() == [True, False]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="01:00"', "01:00"), (' = "01.06." ', "01.06."), ('="a""b"', 'a"b'), ("01:00", "01:00"),
        ('="', '="'), ("=1+1", "=1+1"), ('"x"', '"x"'),
    ],
)  # fmt: skip
def test_a_formula_that_only_quotes_is_its_text(cell: str, text: str) -> None:
    assert without_formula(cell).strip() == text


@pytest.mark.parametrize(
    ("text", "rows", "columns"),
    [(b",", 1, 1), (b" ,", 1, 1), (b",,", 1, 2), (b",,", 2, 1), (b"", 0, 1), (b"x,", 1, 1)],
)
def test_cells_without_a_number_keep_their_places(text: bytes, rows: int, columns: int) -> None:
    found = comma_separated(text, rows, columns)
    assert found.shape == (columns, rows)
    assert np.isnan(found).all()
