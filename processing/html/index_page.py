"""The index page: the newest files and the totals of all files, from their digests."""

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from heapq import nlargest
from itertools import islice
from typing import Any
from urllib.parse import quote_from_bytes

from processing.html.file_page import render
from processing.html.svg import Scale, Span, bar, boxes
from processing.html.texts import Headline, figure, quantity
from processing.model.digest import Digest
from processing.model.safe_text import at_least
from processing.totals.common_time import Excess, excess
from processing.totals.periods import step_hours
from processing.totals.sums import RunningTotals, Totals, counted_once, counted_twice, perhaps_two
from processing.version import VERSION

MAX_FILES = 2_000
"""The most files that are listed: those that were processed or quarantined last."""
MAX_DAYS = 92
"""The most days that are drawn: the latest ones."""
_HEAT_DAYS = 3
_THREE_DECIMALS_BELOW_KWH = 10.0
_SHADES = 6
_MAX_TICKS = 12
_MAX_OVERLAPS = 20
_HOURS = 24
_ROUNDING_KWH = 1e-5
"""A record has rounded energies of hours; a smaller rest of a subtraction is nothing."""


def index_page(
    files: Callable[[], Iterable[tuple[bytes, Digest]]],
    *,
    max_files: int = MAX_FILES,
    uncounted: int = 0,
    retry: str = "",
    is_drawn: Callable[[bytes], bool] = lambda _page: True,
) -> str:
    """Return the index as HTML: the newest `max_files` files, and the totals of all.

    `files` yields the URL of each page, relative to the index, and its digest, in the same order at each
    call: it is called twice if files overlap. `uncounted` is the number of records that are missing from
    them; the page states it. `retry` begins the command that sends a quarantined file back, if there is one.
    A page for which `is_drawn` is false gets no link.
    """
    found = _Gathered()
    newest = nlargest(max_files, (found.add(page, digest) for page, digest in files()))
    found.count_once(files)
    totals = found.sums.totals([])
    rows = [(one, quote_from_bytes(page) if is_drawn(page) else "", at) for _, page, at, one in newest]
    rows.sort(key=lambda row: (row[0].device, row[0].start or "", row[0].name))
    return render(
        "index.html",
        "index.js",
        found=found,
        totals=totals,
        rows=rows,
        last=newest[0][0] if newest else "",
        bar=bar,
        uncounted=uncounted,
        retry=retry,
        headline=_headline(found.sums, totals),
        overlaps=found.overlaps,
        overlapping=found.overlapping,
        counted_once=counted_once(found.superseded, found.overlapping, found.shifted),
        counted_twice=counted_twice(found.repeated),
        perhaps_two=perhaps_two(totals.differing),
        version=VERSION,
    )


class _Gathered:
    """What one pass over all files collects: sums, energy by hour, and totals by device."""

    def __init__(self) -> None:
        self.sums = RunningTotals()
        self._hours: dict[str, list[float]] = {}
        """By date, the kWh of each hour, then those of rows of several hours. Longer rows are not drawn."""
        self.devices: dict[str, tuple[int, float]] = {}
        """The number of processed files of each device, and their energy."""
        self.left_out: dict[int, str] = {}
        """By number of the file, why its energy does not count."""
        self.superseded = 0
        """Number of files whose energy does not count because a later version of them does."""
        self.overlapping = 0
        """Number of pairs of files that cover the same time."""
        self.overlaps: list[tuple[str, str]] = []
        """The names of the first of these pairs."""
        self.shifted = self.repeated = 0
        """Numbers of files that have the energies of another one in another zone, and at other dates."""

    def add(self, page: bytes, digest: Digest) -> tuple[str, bytes, int, Digest]:
        """Add one file, and return it as an entry that sorts by its time."""
        self.sums.add(digest)
        span = step_hours(digest)
        for date_text, of_day in digest.hours.items() if span <= _HOURS else ():
            day = self._hours.setdefault(date_text, [0.0] * (_HOURS + 1))
            for hour, kwh in of_day.items():
                day[hour if span == 1 else _HOURS] += kwh
        if digest.error is None:
            count, energy = self.devices.get(digest.device, (0, 0.0))
            self.devices[digest.device] = count + 1, energy + (digest.energy_kwh or 0.0)
        return digest.at, page, self.sums.files - 1, digest

    def count_once(self, files: Callable[[], Iterable[tuple[bytes, Digest]]]) -> None:
        """Subtract the energy that several files of a device have in common."""
        periods, same = self.sums.periods, self.sums.same_energy()
        self.superseded, self.shifted = len(same.superseded), len(same.shifted)
        self.repeated = len(same.repeated)
        self.left_out = dict.fromkeys(same.shifted, "not counted: another file has it in another zone")
        self.left_out |= dict.fromkeys(same.superseded, "not counted: a later version does")
        pairs = periods.overlaps(same.uncounted)
        shown = list(islice(pairs, _MAX_OVERLAPS))
        names = {number: "" for pair in shown for number in (pair.one, pair.other)}

        def digests() -> Iterator[Digest]:
            for number, (_, digest) in enumerate(files()):
                if number in names:
                    names[number] = digest.name
                yield digest

        for one in excess(periods, same.uncounted, digests()):
            self._take_off(one)
        self.overlapping = len(shown) + sum(1 for _ in pairs)
        self.overlaps = [(names[pair.one], names[pair.other]) for pair in shown]

    def _take_off(self, one: Excess) -> None:
        self.sums.subtract(one)
        count, energy = self.devices[one.device]
        self.devices[one.device] = count, energy - one.kwh
        for date_text, hour, kwh in one.hours if one.span <= _HOURS else ():
            day, at = self._hours[date_text], hour if one.span == 1 else _HOURS
            day[at] = day[at] - kwh if day[at] - kwh > _ROUNDING_KWH else 0.0

    def days(self) -> dict[str, Any] | None:
        """Return the pictures of the latest days; None without any energy."""
        dates = sorted(self._hours)
        return _days({each: self._hours[each] for each in dates[-MAX_DAYS:]}, len(dates)) if dates else None


def _headline(sums: RunningTotals, totals: Totals) -> Headline:
    if not sums.files:
        return Headline("good", "Nothing has been processed yet.")
    parts = [f"{figure(sums.flagged)} with flagged rows"] if sums.flagged else []
    if totals.differing:
        parts.append("files that differ")
    if sums.quarantined:
        parts.insert(0, f"{figure(sums.quarantined)} in quarantine")
    kind = "invalid" if sums.quarantined else "suspect" if parts else "good"
    decimals = 3 if totals.energy_kwh < _THREE_DECIMALS_BELOW_KWH else 2
    energy = at_least(f"{figure(totals.energy_kwh, decimals)} kWh", totals.energy_is_lower_bound)
    files = quantity(totals.processed, "file")
    return Headline(
        kind, f"{energy[:1].upper()}{energy[1:]} from {files}; {', '.join(parts) or 'all clean'}."
    )


def _days(by_day: dict[str, list[float]], total: int) -> dict[str, Any]:
    """Return energy by date, and by date and hour; the latter only if a heat map shows more than the bars."""
    dates = [date.fromisoformat(each) for each in by_day]
    sums = [math.fsum(hours) for hours in by_day.values()]  # from Python 3.12 on, `sum` adds floats otherwise
    scale = Scale(min(0.0, *sums) * 1.15, max(0.0, *sums) * 1.15 or 1.0)
    middles = [round(100 * (index + 0.5) / len(dates), 3) for index in range(len(dates))]
    labels = [(middle, f"{day.day} {day:%b}") for middle, day in zip(middles, dates, strict=True)]
    of_hours = [hours[:_HOURS] for hours in by_day.values()]
    brightest = max(map(max, of_hours))
    return {
        "total": total,
        "ticks": labels[:: -(-len(dates) // _MAX_TICKS)],
        "bars": list(zip(dates, sums, middles, map(scale.y, sums), strict=True)),
        "floor": scale.y(0.0),
        "y_ticks": scale.ticks(4),
        "heat": _heat(of_hours, brightest) if len(dates) >= _HEAT_DAYS and brightest > 0 else [],
        "hour_ticks": [(round(hour * 100 / 24, 2), f"{hour:02}:00") for hour in range(0, 25, 6)],
        "brightest": brightest,
    }


def _heat(days: list[list[float]], brightest: float) -> list[str]:
    """Return the boxes of each shade, from no energy to the brightest hour."""
    shades: list[list[str]] = [[] for _ in range(_SHADES + 1)]
    for column, hours in enumerate(days):
        for hour, kwh in enumerate(hours):
            shade = max(0, round(_SHADES * kwh / brightest))
            shades[shade].append(boxes([Span(column, 0.96)], hour, 0.92))
    return ["".join(outlines) for outlines in shades]
