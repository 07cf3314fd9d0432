from __future__ import annotations

import gc
import weakref

from processing.model.profile import DEFAULT
from processing.rows.sorted_rows import SortedRows
from processing.rows.time_order import sort_rows
from tests.support.checked_files import table_of

HEADER = b"timestamp,voltage,current\n"


def rows_of(*lines: bytes) -> SortedRows:
    return sort_rows(table_of(HEADER + b"".join(line + b"\n" for line in lines)), DEFAULT)


def test_rows_are_in_order_of_time_and_those_without_a_time_come_last() -> None:
    rows = rows_of(b"2025-01-15T06:05:00,24,2", b"x,24,2", b"2025-01-15T06:00:00,25,3")
    assert (rows.line.tolist(), rows.timed, rows.disorder.tolist()) == ([4, 2, 3], 2, [4])
    assert rows.text(0) == "2025-01-15T06:00:00"
    assert rows.text(2) is None


def test_valid_rows_know_where_they_are_and_their_power_is_voltage_times_current() -> None:
    rows = rows_of(b"2025-01-15T06:00:00,50,2", b"2025-01-15T06:05:00,24,2", b"2025-01-15T06:10:00,25,3")
    valid = rows.valid_rows()
    assert valid.at is not None
    assert (valid.at.tolist(), valid.power.tolist(), valid.dt) == ([1, 2], [48.0, 75.0], 300.0)


def test_rows_are_freed_with_their_last_reference() -> None:
    """Rows in a cycle would stay until the next garbage collection, beside those of the next file."""
    rows = rows_of(b"2025-01-15T06:00:00,24,2")
    rows.valid_rows()
    gc.disable()
    try:
        alive = weakref.ref(rows)
        del rows
        assert alive() is None
    finally:
        gc.enable()
