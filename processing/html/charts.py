"""The charts of one file, from its record alone: positions and outlines without markup."""

from types import SimpleNamespace

from msgspec import UNSET

from processing.html.svg import HEIGHT, Clock, Scale, area, bar, boxes, line, number, pieces
from processing.html.texts import NO_LIMIT
from processing.html.time_axis import Timeline, gaps, nights, strip, timeline_of
from processing.model.channels import CHANNELS
from processing.model.result import LimitUsed, Result, Series
from processing.model.stamp import DAY_S, HOUR_S

_ORDER = ("power", *(name for name in CHANNELS if name != "power"))
_FLAGGED = {"3": "suspect", "4": "invalid"}
_COUNTED = "123"
_EDGE = 30
"""Distance of marks from the edges, so that they are not cut."""
_COLUMNS, _LINES = 600, 125
"""Flagged readings in the same cell of this grid share a mark, because two marks would overlap."""


def pictures(result: Result) -> SimpleNamespace | None:
    """Return the charts of a file, which share their time axis; None if its record has no readings.

    `readings` are for the script: seconds, values and flags.
    """
    series = result.series
    if series is UNSET or series.start is None or not series.seconds:
        return None
    when = timeline_of(result, series)
    clock = when.clock
    all_values = {name: _values(series, name) for name in _ORDER}
    values = {name: found for name, found in all_values.items() if found.count(None) < len(found)}
    ticks = clock.ticks()
    return SimpleNamespace(
        clock=clock,
        ticks=[(clock.percent(at), text) for at, text in ticks.items()],
        verticals="".join(f"M{number(at)} 0V{HEIGHT}" for at in ticks),
        nights=boxes(nights(when, all_values["power"], series.flags["row"], result.profile.night_floor_w)),
        gaps=boxes(gaps(when)),
        plots=[_plot(name, values[name], result, series, when) for name in values],
        hours=_hours(result, clock),
        readings={
            "start": f"{clock.start.replace(tzinfo=None).isoformat()}Z",
            "span": clock.span,
            "seconds": series.seconds,
            "flags": series.flags,
            "values": values,
            "units": {name: result.profile.limits[name].unit for name in values},
        },
    )


def _values(series: Series, name: str) -> list[float | None]:
    """Return a channel's readings; without a power column, power is V · I, as in the figures."""
    own: list[float | None] = getattr(series, name)
    if name != "power" or own.count(None) < len(own):
        return own
    pairs = zip(series.voltage, series.current, strict=True)
    return [
        None if volts is None or amperes is None else round(volts * amperes, 6) for volts, amperes in pairs
    ]


def _plot(
    name: str, values: list[float | None], result: Result, series: Series, when: Timeline
) -> SimpleNamespace:
    """Return one channel over time."""
    rows, used = series.flags["row"], result.profile.limits[name]
    good = values
    if rows.strip(_COUNTED):
        good = [value if row in _COUNTED else None for value, row in zip(values, rows, strict=True)]
    scale = _scale([value for value in good if value is not None], used, 0.75 if name == "power" else 0.0)
    curve = pieces(when.xs, good, scale, when.breaks)
    # the chart of power represents the day and shows the flags of rows; others show those of the channel
    flags = rows if name == "power" else series.flags[name]
    return SimpleNamespace(
        name=name,
        channel=CHANNELS[name],
        unit=used.unit,
        ticks=scale.ticks(6 if name == "power" else 4),
        line=line(curve),
        area=area(curve, scale.y(0)) if name == "power" else "",
        limits=_limits(used, scale),
        marks=_marks(flags, values, scale, when),
        flags=flags,
        strip=strip(name, series.flags[name], when),
    )


def _marks(flags: str, values: list[float | None], scale: Scale, when: Timeline) -> dict[str, str]:
    """Return the flagged readings: dots by severity."""
    if not any(flag in flags for flag in _FLAGGED):
        return {}
    found: dict[str, dict[tuple[int, int], str]] = {}
    per_second = _COLUMNS / when.clock.span
    for index in [at for at, flag in enumerate(flags) if flag in _FLAGGED]:
        value = values[index]
        y = min(HEIGHT - _EDGE, max(_EDGE, HEIGHT if value is None else scale.y(value)))
        cell = int(when.seconds[index] * per_second), y * _LINES // HEIGHT
        found.setdefault(_FLAGGED[flags[index]], {}).setdefault(cell, f"M{when.xs[index]} {y}h0")
    return {severity: "".join(dots.values()) for severity, dots in sorted(found.items(), reverse=True)}


def _scale(values: list[float], limits: LimitUsed, closeness: float) -> Scale:
    """Return a scale that shows the readings, and the limits if they are near.

    The upper limit is near if the highest reading reaches the fraction `closeness` of it.
    """
    low, high = min(values, default=limits.min), max(values, default=limits.max)
    if not limits.is_known:
        limits = LimitUsed(unit=limits.unit, min=low, max=high)
    reach = 4 * max(high - low, abs(high), 1.0)
    low = min(low, limits.min) if limits.min > -reach else low
    high = max(high, limits.max) if closeness * limits.max <= high and limits.max < reach + 100 else high
    margin = 0.08 * (high - low) or 1.0
    return Scale(low - (margin if low else 0.0), high + margin)


def _limits(used: LimitUsed, scale: Scale) -> list[tuple[float, float, str]]:
    """Return upper and lower limit: position and height of the band beyond it, in percent, and a label.

    A limit above the scale is drawn at the edge, with a height of 0. One at the lower edge is left out, and
    so is an upper one that only damaged readings exceed.
    """
    if not used.is_known:
        return []
    upper, lower = (scale.y(limit) * 100 / HEIGHT for limit in (used.max, used.min))
    above = " is above \N{UPWARDS ARROW}" if used.max > scale.high else ""
    below = " is below \N{DOWNWARDS ARROW}" if used.min < scale.low else ""
    found = [(upper, upper, f"limit {used.max:g} {used.unit}{above}")] if used.max < NO_LIMIT else []
    if used.min != scale.low:
        found.append((lower, 100 - lower, f"limit {used.min:g} {used.unit}{below}"))
    return found


def _hours(result: Result, clock: Clock) -> SimpleNamespace:
    """Return energy by clock hour: bars, and the labels of peak hours with their positions in percent.

    If a row covers more than an hour, its energy is that of the hour in which it begins, and has a bar as
    wide as the row. Rows of a day or more have no peak hour.
    """
    hours, width = result.metrics.hours, max(HOUR_S, result.metrics.interval_seconds)
    energies = [0.0, *(hour.energy_kwh * 1000 for hour in hours)]
    scale = Scale(min(energies) * 1.15, max(energies) * 1.15 or 1.0)
    bars, peaks, floor = [], [], scale.y(0.0)
    for hour in hours:
        start, watt_hours = clock.seconds(hour.start), hour.energy_kwh * 1000
        y = scale.y(watt_hours)
        is_peak = width < DAY_S and hour.start == result.metrics.peak_power_hour
        when = hour.start[11:16] if width < DAY_S else hour.start[:10]
        title = f"{when}: {watt_hours:.1f} Wh"
        bars.append((" peak" if is_peak else "", bar(start, width, y, floor), title))
        if is_peak:
            peaks.append((title, clock.percent(start + width / 2), min(y, floor) * 100 / HEIGHT))
    return SimpleNamespace(ticks=scale.ticks(4), bars=bars, peaks=peaks)
