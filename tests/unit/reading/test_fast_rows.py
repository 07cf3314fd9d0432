import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.model.stamp import BLANK, PLAIN
from processing.reading.fast_rows import Shape, plain, times
from processing.reading.grammar import number, timestamp

PLAIN_CELLS = st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-(10**7), max_value=10**7
).map(str)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(repr)
ANY_CELL = st.text(st.characters(exclude_characters=",\n", exclude_categories=["Cs"]), max_size=20)
DIGITS = st.text("0123456789.+-eE []\0", max_size=20)
STAMP = "2025-01-15T06:00:00"
TWO, THREE = Shape(2, 0, (1,)), Shape(3, 0, (1, 2))


def read_numbers(cells: list[str]) -> list[float] | None:
    found = plain("".join(f"{STAMP},{cell}\n" for cell in cells).encode(), TWO, b",")
    return None if found is None else found.values[0].tolist()


def read_times(stamps: list[str]) -> list[int] | None:
    found = plain("".join(f"{stamp},1\n" for stamp in stamps).encode(), TWO, b",")
    return None if found is None else found.time.tolist()


@given(st.lists(st.one_of(PLAIN_CELLS, FLOATS), min_size=1, max_size=30))
def test_a_plain_number_is_what_python_reads(cells: list[str]) -> None:
    assert read_numbers(cells) == [float(cell) for cell in cells]


@given(st.lists(st.one_of(ANY_CELL, DIGITS, PLAIN_CELLS), min_size=1, max_size=4))
def test_it_agrees_with_the_grammar_or_says_nothing(cells: list[str]) -> None:
    assert read_numbers(cells) in (None, [number(cell) for cell in cells])


@pytest.mark.parametrize(
    ("cell", "value"),
    [("0", 0.0), ("-0.5", -0.5), ("12345678.1234567", 12345678.1234567), ("1e3", 1000.0), (" 24\t", 24.0)],
)
def test_these_are_read_at_once(cell: str, value: float) -> None:
    assert read_numbers([cell]) == [value]


@pytest.mark.parametrize("cell", ["-0", "-0.0"])
def test_minus_zero_is_zero(cell: str) -> None:
    assert str(read_numbers([cell])) == "[0.0]"


@pytest.mark.parametrize(
    "cell",
    ["", ".", "-", "5.", ".5", "+5", "007", "1 2", "1\0002", "1.2.3", "1e999", "NaN", "null", '"1"', "--1",
     "[1]", "1],[2", "5" * 65, "0." + "0" * 70, "°"],
)  # fmt: skip
def test_these_are_left_to_the_grammar(cell: str) -> None:
    assert read_numbers(["1", cell]) is None


@pytest.mark.parametrize("zone", ["", "Z", "+01:00", "-0330", "+05"])
@pytest.mark.parametrize("clock", ["T06:00", " 06:00:00", "T06:00:00", "T06:00:00.1", "T06:00:00.123456789"])
def test_times_are_the_grammars(clock: str, zone: str) -> None:
    chance = random.Random(1)  # noqa: S311 - a test's numbers
    for _ in range(300):
        stamps = [f"2025-01-15{clock}{zone}"] * 2
        place, digit = chance.randrange(len(stamps[1])), str(chance.randrange(10))
        stamps[1] = stamps[1][:place] + digit + stamps[1][place + 1 :]
        expected = [timestamp(stamp) for stamp in stamps]
        alike = all(stamp is not None and stamp.form == expected[0].form for stamp in expected if expected[0])
        found = read_times(stamps)
        assert found is None or (alike and found == [stamp.time for stamp in expected if stamp])
        assert found is not None or not alike or not place < len("2025-01-15T06:00")


@pytest.mark.parametrize(
    "odd",
    [
        "2025-01-15 06:00:00",
        "2025-01-15T06:00:00Z",
        "2025-01-15T06:00",
        "2025-01-15T06:00:0a",
        "2025-01-15T06-00-00",
        "2025-01-15T24:00:00",
        "2025-01-15T06:60:00",
        "2025-02-30T06:00:00",
        "1969-01-01T00:00:00",
        "2101-01-01T00:00:00",
        "x" * 19,
        "",
    ],
)
def test_a_stamp_unlike_the_first_is_left_to_the_grammar(odd: str) -> None:
    assert read_times(["1970-01-01T00:00:01"]) == [1_000_000]
    assert read_times(["1970-01-01T00:00:01", odd]) is None
    assert read_times([odd, "1970-01-01T00:00:01"]) is None


@pytest.mark.parametrize(("stamp", "form"), [(STAMP, PLAIN), (STAMP.replace("T", " "), BLANK)])
def test_the_form_is_the_first_stamps(stamp: str, form: object) -> None:
    found = plain(f"{stamp},1\n".encode(), TWO, b",")
    assert found is not None
    assert found.form == form


@pytest.mark.parametrize(
    "rest",
    ["1,2\n3\n", "1,2,3\n", "1\n", "\n", "1,2\n\n", "1;2\n", f"1,2\n{STAMP},1\n{STAMP},1,2,3\n"],
)
def test_a_block_whose_lines_differ_is_not_plain(rest: str) -> None:
    assert plain(f"{STAMP},{rest}".encode(), THREE, b",") is None


def test_a_block_without_lines_is_not_plain() -> None:
    assert plain(b"", THREE, b",") is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_thousand_rows_of_four_columns_agree_with_pythons_own_reader(delimiter: str) -> None:
    values = np.random.default_rng(1).uniform(-400, 400, (1000, 4)).round(3).tolist()
    lines = [delimiter.join([STAMP, *map(str, row)]) + "\n" for row in values]
    found = plain("".join(lines).encode(), Shape(5, 0, (1, 2, 3, 4)), delimiter.encode())
    assert found is not None
    assert found.values.T.tolist() == json.loads(json.dumps(values))


@pytest.mark.parametrize("text", ["", "roof", "°C", "1", ",".join("ab")])
def test_columns_may_stand_in_any_order_beside_columns_of_text(text: str) -> None:
    lines = [f"{text},{k},{STAMP},{k + 0.5},{text}\n" for k in range(5)]
    columns = 4 + 2 * text.count(",") + 1
    shift = text.count(",")
    found = plain("".join(lines).encode(), Shape(columns, 2 + shift, (1 + shift, 3 + shift)), b",")
    assert found is not None
    assert found.values.tolist() == [[0, 1, 2, 3, 4], [0.5, 1.5, 2.5, 3.5, 4.5]]
    found = plain(f"{text},{STAMP}\n".encode(), Shape(2 + shift, 1 + shift, (0,)), b",")
    assert found is None or text == "1"


@pytest.mark.parametrize("text", ['"roof"', 'a"b', "\0", "\n"])
def test_a_block_with_odd_text_is_not_plain(text: str) -> None:
    assert plain(f"{STAMP},1,{text}\n".encode(), Shape(3, 0, (1,)), b",") is None
    assert plain(f"{STAMP},1,".encode() + b"\xff\n", Shape(3, 0, (1,)), b",") is None


def test_stamps_as_a_list_are_read_alike() -> None:
    assert times([]) is None
    assert times([STAMP, STAMP[:-1] + "x"]) is None
    assert times([STAMP, "2025-01-15T06:00:01,"]) is None
    found = times([STAMP, "2025-01-15T06:00:01"])
    assert found is not None
    assert (np.diff(found[0]).tolist(), found[1]) == ([1_000_000], PLAIN)
