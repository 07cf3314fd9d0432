"""The table of pending files: each is probed until it is stable, then it becomes a job."""

import errno
import heapq
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.pending_file import DOUBT_FACTOR, UNKNOWN_IDENTITY, PendingFile
from watcher.discovery.probe import FolderProber, Probe
from watcher.job import DeferralReason, Job, Logger, device_of, file_fields
from watcher.system.backoff import delay_seconds
from watcher.system.filesystem import Lease

LONG_WRITE_SECONDS = 3_600.0
MAX_WITHOUT_PLACE = 16_384
"""Unreadable and blocked files that hold no place: each of them costs memory."""
RETRY_SECONDS = 0.25
"""Until the next probe of a file whose name is still in flight, or whose job was just deferred."""
_MAX_PROBES_A_TURN = 512


class JobReceiver(Protocol):
    """Takes the jobs of stable files: the job queue."""

    def accepts(self, name: bytes) -> bool:
        """Return whether a job of this name would be taken now."""

    def put(self, job: Job) -> bool:
        """Take a job, or return False."""

    def __contains__(self, name: bytes) -> bool:
        """Return whether a name is queued or in flight."""


@dataclass(eq=False)
class PendingFiles:
    """The bounded table of pending files.

    Only the dispatcher's thread uses it, except `requeue`, `waiting` and `len`. `settle_of` returns for a
    file's name how many seconds its identity must stay the same between two probes; with 0, the file is taken
    as it is. Only the monotonic `clock` counts: no time of the file itself is compared with it. A device may
    hold at most as many places as are free, so one folder never fills the table.
    """

    settle_of: Callable[[bytes], float]
    prober: FolderProber
    capacity: int
    ignored: IgnoredNames
    log: Logger
    clock: Callable[[], float] = time.monotonic
    leases_unknown: bool = False
    """Whether the kernel did not say of some file whether somebody writes to it."""

    def __post_init__(self) -> None:
        self._files: dict[bytes, PendingFile] = {}
        self._places: Counter[bytes] = Counter()
        """Places that are held, by device."""
        self._due: list[tuple[float, bytes]] = []
        self._parked: dict[bytes, deque[PendingFile]] = {}
        """Files that are due while the queue takes no job of their device, by device."""
        self._requeued: dict[bytes, tuple[Job, float, DeferralReason, str]] = {}

    def add(self, name: bytes, *, renamed: bool = False) -> bool:
        """Add a file, or check a known one for changes; return False if its device has no free place.

        `renamed` says that the kernel announced the file with MOVED_TO, so its writer has finished it.
        """
        file = self._files.get(name)
        if file is None:
            if not self.free_places(device_of(name)):
                return False
            file = self._add(name)
        now = self.clock()
        file.renamed = renamed
        if renamed or not file.settle:
            self._schedule(file, now)
            return True
        probe = self.prober.probe(name, open_file=False)
        if probe.identity is None:
            self._handle_failed_probe(file, probe, now)
        elif not file.update(probe.identity, now) and file.due_at > now + file.settle:
            self._schedule(file, now + file.settle)
        return True

    def requeue(self, job: Job, after_seconds: float, reason: DeferralReason, detail: str = "") -> None:
        """Take a deferred job, and probe its file again after so many seconds. Any thread may call this.

        If the file is still what the job says, it becomes a job again at once, with the job's attempt. If it
        changed, it must become stable again. Call this before the job queue's `done`.
        """
        at = self.clock() + max(after_seconds, RETRY_SECONDS)
        self._requeued[job.name] = (job, at, reason, detail)

    def feed(self, receiver: JobReceiver) -> int:
        """Pass on stable files as jobs, as many as the receiver accepts; return how many."""
        self._take_requeued()
        return sum(self._probe(file, receiver) for file in self._due_files(receiver))

    def wait_seconds(self) -> float:
        """Return the seconds until the next probe is due; infinity if there is none."""
        return max(0.0, self._due[0][0] - self.clock()) if self._due else float("inf")

    def free_places(self, device: bytes) -> int:
        """Return how many more files a device may have here."""
        return max(0, (self.capacity - self._places.total() - self._places[device] + 1) // 2)

    def wants_more(self, device: bytes) -> bool:
        """Return whether a device has so many free places that its folder is worth a walk."""
        return self.free_places(device) >= max(1, min(self._places[device], self.capacity // 8))

    def waiting(self) -> list[PendingFile]:
        """Return the files that wait, the oldest first; any thread may read them."""
        returned = {
            name: PendingFile(name, job.seen_at, 0.0, blocked=job.blocked, reason=reason, detail=detail)
            for name, (job, _, reason, detail) in self._requeued.copy().items()
        }
        return sorted((self._files.copy() | returned).values(), key=lambda file: file.seen_at)

    def __contains__(self, name: bytes) -> bool:
        """Return whether a file waits here."""
        return name in self._files or name in self._requeued

    def __len__(self) -> int:
        """Return how many files wait here."""
        return len(self._files) + sum(name not in self._files for name in self._requeued.copy())

    def _add(self, name: bytes) -> PendingFile:
        file = self._files[name] = PendingFile(name, self.clock(), self.settle_of(name))
        self._places[device_of(name)] += 1
        return file

    def _remove(self, file: PendingFile) -> None:
        del self._files[file.name]
        self._free_place(file)

    def _free_place(self, file: PendingFile) -> None:
        """Free the place of a file that has left, or that cannot be taken, up to a bound of such files."""
        if file.holds_place and len(self._files) - self._places.total() < MAX_WITHOUT_PLACE:
            file.holds_place = False
            device = device_of(file.name)
            self._places[device] -= 1
            if not self._places[device]:
                del self._places[device]

    def _schedule(self, file: PendingFile, at: float) -> None:
        file.due_at = at
        heapq.heappush(self._due, (at, file.name))

    def _take_requeued(self) -> None:
        while self._requeued:
            name, (job, at, reason, detail) = self._requeued.popitem()
            file = self._files.get(name) or self._add(name)  # it had its place before
            file.requeue(job, reason, detail)
            if file.blocked:
                self._free_place(file)
            self._schedule(file, at)
            seconds = round(at - self.clock(), 3)
            self.log.debug("file.deferred", **file_fields(name), reason=file.why, seconds=seconds)

    def _due_files(self, receiver: JobReceiver) -> Iterator[PendingFile]:
        """Yield the files that are due and that the receiver accepts; park the others by device."""
        now, due = self.clock(), []
        for _ in range(_MAX_PROBES_A_TURN):
            if not self._due or self._due[0][0] > now:
                break
            at, name = heapq.heappop(self._due)
            file = self._files.get(name)
            if file is not None and file.due_at == at:  # else it has left, or was scheduled again
                self._parked.setdefault(device_of(name), deque()).append(file)
                due.append(file)
        for device in list(self._parked):
            yield from self._unpark(device, receiver)
        for file in due:
            still_parked = file.due_at <= now and self._files.get(file.name) is file
            if still_parked and not file.is_blocked and file.reason is not DeferralReason.QUEUE_FULL:
                file.reason, file.detail = DeferralReason.QUEUE_FULL, ""
                self.log.debug("file.deferred", **file_fields(file.name), reason=file.why, seconds=None)

    def _unpark(self, device: bytes, receiver: JobReceiver) -> Iterator[PendingFile]:
        parked = self._parked[device]
        while parked:
            file = parked[0]
            if self._files.get(file.name) is file:
                if file.name in receiver:
                    self._schedule(file, self.clock() + RETRY_SECONDS)
                elif receiver.accepts(file.name):
                    yield file
                else:
                    return
            parked.popleft()
        del self._parked[device]

    def _probe(self, file: PendingFile, receiver: JobReceiver) -> bool:
        """Probe a file that is due; return whether it became a job."""
        probe, now = self.prober.probe(file.name), self.clock()
        if probe.identity is None:
            self._handle_failed_probe(file, probe, now)
            return False
        if file.settle and probe.lease is Lease.UNKNOWN and not self.leases_unknown:
            self.leases_unknown = True
            seconds = file.settle * DOUBT_FACTOR
            self.log.warning("file.lease_unknown", seconds=seconds, **file_fields(file.name))
        again_at = file.next_probe_at(probe.identity, probe, now)
        found = {**file_fields(file.name), "size": probe.identity.size, "lease": probe.lease.value}
        if again_at is None:
            self.log.debug("file.probed", **found, decision="stable", seconds=None)
            self._remove(file)
            return receiver.put(file.job())
        self.log.debug("file.probed", **found, decision=file.why, seconds=round(again_at - now, 3))
        self._schedule(file, again_at)
        seconds = now - file.seen_at
        if seconds >= LONG_WRITE_SECONDS and not file.logged_long_write:
            file.logged_long_write = True
            self.log.warning("file.still_written", seconds=round(seconds), **file_fields(file.name))
        return False

    def _handle_failed_probe(self, file: PendingFile, probe: Probe, now: float) -> None:
        if not probe.errno:
            self._remove(file)
            self.log.debug("file.probed", **file_fields(file.name), decision=probe.ignored or "gone")
            if probe.ignored:
                self.ignored.log_once(file.name, probe.ignored)
            return
        self._free_place(file)
        file.failures += 1
        file.identity = UNKNOWN_IDENTITY
        file.reason = DeferralReason.UNREADABLE
        file.detail = errno.errorcode.get(probe.errno, str(probe.errno))
        seconds = delay_seconds(file.failures)
        self._schedule(file, now + seconds)
        self.log.debug("file.probed", **file_fields(file.name), decision=file.why, seconds=seconds)
        if file.failures == 1:
            self.log.warning("file.unreadable", error=os.strerror(probe.errno), **file_fields(file.name))
