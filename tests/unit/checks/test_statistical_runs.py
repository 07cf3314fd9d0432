"""The statistical checks of runs of rows: what they flag, and what they leave alone."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from processing import process
from processing.findings.registry import run_checks
from processing.model.flags import NOT_EVALUATED, SUSPECT
from processing.model.profile import DEFAULT
from processing.model.result import Result
from tests.support.checked_files import checked, checked_rows, flags_by_check, flags_text


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

    def test_dark_hours_are_no_part_of_it(self) -> None:
        for power in ("1110000000", "0000001111", "1110000111"):
            assert flags_text("flat_line", "voltage", voltage=24.003, power=watts(power)) == "1" * 10
        power = watts("0001111111000")
        assert flags_text("flat_line", "voltage", voltage=24.003, power=power) == "1113333333111"

    @pytest.mark.parametrize(("step", "rows", "flag"), [(0.02, 4, "1"), (0.5, 4, "3"), (0.02, 8, "3")])
    def test_a_short_run_among_small_changes_is_chance(self, step: float, rows: int, flag: str) -> None:
        """Of 24 changes by 2 of the sensor's steps, a fifth may be none: 0.2 ** 3 is no small chance."""
        around = [24.01 + at % 2 * step for at in range(12)]
        found = self.flat([*around, *[24.3] * rows, *around], seconds=900)
        assert found == "1" * 12 + flag * rows + "1" * 12

    @pytest.mark.parametrize(("rows", "flag"), [(4, "1"), (6, "3")])
    def test_few_frozen_rows_among_others_that_change_evenly_are_chance(self, rows: int, flag: str) -> None:
        """Whole volts, whose change is that of the row before in a fourth of the rows."""
        around = [24.0, 25.0, 26.0, 24.0] * 3
        current = [*around, *[28.0] * rows, *around]
        values = {"voltage": current, "current": current, "seconds": 900}
        found = flags_text("flat_line", "voltage", **values)
        assert found == "1" * 12 + flag * rows + "1" * 12


class TestLinearFill:
    def fill(self, values: list[float], *, day: bool = True) -> str:
        """Of values whose last digit is the third, and a last row that shows it."""
        found = flags_text("linear_fill", "voltage", voltage=[*values, 0.003], power=100 if day else 0)
        return found[:-1]

    def test_six_rows_on_a_line_are_flagged(self) -> None:
        assert self.fill([3, 1, 2, 3, 4, 5, 6, 9]) == "13333331"

    def test_five_are_not(self) -> None:
        assert self.fill([3, 1, 2, 3, 4, 5, 9]) == "1111111"

    def test_a_short_line_among_small_changes_may_be_chance(self) -> None:
        """Each change is by nearly as much as the one before it: nine rows on a line are none of chance."""
        curve = [at + 0.002 * (at % 2) for at in range(20)]
        for rows, flag in ((7, "1"), (9, "3")):
            found = self.fill([*curve, *(25.0 + at for at in range(rows)), *(50 + at for at in curve)])
            assert found[20 : 20 + rows] == flag * rows

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


@pytest.mark.parametrize(("hours", "flags"), [(24, "1111"), (12, "1111"), (1, "3333")])
def test_a_row_of_a_day_is_not_at_night(hours: int, flags: str) -> None:
    times = [datetime(2025, 6, 1, tzinfo=UTC) + timedelta(hours=hours * at) for at in range(4)]
    rows = [f"{time:%Y-%m-%d %H:%M},{energy}\n" for time, energy in zip(times, (5, 6, 4, 7), strict=True)]
    content = "time,Solar (kWh)\n" + "".join(rows)
    found = flags_by_check(checked(content.encode()))["night_generation", "power"].tolist()
    assert found == [SUSPECT if flag == "3" else NOT_EVALUATED for flag in flags]


@pytest.mark.parametrize("night", [[100.0] * 4, [100.0, -60.0, 100.0, 100.0], [-60.0, 100.0, 100.0, 100.0]])
def test_a_battery_that_gives_power_at_night_is_none_of_the_sun(night: list[float]) -> None:
    columns = {"power": [*night, 0.0, -80.0], "current": [one / 24 for one in (*night, 0.0, -80.0)]}
    file = checked_rows(seconds=1200, start="2025-01-15T01:00:00", **columns)
    assert set(flags_by_check(file)["night_generation", "power"].tolist()) == {NOT_EVALUATED}
    rows = [f"2025-01-15T0{at}:00:00,{value}\n" for at, value in enumerate([100, 100, 100, -80, -80, 0])]
    content = "time,PV power (W)\n" + "".join(rows)
    assert SUSPECT in flags_by_check(checked(content.encode()))["night_generation", "power"]


@pytest.mark.parametrize(("night", "flag"), [(250.0, NOT_EVALUATED), (20.0, SUSPECT)])
def test_a_consumer_needs_no_right_clock_and_a_plant_with_a_wrong_zero_is_none(
    night: float, flag: int
) -> None:
    rows = [
        f"{at // 24 + 1:02}T{at % 24:02}:00:00,{800 if 6 <= at % 24 < 20 else night}\n" for at in range(48)
    ]
    file = checked(("time,PV power (W)\n" + "".join(f"2025-01-{row}" for row in rows)).encode())
    assert flag in flags_by_check(file)["night_generation", "power"]


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
        """72 minutes apart: of 13.2 hours, and of 9.6, which is less than the other hours of the day."""
        assert self.outage("1" + "0" * 10 + "1", 4320, "2025-01-15T16:00:00") == "1" * 12
        assert self.outage("1" + "0" * 7 + "1", 4320, "2025-01-15T06:00:00") == "1" + "3" * 7 + "1"

    def test_a_day_needs_no_zone(self) -> None:
        """Hourly, of Sydney in UTC: it generates from 20:00 to 06:00, with an outage of four hours."""
        day = "1111111" + "0" * 13 + "1111"
        assert self.outage(day, 3600, "2025-03-20T00:00:00+00:00") == "1" * 24
        assert self.outage("1" + "0" * 4 + "11" + "0" * 13 + "1111", 3600, "2025-03-20T00:00:00+00:00") == (
            "1" + "3" * 4 + "1" * 19
        )

    def test_generation_at_night_is_no_outage(self) -> None:
        """A clock that is wrong by twelve hours."""
        assert self.outage("1" * 12, 3600, "2025-01-15T18:00:00") == "1" * 12

    def test_a_load_is_no_outage(self) -> None:
        power = [100.0, *[-40.0] * 8, 100.0]
        assert flags_text("daytime_outage", "power", power=power, current=[-2.0] * 10) == "2" * 10


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
    volts = [1, 2, 3, 4, 5, 6, 7, 5, 3, 1, -1, -3, 3.003]
    assert messages("linear_fill", voltage=volts, power=[100.0] * 13) == [
        f"voltage changes by exactly 1 V over 7 {ends}",
        f"voltage changes by exactly -2 V over 6 {ends}",
    ]


def test_a_stuck_sensor_is_found_in_a_whole_file() -> None:
    stamps = [f"2025-01-15T{10 + k // 12}:{k % 12 * 5:02}:00" for k in range(24)]
    lines = [f"{stamp},25.003,{5 + k % 3},20.01,{25.003 * (5 + k % 3)}" for k, stamp in enumerate(stamps)]
    text = "timestamp,voltage,current,temperature,power\n" + "\n".join(lines)
    found = process(io.BytesIO(text.encode()), DEFAULT, name=b"x.csv", processed_at="2025-06-01T00:00:00Z")
    assert isinstance(found, Result)
    assert [(one.check, one.channel) for one in found.anomalies] == [
        ("flat_line", "voltage"),
        ("flat_line", "temperature"),
    ]


class TestCoarseSensor:
    """A sensor that shows tenths of a volt, five minutes between rows."""

    def flat(self, *volts: float, **columns: object) -> str:
        amperes = [5 + at * at % 7 / 100 for at in range(len(volts))]
        return flags_text("flat_line", "voltage", **({"voltage": volts, "current": amperes} | columns))

    def test_it_repeats_a_value_for_an_hour_and_fifty_minutes(self) -> None:
        assert self.flat(*[24.1] * 23) == "1" * 23
        assert self.flat(*[24.1] * 25) == "3" * 25

    def test_it_needs_twice_as_many_rows(self) -> None:
        assert self.flat(*[24.1] * 7, seconds=3600) == "1" * 7
        assert self.flat(*[24.1] * 8, seconds=3600) == "3" * 8

    def test_a_slow_change_at_either_end_is_natural(self) -> None:
        assert self.flat(24.4, 24.3, *[24.1] * 25, 24.2, 24.3) == "1" * 29
        assert self.flat(24.4, 24.3, *[24.1] * 25, 24.5, 24.4) == "11" + "3" * 25 + "11"
        assert self.flat(24.5, *[24.1] * 25) == "1" + "3" * 25

    def degrees(self, *degrees: float) -> str:
        amperes = [5 + at * at % 7 / 100 for at in range(len(degrees))]
        return flags_text("flat_line", "temperature", temperature=degrees, current=amperes)

    @pytest.mark.parametrize(("rows", "flag"), [(60, "3"), (45, "1")])
    def test_a_temperature_that_ends_at_its_last_value_is_stuck(self, rows: int, flag: str) -> None:
        rising = [20 + at / 5 for at in range(40)]
        assert self.degrees(*rising, *[27.8] * rows) == "1" * 39 + flag * (rows + 1)

    def test_a_calm_night_may_have_one_temperature(self) -> None:
        slow = [12 + at // 12 / 10 for at in range(60)]
        assert "3" not in self.degrees(*slow, *[12.5] * 60)

    def test_frozen_telemetry_is_found_within_half_an_hour(self) -> None:
        volts = [24.2] * 3 + [24.1] * 16 + [24.2] * 3
        amperes = (
            [5.2 + at * at % 7 / 10 for at in range(9)]
            + [5.1] * 7
            + [5.2 + at * at % 5 / 10 for at in range(6)]
        )
        assert self.flat(*volts, current=amperes) == "1" * 9 + "3" * 7 + "1" * 6
        assert self.flat(*volts, current=amperes, temperature=[at * at % 5 for at in range(22)]) == "1" * 22
        assert self.flat(*volts, current=amperes, power=0) == "1" * 22

    def test_a_current_that_climbs_by_its_smallest_step_is_no_fill(self) -> None:
        climbing = [5 + at / 100 for at in range(24)]
        assert flags_text("linear_fill", "current", current=climbing) == "1" * 24
        by_more = [5 + at / 100 for at in (0, 1, 22, 43, 64, 85, 106, 107)]
        assert flags_text("linear_fill", "current", current=by_more) == "13333331"
        by_twenty = [5 + at / 100 for at in (0, 1, 21, 41, 61, 81, 101, 102)]
        assert flags_text("linear_fill", "current", current=by_twenty) == "1" * 8
