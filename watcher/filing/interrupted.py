"""Files that a crash left in incoming under names of our own, and what a start does with them.

A sender may have created such a name too, and must not be able to end or delay a start. So only regular
files are opened, no link is followed, and little is read. A file is removed only if it belongs to the
daemon's user, nobody writes to it, it has no other name, and its bytes are archived or are the beginning of
the file that it was to become. A renamed source gets its name back if that is free. Anything else stays and
is logged.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from processing import file_naming
from processing.file_naming import is_record
from watcher.filing import moves, record_header
from watcher.filing.destination_view import DestinationView
from watcher.filing.plan import moved_input
from watcher.system.areas import QUARANTINE, RECORDS_OF, Folders, join
from watcher.system.filesystem import Lease, is_same, opened, stat_of

MAX_READ_BYTES = 64 << 20
"""Longest file that is read at a start: a few seconds even on a slow memory card."""
_NOT_OURS = moves.OF_ONE_FILE | {errno.ENOENT, errno.ENXIO, errno.EACCES, errno.EPERM}
"""Errors of a file that belongs to somebody else or was changed meanwhile."""
_UNCUT_BYTES = 150
"""When a long name is cut, at least this much of it stays."""
Notice = Callable[[str, bytes, str], None]
"""Called with the name of an event, the name of the file below its area, and why the file was left, or ""."""


@dataclass
class Interrupted:
    """A file in incoming with a name of ours."""

    folders: Folders
    below: bytes
    name: bytes
    folder: int
    notice: Notice

    def __post_init__(self) -> None:
        self.fs = self.folders.fs

    def end(self) -> None:
        """Remove the file, or give it its name back, if that is safe."""
        try:
            found = self.fs.stat(self.name, self.folder)
            if not stat.S_ISREG(found.st_mode):
                self._leave("it is not a regular file")
            elif self.name.startswith(file_naming.BACK_PREFIX):
                if self._is_ours(found) and self._is_a_beginning(found):
                    self.fs.unlink(self.name, self.folder)
                else:
                    self._leave("it is not a copy that an earlier run began")
            else:
                self._end_aside(found)
        except OSError as error:
            if error.errno not in _NOT_OURS:
                raise
            self._leave(os.strerror(error.errno or 0))

    def _leave(self, why: str) -> None:
        self.notice("file.blocked", join(self.below, self.name), f"{why}; a start left it as it is")

    def _end_aside(self, found: os.stat_result) -> None:
        wanted, is_ours = self._wanted(), self._is_ours(found)
        named = stat_of(self.fs, wanted, self.folder)
        if named is not None and os.path.samestat(named, found):
            self.fs.unlink(self.name, self.folder)  # it already has its name back
        elif named is not None and not is_ours:
            self._leave("its name is taken, and it is too large to be compared or belongs to somebody else")
        elif is_ours and (named is not None or found.st_nlink > 1) and self._is_needless(wanted, found):
            self.fs.unlink(self.name, self.folder)
        else:
            back = moves.give_name(self.fs, self.name, self.folder, wanted)
            self.notice("file.taken_back", join(self.below, back), "")

    def _is_ours(self, found: os.stat_result) -> bool:
        return found.st_uid == os.geteuid() and found.st_size <= MAX_READ_BYTES

    def _is_needless(self, wanted: bytes, found: os.stat_result) -> bool:
        """Return whether a source may be removed.

        It may if it is a second link to the moved file, or if its bytes are elsewhere and nobody writes.
        """
        name = join(self.below, wanted)
        view = DestinationView(self.folders, name)
        with opened(self.fs, self.name, self.folder) as descriptor:
            sha256 = moves.hash_of(self.fs, descriptor)
            moved = moved_input(name, sha256, view)
            if moved is not None and view.is_same(*moved, found):
                return True  # a move by link was interrupted
            if moved is None and not moves.holds(self.fs, wanted, self.folder, sha256):
                return False
            return found.st_nlink == 1 and self.fs.probe_lease(descriptor) is Lease.FREE

    def _is_a_beginning(self, found: os.stat_result) -> bool:
        """Return whether this is the beginning of a quarantined file, as an interrupted `retry` leaves it."""
        if not found.st_size:
            return found.st_nlink == 1
        with contextlib.suppress(FileNotFoundError):
            quarantine = self.folders.get(QUARANTINE, self.below)
            for name, _ in self.fs.scan(quarantine):
                alone = found.st_nlink == 1 or is_same(self.fs, name, self.folder, found)
                if file_naming.parts_of(name).extension and alone:
                    with opened(self.fs, self.name, self.folder) as copy:
                        if moves.begins_with(self.fs, name, quarantine, copy):
                            return True
        return False

    def _wanted(self) -> bytes:
        """Return the name that the source had. If it was cut, only a record has the whole name."""
        wanted, number = file_naming.wanted_name(self.name)
        if len(self.name) >= file_naming.NAME_BYTES - file_naming.MAX_CUT_BYTES:
            for base in self._recorded(wanted[:_UNCUT_BYTES]):
                if file_naming.aside_name(base, number) == self.name:
                    return base
        return wanted

    def _recorded(self, beginning: bytes) -> Iterator[bytes]:
        """Yield the names of inputs of this folder that have a record and begin with these bytes."""
        for area, records in RECORDS_OF.items():
            with contextlib.suppress(FileNotFoundError):
                folder = self.folders.get(records, self.below)
                for name, _ in self.fs.scan(folder):
                    if name.startswith(beginning) and is_record(name, quarantined=area == QUARANTINE):
                        head = record_header.read(self.fs, name, folder)
                        if isinstance(head, record_header.Head):
                            yield file_naming.parts_of(head.name).base
