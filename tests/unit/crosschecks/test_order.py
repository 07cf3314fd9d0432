"""Columns that change their order inside a file without a new header."""

from __future__ import annotations

import time
import tracemalloc
import warnings

import pytest

from processing.formats.known_format import Fingerprint, KnownFormat
from processing.model.rejection import Rejection
from processing.model.result import Result
from tests.support.moved_columns import file_of
from tests.support.small_files import chosen, processed, profile, rejection, result


@pytest.mark.crossed
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("order", "other", "at"),
    [
        ("P load", "load P", 150),
        ("P sun soc", "sun P soc", 150),
        ("P sun", "sun P", 190),
        ("soc cells P", "P cells soc", 120),
        ("P E", "E P", 140),
        ("cells P soc", "new cells P", 150),
        ("P grid", "grid P", 150),
    ],
)
def test_a_day_in_which_columns_move_is_asked_about(order: str, other: str, at: int, delimiter: str) -> None:
    found = rejection(file_of(order, other, at, 288, delimiter))
    assert found.code == "ambiguous_columns"
    assert "does the order of the columns change there? If so, split the file" in found.message
    if "grid" not in order:
        assert found.line == at + 2


def test_the_way_that_is_offered_reads_all_rows_in_one_order() -> None:
    (way,) = rejection(text := file_of("P load", "load P", 150, 288)).candidates or ()
    assert way.label.startswith("in one order throughout")
    assert result(text, chosen(way)).records_processed == 288


@pytest.mark.crossed
@pytest.mark.parametrize("days", [1, 4])
@pytest.mark.parametrize("order", ["P load grid", "P sun soc E", "cells P soc"])
def test_columns_that_stay_are_not_asked_about(order: str, days: int) -> None:
    assert result(file_of(order, order, 150, days * 288)).records_processed == days * 288


@pytest.mark.crossed
@pytest.mark.parametrize("at", [100, 150, 576])
@pytest.mark.parametrize(
    ("order", "other"),
    [
        ("V I P", "P I V"),
        ("V I P", "V P I"),
        ("V I P", "I P V"),
        ("V I P", "I V P"),
        ("P V I cells", "P V cells I"),
        ("P V I cells", "cells P V I"),
    ],
)
def test_voltage_current_and_power_alone_that_move_are_asked_about(order: str, other: str, at: int) -> None:
    found = rejection(file_of(order, other, at, 288 if at < 288 else 4 * 288))
    assert "does the order of the columns change there?" in found.message
    assert found.line == pytest.approx(at + 2, abs=0 if at < 288 else 80)


def test_a_sensor_of_current_that_fails_has_not_moved() -> None:
    text = file_of("V I P", "V new P", 150, 288).replace(",7.0,", ",0.0,")
    assert result(text).records_processed == 288


@pytest.mark.parametrize(
    ("order", "other"), [("P load", "load P"), ("P sun soc", "sun P soc"), ("soc cells P", "P cells soc")]
)
def test_a_profile_that_names_the_column_has_a_note(order: str, other: str) -> None:
    named = profile(channels={"power": {"column": "PV power (W)"}})
    (note,) = [
        one
        for one in result(file_of(order, other, 150, 288), named).anomalies
        if one.check == "moved_columns"
    ]
    assert note.line == 152
    assert "from about line 152 on, 'PV power (W)' has what" in note.message


def _read_by(text: str, *, is_shipped: bool) -> Result | Rejection:
    mark = Fingerprint(columns=("PV power (W)", "Load (W)"))
    channels = {"power": {"column": "PV power (W)"}}
    known = KnownFormat("one", "One", mark, {"decimal": "."}, channels, is_shipped=is_shipped)
    return processed(text, formats=[known])


def test_a_shipped_format_asks_and_an_accepted_one_has_a_note() -> None:
    text = file_of("P load", "load P", 150, 288)
    shipped, accepted = (_read_by(text, is_shipped=one) for one in (True, False))
    assert isinstance(shipped, Rejection)
    (way,) = shipped.candidates or ()
    assert 'csv.decimal = "."' in way.toml
    assert isinstance(accepted, Result)
    assert accepted.anomalies_by_check["moved_columns"] == 1


def test_a_battery_that_takes_over_as_the_sun_goes_has_not_moved() -> None:
    """A load of 3 kW is supplied by both, so that each has what the other one had."""
    power = [1000 if at % 40 < 20 else 2000 for at in range(120)]
    cells = [0] * 84 + [one + at % 7 for at, one in enumerate(power)] + [0] * 84
    rows = [
        f"2025-06-10 {at // 12:02}:{at % 12 * 5:02},{cell},{3000 - cell}" for at, cell in enumerate(cells)
    ]
    text = "\n".join(["time,PV power (W),Battery power (W)", *rows, ""])
    assert result(text).records_processed == 288


def test_many_rows_that_may_be_swapped_take_little_time() -> None:
    """In each 50th row, the two columns have each other's numbers: the file is read a few times only."""
    pairs = ((500 + at % 7, 3000 + at % 5) for at in range(10_000))
    cells = (pair if at % 50 else pair[::-1] for at, pair in enumerate(pairs))
    rows = [
        f"2025-06-{10 + at // 1440:02} {at // 60 % 24:02}:{at % 60:02},{one},{other}"
        for at, (one, other) in enumerate(cells)
    ]
    start = time.process_time()
    result("\n".join(["time,PV power (W),Grid power (W)", *rows, ""]))
    assert time.process_time() - start < 4


@pytest.mark.parametrize("at", [1, 287])
def test_one_row_on_a_side_shows_no_order(at: int) -> None:
    with warnings.catch_warnings(action="error"):
        assert result(file_of("P load", "load P", at, 288)).records_processed == 288


@pytest.mark.long
def test_a_wide_file_in_which_the_power_jumps_takes_little_memory() -> None:
    """Each of 2500 columns is not compared with each other one."""
    count = 2500
    rows = (
        [
            f"2025-06-10 {at:02}:00",
            str(300 if at % 7 else 1000),
            *(str(at * one % 991) for one in range(count)),
        ]
        for at in range(24)
    )
    names = ",".join(["time", "Pac (W)", *(f"x{one}" for one in range(count))])
    text = "\n".join([names, *map(",".join, rows), ""])
    tracemalloc.start()
    try:
        result(text)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()
