"""Charts as numbers: scales, ticks and the outlines of marks. Templates write them as SVG.

The horizontal unit is a second since the first reading, the vertical unit a thousandth of the height. The
browser stretches both to the available space. Text, which must not be stretched, is placed in percent.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, cast

from processing.model.stamp import DAY_S

HEIGHT = 1_000
"""The height of every chart in its own units."""
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_TIME_STEPS = (1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, DAY_S)
_YEAR = 366 * DAY_S
_MONTH_STEPS = (3, 6, 12, 24, 60, 120)


class Span(NamedTuple):
    """A stretch of time, in seconds from the first reading."""

    start: float
    width: float


class Scale(NamedTuple):
    """Maps a value to its distance from the top of a chart; values beyond the ends stay at the ends."""

    low: float
    high: float

    def y(self, value: float) -> int:
        """Return the position of a value, from 0 (top) to HEIGHT."""
        return round(HEIGHT - HEIGHT * self._share(value))

    def ys(self, values: Iterable[float]) -> tuple[int, ...]:
        """Return the positions of values that lie within the scale."""
        top, per_unit = self.high, HEIGHT / (self.high - self.low)
        return tuple(map(float.__round__, [(top - value) * per_unit for value in values]))

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Return about `most` round values: their positions in percent, and labels."""
        step = _nice_step((self.high - self.low) / most)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        values = [round(number * step, 9) for number in range(first, last + 1)]
        return [(round(100 - 100 * self._share(value), 1), f"{value:g}") for value in values]

    def _share(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return 0.0 if share < 0 else min(share, 1.0)


class Clock(NamedTuple):
    """The time at the left edge, as written in the file, and how many seconds a chart covers."""

    start: datetime
    span: float

    def seconds(self, stamp: str) -> float:
        """Return the seconds from the start to a timestamp. If only one has an offset, it is ignored."""
        time = datetime.fromisoformat(stamp)
        if (time.tzinfo is None) != (self.start.tzinfo is None):
            time = time.replace(tzinfo=self.start.tzinfo)
        return (time - self.start).total_seconds()

    def percent(self, seconds: float) -> float:
        """Return a time as a percentage of the width."""
        return round(100 * seconds / self.span, 3)

    def ticks(self, most: int = 8) -> dict[float, str]:
        """Return round times, in seconds, and their labels: the time, the date at midnight, or the month."""
        if self.span > _YEAR:
            return self._months(most)
        steps = [*_TIME_STEPS, *(DAY_S * days for days in (2, 7, 14, 28, 91, 182, 364))]
        step = next((step for step in steps if self.span / step <= most), self.span)
        wall = self.start.replace(tzinfo=None)
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        offset = (wall - midnight).total_seconds()
        first = math.ceil(offset / step)
        found = [number * step - offset for number in range(first, first + most + 1)]
        return {at: _label(wall + timedelta(seconds=at), step) for at in found if at < self.span}

    def _months(self, most: int) -> dict[float, str]:
        """Return the first days of months, in seconds, and the labels of these months."""
        step = next((step for step in _MONTH_STEPS if self.span / (30 * DAY_S * step) <= most), 1_200)
        wall = self.start.replace(tzinfo=None)
        midnight = wall.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        first = -(-(12 * wall.year + wall.month) // step)
        months = (step * number for number in range(first, first + most + 1))  # counted from the year 0
        times = [midnight.replace(year=month // 12, month=month % 12 + 1) for month in months]
        seconds = [(time - wall).total_seconds() for time in times]
        return {at: f"{time:%b %Y}" for at, time in zip(seconds, times, strict=True) if at < self.span}


def _label(time: datetime, step: float) -> str:
    if step >= DAY_S or (time.hour, time.minute, time.second) == (0, 0, 0):
        return f"{time.day} {time:%b}"
    return f"{time:%H:%M}" if step >= 60 else f"{time:%H:%M:%S}"  # noqa: PLR2004 - whole minutes


def _nice_step(rough: float) -> float:
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * nice for nice in _NICE if power * nice >= rough * 0.999)


@lru_cache(maxsize=4_096)  # files of one interval have the same coordinates
def number(value: float) -> str:
    """Return a coordinate as SVG text, to three decimals."""
    whole = int(value)
    return str(whole) if whole == value else f"{round(value, 3):.12g}"


def pieces(
    xs: Sequence[str], values: Sequence[float | None], scale: Scale, breaks: Collection[int]
) -> list[str]:
    """Return the points of a curve, cut at each None and before each index in `breaks`."""
    found, first = [], 0
    absent = {at for at, value in enumerate(values) if value is None} if None in values else frozenset()
    for stop in sorted({*breaks, *absent, len(values)}):
        if first < stop:
            present = cast("Sequence[float]", values[first:stop])
            found.append(f"{' %d '.join(xs[first:stop])} %d" % scale.ys(present))
        first = stop + (stop in absent)
    return found


def line(curve: list[str]) -> str:
    """Return the outline of a curve; a single point becomes a dot."""
    return "".join(f"M{piece}" + ("h0" if piece.count(" ") == 1 else "") for piece in curve)


def area(curve: list[str], floor: int) -> str:
    """Return the outline of the area between a curve and the floor."""
    return "".join(
        f"M{piece.partition(' ')[0]} {floor}L{piece}V{floor}Z" for piece in curve if piece.count(" ") > 1
    )


def boxes(spans: Iterable[Span], top: float = 0, height: float = HEIGHT) -> str:
    """Return the outline of boxes of one height."""
    y, down = number(top), number(height)
    texts = [(number(start), number(width)) for start, width in spans]
    return "".join([f"M{start} {y}h{width}v{down}h-{width}Z" for start, width in texts])


def rules(ticks: Iterable[tuple[float, str]], span: float) -> str:
    """Return the outline of a horizontal line over the whole width at each tick."""
    return "".join([f"M0 {at * 10}H{span}" for at, _ in ticks])


def bar(start: float, width: float, top: int, floor: int = HEIGHT) -> str:
    """Return the outline of a bar from the floor to its end, above or below, with a small gap beside it."""
    return boxes([Span(start + width * 0.08, width * 0.84)], min(top, floor), abs(floor - top))
