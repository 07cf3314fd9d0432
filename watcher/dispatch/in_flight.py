"""The jobs that workers or the commit have: each name once, and a bound on what is in flight at once."""

import time
from dataclasses import dataclass, field

from watcher.job import Job

MAX_MEAN_BYTES = 1 << 16
"""Mean file size in bytes up to which all slots may be used.

Larger files get fewer slots so that one device cannot block the others.
"""
ALWAYS_ALLOWED_FRACTION = 1 / 8
"""Share of the slots that ignores file size."""


@dataclass(eq=False)
class InFlight:
    """The jobs in flight: at most `slots`, fewer if their files are large.

    Only the loop changes it; any thread may read it.
    """

    slots: int
    total_bytes: int = 0
    """The total size of the files."""
    _sizes: dict[bytes, int] = field(default_factory=dict)
    """Bytes of each file, the oldest first."""
    _oldest_since: float = 0.0

    def has_slot(self) -> bool:
        """Return whether another job may be added."""
        count, always = len(self._sizes), int(self.slots * ALWAYS_ALLOWED_FRACTION)
        return count < always or (count < self.slots and self.total_bytes < self.slots * MAX_MEAN_BYTES)

    def add(self, job: Job) -> None:
        """Add a job."""
        if not self._sizes:
            self._oldest_since = time.monotonic()
        self._sizes[job.name] = job.identity.size
        self.total_bytes += job.identity.size

    def remove(self, name: bytes) -> None:
        """Note that a job is no longer in flight, whatever its outcome."""
        if name == next(iter(self._sizes), None):
            self._oldest_since = time.monotonic()
        self.total_bytes -= self._sizes.pop(name, 0)

    @property
    def busy_seconds(self) -> float:
        """The seconds since the oldest job became the oldest; 0 if there is none."""
        return time.monotonic() - self._oldest_since if self._sizes else 0.0

    def __contains__(self, name: object) -> bool:
        """Return whether a name is in flight."""
        return name in self._sizes

    def __len__(self) -> int:
        """Return the number of jobs."""
        return len(self._sizes)
