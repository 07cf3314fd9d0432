"""The part of a record that filing reads: which input it belongs to, and what an earlier attempt said.

A damaged record is not an error but a value with an explanation. Its file counts as one without a record, and
`audit` reports it.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from processing import file_naming
from processing.model.digest import digest_of
from processing.model.result import Result, Series, load
from watcher.system.areas import MAX_RECORD_BYTES
from watcher.system.filesystem import FileSystem, read_up_to, regular_file

API = "api"
"""The source of a record that `process_sensor_data` wrote: it has no input in the data folder."""
PRUNED = ("archived", "pruned")
"""The key and value that `prune` adds to the record of an input that it removes."""

_CONTINUED_WITHIN = timedelta(days=1)
"""The rest of a file that was cut in two arrives within this time: a logger begins a new file each day."""
_Number = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_Moment = Annotated[datetime, Meta(tz=True)]


class Damaged(NamedTuple):
    """A file with the name of a record that is not a record, and why not."""

    why: str


class _Input(msgspec.Struct, frozen=True):
    name: str
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    name_b64: str | None = None
    bytes: Annotated[int, Meta(ge=0, le=2**62)] | None = None


class Head(msgspec.Struct, frozen=True):
    """The part of a result or a reason that identifies its input."""

    input: _Input
    status: str
    attempts: Annotated[int, Meta(ge=1, le=2**31)] = 1
    error: dict[str, str | _Number | None] | None = None
    quarantined_at: _Moment | None = None
    processed_at: _Moment | None = None
    first_processed_at: _Moment | None = None
    archived: str | None = None
    source: str | None = None

    @property
    def name(self) -> bytes:
        """The input's name below incoming."""
        if self.input.name_b64 is None:
            return self.input.name.encode()
        return base64.b64decode(self.input.name_b64, validate=True)

    @property
    def sha256(self) -> str:
        """The hash of the input's bytes, hexadecimal."""
        return self.input.sha256

    @property
    def archived_at(self) -> datetime | None:
        """When the input was processed first; its result may have been replaced since."""
        return self.first_processed_at or self.processed_at

    def belongs_to(self, name: bytes, sha256: str) -> bool:
        """Return whether this is the record of that input: the same name, the same bytes."""
        return self.sha256 == sha256 and self.name == name

    def archived_just_before(self, rest: Head | Damaged) -> datetime | None:
        """Return `archived_at` if a rejected file came so soon after it that it may be the rest of this."""
        if isinstance(rest, Damaged) or self.archived_at is None or rest.quarantined_at is None:
            return None
        is_soon = abs(rest.quarantined_at - self.archived_at) <= _CONTINUED_WITHIN
        return self.archived_at if is_soon else None

    def is_of(self, target: bytes, record: bytes, *, quarantined: bool) -> bool:
        """Return whether this input would be moved to `target` in its area, with a record of this name."""
        find = file_naming.quarantine_names if quarantined else file_naming.archive_names
        folder, _, base = target.rpartition(b"/")
        names = file_naming.NamePair(record, base)
        return file_naming.parts_of(self.name).folder == folder and names in find(self.name, self.sha256)


_decoder = msgspec.json.Decoder(Head)


def decode(record: bytes) -> Head | Damaged:
    """Return the head of a record, or why the bytes are not a record."""
    try:
        head = _decoder.decode(record)
        name = head.name
    except (ValueError, RecursionError) as error:
        return Damaged(f"is torn, or not a record ({error})")
    if not is_below(name):
        return Damaged("is not a record of a file in incoming: its input's name leads elsewhere")
    return head


def checked(record: bytes, *, quarantined: bool) -> Head | Damaged:
    """Return the head of a record whose page can be drawn, or why the bytes are not such a record."""
    try:
        digest_of(record, quarantined=quarantined)
        document = load(record)
        if isinstance(document, Result):
            for stamp in _stamps(document):
                datetime.fromisoformat(stamp)
    except (ValueError, RecursionError) as error:
        return Damaged(f"is torn, or not a record ({error})")
    return decode(record)


def _stamps(result: Result) -> Iterator[str]:
    """Return all timestamps that a page shows."""
    found = [each for anomaly in result.anomalies for each in (anomaly.start, anomaly.end)]
    found += [hour.start for hour in result.metrics.hours]
    found += [result.metrics.peak_power_hour, result.metrics.peak_power_time]
    found += [result.series.start] if isinstance(result.series, Series) else []
    return (stamp for stamp in found if stamp is not None)


def read(fs: FileSystem, name: bytes, folder: int) -> Head | Damaged:
    """Return the head of a record, or why the file is not a record; OSError if the disk fails."""
    content = read_content(fs, name, folder)
    return content if isinstance(content, Damaged) else decode(content)


def read_of_input(
    fs: FileSystem, target: bytes, folder: int, *, quarantined: bool
) -> tuple[Head, bytes] | None:
    """Return the head and the bytes of the record of a moved input; None if they are damaged or of another.

    `target` is the path of the input below its area, `folder` that of the record. FileNotFoundError if there
    is none, OSError if the disk fails.
    """
    record = file_naming.record_of(file_naming.parts_of(target).base, quarantined=quarantined)
    content = read_content(fs, record, folder)
    head = content if isinstance(content, Damaged) else checked(content, quarantined=quarantined)
    if isinstance(content, Damaged) or isinstance(head, Damaged) or head.source == API:
        return None
    return (head, content) if head.is_of(target, record, quarantined=quarantined) else None


def read_content(fs: FileSystem, name: bytes, folder: int) -> bytes | Damaged:
    """Return the bytes of a record, or why the file is not a record; OSError if the disk fails."""
    with regular_file(fs, name, folder) as descriptor:
        if descriptor is None:
            return Damaged("is not a file")
        size = fs.fstat(descriptor).st_size
        if size > MAX_RECORD_BYTES:
            return Damaged(f"is not a record: it has {size} bytes")
        return read_up_to(fs, descriptor, MAX_RECORD_BYTES)


def summary_of(record: bytes) -> dict[str, Any]:
    """Return the fields that a log line has of a record; empty if it cannot be read."""
    with contextlib.suppress(ValueError, RecursionError):
        return load(record).summary
    return {}


def with_field(record: bytes, key: str, value: Any) -> bytes:
    """Return a record with one more key at its end; all other bytes stay."""
    field = b",\n  " + msgspec.json.encode(key) + b": " + msgspec.json.encode(value) + b"\n}\n"
    return record.rstrip().removesuffix(b"}").rstrip() + field


def unpruned(record: bytes) -> bytes:
    """Return a record without the note that `prune` added; unchanged if it does not end with that."""
    note = with_field(b"", *PRUNED)
    return record.removesuffix(note) + b"\n}\n" if record.endswith(note) else record


def with_message(record: bytes, message: str) -> bytes:
    """Return a reason with another message."""
    document: dict[str, Any] = msgspec.json.decode(record)
    document["error"]["message"] = message
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def with_previous(record: bytes, earlier: Head, *, same_input: bool, accepted: bool) -> bytes:
    """Return a record that quotes the earlier reason; attempts with the same input are added up."""
    if same_input and not accepted:
        document: dict[str, Any] = msgspec.json.decode(record)
        document["attempts"] = document.get("attempts", 1) + earlier.attempts
        record = msgspec.json.format(msgspec.json.encode(document), indent=2)
    quoted = {key: getattr(earlier, key) for key in ("sha256", "error", "attempts", "quarantined_at")}
    return with_field(record, "previous", quoted)


def with_past(record: bytes, replaced: bytes) -> bytes:
    """Return a new result with the keys of the replaced result that describe the past of the file."""
    document: dict[str, Any] = msgspec.json.decode(replaced)
    past = {"first_processed_at": document.get("first_processed_at", document["processed_at"])}
    if "previous" in document:
        past["previous"] = document["previous"]
    for key, value in past.items():
        record = with_field(record, key, value)
    return record


def is_below(name: bytes) -> bool:
    """Return whether a name stays below the folder that it is looked up in."""
    return b"\0" not in name and not {b"", b".", b".."} & set(name.split(b"/"))
