"""Dates in the first row of a day alone, and numbers of half hours."""

import pytest

from processing.rewriting.completed_times import steps_of_periods
from processing.rewriting.times import steps_of_times
from tests.support.small_files import result


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


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("SETTLEMENT_PERIOD", ["1", "2", "48", "49"]),
        ('"Settlement Period"', ['"1"', '"2"', '"48"', '"49"']),
    ],
)
def test_the_numbers_of_settlement_periods_become_times_of_day(name: str, cells: list[str]) -> None:
    text = f"Site,Day,{name},kW\n" + "".join(f'"7, High St",2025-06-14,{cell},1\n' for cell in cells)
    (step,) = steps_of_periods(text.encode())
    found = [line.rsplit(",", 2)[1] for line in step(text.encode()).decode().splitlines()[1:]]
    assert [cell.strip('"') for cell in found] == ["00:00", "00:30", "23:30", "49"]
    assert steps_of_periods(b"Day,Period,kW\n2025-06-14,1,1\n") == []


def test_a_file_with_settlement_periods_is_read() -> None:
    rows = [f"{day}/06/2025,{period},2\n" for day in (14, 15) for period in range(1, 49)]
    found = result("Settlement Date,Settlement Period,Solar (kW)\n" + "".join(rows)).metrics
    assert (found.total_energy_kwh, found.interval_seconds) == (96, 1800)
