"""One look at a file in incoming: what it is, which state it is in, whether someone is still writing it."""

from __future__ import annotations

import enum
import errno
import os
import stat
from typing import NamedTuple, Protocol

from watcher.discovery.file_filter import LINK, SPECIAL
from watcher.job import DeferralReason, Identity
from watcher.system.filesystem import FileSystem, Lease, folder_of

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})


class FileKind(enum.Enum):
    """What a name turned out to be."""

    REGULAR = "regular"
    LINK = LINK
    OTHER = SPECIAL
    GONE = "gone"
    UNREADABLE = "unreadable"


class Probe(NamedTuple):
    """What one look at a name showed; the last two fields are known after a close look alone."""

    sight: FileKind
    identity: Identity | None = None
    errno: int = 0
    lease: Lease = Lease.UNKNOWN
    line_ended: bool = True
    """False if the last byte of a plain file is no newline."""

    @property
    def doubt(self) -> DeferralReason | None:
        """Why the file may be incomplete although nothing changes; None if it seems complete."""
        if self.identity is not None and not self.identity.size:
            return DeferralReason.EMPTY
        if not self.line_ended:
            return DeferralReason.LINE_UNFINISHED
        return DeferralReason.LEASE_UNKNOWN if self.lease is Lease.UNKNOWN else None


class Prober(Protocol):
    """Looks at names in one folder; a glance costs one stat, a close look opens the file too."""

    def glance(self, name: bytes) -> Probe:
        """Return what a name is, without opening it."""

    def look_closely(self, name: bytes) -> Probe:
        """Return what a name is, whether it is open for writing and whether its last line is ended."""


class FolderProber:
    """Looks at names below a root folder; follows no link there and opens regular files alone."""

    def __init__(self, root: bytes, filesystem: FileSystem) -> None:
        self._root = root
        self._filesystem = filesystem

    def glance(self, name: bytes) -> Probe:
        """Return what a name is, without opening it."""
        return self._look(name, closely=False)

    def look_closely(self, name: bytes) -> Probe:
        """Return what a name is, whether it is open for writing and whether its last line is ended."""
        return self._look(name, closely=True)

    def _look(self, name: bytes, *, closely: bool) -> Probe:
        try:
            with folder_of(self._filesystem, self._root, name) as folder:
                last = name.rpartition(b"/")[2]
                found = self._filesystem.stat(last, folder)
                if not stat.S_ISREG(found.st_mode):
                    return Probe(FileKind.LINK if stat.S_ISLNK(found.st_mode) else FileKind.OTHER)
                return self._open(last, folder) if closely else Probe(FileKind.REGULAR, Identity.of(found))
        except OSError as error:
            return _failed(error)

    def _open(self, last: bytes, folder: int) -> Probe:
        descriptor = self._filesystem.open_file(last, folder)
        try:
            found = self._filesystem.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return Probe(FileKind.OTHER)
            ended = last.lower().endswith(b".gz") or _line_ended(descriptor, found.st_size)
            lease = self._filesystem.probe_lease(descriptor)
            return Probe(FileKind.REGULAR, Identity.of(found), lease=lease, line_ended=ended)
        finally:
            self._filesystem.close(descriptor)


def _line_ended(descriptor: int, size: int) -> bool:
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _failed(error: OSError) -> Probe:
    if error.errno in _GONE:
        return Probe(FileKind.GONE)
    if error.errno == errno.ELOOP:
        return Probe(FileKind.LINK)
    return Probe(FileKind.UNREADABLE, errno=error.errno or errno.EIO)
