"""Records as pages: one file's, self-contained, readable without its script, nothing in it unescaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import msgspec
from markupsafe import Markup

from processing.charts import pictures, place
from processing.result import Anomaly, Result

_ROOM = Path(__file__).parent / "templates"
_SEVERITIES = ("invalid", "suspect", "note")
_MOST_GROUPS = 9
_TITLES = {
    "gross_range": "outside the limits",
    "power_ceiling": "above what the panel can make",
    "sentinel": "a logger's value for no reading",
    "syntax": "unreadable rows",
    "sensor_disconnect": "sensor disconnected",
    "conflict": "two readings for one time",
    "power_mismatch": "does not match V · I",
    "spike": "spike",
    "outlier": "apart from its neighbours",
    "rate_of_change": "changes too fast",
    "flat_line": "stuck",
    "linear_fill": "filled with a straight line",
    "night_generation": "generation at night",
    "daytime_outage": "outage by day",
    "gap": "no rows for a while",
    "duplicate": "repeated rows",
    "disorder": "rows out of order",
}
_DASH = "\N{EN DASH}"


class Verdict(NamedTuple):
    """How the day went: a severity (or good) and a sentence."""

    kind: str
    text: str


class Group(NamedTuple):
    """All anomalies of one check on one channel."""

    severity: str
    title: str
    detail: str
    first: int
    """Which anomaly of the table is the first of them."""


def file_page(result: Result, *, json_href: str, index_href: str) -> str:
    """Return the page of one file as HTML; the links are relative addresses, already percent-encoded."""
    drawn = pictures(result)
    metrics, quality = result.metrics, result.quality
    return render(
        "file.html",
        "file.js",
        result=result,
        metrics=metrics,
        quality=quality,
        pictures=drawn,
        json_href=json_href,
        index_href=index_href,
        period=period(metrics.period.start, metrics.period.end),
        zone=_zone(metrics.period.start),
        verdict=_verdict(result),
        groups=_groups(result.anomalies)[:_MOST_GROUPS],
        anomalies=[(one, drawn and place(one, drawn.clock)) for one in result.anomalies],
        thinned=_thinned(result, len(drawn.readings["seconds"])) if drawn else "",
        filled=_filled(result),
        peak_hour=clock(metrics.peak_power_hour) if metrics.peak_power_hour else _DASH,
        peak_hour_below=_peak_hour_below(result),
        of_expected=f"{thousands(quality.records.valid)} of {thousands(quality.records.expected)} expected",
        row_counts=_row_counts(result),
        row_shares=_row_shares(result),
    )


def render(template: str, script: str, **context: Any) -> str:
    """Return a template's HTML with its style and script inside, and their hashes as its only permissions."""
    style, code = _asset("page.css"), _asset(script)
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 - our own file
            style_hash=_hash(style),
            script=Markup(code),  # noqa: S704 - our own file
            script_hash=_hash(code),
            **context,
        )
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ROOM),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "figure": figure,
        "percent": percent,
        "thousands": thousands,
        "clock": clock,
    }
    environment.filters.update(filters)
    environment.policies["json.dumps_function"] = lambda value, **_: msgspec.json.encode(value).decode()
    return environment


@cache
def _asset(name: str) -> str:
    return (_ROOM / name).read_text("utf-8")


@cache
def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def figure(value: float | None, decimals: int) -> str:
    """Return a number with its decimals, a dash for none."""
    return _DASH if value is None else f"{value:,.{decimals}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def percent(share: float | None) -> str:
    """Return a share of 1 in percent, never rounded up to 100."""
    if share is None:
        return _DASH
    return "100" if share >= 1 else f"{min(share * 100, 99.9):.1f}"


def thousands(count: int) -> str:
    """Return a count in groups of three digits."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def clock(stamp: str) -> str:
    """Return the time of day of a timestamp, with seconds where it has any."""
    time = datetime.fromisoformat(stamp)
    return f"{time:%H:%M:%S}" if time.second else f"{time:%H:%M}"


def period(start: str | None, end: str | None) -> str:
    """Return a period in words, its date once where it ends on the day it began."""
    if start is None or end is None:
        return "no valid reading"
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    until = "" if first.date() == last.date() else f"{last:%a} {last.day} {last:%b %Y}, "
    return f"{first:%a} {first.day} {first:%b %Y}, {clock(start)} {_DASH} {until}{clock(end)}"


def _zone(start: str | None) -> str:
    name = "" if start is None else datetime.fromisoformat(start).tzname()
    return f"times in {name}" if name else "times as in the file"


def _verdict(result: Result) -> Verdict:
    energy, missing = f"{figure(result.metrics.total_energy_kwh, 2)} kWh", result.quality.records.missing
    counted = {"invalid": result.records_invalid, "suspect": result.records_suspect, "missing": missing}
    parts = [f"{thousands(count)} {word}" for word, count in counted.items() if count]
    if not parts:
        return Verdict("good", f"{energy}. Nothing wrong with the readings.")
    rows = thousands(max(result.quality.records.expected, result.records_total))
    kind = "invalid" if result.records_invalid else "suspect"
    return Verdict(kind, f"{energy}. Of {rows} rows: {', '.join(parts)}.")


def _rows(count: int) -> str:
    return f"{thousands(count)} row{'' if count == 1 else 's'}"


def _groups(anomalies: list[Anomaly]) -> list[Group]:
    """Return the anomalies by check and channel, the worst and largest first."""
    found: dict[tuple[str, str, str | None], list[int]] = {}
    for index, one in enumerate(anomalies):
        found.setdefault((one.severity, one.check, one.channel), []).append(index)
    sizes = {key: sum(anomalies[index].rows for index in places) for key, places in found.items()}
    keys = sorted(found, key=lambda key: (_SEVERITIES.index(key[0]), -sizes[key]))
    return [_group(key, sizes[key], found[key], anomalies) for key in keys]


def _group(key: tuple[str, str, str | None], rows: int, places: list[int], anomalies: list[Anomaly]) -> Group:
    severity, check, channel = key
    title = _TITLES.get(check, check.replace("_", " "))
    if channel is not None:
        title = f"{channel}: {title}"
    first = anomalies[places[0]]
    when = ""
    if first.start is not None:
        last = anomalies[places[-1]].end or first.start
        when = f", {clock(first.start)}" + (f" {_DASH} {clock(last)}" if last != first.start else "")
    return Group(severity, title[:1].upper() + title[1:], _rows(rows) + when, places[0])


def _filled(result: Result) -> str:
    energy, filled = result.metrics.total_energy_kwh, result.quality.energy_gap_filled_kwh
    if energy is None or filled is None or filled - energy < 0.0005:  # noqa: PLR2004 - shown with 3 decimals
        return "over the whole file"
    return f"about {figure(filled, 3)} with short gaps filled"


def _thinned(result: Result, drawn: int) -> str:
    rows = result.quality.records.total
    if drawn >= rows - result.records_duplicate - result.quality.records.unparsable:
        return ""
    return (
        f"{thousands(drawn)} of {thousands(rows)} rows are drawn: in each narrow column of the picture "
        "the lowest and the highest reading, and the lowest and the highest of each kind of flag."
    )


def _peak_hour_below(result: Result) -> str:
    hour = result.metrics.peak_power_hour
    mean = next((one.mean_power_w for one in result.metrics.hours if one.start == hour), None)
    return "never above the night floor" if mean is None else f"mean {mean:.1f} W"


def _row_counts(result: Result) -> list[tuple[int, str, str]]:
    """Return how many rows are what: good, suspect, invalid, duplicate, missing."""
    good = result.records_processed - result.records_suspect
    counted = [
        (good, "good", "good"),
        (result.records_suspect, "suspect", "suspect"),
        (result.records_invalid, "invalid", "invalid"),
        (result.records_duplicate, "note", "duplicate"),
        (result.quality.records.missing, "note", "missing"),
    ]
    return [one for one in counted if one[0] or one[2] in {"good", "suspect", "invalid"}]


def _row_shares(result: Result) -> list[tuple[str, float, float]]:
    counts = _row_counts(result)
    total = sum(count for count, _, _ in counts) or 1
    shares, at = [], 0.0
    for count, kind, _ in counts:
        width = 100 * count / total
        shares.append(("missing" if kind == "note" else kind, round(at, 2), round(width, 2)))
        at += width
    return shares
