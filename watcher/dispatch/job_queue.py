"""Settled files that wait for a worker: bounded, each name once, folders served in turn."""

from __future__ import annotations

import threading
import time
from collections import deque

from watcher.job import Job, device_of


class JobQueue:
    """Jobs between the intake and the engine; safe to use from several threads.

    A name is queued or in flight at most once. `take` serves the devices in turn, and no device may
    wait with more jobs than there are places left free (dynamic thresholds, Choudhury and Hahne 1998),
    so a folder with 50,000 files never fills the queue before another's single file.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._waiting: dict[bytes, deque[Job]] = {}
        self._names: set[bytes] = set()
        self._queued = 0
        self._in_flight: dict[bytes, int] = {}
        """The bytes of each file that was taken and is not done, the oldest first."""
        self._oldest_since = 0.0

    def accepts(self, name: bytes) -> bool:
        """Return whether `put` would take a job of this name now."""
        with self._lock:
            return self._accepts(name)

    def put(self, job: Job) -> bool:
        """Queue a job; False where its name is queued or in flight or its device has no room."""
        with self._lock:
            if not self._accepts(job.name):
                return False
            self._waiting.setdefault(device_of(job.name), deque()).append(job)
            self._names.add(job.name)
            self._queued += 1
            return True

    def take(self) -> Job | None:
        """Return the next job, the devices in turn, now in flight until `done`; None when none waits."""
        with self._lock:
            if not self._waiting:
                return None
            device = next(iter(self._waiting))
            jobs = self._waiting.pop(device)
            job = jobs.popleft()
            if jobs:
                self._waiting[device] = jobs
            self._queued -= 1
            if not self._in_flight:
                self._oldest_since = time.monotonic()
            self._in_flight[job.name] = job.identity.size
            return job

    def done(self, name: bytes) -> None:
        """Let a name that was in flight go, whatever became of it."""
        with self._lock:
            self._names.discard(name)
            if name == next(iter(self._in_flight), None):
                self._oldest_since = time.monotonic()
            self._in_flight.pop(name, None)

    @property
    def in_flight(self) -> int:
        """How many jobs were taken and are not done."""
        with self._lock:
            return len(self._in_flight)

    @property
    def oldest_since(self) -> float | None:
        """Since when (monotonic seconds) one job has been the oldest in flight: those before it are done."""
        with self._lock:
            return self._oldest_since if self._in_flight else None

    @property
    def in_flight_bytes(self) -> int:
        """How many bytes the files of those jobs have."""
        with self._lock:
            return sum(self._in_flight.values())

    def __contains__(self, name: bytes) -> bool:
        """Return whether a name is queued or in flight."""
        with self._lock:
            return name in self._names

    def __len__(self) -> int:
        """Return how many jobs wait; those in flight do not count."""
        with self._lock:
            return self._queued

    def _accepts(self, name: bytes) -> bool:
        own = len(self._waiting.get(device_of(name), ()))
        return name not in self._names and own < self._capacity - self._queued
