"""What the scans of everything found: each said once as it begins, not again with every scan."""

from __future__ import annotations

from watcher.job import GROWING_SCANS, Logger, file_fields


class ScanStatistics:
    """The ledger of full scans, one at a time; the intake thread's alone."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._unreadable_before: dict[bytes, str] = {}
        self.running = False
        self.counts = False
        """Whether what the running scan finds should have been announced by events."""
        self.troubled = False
        """Whether the running scan, or the watch meanwhile, met what makes scans the only way."""
        self.ended_at: float | None = None
        """When the last one ended, in the clock's seconds."""
        self.backlog = 0
        """Files that lay in incoming then."""
        self.growing = 0
        """How many scans in a row, up to the last one, found more files than the one before."""
        self.unreadable: dict[bytes, str] = {}
        """Folders below incoming that could not be read, incoming itself being the empty name, and why."""

    def begin(self, *, counts: bool) -> None:
        """Begin a scan; one that is begun anew before its end says nothing twice."""
        if not self.running:
            self._unreadable_before, self.unreadable = self.unreadable, {}
        self.running, self.counts, self.troubled = True, counts, False

    def cannot_enter(self, name: bytes, error: OSError) -> None:
        """Note a folder that cannot be read."""
        self.unreadable[name] = error.strerror or str(error)
        if name and name not in self._unreadable_before:
            self._log.warning("folder.unreadable", error=self.unreadable[name], **file_fields(name))

    def end(self, files: int, now: float) -> None:
        """End the scan, which saw so many files."""
        self.running = self.counts = False
        self.ended_at = now
        self.growing = self.growing + 1 if files > self.backlog else 0
        self.backlog = files
        if self.growing == GROWING_SCANS:
            self._log.warning("watch.backlog_growing", files=files, scans=GROWING_SCANS)
