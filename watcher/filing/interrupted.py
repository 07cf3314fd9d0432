"""Files that a crash left in incoming under names of our own, and what a start does with them.

A sender may have created such a name too, and must not be able to end or delay a start. So only regular
files are opened, no link is followed, and little is read. A file is removed only if it belongs to the
daemon's user, nobody writes to it, it has no other name, and its bytes are archived or are the beginning of
the file that it was to become. A renamed source gets its name back if that is free. Anything else stays and
is logged.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from processing import file_naming
from watcher.filing import moves, record_header
from watcher.filing.destination_view import DestinationView, OrphanRecords
from watcher.filing.plan import moved_place
from watcher.system.directories import QUARANTINE, RECORDS_OF, Folders, join
from watcher.system.filesystem import FileSystem, Lease, opened, read_up_to

MAX_READ_BYTES = 64 << 20
"""Read from one file at a start: a few seconds even on a slow memory card."""
_NOT_OURS = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENXIO,
        errno.EEXIST,
        errno.ENAMETOOLONG,
    }
)
"""Errors of a file that belongs to somebody else or was changed meanwhile."""
_UNCUT_BYTES = 150
"""A long name is never cut shorter than this."""
Ended = tuple[str, bytes, str]
"""The event to log (empty: none), the file's name now, and why it was left as it is."""
_NOTHING: Ended = ("", b"", "")


class Interrupted:
    """A file in incoming with a name of ours."""

    def __init__(self, fs: FileSystem, folders: Folders, below: bytes, name: bytes, folder: int) -> None:
        self._fs = fs
        self._folders = folders
        self._below = below
        self._name = name
        self._folder = folder

    def end(self) -> Ended:
        """Remove the file or give it its name back, if that is safe; return what to log."""
        try:
            found = self._fs.stat(self._name, self._folder)
            if not stat.S_ISREG(found.st_mode):
                return self._left("it is not a regular file")
            if self._name.startswith(file_naming.BACK_PREFIX):
                return self._end_copy(found)
            return self._end_aside(found)
        except OSError as error:
            if error.errno not in _NOT_OURS:
                raise
            return self._left(os.strerror(error.errno or 0))

    def _left(self, why: str) -> Ended:
        return "file.blocked", self._name, f"{why}; a start left it as it is"

    def _end_copy(self, found: os.stat_result) -> Ended:
        if not self._is_ours(found) or not self._is_a_beginning(found):
            return self._left("it is not a copy that an earlier run began")
        self._fs.unlink(self._name, self._folder)
        return _NOTHING

    def _end_aside(self, found: os.stat_result) -> Ended:
        wanted = self._wanted()
        if self._is_same(wanted, found):
            self._fs.unlink(self._name, self._folder)  # it already has its name back
            return _NOTHING
        is_taken = self._stat(wanted) is not None
        if is_taken and not self._is_ours(found):
            return self._left("its name is taken")
        if (is_taken or found.st_nlink > 1) and self._is_ours(found) and self._is_needless(wanted, found):
            self._fs.unlink(self._name, self._folder)
            return _NOTHING
        back = moves.give_name(self._fs, self._name, self._folder, wanted)
        return "file.taken_back", back, ""

    def _is_ours(self, found: os.stat_result) -> bool:
        return found.st_uid == os.geteuid() and found.st_size <= MAX_READ_BYTES

    def _is_needless(self, wanted: bytes, found: os.stat_result) -> bool:
        """Return whether a source may be removed: its bytes are elsewhere, and nobody writes to it."""
        name = join(self._below, wanted)
        view = DestinationView(self._fs, self._folders, name, set(), OrphanRecords(self._fs))
        with opened(self._fs, self._name, self._folder) as descriptor:
            sha256 = moves.hash_of(self._fs, descriptor)
            place = moved_place(name, sha256, view)
            if place is not None and view.is_same(*place, found):
                return True  # a move by link was interrupted
            if place is None and not moves.holds(self._fs, wanted, self._folder, sha256):
                return False
            return found.st_nlink == 1 and self._fs.probe_lease(descriptor) is Lease.FREE

    def _is_a_beginning(self, found: os.stat_result) -> bool:
        """Return whether a copy is the beginning of a quarantined file, of which `retry` makes copies."""
        if not found.st_size:
            return found.st_nlink == 1
        try:
            quarantine = self._folders.get(QUARANTINE, self._below)
        except FileNotFoundError:
            return False
        with opened(self._fs, self._name, self._folder) as descriptor:
            copy = read_up_to(self._fs, descriptor, MAX_READ_BYTES)
        return any(
            file_naming.parts_of(name).extension
            and not is_folder
            and (found.st_nlink == 1 or self._is_same(name, found))
            and moves.begins_with(self._fs, name, quarantine, copy)
            for name, is_folder in self._fs.scan(quarantine)
        )

    def _is_same(self, name: bytes, found: os.stat_result) -> bool:
        """Return whether a name in this folder is a link to this very file."""
        named = self._stat(name)
        return named is not None and os.path.samestat(named, found)

    def _wanted(self) -> bytes:
        """Return the name that the source had. If it was cut, only a record has the whole name."""
        wanted, number = file_naming.wanted_name(self._name)
        if len(self._name) >= file_naming.NAME_BYTES - file_naming.MAX_CUT_BYTES:
            for base in self._recorded(wanted[:_UNCUT_BYTES]):
                if file_naming.aside_name(base, number) == self._name:
                    return base
        return wanted

    def _recorded(self, beginning: bytes) -> Iterator[bytes]:
        """Yield the names of inputs of this folder that have a record and begin with these bytes."""
        for area, place in RECORDS_OF.items():
            try:
                folder = self._folders.get(place, self._below)
            except FileNotFoundError:
                continue
            for name, is_folder in self._fs.scan(folder):
                if (
                    name.startswith(beginning)
                    and not is_folder
                    and file_naming.stem_of_record(name, quarantined=area == QUARANTINE)
                    and isinstance(head := record_header.read(self._fs, name, folder), record_header.Head)
                ):
                    yield file_naming.parts_of(head.name).base

    def _stat(self, name: bytes) -> os.stat_result | None:
        try:
            return self._fs.stat(name, self._folder)
        except FileNotFoundError:
            return None
