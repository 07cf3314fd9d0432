"""A list of names as the source of files, for a run that processes these files alone."""

from collections import deque

from watcher.discovery.file_filter import IgnoredNames, NameKind, unsupported
from watcher.discovery.pending_files import PendingFiles
from watcher.job import device_of

RETRY_SECONDS = 0.05
"""Until names for which the table of pending files was full are offered again."""


class NamedFiles:
    """The files whose names were given; each is fed once."""

    scans_finished = 0

    def __init__(self, names: list[bytes], ignored: IgnoredNames) -> None:
        self._waiting: dict[bytes, deque[bytes]] = {}
        """Names that are not fed yet, by device, so that a device without a free place blocks no other."""
        for name in names:
            kind = ignored.kind_of(name)
            if kind is NameKind.INPUT:
                self._waiting.setdefault(device_of(name), deque()).append(name)
            elif kind is NameKind.UNSUPPORTED:
                ignored.log_once(name, unsupported(ignored.suffixes))
            else:
                ignored.log_once(name, "a hidden file, or the name of an upload in progress")
        self.unreadable: dict[bytes, str] = {}

    def start(self) -> None:
        """Do nothing: the names are known."""

    def feed(self, pending: PendingFiles) -> None:
        """Add the names that have a place."""
        for device, names in list(self._waiting.items()):
            while names and pending.add(names[0]):
                names.popleft()
            if not names:
                del self._waiting[device]
        self.scans_finished = 0 if self._waiting else 1

    def wait_seconds(self) -> float:
        """Return a short wait while names still need a place."""
        return RETRY_SECONDS if self._waiting else float("inf")

    def stop(self) -> None:
        """Do nothing."""
