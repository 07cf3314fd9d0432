"""Each check on readings made by hand: what it flags, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.checks import failure_causes, statistical
from processing.model.flags import worst
from processing.rows import gross_range
from processing.rows.runs import covered, runs

STEP = 300 * 1_000_000


def floats(*values: float) -> NDArray[np.float64]:
    return np.array(values, np.float64)


def flags(text: str) -> list[int]:
    return [int(digit) for digit in text]


def changes(
    values: NDArray[np.float64], steps: float = 300.0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    seconds = np.full(len(values) - 1, steps)
    return np.diff(values), seconds, seconds > 900


def clock(rows: int, seconds: int = 300) -> NDArray[np.int64]:
    return np.arange(rows, dtype=np.int64) * seconds * 1_000_000


def test_the_worst_flag_is_in_qartods_order() -> None:
    scale = np.array([9, 2, 1, 3, 4], np.uint8)
    table = worst(scale[:, None], scale[None, :])
    assert table.tolist() == [
        [9, 2, 1, 3, 4],
        [2, 2, 1, 3, 4],
        [1, 1, 1, 3, 4],
        [3, 3, 3, 3, 4],
        [4, 4, 4, 4, 4],
    ]


def test_runs_and_their_inverse() -> None:
    mask = np.array([1, 1, 0, 1, 0, 0, 1], np.bool_)
    starts, stops = runs(mask)
    assert (starts.tolist(), stops.tolist()) == ([0, 3, 6], [2, 4, 7])
    assert covered(starts, stops, 7).tolist() == mask.tolist()


def test_gross_range_is_inclusive_and_tells_missing_from_bad() -> None:
    assert gross_range.gross_range(floats(18, 17.999, 32, 32.001, np.nan), 18, 32).tolist() == flags("14149")


def test_a_sentinel_is_found_by_its_exact_value() -> None:
    assert gross_range.sentinel(floats(-99, -99.5, 65535, 24), [-99, 65535]).tolist() == flags("4141")


def test_a_disconnect_is_dead_between_rows_that_generate() -> None:
    volts, amperes = floats(25, 0.2, 0.1, 25, 0.1), floats(5, 0, 0, 5, 0)
    found = failure_causes.disconnect(volts, amperes, volts * amperes, 18, 8)
    assert found.tolist() == flags("14411"), "the last has no neighbour that generates"
    assert failure_causes.disconnect(volts, amperes + 0.1, volts, 18, 8).tolist() == flags("11111")


@pytest.mark.parametrize(("power", "flag"), [(126, 1), (124.1, 1), (117, 3), (120.1, 1), (133, 3), (131, 1)])
def test_power_may_differ_by_five_per_cent_of_the_larger(power: float, flag: int) -> None:
    assert statistical.power_mismatch(floats(25), floats(5.05), floats(power), 2, 0.05).tolist() == [flag]


def test_little_power_may_differ_by_two_watts() -> None:
    assert statistical.power_mismatch(floats(25, 25), floats(0, 0), floats(2, 2.01), 2, 0.05).tolist() == [
        1,
        3,
    ]


def test_a_spike_is_flagged_and_its_neighbours_are_not() -> None:
    change, _, slow = changes(floats(24, 24, 28, 24, 24, 20, 24))
    assert statistical.spike(change, slow, 3).tolist() == flags("2131132")


def test_a_step_is_no_spike() -> None:
    change, _, slow = changes(floats(24, 24, 28, 28, 28))
    assert statistical.spike(change, slow, 3).tolist() == flags("21112")


def test_a_spike_of_exactly_the_threshold_is_none() -> None:
    change, _, slow = changes(floats(24, 27, 24))
    assert statistical.spike(change, slow, 3).tolist() == flags("212")


def test_rows_too_far_apart_are_not_compared() -> None:
    change, seconds, slow = changes(floats(24, 30, 24), 901)
    assert statistical.spike(change, slow, 3).tolist() == flags("222")
    assert statistical.rate_of_change(change, seconds, slow, 6).tolist() == flags("222")


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_too_few_rows_are_not_evaluated(rows: int) -> None:
    values = np.full(rows, 24.0)
    empty = np.zeros(max(0, rows - 1))
    if rows:
        assert statistical.spike(empty, empty > 0, 3).tolist() == [2] * rows
    assert statistical.outlier(values, values > 0, 7, 3, 2).tolist() == [2] * rows


def test_rate_of_change_flags_the_later_row_and_scales_with_the_step() -> None:
    values = floats(24, 30.1, 30.1)
    change, seconds, slow = changes(values)
    assert statistical.rate_of_change(change, seconds, slow, 6).tolist() == flags("231")
    change, seconds, slow = changes(values, 600)
    assert statistical.rate_of_change(change, seconds, slow, 6).tolist() == flags("211")
    change, seconds, slow = changes(values, 60)
    assert statistical.rate_of_change(change, seconds, slow, 6).tolist() == flags("231"), (
        "never a tighter limit"
    )


class TestOutlier:
    day = np.ones(9, np.bool_)

    def test_it_stands_apart_from_its_windows_median(self) -> None:
        values = floats(24, 24.1, 24, 24.2, 27, 24.1, 24, 24.1, 24)
        assert statistical.outlier(values, self.day, 7, 3, 2).tolist() == flags("222131222")

    def test_two_rows_together_stand_apart_too(self) -> None:
        values = floats(24, 24.1, 24, 24.2, 27, 27, 24, 24.1, 24, 24)
        assert statistical.outlier(values, np.ones(10, np.bool_), 7, 3, 2).tolist() == flags("2221331222")

    def test_two_volts_are_the_least(self) -> None:
        values = floats(24, 24, 24, 24, 26, 24, 24, 24, 24)
        assert statistical.outlier(values, self.day, 7, 3, 2).tolist() == flags("222111222")

    def test_in_a_restless_window_more_is_needed(self) -> None:
        values = floats(22, 26, 22, 26, 28, 22, 26, 22, 26)
        assert statistical.outlier(values, self.day, 7, 3, 2).tolist() == flags("222111222")

    def test_nights_are_not_evaluated(self) -> None:
        values = floats(24, 24, 24, 24, 27, 24, 24, 24, 24)
        assert statistical.outlier(values, ~self.day, 7, 3, 2).tolist() == flags("222222222")

    def test_its_short_cut_misses_nothing(self) -> None:
        rng = np.random.default_rng(5)
        for _ in range(50):
            values = rng.choice(floats(20, 24, 24, 24.5, 30), 40) + rng.normal(0, 0.2, 40)
            found = statistical.outlier(values, np.ones(40, np.bool_), 7, 3, 2)
            for row in range(3, 37):
                window = values[row - 3 : row + 4]
                median = np.median(window)
                spread = 1.4826 * np.median(np.abs(window - median))
                assert (found[row] == 3) == (abs(values[row] - median) > max(3 * spread, 2))


class TestFlatLine:
    def flat(self, values: list[float], *, counted: bool = True, seconds: int = 300) -> str:
        column = floats(*values)
        found = statistical.flat_line(
            np.diff(column),
            clock(len(column), seconds),
            np.full(len(column), counted),
            tolerance=1e-6,
            seconds=1800,
            rows=4,
        )
        return "".join(map(str, found))

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


class TestLinearFill:
    def fill(self, values: list[float], *, day: bool = True) -> str:
        column = floats(*values)
        found = statistical.linear_fill(np.diff(column), np.full(len(column), day), 1e-9, 6)
        return "".join(map(str, found))

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
    night = np.array([0, 1, 1, 1, 1, 1, 1, 0], np.bool_)
    generating = np.array([1, 1, 1, 0, 1, 1, 1, 1], np.bool_)
    assert statistical.night_generation(generating, night, 3).tolist() == flags("11113331")


class TestOutage:
    def outage(self, generating: str, day: str | None = None) -> str:
        mask = np.array(list(generating)) == "1"
        days = np.array([int(digit) for digit in day or "0" * len(mask)], np.int64)
        found = statistical.daytime_outage(mask, days, clock(len(mask)), 1800, 4)
        return "".join(map(str, found))

    def test_thirty_minutes_between_generation_are_flagged(self) -> None:
        assert self.outage("1" + "0" * 7 + "1") == "133333331"

    def test_twenty_five_minutes_are_not(self) -> None:
        assert self.outage("1" + "0" * 6 + "1") == "1" * 8

    def test_before_the_first_and_after_the_last_generation_is_no_outage(self) -> None:
        assert self.outage("0" * 9 + "11" + "0" * 9) == "1" * 20

    def test_a_night_between_two_days_is_no_outage(self) -> None:
        assert self.outage("1" + "0" * 9 + "1", "0" * 5 + "1" * 6) == "1" * 11


def test_clipping_is_at_the_days_highest_power_with_full_current() -> None:
    power = floats(200, 245, 246, 246, 240, 100, 100, 100)
    amperes = floats(9, 9.9, 9.9, 9.9, 9.8, 9.9, 9.9, 9.9)
    days = np.array([0, 0, 0, 0, 0, 1, 1, 1], np.int64)
    found = statistical.clipping(power, amperes, days, fraction=0.01, amperes=9.8, rows=3)
    assert found.tolist() == [False, True, True, True, False, True, True, True]


def test_night_voltage_knows_a_panel_side_sensor() -> None:
    failed = np.array([True, True, False, True])
    volts, watts = floats(2, 3, 25, 2), floats(0, 1, 100, 90)
    assert failure_causes.night_voltage(failed, volts, watts, 18, 8).tolist() == [True, True, False, False]
