"""The nights of a chart."""

from __future__ import annotations

from datetime import datetime

from processing.html.svg import Clock, Span
from processing.html.time_axis import Timeline, nights

HOURS = 24


def shaded(flags: dict[int, str], lit: range = range(8, 18)) -> list[Span]:
    """The nights of a day of hourly readings that generates in some hours, in hours; flags are good else."""
    seconds = [hour * 3_600.0 for hour in range(HOURS)]
    line = Timeline(
        Clock(datetime.fromisoformat("2025-04-15T00:00:00"), HOURS * 3_600.0), seconds, 3_600.0, [], set()
    )
    power = [100.0 if hour in lit or flags.get(hour) == "3" else 0.0 for hour in range(HOURS)]
    found = nights(line, power, "".join(flags.get(hour, "1") for hour in range(HOURS)), 8.0)
    return [Span(start / 3_600, width / 3_600) for start, width in found]


def test_the_night_is_before_the_first_and_after_the_last_generation() -> None:
    assert shaded({}) == [Span(0, 8), Span(18, 6)]


def test_suspect_generation_at_night_leaves_the_night_dark() -> None:
    assert shaded({1: "3", 2: "3"}) == [Span(0, 8), Span(18, 6)]
    assert shaded({1: "3", 2: "3"}, lit=range(0)) == [Span(0, 24)]


def test_a_day_whose_rows_are_all_suspect_is_not_a_night() -> None:
    assert shaded(dict.fromkeys(range(8, 18), "3")) == [Span(0, 8), Span(18, 6)]
