"""The result of a file, which is its record; how records become JSON and are read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from processing.model.channels import CHANNELS
from processing.model.rejection import SCHEMA_VERSION, Input, RecordPart, RejectionRecord
from processing.model.safe_text import text_of

MAX_LISTED = 1_000
"""The most anomalies, and rejected rows, that a record lists; its counts include all."""
LOWER_BOUNDS = ("unknown_power", "register_limit")
"""The notes that say that the energy is a lower bound."""
ASSUMPTIONS = ("limits_unknown", "unit_assumed", "low_power")
"""The notes whose sentences a log line has: what the figures rest on."""
_MAX_CELL_CHARACTERS = 40
"""A longer cell is shortened in a record."""
RejectedKind = Literal["line", "cell", "reading", "time"]


def rounded(value: float) -> float:
    """Return a figure as records have it: six decimals, never a negative zero."""
    return round(float(value), 6) + 0.0


class Stats(RecordPart, frozen=True, kw_only=True):
    """Mean, extremes and sample standard deviation (n-1) of a channel; all null without a valid row."""

    avg: float | None = None
    min: float | None = None
    max: float | None = None
    std: float | None = None


class TimeRange(RecordPart, frozen=True, kw_only=True):
    """First and last timestamp, in the form of the input."""

    start: str | None = None
    end: str | None = None


class Period(TimeRange, frozen=True, kw_only=True):
    """The span of the file and the usual step between its rows."""

    interval_seconds: float | None = None


class Hour(RecordPart, frozen=True, kw_only=True):
    """A clock hour with valid rows."""

    start: str
    energy_kwh: float
    mean_power_w: float


if TYPE_CHECKING:

    class _StatsOfChannels(RecordPart, frozen=True, kw_only=True):
        def __getattr__(self, name: str) -> Stats: ...

    class _ReadingsOfChannels(RecordPart, frozen=True, kw_only=True):
        def __getattr__(self, name: str) -> list[float | None]: ...
else:

    def _of_channels(name: str, kind: Any, default: Any) -> type[RecordPart]:
        """Return a part of a record with one key for each channel."""
        fields = [(channel, kind, default) for channel in CHANNELS]
        return msgspec.defstruct(name, fields, bases=(RecordPart,), frozen=True, kw_only=True)

    _StatsOfChannels = _of_channels("_StatsOfChannels", Stats, Stats())
    _ReadingsOfChannels = _of_channels("_ReadingsOfChannels", list[float | None], [])


class Metrics(_StatsOfChannels, frozen=True, kw_only=True):
    """The figures, over valid, sorted, distinct rows; null without a row. The channels' come first."""

    total_energy_kwh: float | None
    peak_power_hour: str | None
    """Start of the clock hour with the highest mean power."""
    peak_power_w: float | None
    peak_power_time: str | None
    interval_seconds: float
    period: TimeRange
    specific_yield_kwh_per_kw: float | None
    capacity_factor: float | None
    hours: list[Hour]
    """Energy and mean power by clock hour: at most the first 2,400."""


class Records(RecordPart, frozen=True, kw_only=True):
    """The number of rows by outcome. `missing` are rows that never came: they are not in the file."""

    total: int
    valid: int
    suspect: int
    duplicate: int
    unparsable: int
    expected: int
    missing: int


class CheckCounts(RecordPart, frozen=True, kw_only=True):
    """How many rows got which QARTOD flag from one check."""

    check: str
    channel: str | None
    counts: dict[str, int]


class Quality(RecordPart, frozen=True, kw_only=True):
    """The quality of the data behind the figures."""

    flags: Literal["QARTOD"] = "QARTOD"
    period: Period
    records: Records
    data_availability: float | None
    quality_index: float | None
    energy_gap_filled_kwh: float | None
    """An estimate in addition to `total_energy_kwh`, which never includes it."""
    checks: list[CheckCounts]
    warnings: list[str] = msgspec.field(default_factory=list)


class Anomaly(RecordPart, frozen=True, kw_only=True):
    """A run of neighbouring rows that one check flagged."""

    check: str
    channel: str | None
    flag: Literal[1, 2, 3, 4, 9]
    severity: Literal["invalid", "suspect", "note"]
    start: str | None
    end: str | None
    rows: int
    line: int | None
    """The line of the first row in the (decompressed) input."""
    value: float | None
    limit: float | None
    message: str


class RejectedRow(RecordPart, frozen=True, kw_only=True):
    """A row that was left out of the figures, and why."""

    line: int
    column: str | None
    reason: str
    cell: str
    """Shortened, printable; of a reading, its value in the unit of the channel."""
    kind: RejectedKind = "cell"
    """What is wrong: the line, or in the column the cell, the reading that it has, or the time."""

    @classmethod
    def of(cls, kind: RejectedKind, line: int, column: str | None, reason: str, cell: str) -> RejectedRow:
        """Return a rejected row as records list it: its cell shortened and made printable."""
        shown = text_of(cell[:_MAX_CELL_CHARACTERS].encode("utf-8", "replace"))
        more = "…" if len(cell) > _MAX_CELL_CHARACTERS else ""
        return cls(line=line, column=column, reason=reason, cell=shown + more, kind=kind)


class LimitUsed(RecordPart, frozen=True, kw_only=True):
    """The limits that a channel was checked against."""

    unit: str
    min: float
    max: float
    is_known: bool = True
    """False if nobody set the limits of the plant: these are then what is physically possible."""


class ColumnUsed(RecordPart, frozen=True, kw_only=True):
    """The column that a channel came from, and its conversion: reading = cell · factor + offset."""

    column: str
    """Its printable name; the names of columns that were added have ` + ` between them."""
    unit: str
    factor: float
    offset: float


class ProfileUsed(RecordPart, frozen=True, kw_only=True):
    """The profile that the file was processed with."""

    name: str
    timezone: str | UnsetType = UNSET
    """The zone of the site, if it is set; records of earlier versions lack this key."""
    limits: dict[str, LimitUsed]
    rated_power_w: float
    night_floor_w: float
    sha256: str | UnsetType = UNSET
    """The hash of what the profile changes; records of earlier versions lack this key."""
    columns: dict[str, ColumnUsed] = msgspec.field(default_factory=dict)
    """By channel; records of earlier versions lack this key and those below."""
    unused_columns: list[str] = msgspec.field(default_factory=list)
    """Columns that look like a channel and were not used."""
    time_columns: list[str] = msgspec.field(default_factory=list)
    time_format: str = "iso"
    label: str | UnsetType = UNSET
    """`end` if the times mark the ends of intervals; the record has their starts."""
    encoding: str | UnsetType = UNSET
    """Absent for UTF-8, and for what a byte order mark says."""
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    format_name: str = ""
    """The known format of the file; empty for none."""


class Series(_ReadingsOfChannels, frozen=True, kw_only=True):
    """The readings of each channel, thinned for drawing; flagged points and extremes stay."""

    start: str | None
    """The first timestamp; `seconds` count from it."""
    seconds: list[float]
    flags: dict[str, str]
    """One digit for each point, by channel; `row` has the flags of whole rows."""


class Result(RecordPart, frozen=True, kw_only=True):
    """The record of a file that was processed. `records_missing` are rows that have no power."""

    schema_version: str = SCHEMA_VERSION
    watcher_version: str | UnsetType = UNSET
    """The version of the program that made this record; older records have none."""
    input_file: str
    processed_at: str
    status: Literal["success"] = "success"
    records_total: int
    records_processed: int
    records_invalid: int
    records_suspect: int
    records_duplicate: int
    records_missing: int = 0
    """Rows of the file with no reading of power; records of earlier versions lack this key."""
    metrics: Metrics
    quality: Quality
    anomalies: list[Anomaly]
    anomalies_total: int
    anomalies_by_check: dict[str, int] = msgspec.field(default_factory=dict)
    """Counts of all anomalies; records of earlier versions lack this key."""
    rejected_rows: list[RejectedRow]
    profile: ProfileUsed
    input: Input
    previous: dict[str, Any] | UnsetType = UNSET
    """The record of an earlier rejection of this input."""
    archived: Literal["pruned"] | UnsetType = UNSET
    first_processed_at: str | UnsetType = UNSET
    """When the file was processed first; only in a record that `reprocess` made."""
    source: Literal["api"] | UnsetType = UNSET
    """`process_sensor_data` wrote this record; no daemon has committed its input."""
    series: Series | UnsetType = UNSET

    @property
    def summary(self) -> dict[str, Any]:
        """The numbers that a log line has."""
        kinds = ("total", "processed", "invalid", "suspect", "duplicate", "missing")
        counts = {f"rows_{kind}": getattr(self, f"records_{kind}") for kind in kinds}
        found = {**counts, "energy_kwh": self.metrics.total_energy_kwh, "anomalies": self.anomalies_total}
        found |= {"energy_is_lower_bound": True} if self.is_lower_bound else {}
        return found | {one.check: one.message for one in self.anomalies if one.check in ASSUMPTIONS}

    @property
    def is_lower_bound(self) -> bool:
        """Whether a note says that the energy is a lower bound."""
        return any(one.check in LOWER_BOUNDS and one.value for one in self.anomalies)


def encode(record: Result | RejectionRecord) -> bytes:
    """Return the record as strict JSON, indented by 2, with a newline at its end.

    The series is on one line: nobody reads it.
    """
    series = record.series if isinstance(record, Result) else UNSET
    if series is UNSET:
        return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
    bare = encode(msgspec.structs.replace(record, series=UNSET))
    return bare.removesuffix(b"\n}\n") + b',\n  "series": ' + msgspec.json.encode(series) + b"\n}\n"


def load(text: bytes | str) -> Result | RejectionRecord:
    """Return a published record as typed values.

    Raises ValueError naming the path of what is wrong, or the version that is not understood.
    """
    head = msgspec.json.decode(text, type=_Head)
    if head.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise ValueError(f"schema_version {head.schema_version} is not understood here: {SCHEMA_VERSION} is")
    if head.status == "success":
        return msgspec.json.decode(text, type=Result)
    return msgspec.json.decode(text, type=RejectionRecord)


class _Head(RecordPart, frozen=True, kw_only=True):
    schema_version: str
    status: Literal["success", "error"]
