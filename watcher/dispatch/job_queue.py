"""Stable files that wait for a worker: a bounded queue with each name once, which serves devices in turn."""

import threading
import time
from collections import OrderedDict, deque

from watcher.job import Job, device_of


class JobQueue:
    """The queue between the dispatcher and the worker pool; safe to use from several threads.

    A name is queued or in flight at most once. `take` serves the devices in turn. A device may queue at most
    as many jobs as there are free places (dynamic thresholds, Choudhury and Hahne 1998), so a folder with
    50,000 files leaves a place for a single file of another.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.RLock()
        self._waiting: OrderedDict[bytes, deque[Job]] = OrderedDict()
        self._names: set[bytes] = set()
        """Names of the jobs that are queued or in flight."""
        self._in_flight: dict[bytes, int] = {}
        """Bytes of each file in flight, the oldest first."""
        self._oldest_since = 0.0

    def accepts(self, name: bytes) -> bool:
        """Return whether `put` would take a job of this name now."""
        with self._lock:
            own = len(self._waiting.get(device_of(name), ()))
            return name not in self._names and own < self._capacity - len(self)

    def put(self, job: Job) -> bool:
        """Queue a job; return False if its name is queued or in flight, or its device has no free place."""
        with self._lock:
            if not self.accepts(job.name):
                return False
            self._waiting.setdefault(device_of(job.name), deque()).append(job)
            self._names.add(job.name)
            return True

    def take(self) -> Job | None:
        """Return the next job, now in flight until `done`; None if none is queued."""
        with self._lock:
            if not self._waiting:
                return None
            device, jobs = self._waiting.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._waiting[device] = jobs
            if not self._in_flight:
                self._oldest_since = time.monotonic()
            self._in_flight[job.name] = job.identity.size
            return job

    def done(self, name: bytes) -> None:
        """Note that a job is no longer in flight, whatever its outcome."""
        with self._lock:
            self._names.discard(name)
            if name == next(iter(self._in_flight), None):
                self._oldest_since = time.monotonic()
            self._in_flight.pop(name, None)

    @property
    def in_flight(self) -> int:
        """The number of jobs in flight."""
        return len(self._in_flight)

    @property
    def busy_seconds(self) -> float:
        """Return the seconds for which the oldest job in flight has been the oldest; 0 if none is."""
        with self._lock:
            return time.monotonic() - self._oldest_since if self._in_flight else 0.0

    @property
    def in_flight_bytes(self) -> int:
        """The total size of the files in flight."""
        with self._lock:
            return sum(self._in_flight.values())

    def __contains__(self, name: bytes) -> bool:
        """Return whether a name is queued or in flight."""
        return name in self._names

    def __len__(self) -> int:
        """Return the number of queued jobs, without those in flight."""
        with self._lock:
            return len(self._names) - len(self._in_flight)
