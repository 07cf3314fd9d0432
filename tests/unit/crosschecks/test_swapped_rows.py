"""Rows in which two channels have each other's numbers, here and there in a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.moved_columns import NAMES, rows_of
from tests.support.small_files import chosen, profile, rejection, result

HALVES: list[Callable[[int], bool]] = [
    lambda at: at % 4 == 3,
    lambda at: at % 2 == 0,
    lambda at: at * at % 11 < 3,
    lambda at: 100 <= at < 110 or 130 <= at < 150,
]


def _file(order: str, other: str, is_other: Callable[[int], bool], delimiter: str = ",") -> str:
    """Return a day in which some rows have their columns in another order."""
    rows = [rows_of(other if is_other(at) else order, range(at, at + 1), delimiter)[0] for at in range(288)]
    return "\n".join([delimiter.join(["time", *(NAMES[name] for name in order.split())]), *rows, ""])


@pytest.mark.parametrize("is_other", HALVES)
@pytest.mark.parametrize(
    ("order", "other"), [("V I", "I V"), ("V I P", "I V P"), ("cells I V", "cells V I"), ("V P", "P V")]
)
def test_rows_with_each_others_numbers_are_asked_about(
    order: str, other: str, is_other: Callable[[int], bool]
) -> None:
    found = rejection(_file(order, other, is_other, ";"))
    assert found.code == "ambiguous_columns"
    assert "have each other's numbers from line" in found.message


def test_so_are_those_of_a_battery_that_is_discharged() -> None:
    cells = [(26 + at % 5 / 10, (at - 144) / 20 - 0.01) for at in range(288)]
    pairs = (pair if at % 4 else pair[::-1] for at, pair in enumerate(cells))
    rows = [
        f"2025-06-10 {at // 12:02}:{at % 12 * 5:02},{one:.1f},{other:.2f}"
        for at, (one, other) in enumerate(pairs)
    ]
    assert "have each other's" in rejection("\n".join(["time,U (V),I (A)", *rows, ""])).message


def test_the_way_that_is_offered_reads_all_rows_with_a_note() -> None:
    (way,) = rejection(text := _file("V I", "I V", HALVES[0])).candidates or ()
    read = result(text, chosen(way))
    assert (read.records_processed, read.anomalies_by_check["moved_columns"]) == (288, 1)


def test_a_profile_that_names_a_column_has_a_note() -> None:
    named = profile(channels={"voltage": {"column": "Upv (V)"}})
    (note,) = [
        one for one in result(_file("V I", "I V", HALVES[0]), named).anomalies if one.check == "moved_columns"
    ]
    assert "'Upv (V)' and 'Ipv (A)' have each other's numbers from line" in note.message


@pytest.mark.parametrize("order", ["V I", "V I P", "cells I V", "V P"])
def test_rows_in_one_order_are_not_asked_about(order: str) -> None:
    assert result(_file(order, order, HALVES[0])).records_processed == 288


def test_a_current_that_crosses_the_voltage_is_not_swapped() -> None:
    """With clouds, the current of a charger jumps between 2 A and 60 A, around the 13 V of its battery."""
    currents = [2 + 58 * (at * at % 7) / 6 for at in range(288)]
    rows = [
        f"2025-06-10 {at // 12:02}:{at % 12 * 5:02},{13 + at % 3 / 10},{current:.1f}"
        for at, current in enumerate(currents)
    ]
    assert result("\n".join(["time,Upv (V),Ipv (A)", *rows, ""])).records_processed == 288
