"""The units that the cells of rows state."""

import pytest

from processing.naming.unit_cells import place_of_unit


@pytest.mark.parametrize(
    ("sample", "place"),
    [
        ([["1", "kWh"], ["2", " kWh "]], 1),
        ([["kWh", "1", "W"], ["kWh", "2", "W"]], 0),
        ([["1", "W"], ["2", "W"]], None),
        ([["1", "kWh"], ["2", "Wh"]], None),
        ([["1", "kWh"], ["2"]], None),
        ([["1", "kvarh"]], None),
        ([], None),
    ],
)
def test_the_column_of_units_states_one_in_each_row(sample: list[list[str]], place: int | None) -> None:
    assert place_of_unit(sample) == place
