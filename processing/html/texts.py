"""The words and numbers of a page: its headline, what was wrong, and how figures are written."""

from datetime import datetime
from typing import Any, NamedTuple

from processing.findings.registry import CHECKS
from processing.model.channels import CHANNELS, has_product
from processing.model.result import Anomaly, ColumnUsed, LimitUsed, Result
from processing.model.safe_text import at_least, plural
from processing.model.stamp import DAY_S

_SEVERITIES = ("invalid", "suspect", "note")
DASH = "\N{EN DASH}"
NO_LIMIT = CHANNELS["energy"].high
"""An upper limit that says nothing about a plant."""


class Headline(NamedTuple):
    """The result in one sentence, with its severity (or good)."""

    kind: str
    text: str


def figure(value: float | None, decimals: int = 0) -> str:
    """Return a number with this many decimals, a dash for None."""
    return DASH if value is None else f"{value:,.{decimals}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def percent(share: float | None) -> str:
    """Return a fraction in percent, never rounded up to 100."""
    if share is None:
        return DASH
    return "100" if share >= 1 else f"{min(share * 100, 99.9):.1f}"


def quantity(count: int, noun: str) -> str:
    """Return a count with its noun in the singular or plural."""
    return f"{figure(count)} {plural(count, noun)}"


def clock(stamp: str) -> str:
    """Return the time of day of a timestamp, with seconds if they are not zero."""
    time = datetime.fromisoformat(stamp)
    return f"{time:%H:%M:%S}" if time.second else f"{time:%H:%M}"


def moment(stamp: str, result: Result) -> str:
    """Return a time of day, with its date if the file covers more than a day; for rows of days, the date."""
    begin, end = (
        datetime.fromisoformat(one or stamp)
        for one in (result.metrics.period.start, result.metrics.period.end)
    )
    if (end - begin).total_seconds() <= DAY_S and not of_days(result):
        return clock(stamp)
    date = datetime.fromisoformat(stamp)
    return f"{date.day} {date:%b %Y}" + ("" if of_days(result) else f", {clock(stamp)}")


def of_days(result: Result) -> bool:
    """Return whether a row covers a day or more."""
    return (result.metrics.interval_seconds or 0) >= DAY_S


def period(start: str | None, end: str | None) -> str:
    """Return a period in words; the date appears once if it ends on the day on which it began."""
    if start is None or end is None:
        return "no valid reading"
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    until = "" if first.date() == last.date() else f"{last:%a} {last.day} {last:%b %Y}, "
    return f"{first:%a} {first.day} {first:%b %Y}, {clock(start)} {DASH} {until}{clock(end)}"


def zone(start: str | None) -> str:
    """Return the time zone of the times on a page."""
    name = "" if start is None else datetime.fromisoformat(start).tzname()
    return f"times in {name}" if name else "times as in the file"


def missing_rows(result: Result) -> int:
    """Return how many rows are missing or have no reading."""
    return result.quality.records.missing + result.records_missing


def headline(result: Result) -> Headline:
    """Return the headline of a file's page."""
    energy = at_least(f"{figure(result.metrics.total_energy_kwh, 2)} kWh", result.is_lower_bound)
    missing = missing_rows(result)
    counts = {"invalid": result.records_invalid, "suspect": result.records_suspect, "missing": missing}
    parts = [f"{figure(count)} {word}" for word, count in counts.items() if count]
    if not parts:
        return Headline("good", f"{energy}. Nothing wrong with the readings{_as_far_as(result)}.")
    rows = quantity(max(result.quality.records.expected, result.records_total), "row")
    kind = "invalid" if result.records_invalid else "suspect"
    return Headline(kind, f"{energy}. Of {rows}: {', '.join(parts)}.")


def _as_far_as(result: Result) -> str:
    """Return the limitation of the sentence that nothing is wrong: limits that are not known."""
    limits, used = result.profile.limits, result.profile.columns
    unknown = [name for name in used if name in limits and not limits[name].is_known]
    if not unknown:
        return ""
    return f", as far as they were checked: the limits of {', '.join(unknown)} are not known"


def limits(used: LimitUsed) -> str:
    """Return the limits of a channel."""
    if not used.is_known:
        return "unknown"
    return f"{used.min:g} … {used.max:g}" if used.max < NO_LIMIT else f"from {used.min:g}"


def source(result: Result, channel: str) -> str:
    """Return where a channel's readings came from: its column, unit and conversion; a dash if it has none."""
    used = result.profile.columns
    if channel in used:
        return _column(used[channel], CHANNELS[channel].unit)
    if channel != "power" or not used:
        return DASH
    return "voltage times current" if has_product(used) else "energy"


def _column(used: ColumnUsed, own_unit: str) -> str:
    unit = "" if used.unit == own_unit else f", in {used.unit}"
    ways = [f"times {used.factor:g}"] if used.factor != 1 else []
    if used.offset:
        ways.append(f"{'plus' if used.offset > 0 else 'minus'} {abs(used.offset):g}")
    return used.column + unit + (f", {' '.join(ways)}" if ways else "")


def groups(result: Result) -> list[dict[str, Any]]:
    """Return the anomalies by check and channel: by severity, then by number of rows.

    `first` is the index of a group's first in the table of anomalies; None if none of them is listed.
    """
    found: dict[tuple[str, str, str | None], list[Anomaly]] = {}  # by severity, check and channel
    for one in result.anomalies:
        found.setdefault((one.severity, one.check, one.channel), []).append(one)
    sizes = {key: sum(one.rows for one in listed) for key, listed in found.items()}
    if result.anomalies_total > len(result.anomalies):  # the list is cut: the counts have all
        sizes |= {
            (severity, one.check, one.channel): one.counts[flag]
            for one in result.quality.checks
            for flag, severity in (("4", "invalid"), ("3", "suspect"))
            if flag in one.counts
        }
    keys = sorted(sizes, key=lambda key: (_SEVERITIES.index(key[0]), -sizes[key]))
    return [
        {
            "severity": key[0],
            "title": _title(*key[1:]),
            "detail": quantity(sizes[key], "row") + _when(found.get(key), result),
            "first": result.anomalies.index(found[key][0]) if key in found else None,
        }
        for key in keys
    ]


def _title(check: str, channel: str | None) -> str:
    known = CHECKS.get(check)  # a record of another version may have other checks
    title = check.replace("_", " ") if known is None else known.title
    if channel is not None:
        title = f"{channel}: {title}"
    return title[:1].upper() + title[1:]


def _when(listed: list[Anomaly] | None, result: Result) -> str:
    if not listed or listed[0].start is None:
        return ""
    first, last = listed[0].start, listed[-1].end or listed[0].start
    return f", {moment(first, result)}" + (f" {DASH} {moment(last, result)}" if last != first else "")
