"""The digest of a record: the small part that an index or a summary needs, quick to decode and to keep."""

from collections import Counter
from datetime import datetime
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from processing.model.flags import FAIL, SUSPECT
from processing.model.rejection import COMMAND, OR_LINES, ErrorDetails, Input, RejectionRecord
from processing.model.result import LOWER_BOUNDS, Anomaly, Hour, TimeRange
from processing.model.safe_text import device_of

_MAX_TEXT = 500
"""Messages about rows are cut to this many characters."""
_MAX_REASON, _REASON_END = 1_500, 500
"""The most characters of the message of a rejected file, and of what is kept from the command to type on."""

Figure: TypeAlias = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
"""A larger value comes from a damaged record, and would spoil every sum."""
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=1 << 14)]


class Digest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The digest of one record; for a quarantined file only the name, the time and the error."""

    name: Name
    """The name of the input, printable."""
    at: str
    """When it was processed or quarantined."""
    first_at: str | None = None
    """When it was processed first, if it was processed again since."""
    energy_kwh: Figure | None = None
    is_lower_bound: bool = False
    """Whether the energy is one, as some of the power is not known."""
    peak_w: Figure | None = None
    availability: Figure | None = None
    start: str | None = None
    end: str | None = None
    """As in the record, or in the time zone of the site if it is known."""
    interval: Figure | None = None
    """Seconds between its rows."""
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


class _Metrics(msgspec.Struct, kw_only=True):
    total_energy_kwh: float | None
    peak_power_w: float | None
    interval_seconds: float | None = None
    period: TimeRange
    hours: list[Hour]


class _Quality(msgspec.Struct):
    data_availability: float | None


class _Profile(msgspec.Struct, frozen=True):
    timezone: str | None = None


class _ResultPart(msgspec.Struct, kw_only=True):
    input: Input
    processed_at: str
    first_processed_at: str | None = None
    records_total: int
    records_invalid: int
    records_suspect: int
    metrics: _Metrics
    quality: _Quality
    anomalies: list[Anomaly]
    anomalies_total: int
    anomalies_by_check: dict[str, int] = {}
    profile: _Profile = _Profile()


def digest_of(record: bytes, *, quarantined: bool) -> Digest:
    """Return the digest of a record; ValueError if it is not a record or holds impossible values.

    Of a result, only the keys that a digest needs are decoded, which takes a third of the time.
    """
    try:
        if quarantined:
            found = msgspec.json.decode(record, type=RejectionRecord)
            datetime.fromisoformat(found.quarantined_at)
            error = msgspec.structs.replace(found.error, message=_reason(found.error.message))
            return Digest(name=found.input.name, at=found.quarantined_at, error=error)
        return _of_result(msgspec.json.decode(record, type=_ResultPart))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _reason(message: str) -> str:
    """Return the message of a rejected file; of a long one, the beginning, and the command or the end.

    The lines behind the command do the same, and are left out first.
    """
    if len(message) <= _MAX_REASON:
        return message
    at = message.rfind(COMMAND) if COMMAND in message else len(message) - _REASON_END
    end, has_lines, _ = message[at:].partition(OR_LINES)
    end = end[:_REASON_END] + "; or write in a profile the lines from the file of the reason" * bool(
        has_lines
    )
    cut = " … (all of it is in the file of the reason) … "
    fits = at + len(end) <= _MAX_REASON
    return f"{message[:at] if fits else message[: _MAX_REASON - len(end) - len(cut)] + cut}{end}"


def _of_result(result: _ResultPart) -> Digest:
    period = result.metrics.period
    zone = zone_of(result.profile.timezone)
    for stamp in (result.processed_at, result.first_processed_at, period.start, period.end):
        if stamp is not None:
            datetime.fromisoformat(stamp)
    flagged = [one for one in result.anomalies if one.flag in {SUSPECT, FAIL}]
    worst = max(flagged, key=lambda one: one.flag, default=None)
    hours: dict[str, dict[int, float]] = {}
    for hour in result.metrics.hours:
        if hour.energy_kwh:
            start = datetime.fromisoformat(local(hour.start, zone))
            of_day = hours.setdefault(start.date().isoformat(), {})
            of_day[start.hour] = of_day.get(start.hour, 0.0) + hour.energy_kwh
    found = {
        "name": result.input.name,
        "at": result.processed_at,
        "energy_kwh": result.metrics.total_energy_kwh,
        "is_lower_bound": any(one.check in LOWER_BOUNDS and one.value for one in result.anomalies),
        "peak_w": result.metrics.peak_power_w,
        "availability": result.quality.data_availability,
        "first_at": result.first_processed_at,
        "start": period.start and local(period.start, zone),
        "end": period.end and local(period.end, zone),
        "interval": result.metrics.interval_seconds,
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


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return a time zone; None if the record has none or it is not known here."""
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None


def local(stamp: str, zone: ZoneInfo | None) -> str:
    """Return a time with an offset in a zone; without an offset or a zone, return it as it is."""
    moment = datetime.fromisoformat(stamp)
    if zone is None or moment.tzinfo is None:
        return stamp
    try:
        return moment.astimezone(zone).isoformat()
    except OverflowError:
        return stamp
