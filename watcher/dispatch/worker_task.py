"""One file from its name to a verdict: what a worker process does. It writes nothing.

The only place that runs `processing`. The daemon's own process imports it for the values, never for numpy.
"""

from __future__ import annotations

import errno
import functools
import os
import stat
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from processing import storage
from processing.model.profile import Profile
from processing.model.result import ErrorDetails, Input, RejectionRecord, encode
from processing.model.stamp import utc_text
from processing.model.version import VERSION
from watcher.job import Answer, Deferral, DeferralReason, Job, PresetRejection, reason_summary
from watcher.system.filesystem import FileSystem, Lease, folder_of

if TYPE_CHECKING:
    from processing.model.result import Rejection, Result

_HASHED_A_SECOND = 20_000_000
"""Bytes that a slow memory card reads."""
_LONGEST_HASHING_SECONDS = 600.0
_SWAPPED = frozenset({errno.ELOOP, errno.ENOTDIR, errno.ENXIO})
"""What opening says where a link, a file in a folder's place or a socket was put there meanwhile."""
_UNREADABLE = frozenset({errno.EACCES, errno.EPERM, errno.EIO, errno.EINVAL, errno.EUCLEAN, errno.EOVERFLOW})
"""What reading says of one file: no right to it, a bad sector under it. Others may be sound."""


class WorkerTask(msgspec.Struct, frozen=True):
    """All that a worker needs to know of one job."""

    incoming: bytes
    """The folder's path."""
    job: Job
    profile: Profile
    file_memory: int
    rejection: PresetRejection | None = None
    """Set if the file is to be refused whatever is in it: hash it, judge nothing."""
    seconds: float | None = None
    """The time limit, None for that of all tasks."""


def hashing_seconds(size: int, file_seconds: float) -> float:
    """Return the time limit of a file that is only hashed: by its size, and no less than that of all."""
    return max(file_seconds, min(size / _HASHED_A_SECOND, _LONGEST_HASHING_SECONDS))


_file_system = functools.cache(FileSystem)
"""One for the life of a worker: to make one asks the C library, which takes as long as a small check."""


def process(task: WorkerTask) -> Answer | Deferral:
    """Return what a file's bytes say, or why they could not be read; runs in a worker."""
    fs = _file_system()
    name = task.job.name
    last = name.rpartition(b"/")[2]
    try:
        with folder_of(fs, task.incoming, name) as folder:
            if not _is_settled_file(task, fs.stat(last, folder)):  # opening a device may already do something
                return Deferral(name=name, reason=DeferralReason.CHANGED)
            descriptor = fs.open_file(last, folder)
        try:
            return _judge_open(fs, task, descriptor)
        finally:
            fs.close(descriptor)
    except FileNotFoundError:
        gone = os.path.isdir(task.incoming)  # noqa: PTH112 - a path of bytes
        return Deferral(name=name, reason=DeferralReason.GONE if gone else DeferralReason.FAULT)
    except OSError as error:
        return Deferral(name=name, reason=_reason_of(error), errno=error.errno, place="incoming")


def _reason_of(error: OSError) -> DeferralReason:
    if error.errno in _SWAPPED:
        return DeferralReason.CHANGED
    return DeferralReason.BLOCKED if error.errno in _UNREADABLE else DeferralReason.FAULT


def _is_settled_file(task: WorkerTask, found: os.stat_result) -> bool:
    """Return whether this is the very file that has settled: nothing else may be read in its place."""
    return stat.S_ISREG(found.st_mode) and task.job.identity.matches(found)


def _judge_open(fs: FileSystem, task: WorkerTask, descriptor: int) -> Answer | Deferral:
    started = time.perf_counter()
    found = fs.fstat(descriptor)
    if not _is_settled_file(task, found):
        return Deferral(name=task.job.name, reason=DeferralReason.CHANGED)
    source = os.fdopen(descriptor, "rb", buffering=0, closefd=False)
    try:
        record = _refused(task, source, task.rejection) if task.rejection else _processed(task, source)
    except MemoryError:
        source.seek(0)
        message = (
            f"judging it needs more than {task.file_memory} bytes of memory: split it, or raise --file-memory"
        )
        record = _refused(task, source, PresetRejection("too_large", message))
    same = task.job.identity.matches(fs.fstat(descriptor))
    written_to = fs.probe_lease(descriptor) is Lease.WRITTEN_TO
    if not same or record.input.bytes != found.st_size or written_to:
        return Deferral(name=task.job.name, reason=DeferralReason.CHANGED)
    return _verdict(task.job, record, started)


def _processed(task: WorkerTask, source: BinaryIO) -> Result | RejectionRecord:
    from processing import process  # noqa: PLC0415 - loads numpy, which the daemon's own process never does
    from processing.model.result import Result  # noqa: PLC0415

    job = task.job
    found = process(source, task.profile, name=job.name, processed_at=_now(), size=job.identity.size)
    return found if isinstance(found, Result) else _reason(task, found)


def _refused(task: WorkerTask, source: BinaryIO, rejection: PresetRejection) -> RejectionRecord:
    sha256 = storage.sha256_of(source.read)
    return RejectionRecord(
        watcher_version=VERSION,
        input=Input.of(task.job.name, source.tell(), sha256),
        error=ErrorDetails(code=rejection.code, message=rejection.message),
        attempts=task.job.attempt,
        quarantined_at=_now(),
    )


def _reason(task: WorkerTask, rejection: Rejection) -> RejectionRecord:
    return RejectionRecord(
        watcher_version=VERSION,
        input=rejection.input,
        error=rejection.details,
        attempts=task.job.attempt,
        quarantined_at=_now(),
    )


def _verdict(job: Job, record: Result | RejectionRecord, started: float) -> Answer:
    summary = reason_summary(record) if isinstance(record, RejectionRecord) else {**record.summary}
    encoded = encode(record)
    return Answer(
        name=job.name,
        identity=job.identity,
        sha256=record.input.sha256,
        accepted=not isinstance(record, RejectionRecord),
        record=encoded,
        summary=summary,
        milliseconds={"process": round((time.perf_counter() - started) * 1e3, 3)},
    )


def _now() -> str:
    return utc_text(datetime.now(UTC))
