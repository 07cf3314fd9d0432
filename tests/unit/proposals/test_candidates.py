"""What each way to read a rejected file would mean."""

import io

import pytest

from processing.model.profile import DEFAULT, Caps
from processing.model.rejection import Choice
from processing.proposals.candidates import candidates, with_changes
from processing.reading.byte_source import ByteSource
from tests.support.base_day import written
from tests.support.small_files import rejection, result

ORDERS = written("time,power", "{m}/{d}/{y} {clock},{p}")


def test_both_orders_of_a_date_are_candidates_with_their_consequence() -> None:
    found = rejection(ORDERS)
    assert isinstance(found.candidates, list)
    assert [one.toml for one in found.candidates] == [
        ['csv.time_format = "%d/%m/%Y %H:%M:%S"'],
        ['csv.time_format = "%m/%d/%Y %H:%M:%S"'],
    ]
    same = "12 rows of 1 day, 0.12 kWh a day, most at 12 h, from 2025"
    assert [one.consequence for one in found.candidates] == [f"{same}-10-06", f"{same}-06-10"]
    assert f"It would mean 1: {same}-10-06; 2: {same}-06-10. To read it, write" in found.message
    assert found.input.bytes == len(ORDERS)


def test_kilowatts_and_watts_differ_by_their_energy() -> None:
    found = rejection(written("time,Pac", "{t},1.5"))
    assert isinstance(found.candidates, list)
    assert [one.consequence.split(", ")[1] for one in found.candidates] == [
        "0.0015 kWh a day",
        "1.5 kWh a day",
    ]


def test_a_choice_that_does_not_read_the_file_is_no_candidate() -> None:
    source = ByteSource(io.BytesIO(ORDERS.encode()), Caps(), packed=False)
    choices = [Choice("a", {"csv": {"time_format": "%Y"}}), Choice("b", {"csv": {"delimiter": "none"}})]
    assert candidates(source, DEFAULT, choices, b"x.csv") == []


def test_changes_are_merged_into_the_profile() -> None:
    changed = with_changes(
        DEFAULT, {"csv": {"decimal": ","}, "channels": {"power": {"unit": "kW", "max": 1e6}}}
    )
    assert (changed.csv.decimal, changed.channels.power.unit) == (",", "kW")
    assert result(written("time;power", "{t};{p}", decimal=","), changed).metrics.peak_power_w == 120_770
    with pytest.raises(ValueError, match="delimiter"):
        with_changes(DEFAULT, {"csv": {"delimiter": "none"}})
