"""Candidates become jobs once they have settled: looked at twice, unchanged, and nobody is writing them."""

from __future__ import annotations

import errno
import heapq
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.pending_file import DOUBT_FACTOR, UNSEEN, PendingFile
from watcher.discovery.probe import FileKind, Probe, Prober
from watcher.job import DeferralReason, Job, Logger, device_of, file_fields
from watcher.system.backoff import delay_seconds
from watcher.system.filesystem import Lease

LONG_WRITTEN_SECONDS = 3_600.0
ASIDE_MOST = 16_384
"""Files that cannot be taken and hold no place: each of them costs memory."""
AGAIN_SECONDS = 0.25
"""How soon a file is looked at again whose name is still in flight, or that has just come back."""
_LOOKS_A_TURN = 512


class FileEvent(NamedTuple):
    """A name below incoming that may be worth a look; `renamed` only where the kernel said MOVED_TO."""

    name: bytes
    renamed: bool = False


class Waiting(NamedTuple):
    """A file that has not settled yet, and what it waits for; times are monotonic seconds."""

    name: bytes
    since: float
    reason: DeferralReason
    detail: str
    unchanged_since: float
    blocked: bool
    """Whether it cannot be taken before somebody does something about it."""


class Outlet(Protocol):
    """Where settled files go: the job queue."""

    def accepts(self, name: bytes) -> bool:
        """Return whether a job of this name would be taken now."""

    def put(self, job: Job) -> bool:
        """Take a job, or return False."""

    def __contains__(self, name: bytes) -> bool:
        """Return whether a name is queued or in flight."""


class PendingFiles:
    """The bounded table of candidates; the intake thread's alone, but for `put_back`, `waiting` and `len`.

    `settle_of` tells by a file's name for how many seconds its identity must stay the same between two of our
    own looks by `clock`, which is monotonic; no time of the file itself is ever compared with it. With
    0, files are taken as they are. No device may hold more places than are free, so one folder never fills
    the table.
    """

    def __init__(
        self,
        settle_of: Callable[[bytes], float],
        *,
        looker: Prober,
        clock: Callable[[], float],
        capacity: int,
        ignored: IgnoredNames,
        log: Logger,
    ) -> None:
        self._settle_of = settle_of
        self._looker = looker
        self._clock = clock
        self._capacity = capacity
        self._ignored = ignored
        self._log = log
        self._candidates: dict[bytes, PendingFile] = {}
        self._held: Counter[bytes] = Counter()
        """Places by device."""
        self._places = 0
        self.leases_unknown = False
        """Whether the kernel did not say of some file whether somebody writes to it."""
        self._due: list[tuple[float, bytes]] = []
        self._parked: dict[bytes, deque[bytes]] = {}
        self._returned: dict[bytes, tuple[Job, float, DeferralReason, str]] = {}

    def add(self, event: FileEvent) -> bool:
        """Take a candidate up, or look again at a known one; False where its device has no place left."""
        candidate = self._candidates.get(event.name) or self._admit(event.name)
        if candidate is None:
            return False
        now = self._clock()
        candidate.renamed = event.renamed
        if event.renamed or not candidate.settle:
            self._schedule(candidate, now)
        else:
            self._glance(candidate, now)
        return True

    def put_back(self, job: Job, after_seconds: float, reason: DeferralReason, detail: str = "") -> None:
        """Take a job back, to be looked at again after so many seconds; any thread may call this.

        Where the file is still what the job says it goes out again at once then, with the job's attempt;
        where it has changed it settles anew. Call this before the job queue's `done`.
        """
        self._returned[job.name] = (job, self._clock() + max(after_seconds, AGAIN_SECONDS), reason, detail)

    def feed(self, outlet: Outlet) -> int:
        """Move what has settled into `outlet` as far as it accepts; return how many moved."""
        self._take_returned()
        moved = 0
        for candidate in self._ready(outlet):
            look = self._looker.look_closely(candidate.name)
            moved += self._judge(candidate, look, self._clock(), outlet)
        return moved

    def wait_seconds(self) -> float:
        """Return the seconds until the next file is due for a look, infinity where none is."""
        return max(0.0, self._due[0][0] - self._clock()) if self._due else float("inf")

    def room(self, name: bytes) -> int:
        """Return how many more candidates the device of this name may bring."""
        return max(0, (self._capacity - self._places - self._held[device_of(name)] + 1) // 2)

    def wants_more(self, name: bytes) -> bool:
        """Return whether the device of this name has drained so far that its folder is worth a walk."""
        return self.room(name) >= max(1, min(self._held[device_of(name)], self._capacity // 8))

    def waiting(self) -> list[Waiting]:
        """Return what waits and why, the oldest first."""
        found = [
            Waiting(name, job.seen_at, reason, detail, job.seen_at, bool(job.blocked))
            for name, (job, _, reason, detail) in self._returned.copy().items()
        ]
        found += [
            Waiting(each.name, each.seen_at, each.reason, each.detail, each.unchanged_since, each.is_blocked)
            for each in list(self._candidates.values())
        ]
        return sorted(found, key=lambda each: each.since)

    def __contains__(self, name: bytes) -> bool:
        """Return whether a name waits here."""
        return name in self._candidates or name in self._returned

    def __len__(self) -> int:
        """Return how many files wait here."""
        return len(self._candidates)

    def _admit(self, name: bytes) -> PendingFile | None:
        return self._place(name) if self.room(name) else None

    def _place(self, name: bytes) -> PendingFile:
        candidate = self._candidates[name] = PendingFile(name, self._clock(), self._settle_of(name))
        self._held[device_of(name)] += 1
        self._places += 1
        return candidate

    def _drop(self, candidate: PendingFile) -> None:
        del self._candidates[candidate.name]
        if candidate.holds_place:
            self._free_place(candidate)

    def _set_aside(self, candidate: PendingFile) -> None:
        """Let a file that cannot be taken hold up no other of its device, up to a bound of such files."""
        if candidate.holds_place and len(self._candidates) - self._places < ASIDE_MOST:
            candidate.holds_place = False
            self._free_place(candidate)

    def _free_place(self, candidate: PendingFile) -> None:
        self._places -= 1
        device = device_of(candidate.name)
        self._held[device] -= 1
        if not self._held[device]:
            del self._held[device]

    def _schedule(self, candidate: PendingFile, at: float) -> None:
        candidate.due_at = at
        heapq.heappush(self._due, (at, candidate.name))

    def _take_returned(self) -> None:
        while self._returned:
            name, (job, at, reason, detail) = self._returned.popitem()
            candidate = self._candidates.get(name) or self._place(name)  # it had its place before
            candidate.came_back(job, reason, detail)
            if candidate.blocked:
                self._set_aside(candidate)
            self._schedule(candidate, at)

    def _ready(self, outlet: Outlet) -> Iterator[PendingFile]:
        """Yield what is due and the outlet has room for; the rest is parked by device, oldest first."""
        now = self._clock()
        for _ in range(_LOOKS_A_TURN):
            if not self._due or self._due[0][0] > now:
                break
            at, name = heapq.heappop(self._due)
            candidate = self._candidates.get(name)
            if candidate is None or candidate.due_at != at:
                continue  # taken or scheduled anew since
            if name in outlet:
                self._schedule(candidate, now + AGAIN_SECONDS)
            else:
                self._parked.setdefault(device_of(name), deque()).append(name)
        for device in list(self._parked):
            yield from self._unpark(device, outlet)

    def _unpark(self, device: bytes, outlet: Outlet) -> Iterator[PendingFile]:
        parked = self._parked[device]
        while parked:
            candidate = self._candidates.get(parked[0])
            if candidate is not None and candidate.name in outlet:
                self._schedule(candidate, self._clock() + AGAIN_SECONDS)
            elif candidate is not None and not outlet.accepts(candidate.name):
                return
            elif candidate is not None:
                yield candidate
            parked.popleft()
        del self._parked[device]

    def _glance(self, candidate: PendingFile, now: float) -> None:
        look, settled_at = self._looker.glance(candidate.name), now + candidate.settle
        if look.identity is None:
            self._refuse(candidate, look, now)
        elif not candidate.sees(look.identity, now) and candidate.due_at > settled_at:
            self._schedule(candidate, settled_at)

    def _judge(self, candidate: PendingFile, look: Probe, now: float, outlet: Outlet) -> bool:
        """Decide by a close look what becomes of a candidate that was due; True where it left."""
        if look.identity is None:
            self._refuse(candidate, look, now)
            return False
        if candidate.settle and look.lease is Lease.UNKNOWN:
            self._note_unknown_lease(candidate)
        again_at = candidate.next_look(look.identity, look, now)
        if again_at is not None:
            self._schedule(candidate, again_at)
            self._tell_long_written(candidate, now)
            return False
        self._drop(candidate)
        return outlet.put(candidate.job())

    def _note_unknown_lease(self, candidate: PendingFile) -> None:
        if not self.leases_unknown:
            self.leases_unknown = True
            seconds = candidate.settle * DOUBT_FACTOR
            self._log.warning("file.lease_unknown", seconds=seconds, **file_fields(candidate.name))

    def _refuse(self, candidate: PendingFile, look: Probe, now: float) -> None:
        if look.sight is not FileKind.UNREADABLE:
            self._drop(candidate)
            if look.sight is not FileKind.GONE:
                self._ignored.log_once(candidate.name, look.sight.value)
            return
        self._set_aside(candidate)
        candidate.failures += 1
        candidate.identity = UNSEEN
        candidate.reason = DeferralReason.UNREADABLE
        candidate.detail = str(errno.errorcode.get(look.errno, look.errno))
        self._schedule(candidate, now + delay_seconds(candidate.failures))
        if candidate.failures == 1:
            self._log.warning("file.unreadable", error=os.strerror(look.errno), **file_fields(candidate.name))

    def _tell_long_written(self, candidate: PendingFile, now: float) -> None:
        if now - candidate.seen_at >= LONG_WRITTEN_SECONDS and not candidate.told:
            candidate.told = True
            waited = round(now - candidate.seen_at)
            self._log.warning("file.still_written", seconds=waited, **file_fields(candidate.name))
