import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing import plain
from processing.grammar import PLAIN, number, timestamp

PLAIN_CELLS = st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-(10**7), max_value=10**7
)
ANY_CELL = st.text(st.characters(codec="ascii", exclude_characters='",\n\0'), max_size=20)
DIGITS = st.text("0123456789.+-eE ", max_size=20)


def read_numbers(cells: list[str]) -> list[float]:
    grid = plain.grid("".join(cell + "\n" for cell in cells).encode(), 1, b",")
    assert grid is not None
    return [float(value) for value in plain.numbers(grid)[:, 0]]


def read_times(stamps: list[str]) -> list[int]:
    grid = plain.grid("".join(f"{stamp},1\n" for stamp in stamps).encode(), 2, b",")
    assert grid is not None
    return [int(time) for time in plain.times(grid, 0)[0]]


@given(st.lists(PLAIN_CELLS, min_size=1, max_size=30))
def test_a_plain_number_is_what_python_reads(decimals: list[object]) -> None:
    cells = [str(value) for value in decimals]
    assert read_numbers(cells) == [float(cell) for cell in cells]


@given(st.lists(st.one_of(ANY_CELL, DIGITS), min_size=1, max_size=30))
def test_it_agrees_with_the_grammar_or_says_nothing(cells: list[str]) -> None:
    for cell, value in zip(cells, read_numbers(cells), strict=True):
        assert math.isnan(value) or value == number(cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("0", 0.0), ("-0.5", -0.5), ("+24.05", 24.05), ("12345678.1234567", 12345678.1234567), ("007", 7.0)],
)
def test_these_are_read_at_once(cell: str, value: float) -> None:
    assert read_numbers([cell]) == [value]


@pytest.mark.parametrize(
    "cell",
    ["", ".", "-", "5.", ".5", "1e3", " 1", "1 ", "1.2.3", "123456789", "1.123456789", "/", ":", "--1"],
)
def test_these_are_left_to_the_grammar(cell: str) -> None:
    assert math.isnan(read_numbers([cell])[0])


@pytest.mark.parametrize("zone", ["", "Z", "+01:00", "-0330"])
@pytest.mark.parametrize("separator", ["T", " "])
def test_times_are_the_grammars(zone: str, separator: str) -> None:
    chance = random.Random(1)  # noqa: S311 - a test's numbers
    days = [
        f"20{chance.randrange(100):02}-{chance.randrange(14):02}-{chance.randrange(33):02}"
        for _ in range(300)
    ]
    clocks = [f"{chance.randrange(26):02}:{chance.randrange(62):02}:{chance.randrange(62):02}" for _ in days]
    stamps = [f"2025-01-15{separator}06:00:00{zone}"]
    stamps += [day + separator + clock + zone for day, clock in zip(days, clocks, strict=True)]
    expected = [timestamp(stamp) for stamp in stamps]
    assert read_times(stamps) == [plain.NO_TIME if stamp is None else stamp.time for stamp in expected]


@pytest.mark.parametrize(
    "odd",
    [
        "2025-01-15 06:00:00",
        "2025-01-15T06:00:00Z",
        "2025-01-15T06:00",
        "2025-01-15T06:00:0a",
        "2025-01-15T06-00-00",
        "2025-02-30T06:00:00",
        "1969-01-01T00:00:00",
        "x" * 19,
        "",
    ],
)
def test_a_stamp_unlike_the_first_is_left_to_the_grammar(odd: str) -> None:
    assert read_times(["1970-01-01T00:00:01", odd]) == [1_000_000, plain.NO_TIME]


def test_a_first_stamp_that_is_none_leaves_all_to_the_grammar() -> None:
    assert read_times(["?", "1970-01-01T00:00:01"]) == [plain.NO_TIME] * 2


def test_the_form_is_the_first_stamps() -> None:
    grid = plain.grid(b"1970-01-01T00:00:01,1\n", 2, b",")
    assert grid is not None
    assert plain.times(grid, 0)[1] == PLAIN


@pytest.mark.parametrize(
    "block", [b"1,2\n3\n", b"1,2,3\n", b'"1",2\n', "1,°\n".encode(), b"1,\0\n", b"", b"\n", b"1\n2\n3\n4,5\n"]
)
def test_a_block_that_is_not_plain_is_none(block: bytes) -> None:
    assert plain.grid(block, 2, b",") is None


def test_a_thousand_rows_of_four_columns_agree_with_numpys_own_reader() -> None:
    values = np.random.default_rng(1).uniform(-400, 400, (1000, 4)).round(3)
    text = "\n".join(",".join(f"{value:.3f}" for value in row) for row in values) + "\n"
    grid = plain.grid(text.replace(",", ";").encode(), 4, b";")
    assert grid is not None
    assert np.array_equal(plain.numbers(grid), np.loadtxt(text.splitlines(), delimiter=","))
