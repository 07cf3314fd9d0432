"""Dates in the first row of a day alone."""

import pytest

from processing.rewriting.times import steps_of_times


@pytest.mark.parametrize("first", ["14.06.2025", '"2025-06-14"'])
def test_a_date_is_filled_in_below_the_first_row_of_its_day(first: str) -> None:
    blocks = [f"Datum;Zeit;W\n{first};0:00;1\n;0:30;2\n", ";12:00;3\n15.06.2025;0:00;4\n", ";0:30;5\n;;6\n"]
    (fill,) = steps_of_times("".join(blocks).encode(), "")
    for _ in range(2):  # a file may be read twice
        assert b"".join(fill(block.encode()) for block in blocks).decode() == (
            f"Datum;Zeit;W\n{first};0:00;1\n{first};0:30;2\n{first};12:00;3\n"
            "15.06.2025;0:00;4\n15.06.2025;0:30;5\n;;6\n"
        )


@pytest.mark.parametrize("first", ["230.5", "14.06.2025 0:00", "17"])
def test_other_cells_are_not_filled_in(first: str) -> None:
    assert steps_of_times(f"a;b;c\n{first};0:00;1\n;0:30;2\n;1:00;3\n".encode(), "") == []
