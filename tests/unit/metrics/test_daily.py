"""Figures against hand calculations, edge by edge."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
import pytest

from processing import process
from processing.model.profile import DEFAULT, ExpectedPeriod, Profile, Site
from processing.model.result import Result
from tests.support.small_files import profile, result

HEADER = "timestamp,voltage,current,temperature,power"


def judged(rows: Iterable[tuple[str, float | str]], profile: Profile = DEFAULT) -> Result:
    """The result of rows of a time and a power; the voltage is 24 V, the current fits."""
    lines = [HEADER]
    for stamp, power in rows:
        current = float(power) / 24 if isinstance(power, float | int) else 0
        lines.append(f"{stamp},24,{current:.9f},20,{power}")
    found = process(
        io.BytesIO("\n".join(lines).encode()), profile, name=b"x.csv", processed_at="2025-06-01T00:00:00Z"
    )
    assert isinstance(found, Result), found
    return found


def every(
    minutes: float, powers: list[float], start: str = "2025-01-15T12:00:00"
) -> list[tuple[str, float | str]]:
    begin = datetime.fromisoformat(start)
    return [((begin + timedelta(minutes=minutes * k)).isoformat(), power) for k, power in enumerate(powers)]


class TestEnergy:
    def test_a_regular_file_is_the_sum_of_power_times_the_interval(self) -> None:
        assert judged(every(5, [120.0] * 12)).metrics.total_energy_kwh == 0.12

    def test_power_is_not_stretched_over_a_gap(self) -> None:
        rows = every(5, [120.0] * 6) + every(5, [120.0] * 6, "2025-01-15T15:00:00")
        assert judged(rows).metrics.total_energy_kwh == 0.12

    def test_power_is_not_stretched_over_an_invalid_row(self) -> None:
        rows = every(5, [120.0] * 12)
        rows[4] = (rows[4][0], 999.0)
        assert judged(rows).metrics.total_energy_kwh == 0.11

    def test_irregular_steps_up_to_one_and_a_half_intervals_count_in_full(self) -> None:
        stamps = [
            "12:00",
            "12:05",
            "12:12",
            "12:17",
            "12:22",
        ]  # steps of 5, 7, 5, 5 minutes, and 5 for the last
        found = judged([(f"2025-01-15T{stamp}", 120.0) for stamp in stamps])
        assert found.metrics.total_energy_kwh == pytest.approx(120 * 27 / 60 / 1000, abs=1e-6)

    def test_a_step_of_just_one_and_a_half_intervals_is_no_gap(self) -> None:
        stamps = ["12:00:00", "12:05:00", "12:12:30", "12:17:30"]
        found = judged([(f"2025-01-15T{stamp}", 240.0) for stamp in stamps])
        assert found.metrics.total_energy_kwh == pytest.approx(240 * 22.5 / 60 / 1000, abs=1e-6)

    def test_one_row_stands_for_five_minutes(self) -> None:
        assert judged(every(5, [240.0])).metrics.total_energy_kwh == 0.02

    def test_one_row_stands_for_the_configured_interval(self) -> None:
        hourly = msgspec.structs.replace(DEFAULT, period=ExpectedPeriod(interval_seconds=3600))
        assert judged(every(5, [240.0]), hourly).metrics.total_energy_kwh == 0.24

    def test_other_cadences(self) -> None:
        assert judged(every(1 / 60, [180.0] * 100)).metrics.total_energy_kwh == 0.005
        assert judged(every(60, [100.0] * 10)).metrics.total_energy_kwh == 1.0


class TestGapFilledEnergy:
    def test_an_invalid_row_is_filled_on_the_line_between_its_neighbours(self) -> None:
        rows = every(5, [120.0, 120.0, 999.0, 180.0, 180.0])
        found = judged(rows)
        assert found.metrics.total_energy_kwh == 0.05  # (120 + 120 + 180 + 180) / 12 / 1000
        assert found.quality.energy_gap_filled_kwh == 0.0625  # and 150 / 12 / 1000

    def test_thirty_minutes_are_filled_and_thirty_five_are_not(self) -> None:
        six = every(5, [120.0] * 5) + every(5, [120.0] * 5, "2025-01-15T12:55:00")
        assert judged(six).quality.energy_gap_filled_kwh == 0.16
        seven = every(5, [120.0] * 5) + every(5, [120.0] * 5, "2025-01-15T13:00:00")
        assert judged(seven).quality.energy_gap_filled_kwh == 0.1

    def test_without_gaps_it_is_the_energy(self) -> None:
        found = judged(every(5, [100.0, 120.0, 90.0]))
        assert found.quality.energy_gap_filled_kwh == found.metrics.total_energy_kwh


class TestPeakHour:
    def test_it_is_the_clock_hour_with_the_highest_mean(self) -> None:
        rows = every(5, [100.0] * 12 + [150.0] * 12 + [120.0] * 12, "2025-01-15T11:00:00")
        assert judged(rows).metrics.peak_power_hour == "2025-01-15T12:00:00"

    def test_an_hour_wants_half_of_its_rows(self) -> None:
        rows = every(5, [100.0] * 12 + [200.0] * 5, "2025-01-15T11:00:00")
        assert judged(rows).metrics.peak_power_hour == "2025-01-15T11:00:00"
        assert (
            judged([*rows, ("2025-01-15T12:25:00", 200.0)]).metrics.peak_power_hour == "2025-01-15T12:00:00"
        )

    def test_where_no_hour_has_half_of_its_rows_all_count(self) -> None:
        assert (
            judged(every(5, [100.0, 110.0], "2025-01-15T11:58:00")).metrics.peak_power_hour
            == "2025-01-15T12:00:00"
        )

    def test_the_earliest_of_equal_hours_wins(self) -> None:
        assert judged(every(5, [100.0] * 36)).metrics.peak_power_hour == "2025-01-15T12:00:00"

    def test_a_night_has_none(self) -> None:
        found = judged(every(5, [8.0, 0.0, 5.0], "2025-01-15T23:00:00")).metrics
        assert (found.peak_power_hour, found.peak_power_w) == (None, 8.0)

    def test_the_same_hour_of_two_days_is_two_hours(self) -> None:
        rows = every(5, [100.0] * 12) + every(5, [110.0] * 12, "2025-01-16T12:00:00")
        assert judged(rows).metrics.peak_power_hour == "2025-01-16T12:00:00"

    @pytest.mark.parametrize(
        ("form", "expected"),
        [
            ("2025-01-15 12:{:02d}", "2025-01-15 12:00"),
            ("2025-01-15T12:{:02d}Z", "2025-01-15T12:00Z"),
            ("2025-01-15T12:{:02d}:00.25+05:30", "2025-01-15T12:00:00.00+05:30"),
        ],
    )
    def test_it_is_written_in_the_form_of_the_input(self, form: str, expected: str) -> None:
        found = judged([(form.format(minute), 100.0) for minute in range(0, 60, 10)])
        assert found.metrics.peak_power_hour == expected
        assert found.metrics.period.end == form.format(50)
        assert found.metrics.peak_power_time == form.format(0)


class TestClocks:
    def test_arithmetic_is_in_utc_where_offsets_are_given(self) -> None:
        autumn = [f"2025-10-26T02:{minute:02d}:00+02:00" for minute in range(0, 60, 5)]
        autumn += [f"2025-10-26T02:{minute:02d}:00+01:00" for minute in range(0, 60, 5)]
        found = judged([(stamp, 100.0) for stamp in autumn])
        assert found.records_processed == 24
        assert found.metrics.total_energy_kwh == 0.2
        assert [hour.start for hour in found.metrics.hours] == [
            "2025-10-26T02:00:00+02:00",
            "2025-10-26T02:00:00+01:00",
        ]
        assert found.quality.data_availability == 1.0

    def test_a_spring_day_with_offsets_has_no_gap(self) -> None:
        stamps = ["2025-03-30T01:50:00+01:00", "2025-03-30T01:55:00+01:00", "2025-03-30T03:00:00+02:00"]
        found = judged([(stamp, 100.0) for stamp in stamps])
        assert found.metrics.interval_seconds == 300
        assert "gap" not in [one.check for one in found.anomalies]

    def test_offsets_that_differ_are_sorted_in_utc(self) -> None:
        found = judged([("2025-01-15T14:00:00+02:00", 100.0), ("2025-01-15T12:05:00Z", 110.0)])
        assert found.metrics.period.start == "2025-01-15T14:00:00+02:00"
        assert found.metrics.interval_seconds == 300


class TestQuality:
    def test_availability_counts_valid_rows_of_the_files_own_span(self) -> None:
        rows = every(5, [100.0] * 20)
        rows[3] = (rows[3][0], 999.0)
        del rows[10]
        found = judged(rows).quality
        assert (found.records.expected, found.records.missing, found.data_availability) == (20, 1, 0.9)
        assert found.quality_index == round(18 / 19, 6)

    def test_loss_at_the_end_is_seen_with_a_configured_period(self) -> None:
        daily = msgspec.structs.replace(DEFAULT, period=ExpectedPeriod(hours=24))
        found = judged(every(5, [100.0] * 144), daily).quality
        assert (found.records.expected, found.records.missing, found.data_availability) == (288, 144, 0.5)

    def test_yield_and_capacity_factor_are_by_rated_power(self) -> None:
        small = msgspec.structs.replace(DEFAULT, site=Site(rated_power_w=200))
        found = judged(every(60, [100.0] * 24), small).metrics
        assert (found.specific_yield_kwh_per_kw, found.capacity_factor) == (12.0, 0.5)

    def test_a_plant_with_unknown_limits_has_no_rated_power_unless_a_profile_sets_it(self) -> None:
        text = "time,Pac (W)\n" + "".join(f"2025-06-10T{hour:02}:00,3000\n" for hour in range(24))
        for rated, expected in (({}, (None, None)), ({"site": {"rated_power_w": 6000.0}}, (12.0, 0.5))):
            found = result(text, profile(**rated)).metrics
            assert found.total_energy_kwh == 72.0
            assert (found.specific_yield_kwh_per_kw, found.capacity_factor) == expected

    def test_the_interval_is_the_median_step_of_all_stamps_that_parse(self) -> None:
        broken: list[tuple[str, float | str]] = [("2025-01-15T12:15:00", "x"), ("2025-01-15T12:20:00", "y")]
        rows = [*every(5, [100.0] * 3), *broken, *every(5, [100.0] * 3, "2025-01-15T12:25:00")]
        assert judged(rows).metrics.interval_seconds == 300
        assert judged(every(5, [100.0] * 8)[::2]).metrics.interval_seconds == 600

    def test_one_row_has_a_spread_of_zero(self) -> None:
        assert judged(every(5, [100.0])).metrics.power.std == 0.0

    def test_a_clock_that_was_never_set_widens_no_span(self) -> None:
        found = judged([("1970-01-01T00:00:00", 10.0), *every(5, [100.0, 110.0, 100.0])])
        assert found.quality.records.expected == 3
        assert [one.check for one in found.anomalies] == ["implausible_date"]
