"""The charts of one file, in numbers."""

from __future__ import annotations

import io
import itertools
from types import SimpleNamespace

import msgspec
import pytest
from msgspec import UNSET

from processing import Result, process
from processing.html.charts import pictures
from processing.html.svg import Span, boxes
from processing.model.profile import DEFAULT


def processed(text: str) -> Result:
    found = process(io.BytesIO(text.encode()), DEFAULT, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Result), found
    return found


def drawn(result: Result) -> SimpleNamespace:
    found = pictures(result)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def two_hours() -> Result:
    """Readings every ten minutes from noon on; in the second hour the current is twice as high."""
    lines = [
        f"2025-06-03T{12 + at // 6}:{at % 6}0:00,25.{at * at % 7},{2 + 2 * (at // 6)}.{at * at % 5}"
        for at in range(12)
    ]
    return processed("\n".join(["timestamp,voltage,current", *lines]))


def test_power_comes_first_and_is_computed_if_the_file_has_none(two_hours: Result) -> None:
    found = drawn(two_hours)
    assert [plot.name for plot in found.plots] == ["power", "voltage", "current"]
    assert [plot.channel.title for plot in found.plots] == ["Power", "Voltage", "Current"]
    assert found.readings["values"]["power"][0] == 50.0
    assert found.readings["units"] == {"power": "W", "voltage": "V", "current": "A"}


def test_the_bars_are_the_energy_of_the_hours_and_one_is_the_peak(two_hours: Result) -> None:
    bars = drawn(two_hours).hours.bars
    assert [peak for peak, _, _ in bars] == ["", " peak"]
    assert [title[:7] for _, _, title in bars] == ["12:00: ", "13:00: "]


def test_a_flagged_reading_has_a_mark_and_stays_off_the_curve() -> None:
    lines = [
        f"2025-06-03T12:{at:02}:00,{50 if at == 5 else 25 + at * at % 7 / 10},5.{at * at % 5}"
        for at in range(12)
    ]
    found = drawn(processed("\n".join(["timestamp,voltage,current", *lines])))
    voltage = next(plot for plot in found.plots if plot.name == "voltage")
    assert voltage.marks == {"invalid": "M300 30h0"}
    assert [piece.partition(" ")[0] for piece in voltage.line.split("M")[1:]] == ["0", "360"]


def test_without_a_power_no_night_is_known_and_over_a_year_ticks_have_the_year() -> None:
    hours = "".join(f"2025-06-0{1 + at // 24} {at % 24:02}:00,{3 + at % 2}\n" for at in range(72))
    assert drawn(processed(f"time,House use (kWh)\n{hours}")).nights == ""
    days = "".join(
        f"{2023 + at // 336}-{1 + at // 28 % 12:02}-{1 + at % 28:02},{5 + at * 7 % 5}\n" for at in range(672)
    )
    found = drawn(processed(f"Date,PV energy (kWh)\n{days}"))
    assert [text for _, text in found.ticks] == ["Jul 2023", "Jan 2024", "Jul 2024"]
    assert round(found.ticks[1][0] * found.clock.span / 100 / 86_400) == 365


def test_a_record_without_readings_has_no_charts(two_hours: Result) -> None:
    assert pictures(msgspec.structs.replace(two_hours, series=UNSET)) is None


@pytest.mark.parametrize("header", ["Pac (W),Tmod", "U,I", "Pac (kW)"])
def test_unknown_limits_are_not_drawn_and_do_not_widen_the_scale(header: str) -> None:
    cells = [f"{400 + at},{5 + at}" if "," in header else str(400 + at) for at in range(5)]
    rows = [f"2025-06-10T12:{5 * at:02}:00,{cell}" for at, cell in enumerate(cells)]
    plots = drawn(processed("\n".join([f"timestamp,{header}", *rows]))).plots
    assert [plot.limits for plot in plots] == [[]] * len(plots)
    for plot in plots:
        assert len(plot.ticks) >= 2


@pytest.mark.parametrize(("wide", "limit"), [(10, 15), (15, 22.5), (20, 30)])
def test_an_uneven_logger_has_a_gap_only_if_a_step_is_above_its_own_limit(wide: int, limit: float) -> None:
    steps = [5, wide, 5] * 8 + [60] + [5, wide, 5] * 8
    minutes = list(itertools.accumulate(steps, initial=600))
    rows = "".join(f"2025-06-10T{at // 60:02}:{at % 60:02}:00,25,5\n" for at in minutes)
    result = processed(f"timestamp,voltage,current\n{rows}")
    (uneven,) = [one for one in result.anomalies if one.check == "uneven_steps"]
    assert uneven.limit == limit * 60
    before = minutes[24]
    start, width = (before - 600 + 5) * 60, 55 * 60
    assert drawn(result).gaps == boxes([Span(start, width)])


def test_rows_of_a_logger_that_was_set_to_a_longer_interval_have_no_gaps_between_them() -> None:
    steps = [5] * 60 + [15] * 8 + [45] + [15] * 8 + [20] + [5] * 60 + [10] * 4
    minutes = list(itertools.accumulate(steps, initial=360))
    rows = "".join(f"2025-06-10T{at // 60:02}:{at % 60:02}:00,25,5\n" for at in minutes)
    found = drawn(processed(f"timestamp,voltage,current\n{rows}"))
    gaps = {68: 40, 77: 15, 138: 5, 139: 5, 140: 5, 141: 5}
    assert found.gaps == boxes([Span((minutes[at] - 360 + 5) * 60, 60 * gap) for at, gap in gaps.items()])


@pytest.mark.parametrize("power", [[100, -50], [-100, -50], [40, -200, 0]])
def test_the_bars_of_hours_that_take_power_are_below_zero(power: list[float]) -> None:
    rows = [f"2025-06-03T{12 + at}:{minute:02}:00,{p}" for at, p in enumerate(power) for minute in (0, 30)]
    bars = drawn(processed("\n".join(["time,PV power (W)", *rows]))).hours.bars
    heights = [float(outline.partition("v")[2].partition("h")[0]) for _, outline, _ in bars]
    tops = [float(outline.split()[1].partition("h")[0]) for _, outline, _ in bars]
    assert all(height >= 0 for height in heights)
    floor = 1000 * max(0, *power) / (max(0, *power) - min(0, *power))
    assert [top >= round(floor) - 1 for top in tops] == [one <= 0 for one in power]
    largest = max(map(abs, power))
    assert heights == pytest.approx([max(heights) * abs(one) / largest for one in power], abs=2)
