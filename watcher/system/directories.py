"""The areas of the data folder: their names, walking them, and their folders opened once for a group."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Self

from processing import storage
from watcher.job import MAX_RECORD_BYTES
from watcher.system import folder_walk
from watcher.system.filesystem import FileSystem, folder_of, opened, read_up_to

INCOMING = b"incoming"
PROCESSED = b"processed"
ARCHIVE = b"archive"
QUARANTINE = b"quarantine"
AREAS = (INCOMING, PROCESSED, ARCHIVE, QUARANTINE)
OWN = b".watcher"
RECORDS_OF = {ARCHIVE: PROCESSED, QUARANTINE: QUARANTINE}
"""The area of the records of the inputs in an area."""


def join(*parts: bytes) -> bytes:
    """Join the parts of a path; empty parts are left out."""
    return b"/".join(filter(None, parts))


@contextlib.contextmanager
def folder_in(fs: FileSystem, data_dir: bytes, path: bytes) -> Iterator[int]:
    """Open the folder that contains `path`, a path below the data folder.

    An area itself may be a link that its owner made. No link below it is followed, and `.watcher` must not be
    one.
    """
    area, _, name = path.partition(b"/")
    root, name = (data_dir + b"/" + area, name) if area in AREAS else (data_dir, path)
    with folder_of(fs, root, name) as folder:
        yield folder


def replace_file(fs: FileSystem, data_dir: bytes, path: bytes, content: bytes) -> None:
    """Replace the file at `path` below the data folder atomically; its folder must exist.

    For files that can be made again from the records, such as pages: nothing is synced.
    """
    with folder_in(fs, data_dir, path) as folder:
        storage.replace(fs, path.rpartition(b"/")[2], folder, content, sync=False)


def read_file(fs: FileSystem, data_dir: bytes, path: bytes) -> bytes | None:
    """Return the start of the file at `path` below the data folder; None if it cannot be read."""
    try:
        with folder_in(fs, data_dir, path) as folder, opened(fs, path.rpartition(b"/")[2], folder) as file:
            return read_up_to(fs, file, MAX_RECORD_BYTES)
    except OSError:
        return None


def walk(
    fs: FileSystem, data_dir: bytes, area: bytes, *, failed: Callable[[bytes, OSError], None] | None = None
) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield every file of an area as (sub-folder, name, descriptor of the sub-folder).

    `failed` gets each sub-folder that cannot be listed. Without it, such a folder of our own areas is an
    error; one in incoming may belong to its sender alone, or be gone.
    """

    def not_listed(below: bytes, error: OSError) -> None:
        if failed is not None and below:
            failed(join(area, below), error)
        elif area != INCOMING or not below or not isinstance(error, (PermissionError, FileNotFoundError)):
            error.filename = join(data_dir, area, below)  # the call knows only its last part
            raise error

    for entry in folder_walk.walk(fs, join(data_dir, area), failed=not_listed):
        if not entry.is_folder:
            yield entry.folder, entry.name, entry.descriptor


class Folders:
    """The open folders of a group; `durable` has the folders that this process knows to be on the disk."""

    def __init__(self, filesystem: FileSystem, data_dir: bytes, durable: set[tuple[bytes, bytes]]) -> None:
        self._filesystem = filesystem
        self._data_dir = data_dir
        self._durable = durable
        self._open: dict[tuple[bytes, bytes], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._open.values():
            self._filesystem.close(descriptor)
        self._open.clear()

    def get(self, area: bytes, below: bytes = b"", *, create: bool = False) -> int:
        """Return the descriptor of `area/below`; `create` makes it and its parents, durably."""
        key = (area, below)
        unsure = create and below and key not in self._durable
        if unsure and key in self._open:
            self._filesystem.close(self._open.pop(key))
        if key not in self._open:
            self._open[key] = self._walk(area, below, create=create)
        return self._open[key]

    def _walk(self, area: bytes, below: bytes, *, create: bool) -> int:
        """Open folder by folder and keep only the last: a deep path must not use up the descriptors."""
        folder = self._filesystem.open_root(self._data_dir + b"/" + area)
        path = b""
        for part in filter(None, below.split(b"/")):
            path = path + b"/" + part if path else part
            try:
                child = self._child(part, folder, (area, path), create=create)
            except OSError as error:
                error.filename = area + b"/" + path  # for people: the call itself knows only the last part
                raise
            finally:
                self._filesystem.close(folder)
            folder = child
        return folder

    def _child(self, name: bytes, parent: int, key: tuple[bytes, bytes], *, create: bool) -> int:
        try:
            child = self._filesystem.open_folder(name, parent)
        except FileNotFoundError:
            if not create:
                raise
            self._filesystem.mkdir(name, parent)
            self._durable.discard(key)
            child = self._filesystem.open_folder(name, parent)
        if create and key not in self._durable:
            try:  # also if the folder existed: the run that made it may have died before this line
                self._filesystem.fsync_folder(parent)
            except OSError:
                self._filesystem.close(child)
                raise
            self._durable.add(key)
        return child
