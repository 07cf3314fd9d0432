"""The pictures of one file, from its record alone: what is drawn where. Nothing here is markup."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import UNSET

from processing.drawing import (
    HEIGHT,
    Clock,
    Scale,
    Span,
    Tick,
    area,
    bar,
    boxes,
    line,
    number,
    pieces,
    stretches,
)
from processing.result import Anomaly, LimitUsed, Result, Series

_ORDER = ("power", "voltage", "current", "temperature")
_FLAGGED = {"3": "suspect", "4": "invalid"}
_FLAG_WORDS = {"1": "good", "2": "not evaluated", "3": "suspect", "4": "invalid", "9": "missing"}
_COUNTED = frozenset("123")
_GOOD = frozenset("12")
_GAP_STEPS = 1.5
_WHOLE_ROWS = 3_000
"""Up to so many rows the series has every one, so that a longer step between two is a gap."""
_EDGE = 30
"""Marks keep so far from the edges that they are not cut."""
_COLUMNS, _LINES = 600, 125
"""Two flagged readings within one such cell of a picture would lie on each other: they share a mark."""


class Limit(NamedTuple):
    """A limit line and the band beyond it, in percent from the top."""

    percent: float
    top: float
    height: float
    text: str
    is_upper: bool


class Plot(NamedTuple):
    """One channel over time."""

    name: str
    unit: str
    ticks: list[Tick]
    line: str
    area: str
    limits: list[Limit]
    marks: dict[str, str]
    """The flagged readings: an outline of dots by severity."""
    alternative: str


class Bar(NamedTuple):
    """The energy of one clock hour."""

    outline: str
    is_peak: bool
    title: str


class Hours(NamedTuple):
    """Energy by clock hour."""

    ticks: list[Tick]
    bars: list[Bar]
    peak: tuple[float, float] | None
    """Where the peak hour's name stands, in percent."""
    alternative: str


class Strip(NamedTuple):
    """One channel's flags over time: an outline a word."""

    name: str
    outlines: dict[str, str]
    alternative: str


class Pictures(NamedTuple):
    """All pictures of a file; they share their axis of time."""

    clock: Clock
    ticks: list[Tick]
    verticals: str
    nights: str
    gaps: str
    plots: list[Plot]
    hours: Hours
    strips: list[Strip]
    readings: dict[str, Any]
    """For the script: seconds, values and flags."""


class _Drawn(NamedTuple):
    """What all plots of a file have in common."""

    result: Result
    series: Series
    clock: Clock
    xs: list[str]
    breaks: set[int]
    """Which readings come after a gap."""


def pictures(result: Result) -> Pictures | None:
    """Return what to draw for a file; None where its record has no readings."""
    series = result.series
    if series is UNSET or series.start is None or not series.seconds:
        return None
    dt = result.metrics.interval_seconds
    clock = Clock(datetime.fromisoformat(series.start), series.seconds[-1] + dt)
    drawn = _Drawn(result, series, clock, list(map(number, series.seconds)), _breaks(result, series, dt))
    values = {name: _values(series, name) for name in _ORDER}
    plots = [
        _plot(name, values[name], drawn) for name in _ORDER if any(one is not None for one in values[name])
    ]
    ticks = clock.ticks()
    return Pictures(
        clock=clock,
        ticks=[Tick(clock.percent(at), text) for at, text in ticks.items()],
        verticals="".join(f"M{number(at)} 0V{HEIGHT}" for at in ticks),
        nights=boxes(_nights(series, values["power"], clock, dt, result.profile.night_floor_w)),
        gaps=boxes(_gaps(drawn, dt)),
        plots=plots,
        hours=_hours(result, clock),
        strips=[_strip(plot.name, drawn, dt) for plot in plots],
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


def _breaks(result: Result, series: Series, dt: float) -> set[int]:
    """Return which readings come after a gap: a long step, or the end of a gap that was found."""
    seconds, clock = series.seconds, Clock(datetime.fromisoformat(series.start or ""), 1.0)
    found = set()
    if result.records_total <= _WHOLE_ROWS:
        longest = _GAP_STEPS * dt
        found = {
            at for at, (one, next_) in enumerate(itertools.pairwise(seconds), 1) if next_ - one > longest
        }
    gaps = [one.end for one in result.anomalies if one.check == "gap" and one.end is not None]
    ends = {round(clock.seconds(end)) for end in gaps}
    return found | {at for at in range(1, len(seconds)) if ends and round(seconds[at]) in ends}


def _gaps(drawn: _Drawn, dt: float) -> list[Span]:
    seconds = drawn.series.seconds
    ends = ((seconds[at - 1] + dt, seconds[at]) for at in sorted(drawn.breaks))
    return [Span(start, end - start) for start, end in ends if end > start]


def _plot(name: str, values: list[float | None], drawn: _Drawn) -> Plot:
    rows, used = drawn.series.flags["row"], drawn.result.profile.limits[name]
    good = [value if row in _COUNTED else None for value, row in zip(values, rows, strict=True)]
    scale = _scale([value for value in good if value is not None], used)
    curve = pieces(drawn.xs, scale.ys(good), drawn.breaks)
    # power tells the day, so that it shows each row's own flag; the others show the channel's
    flags = rows if name == "power" else drawn.series.flags[name]
    return Plot(
        name=name,
        unit=used.unit,
        ticks=scale.ticks(6 if name == "power" else 4),
        line=line(curve),
        area=area(curve, scale.y(0)) if name == "power" else "",
        limits=_limits(used, scale),
        marks=_marks(flags, values, scale, drawn),
        alternative=_told(name, used.unit, drawn.result, flags),
    )


def _marks(flags: str, values: list[float | None], scale: Scale, drawn: _Drawn) -> dict[str, str]:
    found: dict[str, dict[tuple[int, int], str]] = {}
    per_second = _COLUMNS / drawn.clock.span
    for index in [at for at, flag in enumerate(flags) if flag in _FLAGGED]:
        value = values[index]
        y = min(HEIGHT - _EDGE, max(_EDGE, HEIGHT if value is None else scale.y(value)))
        cell = int(drawn.series.seconds[index] * per_second), y * _LINES // HEIGHT
        found.setdefault(_FLAGGED[flags[index]], {}).setdefault(cell, f"M{drawn.xs[index]} {y}h0")
    return {severity: "".join(dots.values()) for severity, dots in sorted(found.items(), reverse=True)}


def _scale(values: list[float], limits: LimitUsed) -> Scale:
    """Return a scale that shows the readings, and the limits where they are not far off."""
    low, high = min(values, default=limits.min), max(values, default=limits.max)
    reach = 4 * max(high - low, abs(high), 1.0)
    low = min(low, limits.min) if limits.min > -reach else low
    high = max(high, limits.max) if limits.max < reach + 100 else high
    room = 0.08 * (high - low) or 1.0
    return Scale(low - (room if low else 0.0), high + room)


def _limits(used: LimitUsed, scale: Scale) -> list[Limit]:
    found = []
    if scale.low <= used.max <= scale.high:
        percent = scale.y(used.max) * 100 / HEIGHT
        found.append(Limit(percent, 0.0, percent, f"limit {used.max:g} {used.unit}", is_upper=True))
    if scale.low < used.min <= scale.high:
        percent = scale.y(used.min) * 100 / HEIGHT
        found.append(
            Limit(percent, percent, 100 - percent, f"limit {used.min:g} {used.unit}", is_upper=False)
        )
    return found


def _told(name: str, unit: str, result: Result, flags: str) -> str:
    stats = getattr(result.metrics, name)
    if stats.avg is None:
        return f"{name.capitalize()} over time: no valid reading."
    text = f"{name.capitalize()} over time in {unit}: {stats.min:g} to {stats.max:g}, mean {stats.avg:.4g}."
    invalid, suspect = flags.count("4"), flags.count("3")
    return f"{text} Marked: {invalid} invalid and {suspect} suspect readings." if invalid + suspect else text


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
    hours, peak = result.metrics.hours, None
    scale = Scale(0.0, max((hour.energy_kwh * 1000 for hour in hours), default=0.0) * 1.15 or 1.0)
    bars = []
    for hour in hours:
        start, watt_hours = clock.seconds(hour.start), hour.energy_kwh * 1000
        y, is_peak = scale.y(watt_hours), hour.start == result.metrics.peak_power_hour
        bars.append(Bar(bar(start, 3_600.0, y), is_peak, f"{hour.start[11:16]}: {watt_hours:.1f} Wh"))
        if is_peak:
            peak = clock.percent(start + 1_800), y * 100 / HEIGHT
    told = "".join(f" The peak hour is {one.title}." for one in bars if one.is_peak)
    return Hours(scale.ticks(4), bars, peak, f"Energy by clock hour in Wh, {len(bars)} hours.{told}")


def _strip(name: str, drawn: _Drawn, dt: float) -> Strip:
    flags, seconds, breaks = drawn.series.flags[name], drawn.series.seconds, drawn.breaks
    spans: dict[str, list[Span]] = {}
    for flag, first, stop in stretches(flags):
        cuts = [first, *sorted(at for at in breaks if first < at < stop), stop]
        for begin, end in itertools.pairwise(cuts):
            last = seconds[end] if end < len(seconds) and end not in breaks else seconds[end - 1] + dt
            spans.setdefault(_FLAG_WORDS[str(flag)], []).append(Span(seconds[begin], last - seconds[begin]))
    counted = {word: flags.count(flag) for flag, word in _FLAG_WORDS.items() if flag in flags}
    told = ", ".join(f"{count} {word}" for word, count in counted.items())
    outlines = {word.replace(" ", "-"): boxes(found) for word, found in spans.items()}
    return Strip(name, outlines, f"Flags of {name} over time: {told}.")


def place(anomaly: Anomaly, clock: Clock) -> Span | None:
    """Return when an anomaly was, None for one that has no time."""
    if anomaly.start is None:
        return None
    start = clock.seconds(anomaly.start)
    return Span(start, clock.seconds(anomaly.end or anomaly.start) - start)
