"""The pictures of one file, from its record alone: what is drawn where. Nothing here is markup."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import UNSET

from processing.drawing import Clock, Scale, Span, Tick, area, bar, boxes, line, stretches
from processing.result import Anomaly, LimitUsed, Result, Series

Points = list[tuple[float, float] | None]

_HEIGHTS = {"power": 240.0, "voltage": 140.0, "current": 140.0, "temperature": 140.0}
_ORDER = ("power", "voltage", "current", "temperature")
_HOURS_HEIGHT = 150.0
_STRIP_HEIGHT = 16.0
_FLAGGED = {"3": "suspect", "4": "invalid"}
_FLAG_WORDS = {"1": "good", "2": "not evaluated", "3": "suspect", "4": "invalid", "9": "missing"}
_GOOD = "12"
_GAP_STEPS = 1.5
_WHOLE_ROWS = 3_000
"""Up to so many rows the series has every one, so that a longer step between two is a gap."""


class Mark(NamedTuple):
    """A flagged reading and its place."""

    percent: float
    y: float
    severity: str
    reading: int
    """Which of the readings it is."""


class Limit(NamedTuple):
    """A limit line, and the band beyond it."""

    y: float
    band_top: float
    band_height: float
    text: str
    text_y: float


class Plot(NamedTuple):
    """One channel over time."""

    name: str
    unit: str
    height: float
    ticks: list[Tick]
    line: str
    area: str
    limits: list[Limit]
    marks: list[Mark]
    alternative: str


class Bar(NamedTuple):
    """The energy of one clock hour."""

    outline: str
    percent: float
    y: float
    is_peak: bool
    title: str


class Hours(NamedTuple):
    """Energy by clock hour."""

    height: float
    ticks: list[Tick]
    bars: list[Bar]
    alternative: str


class Strip(NamedTuple):
    """One channel's flags over time: an outline a word."""

    name: str
    height: float
    outlines: dict[str, str]
    alternative: str


class Pictures(NamedTuple):
    """All pictures of a file; they share their axis of time."""

    clock: Clock
    ticks: list[Tick]
    nights: list[Span]
    gaps: list[Span]
    plots: list[Plot]
    hours: Hours
    strips: list[Strip]
    readings: dict[str, Any]
    """For the script: seconds, values and flags."""


def pictures(result: Result) -> Pictures | None:
    """Return what to draw for a file; None where its record has no readings."""
    series = result.series
    if series is UNSET or series.start is None or not series.seconds:
        return None
    dt = result.metrics.interval_seconds
    clock = Clock(datetime.fromisoformat(series.start), series.seconds[-1] + dt)
    values = {name: _values(series, name) for name in _ORDER}
    breaks = _breaks(result, series, clock, dt)
    plots = [
        _plot(name, values[name], series, breaks, result)
        for name in _ORDER
        if any(value is not None for value in values[name])
    ]
    return Pictures(
        clock=clock,
        ticks=clock.ticks(),
        nights=_nights(series, values["power"], clock, dt, result.profile.night_floor_w),
        gaps=[
            Span(series.seconds[at - 1] + dt, max(0.0, series.seconds[at] - series.seconds[at - 1] - dt))
            for at in sorted(breaks)
        ],
        plots=plots,
        hours=_hours(result, clock),
        strips=[_strip(plot.name, series.flags[plot.name], series.seconds, dt, breaks) for plot in plots],
        readings={
            "start": f"{clock.start.replace(tzinfo=None).isoformat()}Z",
            "span": clock.span,
            "seconds": series.seconds,
            "flags": series.flags,
            "values": {plot.name: values[plot.name] for plot in plots},
            "units": {plot.name: plot.unit for plot in plots},
        },
    )


def _values(series: Series, name: str) -> list[float | None]:
    """Return a channel's readings; power that the file does not have is V·I, as in the figures."""
    own: list[float | None] = getattr(series, name)
    if name != "power" or any(value is not None for value in own):
        return own
    pairs = zip(series.voltage, series.current, strict=True)
    return [
        None if volts is None or amperes is None else round(volts * amperes, 6) for volts, amperes in pairs
    ]


def _breaks(result: Result, series: Series, clock: Clock, dt: float) -> set[int]:
    """Return which readings come after a gap."""
    seconds = series.seconds
    found = set()
    if result.records_total <= _WHOLE_ROWS:
        found = {at for at in range(1, len(seconds)) if seconds[at] - seconds[at - 1] > _GAP_STEPS * dt}
    ends = {
        round(clock.seconds(one.end))
        for one in result.anomalies
        if one.check == "gap" and one.end is not None
    }
    return found | {at for at in range(1, len(seconds)) if round(seconds[at]) in ends}


def _plot(name: str, values: list[float | None], series: Series, breaks: set[int], result: Result) -> Plot:
    flags, rows = series.flags[name], series.flags["row"]
    good = [value if row in "123" else None for value, row in zip(values, rows, strict=True)]
    used = result.profile.limits[name]
    scale = _scale([value for value in good if value is not None], used, _HEIGHTS[name])
    points: Points = []
    for index, value in enumerate(good):
        if index in breaks:
            points.append(None)
        points.append(None if value is None else (series.seconds[index], scale.y(value)))
    span = series.seconds[-1] + result.metrics.interval_seconds
    marks = [
        Mark(
            round(100 * series.seconds[index] / span, 3), _mark_y(values[index], scale), _FLAGGED[flag], index
        )
        for index, flag in enumerate(_shown_flags(name, flags, rows))
        if flag in _FLAGGED
    ]
    return Plot(
        name=name,
        unit=used.unit,
        height=scale.height,
        ticks=scale.ticks(6 if name == "power" else 4),
        line=line(points),
        area=area(points, scale.y(0)) if name == "power" else "",
        limits=_limits(used, scale),
        marks=marks,
        alternative=_told(name, used.unit, result, marks),
    )


def _shown_flags(name: str, flags: str, rows: str) -> str:
    """Return the flags to mark: on power every row's own, for it tells the day; else the channel's."""
    return rows if name == "power" else flags


def _mark_y(value: float | None, scale: Scale) -> float:
    return scale.height if value is None else scale.y(value)


def _scale(values: list[float], limits: LimitUsed, height: float) -> Scale:
    """Return a scale that shows the readings, and the limits where they are not far off."""
    low, high = min(values, default=limits.min), max(values, default=limits.max)
    reach = 4 * max(high - low, abs(high), 1.0)
    low = min(low, limits.min) if limits.min > -reach else low
    high = max(high, limits.max) if limits.max < reach + 100 else high
    room = 0.08 * (high - low) or 1.0
    return Scale(low - (room if low else 0.0), high + room, height)


def _limits(used: LimitUsed, scale: Scale) -> list[Limit]:
    found = []
    if scale.low <= used.max <= scale.high:
        y = scale.y(used.max)
        found.append(Limit(y, 0.0, y, f"limit {used.max:g} {used.unit}", max(10.0, y - 4)))
    if scale.low < used.min <= scale.high:
        y = scale.y(used.min)
        found.append(Limit(y, y, scale.height - y, f"limit {used.min:g} {used.unit}", y - 4))
    return found


def _told(name: str, unit: str, result: Result, marks: Sequence[Mark]) -> str:
    stats = getattr(result.metrics, name)
    if stats.avg is None:
        return f"{name.capitalize()} over time: no valid reading."
    text = f"{name.capitalize()} over time in {unit}: {stats.min:g} to {stats.max:g}, mean {stats.avg:.4g}."
    invalid = sum(mark.severity == "invalid" for mark in marks)
    if marks:
        text += f" Marked: {invalid} invalid and {len(marks) - invalid} suspect readings."
    return text


def _nights(series: Series, power: list[float | None], clock: Clock, dt: float, floor: float) -> list[Span]:
    """Return the times before the first and after the last good generation of each date."""
    offset = (clock.start.hour * 60 + clock.start.minute) * 60.0 + clock.start.second
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for at, watts, flag in zip(series.seconds, power, series.flags["row"], strict=True):
        if watts is not None and watts > floor and flag in _GOOD:
            day = int((at + offset) // 86_400)
            first.setdefault(day, at)
            last[day] = at + dt
    spans, dark_from = [], 0.0
    for day in sorted(first):
        spans.append(Span(dark_from, first[day] - dark_from))
        dark_from = last[day]
    spans.append(Span(dark_from, clock.span - dark_from))
    return [span for span in spans if span.width > 2 * dt or not first]


def _hours(result: Result, clock: Clock) -> Hours:
    hours = result.metrics.hours
    scale = Scale(
        0.0, max((hour.energy_kwh * 1000 for hour in hours), default=0.0) * 1.12 or 1.0, _HOURS_HEIGHT
    )
    bars = []
    for hour in hours:
        start, watt_hours = clock.seconds(hour.start), hour.energy_kwh * 1000
        y = scale.y(watt_hours)
        bars.append(
            Bar(
                bar(start, 3_600.0, y, scale.height),
                clock.percent(start + 1_800),
                y,
                hour.start == result.metrics.peak_power_hour,
                f"{hour.start[11:16]}: {watt_hours:.1f} Wh",
            )
        )
    peak = next((one.title for one in bars if one.is_peak), None)
    told = f"Energy by clock hour in Wh, {len(bars)} hours." + (f" The peak hour is {peak}." if peak else "")
    return Hours(scale.height, scale.ticks(4), bars, told)


def _strip(name: str, flags: str, seconds: list[float], dt: float, breaks: set[int]) -> Strip:
    spans: dict[str, list[Span]] = {}
    for flag, first, stop in stretches(flags):
        pieces = [first, *sorted(at for at in breaks if first < at < stop), stop]
        for begin, end in itertools.pairwise(pieces):
            last = seconds[end] if end < len(seconds) and end not in breaks else seconds[end - 1] + dt
            spans.setdefault(_FLAG_WORDS[str(flag)], []).append(Span(seconds[begin], last - seconds[begin]))
    counted = {word: flags.count(flag) for flag, word in _FLAG_WORDS.items() if flag in flags}
    told = ", ".join(f"{count} {word}" for word, count in counted.items())
    outlines = {word.replace(" ", "-"): boxes(found, _STRIP_HEIGHT) for word, found in spans.items()}
    return Strip(name, _STRIP_HEIGHT, outlines, f"Flags of {name} over time: {told}.")


def place(anomaly: Anomaly, clock: Clock) -> Span | None:
    """Return when an anomaly was, None for one that has no time."""
    if anomaly.start is None:
        return None
    start = clock.seconds(anomaly.start)
    return Span(start, clock.seconds(anomaly.end or anomaly.start) - start)
