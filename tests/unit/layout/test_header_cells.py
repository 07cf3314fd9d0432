"""Columns that a profile names, and what a name stands for."""

import pytest

from processing.layout.header_cells import (
    HeaderCell,
    channel_of,
    column_name,
    found_in,
    place_of,
    resembled_channel,
    stamp_of,
    times_by_name,
)
from processing.layout.lines import places_of_times
from processing.model.profile import DEFAULT, Place
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


def test_a_cell_names_a_channel_and_its_unit() -> None:
    found = found_in(HeaderCell(("Power (kW)",)), 3)
    assert found == ("power", (3, "kW", True, True))
    assert found_in(HeaderCell(("Pac",), "W"), 0) == ("power", (0, "W", False, True))
    assert found_in(HeaderCell(("kWh",)), 0) == ("energy", (0, "kWh", False, True))
    assert channel_of(HeaderCell(("Charger", "PV voltage"))) == "voltage"
    assert channel_of(HeaderCell(("Battery voltage",))) is None


@pytest.mark.parametrize(
    ("name", "channel"),
    [("mV", "voltage"), ("mA", "current"), ("kW", "power"), ("°C", "temperature"), ("PV_Volt_Avg", "voltage"),
     ("Power (mean)", "power"), ("V_Max", None), ("Hz", None), ("C", None)],
)  # fmt: skip
def test_units_and_averages_name_channels(name: str, channel: str | None) -> None:
    assert channel_of(HeaderCell((name,))) == channel


@pytest.mark.parametrize(
    ("name", "channel", "unit"),
    [("Solar (kW)", "power", "kW"), ("PV [Wh]", "energy", "Wh"), ("Production[W]", "power", "W"),
     ("Power (kWh)", "energy", "kWh"), ("Total (W)", None, ""), ("Gesamtanlage [kWh]", "energy", "kWh"),
     ("ac_power_kw_1137", "power", "kW"), ("ac_power__315", "power", "W"), ("pv_kwh", "energy", "kWh"),
     ("Solar", None, ""), ("PV (%)", None, ""), ("Home (kW)", None, ""), ("Active energy Wh", None, "")],
)  # fmt: skip
def test_the_unit_decides_between_power_and_energy(name: str, channel: str | None, unit: str) -> None:
    found = found_in(HeaderCell((name,)), 3)
    assert (found[0], found[1].unit) == (channel, unit) if found else (channel, unit) == (None, "")


@pytest.mark.parametrize(
    ("name", "channel"),
    [("Sys1Wac_Avg", "power"), ("Udc MPPT1[V]", "voltage"), ("inv2_idc", "current"), ("Pbat", "power"),
     ("Reactive Energy L", None), ("in_batt_kwh", "energy"), ("house_kW", "power"), ("cell_mV", "voltage"),
     ("vin", "voltage"), ("window", None), ("pin code", None), ("cin", "current"), ("I_out", "current"),
     ("iin 2", "current"), ("uin", "voltage"), ("coin", None), ("cinema", None)],
)  # fmt: skip
def test_short_names_and_units_behind_them_resemble_channels(name: str, channel: str | None) -> None:
    assert resembled_channel(HeaderCell((name,))) == channel


@pytest.mark.parametrize(
    ("names", "row", "places"),
    [
        (("DAY", "MONTH", "DATE", "TIME"), ("15", "5", "2020-05-15", "00:00"), (2, 3)),
        (("Day", "Date", "Time"), ("Mon", "1/5/2020", "9:00 AM"), (1, 2)),
        (("date", "time", "day"), ("2019_06_23", "0900", "4"), (0, 1)),
    ],
)
def test_of_several_columns_of_dates_those_with_dates_are_taken(
    names: tuple[str, ...], row: tuple[str, ...], places: tuple[int, ...]
) -> None:
    header = tuple(HeaderCell((name,)) for name in names)
    sample = [list(row)]
    assert stamp_of(header, DEFAULT, 1, places_of_times(len(names), sample), sample) == places


@pytest.mark.parametrize("name", ["dd/MM/yyyy HH:mm:ss", "[dd.MM.yyyy HH:mm]", "MM/dd/yyyy", "HH:mm:ss"])
def test_a_pattern_of_times_names_the_column_of_times_or_stands_under_it(name: str) -> None:
    for cell in (HeaderCell((name,)), HeaderCell(("",), name), HeaderCell(("Moment",), name)):
        assert times_by_name((HeaderCell(("Pac",)), cell))[0] == (1,)


def test_a_cell_resembles_a_channel_by_its_unit_or_a_word() -> None:
    assert resembled_channel(HeaderCell(("Battery voltage",))) == "voltage"
    assert resembled_channel(HeaderCell(("String 1 [A]",))) == "current"
    assert resembled_channel(HeaderCell(("Power [%]",))) is None


@pytest.mark.parametrize(
    ("names", "places"),
    [(("date", "time"), (0, 1)), (("time", "date"), (1, 0)), (("Date/Time (UTC)", "date"), (0,)),
     (("timestamp", "utc time"), (0,)), (("created_at", "last changed"), ()), (("Zeit",), (0,))],
)  # fmt: skip
def test_the_columns_of_times_are_known_by_name(names: tuple[str, ...], places: tuple[int, ...]) -> None:
    assert times_by_name(tuple(HeaderCell((name,)) for name in names))[0] == places


def test_times_are_found_by_their_cells_if_no_name_says_it() -> None:
    header = (HeaderCell(("",)), HeaderCell(("power",)))
    assert stamp_of(header, DEFAULT, 1, [0], []) == (0,)
    with pytest.raises(RejectedFileError, match="columns missing: timestamp"):
        stamp_of(header, DEFAULT, 1, [], [])


def test_a_column_of_numbers_with_the_name_of_a_time_is_none_beside_one_of_times() -> None:
    header = tuple(HeaderCell((name,)) for name in ("Date", "power", "TS"))
    assert stamp_of(header, DEFAULT, 1, [0], [["6/30/2023", "5", "32.5"]]) == (0,)
    assert stamp_of(header, DEFAULT, 1, [0, 2], [["6/30/2023", "5", "1749556800"]]) == (2,)
    assert stamp_of(header, DEFAULT, 1, [], [["day 5", "5", "32.5"]]) == (2,)


@pytest.mark.parametrize(
    "names", [("date", "ts_local", "p"), ("Day", "moment", "p"), ("Datum", "stamp x", "p")]
)
def test_dates_beside_full_times_are_asked_for(names: tuple[str, ...]) -> None:
    header = tuple(HeaderCell((name,)) for name in names)
    with pytest.raises(RejectedFileError) as caught:
        stamp_of(header, DEFAULT, 1, [1], [["2026-01-09", "2026-01-09 23:09:00", "5"]])
    assert [each.label for each in caught.value.choices] == list(names[:2])


def test_a_date_and_a_time_of_day_are_taken_beside_seconds_since_1970() -> None:
    header = tuple(HeaderCell((name,)) for name in ("Date", "Time", "moment"))
    row = ["2026-01-09", "23:09", "1767996540"]
    assert stamp_of(header, DEFAULT, 1, [2], [row]) == (0, 1)


@pytest.mark.parametrize(
    ("header", "place", "column"),
    [
        (("time", "P"), 1, "P"),
        (("time", "P", "p "), 1, {"index": 2}),
        (("time", ""), 1, {"index": 2}),
        (("time",), 4, {"index": 5}),
        (("time", "P" * 201), 1, {"index": 2}),
    ],
)
def test_a_column_without_a_name_of_its_own_is_called_by_its_place(
    header: tuple[str, ...], place: int, column: object
) -> None:
    assert column_name(header, place) == column
