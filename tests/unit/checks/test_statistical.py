"""The statistical checks of single rows: what they flag, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.checked_files import checked, flags_by_check, flags_text
from tests.support.small_files import profile

QUIET = [24.0] * 20
"""Rows that follow, so that most steps are small."""


def spikes(*volts: float, seconds: float = 300) -> str:
    return flags_text("spike", "voltage", voltage=[*volts, *QUIET], seconds=seconds)[: len(volts)]


def fast_changes(*volts: float, seconds: float = 300) -> str:
    found = flags_text("rate_of_change", "voltage", voltage=[*volts, *QUIET], seconds=seconds)
    return found[: len(volts)]


def outliers(*volts: float, current: float = 5) -> str:
    return flags_text("outlier", "voltage", voltage=volts, current=current)


@pytest.mark.parametrize(("power", "flag"), [(126, 1), (124.1, 1), (117, 3), (120.1, 1), (133, 3), (131, 1)])
def test_power_may_differ_by_five_per_cent_of_the_larger(power: float, flag: int) -> None:
    assert flags_text("power_mismatch", "power", voltage=25, current=5.05, power=power) == str(flag)


def test_little_power_may_differ_by_two_watts() -> None:
    assert flags_text("power_mismatch", "power", voltage=24.003, current=[0, 0.001], power=[2, 2.03]) == "13"


def test_power_may_differ_by_what_whole_amperes_hide() -> None:
    """At 600 V in steps of 1 A, half a step is 300 W."""
    amperes = [at % 12 for at in range(24)]
    power = [600.0 * one for one in amperes]
    power[5] += 290
    power[6] -= 320
    found = flags_text("power_mismatch", "power", voltage=600, current=amperes, power=power)
    assert found == "1" * 6 + "3" + "1" * 17


def test_negative_power_may_differ_by_five_per_cent_too() -> None:
    found = flags_text("power_mismatch", "power", voltage=25.003, current=-5.05, power=[-120, -117])
    assert found == "13"


def test_a_channel_that_jumps_by_nature_needs_six_of_its_usual_steps() -> None:
    """It jumps by 1 V between rows, so that 5.9 V are none of the three checks' business."""
    volts = [24.0 + at % 2 for at in range(24)]
    for size, flag in ((5.9, "1"), (6.1, "3")):
        changed = [*volts[:12], volts[11] - size, *volts[13:]]
        for check in ("spike", "outlier"):
            assert flags_text(check, "voltage", voltage=changed)[12] == flag, (check, size)
    by_two = [24.0 + 2 * (at % 2) for at in range(24)]
    for size, flag in ((11.9, "1"), (12.1, "3")):
        changed = [*by_two[:12], by_two[11] - size, *by_two[13:]]
        assert flags_text("rate_of_change", "voltage", voltage=changed)[12] == flag


def test_a_spike_is_flagged_and_its_neighbours_are_not() -> None:
    assert spikes(24, 24, 28, 24, 24, 20, 24) == "2131131"


def test_a_step_is_no_spike() -> None:
    assert spikes(24, 24, 28, 28, 28) == "21111"


def test_a_spike_of_exactly_the_threshold_is_none() -> None:
    assert spikes(24, 27, 24) == "211"


def test_rows_too_far_apart_are_not_compared() -> None:
    assert spikes(24, 30, 24, seconds=901) == "222"
    assert fast_changes(24, 30, 24, seconds=901) == "222"


@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_rows_have_no_spike(rows: int) -> None:
    assert flags_text("spike", "voltage", voltage=[24.0] * rows) == "2" * rows


@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_rows_have_no_outlier(rows: int) -> None:
    assert outliers(*[24.0] * rows) == "2" * rows


def test_rate_of_change_flags_the_later_row_and_scales_with_the_step() -> None:
    assert fast_changes(24, 30.1, 30.1) == "231"
    assert fast_changes(24, 30.1, 30.1, seconds=600) == "211"
    assert fast_changes(24, 30.1, 30.1, seconds=60) == "231", "never a tighter limit"


def far(header: str, *cells: str, channel: str = "power", **tables: object) -> str | None:
    """A digit for each row, an hour apart; None: the check does not apply."""
    lines = [f"2025-06-10T{hour:02}:00:00,{cell}" for hour, cell in enumerate(cells)]
    content = "\n".join([f"timestamp,{header}", *lines, ""]).encode()
    flags = flags_by_check(checked(content, profile(**tables))).get(("far_above_usual", channel))
    return None if flags is None else "".join(map(str, flags.tolist()))


class TestFarAboveUsual:
    def test_it_is_above_ten_times_what_95_percent_do_not_exceed(self) -> None:
        assert far("P (W)", "100", "200", "300", "2000", "2001") == "11111", (
            "2000 W is the usual magnitude of five"
        )
        assert far("P (W)", "100", "200", "200", "2001") == "1113"
        assert far("P (W)", "100", "200", "200", "2000") == "1111"

    def test_a_large_negative_reading_is_far_above_too(self) -> None:
        cells = ["48,-20", "48,20", "48,-19", "48,-201"]
        assert far("U,I", *cells, channel="current") == "1113"
        assert far("U,I", *cells, channel="voltage") == "1111"
        assert far("U,I", *cells) is None, "the power of V and I is theirs"

    def test_it_is_for_unknown_limits_alone(self) -> None:
        cells = ["1", "1", "1", "380"]
        assert far("power", *cells) is None
        assert far("P (W)", *cells, channels={"power": {"max": 5000}}) is None
        assert far("power", *cells, channels={"power": {"limits": "unknown"}}) == "1113"

    def test_power_from_energy_is_compared(self) -> None:
        energy = {"energy": {"kind": "interval"}}
        assert far("energy (Wh)", "100", "100", "90", "65000", channels=energy) == "1113"

    def test_a_file_of_zeros_is_not_evaluated_and_a_missing_reading_is_missing(self) -> None:
        assert far("P (W)", *["0"] * 40, "5") == "2" * 41
        assert far("P (W),I", "5,1", "6,", "7,1", channel="current") == "191"


class TestOutlier:
    def test_it_stands_apart_from_its_windows_median(self) -> None:
        assert outliers(24, 24.1, 24, 24.2, 27, 24.1, 24, 24.1, 24) == "222131222"

    def test_two_rows_together_stand_apart_too(self) -> None:
        assert outliers(24, 24.1, 24, 24.2, 27, 27, 24, 24.1, 24, 24) == "2221331222"

    def test_two_volts_are_the_least(self) -> None:
        assert outliers(24, 24, 24, 24, 26, 24, 24, 24, 24) == "222111222"

    def test_in_a_restless_window_more_is_needed(self) -> None:
        assert outliers(22, 26, 22, 26, 28, 22, 26, 22, 26) == "222111222"

    def test_nights_are_not_evaluated(self) -> None:
        assert outliers(24, 24, 24, 24, 27, 24, 24, 24, 24, current=0) == "222222222"

    def test_its_short_cut_misses_nothing(self) -> None:
        rng = np.random.default_rng(5)
        for _ in range(50):
            values = rng.choice([20, 24, 24, 24, 24, 24, 24.2, 30], 40) + rng.normal(0, 0.2, 40)
            found = outliers(*values)
            usual = 6 * np.median(np.abs(np.diff(values)))
            for row in range(3, 37):
                window = values[row - 3 : row + 4]
                median = np.median(window)
                spread = 1.4826 * np.median(np.abs(window - median))
                assert (found[row] == "3") == (abs(values[row] - median) > max(3 * spread, 2, usual))
