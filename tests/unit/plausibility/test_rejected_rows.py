"""The rows that are listed as rejected, and why."""

from __future__ import annotations

from processing.model.profile import DEFAULT
from processing.plausibility.rejected_rows import rejected_rows
from processing.rows.time_order import sort_rows
from tests.support.checked_files import table_of

SAME = "2025-01-15T06:20:00"


def test_rows_are_listed_in_the_order_of_the_file_with_their_reason() -> None:
    lines = (
        b"timestamp,voltage,current,temperature\n"
        b"2025-01-15T06:10:00,24,13.5,20\n"
        b"2025-01-15T06:05:00,17,2,20\n"
        b"2025-01-15T06:00:00,24,2,-11\n"
        b"2025-01-15T06:15:00,x,2,20\n"
        b"2025-01-15T06:20:00,24,2,20\n"
        b"2025-01-15T06:20:00,25,2,20\n"
        b"2025-01-15T06:25:00Z,24,2,20\n"
    )
    found = rejected_rows(sort_rows(table_of(lines), DEFAULT))
    assert [(row.kind, row.line, row.column, row.reason, row.cell) for row in found] == [
        ("reading", 2, "current", "above 12 A", "13.5"),
        ("reading", 3, "voltage", "below 18 V", "17"),
        ("reading", 4, "temperature", "below -10 °C", "-11"),
        ("cell", 5, "voltage", "not a number", "x"),
        ("time", 7, "timestamp", "an earlier row has the same timestamp and other values", SAME),
        ("time", 8, "timestamp", "offset unlike that of most rows", ""),
    ]
