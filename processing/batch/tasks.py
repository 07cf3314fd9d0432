"""The tasks of a batch that workers compute: process one input, draw the index of all results."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

import msgspec

from processing import file_naming, storage
from processing.batch import files
from processing.batch.stores import Store, UsageError, error_phrase
from processing.formats.toml_files import FormatFile, formats_of, shipped
from processing.model.digest import Digest, digest_of
from processing.model.profile import Profile
from processing.model.rejection import ErrorDetails, Rejection
from processing.model.result import encode
from processing.model.safe_text import text_of
from processing.model.stamp import utc_text
from processing.totals.sums import Totals, totals

Outcome = Literal["processed", "skipped", "refused", "left_behind"]


class BatchTask(msgspec.Struct, frozen=True):
    """One input, as a worker needs it."""

    name: bytes
    address: str
    output: str
    profile: Profile
    maybe_processed: bool
    """Whether the output has a record of this name, of the same bytes or of others."""
    formats: tuple[FormatFile, ...] = ()
    """The known formats beside those shipped."""


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one input."""

    outcome: Outcome
    digest: Digest | None = None
    record_name: bytes = b""
    """The record's name in the output."""
    sha256: str = ""
    record: bytes = b""
    """The record, if it is not stored yet."""
    error: str = ""
    """The reason why the input was left behind."""


def store_of(address: str) -> Store:
    """Return the store that a path or a URL belongs to."""
    if "://" not in address or address.startswith(("/", ".")):
        return files
    try:
        from processing.batch import object_store  # noqa: PLC0415 - its library is loaded only for a URL
    except ImportError:
        raise UsageError(f"{address}: URLs need s3fs: pip install -r requirements/cluster.txt") from None
    return object_store


def process_input(task: BatchTask) -> BatchAnswer:
    """Process one input, unless the output has its record; runs in a worker."""
    from processing.pipeline import process  # noqa: PLC0415 - loads numpy, which only workers do

    try:
        stream, size = store_of(task.address).open_input(task.address)
        with stream:
            if task.maybe_processed:
                sha256 = storage.sha256_of(stream.read)
                for name in record_names(task.name, sha256):
                    if digest := matching_digest(task.output, name, task.name, sha256):
                        return BatchAnswer(outcome="skipped", digest=digest, record_name=name)
                stream.seek(0)
            now = utc_text(datetime.now(UTC))
            found = process(
                stream,
                task.profile,
                name=task.name,
                processed_at=now,
                size=size,
                formats=formats_of(task.formats),
                shipped=shipped,
            )
    except OSError as error:
        return BatchAnswer(outcome="left_behind", error=error_phrase(error))
    except MemoryError:
        message = "processing it needs more memory than a worker may have: split it"
        return rejected(task.name, ErrorDetails(code="too_large", message=message))
    if isinstance(found, Rejection):
        return rejected(task.name, found.details)
    record = encode(found)
    digest = digest_of(record, quarantined=False)
    return BatchAnswer(outcome="processed", digest=digest, sha256=found.input.sha256, record=record)


def rejected(name: bytes, error: ErrorDetails) -> BatchAnswer:
    """Return the answer of an input that cannot be used."""
    digest = Digest(name=text_of(name), at=utc_text(datetime.now(UTC)), error=error)
    return BatchAnswer(outcome="refused", digest=digest)


def record_names(name: bytes, sha256: str) -> Iterator[bytes]:
    """Yield the names that the record of an input may get, in their order of preference."""
    folder = file_naming.parts_of(name).folder
    for names in file_naming.archive_names(name, sha256):
        yield folder + b"/" + names.record if folder else names.record


def matching_digest(output: str, record_name: bytes, name: bytes, sha256: str) -> Digest | None:
    """Return the digest of a record in the output if it belongs to this input, else None."""
    try:
        record = _read(output, record_name)
        digest = digest_of(record, quarantined=False)
    except (OSError, ValueError):  # no such file, or no record
        return None
    return digest if digest.name == text_of(name) and f'"{sha256}"'.encode() in record else None


def _read(output: str, name: bytes) -> bytes:
    address = f"{output}/{name.decode('utf-8', 'surrogateescape')}"
    with store_of(output).open_input(address)[0] as stream:
        return stream.read()


def draw_index(output: str, answers: str, earlier: list[bytes]) -> tuple[bytes, Totals]:
    """Return the index and the totals of all results in the output; runs in a worker.

    `answers` is a file of this run's record names and digests, one JSON array a line; `earlier` are the names
    of the records of other runs.
    """
    from processing.html.index_page import index_page  # noqa: PLC0415 - loads Jinja2

    digests: dict[bytes, Digest] = {}
    decoder = msgspec.json.Decoder(tuple[bytes, Digest])
    with open(answers, "rb") as lines:  # noqa: PTH123
        for name, digest in map(decoder.decode, lines):
            digests[name or b"?%d" % len(digests)] = digest
    for name in earlier:
        with contextlib.suppress(OSError, ValueError):  # no record
            digests[name] = digest_of(_read(output, name), quarantined=False)
    return index_page(digests.items).encode(), totals(list(digests.values()))
