"""Changes of a profile."""

import pytest

from processing.formats.changes import merged, with_changes
from processing.model.profile import DEFAULT


def test_tables_are_merged_and_values_replaced() -> None:
    base = {"a": {"x": 1, "y": [1]}, "b": 2}
    assert merged(base, {"a": {"y": [2]}, "b": {"z": 3}}) == {"a": {"x": 1, "y": [2]}, "b": {"z": 3}}
    assert base == {"a": {"x": 1, "y": [1]}, "b": 2}


def test_a_channel_that_is_not_read_keeps_no_keys() -> None:
    assert merged({"power": {"unit": "W", "max": 5e3}}, {"power": {"column": False}}) == {
        "power": {"column": False}
    }
    assert with_changes(DEFAULT, {"channels": {"power": {"column": False}}}).channels["power"].unit is None


def test_a_profile_is_changed_in_its_csv_and_channels() -> None:
    changed = with_changes(DEFAULT, {"csv": {"decimal": ","}, "channels": {"power": {"unit": "kW"}}})
    assert (changed.csv.decimal, changed.channels["power"].unit) == (",", "kW")
    with pytest.raises(ValueError, match="delimiter"):
        with_changes(DEFAULT, {"csv": {"delimiter": "none"}})
