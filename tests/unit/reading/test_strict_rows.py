"""Broken lines: each is named with its line, column and reason, and reading goes on."""

from __future__ import annotations

import pytest

from processing.layout.detection import detected
from processing.model.profile import DEFAULT
from processing.model.result import RejectedRow
from processing.model.stamp import Form
from processing.reading.strict_rows import StrictParser
from tests.support.small_files import HEADER, PLAIN, ROWS, profile, rejection, result


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("2025-01-15T12:15:00,24.5,5", None, "3 cells where the header has 5"),
        ("2025-01-15T12:15:00,24,5,5,2,35,127", None, "7 cells where the header has 5"),
        ("2025-01-15T12:15:00,24.5,1_0,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5,٣,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5,nan,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5,\xa05,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5," + "5" * 65 + ",35,127", "current", "not a number"),
        ("15.01.2025 12:15,24.5,5,35,127", "timestamp", "not an ISO 8601 timestamp of 1970 to 2100"),
        ('2025-01-15T12:15:00,"24.5,5,35,127', None, "bad quoting: unexpected end of data"),
        ("2025-01-15T12:15:00,24.5,5\0,35,127", None, "NUL byte"),
        ("2025-01-15T12:15:00,50,5,35,127", "voltage", "above 32 V"),
        ("2025-01-15T12:15:00,24.5,5,-11,127", "temperature", "below -10 °C"),
        (
            "2025-01-15T12:05:00,24.6,5,35,127",
            "timestamp",
            "an earlier row has the same timestamp and other values",
        ),
        ("2025-01-15T12:15:00Z,24.5,5,35,127", "timestamp", "offset unlike that of most rows"),
    ],
)
def test_a_rejected_row_is_listed_with_line_column_and_reason(
    line: str, column: str | None, reason: str
) -> None:
    found = result(PLAIN + line + "\n2025-01-15T12:20:00,24.5,5,35,122.5\n")
    rejected = found.rejected_rows
    assert [(row.line, row.column, row.reason) for row in rejected] == [(5, column, reason)]
    assert (found.records_total, found.records_processed, found.records_invalid) == (5, 4, 1)


def test_an_unterminated_quote_costs_its_own_line_only() -> None:
    found = result(
        HEADER + "\n" + ROWS[0] + '\n"' + ROWS[1] + "\n" + ROWS[2] + '\n2025-01-15T12:20:00,"24",5,35,120\n'
    )
    assert [row.line for row in found.rejected_rows] == [3]
    assert found.records_processed == 3


def test_the_message_of_a_file_of_tabs_holds_no_control_character() -> None:
    found = rejection('power\ttimestamp\tcurrent\tvoltage\n"5"$0\n')
    reason = "bad quoting: a tab expected after '\"'"
    assert found.message.startswith(f"1 of 1 row cannot be read; the first, line 2: {reason}. ")


def test_a_row_that_is_not_utf_8_is_named_and_reading_goes_on() -> None:
    found = result(PLAIN.encode() + b"2025-01-15T12:15:00,24.5,\xff\xfe,35,127\n")
    assert [(row.line, row.reason) for row in found.rejected_rows] == [(5, "not UTF-8 text")]


def test_a_cell_is_shortened_and_made_printable() -> None:
    found = result(PLAIN + "2025-01-15T12:15:00,24.5,\x1b[31m" + "<b>" * 50 + ",35,127\n")
    cell = found.rejected_rows[0].cell
    assert cell.startswith("\\x1b[31m<b>")
    assert cell.endswith("…")
    assert len(cell) < 60


def test_a_broken_row_that_repeats_is_a_duplicate_too() -> None:
    found = result(PLAIN + "junk\njunk\n")
    assert (found.records_total, found.records_invalid, found.records_duplicate) == (5, 1, 1)


def test_a_line_without_end_costs_no_memory_and_one_row() -> None:
    found = result(PLAIN + "9" * 3_000_000 + "\n2025-01-15T12:15:00,24.5,5,35,122.5\n")
    assert [row.reason for row in found.rejected_rows] == ["line longer than 65536 bytes"]
    assert found.records_processed == 4


def test_a_line_of_too_few_cells_keeps_its_time() -> None:
    dialect = detected(b"timestamp,voltage,current\n", (), DEFAULT)
    faults: list[RejectedRow] = []
    lines = [b"1970-01-01T00:01:00,24", b"# roof", b"", b'1970-01-01T00:02:00,"24",5']
    found = StrictParser(dialect, {Form(): 0}, faults, {}).read([2, 3, 4, 5], lines)
    assert (found.line.tolist(), found.time.tolist()) == ([2, 5], [60_000_000, 120_000_000])
    assert (found.broken.tolist(), found.readings[:, 1].tolist()) == ([True, False], [24.0, 5.0])
    assert [(one.kind, one.line, one.reason) for one in faults] == [
        ("line", 2, "2 cells where the header has 3")
    ]


@pytest.mark.parametrize(
    ("delimiter", "mark", "cell"), [(",", "-1", "-1"), (",", "35.0", " 35.0 "), (";", "-9,5", "-9,5")]
)
def test_a_number_that_a_profile_calls_missing_is_no_reading(delimiter: str, mark: str, cell: str) -> None:
    temperatures = ["20,5" if delimiter == ";" else "20.5", cell, "21"]
    rows = [
        delimiter.join([f"2025-06-10T12:0{at}:00", "24", "5", one]) for at, one in enumerate(temperatures)
    ]
    header = delimiter.join(["timestamp", "voltage", "current", "temperature"])
    found = result("\n".join([header, *rows, ""]), profile(csv={"missing": ["", mark]}))
    assert found.records_processed == 3
    assert (found.metrics.temperature.min, found.metrics.temperature.max) == (20.5, 21)


class TestLastNumber:
    """The last number of a file whose last line has no end."""

    @staticmethod
    def file(*last: str, usual: str = "13{}.5", name: str = "P (W)") -> str:
        cells = [*(usual.format(at) for at in range(8)), *last]
        return "\n".join(
            [f"time,{name}", *(f"2025-06-10 12:{at:02}:00,{cell}" for at, cell in enumerate(cells))]
        )

    @pytest.mark.parametrize(
        ("last", "usual", "name"),
        [
            ("13", "13{}.5", "P (W)"),
            ("137.", "13{}.5", "P (W)"),
            ("137", "13{}.5", "P (W)"),
            ("4", "433{}.250", "total energy (kWh)"),
            ("13", "13{}5", "P (W)"),
            ("0.1", "0.13{}", "P (kW)"),
        ],
    )
    def test_it_is_cut_short_if_it_lacks_digits(self, last: str, usual: str, name: str) -> None:
        found = result(self.file(last, usual=usual, name=name))
        (row,) = found.rejected_rows
        assert (row.line, row.reason, row.cell) == (10, "cut short: the file ends there", last)
        assert result(self.file(last, usual=usual, name=name) + "\n").rejected_rows != [row]

    @pytest.mark.parametrize(
        ("last", "usual"),
        [("138.5", "13{}.5"), ("138.0", "13{}.5"), ("9", "1{}"), ("96", "13{}"), ("0", "13{}")],
    )
    def test_it_is_whole_if_it_could_be_the_next(self, last: str, usual: str) -> None:
        assert result(self.file(last, usual=usual)).records_invalid == 0

    def test_a_zero_without_decimals_is_usual_at_night(self) -> None:
        assert result(self.file("0", "0", "0")).records_invalid == 0

    def test_numbers_of_any_decimals_are_not_compared(self) -> None:
        assert result(self.file("130.25", "131", "129.5", "127")).records_invalid == 0

    def test_a_long_file_is_read_by_its_last_lines(self) -> None:
        rows = (
            f"2025-06-{1 + at // 288:02}T{at % 288 // 12:02}:{at % 12 * 5:02}:00,24.5,5,20,12{at % 10}.50"
            for at in range(8000)
        )
        assert result("\n".join([HEADER, *rows])[:-1]).rejected_rows[0].cell == "129.5"


@pytest.mark.parametrize(
    ("row", "reason"),
    [("12:20:00;400;5;2000;", ""), ("12:20:00;400;5;2000", ""), ("12:20:00;400;2000;", "3 cells")],
)
def test_a_row_that_ends_in_a_delimiter_has_all_cells_before_it(row: str, reason: str) -> None:
    rows = [f"2025-01-15T12:{at:02}:00;400;5;2000;" for at in range(0, 20, 5)]
    found = result("\n".join(["time;U;I;P (W);", *rows, f"2025-01-15T{row}", ""]))
    assert [one.reason for one in found.rejected_rows] == [f"{reason} where the header has 4"] * bool(reason)
    assert found.records_processed == 5 - bool(reason)


@pytest.mark.parametrize("words", ["", ";off", ";no communication"])
def test_a_row_that_ends_behind_its_time_or_words_has_no_reading(words: str) -> None:
    rows = [f"2025-06-10 {at:02}:00" + (words if at < 8 else f";{at}.5;20") for at in range(24)]
    used = profile(csv={"missing": ["", "off", "no communication"]})
    found = result("\n".join(["time;PV power (W);Temp", *rows, "2025-06-11 00:00;1", ""]), used)
    assert (found.records_missing, found.records_invalid, found.records_processed) == (8, 1, 16)
