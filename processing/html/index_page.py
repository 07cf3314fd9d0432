"""The index page: the newest files and the totals of all files, from their digests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date
from heapq import heappush, heappushpop
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes

from processing.html.file_page import render
from processing.html.svg import HEIGHT, Scale, Span, bar, boxes
from processing.html.texts import Headline, counted, figure
from processing.model.digest import Digest
from processing.model.totals import CoveredPeriods, RunningTotals, Totals
from processing.model.version import VERSION

MAX_FILES = 2_000
"""The files listed are those that were processed or quarantined last."""
MAX_DAYS = 92
"""The days drawn are the latest ones."""
_HEAT_DAYS = 3
_MAX_LABELS = 14
_SHADES = 6
_MAX_TICKS = 12
_MAX_OVERLAPS = 20


class Row(NamedTuple):
    """One file in the table."""

    digest: Digest
    page: str
    """The URL of its page; empty if it has none."""
    file: str
    """Its name below the device."""


def index_page(
    files: Callable[[], Iterable[tuple[bytes, Digest]]], *, max_files: int = MAX_FILES, uncounted: int = 0
) -> str:
    """Return the index as HTML: the newest `max_files` files, and the totals of all.

    `files` yields the URL of each page, relative to the index, and its digest, in the same order at each
    call: it is called twice if files overlap. `uncounted` records are not among them yet; the page says so.
    """
    found = _Gathered(max_files)
    for page, digest in files():
        found.add(page, digest)
    totals = found.sums.totals([])
    listed = sorted(found.newest(), key=lambda one: (one.digest.device, one.digest.start or "", one.file))
    return render(
        "index.html",
        "index.js",
        found=found,
        totals=totals,
        listed=len(listed),
        uncounted=uncounted,
        headline=_headline(found.sums, totals),
        devices=found.devices([row for row in listed if row.digest.error is None]),
        quarantined=[row.digest for row in listed if row.digest.error is not None],
        overlaps=found.named_overlaps(files),
        overlapping=sum(1 for _ in found.periods.overlaps()),
        version=VERSION,
    )


class _Gathered:
    """What one pass over all files collects: sums, energy by hour, and the newest files."""

    def __init__(self, max_files: int) -> None:
        self.sums, self.periods = RunningTotals(), CoveredPeriods()
        self.last = ""
        self._max_files = max_files
        self._hours: dict[str, list[float]] = {}
        """kWh by date and hour."""
        self._newest: list[tuple[str, bytes, int, Digest]] = []
        self._devices: dict[str, tuple[int, float]] = {}

    def add(self, page: bytes, digest: Digest) -> None:
        """Add one file."""
        self.periods.add(self.sums.files, digest)
        self.sums.add(digest)
        for date_text, of_day in digest.hours.items():
            day = self._hours.setdefault(date_text, [0.0] * 24)
            for hour, kwh in of_day.items():
                day[hour] += kwh
        self.last = max(self.last, digest.at)
        if digest.error is None:
            count, energy = self._devices.get(digest.device, (0, 0.0))
            self._devices[digest.device] = count + 1, energy + (digest.energy_kwh or 0.0)
        push = heappush if len(self._newest) < self._max_files else heappushpop
        push(self._newest, (digest.at, page, self.sums.files, digest))

    def newest(self) -> list[Row]:
        """Return the files that were processed or quarantined last."""
        return [
            Row(digest, quote_from_bytes(page), digest.name.removeprefix(f"{digest.device}/"))
            for _, page, _, digest in self._newest
        ]

    def devices(self, rows: list[Row]) -> list[tuple[str, list[Row], int, float]]:
        """Return each device with its rows among these, and the number and the energy of all its files."""
        grouped: dict[str, list[Row]] = {}
        for row in rows:
            grouped.setdefault(row.digest.device, []).append(row)
        return [(name, found, *self._devices[name]) for name, found in grouped.items()]

    def days(self) -> dict[str, Any] | None:
        """Return the pictures of the latest days; None without any energy."""
        dates = sorted(self._hours)
        return _days({each: self._hours[each] for each in dates[-MAX_DAYS:]}, len(dates)) if dates else None

    def named_overlaps(self, files: Callable[[], Iterable[tuple[bytes, Digest]]]) -> list[tuple[str, str]]:
        """Return the names of the first pairs of files that cover the same time."""
        pairs = list(islice(self.periods.overlaps(), _MAX_OVERLAPS))
        wanted = {number for pair in pairs for number in pair}
        names = {n: digest.name for n, (_, digest) in enumerate(files()) if n in wanted} if wanted else {}
        return [(names[one], names[other]) for one, other in pairs]


def _headline(sums: RunningTotals, totals: Totals) -> Headline:
    if not sums.files:
        return Headline("good", "Nothing has been processed yet.")
    parts = [f"{figure(sums.flagged)} with flagged rows"] if sums.flagged else []
    if sums.quarantined:
        parts.insert(0, f"{figure(sums.quarantined)} in quarantine")
    kind = "invalid" if sums.quarantined else "suspect" if sums.flagged else "good"
    energy, files = f"{figure(totals.energy_kwh, 2)} kWh", counted(sums.files, "file")
    return Headline(kind, f"{energy} from {files}; {' and '.join(parts) or 'all clean'}.")


def _days(by_day: dict[str, list[float]], total: int) -> dict[str, Any]:
    """Return energy by date, and by date and hour; labels and heat only for a fitting number of days."""
    dates = [date.fromisoformat(each) for each in by_day]
    sums = [math.fsum(hours) for hours in by_day.values()]  # from Python 3.12 on, `sum` adds floats otherwise
    scale = Scale(0.0, max(sums) * 1.15 or 1.0)
    middles = [round(100 * (index + 0.5) / len(dates), 3) for index in range(len(dates))]
    places = list(zip(middles, dates, sums, strict=True))
    brightest = max(map(max, by_day.values()))
    labels = [(middle, scale.y(kwh) * 100 / HEIGHT, f"{kwh:.2f}") for middle, _, kwh in places]
    return {
        "shown": len(dates),
        "total": total,
        "ticks": [
            (middle, f"{day.day} {day:%b}") for middle, day, _ in places[:: -(-len(dates) // _MAX_TICKS)]
        ],
        "bars": [
            (bar(at, 1.0, scale.y(kwh)), f"{day}: {kwh:.3f} kWh") for at, (_, day, kwh) in enumerate(places)
        ],
        "labels": labels if len(dates) <= _MAX_LABELS else [],
        "y_ticks": scale.ticks(4),
        "table": [(day, kwh) for _, day, kwh in places],
        "heat": _heat(list(by_day.values()), brightest) if len(dates) >= _HEAT_DAYS else [],
        "hour_ticks": [(round(hour * 100 / 24, 2), f"{hour:02}:00") for hour in range(0, 25, 6)],
        "brightest": brightest,
    }


def _heat(days: list[list[float]], brightest: float) -> list[str]:
    """Return the boxes of each shade, from no energy to the brightest hour."""
    shades: list[list[str]] = [[] for _ in range(_SHADES + 1)]
    for column, hours in enumerate(days):
        for hour, kwh in enumerate(hours):
            shade = round(_SHADES * kwh / brightest) if brightest > 0 else 0
            shades[shade].append(boxes([Span(column, 0.96)], hour, 0.92))
    return ["".join(outlines) for outlines in shades]
