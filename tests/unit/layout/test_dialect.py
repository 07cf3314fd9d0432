"""How a line is cut into cells."""

from __future__ import annotations

import csv

import pytest

from processing.layout.dialect import plain_column, split


@pytest.mark.parametrize(
    "line",
    ['="01:00";5', '"=""01:00""";"5"', '="01:00";="5"', '"01:00";="5"', '01:00;"5"'],
)
def test_a_formula_is_its_text(line: str) -> None:
    assert split(line, ";") == ["01:00", "5"]


def test_a_cell_in_quotes_may_hold_the_delimiter() -> None:
    assert split('1,"2,3",4', ",") == ["1", "2,3", "4"]
    with pytest.raises(csv.Error):
        split('1,"2,3', ",")


def test_a_column_of_plain_rows_is_cut_at_once() -> None:
    block = "a;1/2;ü\n;3 ;\n;14/05/2025 ;x\n".encode()
    assert plain_column(block, ";", 3, (1,), ("#",)) == b"1/2\n3 \n14/05/2025 \n"
    assert plain_column(b"1,2\n3,4\n", ",", 2, (0,), ()) == b"1\n3\n"
    assert plain_column(b"1,2\n3,4\n", ",", 2, (1,), ()) == b"2\n4\n"
    assert plain_column(b"", ",", 2, (1,), ()) == b""


@pytest.mark.parametrize(
    "block",
    [
        b"1,2\n3\n",
        b"1,2\n\n3,4\n",
        b"1,2,3\n4\n",
        b'"1",2\n3,4\n',
        b"1,2\n#3,4\n",
        b"1,2\nTotal,4\n",
        b"1,2\n,4\n",
        b"1,2\n 3,4\n",
    ],
)
def test_a_column_of_other_rows_is_not_cut_at_once(block: bytes) -> None:
    assert plain_column(block, ",", 2, (0,), ("#",)) is None


def test_times_over_two_columns_are_not_cut_at_once() -> None:
    assert plain_column(b"1,2\n3,4\n", ",", 2, (0, 1), ("#",)) is None
