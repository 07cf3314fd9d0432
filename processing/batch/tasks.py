"""What workers do in a backfill: judge one input, or draw the index of all results. They write nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, Literal

import msgspec

from processing import file_naming, storage
from processing.batch import files
from processing.batch.stores import Store, UsageError, why
from processing.model.digest import Digest, Totals, digest_of, totals
from processing.model.profile import Profile
from processing.model.result import ErrorDetails, Rejection, encode
from processing.model.safe_text import text_of
from processing.model.stamp import utc_text

Outcome = Literal["processed", "skipped", "refused", "left_behind"]


class Task(msgspec.Struct, frozen=True):
    """All that a worker needs to know of one input."""

    name: bytes
    address: str
    output: str
    profile: Profile
    known: bool
    """Whether the output has a record under this name, maybe of other bytes."""


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an input."""

    outcome: Outcome
    digest: Digest | None = None
    place: bytes = b""
    """The record's name in the output."""
    sha256: str = ""
    record: bytes = b""
    """Not stored yet."""
    why: str = ""
    """It was left behind."""


class Drawing(msgspec.Struct, frozen=True):
    """What the index is drawn of: the answers in a file, and results of earlier runs by name."""

    output: str
    answers: str
    earlier: list[bytes]


def store_of(place: str) -> Store:
    """Return the kind of store that a path or a URL leads to."""
    if "://" not in place or place.startswith(("/", ".")):
        return files
    try:
        from processing.batch import object_store  # noqa: PLC0415 - its library is loaded only if a URL is given
    except ImportError:
        raise UsageError(f"{place}: URLs need s3fs: pip install -r requirements/cluster.txt") from None
    return object_store


def judge(task: Task) -> BatchAnswer:
    """Return what an input's bytes say, or that they have a record, or why not; runs in a worker."""
    try:
        stream, size = store_of(task.address).opened(task.address)
        with stream:
            if task.known:
                sha256 = storage.sha256_of(stream.read)
                for place in places(task.name, sha256):
                    if there := recorded(task.output, place, task.name, sha256):
                        return BatchAnswer(outcome="skipped", digest=there, place=place)
                stream.seek(0)
            return _judged(task, stream, size)
    except OSError as error:
        return BatchAnswer(outcome="left_behind", why=why(error))


def _judged(task: Task, stream: BinaryIO, size: int) -> BatchAnswer:
    from processing.pipeline import process  # noqa: PLC0415 - loads numpy, which only workers do

    try:
        now = utc_text(datetime.now(UTC))
        found = process(stream, task.profile, name=task.name, processed_at=now, size=size)
    except MemoryError:
        return refused(
            task.name, "too_large", "judging it needs more memory than a worker may have: split it"
        )
    if isinstance(found, Rejection):
        return refused(task.name, found.code, found.message, found.line, found.column)
    record = encode(found)
    digest = digest_of(record, quarantined=False)
    return BatchAnswer(outcome="processed", digest=digest, sha256=found.input.sha256, record=record)


def refused(
    name: bytes, code: str, message: str, line: int | None = None, column: str | None = None
) -> BatchAnswer:
    """Return that an input cannot be judged, and why."""
    fault = ErrorDetails(code=code, message=message, line=line, column=column)
    digest = Digest(name=text_of(name), at=utc_text(datetime.now(UTC)), error=fault)
    return BatchAnswer(outcome="refused", digest=digest)


def places(name: bytes, sha256: str) -> Iterator[bytes]:
    """Yield the names that a record may get, the best first."""
    folder = file_naming.parts_of(name).folder
    for place in file_naming.archive_places(name, sha256):
        yield folder + b"/" + place.record if folder else place.record


def recorded(output: str, place: bytes, name: bytes, sha256: str) -> Digest | None:
    """Return the digest of the record in this place, if it is there and of this name and these bytes."""
    try:
        content = _read(output, place)
        digest = digest_of(content, quarantined=False)
    except (OSError, ValueError):  # not there, or foreign
        return None
    return digest if digest.name == text_of(name) and f'"{sha256}"'.encode() in content else None


def _read(output: str, place: bytes) -> bytes:
    address = f"{output}/{place.decode('utf-8', 'surrogateescape')}"
    with store_of(output).opened(address)[0] as stream:
        return stream.read()


def draw(drawing: Drawing) -> tuple[bytes, Totals]:
    """Return the index and the totals of all that the output holds; runs in a worker."""
    from processing.html.index_page import index_page  # noqa: PLC0415 - loads Jinja2

    shown: dict[bytes, Digest] = {}
    with open(drawing.answers, "rb") as stream:  # noqa: PTH123
        for place, digest in map(msgspec.msgpack.Decoder(tuple[bytes, Digest]).decode, _framed(stream)):
            shown[place or b"?%d" % len(shown)] = digest
    for place in drawing.earlier:
        try:
            shown[place] = digest_of(_read(drawing.output, place), quarantined=False)
        except (OSError, ValueError):  # foreign
            continue
    return index_page(shown.items).encode(), totals(list(shown.values()))


def _framed(stream: BinaryIO) -> Iterator[bytes]:
    while size := int.from_bytes(stream.read(4)):
        yield stream.read(size)
