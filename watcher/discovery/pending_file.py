"""One file on its way to being settled: what the looks at it showed, and how long it has rested."""

from __future__ import annotations

import math

import msgspec

from watcher.discovery.probe import Probe
from watcher.job import DeferralReason, Identity, Job, PresetRejection
from watcher.system.filesystem import Lease

DOUBT_FACTOR = 10
"""A file that may be incomplete must be unchanged this many times longer; then it is taken as it is."""
BLOCKED_FAILURES = 3
"""So often a file must have been unreadable before it counts as blocked: for some 7 s."""
FICKLE_LOOKS = 2
"""After so many looks at which inode or ctime alone differed (FAT, some FUSE and SMB) they do not count."""
UNSEEN = Identity(-1, -1, -1, -1)
"""What no look has shown: equal to no file."""


class PendingFile(msgspec.Struct):
    """A name in incoming; times are seconds of one monotonic clock, never of the file itself."""

    name: bytes
    seen_at: float
    settle: float
    """For so many seconds it must stay unchanged; 0: taken as it is."""
    due_at: float = math.inf
    changed_at: float = 0.0
    identity: Identity = UNSEEN
    """What the last look showed, 0 for what this filesystem reports differently from look to look."""
    renamed: bool = False
    strays: int = 0
    failures: int = 0
    attempt: int = 1
    refusal: PresetRejection | None = None
    """Why it is to be refused as it is; a change ends that."""
    reason: DeferralReason = DeferralReason.SETTLING
    detail: str = ""
    told: bool = False
    blocked: str = ""
    """The error that was logged of it, if it alone could not be filed."""
    holds_place: bool = True
    """Whether it counts against its device; what is unreadable or blocked waits beside the others."""

    @property
    def unchanged_since(self) -> float:
        """When the file last changed, as far as is known."""
        return max(self.seen_at, self.changed_at)

    @property
    def is_blocked(self) -> bool:
        """Whether it cannot be taken, and that is no moment in the middle of an upload."""
        return bool(self.blocked) or self.failures >= BLOCKED_FAILURES

    def sees(self, found: Identity, now: float) -> bool:
        """Take in what a look showed; return whether the file is what it was at the look before."""
        same = self._is(found)
        if not same:
            self.identity, self.changed_at, self.attempt, self.refusal = found, now, 1, None
        return same

    def next_look(self, found: Identity, look: Probe, now: float) -> float | None:
        """Return when to look again, None where the file has settled; a close look found this."""
        renamed, self.renamed, self.failures, self.reason = self.renamed, False, 0, DeferralReason.SETTLING
        self.detail = ""
        unchanged = self.sees(found, now)
        settle = self.settle
        if not settle or (renamed and look.lease is Lease.FREE and not look.doubt):
            return None
        if unchanged and look.lease is Lease.WRITTEN_TO:
            self.reason = DeferralReason.OPEN_FOR_WRITING
            return now + settle
        needed = settle
        if look.doubt:
            self.reason = look.doubt
            needed *= DOUBT_FACTOR
        rested = now - self.changed_at >= needed
        return None if rested else min(self.changed_at + needed, now + settle)

    def job(self) -> Job:
        """Return the job that the settled file is."""
        return Job(self.name, self.identity, self.seen_at, self.attempt, self.blocked, self.refusal)

    def came_back(self, job: Job, reason: DeferralReason, detail: str) -> None:
        """Take over what a job knew that could not be filed; the reader has seen one look disagree."""
        self.seen_at, self.blocked = job.seen_at, job.blocked
        self.reason, self.detail = reason, detail
        if self.identity is UNSEEN or self.identity[1:3] == job.identity[1:3]:  # size and mtime
            self.attempt, self.refusal = job.attempt, job.refusal
        if self.identity is UNSEEN:
            self.identity, self.strays = job.identity, FICKLE_LOOKS - 1

    def _is(self, found: Identity) -> bool:
        before = self.identity
        if (before.size, before.mtime_ns) != (found.size, found.mtime_ns):
            return False
        kept = before._replace(
            inode=before.inode if before.inode == found.inode else 0,
            ctime_ns=before.ctime_ns if before.ctime_ns == found.ctime_ns else 0,
        )
        if kept == before:
            self.strays = 0
            return True
        self.strays += 1
        if self.strays < FICKLE_LOOKS:
            return False
        self.identity = kept
        return True
