"""Columns that a profile names, and what a name stands for."""

import pytest

from processing.head.column_kinds import times_by_name
from processing.head.header_cells import HeaderCell, header_of, place_of
from processing.head.lines import Line
from processing.model.profile import Place
from processing.model.rejection import RejectedFileError

HEADER = tuple(HeaderCell((name,)) for name in ("time", "U 1 (V)", "U 2 (V)", "u1 raw"))
TWO_LINES = (
    HeaderCell(("Charger", "Voltage")),
    HeaderCell(("Battery", "Voltage")),
    HeaderCell(("Charger", "State")),
)


@pytest.mark.parametrize(("name", "place"), [("U 1 (V)", 1), ("u1", 1), ("U_2 [V]", 2), (Place(4), 3)])
def test_a_name_matches_without_case_blanks_and_unit(name: str | Place, place: int) -> None:
    assert place_of(name, HEADER, 1, "voltage") == place


def test_a_name_matches_one_line_of_a_name_if_only_one_column_has_it() -> None:
    assert place_of("state", TWO_LINES, 1, "voltage") == 2
    assert place_of("Battery Voltage", TWO_LINES, 1, "voltage") == 1
    with pytest.raises(RejectedFileError, match="fits 2 columns: Charger Voltage, Battery Voltage") as caught:
        place_of("Voltage", TWO_LINES, 1, "voltage")
    assert [choice.label for choice in caught.value.choices] == ["Charger Voltage", "Battery Voltage"]


@pytest.mark.parametrize("name", ["U3", Place(9)])
def test_a_name_that_is_no_column_is_refused(name: str | Place) -> None:
    with pytest.raises(RejectedFileError) as caught:
        place_of(name, HEADER, 1, "voltage")
    assert caught.value.code == "missing_columns"


@pytest.mark.parametrize("name", ["dd/MM/yyyy HH:mm:ss", "[dd.MM.yyyy HH:mm]", "MM/dd/yyyy", "HH:mm:ss"])
def test_a_pattern_of_times_names_the_column_of_times_or_stands_under_it(name: str) -> None:
    for cell in (HeaderCell((name,)), HeaderCell(("",), name), HeaderCell(("Moment",), name)):
        assert times_by_name((HeaderCell(("Pac",)), cell)).chosen == (1,)


def test_the_device_before_the_names_of_three_columns_is_a_line_of_its_own() -> None:
    names = ("Time", "Site 3 - Power (kW)", "Site 3 - U", "Site 3 - x", "Other - Power", "Import - Export")
    found = header_of(Line(1, names))
    assert [cell.parts for cell in found[:3]] == [("Time",), ("Site 3 -", "Power (kW)"), ("Site 3 -", "U")]
    assert tuple(cell.text for cell in found) == names
    assert [len(cell.parts) for cell in found[4:]] == [1, 1]
