"""What kind of line a line is."""

import pytest

from processing.head.cell_kinds import is_footer
from processing.head.lines import (
    MAX_CELL,
    cut,
    first_lines,
    is_reading,
    is_units_line,
    is_wide,
    numbered,
    rows_of,
    sample_of,
    spread_lines,
)
from processing.model.profile import DEFAULT
from tests.support.small_files import line


def test_a_reading_has_a_time_and_numbers() -> None:
    assert is_reading(line("2025-06-10T12:00:00,24.0,5.0"))
    assert is_reading(line("12:00,--,--"))
    assert not is_reading(line("timestamp,voltage,current"))
    assert not is_reading(line("Exported 2025-06-10,by,hand"))
    assert is_reading(line("1749556800,,"))
    assert is_reading(line("2025-06-10 12:00,grid,on,24.0"))
    assert not is_reading(line("Datum/Uhrzeit,Energie,Einheit,24h,14.06.2025 23:59 Uhr"))
    assert not is_reading(line(",1990031364,1990031364"))  # the serial number of an inverter, of each column


def test_units_and_averages_stand_in_a_line_of_units() -> None:
    assert is_units_line(line(",V,A,Deg C"))
    assert is_units_line(line("TS,RN,V,A"))
    assert is_units_line(line(",,Avg,Avg"))
    assert is_units_line(line(",Counter,Analog"))
    assert is_units_line(line("dd.MM.yyyy HH:mm:ss,kWh,kW,%"))
    assert not is_units_line(line("time,voltage,current"))
    assert not is_units_line(line(",,"))


def test_totals_are_footers_and_a_header_of_times_of_day_is_wide() -> None:
    assert (is_footer("Total:"), is_footer("2025")) == (True, False)
    assert is_wide(line("date,00:00,00:15,00:30,00:45"))
    assert is_wide(line("Giorno,00:00-00:15,00:15-00:30,00:30-00:45,00:45-01:00"))
    assert not is_wide(line("12:00,24,5"))
    assert not is_wide(line("Datum,00:00-00:15,00:15-00:30,1-2,3-4"))


def test_totals_are_no_rows_of_a_sample_unless_all_rows_begin_so() -> None:
    texts = [(1, "Month;kWh"), (2, "Jan 24;110"), (3, "Feb 24;180"), (4, "Total;290")]
    assert rows_of(texts, 2, ";") == [["Jan 24", "110"], ["Feb 24", "180"]]
    assert rows_of([(2, "Total;Jan 24;110")], 2, ";") == [["Total", "Jan 24", "110"]]


def test_rows_without_a_number_show_nothing_if_later_ones_have_some() -> None:
    night, day = b"Time;a\n10.06.2025 02:00;null\n10.06.2025 03:00;null\n", b"10.06.2025 09:00;5\n"
    texts = numbered(night, 1, DEFAULT, 3)
    assert sample_of(texts, (night + day, 1, DEFAULT), 2, ";") == [["10.06.2025 09:00", "5"]]
    assert sample_of(texts, (night, 1, DEFAULT), 2, ";") == rows_of(texts, 2, ";")


def test_lines_with_open_quotes_are_left_out() -> None:
    assert [one.number for one in cut([(1, 'a,"b'), (2, "a,b,")], ",")] == [2]
    assert cut([(2, "a,b,")], ",")[0].width == 2


def test_blank_lines_and_comments_are_not_numbered() -> None:
    assert numbered(b"#a\n# b,c \nd\n#e,f\ng\n", 1, DEFAULT, 9) == [(2, "b,c"), (3, "d"), (5, "g")]
    assert numbered(b"# a\n\nb\n\xff\nc\n", 1, DEFAULT, 9) == [(3, "b"), (5, "c")]


@pytest.mark.parametrize("line", [b"", b"  ", b"# note", b"a\0b", b"\xff"])
def test_a_line_among_many_that_is_no_text_is_not_numbered(line: bytes) -> None:
    block = b"a,b\n" + line + b"\n" + b"1,2\n" * 9
    assert numbered(block, 1, DEFAULT, 3) == [(1, "a,b"), (3, "1,2"), (4, "1,2")]


def test_the_beginning_of_a_long_cell_is_enough() -> None:
    (found,) = cut([(1, f"time,{'_' * 40_000},W")], ",")
    assert found.cells == ("time", "_" * MAX_CELL, "W")


def test_first_lines_are_whole() -> None:
    assert first_lines(b"a\nb\nc\n", 2) == b"a\nb\n"
    assert first_lines(b"a\nb", 2) == b"a\nb"


def test_lines_of_a_sample_are_spread_over_the_block() -> None:
    rows = [b"%03d%b\n" % (number, b"x" * 76) for number in range(100)]
    assert spread_lines(b"".join(rows), 4) == b"".join(rows[::25])
    assert spread_lines(b"".join(rows[:3]), 4) == b"".join(rows[:3])


def test_a_long_line_is_in_a_sample_once() -> None:
    rows = [b"a\n", b"b" * 1000 + b"\n", b"c\n"]
    assert spread_lines(b"".join(rows), 4) == b"".join(rows[:2])
