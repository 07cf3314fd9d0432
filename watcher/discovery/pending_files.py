"""The files that have no worker yet: each is probed until it is stable, then it becomes a job."""

import errno
import heapq
import os
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.pending_file import DOUBT_FACTOR, UNKNOWN_IDENTITY, PendingFile
from watcher.discovery.probe import FolderProber, Probe
from watcher.job import DeferralReason, Job, Logger, device_of, file_fields
from watcher.system.backoff import delay_seconds
from watcher.system.filesystem import Lease

MAX_FILES = 32_768
"""The most files that are counted. Each costs about 600 bytes; the next scan finds the rest."""
MAX_UNCOUNTED = 16_384
"""The most unreadable and blocked files that are kept in addition, uncounted."""
LONG_WRITE_SECONDS = 3_600.0
MAX_PROBING_SECONDS = 0.1
"""Longest time for probes in one turn of the loop: on slow storage, a probe may take milliseconds."""
RETRY_SECONDS = 0.25
"""Shortest wait until the next probe of a file whose name is still in flight or whose job was deferred."""


@dataclass(eq=False)
class PendingFiles:
    """The pending files. Only the loop uses it, except `waiting` and the counts.

    `settle_of` returns for a file's name how many seconds its identity must stay the same between two probes;
    with 0, the file is taken as it is. `clock` is monotonic and is never compared with the times of a file. A
    device may have at most as many files here as there is capacity left (dynamic thresholds, Choudhury and
    Hahne 1998), so that a folder with 50,000 files leaves capacity for a single file of another.
    """

    settle_of: Callable[[bytes], float]
    prober: FolderProber
    ignored: IgnoredNames
    log: Logger
    capacity: int = MAX_FILES
    clock: Callable[[], float] = time.monotonic
    leases_unknown: bool = False
    """Whether there was a file of which the kernel did not say whether somebody writes to it."""

    def __post_init__(self) -> None:
        self._files: dict[bytes, PendingFile] = {}
        self._counted_by_device: Counter[bytes] = Counter()
        """Number of counted files by device."""
        self._counted = 0
        self._scheduled: list[tuple[float, bytes]] = []
        self._due: OrderedDict[bytes, deque[PendingFile]] = OrderedDict()
        """Files whose next probe is due as soon as there is a slot for their job, by device."""
        self.due = 0
        """The number of files that wait for a worker."""
        self._is_cut_short = False
        """Whether the last search for stable files ended because its time was up."""

    def add(self, name: bytes, *, renamed: bool = False) -> bool:
        """Add a file, or check a known one for changes; return False if its device has too many.

        `renamed` says that the kernel announced the file with MOVED_TO, so its writer has finished it.
        """
        file = self._files.get(name)
        if file is None:
            if self._counted_by_device[device_of(name)] >= self.capacity - self._counted:
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
        """Take back a deferred job, and probe its file again after this many seconds.

        If the file is still what the job says, it becomes a job again at once, with the job's attempt. If it
        changed, it must become stable again.
        """
        file = self._files.get(job.name) or self._add(job.name)
        file.requeue(job, reason, detail)
        if file.blocked:
            self._stop_counting(file)
        seconds = max(after_seconds, RETRY_SECONDS)
        self._schedule(file, self.clock() + seconds)
        self.log.debug("file.deferred", **file_fields(job.name), reason=file.why, seconds=seconds)

    def stable_jobs(self, in_flight: Container[bytes], has_slot: Callable[[], bool]) -> Iterator[Job]:
        """Yield the jobs of stable files while there is a slot for them, the devices in turn.

        This ends after `MAX_PROBING_SECONDS`; then `wait_seconds` is 0.
        """
        now = self.clock()
        self._is_cut_short = False
        while self._scheduled and self._scheduled[0][0] <= now:
            at, name = heapq.heappop(self._scheduled)
            file = self._files.get(name)
            if file is not None and file.due_at == at:  # else it has left, or was scheduled again
                if not file.is_blocked:
                    file.reason, file.detail = DeferralReason.NO_WORKER, ""
                self._due.setdefault(device_of(name), deque()).append(file)
                self.due += 1
        while self._due and has_slot():
            file = self._next_due()
            if self._files.get(file.name) is not file:
                continue
            if file.name in in_flight:
                self._schedule(file, self.clock() + RETRY_SECONDS)
            elif self._probe(file):
                yield file.job()
            if self.clock() > now + MAX_PROBING_SECONDS:
                self._is_cut_short = bool(self._due)
                return

    def _next_due(self) -> PendingFile:
        """Return the next file of the device whose turn it is."""
        device, files = self._due.popitem(last=False)
        if len(files) > 1:
            self._due[device] = files
        self.due -= 1
        return files.popleft()

    def wait_seconds(self) -> float:
        """Return the seconds until the next probe is due; infinity if there is none."""
        if self._is_cut_short:
            return 0.0
        return max(0.0, self._scheduled[0][0] - self.clock()) if self._scheduled else float("inf")

    def waiting(self) -> list[PendingFile]:
        """Return the files that wait, the oldest first."""
        return sorted(self._files.copy().values(), key=lambda file: file.seen_at)

    @property
    def wants_more(self) -> bool:
        """Whether there is enough capacity for another scan, for the files that were turned away."""
        return self._counted <= self.capacity // 8

    def __contains__(self, name: bytes) -> bool:
        """Return whether a file waits here."""
        return name in self._files

    def __len__(self) -> int:
        """Return how many files wait here."""
        return len(self._files)

    def _add(self, name: bytes) -> PendingFile:
        file = self._files[name] = PendingFile(name, self.clock(), self.settle_of(name))
        self._counted_by_device[device_of(name)] += 1
        self._counted += 1
        return file

    def _remove(self, file: PendingFile) -> None:
        del self._files[file.name]
        self._stop_counting(file)

    def _stop_counting(self, file: PendingFile) -> None:
        """Stop counting a file that has left or cannot be taken; of the latter, at most MAX_UNCOUNTED."""
        if file.is_counted and len(self._files) - self._counted < MAX_UNCOUNTED:
            file.is_counted = False
            device = device_of(file.name)
            self._counted_by_device[device] -= 1
            self._counted -= 1
            if not self._counted_by_device[device]:
                del self._counted_by_device[device]

    def _schedule(self, file: PendingFile, at: float) -> None:
        file.due_at = at
        heapq.heappush(self._scheduled, (at, file.name))

    def _probe(self, file: PendingFile) -> bool:
        """Probe a file that is due; return whether it is stable. If so, it has left."""
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
            return True
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
        self._stop_counting(file)
        file.failures += 1
        file.identity = UNKNOWN_IDENTITY
        file.reason = DeferralReason.UNREADABLE
        file.detail = errno.errorcode.get(probe.errno, str(probe.errno))
        seconds = delay_seconds(file.failures)
        self._schedule(file, now + seconds)
        self.log.debug("file.probed", **file_fields(file.name), decision=file.why, seconds=seconds)
        if file.failures == 1:
            self.log.warning("file.unreadable", error=os.strerror(probe.errno), **file_fields(file.name))
