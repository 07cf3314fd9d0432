"""The table of pending files: each is probed until it is stable, then it becomes a job."""

from __future__ import annotations

import errno
import heapq
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.pending_file import DOUBT_FACTOR, UNKNOWN_IDENTITY, PendingFile
from watcher.discovery.probe import FileKind, FolderProber, Probe
from watcher.job import DeferralReason, Job, Logger, device_of, file_fields
from watcher.system.backoff import delay_seconds
from watcher.system.filesystem import Lease

LONG_WRITE_SECONDS = 3_600.0
MAX_WITHOUT_PLACE = 16_384
"""Unreadable and blocked files that hold no place: each of them costs memory."""
RETRY_SECONDS = 0.25
"""Until the next probe of a file whose name is still in flight, or whose job was just deferred."""
_MAX_PROBES_A_TURN = 512


class FileEvent(NamedTuple):
    """A file that may have appeared or changed; `renamed` only if the kernel said MOVED_TO."""

    name: bytes
    renamed: bool = False


class JobReceiver(Protocol):
    """Takes the jobs of stable files: the job queue."""

    def accepts(self, name: bytes) -> bool:
        """Return whether a job of this name would be taken now."""

    def put(self, job: Job) -> bool:
        """Take a job, or return False."""

    def __contains__(self, name: bytes) -> bool:
        """Return whether a name is queued or in flight."""


class PendingFiles:
    """The bounded table of pending files.

    Only the dispatcher's thread uses it, except `put_back`, `waiting` and `len`. `settle_of` returns for a
    file's name how many seconds its identity must stay the same between two probes; with 0, the file is taken
    as it is. Only the monotonic `clock` counts: no time of the file itself is compared with it. A device may
    hold at most as many places as are free, so one folder never fills the table.
    """

    def __init__(
        self,
        settle_of: Callable[[bytes], float],
        *,
        prober: FolderProber,
        clock: Callable[[], float],
        capacity: int,
        ignored: IgnoredNames,
        log: Logger,
    ) -> None:
        self._settle_of = settle_of
        self._prober = prober
        self._clock = clock
        self._capacity = capacity
        self._ignored = ignored
        self._log = log
        self._files: dict[bytes, PendingFile] = {}
        self._places: Counter[bytes] = Counter()
        """Places that are held, by device."""
        self._places_held = 0
        self.leases_unknown = False
        """Whether the kernel did not say of some file whether somebody writes to it."""
        self._due: list[tuple[float, bytes]] = []
        self._parked: dict[bytes, deque[bytes]] = {}
        """Files that are due while the queue takes no job of their device, by device."""
        self._returned: dict[bytes, tuple[Job, float, DeferralReason, str]] = {}

    def add(self, event: FileEvent) -> bool:
        """Add a file, or check a known one for changes; return False if its device has no free place."""
        file = self._files.get(event.name)
        if file is None:
            if not self.free_places(event.name):
                return False
            file = self._add(event.name)
        now = self._clock()
        file.renamed = event.renamed
        if event.renamed or not file.settle:
            self._schedule(file, now)
            return True
        probe = self._prober.stat(file.name)
        if probe.identity is None:
            self._handle_failed_probe(file, probe, now)
        elif not file.update(probe.identity, now) and file.due_at > now + file.settle:
            self._schedule(file, now + file.settle)
        return True

    def put_back(self, job: Job, after_seconds: float, reason: DeferralReason, detail: str = "") -> None:
        """Take back a deferred job and probe its file again after so many seconds. Any thread may call this.

        If the file is still what the job says, it becomes a job again at once, with the job's attempt. If it
        changed, it must become stable again. Call this before the job queue's `done`.
        """
        at = self._clock() + max(after_seconds, RETRY_SECONDS)
        self._returned[job.name] = (job, at, reason, detail)

    def feed(self, receiver: JobReceiver) -> int:
        """Pass on stable files as jobs, as many as the receiver accepts; return how many."""
        self._take_returned()
        return sum(self._probe(file, receiver) for file in self._due_files(receiver))

    def wait_seconds(self) -> float:
        """Return the seconds until the next probe is due; infinity if there is none."""
        return max(0.0, self._due[0][0] - self._clock()) if self._due else float("inf")

    def free_places(self, name: bytes) -> int:
        """Return how many more files the device of this name may have here."""
        return max(0, (self._capacity - self._places_held - self._places[device_of(name)] + 1) // 2)

    def wants_more(self, name: bytes) -> bool:
        """Return whether the device of this name has so many free places that its folder is worth a walk."""
        return self.free_places(name) >= max(1, min(self._places[device_of(name)], self._capacity // 8))

    def waiting(self) -> list[PendingFile]:
        """Return the files that wait, the oldest first; any thread may read them."""
        returned = [
            PendingFile(name, job.seen_at, 0.0, blocked=job.blocked, reason=reason, detail=detail)
            for name, (job, _, reason, detail) in self._returned.copy().items()
        ]
        return sorted(returned + list(self._files.values()), key=lambda file: file.seen_at)

    def __contains__(self, name: bytes) -> bool:
        """Return whether a file waits here."""
        return name in self._files or name in self._returned

    def __len__(self) -> int:
        """Return how many files wait here."""
        return len(self._files)

    def _add(self, name: bytes) -> PendingFile:
        file = self._files[name] = PendingFile(name, self._clock(), self._settle_of(name))
        self._places[device_of(name)] += 1
        self._places_held += 1
        return file

    def _remove(self, file: PendingFile) -> None:
        del self._files[file.name]
        if file.holds_place:
            self._free_place(file)

    def _release_place(self, file: PendingFile) -> None:
        """Let a file that cannot be taken block no other of its device, up to a bound of such files."""
        if file.holds_place and len(self._files) - self._places_held < MAX_WITHOUT_PLACE:
            file.holds_place = False
            self._free_place(file)

    def _free_place(self, file: PendingFile) -> None:
        self._places_held -= 1
        device = device_of(file.name)
        self._places[device] -= 1
        if not self._places[device]:
            del self._places[device]

    def _schedule(self, file: PendingFile, at: float) -> None:
        file.due_at = at
        heapq.heappush(self._due, (at, file.name))

    def _take_returned(self) -> None:
        while self._returned:
            name, (job, at, reason, detail) = self._returned.popitem()
            file = self._files.get(name) or self._add(name)  # it had its place before
            file.take_back(job, reason, detail)
            if file.blocked:
                self._release_place(file)
            self._schedule(file, at)
            seconds = round(at - self._clock(), 3)
            self._log.debug("file.deferred", **file_fields(name), reason=file.why, seconds=seconds)

    def _due_files(self, receiver: JobReceiver) -> Iterator[PendingFile]:
        """Yield the files that are due and that the receiver accepts; park the others by device."""
        now = self._clock()
        for _ in range(_MAX_PROBES_A_TURN):
            if not self._due or self._due[0][0] > now:
                break
            at, name = heapq.heappop(self._due)
            file = self._files.get(name)
            if file is None or file.due_at != at:
                continue  # it has left, or was scheduled again
            if name in receiver:
                self._schedule(file, now + RETRY_SECONDS)
            else:
                self._parked.setdefault(device_of(name), deque()).append(name)
        for device in list(self._parked):
            yield from self._unpark(device, receiver)

    def _unpark(self, device: bytes, receiver: JobReceiver) -> Iterator[PendingFile]:
        parked = self._parked[device]
        while parked:
            file = self._files.get(parked[0])
            if file is not None and file.name in receiver:
                self._schedule(file, self._clock() + RETRY_SECONDS)
            elif file is not None and not receiver.accepts(file.name):
                return
            elif file is not None:
                yield file
            parked.popleft()
        del self._parked[device]

    def _probe(self, file: PendingFile, receiver: JobReceiver) -> bool:
        """Probe a file that is due; return whether it became a job."""
        probe, now = self._prober.probe(file.name), self._clock()
        if probe.identity is None:
            self._handle_failed_probe(file, probe, now)
            return False
        if file.settle and probe.lease is Lease.UNKNOWN:
            self._log_unknown_lease(file)
        again_at = file.next_probe_at(probe.identity, probe, now)
        self._log.debug(
            "file.probed",
            **file_fields(file.name),
            size=probe.identity.size,
            lease=probe.lease.value,
            decision="stable" if again_at is None else file.why,
            seconds=None if again_at is None else round(again_at - now, 3),
        )
        if again_at is None:
            self._remove(file)
            return receiver.put(file.job())
        self._schedule(file, again_at)
        self._log_long_write(file, now)
        return False

    def _handle_failed_probe(self, file: PendingFile, probe: Probe, now: float) -> None:
        if probe.kind is not FileKind.UNREADABLE:
            self._remove(file)
            self._log.debug("file.probed", **file_fields(file.name), decision=probe.kind.value)
            if probe.kind is not FileKind.GONE:
                self._ignored.log_once(file.name, probe.kind.value)
            return
        self._release_place(file)
        file.failures += 1
        file.identity = UNKNOWN_IDENTITY
        file.reason = DeferralReason.UNREADABLE
        file.detail = errno.errorcode.get(probe.errno, str(probe.errno))
        seconds = delay_seconds(file.failures)
        self._schedule(file, now + seconds)
        self._log.debug("file.probed", **file_fields(file.name), decision=file.why, seconds=seconds)
        if file.failures == 1:
            self._log.warning("file.unreadable", error=os.strerror(probe.errno), **file_fields(file.name))

    def _log_unknown_lease(self, file: PendingFile) -> None:
        if not self.leases_unknown:
            self.leases_unknown = True
            seconds = file.settle * DOUBT_FACTOR
            self._log.warning("file.lease_unknown", seconds=seconds, **file_fields(file.name))

    def _log_long_write(self, file: PendingFile, now: float) -> None:
        seconds = now - file.seen_at
        if seconds >= LONG_WRITE_SECONDS and not file.logged_long_write:
            file.logged_long_write = True
            self._log.warning("file.still_written", seconds=round(seconds), **file_fields(file.name))
