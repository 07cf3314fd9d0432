"""The index: all files at a glance, from their digests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote_from_bytes

from processing.digest import Digest, Totals, totals
from processing.drawing import HEIGHT, Scale, Span, Tick, bar, boxes
from processing.report import render
from processing.wording import Verdict, figure, thousands

MOST_DAYS = 92
"""Days drawn: the latest."""
_HEAT_DAYS = 3
_MOST_LABELS = 14
_SHADES = 6
_MOST_TICKS = 12
_MOST_CHECKS = 4


class Row(NamedTuple):
    """One file in the table."""

    digest: Digest
    page: str
    """Address of its page; empty where it has none."""
    file: str
    """Its name without the folder."""


class Device(NamedTuple):
    """The files of one folder."""

    name: str
    rows: list[Row]
    energy_kwh: float


class Days(NamedTuple):
    """Energy by date, and by date and hour."""

    shown: int
    total: int
    ticks: list[Tick]
    bars: list[tuple[str, str]]
    labels: list[tuple[float, float, str]]
    """Over the bars of a few days: where, in percent, and how many kWh."""
    y_ticks: list[Tick]
    table: list[tuple[str, float]]
    heat: list[str]
    """An outline for each shade, empty where there are too few days."""
    hour_ticks: list[Tick]
    brightest: float


def index_page(digests: Iterable[tuple[bytes, Digest]]) -> str:
    """Return the index of these records as HTML; each comes with its page's path, relative to the index."""
    found = sorted(digests, key=lambda pair: (pair[1].device, pair[1].start or "", pair[1].name))
    everything = [digest for _, digest in found]
    summed = totals(everything)
    return render(
        "index.html",
        "index.js",
        totals=summed,
        by_check=", ".join(
            f"{thousands(count)} {check.replace('_', ' ')}"
            for check, count in islice(summed.anomalies_by_check.items(), _MOST_CHECKS)
        ),
        verdict=_verdict(summed, everything),
        devices=_devices([_row(path, digest) for path, digest in found if digest.error is None]),
        quarantined=[digest for digest in everything if digest.error is not None],
        days=_days(everything),
        last=max((digest.at for digest in everything), default=None),
    )


def _row(path: bytes, digest: Digest) -> Row:
    return Row(digest, quote_from_bytes(path), digest.name.rpartition("/")[2])


def _devices(rows: list[Row]) -> list[Device]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.digest.device, []).append(row)
    return [
        Device(name, found, sum(row.digest.energy_kwh or 0.0 for row in found))
        for name, found in grouped.items()
    ]


def _verdict(summed: Totals, digests: list[Digest]) -> Verdict:
    if not digests:
        return Verdict("good", "Nothing has been processed yet.")
    files = f"{thousands(len(digests))} file{'s' if len(digests) > 1 else ''}"
    flagged = sum(one.status in {"invalid", "suspect"} for one in digests)
    parts = [f"{thousands(flagged)} with flagged rows"] if flagged else []
    if summed.quarantined:
        parts.insert(0, f"{thousands(summed.quarantined)} in quarantine")
    kind = "invalid" if summed.quarantined else "suspect" if flagged else "good"
    return Verdict(
        kind, f"{figure(summed.energy_kwh, 2)} kWh from {files}; {' and '.join(parts) or 'all clean'}."
    )


def _days(digests: list[Digest]) -> Days | None:
    """Return the pictures by date; None without any energy."""
    by_day: dict[str, list[float]] = {}
    for digest in digests:
        for day_text, hours in digest.hours.items():
            day = by_day.setdefault(day_text, [0.0] * 24)
            for hour, kwh in hours.items():
                day[hour] += kwh
    if not by_day:
        return None
    dates = sorted(by_day)[-MOST_DAYS:]
    sums = [sum(by_day[each]) for each in dates]
    scale = Scale(0.0, max(sums) * 1.15 or 1.0)
    middles = [round(100 * (index + 0.5) / len(dates), 3) for index in range(len(dates))]
    step = -(-len(dates) // _MOST_TICKS)
    brightest = max(max(by_day[each]) for each in dates)
    return Days(
        shown=len(dates),
        total=len(by_day),
        ticks=[
            Tick(middle, _day_text(day)) for middle, day in zip(middles[::step], dates[::step], strict=True)
        ],
        bars=[
            (bar(index, 1.0, scale.y(kwh)), f"{dates[index]}: {kwh:.3f} kWh")
            for index, kwh in enumerate(sums)
        ],
        labels=[
            (middle, scale.y(kwh) * 100 / HEIGHT, f"{kwh:.2f}")
            for middle, kwh in zip(middles, sums, strict=True)
            if len(dates) <= _MOST_LABELS
        ],
        y_ticks=scale.ticks(4),
        table=list(zip(dates, sums, strict=True)),
        heat=_heat([by_day[each] for each in dates], brightest) if len(dates) >= _HEAT_DAYS else [],
        hour_ticks=[Tick(round(hour * 100 / 24, 2), f"{hour:02}:00") for hour in range(0, 25, 6)],
        brightest=brightest,
    )


def _day_text(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b}"


def _heat(days: list[list[float]], brightest: float) -> list[str]:
    """Return the boxes of each shade, from none to the brightest hour."""
    shades: list[list[str]] = [[] for _ in range(_SHADES + 1)]
    for column, hours in enumerate(days):
        for hour, kwh in enumerate(hours):
            shade = round(_SHADES * kwh / brightest) if brightest > 0 else 0
            shades[shade].append(boxes([Span(column, 0.96)], hour, 0.92))
    return ["".join(outlines) for outlines in shades]
