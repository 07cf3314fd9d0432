"""The statistical checks of runs of rows: what they flag, and what they leave alone."""

from __future__ import annotations

import io

import numpy as np
import pytest

from processing import process
from processing.checks.statistical_runs import daytime_outage, flat_line, linear_fill, night_generation
from processing.model.profile import DEFAULT
from processing.model.result import Result
from tests.support.arrays import clock, floats, mask, text_of


class TestFlatLine:
    def flat(self, values: list[float], *, counted: bool = True, seconds: int = 300) -> str:
        rows = len(values)
        same = np.abs(np.diff(floats(*values))) <= 1e-6
        found = flat_line(same, clock(rows, seconds), np.full(rows, counted), seconds=1800, rows=4)
        return text_of(found, rows)

    def test_thirty_minutes_are_flagged_in_whole(self) -> None:
        assert self.flat([24.1] + [24] * 7 + [24.1]) == "133333331"

    def test_twenty_five_minutes_are_not(self) -> None:
        assert self.flat([24.1] + [24] * 6 + [24.1]) == "11111111"

    def test_it_wants_four_rows(self) -> None:
        assert self.flat([24, 24, 24, 25], seconds=1800) == "1111"
        assert self.flat([24, 24, 24, 24], seconds=1800) == "3333"

    def test_zeros_at_night_are_none(self) -> None:
        assert self.flat([0] * 20, counted=False) == "1" * 20

    def test_a_run_at_the_very_end_counts(self) -> None:
        assert self.flat([25] + [24] * 7) == "13333333"

    def test_only_counted_rows_make_a_run_long_enough(self) -> None:
        same, counted = np.ones(9, np.bool_), mask("1110000000")
        assert text_of(flat_line(same, clock(10), counted, seconds=1800, rows=4), 10) == "1" * 10
        counted = mask("1111000000")
        assert text_of(flat_line(same, clock(10), counted, seconds=1800, rows=4), 10) == "3" * 10


class TestLinearFill:
    def fill(self, values: list[float], *, day: bool = True) -> str:
        column = floats(*values)
        return text_of(linear_fill(np.diff(column), np.full(len(column), day), 1e-9, 6), len(column))

    def test_six_rows_on_a_line_are_flagged(self) -> None:
        assert self.fill([3, 1, 2, 3, 4, 5, 6, 9]) == "13333331"

    def test_five_are_not(self) -> None:
        assert self.fill([3, 1, 2, 3, 4, 5, 9]) == "1111111"

    def test_a_level_line_is_another_check(self) -> None:
        assert self.fill([5] * 10) == "1" * 10

    def test_nights_do_not_count(self) -> None:
        assert self.fill([1, 2, 3, 4, 5, 6, 7], day=False) == "1" * 7

    def test_two_lines_that_meet_are_both_flagged(self) -> None:
        assert self.fill([1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1]) == "3" * 11

    @pytest.mark.parametrize("rows", [1, 2, 3])
    def test_few_rows_are_no_line(self, rows: int) -> None:
        assert self.fill([float(row) for row in range(rows)]) == "1" * rows


def test_three_rows_that_generate_at_night_are_flagged() -> None:
    night, generating = mask("01111110"), mask("11101111")
    assert text_of(night_generation(generating, night, 3), 8) == "11113331"


class TestOutage:
    def outage(self, generating: str, date: str | None = None) -> str:
        rows = len(generating)
        dates = np.array([int(digit) for digit in date or "0" * rows], np.int64)
        return text_of(daytime_outage(mask(generating), dates, clock(rows), 1800, 4), rows)

    def test_thirty_minutes_between_generation_are_flagged(self) -> None:
        assert self.outage("1" + "0" * 7 + "1") == "133333331"

    def test_twenty_five_minutes_are_not(self) -> None:
        assert self.outage("1" + "0" * 6 + "1") == "1" * 8

    def test_before_the_first_and_after_the_last_generation_is_no_outage(self) -> None:
        assert self.outage("0" * 9 + "11" + "0" * 9) == "1" * 20

    def test_a_night_between_two_days_is_no_outage(self) -> None:
        assert self.outage("1" + "0" * 9 + "1", "0" * 5 + "1" * 6) == "1" * 11


def test_a_stuck_sensor_is_found_in_a_whole_file() -> None:
    stamps = [f"2025-01-15T{10 + k // 12}:{k % 12 * 5:02}:00" for k in range(24)]
    lines = [f"{stamp},25,{5 + k % 3},20,{25 * (5 + k % 3)}" for k, stamp in enumerate(stamps)]
    text = "timestamp,voltage,current,temperature,power\n" + "\n".join(lines)
    found = process(io.BytesIO(text.encode()), DEFAULT, name=b"x.csv", processed_at="2025-06-01T00:00:00Z")
    assert isinstance(found, Result)
    assert [(one.check, one.channel) for one in found.anomalies] == [
        ("flat_line", "voltage"),
        ("flat_line", "temperature"),
    ]
