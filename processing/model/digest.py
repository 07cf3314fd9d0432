"""What an index or a summary needs to know of a record: a small part of it, quick to read and to keep."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

import msgspec

from processing.model.result import ErrorDetails, TimeRange

_SUSPECT, _FAIL = 3, 4  # as in `flags`, which would load numpy
_MOST_TEXT = 500
"""Characters of a message."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times compare as they are written
_MICROSECOND = timedelta(microseconds=1)

Figure: TypeAlias = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
"""Anything beyond comes from a damaged record, and would spoil every sum."""
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=1 << 14)]


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
    error: ErrorDetails | None = None

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


class _Input(msgspec.Struct):
    name: Name


class _Hour(msgspec.Struct):
    start: str
    energy_kwh: Figure


class _Metrics(msgspec.Struct):
    total_energy_kwh: Figure | None
    peak_power_w: Figure | None
    period: TimeRange
    hours: list[_Hour]


class _Quality(msgspec.Struct):
    data_availability: Figure | None


class _Anomaly(msgspec.Struct):
    check: Name
    flag: int
    line: int | None
    message: str


class _Result(msgspec.Struct):
    input: _Input
    processed_at: str
    records_total: Count
    records_invalid: Count
    records_suspect: Count
    metrics: _Metrics
    quality: _Quality
    anomalies: list[_Anomaly]
    anomalies_total: Count
    anomalies_by_check: dict[Name, Count] = {}


class _Reason(msgspec.Struct):
    input: _Input
    error: ErrorDetails
    quarantined_at: str


_results: msgspec.json.Decoder[_Result] = msgspec.json.Decoder(_Result)
_reasons: msgspec.json.Decoder[_Reason] = msgspec.json.Decoder(_Reason)


def digest_of(record: bytes, *, quarantined: bool) -> Digest:
    """Return a record in short; ValueError if it is none or holds impossible values."""
    try:
        return _reason_of(_reasons.decode(record)) if quarantined else _result_of(_results.decode(record))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _reason_of(reason: _Reason) -> Digest:
    _check_times(reason.quarantined_at)
    error = msgspec.structs.replace(reason.error, message=reason.error.message[:_MOST_TEXT])
    return Digest(name=reason.input.name, at=reason.quarantined_at, error=error)


def _result_of(result: _Result) -> Digest:
    period = result.metrics.period
    _check_times(result.processed_at, period.start, period.end)
    flagged = [one for one in result.anomalies if one.flag in {_SUSPECT, _FAIL}]
    worst = max(flagged, key=lambda one: one.flag, default=None)
    return Digest(
        name=result.input.name,
        at=result.processed_at,
        line=None if worst is None else worst.line,
        message="" if worst is None else worst.message[:_MOST_TEXT],
        energy_kwh=result.metrics.total_energy_kwh,
        peak_w=result.metrics.peak_power_w,
        availability=result.quality.data_availability,
        start=period.start,
        end=period.end,
        rows=result.records_total,
        invalid=result.records_invalid,
        suspect=result.records_suspect,
        anomalies=result.anomalies_total,
        checks=result.anomalies_by_check or dict(Counter(one.check for one in result.anomalies)),
        hours=_by_date(result.metrics.hours),
    )


def _check_times(*stamps: str | None) -> None:
    for stamp in stamps:
        if stamp is not None:
            datetime.fromisoformat(stamp)


def _by_date(hours: list[_Hour]) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for hour in hours:
        if hour.energy_kwh:
            start = datetime.fromisoformat(hour.start)
            found.setdefault(start.date().isoformat(), {})[start.hour] = hour.energy_kwh
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


_COUNTS = ("processed", "rows", "rows_invalid", "rows_suspect", "anomalies")


class Sums:
    """Totals in the making: takes one digest at a time and keeps none."""

    def __init__(self) -> None:
        self.quarantined = self.flagged = 0
        """Files in quarantine, and files with invalid or suspect rows."""
        self._counts = [0] * len(_COUNTS)
        self._by_check: Counter[str] = Counter()
        self._energy = 0.0
        self._worst: tuple[float, str] | None = None

    @property
    def files(self) -> int:
        """How many files there are, with those in quarantine."""
        return self._counts[0] + self.quarantined

    def add(self, one: Digest) -> None:
        """Count one more file."""
        if one.error is not None:
            self.quarantined += 1
            return
        self.flagged += one.status != "good"
        counts = (1, one.rows, one.invalid, one.suspect, one.anomalies)
        self._counts = [sum(pair) for pair in zip(self._counts, counts, strict=True)]
        self._by_check.update(one.checks)
        self._energy += one.energy_kwh or 0.0
        if one.availability is not None:
            found = (one.availability, one.name)
            self._worst = found if self._worst is None else min(self._worst, found)

    def totals(self, overlaps: list[list[str]]) -> Totals:
        """Return what all of them come to together."""
        availability, file = self._worst or (None, None)
        return Totals(
            **dict(zip(_COUNTS, self._counts, strict=True)),
            quarantined=self.quarantined,
            energy_kwh=round(self._energy, 6),
            worst_availability=availability,
            worst_availability_file=file,
            anomalies_by_check=dict(sorted(self._by_check.items(), key=lambda item: -item[1])),
            overlaps=overlaps,
        )


class Periods:
    """The periods that files cover, by device: which of them overlap."""

    def __init__(self) -> None:
        self._by_device: dict[str, array[int]] = {}
        """Start, end and number of each file, one after the other: a third of what tuples would take."""

    def add(self, number: int, one: Digest) -> None:
        """Take the period of the file that the caller numbers so."""
        if one.error is None and one.start and one.end:
            known = self._by_device.setdefault(one.device, array("q"))
            known.extend((_microseconds(one.start), _microseconds(one.end), number))

    def overlaps(self) -> Iterator[tuple[int, int]]:
        """Yield the numbers of files of one device whose periods meet, in pairs."""
        for device in sorted(self._by_device):
            flat = self._by_device[device]
            latest: tuple[int, int] | None = None
            for start, end, number in sorted(zip(flat[::3], flat[1::3], flat[2::3], strict=True)):
                if latest is not None and start <= latest[0]:
                    yield latest[1], number
                if latest is None or end > latest[0]:
                    latest = (end, number)


def totals(digests: list[Digest]) -> Totals:
    """Return what these files come to together."""
    sums, periods = Sums(), Periods()
    for number, one in enumerate(digests):
        sums.add(one)
        periods.add(number, one)
    return sums.totals([[digests[one].name, digests[other].name] for one, other in periods.overlaps()])


def _microseconds(stamp: str) -> int:
    return (datetime.fromisoformat(stamp).replace(tzinfo=None) - _EPOCH) // _MICROSECOND
