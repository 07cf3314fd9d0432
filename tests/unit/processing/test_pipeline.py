"""What a whole file is said to have: anomalies with place, value, limit and a sentence; notes; nights."""

from __future__ import annotations

import io
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from msgspec import UNSET

from processing import process
from processing.model.profile import DEFAULT, Profile
from processing.model.rejection import Rejection
from processing.model.result import Anomaly, Result, Series
from processing.profiles import profiles_from
from tests.support.small_files import rejection, result

HEADER = "timestamp,voltage,current,temperature,power"
Reading = tuple[float, float, float]


def lines_of(
    readings: list[Reading], start: str = "2025-01-15T10:00:00", minutes: int = 5, zone: str = ""
) -> list[str]:
    begin = datetime.fromisoformat(start)
    return [
        f"{(begin + timedelta(minutes=minutes * k)).isoformat()}{zone},{v},{i},{t},{v * i:.6f}"
        for k, (v, i, t) in enumerate(readings)
    ]


def steady(rows: int, amperes: float = 5.0) -> list[Reading]:
    """Rows that no check minds: each channel wavers a little."""
    return [(25 + 0.1 * (k % 3), amperes + 0.01 * (k % 5), 20 + 0.1 * (k % 2)) for k in range(rows)]


def processed(lines: list[str], profile: Profile = DEFAULT) -> Result:
    return processed_text("\n".join([HEADER, *lines]), profile)


def processed_text(text: str, profile: Profile = DEFAULT) -> Result:
    found = process(io.BytesIO(text.encode()), profile, name=b"x.csv", processed_at="2025-06-01T00:00:00Z")
    assert isinstance(found, Result), found
    return found


def rejected(text: str) -> Rejection:
    found = process(io.BytesIO(text.encode()), DEFAULT, name=b"day.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Rejection)
    return found


def anomalies(lines: list[str], profile: Profile = DEFAULT) -> list[Anomaly]:
    return processed(lines, profile).anomalies


def checks(lines: list[str], profile: Profile = DEFAULT) -> list[str]:
    return [one.check for one in anomalies(lines, profile)]


def profile(**tables: object) -> Profile:
    return profiles_from(tables).default


def counts(found: Result, check: str, channel: str | None = None) -> dict[str, int]:
    return next(one.counts for one in found.quality.checks if (one.check, one.channel) == (check, channel))


def test_steady_rows_have_no_anomaly() -> None:
    found = processed(lines_of(steady(40)))
    assert (found.anomalies, found.rejected_rows, found.records_suspect) == ([], [], 0)


def test_an_anomaly_says_where_what_and_how_much() -> None:
    lines = lines_of(steady(30))
    lines[16] = "2025-01-15T11:20:00,35.29,5,20.1,176.45"
    assert anomalies(lines) == [
        Anomaly(
            check="gross_range",
            channel="voltage",
            flag=4,
            severity="invalid",
            start="2025-01-15T11:20:00",
            end="2025-01-15T11:20:00",
            rows=1,
            line=18,
            value=35.29,
            limit=32.0,
            message="voltage 35.29 V is above 32 V",
        )
    ]


def test_neighbouring_rows_of_one_check_are_one_anomaly_with_the_worst_value() -> None:
    readings = steady(30)
    for row, celsius in ((10, 90.0), (11, 95.0), (12, 85.0)):
        readings[row] = (25.0, 5.0, celsius)
    (one,) = anomalies(lines_of(readings))
    assert (one.rows, one.line, one.value, one.limit) == (3, 12, 95.0, 80.0)
    assert (one.start, one.end) == ("2025-01-15T10:50:00", "2025-01-15T11:00:00")


def test_a_sentinel_is_named_as_such_and_not_as_a_range_failure() -> None:
    readings = steady(30)
    readings[10] = (25.0, 5.0, -99.0)
    found = processed(lines_of(readings))
    assert [one.check for one in found.anomalies] == ["sentinel"]
    assert counts(found, "gross_range", "temperature") == {"1": 29, "9": 1}
    assert (found.records_processed, found.records_invalid, found.records_missing) == (30, 0, 0)


def test_a_sentinel_is_known_behind_a_scale_and_is_a_reading_inside_the_limits() -> None:
    scaled = profile(channels={"temperature": {"scale": 0.01, "max": 600}})
    readings = [(v, i, t * 100) for v, i, t in steady(30)]
    readings[10] = (25.0, 5.0, 65535.0)
    assert checks(lines_of(readings), scaled) == ["sentinel"]
    wide = profile(channels={"temperature": {"scale": 0.01, "max": 800}})
    assert "sentinel" not in checks(lines_of(readings), wide)
    assert processed(lines_of(readings), wide).metrics.temperature.max == 655.35


def test_a_row_without_a_reading_is_missing_and_not_invalid() -> None:
    lines = "timestamp,voltage,current,temperature,power\n"
    lines += "2025-01-15T10:00:00,24,5,20,120\n2025-01-15T10:05:00,--,--,--,--\n"
    lines += "2025-01-15T10:10:00,24,5,-127,120\n2025-01-15T10:15:00,,NaN,20,null\n"
    found = processed_text(lines)
    assert (found.records_total, found.records_processed, found.records_missing) == (4, 2, 2)
    assert (found.records_invalid, found.quality.data_availability) == (0, 0.5)
    assert found.metrics.total_energy_kwh == 0.02, "120 W over two rows of 300 s"
    assert found.metrics.temperature.avg == 20.0
    assert isinstance(found.series, Series)
    assert found.series.flags["row"] == "1919"
    assert found.series.flags["temperature"] == "1991"


def test_a_sensor_that_is_dead_in_every_second_row_costs_no_energy() -> None:
    watts = [120.0, 119.769, 120.329, 119.86, 119.578, 119.989]
    degrees = ["", "26", "", "28", "", "30"]
    cells = [
        f"2025-06-10T12:{5 * at:02}:00,24,5,{celsius},{power}"
        for at, (celsius, power) in enumerate(zip(degrees, watts, strict=True))
    ]
    found = processed_text("\n".join(["timestamp,voltage,current,temperature,power", *cells]))
    assert (found.records_processed, found.records_invalid, found.records_missing) == (6, 0, 0)
    assert found.metrics.total_energy_kwh == 0.05996, "719.525 W · 300 s"
    assert found.metrics.temperature.avg == 28.0, "of 26, 28 and 30"


def test_a_row_is_missing_only_if_its_power_is_not_known() -> None:
    lines = "timestamp,voltage,current,power\n2025-01-15T10:00:00,24,5,--\n2025-01-15T10:05:00,--,5,100\n"
    lines += "2025-01-15T10:10:00,24,--,--\n2025-01-15T10:15:00,24,13,--\n"
    found = processed_text(lines)
    assert (found.records_processed, found.records_invalid, found.records_missing) == (2, 1, 1)
    assert found.metrics.total_energy_kwh == 0.018333, "(120 W + 100 W) · 300 s"


def test_a_file_in_which_all_rows_are_missing_has_no_readings() -> None:
    lines = "timestamp,voltage,current,power\n2025-01-15T10:00:00,--,--,--\n2025-01-15T10:05:00,,,\n"
    assert rejected(lines).details.code == "no_readings"


def test_broken_rows_are_compared_with_the_rows_that_have_readings() -> None:
    missing = "".join(f"2025-01-15T10:{minute:02}:00,--,--,--\n" for minute in range(20))
    lines = "timestamp,voltage,current,power\n" + missing
    lines += "2025-01-15T11:00:00,24,5,120\n2025-01-15T11:05:00,x,5,120\n2025-01-15T11:10:00,x,5,120\n"
    assert rejected(lines).details.code == "malformed_csv"


def test_a_disconnect_names_the_cause_of_the_range_failure() -> None:
    readings = steady(30)
    readings[10] = readings[11] = (0.3, 0.0, 20.0)
    (one,) = anomalies(lines_of(readings))
    assert (one.check, one.flag, one.rows, one.value) == ("sensor_disconnect", 4, 2, 0.3)


def test_a_suspect_row_stays_in_the_figures() -> None:
    readings = steady(30)
    readings[10] = (29.5, 5.0, 20.0)
    found = processed(lines_of(readings))
    assert {one.check for one in found.anomalies} == {"spike", "outlier"}
    assert (found.records_suspect, found.records_processed, found.metrics.voltage.max) == (1, 30, 29.5)


def test_invalid_rows_are_not_evaluated_by_statistical_checks() -> None:
    readings = steady(30)
    readings[10] = (50.0, 5.0, 20.0)
    found = processed(lines_of(readings))
    assert counts(found, "spike", "voltage") == {"1": 27, "2": 3}
    assert counts(found, "power_mismatch", "power") == {"1": 29, "2": 1}


def test_an_absent_channel_is_missing() -> None:
    text = "timestamp,voltage,current\n2025-01-15T10:00:00,24,5\n2025-01-15T10:05:00,24.1,5\n"
    found = process(io.BytesIO(text.encode()), DEFAULT, name=b"x.csv", processed_at="2025-06-01T00:00:00Z")
    assert isinstance(found, Result)
    assert counts(found, "gross_range", "temperature") == {"9": 2}
    assert counts(found, "flat_line", "temperature") == {"9": 2}
    assert counts(found, "power_mismatch", "power") == {"2": 2}


def test_a_gap_is_a_note_with_flag_9() -> None:
    lines = lines_of(steady(30))
    del lines[10:14]
    (one,) = anomalies(lines)
    assert (one.check, one.flag, one.severity, one.rows, one.line) == ("gap", 9, "note", 4, 12)
    assert (one.start, one.end, one.value, one.limit) == (
        "2025-01-15T10:45:00",
        "2025-01-15T11:10:00",
        1500.0,
        450.0,
    )


def test_a_change_of_the_interval_is_noted_once() -> None:
    lines = lines_of(steady(40))
    del lines[10:20:2]
    found = [one for one in anomalies(lines) if one.check == "several_intervals"]
    assert [(one.value, one.limit, one.line) for one in found] == [(600.0, 300.0, 12)]
    assert found[0].message == "rows are 600 s apart here and 300 s in most of the file"
    hours = (*range(100), 101, 103, 105, 107)
    rows = [f"2025-01-{10 + at // 24}T{at % 24:02}:00:00,24,5,120" for at in hours]
    lines = ["timestamp,voltage,current,power", *rows]
    (one,) = (each for each in anomalies(lines) if each.check == "several_intervals")
    assert one.message.endswith(", for which each of them counts: give them a file of their own")


def test_a_logger_set_to_another_interval_has_no_gaps_but_its_outages() -> None:
    """100 W: 160 minutes, then 9 rows of 15 minutes, 30 minutes without a row, and 9 rows more: 430 minutes.

    The mean of the 176 steps that are no gaps is 400 / 176 minutes: 197 rows are expected in 445 minutes.
    """
    minutes = (*range(160), *range(160, 295, 15), *range(325, 460, 15))
    rows = [f"2025-01-10T{at // 60:02}:{at % 60:02}:00,100" for at in minutes]
    found = processed_text("\n".join(["time,PV power (W)", *rows]))
    assert found.metrics.total_energy_kwh == pytest.approx(0.1 * 430 / 60, abs=1e-6)
    assert found.quality.energy_gap_filled_kwh == pytest.approx(0.1 * 460 / 60, abs=1e-6)
    assert [(one.check, one.rows) for one in found.anomalies if one.check == "gap"] == [("gap", 2)]
    assert found.metrics.interval_seconds == 60
    assert found.quality.data_availability == pytest.approx(178 / 197, abs=1e-6)


def test_a_change_of_the_interval_costs_a_meter_nothing() -> None:
    rows = [f"2025-01-10T12:{at:02}:00,{1000 + at}" for at in (*range(20), 25, 30, 35, 40)]
    found = processed_text("\n".join(["timestamp,total energy (Wh)", *rows]))
    (one,) = (each for each in found.anomalies if each.check == "several_intervals")
    assert one.message == "rows are 300 s apart here and 60 s in most of the file"


def test_rows_of_an_uneven_logger_stand_for_their_own_steps() -> None:
    seconds = [0, 1, 3, 4, 6, 7, 9, 10, 12, 13]
    rows = [f"2025-01-10T12:00:{at:02},24,5,120" for at in seconds]
    found = processed_text("\n".join(["timestamp,voltage,current,power", *rows]))
    assert [one.check for one in found.anomalies] == ["uneven_steps"]
    assert found.metrics.total_energy_kwh == 0.000467, "120 W for 13 s and 1 s of the last row"


def test_a_meters_total_is_read_as_energy_and_power() -> None:
    """100 W for 5 minutes are 8.333 Wh; a gap of half an hour with 50 Wh counts and is not drawn."""
    rows = ("12:00:00,1000", "12:05:00,1008.4", "12:10:00,1016.8", "12:40:00,1066.8", "12:45:00,1075.2")
    lines = [f"2025-01-10T{row}" for row in rows]
    found = processed_text("\n".join(["timestamp,total energy (Wh)", *lines]))
    assert (found.records_processed, found.records_invalid, found.records_missing) == (5, 0, 0)
    assert found.metrics.total_energy_kwh == 0.0752
    assert found.metrics.peak_power_w == 100.8, "8.4 Wh in 5 minutes"
    assert found.metrics.voltage.avg is None
    assert [one.check for one in found.anomalies] == ["limits_unknown", "gap"]


def test_the_energy_of_intervals_is_added() -> None:
    watt_hours = (5, 9, 10, 8, 4)
    rows = [f"2025-01-10T12:{15 * at:02}:00,{each}" for at, each in enumerate(watt_hours[:4])]
    found = processed_text("\n".join(["timestamp,total energy (Wh)", *rows, "2025-01-10T13:00:00,4"]))
    assert (found.metrics.total_energy_kwh, found.metrics.peak_power_w) == (0.036, 40.0)


def test_a_value_that_does_not_fit_a_meter_is_invalid() -> None:
    totals = (1000, 1001, 65535, 1002, 1003)
    rows = [f"2025-01-10T12:{5 * at:02}:00,{each}" for at, each in enumerate(totals)]
    found = processed_text(
        "\n".join(["timestamp,total energy (kWh)", *rows]), profile(channels={"energy": {"kind": "counter"}})
    )
    assert (found.records_processed, found.metrics.total_energy_kwh) == (4, 3.0)
    assert [(one.line, one.column, one.cell) for one in found.rejected_rows] == [(4, "energy", "65535000")]
    assert [one.check for one in found.anomalies] == ["limits_unknown", "counter_fall"]


def test_rows_of_a_clock_that_was_not_set_are_invalid_and_widen_nothing() -> None:
    lines = [f"2025-01-10T12:{5 * at:02}:00,24,5,120" for at in range(8)]
    old = ["2000-01-01T00:00:00,24,5,120", "2000-01-01T00:01:00,24,5,120"]
    found = processed_text("\n".join(["timestamp,voltage,current,power", *old, *lines]))
    assert (found.records_processed, found.records_invalid) == (8, 2)
    assert (found.metrics.total_energy_kwh, found.quality.data_availability) == (0.08, 1.0)
    assert found.quality.period.start == "2025-01-10T12:00:00"
    (one,) = [each for each in found.anomalies if each.severity == "invalid"]
    assert (one.check, one.rows) == ("distant_date", 2)
    assert [one.line for one in found.rejected_rows] == [2, 3]


def test_repeats_are_noted_with_the_first_line() -> None:
    lines = lines_of(steady(20))
    lines.insert(5, lines[4])
    lines.insert(9, lines[8])
    (one,) = anomalies(lines)
    assert (one.check, one.flag, one.severity, one.rows, one.line) == ("duplicate", 1, "note", 2, 7)


def test_a_stamp_in_the_future_is_noted_and_a_day_of_clock_drift_is_not() -> None:
    assert checks(lines_of(steady(20), "2025-06-03T10:00:00")) == ["future_date"]
    assert checks(lines_of(steady(20), "2025-06-01T10:00:00")) == []


def test_a_panel_side_sensor_is_guessed_from_nights_below_the_range() -> None:
    dark = [(2.0 + 0.1 * (k % 3), 0.0, 10 + 0.1 * (k % 2)) for k in range(20)]
    found = processed(lines_of([*dark, *steady(20)], "2025-01-15T05:00:00"))
    assert "night_voltage" in [one.check for one in found.anomalies]
    assert found.records_processed == 20


def test_clipping_is_noted() -> None:
    readings = steady(20)
    readings[10:14] = [(25.0 + 0.01 * k, 9.9, 20.0 + 0.1 * (k % 2)) for k in range(4)]
    (one,) = anomalies(lines_of(readings))
    assert (one.check, one.flag, one.severity, one.rows) == ("clipping", 1, "note", 4)


def test_an_outage_needs_generation_on_both_sides() -> None:
    dead = [(24.5 + 0.1 * (k % 3), 0.0, 20 + 0.1 * (k % 2)) for k in range(8)]
    (one,) = anomalies(lines_of([*steady(10), *dead, *steady(10)]))
    assert (one.check, one.flag, one.rows, one.line) == ("daytime_outage", 3, 8, 12)
    assert checks(lines_of([*dead, *steady(10), *dead])) == []


def test_computed_power_is_checked_like_measured_power() -> None:
    readings = steady(24)
    readings[8:16] = [(25 + 0.1 * (k % 3), 0.0, 20 + 0.1 * (k % 2)) for k in range(8)]
    text = "\n".join(line.rpartition(",")[0] for line in [HEADER, *lines_of(readings)])
    found = process(io.BytesIO(text.encode()), DEFAULT, name=b"x.csv", processed_at="2025-06-01T00:00:00Z")
    assert isinstance(found, Result)
    last = found.anomalies[-1]
    assert (last.check, last.channel, last.rows) == ("daytime_outage", "power", 8)


def test_a_flat_line_does_not_reach_over_a_long_gap() -> None:
    same: list[Reading] = [(25.0, 5.0 + 0.01 * k, 20.0 + k) for k in range(4)]
    lines = [*lines_of(same), *lines_of(same, "2025-01-15T14:00:00")]
    assert "flat_line" not in checks(lines)


class TestNight:
    midnight = lines_of(steady(12), "2025-01-15T23:00:00")

    def test_generation_at_night_is_suspect_by_the_clock_of_the_stamps(self) -> None:
        (one,) = anomalies(self.midnight)
        assert (one.check, one.flag, one.rows) == ("night_generation", 3, 12)

    def test_four_o_clock_is_day(self) -> None:
        assert checks(lines_of(steady(12), "2025-01-16T04:00:00")) == []

    def test_timestamps_in_utc_show_no_night(self) -> None:
        found = processed(lines_of(steady(12), "2025-01-15T23:00:00", zone="Z"))
        assert found.anomalies == []
        assert counts(found, "night_generation", "power") == {"2": 12}

    def test_night_follows_the_configured_time_zone(self) -> None:
        utc = lines_of(steady(12), "2025-01-15T23:00:00", zone="Z")
        assert checks(utc, profile(site={"timezone": "Europe/Amsterdam"})) == ["night_generation"]
        assert checks(utc, profile(site={"timezone": "Australia/Sydney"})) == []

    def test_night_follows_an_offset_other_than_utc(self) -> None:
        assert checks(lines_of(steady(12), "2025-01-15T23:00:00", zone="+10:00")) == ["night_generation"]

    def test_night_at_a_known_site_follows_the_sun(self) -> None:
        north = profile(site={"latitude": 69.65, "longitude": 18.96, "timezone": "Europe/Oslo"})
        assert checks(lines_of(steady(12), "2025-06-21T00:00:00"), north) == ["future_date"], "midnight sun"
        assert checks(lines_of(steady(12), "2024-12-21T12:00:00"), north) == ["night_generation"], (
            "polar night"
        )

    @pytest.mark.parametrize(
        ("stamp", "night"),
        [
            # Greenwich, 2025-03-20: sunrise 06:05, sunset 18:13 UTC (US Naval Observatory tables)
            ("2025-03-20T05:55:00Z", True),
            ("2025-03-20T06:15:00Z", False),
            ("2025-03-20T18:03:00Z", False),
            ("2025-03-20T18:23:00Z", True),
        ],
    )
    def test_sunrise_and_sunset_are_known_within_ten_minutes(self, stamp: str, night: bool) -> None:  # noqa: FBT001
        site = profile(site={"latitude": 51.48, "longitude": 0.0}, thresholds={"night_rows": 2})
        begin = datetime.fromisoformat(stamp)
        rows = [
            f"{(begin + timedelta(seconds=k)).isoformat()},25,{5 + 0.01 * k},20,{25 * (5 + 0.01 * k)}"
            for k in range(3)
        ]
        assert ("night_generation" in checks(rows, site)) is night


def test_many_anomalies_list_the_first_thousand_and_count_all() -> None:
    rng = np.random.default_rng(1)
    readings = [
        (50.0 if k % 2 else 25.0 + rng.normal(0, 0.1), 5.0 + rng.normal(0, 0.1), 20 + rng.normal(0, 0.1))
        for k in range(5000)
    ]
    found = processed(lines_of(readings, "2025-01-01T00:00:00", 1))
    assert len(found.anomalies) == len(found.rejected_rows) == 1000
    assert found.anomalies_total >= 2500
    assert counts(found, "gross_range", "voltage")["4"] == 2500
    assert found.anomalies_by_check["gross_range"] == 2500
    assert sum(found.anomalies_by_check.values()) == found.anomalies_total


def test_a_long_file_is_thinned_for_drawing_without_losing_flags_or_extremes() -> None:
    readings = steady(20_000)
    readings[7777] = (29.9, 5.0, 20.0)
    readings[8888] = (25.0, 5.0, -9.5)
    found = processed(lines_of(readings, "2025-01-01T00:00:00", 1))
    assert found.series
    assert len(found.series.seconds) < 4_000
    spike = found.series.seconds.index(7777 * 60)
    assert (found.series.voltage[spike], found.series.flags["voltage"][spike]) == (29.9, "3")
    assert -9.5 in found.series.temperature


def test_an_anomaly_continues_over_an_invalid_row() -> None:
    lines = lines_of(steady(40))
    for k in range(10, 20):
        lines[k] = lines[k][:19] + f",25,{5 + k % 7 / 20},{20 + k % 3},{25 * (5 + k % 7 / 20)}"
    lines[18] = lines[18].replace(",25,", ",99,")
    lines[3] = lines[3][:19] + ",25.003,5,20,125.015"  # the sensor resolves thousandths
    found = [one for one in anomalies(lines) if (one.check, one.channel) == ("flat_line", "voltage")]
    assert [(one.start, one.end, one.rows, one.line) for one in found] == [
        ("2025-01-15T10:45:00", "2025-01-15T11:35:00", 10, 11)  # the row before stands at 25 V, too
    ]


def test_a_linear_fill_may_end_with_one_row_behind_a_row_that_fails() -> None:
    lines = lines_of(steady(30))
    for k in range(22, 30):
        amperes = 4 + 0.0625 * (k - 22 - (k == 29))
        lines[k] = lines[k][:19] + f",{25 + 0.1 * (k % 3)},{amperes},20,{25.1 * amperes:.4f}"
    lines[28] = lines[28].replace(",25.1,", ",99,")
    lines[3] = lines[3][:19] + ",25,4.001,20,100.025"  # the sensor resolves thousandths
    found = [one for one in anomalies(lines) if (one.check, one.channel) == ("linear_fill", "current")]
    assert [(one.rows, one.value) for one in found] == [(7, 0.0625)]


def test_the_anomalies_of_the_sample_day_are_sentences() -> None:
    sample = Path(__file__).parents[3] / "data/samples/faulty_day.csv"
    assert [one.message for one in anomalies(sample.read_text().splitlines()[1:])] == [
        "power 45.014 W does not match V · I = 56.44 W",
        "voltage stays at 24.628 V for 35 min: is the sensor stuck?",
        "the row cannot be read: current '1_0' is not a number",
        "voltage 20.466 V is a spike: both neighbours are over 3 V away",
        "voltage 20.466 V stands apart from the rows around it",
        "voltage 0.171 V and no current while the rows around generate: disconnected?",
        "temperature -99 is what loggers write for no reading",
        "voltage 58.602 V is above 32 V",
        "12 rows are missing: 65 min between rows that are 300 s apart as a rule",
        "1 row stands below a later one; all were sorted by time",
        "1 row repeats an earlier one and was dropped",
    ]


def test_the_evening_before_generation_at_night_is_not_an_outage_by_day() -> None:
    dark: Reading = (25.0, 0.0, 20.0)
    readings = [*steady(24), *[dark] * 60, *steady(6, amperes=2), *[dark] * 60]
    wavering = [(v + 0.01 * (k % 3), i, t + 0.1 * (k % 2)) for k, (v, i, t) in enumerate(readings)]
    assert checks(lines_of(wavering, start="2025-01-15T16:10:00")) == ["night_generation"]


@pytest.mark.parametrize(
    ("header", "row", "toml", "energy"),
    [
        ("power", "4800", ['channels.power.limits = "unknown"'], "4.8 kWh"),
        ("Power (kW)", "4.8", ['channels.power.limits = "unknown"'], "4.8 kWh"),
        (
            "voltage;current",
            "600;8",
            ['channels.voltage.limits = "unknown"'],
            "4.8 kWh",
        ),
        (
            "voltage;current;power",
            "600;-80;-48000",
            [f'channels.{name}.limits = "unknown"' for name in ("voltage", "current", "power")],
            "-48 kWh",
        ),
    ],
)
def test_a_file_that_is_refused_for_its_limits_can_be_read_with_unknown_ones(
    header: str, row: str, toml: list[str], energy: str
) -> None:
    text = "\n".join([f"timestamp;{header}", *(f"2025-06-10T{hour:02}:00:00;{row}" for hour in (10, 11, 12))])
    found = rejection(text)
    assert found.code == "no_valid_rows"
    (one,) = found.candidates
    assert (one.label, one.toml) == ("limits unknown", toml)
    assert f"3 rows of 1 day, {float(energy[:-4]) * 3:g} kWh a day" in one.consequence
    assert found.message.endswith(f" in the file of --config): {'; '.join(toml)}")
    changed = profiles_from(tomllib.loads("\n".join(toml))).default
    assert result(text, changed).records_processed == 3


def test_limits_that_a_profile_sets_are_not_offered_as_unknown() -> None:
    limits = profile(channels={"power": {"max": 1000}})
    assert rejection("timestamp,power\n2025-06-10T10:00:00,4800\n", limits).candidates is UNSET
    both = "timestamp,voltage,current,power\n2025-06-10T10:00:00,600,8,4800\n"
    assert rejection(both, limits).candidates is UNSET, "the power stays invalid"


def test_an_impossible_reading_has_no_candidate() -> None:
    found = rejection("timestamp,voltage,current\n2025-06-10T10:00:00,1e9,5\n")
    assert found.candidates is UNSET
    assert found.message.endswith(
        "voltage above 32 V: 1000000000 V; but then (limits unknown) none of 1 row is valid; "
        "the first, line 2: voltage above 2000 V: 1000000000 V"
    )


@pytest.mark.parametrize(
    ("cells", "missing", "index"),
    [
        (["100", "110", "120", "130"], 0, 1.0),
        (["100", "--", "--", "130"], 2, 1.0),
        (["100", "999", "--", "130"], 1, 0.75),
        (["100", "x", "-999", "130"], 1, 0.75),
        (["100", "x", "999", "--"], 1, 0.5),
    ],
)
def test_the_quality_index_is_the_share_of_rows_that_fail_nothing(
    cells: list[str], missing: int, index: float
) -> None:
    rows = [f"2025-06-10T12:{5 * at:02}:00,{cell}" for at, cell in enumerate(cells)]
    found = result("\n".join(["timestamp,power", *rows, ""]))
    assert (found.records_missing, found.quality.quality_index) == (missing, index)


def test_a_log_line_says_that_limits_are_not_known() -> None:
    found = result("timestamp,Pac (W)\n2025-06-10T10:00:00,4800\n")
    assert str(found.summary["limits_unknown"]).startswith("the limits of power are not known: ")
    assert "limits_unknown" not in result("timestamp,power\n2025-06-10T10:00:00,48\n").summary


def test_a_log_line_says_that_the_unit_of_the_power_is_not_certain() -> None:
    assumed = result("timestamp,Pac\n2025-06-10T10:00:00,4800\n").summary["unit_assumed"]
    assert str(assumed).startswith("'Pac' states no unit, and is read in W. ")
    rows = "".join(f"2025-06-10T{hour:02}:00:00,4.8\n" for hour in range(24))
    low = result(f"timestamp,Pac (W)\n{rows}").summary["low_power"]
    assert str(low).startswith("'Pac (W)' gives at most 4.8 W in 23 hours: is its unit W?")
