"""What the full scans of incoming have found so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from watcher.job import GROWING_SCANS, Logger, file_fields


@dataclass(eq=False)
class ScanStatistics:
    """What the full scans found. Only the dispatcher's thread changes it."""

    log: Logger
    running: bool = False
    had_errors: bool = False
    """Whether the watch or a folder failed during the running scan, so that only scans find files."""
    ended_at: float | None = None
    """When the last scan ended, in seconds of the clock."""
    backlog: int = 0
    """How many files it found in incoming."""
    growing: int = 0
    """How many scans in a row, up to the last one, found more files than the one before."""
    unreadable: dict[bytes, str] = field(default_factory=dict)
    """Folders below incoming that could not be read (incoming itself: the empty name), and why."""
    _unreadable_before: dict[bytes, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin a scan. A scan that is restarted before its end logs nothing twice."""
        if not self.running:
            self._unreadable_before, self.unreadable = self.unreadable, {}
        self.running, self.had_errors = True, False

    def add_unreadable(self, name: bytes, error: OSError) -> None:
        """Note a folder that cannot be read; log it unless the scan before met it too."""
        self.unreadable[name] = error.strerror or str(error)
        if name and name not in self._unreadable_before:
            self.log.warning("folder.unreadable", error=self.unreadable[name], **file_fields(name))

    def end(self, files: int, now: float) -> None:
        """End the scan, which found this many files."""
        self.running = False
        self.ended_at = now
        self.growing = self.growing + 1 if files > self.backlog else 0
        self.backlog = files
        if self.growing == GROWING_SCANS:
            self.log.warning("watch.backlog_growing", files=files, scans=GROWING_SCANS)
