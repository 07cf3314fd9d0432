"""A file that is not yet known to be complete: what its probes found, and since when it is unchanged."""

import math

import msgspec

from watcher.discovery.probe import Probe
from watcher.job import DeferralReason, Identity, Job, PresetRejection
from watcher.system.filesystem import Lease

DOUBT_FACTOR = 10
"""A file that may be incomplete must stay unchanged this many times longer; then it is taken as it is."""
BLOCKED_FAILURES = 3
"""After this many failed probes, about 7 s, a file counts as blocked."""
FICKLE_PROBES = 2
"""After this many probes in which only inode or ctime changed, ignore both.

FAT and some FUSE and SMB mounts report them inconsistently.
"""
UNKNOWN_IDENTITY = Identity(-1, -1, -1, -1)
"""The identity before the first probe: it equals no file's."""


class PendingFile(msgspec.Struct):
    """A file in incoming; its times are seconds of one monotonic clock, never times of the file itself."""

    name: bytes
    seen_at: float
    settle: float
    """Seconds for which it must stay unchanged; 0: it is taken as it is."""
    due_at: float = math.inf
    """When it is probed next."""
    changed_at: float = 0.0
    identity: Identity = UNKNOWN_IDENTITY
    """What the last probe found; 0 for a field that this filesystem reports inconsistently."""
    renamed: bool = False
    fickle_probes: int = 0
    """Probes in a row in which only inode or ctime changed."""
    failures: int = 0
    attempt: int = 1
    rejection: PresetRejection | None = None
    """The rejection that the file gets if it does not change."""
    reason: DeferralReason = DeferralReason.NOT_STABLE
    detail: str = ""
    logged_long_write: bool = False
    blocked: str = ""
    """The error that was logged if this file alone could not be read or moved."""
    is_counted: bool = True
    """Whether it counts toward the limit of its device; an unreadable or blocked file does not."""

    @property
    def unchanged_since(self) -> float:
        """When the file last changed, as far as is known."""
        return max(self.seen_at, self.changed_at)

    @property
    def is_blocked(self) -> bool:
        """Whether a person must act before the file can be taken."""
        return bool(self.blocked) or self.failures >= BLOCKED_FAILURES

    @property
    def why(self) -> str:
        """Why it waits, as the log and `status` show it."""
        return self.reason.text(self.detail)

    def update(self, found: Identity, now: float) -> bool:
        """Store what a probe found; return whether the file is unchanged since the probe before."""
        before = self.identity
        if (before.size, before.mtime_ns) == (found.size, found.mtime_ns):
            kept = before._replace(
                inode=before.inode if before.inode == found.inode else 0,
                ctime_ns=before.ctime_ns if before.ctime_ns == found.ctime_ns else 0,
            )
            self.fickle_probes = 0 if kept == before else self.fickle_probes + 1
            if not self.fickle_probes or self.fickle_probes >= FICKLE_PROBES:
                self.identity = kept
                return True
        self.identity, self.changed_at, self.attempt, self.rejection = found, now, 1, None
        return False

    def next_probe_at(self, found: Identity, probe: Probe, now: float) -> float | None:
        """Return when to probe again, None if the file is stable; `found` is the identity in the probe."""
        renamed, self.renamed, self.failures = self.renamed, False, 0
        self.reason, self.detail = probe.doubt or DeferralReason.NOT_STABLE, ""
        unchanged = self.update(found, now)
        settle = self.settle
        if not settle or (renamed and probe.lease is Lease.FREE and not probe.doubt):
            return None
        if unchanged and probe.lease is Lease.WRITTEN_TO:
            self.reason = DeferralReason.OPEN_FOR_WRITING
            return now + settle
        needed = settle * DOUBT_FACTOR if probe.doubt else settle
        stable = now - self.changed_at >= needed
        return None if stable else min(self.changed_at + needed, now + settle)

    def job(self) -> Job:
        """Return the job of the stable file."""
        return Job(self.name, self.identity, self.seen_at, self.attempt, self.blocked, self.rejection)

    def requeue(self, job: Job, reason: DeferralReason, detail: str) -> None:
        """Continue with a deferred job; its worker or its commit counts as a failed probe."""
        self.seen_at, self.blocked = job.seen_at, job.blocked
        self.reason, self.detail = reason, detail
        unknown = self.identity is UNKNOWN_IDENTITY
        if unknown or self.identity[1:3] == job.identity[1:3]:  # size and mtime
            self.attempt, self.rejection = job.attempt, job.rejection
        if unknown:
            self.identity, self.fickle_probes = job.identity, FICKLE_PROBES - 1
