"""The folders that one group of work touches: opened once, never through a link, closed together."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from watcher.filesystem import FileSystem

INCOMING = b"incoming"
PROCESSED = b"processed"
ARCHIVE = b"archive"
QUARANTINE = b"quarantine"
AREAS = (INCOMING, PROCESSED, ARCHIVE, QUARANTINE)
RECORDS_OF = {ARCHIVE: PROCESSED, QUARANTINE: QUARANTINE}
"""Where the records of the inputs in an area are."""


class Folders:
    """A group's folders; `durable` remembers, for the life of the process, which ones are on the disk."""

    def __init__(self, filesystem: FileSystem, data_dir: bytes, durable: set[tuple[bytes, bytes]]) -> None:
        self._filesystem = filesystem
        self._data_dir = data_dir
        self._durable = durable
        self._open: dict[tuple[bytes, bytes], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for descriptor in self._open.values():
            self._filesystem.close(descriptor)
        self._open.clear()

    def get(self, area: bytes, below: bytes = b"", *, create: bool = False) -> int:
        """Return the descriptor of `area/below`; `create` makes it and its parents, durably."""
        key = (area, below)
        if key not in self._open:
            if below:
                return self._open_below(area, below, create=create)
            self._open[key] = self._filesystem.open_root(self._data_dir + b"/" + area)
        return self._open[key]

    def _open_below(self, area: bytes, below: bytes, *, create: bool) -> int:
        parent_name, _, name = below.rpartition(b"/")
        parent = self.get(area, parent_name, create=create)
        try:
            descriptor = self._filesystem.open_folder(name, parent)
        except FileNotFoundError:
            if not create:
                raise
            self._filesystem.mkdir(name, parent)
            self._durable.discard((area, below))
            descriptor = self._filesystem.open_folder(name, parent)
        self._open[area, below] = descriptor
        if create and (area, below) not in self._durable:
            # also for a folder that was there: the run that made it may have died before this line
            self._filesystem.fsync_folder(parent)
            self._durable.add((area, below))
        return descriptor
