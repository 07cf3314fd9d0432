"""How a line is cut into cells."""

from __future__ import annotations

import csv

import pytest

from processing.layout.dialect import split


def test_a_cell_in_quotes_may_hold_the_delimiter() -> None:
    assert split('1,"2,3",4', ",") == ["1", "2,3", "4"]
    with pytest.raises(csv.Error):
        split('1,"2,3', ",")
