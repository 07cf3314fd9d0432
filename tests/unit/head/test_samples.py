"""What the columns of the first rows hold."""

import pytest

from processing.head.samples import (
    absent_columns,
    all_hold,
    are_row_numbers,
    dates_of,
    has_unnamed_numbers,
    has_unnamed_times,
    kinds_of,
    repeats_date,
    width_of_rows,
)
from tests.support.small_files import line


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["1,2025-06-10 12:00,24", "2,2025-06-10 12:05,25"], True),
        (["0,2025-06-10 12:00,24", "1,2025-06-10 12:05,"], True),
        (["1,2025-06-10 12:00,24", "3,2025-06-10 12:05,25"], False),
        (["1,2025-06-10 12:00,", "2,2025-06-10 12:05,"], False),
        (["1,2025-06-10 12:00,24", "2,2025-06-10 12:05"], False),
        (["1749556800,12,24", "1749556801,13,25"], False),
        (["1,2025-06-10 12:00,24"], False),
    ],
)
def test_numbers_of_rows_may_have_no_name(rows: list[str], *, expected: bool) -> None:
    assert has_unnamed_numbers(2, [line(row) for row in rows]) is expected


def test_a_delimiter_at_the_end_of_each_row_makes_them_wider() -> None:
    assert width_of_rows(2, [["a", "b", ""], ["c", "d", ""]]) == 3
    assert width_of_rows(2, [["a", "b", "x"], ["c", "d", ""]]) == 2
    assert absent_columns(["a", "b", "Notes"], [["1", "2"], ["3", "4"]], ",") == 1
    assert absent_columns(["a", "b", "power"], [["1", "2"]], ",") == 0
    assert absent_columns(["a", "b", "Notes"], [["1", "2"], ["1", "2", "x"]], ",") == 0
    assert has_unnamed_times(2, [line("1,2,2025/6/10 1:2:3"), line("1,2,2025/6/10 1:3:3"), line("1,2,")])
    assert not has_unnamed_times(2, [line("1,2,2025-06-10 01:02"), line("1,2,")])
    assert all_hold(str.isdigit, 0, [["1"], [""], ["2"]])
    assert not all_hold(str.isdigit, 0, [["1"], [""]])


def test_the_cells_of_a_column_are_tested_up_to_the_first_that_fails() -> None:
    tested: list[str] = []

    def is_digit(cell: str) -> bool:
        tested.append(cell)
        return cell.isdigit()

    assert not all_hold(is_digit, 1, [["", "1"], [""], ["", " "], ["", "x"], ["", "2"]])
    assert tested == ["1", "x"]


def test_a_column_may_repeat_the_year_or_the_month_of_the_dates() -> None:
    rows = ["31.10.2020 00:00,2020,10,202010,31,7", "1.11.2020 00:00,2020,11,202011,1,7"]
    sample = [list(line(row).cells) for row in rows]
    assert [at for at in range(1, 6) if repeats_date(at, sample, dates_of(sample))] == [1, 2, 3, 4]
    for other in ([["2025-06-12 10:00", "12"], ["2025-06-12 10:05", "12"]], [["10:00", "2025"]]):
        assert not repeats_date(1, other, dates_of(other))
    assert kinds_of(sample, [5])[0] == ("energy", "kWh")  # one row a day, at midnight
    assert kinds_of([["31.10.2020 00:00", "7"], ["31.10.2020 00:05", "7"]], [1])[0] == ("power", "W")


def test_numbers_that_are_not_understood_do_not_count_the_rows() -> None:
    assert are_row_numbers(0, [["7"], ["8"], ["9"]])
    assert not are_row_numbers(0, [["12 000,0 Wh"], ["12 003,5 Wh"], ["12 009,0 Wh"]])
