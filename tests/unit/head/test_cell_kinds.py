"""What a cell holds."""

import pytest

from processing.head.cell_kinds import holds_full_time, holds_time


@pytest.mark.parametrize(
    "cell",
    ["2025-06-10T12:00:00", "10.06.2025 12:00", "6/10/25 1:05 PM", "20250610-120000", "1749556800",
     "1749556800000", "2025-06-10 12:00:00+02:00", "Tue, 10 Jun 2025 12:00"],
)  # fmt: skip
def test_a_date_with_a_time_of_day_is_a_full_time(cell: str) -> None:
    assert holds_full_time(cell)
    assert holds_time(cell)


@pytest.mark.parametrize("cell", ["24.5", "12", "voltage", "", "1.234.567", "V 2.1"])
def test_numbers_and_names_are_no_times(cell: str) -> None:
    assert not holds_time(cell)
