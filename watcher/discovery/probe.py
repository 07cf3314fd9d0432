"""One inspection of a file in incoming: what it is, its current state, and whether somebody writes to it."""

import errno
import os
import stat
from typing import NamedTuple

from watcher.discovery.file_filter import LINK, SPECIAL
from watcher.job import DeferralReason, Identity
from watcher.system.filesystem import FileSystem, Lease, folder_of, opened


class Probe(NamedTuple):
    """What an inspection found. If the first three fields are empty, the file is gone.

    If the file was not opened, the lease and the last line are not known.
    """

    identity: Identity | None = None
    """The identity of a regular file that could be read."""
    errno: int = 0
    """The error if the file could not be read, 0 if it could."""
    ignored: str = ""
    """Why the name is not an input: it is a link, or not a regular file."""
    lease: Lease = Lease.UNKNOWN
    line_ended: bool = True
    """False if the last byte of an uncompressed file is not a newline."""

    @property
    def doubt(self) -> DeferralReason | None:
        """Why the file may be incomplete although it does not change; None if it seems complete."""
        if self.identity is not None and not self.identity.size:
            return DeferralReason.EMPTY
        if not self.line_ended:
            return DeferralReason.LINE_UNFINISHED
        return DeferralReason.LEASE_UNKNOWN if self.lease is Lease.UNKNOWN else None


class FolderProber:
    """Inspects files below a root folder. It follows no link there and opens only regular files."""

    def __init__(self, root: bytes, fs: FileSystem) -> None:
        self._root = root
        self._fs = fs

    def probe(self, name: bytes, *, open_file: bool = True) -> Probe:
        """Return what a name is; with `open_file`, also find out about its writers and its last line."""
        try:
            with folder_of(self._fs, self._root, name) as folder:
                base = name.rpartition(b"/")[2]
                found = self._fs.stat(base, folder)
                if not stat.S_ISREG(found.st_mode):
                    return Probe(ignored=LINK if stat.S_ISLNK(found.st_mode) else SPECIAL)
                if open_file:
                    return self._open(base, folder)
                return Probe(Identity.of(found))
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR}:
                return Probe()
            if error.errno == errno.ELOOP:
                return Probe(ignored=LINK)
            return Probe(errno=error.errno or errno.EIO)

    def _open(self, base: bytes, folder: int) -> Probe:
        with opened(self._fs, base, folder) as descriptor:
            found = self._fs.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return Probe(ignored=SPECIAL)
            last = os.pread(descriptor, 1, max(0, found.st_size - 1))
            line_ended = base.lower().endswith(b".gz") or last in {b"", b"\n"}
            lease = self._fs.probe_lease(descriptor)
            return Probe(Identity.of(found), lease=lease, line_ended=line_ended)
