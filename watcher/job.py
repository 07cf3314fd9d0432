"""The values that cross threads, processes and packages: what a file was, and what became of it."""

from __future__ import annotations

import enum
import os
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import msgspec

from processing.model.safe_text import b64_of, text_of
from processing.workers.attempts import CRASHED, TIMED_OUT

if TYPE_CHECKING:
    from processing.model.result import RejectionRecord

GROWING_SCANS = 10
"""So many scans in a row that found more files than the one before: the daemon cannot keep up."""
MOST_RECORD_BYTES = 16 << 20
"""A record is much smaller; a larger file is not read."""


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
        """Log a decision about a file, for whoever searches why something happens."""

    def info(self, event: str, **fields: Any) -> object:
        """Log what normal work did."""

    def warning(self, event: str, **fields: Any) -> object:
        """Log something that a person should know of."""

    def error(self, event: str, **fields: Any) -> object:
        """Log a failure."""

    def exception(self, event: str, **fields: Any) -> object:
        """Log a failure with the exception that is being handled."""


class ProblemReporter(Protocol):
    """Receives the problems of the daemon, each under a key; `monitoring.health` keeps them."""

    def begin(self, key: str, message: str, **fields: Any) -> None:
        """Note a problem, with fields for its log line; it may be reported again while it lasts."""

    def end(self, key: str) -> None:
        """Note that a problem is over, or that there is none."""


def device_of(name: bytes) -> bytes:
    """Return the sensor folder that a name lies in: its first part, or nothing for incoming itself."""
    return name.partition(b"/")[0] if b"/" in name else b""


def file_fields(name: bytes) -> dict[str, str]:
    """Return the fields that name a file: `file` as text, `file_b64` where that cannot be reversed."""
    encoded = b64_of(name)
    return {"file": text_of(name)} | ({} if encoded is None else {"file_b64": encoded})


def reason_summary(reason: RejectionRecord) -> dict[str, Any]:
    """Return the fields of a refusal that its log line has."""
    return {"reason": reason.error.code, "message": reason.error.message, "line": reason.error.line}


class Identity(NamedTuple):
    """What tells one state of a file from another: the inode, its size and its times in ns.

    An inode or ctime of 0 means that this filesystem reports them differently from look to look
    (FAT, some FUSE and SMB mounts): they are then not compared.
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
        """Return whether a stat is of this very state; a rename changes the ctime, so not if `moved`."""
        return (
            (stat.st_size, stat.st_mtime_ns) == (self.size, self.mtime_ns)
            and self.inode in {0, stat.st_ino}
            and (moved or self.ctime_ns in {0, stat.st_ctime_ns})
        )


class PresetRejection(msgspec.Struct, frozen=True):
    """Why a file is refused without being judged: its code and a sentence."""

    code: str
    message: str


class Job(msgspec.Struct, frozen=True):
    """A settled file: its name below incoming, as bytes with `/` between folders, and its first look."""

    name: bytes
    identity: Identity
    seen_at: float
    """Monotonic seconds of the first look."""
    attempt: int = 1
    blocked: str = ""
    """The error that was logged of it, if it alone could not be read or filed."""
    rejection: PresetRejection | None = None
    """Set if it failed its workers too often as it is."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker found in one file's bytes: the record to publish, and what the log line says."""

    name: bytes
    identity: Identity
    sha256: str
    accepted: bool
    """True: archive, with a result. False: quarantine, with a reason."""
    record: bytes
    """The record as JSON; a reason still lacks what only the folders know of earlier attempts."""
    summary: dict[str, Any]
    milliseconds: dict[str, float]


class DeferralReason(enum.Enum):
    """Why a file is not processed now, in the words that the log and `status` show."""

    SETTLING = "settling"
    OPEN_FOR_WRITING = "open for writing"
    EMPTY = "empty"
    LINE_UNFINISHED = "last line unfinished"
    LEASE_UNKNOWN = "the kernel does not say whether it is open for writing"
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


class Deferral(msgspec.Struct, frozen=True, kw_only=True):
    """Why a file cannot be processed or moved now; it stays in incoming."""

    name: bytes
    reason: DeferralReason
    errno: int | None = None
    place: str = ""
    """What the failing call was about, for the operator."""


class Finished(NamedTuple):
    """A job that came back from its worker, with what came of it; times in monotonic seconds."""

    job: Job
    submitted_at: float
    finished_at: float
    outcome: Answer | Deferral | BaseException


Event = Literal["file.processed", "file.quarantined", "file.duplicate"]


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """A file that has left incoming, and where it is now."""

    answer: Answer
    event: Event
    destination: bytes
    """Relative to the data folder."""
    recovered: bool = False
    """An earlier run had committed the record; only the move was left to do."""
    earlier_summary: dict[str, Any] | None = None
    """What the record of an earlier run says, which stands; None if the verdict's own does."""

    @property
    def summary(self) -> dict[str, Any]:
        """What the log line says."""
        return self.answer.summary if self.earlier_summary is None else self.earlier_summary
