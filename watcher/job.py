"""The values that cross threads, processes and packages: a file's job, its answer, and the outcome."""

from __future__ import annotations

import enum
import os
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import msgspec

from processing.model import safe_text
from processing.model.safe_text import b64_of, text_of
from processing.workers.attempts import CRASHED, TIMED_OUT

GROWING_SCANS = 10
"""After this many scans in a row that each find more files than the last, the daemon cannot keep up."""
device_of = safe_text.device_of

FOLDERS_PROBLEM = "folders"
SYNC_PROBLEM = "sync"
"""A sync after a move failed: the files are in their folders, but may not be on the disk yet."""
START_PROBLEM = "start"
ENGINE_PROBLEM = "engine"
"""No worker can be started or reached; no file causes this."""
NO_SPACE = "no_space"
"""The disk is nearly full: no new file is taken."""


class Logger(Protocol):
    """A structured log: each call writes one event with its fields. structlog's loggers have this form."""

    def debug(self, event: str, **fields: Any) -> object:
        """Log a decision about a file, to explain why something happens."""

    def info(self, event: str, **fields: Any) -> object:
        """Log what normal work did."""

    def warning(self, event: str, **fields: Any) -> object:
        """Log something that a person should know of."""

    def error(self, event: str, **fields: Any) -> object:
        """Log a failure."""


class ProblemReporter(Protocol):
    """Receives the problems of the daemon, each under a key. `monitoring.health` keeps them."""

    def begin(self, key: str, message: str, **fields: Any) -> None:
        """Note a problem, with fields for its log line; it may be reported again while it lasts."""

    def end(self, key: str) -> None:
        """Note that a problem is over, or that there is none."""


@lru_cache(256)
def file_fields(name: bytes) -> dict[str, str]:
    """Return the fields that name a file: `file` as text, and `file_b64` if that text is ambiguous."""
    encoded = b64_of(name)
    return {"file": text_of(name)} | ({} if encoded is None else {"file_b64": encoded})


class Identity(NamedTuple):
    """One state of a file: its inode, size and times in ns.

    An inode or ctime of 0 is not compared: the filesystem reports it inconsistently (FAT, some FUSE and SMB
    mounts).
    """

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Identity:
        """Return the identity that a stat describes."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)

    def matches(self, stat: os.stat_result, *, moved: bool = False) -> bool:
        """Return whether a stat shows this state; `moved` ignores the ctime, which a rename changes."""
        return (
            (stat.st_size, stat.st_mtime_ns) == (self.size, self.mtime_ns)
            and self.inode in {0, stat.st_ino}
            and (moved or self.ctime_ns in {0, stat.st_ctime_ns})
        )


class PresetRejection(msgspec.Struct, frozen=True):
    """The code and message of a file that is rejected without being processed."""

    code: str
    message: str


class Job(msgspec.Struct, frozen=True):
    """A stable file on its way to a worker."""

    name: bytes
    """Its path below incoming, with `/` between folders."""
    identity: Identity
    seen_at: float
    """When it was seen first, in monotonic seconds."""
    attempt: int = 1
    blocked: str = ""
    """The error that was logged if this file alone could not be read or moved."""
    rejection: PresetRejection | None = None
    """Set if the file crashed or timed out too many workers; a change of the file clears it."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker sends back: the record to publish, and what the log line says."""

    name: bytes
    identity: Identity
    sha256: str
    accepted: bool
    """Whether the input goes to the archive with a result; else to quarantine with a rejection record."""
    record: bytes
    """The record as JSON. The committer adds earlier rejections to a rejection record."""
    summary: dict[str, Any]
    milliseconds: dict[str, float]
    ways: int = 0
    """How many ways to read a rejected file its record lists; `accept` takes one of them."""


class DeferralReason(enum.Enum):
    """Why a file is not processed now, in the words that the log and `status` show."""

    NOT_STABLE = "settling"
    OPEN_FOR_WRITING = "open for writing"
    EMPTY = "empty"
    LINE_UNFINISHED = "last line unfinished"
    LEASE_UNKNOWN = "the kernel does not say whether it is open for writing"
    NO_WORKER = "waiting for a worker"
    UNREADABLE = "unreadable"
    CHANGED = "changed while it was read"
    GONE = "gone"
    """Its owner took it away."""
    BLOCKED = "blocked"
    """This file alone cannot be read or moved."""
    FAULT = "fault"
    """The environment failed; other files may meet the same fault."""
    STOPPED = "not processed before the stop"
    WORKER_CRASHED = CRASHED
    TIMED_OUT = TIMED_OUT

    def text(self, detail: str = "") -> str:
        """Return what the log and `status` show: the reason with its detail; of a fault, the detail alone."""
        return ": ".join(filter(None, ("" if self is DeferralReason.FAULT else self.value, detail)))


class Deferral(msgspec.Struct, frozen=True):
    """Why a file cannot be processed or moved now; it stays in incoming."""

    reason: DeferralReason
    error: str = ""
    """The error of a call that failed, and its path, for the operator."""


class Finished(NamedTuple):
    """A job whose worker has finished, and its outcome; times in monotonic seconds."""

    job: Job
    submitted_at: float
    finished_at: float
    outcome: Answer | Deferral | BaseException


class CommitKind(enum.Enum):
    """What a commit did with a file; the values are the keys of the counts and end the log events."""

    PROCESSED = "processed"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    """Its bytes are in the archive under its name; the copy is removed."""


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose record is published and that has left incoming."""

    answer: Answer
    kind: CommitKind
    destination: bytes
    """Its path below the data folder."""
    recovered: bool = False
    """An earlier run had published the record, and this one only moved the file."""
    summary: dict[str, Any]
    """What the log line says of the record, which is an earlier one if an earlier run published it."""
