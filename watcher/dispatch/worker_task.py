"""What a worker process does with one file: it reads the file and returns an answer. It writes nothing.

This is the only module of the daemon that runs `processing`. The daemon's own process imports it for its
values, and so without numpy.
"""

from __future__ import annotations

import errno
import functools
import os
import stat
import time
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec

from processing import storage
from processing.model.profile import Profile
from processing.model.rejection import ErrorDetails, Input, Rejection, RejectionRecord
from processing.model.result import Result, encode
from processing.model.stamp import utc_text
from processing.model.version import VERSION
from watcher.job import Answer, Deferral, DeferralReason, Job, PresetRejection
from watcher.system.filesystem import FileSystem, Lease, folder_of, opened

HASHED_BYTES_A_SECOND = 20_000_000
"""What a slow memory card reads."""
MAX_HASHING_SECONDS = 600.0
_REPLACED = frozenset({errno.ELOOP, errno.ENOTDIR, errno.ENXIO})
"""Errors of opening a file that a link, a socket or, for its folder, a file has replaced."""
_UNREADABLE = frozenset({errno.EACCES, errno.EPERM, errno.EIO, errno.EINVAL, errno.EUCLEAN, errno.EOVERFLOW})
"""Errors of reading that concern one file, such as its permissions or a bad sector."""


class WorkerTask(msgspec.Struct, frozen=True):
    """All that a worker needs to know for one job."""

    incoming: bytes
    """The folder's path."""
    job: Job
    """If it has a rejection, the file is only hashed."""
    profile: Profile
    file_memory: int
    seconds: float | None = None
    """The time limit; None for that of the pool."""


def hashing_seconds(size: int, file_seconds: float) -> float:
    """Return the time limit for a file that is only hashed: by its size, but at least that of all files."""
    return max(file_seconds, min(size / HASHED_BYTES_A_SECOND, MAX_HASHING_SECONDS))


_file_system = functools.cache(FileSystem)
"""One for the life of a worker: making one asks the C library, which takes as long as a small check."""


def process(task: WorkerTask) -> Answer | Deferral:
    """Process one file; return the answer, or the deferral if the file cannot be read now."""
    fs = _file_system()
    name = task.job.name
    base = name.rpartition(b"/")[2]
    try:
        with folder_of(fs, task.incoming, name) as folder:
            if not _is_stable_file(task, fs.stat(base, folder)):  # opening a device may already do something
                return Deferral(name=name, reason=DeferralReason.CHANGED)
            with opened(fs, base, folder) as descriptor:
                return _process_open_file(fs, task, descriptor)
    except FileNotFoundError:
        gone = os.path.isdir(task.incoming)  # noqa: PTH112 - a path of bytes
        return Deferral(name=name, reason=DeferralReason.GONE if gone else DeferralReason.FAULT)
    except OSError as error:
        return Deferral(name=name, reason=_reason_of(error), errno=error.errno, place="incoming")


def _reason_of(error: OSError) -> DeferralReason:
    if error.errno in _REPLACED:
        return DeferralReason.CHANGED
    return DeferralReason.BLOCKED if error.errno in _UNREADABLE else DeferralReason.FAULT


def _is_stable_file(task: WorkerTask, found: os.stat_result) -> bool:
    """Return whether this is still the file that became stable: nothing else may be read in its place."""
    return stat.S_ISREG(found.st_mode) and task.job.identity.matches(found)


def _process_open_file(fs: FileSystem, task: WorkerTask, descriptor: int) -> Answer | Deferral:
    started = time.perf_counter()
    job = task.job
    found = fs.fstat(descriptor)
    if not _is_stable_file(task, found):
        return Deferral(name=job.name, reason=DeferralReason.CHANGED)
    source = os.fdopen(descriptor, "rb", buffering=0, closefd=False)
    try:
        record = _hashed(job, source, job.rejection) if job.rejection else _processed(task, source)
    except MemoryError:
        source.seek(0)
        message = (
            f"processing it needs more than {task.file_memory} bytes of memory: split it, "
            "or raise --file-memory"
        )
        record = _hashed(job, source, PresetRejection("too_large", message))
    unchanged = job.identity.matches(fs.fstat(descriptor)) and record.input.bytes == found.st_size
    if not unchanged or fs.probe_lease(descriptor) is Lease.WRITTEN_TO:
        return Deferral(name=job.name, reason=DeferralReason.CHANGED)
    content = encode(record)
    return Answer(
        name=job.name,
        identity=job.identity,
        sha256=record.input.sha256,
        accepted=not isinstance(record, RejectionRecord),
        record=content,
        summary=record.summary,
        milliseconds={"process": round((time.perf_counter() - started) * 1e3, 3)},
    )


def _processed(task: WorkerTask, source: BinaryIO) -> Result | RejectionRecord:
    from processing import pipeline  # noqa: PLC0415 - loads numpy, which the daemon's own process never does

    job = task.job
    now = utc_text(datetime.now(UTC))
    found = pipeline.process(source, task.profile, name=job.name, processed_at=now, size=job.identity.size)
    if isinstance(found, Rejection):
        return _rejection_record(job, found.input, found.details)
    return found


def _hashed(job: Job, source: BinaryIO, rejection: PresetRejection) -> RejectionRecord:
    sha256 = storage.sha256_of(source.read)
    error = ErrorDetails(code=rejection.code, message=rejection.message)
    return _rejection_record(job, Input.of(job.name, source.tell(), sha256), error)


def _rejection_record(job: Job, source: Input, error: ErrorDetails) -> RejectionRecord:
    return RejectionRecord(
        watcher_version=VERSION,
        input=source,
        error=error,
        attempts=job.attempt,
        quarantined_at=utc_text(datetime.now(UTC)),
    )
