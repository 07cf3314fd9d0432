"""How a line is cut into cells."""

from __future__ import annotations

import csv

import pytest

from processing.layout.dialect import split


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
