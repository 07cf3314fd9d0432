"""Pictures as numbers: scales, ticks and the outlines of marks. Templates write them as SVG.

Across, a picture is measured in seconds from the first reading and stretched to the width there is; down, in
pixels. What must not be stretched, text and points, stands at a percentage of the width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_TIME_STEPS = (1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400)
_DAY = 86_400


class Tick(NamedTuple):
    """A place on an axis and what stands there."""

    at: float
    text: str


class Span(NamedTuple):
    """A stretch of time, in seconds from the first reading."""

    start: float
    width: float


class Scale(NamedTuple):
    """Turns a value into pixels from the top of a picture; values beyond its ends stay at its ends."""

    low: float
    high: float
    height: float

    def y(self, value: float) -> float:
        """Return the value's height in pixels from the top."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.height * (1 - min(1.0, max(0.0, share))), 1)

    def ticks(self, most: int = 5) -> list[Tick]:
        """Return at most about so many round values with their places."""
        step = _nice_step((self.high - self.low) / most)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [Tick(self.y(n * step), f"{round(n * step, 9):g}") for n in range(first, last + 1)]


class Clock(NamedTuple):
    """The time at the left edge, as written in the file, and how many seconds a picture covers."""

    start: datetime
    span: float

    def seconds(self, stamp: str) -> float:
        """Return how long after the start a timestamp is; where only one has an offset, as written."""
        time = datetime.fromisoformat(stamp)
        if (time.tzinfo is None) != (self.start.tzinfo is None):
            time = time.replace(tzinfo=self.start.tzinfo)
        return (time - self.start).total_seconds()

    def percent(self, seconds: float) -> float:
        """Return the place between the left edge (0) and the right one (100)."""
        return round(100 * seconds / self.span, 3)

    def ticks(self, most: int = 8) -> list[Tick]:
        """Return round times with their percentages: hours, and the date where a day begins."""
        steps = [*_TIME_STEPS, *(_DAY * days for days in (2, 7, 14, 28, 91, 182, 364))]
        step = next((step for step in steps if self.span / step <= most), self.span)
        wall = self.start.replace(tzinfo=None)
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        offset = (wall - midnight).total_seconds()
        at = math.ceil(offset / step) * step - offset
        found = []
        while at < self.span:
            found.append(Tick(self.percent(at), _label(wall + timedelta(seconds=at), step)))
            at += step
        return found


def _label(time: datetime, step: float) -> str:
    if step >= _DAY or (time.hour, time.minute, time.second) == (0, 0, 0):
        return f"{time.day} {time:%b}"
    return f"{time:%H:%M}" if step >= 60 else f"{time:%H:%M:%S}"  # noqa: PLR2004 - whole minutes


def _nice_step(rough: float) -> float:
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * nice for nice in _NICE if power * nice >= rough * 0.999)


def line(points: Iterable[tuple[float, float] | None]) -> str:
    """Return the outline through the points; None lifts the pen, a point alone becomes a dot."""
    parts = []
    for run in _runs(points):
        (x, y), *rest = run
        parts.append(
            f"M{x:g} {y:g}" + ("h0" if not rest else "L" + " ".join(f"{x:g} {y:g}" for x, y in rest))
        )
    return "".join(parts)


def area(points: Iterable[tuple[float, float] | None], floor: float) -> str:
    """Return the outline of what is between the points and the floor."""
    parts = []
    for run in _runs(points):
        tops = " ".join(f"{x:g} {y:g}" for x, y in run)
        parts.append(f"M{run[0][0]:g} {floor:g}L{tops}V{floor:g}Z")
    return "".join(parts)


def boxes(spans: Iterable[Span], height: float) -> str:
    """Return the outline of boxes from the top down to `height`."""
    return "".join(f"M{start:g} 0h{width:g}v{height:g}h{-width:g}Z" for start, width in spans)


def bar(start: float, width: float, top: float, floor: float) -> str:
    """Return the outline of one bar that stands on the floor, a little apart from its neighbours."""
    inset = width * 0.08
    return f"M{start + inset:g} {floor:g}V{top:g}H{start + width - inset:g}V{floor:g}Z"


def stretches(values: Sequence[object]) -> Iterator[tuple[object, int, int]]:
    """Yield each run of equal values as (value, first index, index after the last)."""
    first = 0
    for index in range(1, len(values) + 1):
        if index == len(values) or values[index] != values[first]:
            yield values[first], first, index
            first = index


def _runs(points: Iterable[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    run: list[tuple[float, float]] = []
    for point in points:
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run
