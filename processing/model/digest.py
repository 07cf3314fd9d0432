"""The digest of a record: the small part that an index or a summary needs, quick to decode and to keep."""

from collections import Counter
from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

from processing.model.flags import FAIL, SUSPECT
from processing.model.rejection import ErrorDetails, Input, RejectionRecord
from processing.model.result import Anomaly, Hour, TimeRange
from processing.model.safe_text import device_of

_MAX_TEXT = 500
"""Messages are cut to this many characters."""

Figure: TypeAlias = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
"""A larger value comes from a damaged record and would spoil every sum."""
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=1 << 14)]


class Digest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The digest of one record; for a quarantined file only the name, the time and the error."""

    name: Name
    """The name of the input, printable."""
    at: str
    """When it was processed or quarantined."""
    energy_kwh: Figure | None = None
    peak_w: Figure | None = None
    availability: Figure | None = None
    start: str | None = None
    end: str | None = None
    rows: Count = 0
    invalid: Count = 0
    suspect: Count = 0
    anomalies: Count = 0
    checks: dict[Name, Count] = {}
    """Anomalies by check."""
    hours: dict[str, dict[int, Figure]] = {}
    """kWh by date and clock hour; hours without energy are left out."""
    line: int | None = None
    """The line at which the worst anomaly begins; for a quarantined file see `error`."""
    message: str = ""
    """The message of the worst anomaly; empty if there are only notes."""
    error: ErrorDetails | None = None

    @property
    def device(self) -> str:
        """Return the device of the input; empty for none."""
        return device_of(self.name)

    @property
    def status(self) -> str:
        """Return quarantined, invalid, suspect or good."""
        if self.error is not None:
            return "quarantined"
        return "invalid" if self.invalid else "suspect" if self.suspect else "good"


class _Metrics(msgspec.Struct):
    total_energy_kwh: float | None
    peak_power_w: float | None
    period: TimeRange
    hours: list[Hour]


class _Quality(msgspec.Struct):
    data_availability: float | None


class _ResultPart(msgspec.Struct):
    input: Input
    processed_at: str
    records_total: int
    records_invalid: int
    records_suspect: int
    metrics: _Metrics
    quality: _Quality
    anomalies: list[Anomaly]
    anomalies_total: int
    anomalies_by_check: dict[str, int] = {}


def digest_of(record: bytes, *, quarantined: bool) -> Digest:
    """Return the digest of a record; ValueError if it is not a record or holds impossible values.

    Of a result, only the keys that a digest needs are decoded, which takes a third of the time.
    """
    try:
        if quarantined:
            found = msgspec.json.decode(record, type=RejectionRecord)
            datetime.fromisoformat(found.quarantined_at)
            error = msgspec.structs.replace(found.error, message=found.error.message[:_MAX_TEXT])
            return Digest(name=found.input.name, at=found.quarantined_at, error=error)
        return _of_result(msgspec.json.decode(record, type=_ResultPart))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _of_result(result: _ResultPart) -> Digest:
    period = result.metrics.period
    for stamp in (result.processed_at, period.start, period.end):
        if stamp is not None:
            datetime.fromisoformat(stamp)
    flagged = [one for one in result.anomalies if one.flag in {SUSPECT, FAIL}]
    worst = max(flagged, key=lambda one: one.flag, default=None)
    hours: dict[str, dict[int, float]] = {}
    for hour in result.metrics.hours:
        if hour.energy_kwh:
            start = datetime.fromisoformat(hour.start)
            hours.setdefault(start.date().isoformat(), {})[start.hour] = hour.energy_kwh
    found = {
        "name": result.input.name,
        "at": result.processed_at,
        "energy_kwh": result.metrics.total_energy_kwh,
        "peak_w": result.metrics.peak_power_w,
        "availability": result.quality.data_availability,
        "start": period.start,
        "end": period.end,
        "rows": result.records_total,
        "invalid": result.records_invalid,
        "suspect": result.records_suspect,
        "anomalies": result.anomalies_total,
        "checks": result.anomalies_by_check or Counter(one.check for one in result.anomalies),
        "hours": hours,
        "line": worst and worst.line,
        "message": worst.message[:_MAX_TEXT] if worst else "",
    }
    return msgspec.convert(found, Digest)  # checks the bounds
