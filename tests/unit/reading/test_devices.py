"""Rows of several devices."""

import pytest

from processing.model.rejection import RejectedFileError
from tests.support.checked_files import table_of

HEADER = b"timestamp,voltage,current,side,number\n"
ROWS = [
    f"2025-06-10T12:{number // 2:02}:00,24,5,{'EW'[number % 2]},{number}\n".encode() for number in range(8)
]


def test_a_column_that_differs_within_each_time_names_the_devices() -> None:
    with pytest.raises(RejectedFileError, match=r"several devices\? 'side' has 2 values: E, W"):
        table_of(HEADER + b"".join(ROWS))


def test_rows_that_repeat_are_no_devices() -> None:
    rows = [row.replace(b",W,", b",E,") for row in ROWS]
    assert len(table_of(HEADER + b"".join(rows)).line) == 8
