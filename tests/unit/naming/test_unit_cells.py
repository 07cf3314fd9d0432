"""The units that the cells of rows state."""

import pytest

from processing.naming.unit_cells import other_unit_of_rows, place_of_unit, unit_of_cells


@pytest.mark.parametrize(
    ("sample", "place"),
    [
        ([["1", "kWh"], ["2", " kWh "]], 1),
        ([["kWh", "1", "W"], ["kWh", "2", "W"]], 0),
        ([["1", "W"], ["2", "W"]], None),
        ([["1", "kWh"], ["2", "Wh"]], 1),
        ([["1", "kWh"], ["2"]], None),
        ([["1", "kvarh"]], None),
        ([], None),
    ],
)
def test_the_column_of_units_states_a_unit_in_each_row(sample: list[list[str]], place: int | None) -> None:
    assert place_of_unit(sample) == place


def test_a_column_named_kw_is_one_of_kilowatts_unless_it_may_count_calendar_weeks() -> None:
    columns = (["0"], ["31", "0.7"], ["54"], ["01", "53"], ["23/2025", "24/2025"])
    assert [unit_of_cells(cells, "KW") for cells in columns] == ["kW", "kW", "kW", "", ""]
    assert unit_of_cells(["2.4 kW"], "Load") == "kW"


def test_a_column_of_units_may_state_one_that_is_none_of_power_or_energy() -> None:
    names = ["Date", "Production", "Unit"]
    rows = [["2025-06-14", "5", "litre"], ["2025-06-15", "6", "litre"]]
    assert other_unit_of_rows(rows, names) == "litre"
    assert other_unit_of_rows([*rows, ["2025-06-16", "6", "kWh"]], names) == ""
    assert other_unit_of_rows([["2025-06-14", "5", "kWh"]], names) == ""
