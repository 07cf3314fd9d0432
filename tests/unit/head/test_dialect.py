"""How a line is cut into cells."""

from __future__ import annotations

import csv

import pytest

from processing.head.dialect import default_dialect, plain_column, split
from processing.layout.detection import detected
from tests.support.base_day import BASE_DAY
from tests.support.small_files import profile


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
    assert plain_column(block, ";", 3, (1,), ("#",)) == (b"1/2\n3 \n14/05/2025 \n", 3)
    assert plain_column(b"1,2\n3,4\n", ",", 2, (0,), ()) == (b"1\n3\n", 2)
    assert plain_column(b"1,2\n3,4\n", ",", 2, (1,), ()) == (b"2\n4\n", 2)
    assert plain_column(b"", ",", 2, (1,), ()) == (b"", 0)


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


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"channels": {"voltage": {"unit": "mV"}, "temperature": {"unit": "°F"}, "power": {"unit": "kW"}}},
        {"channels": {"current": {"scale": 2.0, "offset": -1}, "temperature": {"unit": "K", "scale": 0.1}}},
        {
            "csv": {
                "comment": ["//", ""],
                "missing": ["x"],
                "delimiter": ",",
                "header": 1,
                "time_format": "iso",
            }
        },
    ],
)
def test_a_file_with_the_default_header_is_read_as_it_would_be_detected(tables: dict[str, object]) -> None:
    settings = profile(**tables)
    found = default_dialect(BASE_DAY.encode(), settings)
    assert found == detected(BASE_DAY.encode(), (), settings)


@pytest.mark.parametrize(
    ("head", "tables"),
    [
        (BASE_DAY, {"csv": {"delimiter": ";"}}),
        (BASE_DAY, {"csv": {"time": "timestamp"}}),
        (BASE_DAY, {"channels": {"power": {"column": False}}}),
        (BASE_DAY.replace("2025-", "25-"), {}),
        (BASE_DAY.replace("power\n", "power\n,V,A,C,W\n"), {}),
        ("time,power\n", {}),
    ],
)
def test_another_header_profile_or_form_of_times_is_detected(head: str, tables: dict[str, object]) -> None:
    assert default_dialect(head.encode(), profile(**tables)) is None
