"""The time axis that all charts of a file share: its gaps and nights, and the strips of flags."""

import itertools
import re
from bisect import bisect_left
from datetime import datetime
from functools import lru_cache
from operator import sub
from types import SimpleNamespace
from typing import NamedTuple

from processing.html.svg import Clock, Span, boxes, number
from processing.model.result import Result, Series
from processing.model.stamp import DAY_S, HOUR_S
from processing.model.thresholds import LEAST_ALIKE, MAX_INTERVAL_S

_WORDS = {"1": "good", "2": "not evaluated", "3": "suspect", "4": "invalid", "9": "missing"}
_RUN = re.compile("|".join(f"{flag}+" for flag in _WORDS))
"""A run of equal flags."""
_GOOD, _SUSPECT = frozenset("12"), frozenset("3")
_DARK_UNTIL, _DARK_FROM = 4 * HOUR_S, 23 * HOUR_S
"""Between these hours, suspect generation does not count as daylight."""
_GAP_STEPS = 1.5
_HALF = 0.5
"""Half a second: the series and the anomalies round times in their own ways."""
_WHOLE_ROWS = 3_000
"""Up to this many rows, the series has every row, so a longer step between two of them is a gap."""


class Timeline(NamedTuple):
    """The times of the readings of a file."""

    clock: Clock
    seconds: list[float]
    dt: float
    """The usual step, in seconds: how long the last reading before a gap lasts."""
    xs: list[str]
    """The seconds as coordinates."""
    breaks: set[int]
    """The indices of the readings that come after a gap."""


def timeline_of(result: Result, series: Series) -> Timeline:
    """Return the time axis of a file with readings."""
    seconds, dt = series.seconds, result.metrics.interval_seconds
    clock = Clock(datetime.fromisoformat(series.start or ""), seconds[-1] + dt)
    xs, longest_step = _coordinates(tuple(seconds))
    return Timeline(clock, seconds, dt, xs, _breaks(result, seconds, clock, longest_step))


@lru_cache(maxsize=4)  # days of a device have the same times
def _coordinates(seconds: tuple[float, ...]) -> tuple[list[str], float]:
    """Return times as coordinates, and the longest step between two."""
    return list(map(number, seconds)), max(map(sub, seconds[1:], seconds), default=0.0)


def _breaks(result: Result, seconds: list[float], clock: Clock, longest_step: float) -> set[int]:
    """Return which readings come after a gap: a long step, or the end of a gap that was found."""
    found = set()
    if result.records_total <= _WHOLE_ROWS:
        uneven = (one.limit for one in result.anomalies if one.check == "uneven_steps")
        longest = next(uneven, None) or _GAP_STEPS * result.metrics.interval_seconds
        if longest_step > longest:
            found = {at for at in range(1, len(seconds)) if seconds[at] - seconds[at - 1] > longest}
            found -= _of_other_intervals(result, seconds, clock)
    gaps = [one.end for one in result.anomalies if one.check == "gap" and one.end is not None]
    if ends := {round(clock.seconds(end)) for end in gaps}:
        found |= {at for at in range(1, len(seconds)) if round(seconds[at]) in ends}
    return found


def _of_other_intervals(result: Result, seconds: list[float], clock: Clock) -> set[int]:
    """Return the readings that the logger wrote while it was set to another interval."""
    found: set[int] = set()
    for one in result.anomalies:
        is_one = one.check == "several_intervals" and one.rows >= LEAST_ALIKE
        if is_one and (one.value or 0) <= MAX_INTERVAL_S and one.start is not None and one.end is not None:
            first, last = clock.seconds(one.start) - _HALF, clock.seconds(one.end) + _HALF
            found.update(range(bisect_left(seconds, first), bisect_left(seconds, last)))
    return found


def gaps(line: Timeline) -> list[Span]:
    """Return the gaps between rows."""
    ends = ((line.seconds[at - 1] + line.dt, line.seconds[at]) for at in sorted(line.breaks))
    return [Span(start, end - start) for start, end in ends if end > start]


def nights(line: Timeline, power: list[float | None], flags: str, floor: float) -> list[Span]:
    """Return the times before the first and after the last generation of each date.

    None for rows of days, and if no power is known.
    Suspect generation counts only on dates without any other generation, and never at night.
    """
    if line.dt >= DAY_S or power.count(None) == len(power):
        return []
    wall = line.clock.start
    offset = (wall.hour * 60 + wall.minute) * 60 + wall.second
    lit = [
        (at, flag)
        for at, watts, flag in zip(line.seconds, power, flags, strict=True)
        if watts is not None and watts > floor
    ]
    good = [at for at, flag in lit if flag in _GOOD]
    suspect = [
        at for at, flag in lit if flag in _SUSPECT and _DARK_UNTIL <= (at + offset) % DAY_S < _DARK_FROM
    ]
    days = _days(suspect, offset) | _days(good, offset)
    spans, dark_from = [], 0.0
    for _, (first, last) in sorted(days.items()):
        spans.append(Span(dark_from, first - dark_from))
        dark_from = last + line.dt
    spans.append(Span(dark_from, line.clock.span - dark_from))
    return [span for span in spans if span.width > 2 * line.dt or not days]


def _days(lit: list[float], offset: int) -> dict[float, tuple[float, float]]:
    """Return the first and the last of these times of each date; `offset` is the time of day of time 0."""
    found, index = {}, 0
    while index < len(lit):
        day = (lit[index] + offset) // DAY_S
        end = bisect_left(lit, (day + 1) * DAY_S - offset, lo=index + 1)
        found[day] = lit[index], lit[end - 1]
        index = end
    return found


def strip(name: str, flags: str, line: Timeline) -> SimpleNamespace:
    """Return a channel's flags over time as boxes, one for each run of equal flags: outlines by kind."""
    seconds, breaks = line.seconds, line.breaks
    spans: dict[str, list[Span]] = {}
    for run in _RUN.finditer(flags):
        first, stop = run.span()
        cuts = [first, *sorted(at for at in breaks if first < at < stop), stop]
        for begin, end in itertools.pairwise(cuts):
            last = seconds[end] if end < len(seconds) and end not in breaks else seconds[end - 1] + line.dt
            spans.setdefault(_WORDS[flags[first]], []).append(Span(seconds[begin], last - seconds[begin]))
    counted = ", ".join(f"{flags.count(flag)} {word}" for flag, word in _WORDS.items() if flag in flags)
    outlines = {word.replace(" ", "-"): boxes(found) for word, found in spans.items()}
    return SimpleNamespace(outlines=outlines, alternative=f"Flags of {name} over time: {counted}.")
