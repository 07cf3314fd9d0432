"""What an index or a summary needs to know of a record: a small part of it, quick to read and to keep."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from processing.result import Fault, Input, Span

_SUSPECT, _FAIL = 3, 4  # as in `flags`, which would load numpy


class Digest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record in short; of a quarantined file only the name, the time and the reason."""

    name: str
    """The input's, printable."""
    at: str
    """When it was processed or quarantined."""
    energy_kwh: float | None = None
    peak_w: float | None = None
    availability: float | None = None
    start: str | None = None
    end: str | None = None
    rows: int = 0
    invalid: int = 0
    suspect: int = 0
    anomalies: int = 0
    checks: dict[str, int] = {}
    """Anomalies by check."""
    hours: dict[str, dict[int, float]] = {}
    """kWh by date and clock hour, where there was any."""
    line: int | None = None
    """Where the worst anomaly begins; of a quarantined file see `error`."""
    message: str = ""
    """What the worst anomaly says, empty for none but notes."""
    error: Fault | None = None

    @property
    def device(self) -> str:
        """The folder the file came in, empty for none."""
        return self.name.rpartition("/")[0]

    @property
    def status(self) -> str:
        """One word: quarantined, invalid, suspect (rows) or good."""
        if self.error is not None:
            return "quarantined"
        return "invalid" if self.invalid else "suspect" if self.suspect else "good"


class _Hour(msgspec.Struct):
    start: str
    energy_kwh: float


class _Metrics(msgspec.Struct):
    total_energy_kwh: float | None
    peak_power_w: float | None
    period: Span
    hours: list[_Hour]


class _Quality(msgspec.Struct):
    data_availability: float | None


class _Anomaly(msgspec.Struct):
    check: str
    flag: int
    line: int | None
    message: str


class _Result(msgspec.Struct):
    input: Input
    processed_at: str
    records_total: int
    records_invalid: int
    records_suspect: int
    metrics: _Metrics
    quality: _Quality
    anomalies: list[_Anomaly]
    anomalies_total: int
    anomalies_by_check: dict[str, int] = {}


class _Reason(msgspec.Struct):
    input: Input
    error: Fault
    quarantined_at: str


_results: msgspec.json.Decoder[_Result] = msgspec.json.Decoder(_Result)
_reasons: msgspec.json.Decoder[_Reason] = msgspec.json.Decoder(_Reason)


def digest_of(record: bytes, *, quarantined: bool) -> Digest:
    """Return a record in short; raises ValueError where the bytes are no such record."""
    if quarantined:
        reason = _reasons.decode(record)
        return Digest(name=reason.input.name, at=reason.quarantined_at, error=reason.error)
    result = _results.decode(record)
    flagged = [one for one in result.anomalies if one.flag in {_SUSPECT, _FAIL}]
    worst = max(flagged, key=lambda one: one.flag, default=None)
    return Digest(
        name=result.input.name,
        at=result.processed_at,
        line=None if worst is None else worst.line,
        message="" if worst is None else worst.message,
        energy_kwh=result.metrics.total_energy_kwh,
        peak_w=result.metrics.peak_power_w,
        availability=result.quality.data_availability,
        start=result.metrics.period.start,
        end=result.metrics.period.end,
        rows=result.records_total,
        invalid=result.records_invalid,
        suspect=result.records_suspect,
        anomalies=result.anomalies_total,
        checks=result.anomalies_by_check or dict(Counter(one.check for one in result.anomalies)),
        hours=_by_date(result.metrics.hours),
    )


def _by_date(hours: list[_Hour]) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for hour in hours:
        if hour.energy_kwh:
            found.setdefault(hour.start[:10], {})[int(hour.start[11:13])] = hour.energy_kwh
    return found


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums and extremes over several files: energies added, the worst availability."""

    processed: int
    quarantined: int
    rows: int
    rows_invalid: int
    rows_suspect: int
    energy_kwh: float
    worst_availability: float | None
    worst_availability_file: str | None
    anomalies: int
    anomalies_by_check: dict[str, int]
    overlaps: list[list[str]]
    """Pairs of files of one device that cover the same time."""


def totals(digests: list[Digest]) -> Totals:
    """Return what these files come to together."""
    good = [one for one in digests if one.error is None]
    by_check: dict[str, int] = {}
    for one in good:
        for check, count in one.checks.items():
            by_check[check] = by_check.get(check, 0) + count
    worst = min((one for one in good if one.availability is not None), key=_availability, default=None)
    return Totals(
        processed=len(good),
        quarantined=len(digests) - len(good),
        rows=sum(one.rows for one in good),
        rows_invalid=sum(one.invalid for one in good),
        rows_suspect=sum(one.suspect for one in good),
        energy_kwh=round(sum(one.energy_kwh or 0.0 for one in good), 6),
        worst_availability=None if worst is None else worst.availability,
        worst_availability_file=None if worst is None else worst.name,
        anomalies=sum(one.anomalies for one in good),
        anomalies_by_check=dict(sorted(by_check.items(), key=lambda item: -item[1])),
        overlaps=overlaps(good),
    )


def _availability(one: Digest) -> float:
    return 1.0 if one.availability is None else one.availability


def overlaps(digests: list[Digest]) -> list[list[str]]:
    """Return pairs of one device's files whose periods meet; times compare as they are written."""
    timed = [
        (one.device, _plain(one.start), _plain(one.end), one.name) for one in digests if one.start and one.end
    ]
    found: list[list[str]] = []
    latest: dict[str, tuple[str, str]] = {}
    for device, start, end, name in sorted(timed):
        before = latest.get(device)
        if before is not None and start <= before[0]:
            found.append([before[1], name])
        if before is None or end > before[0]:
            latest[device] = (end, name)
    return found


def _plain(stamp: Any) -> str:
    return str(stamp).replace(" ", "T")
