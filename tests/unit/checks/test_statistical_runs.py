"""The statistical checks of runs of rows: what they flag, and what they leave alone."""

from __future__ import annotations

import io

import pytest

from processing import process
from processing.checks.registry import run_checks
from processing.model.profile import DEFAULT
from processing.model.result import Result
from tests.support.checked_files import checked_rows, flags_text


def watts(generating: str) -> list[float]:
    """100 W for each row with a 1."""
    return [100.0 * int(digit) for digit in generating]


class TestFlatLine:
    def flat(self, values: list[float], *, counted: bool = True, seconds: int = 300) -> str:
        current = 5 if counted else 0
        return flags_text("flat_line", "voltage", voltage=values, current=current, seconds=seconds)

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
        assert flags_text("flat_line", "voltage", power=watts("1110000000")) == "1" * 10
        assert flags_text("flat_line", "voltage", power=watts("1111000000")) == "3" * 10


class TestLinearFill:
    def fill(self, values: list[float], *, day: bool = True) -> str:
        return flags_text("linear_fill", "voltage", voltage=values, power=100 if day else 0)

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
    power = watts("11101111")
    found = flags_text("night_generation", "power", power=power, seconds=3000, start="2025-01-15T22:30:00")
    assert found == "11113331", "of 22:30 to 04:20"


class TestOutage:
    def outage(self, generating: str, seconds: int = 300, start: str = "2025-01-15T06:00:00") -> str:
        power = watts(generating)
        return flags_text("daytime_outage", "power", power=power, seconds=seconds, start=start)

    def test_thirty_minutes_between_generation_are_flagged(self) -> None:
        assert self.outage("1" + "0" * 7 + "1") == "133333331"

    def test_twenty_five_minutes_are_not(self) -> None:
        assert self.outage("1" + "0" * 6 + "1") == "1" * 8

    def test_before_the_first_and_after_the_last_generation_is_no_outage(self) -> None:
        assert self.outage("0" * 9 + "11" + "0" * 9) == "1" * 20

    def test_a_night_between_two_days_is_no_outage(self) -> None:
        assert self.outage("1" + "0" * 9 + "1", 4320, "2025-01-15T16:00:00") == "1" * 11
        assert self.outage("1" + "0" * 9 + "1", 4320, "2025-01-15T06:00:00") == "1" + "3" * 9 + "1"


def messages(check: str, **columns: list[float]) -> list[str]:
    """What the check says of the voltage."""
    found = run_checks(checked_rows(**columns)).listed()
    return [one.message for one in found if (one.check, one.channel) == (check, "voltage")]


def test_values_that_stay_and_then_stay_at_another_are_two_anomalies() -> None:
    stays = "is the sensor stuck?"
    assert messages("flat_line", voltage=[24.13] * 8 + [24.57] * 9) == [
        f"voltage stays at 24.13 V for 35 min: {stays}",
        f"voltage stays at 24.57 V for 40 min: {stays}",
    ]


def test_straight_lines_that_meet_are_two_anomalies() -> None:
    ends = "rows: interpolated?"
    assert messages("linear_fill", voltage=[1, 2, 3, 4, 5, 6, 7, 5, 3, 1, -1, -3], power=[100.0] * 12) == [
        f"voltage changes by exactly 1 V over 7 {ends}",
        f"voltage changes by exactly -2 V over 6 {ends}",
    ]


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
