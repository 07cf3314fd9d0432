"""When the next full scan of incoming is due, and what the scans so far found."""

from __future__ import annotations

from watcher.job import GROWING_SCANS, Logger, file_fields
from watcher.system.mounts import EVENTS_SECONDS, NO_EVENTS_SECONDS, scan_seconds

MIN_INTERVAL_FACTOR = 100
"""The scan interval is at least this many times the last scan: scans take at most 1 % of the time."""


class ScanInterval:
    """The seconds from one full scan to the next.

    `set_seconds` fixes them. If it is None, they depend on `mode` (auto, events or scan); with auto, on the
    type of the mount.
    """

    def __init__(self, mode: str, set_seconds: float | None) -> None:
        self._by_mount = mode == "auto" and set_seconds is None
        by_mode = NO_EVENTS_SECONDS if mode == "scan" else EVENTS_SECONDS
        self._seconds = by_mode if set_seconds is None else set_seconds
        self._degraded_seconds = NO_EVENTS_SECONDS if set_seconds is None else set_seconds

    def set_mount(self, folder: int) -> None:
        """Use the interval that suits the mount of an open folder, if the mode is auto."""
        if self._by_mount:
            self._seconds = scan_seconds(folder)

    def seconds(self, *, degraded: bool, last_scan_seconds: float) -> float:
        """Return the interval; if `degraded`, events are missing and only scans find files."""
        seconds = self._degraded_seconds if degraded else self._seconds
        return max(seconds, MIN_INTERVAL_FACTOR * last_scan_seconds)


class ScanStatistics:
    """What the full scans found. Only the dispatcher's thread changes it."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._unreadable_before: dict[bytes, str] = {}
        self.running = False
        self.had_errors = False
        """Whether the watch or a folder failed during the running scan, so that only scans find files."""
        self.ended_at: float | None = None
        """When the last scan ended, in seconds of the clock."""
        self.backlog = 0
        """How many files it found in incoming."""
        self.growing = 0
        """How many scans in a row, up to the last one, found more files than the one before."""
        self.unreadable: dict[bytes, str] = {}
        """Folders below incoming that could not be read (incoming itself: the empty name), and why."""

    def begin(self) -> None:
        """Begin a scan. A scan that is restarted before its end logs nothing twice."""
        if not self.running:
            self._unreadable_before, self.unreadable = self.unreadable, {}
        self.running, self.had_errors = True, False

    def add_unreadable(self, name: bytes, error: OSError) -> None:
        """Note a folder that cannot be read; log it unless the scan before met it too."""
        self.unreadable[name] = error.strerror or str(error)
        if name and name not in self._unreadable_before:
            self._log.warning("folder.unreadable", error=self.unreadable[name], **file_fields(name))

    def end(self, files: int, now: float) -> None:
        """End the scan, which found this many files."""
        self.running = False
        self.ended_at = now
        self.growing = self.growing + 1 if files > self.backlog else 0
        self.backlog = files
        if self.growing == GROWING_SCANS:
            self._log.warning("watch.backlog_growing", files=files, scans=GROWING_SCANS)
