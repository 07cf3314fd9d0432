"""Readings as Python and numpy hold them; pandas is tested with the oracles."""

from __future__ import annotations

from collections import namedtuple
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from processing.values import python_values

NOON = 1_736_942_400_000_000  # 2025-01-15T12:00:00, in microseconds since 1970


class Frame:
    """What is used of a DataFrame."""

    columns = ("voltage",)

    class index:  # noqa: N801 - as pandas has it
        dtype = np.dtype("int64")

    def to_dict(self, orient: str) -> list[dict[str, Any]]:
        assert orient == "records"
        return [{"voltage": 24.0}]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (24, 24.0),
        (np.float32(0.5), 0.5),
        (Decimal("24.5"), 24.5),
        (" 1.5e1 ", 15.0),
        (float("nan"), None),
        (Decimal("Infinity"), None),
        (True, None),
        ("24,5", None),
        (None, None),
    ],
)
def test_a_number_is_one_or_is_spelled(value: object, number: float | None) -> None:
    assert python_values.number(value) == number


@pytest.mark.parametrize(
    "value",
    [
        "2025-01-15 12:00:00",
        datetime(2025, 1, 15, 12),  # noqa: DTZ001 - as loggers write it
        datetime(2025, 1, 15, 12, tzinfo=UTC),
        np.datetime64("2025-01-15T12:00:00"),
        np.datetime64("2025-01-15T12", "h"),
    ],
)
def test_a_time_is_one_or_is_spelled(value: object) -> None:
    found = python_values.stamp(value)
    assert found.time == NOON


@pytest.mark.parametrize("value", [np.datetime64("NaT"), "noon", 12, None])
def test_anything_else_is_no_time(value: object) -> None:
    assert python_values.stamp(value) is None


def test_readings_are_mappings_named_tuples_or_the_rows_of_a_table() -> None:
    row = namedtuple("row", ["voltage"])(24.0)  # noqa: PYI024
    assert python_values.readings([{"voltage": 24.0}, row]) == [{"voltage": 24.0}] * 2  # type: ignore[comparison-overlap]
    assert python_values.readings(Frame()) == [{"voltage": 24.0}]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"voltage": 24.0}, r"a dict is not a list of readings: pass \[reading\] for one"),
        (24, "an int is not a list of readings"),
        ([24], "an int is not a reading: pass a dict"),
    ],
)
def test_other_types_are_named_with_what_to_pass(data: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        python_values.readings(data)


def test_types_that_are_never_a_number_or_a_time_are_errors() -> None:
    python_values.require_number(None, "voltage of reading 1")
    python_values.require_stamp(float("nan"), "timestamp of reading 1")
    with pytest.raises(TypeError, match="voltage of reading 1 is a bool: pass a number"):
        python_values.require_number(value=True, name="voltage of reading 1")
    with pytest.raises(TypeError, match="timestamp of reading 1 is an int: pass a datetime"):
        python_values.require_stamp(1, "timestamp of reading 1")
