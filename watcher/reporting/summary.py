"""What a run of `--once` did, as one value: `processed/summary.json`, and what a terminal and GitHub show."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator

import msgspec

from processing import file_naming
from processing.model.digest import Digest, Totals, digest_of, totals
from processing.model.safe_text import text_of
from watcher.system.directories import QUARANTINE, RECORDS_OF, join, read_file
from watcher.system.filesystem import FileSystem

MOST_LISTED = 1_000
"""Files listed each way; the counts are of all."""


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Files by outcome."""

    processed: int
    quarantined: int
    duplicate: int
    left_behind: int


class FileLine(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was processed."""

    file: str
    energy_kwh: float | None
    data_availability: float | None
    rows: int
    rows_invalid: int
    rows_suspect: int
    anomalies: int
    line: int | None
    message: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A file that went to quarantine."""

    file: str
    code: str
    message: str
    line: int | None


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A file that stayed in incoming."""

    file: str
    reason: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run."""

    schema_version: str = "1.0"
    finished_at: str
    duration_seconds: float
    exit_code: int
    files: Files
    totals: Totals
    processed: list[FileLine]
    quarantined: list[Refused]
    left_behind: list[Left]


def digests_of(fs: FileSystem, data_dir: bytes, destinations: Iterable[bytes]) -> Iterator[Digest]:
    """Yield the digests of the records of files that were filed there; one that is damaged has none."""
    for path in dict.fromkeys(map(_record_path, destinations)):
        content = read_file(fs, data_dir, path)
        with contextlib.suppress(ValueError):
            yield digest_of(content, quarantined=path.startswith(QUARANTINE))


def summary_of(
    found: Iterable[Digest],
    *,
    counts: dict[str, int],
    left: dict[bytes, str],
    seconds: float,
    exit_code: int,
) -> Summary:
    """Return what these files come to."""
    digests = sorted(found, key=lambda one: one.name)
    return Summary(
        finished_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        duration_seconds=round(seconds, 3),
        exit_code=exit_code,
        files=Files(**counts, left_behind=len(left)),
        totals=totals(digests),
        processed=[_line(one) for one in digests if one.error is None][:MOST_LISTED],
        quarantined=[
            Refused(file=one.name, code=one.error.code, message=one.error.message, line=one.error.line)
            for one in digests
            if one.error is not None
        ][:MOST_LISTED],
        left_behind=[Left(file=text_of(name), reason=why) for name, why in left.items()][:MOST_LISTED],
    )


def encode(summary: Summary) -> bytes:
    """Return the summary as JSON, indented by 2."""
    return msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"


def _record_path(destination: bytes) -> bytes:
    area, _, name = destination.partition(b"/")
    folder, _, base = name.rpartition(b"/")
    return join(RECORDS_OF[area], folder, file_naming.record_of(base, quarantined=area == QUARANTINE))


def _line(one: Digest) -> FileLine:
    return FileLine(
        file=one.name,
        energy_kwh=one.energy_kwh,
        data_availability=one.availability,
        rows=one.rows,
        rows_invalid=one.invalid,
        rows_suspect=one.suspect,
        anomalies=one.anomalies,
        line=one.line,
        message=one.message,
    )
