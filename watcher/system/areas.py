"""The areas of the data folder: their names, walking them, and their folders opened once for a group."""

import errno
import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from processing import storage
from watcher.system import folder_walk
from watcher.system.filesystem import FileSystem, exists, folder_of, open_below, opened, read_up_to

INCOMING = b"incoming"
PROCESSED = b"processed"
ARCHIVE = b"archive"
QUARANTINE = b"quarantine"
AREAS = (INCOMING, PROCESSED, ARCHIVE, QUARANTINE)
OWN = b".watcher"
HISTORY = b".history"
"""The folder in PROCESSED for results that `reprocess` replaced. They no longer count as records."""
PROFILES = b"profiles"
"""The folder of the known formats of the site: configuration, and none of the areas."""
RECORDS_OF = {ARCHIVE: PROCESSED, QUARANTINE: QUARANTINE}
"""The area of the records of the inputs in an area."""

MAX_RECORD_BYTES = 16 << 20
"""A larger file is not read: a record is much smaller."""
DERIVED_PREFIX = storage.TMP_PREFIX + b"derived-"
"""Of the temporary files of `replace_file`; the id of the process follows."""

_OF_A_SENDER = frozenset({errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENAMETOOLONG})
"""Errors of folders in incoming that a sender causes."""


def join(*parts: bytes) -> bytes:
    """Join the parts of a path; empty parts are left out."""
    return b"/".join(filter(None, parts))


def remedy_of(error: OSError) -> str:
    """Return what to do if an area is missing, perhaps with its disk; empty for other errors."""
    path = error.filename if isinstance(error.filename, bytes) else os.fsencode(error.filename or b"")
    is_missing = error.errno == errno.ENOENT and path.rpartition(b"/")[2] in AREAS
    return "mount its disk again, or restart the daemon, which makes it" if is_missing else ""


def folder_in(fs: FileSystem, data_dir: bytes, path: bytes) -> AbstractContextManager[int]:
    """Open the folder that contains `path`, a path below the data folder.

    An area itself may be a link that its owner made. No link below it is followed, and `.watcher` must not be
    one.
    """
    area, _, name = path.partition(b"/")
    return folder_of(fs, join(data_dir, area), name) if area in AREAS else folder_of(fs, data_dir, path)


def replace_file(fs: FileSystem, data_dir: bytes, path: bytes, content: bytes) -> None:
    """Replace the file at `path` below the data folder atomically; its folder must exist.

    For files that can be made again from the records, such as pages: nothing is synced.
    """
    with folder_in(fs, data_dir, path) as folder:
        storage.replace(fs, path.rpartition(b"/")[2], folder, content, sync=False, prefix=DERIVED_PREFIX)


def remove_abandoned(fs: FileSystem, name: bytes, folder: int) -> None:
    """Remove a temporary file of `replace_file` if the process that made it has ended."""
    try:
        os.kill(int(name.removeprefix(DERIVED_PREFIX).partition(b"-")[0]), 0)
    except ProcessLookupError:
        storage.remove_temporary(fs, name, folder)
    except (ValueError, OverflowError, OSError):
        return  # not such a file, or a process of another user


def read_file(fs: FileSystem, data_dir: bytes, path: bytes, limit: int = MAX_RECORD_BYTES) -> bytes | None:
    """Return up to `limit` bytes of the file at `path` below the data folder; None if it cannot be read."""
    try:
        with folder_in(fs, data_dir, path) as folder, opened(fs, path.rpartition(b"/")[2], folder) as file:
            return read_up_to(fs, file, limit)
    except OSError:
        return None


def walk(
    fs: FileSystem, data_dir: bytes, area: bytes, *, failed: Callable[[bytes, OSError], None] | None = None
) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield every file of an area as (sub-folder, name, descriptor of the sub-folder), without HISTORY.

    `failed` is called with each sub-folder that cannot be listed. Without it, such a folder is an error in
    our own areas; in incoming it may belong to its sender alone, be gone or too deep.
    """

    def not_listed(below: bytes, error: OSError) -> None:
        if failed is not None and below:
            failed(join(area, below), error)
        elif area != INCOMING or not below or error.errno not in _OF_A_SENDER:
            error.filename = join(data_dir, area, below)  # the call has only the last part
            raise error

    root, hidden = join(data_dir, area), HISTORY if area == PROCESSED else None
    max_depth = folder_walk.MAX_DEPTH if area == INCOMING else math.inf
    entries = folder_walk.walk(
        fs, root, failed=not_listed, descend=lambda path: path != hidden, max_depth=max_depth
    )
    for entry in entries:
        if not entry.is_folder:
            yield entry.folder, entry.name, entry.descriptor


@dataclass
class Folders:
    """The open folders of a group. `durable` has those that this process knows to be on the disk."""

    fs: FileSystem
    data_dir: bytes
    durable: set[tuple[bytes, bytes]] = field(default_factory=set)
    _open: dict[tuple[bytes, bytes], int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all of them."""
        for descriptor in self._open.values():
            self.fs.close(descriptor)
        self._open.clear()

    def get(self, area: bytes, below: bytes = b"", *, create: bool = False) -> int:
        """Return the descriptor of `area/below`; `create` makes it and its parents, durably."""
        key = (area, below)
        if create and below and key not in self.durable and key in self._open:
            self.fs.close(self._open.pop(key))
        if key not in self._open:
            open_child = partial(self._child, area=area, create=create)
            self._open[key] = open_below(self.fs, join(self.data_dir, area), below, open_child)
        return self._open[key]

    def _child(self, name: bytes, parent: int, path: bytes, *, area: bytes, create: bool) -> int:
        key = (area, path)
        try:
            if create and not exists(self.fs, name, parent):
                self.fs.mkdir(name, parent)
                self.durable.discard(key)
            if create and key not in self.durable:
                self.fs.fsync_folder(parent)  # also if the folder existed: the run that made it may have died
            child = self.fs.open_folder(name, parent)
        except OSError as error:
            error.filename = join(area, path)  # for people: the call itself has only the last part
            raise
        if create:
            self.durable.add(key)
        return child
