"""What a worker process does with one file: it reads the file and returns an answer. It writes nothing.

This is the only module of the daemon that runs `processing`. The daemon's own process imports it for its
values only, so numpy is imported inside the functions.
"""

import errno
import os
import stat
import time
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec

from processing import storage
from processing.formats.toml_files import FormatFile, formats_of, shipped
from processing.model.profile import Profile
from processing.model.rejection import Input, Rejection, RejectionRecord
from processing.model.result import Result, encode
from processing.model.safe_text import text_of
from processing.model.stamp import utc_text
from processing.version import VERSION
from watcher.job import Answer, Deferral, DeferralReason, Job, PresetRejection
from watcher.system.filesystem import (
    FileSystem,
    Lease,
    errno_text,
    folder_of,
    opened,
)

HASHED_BYTES_A_SECOND = 20_000_000
"""The speed of a slow memory card."""
MAX_HASHING_SECONDS = 600.0
_REPLACED = frozenset({errno.ELOOP, errno.ENOTDIR, errno.ENXIO})
"""Errors of opening a file that a link, a socket or, for its folder, a file has replaced."""
_UNREADABLE = frozenset({errno.EACCES, errno.EPERM, errno.EIO, errno.EINVAL, errno.EUCLEAN, errno.EOVERFLOW})
"""Errors of reading that concern one file, such as its permissions or a bad sector."""
_FILE_SYSTEM = FileSystem()


class WorkerTask(msgspec.Struct, frozen=True):
    """All that a worker needs to know for one job."""

    incoming: bytes
    """The path of the folder that the file is in; `reprocess` gives that of the archive."""
    job: Job
    """If it has a rejection, the file is only hashed."""
    profile: Profile
    file_memory: int
    formats: tuple[FormatFile, ...] = ()
    """The site's known formats, beside those shipped."""
    seconds: float | None = None
    """The time limit; None for that of the pool."""
    path: bytes = b""
    """Its name below that folder; empty if it is the name of the job."""


def hashing_seconds(size: int, file_seconds: float) -> float:
    """Return the time limit for a file that is only hashed: by its size, but never below `file_seconds`."""
    return max(file_seconds, min(size / HASHED_BYTES_A_SECOND, MAX_HASHING_SECONDS))


def process(task: WorkerTask) -> Answer | Deferral:
    """Process one file; return the answer, or the deferral if the file cannot be read now."""
    fs, name = _FILE_SYSTEM, task.path or task.job.name
    base = name.rpartition(b"/")[2]
    try:
        with folder_of(fs, task.incoming, name) as folder:
            if not _is_stable_file(task, fs.stat(base, folder)):  # opening a device file may have effects
                return Deferral(DeferralReason.CHANGED)
            with opened(fs, base, folder) as descriptor:
                return _process_open_file(fs, task, descriptor)
    except OSError as error:
        reason = DeferralReason.BLOCKED if error.errno in _UNREADABLE else DeferralReason.FAULT
        if error.errno in _REPLACED:
            reason = DeferralReason.CHANGED
        if error.errno == errno.ENOENT and os.path.isdir(task.incoming):  # noqa: PTH112 - a path of bytes
            reason = DeferralReason.GONE
        return Deferral(reason, f"{errno_text(error.errno)} {text_of(os.path.basename(task.incoming))}")  # noqa: PTH119 - bytes


def _is_stable_file(task: WorkerTask, found: os.stat_result) -> bool:
    """Return whether this is still the file that became stable: nothing else may be read in its place."""
    return stat.S_ISREG(found.st_mode) and task.job.identity.matches(found)


def _process_open_file(fs: FileSystem, task: WorkerTask, descriptor: int) -> Answer | Deferral:
    started = time.perf_counter()
    job = task.job
    before = fs.fstat(descriptor)
    if not _is_stable_file(task, before):
        return Deferral(DeferralReason.CHANGED)
    found = _process_content(task, os.fdopen(descriptor, "rb", buffering=0, closefd=False))
    unchanged = job.identity.matches(fs.fstat(descriptor)) and found.input.bytes == before.st_size
    if not unchanged or fs.probe_lease(descriptor) is Lease.WRITTEN_TO:
        return Deferral(DeferralReason.CHANGED)
    record = _record_of(task, found) if isinstance(found, Rejection) else found
    return Answer(
        name=job.name,
        identity=job.identity,
        sha256=record.input.sha256,
        accepted=isinstance(record, Result),
        record=encode(record),
        summary=record.summary,
        milliseconds={"process": round((time.perf_counter() - started) * 1e3, 3)},
        ways=0 if isinstance(record, Result) else len(record.candidates or ()),
    )


def _process_content(task: WorkerTask, source: BinaryIO) -> Result | Rejection:
    """Return the result of a file; if it has a rejection or needs too much memory, it is only hashed."""
    job, rejection = task.job, task.job.rejection
    if rejection is None:
        try:
            from processing import pipeline  # noqa: PLC0415 - loads numpy, which the daemon itself never does

            now, size = utc_text(datetime.now(UTC)), job.identity.size
            return pipeline.process(
                source,
                task.profile,
                name=job.name,
                processed_at=now,
                size=size,
                formats=formats_of(task.formats),
                shipped=shipped,
            )
        except MemoryError:
            source.seek(0)
            needs = f"processing it needs more than {task.file_memory} bytes of memory"
            rejection = PresetRejection("too_large", f"{needs}: split it, or raise --file-memory")
    sha256 = storage.sha256_of(source.read)
    source_input = Input.of(job.name, source.tell(), sha256)
    return Rejection(code=rejection.code, message=rejection.message, input=source_input)


def _record_of(task: WorkerTask, rejection: Rejection) -> RejectionRecord:
    return RejectionRecord(
        watcher_version=VERSION,
        input=rejection.input,
        error=rejection.details,
        candidates=rejection.candidates,
        attempts=task.job.attempt,
        quarantined_at=utc_text(datetime.now(UTC)),
    )
