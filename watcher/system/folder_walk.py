"""Lists folders recursively: one open at a time, and no link below the root is followed."""

import errno
import math
import os
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from watcher.system.filesystem import FileSystem, folder_of

MAX_DEPTH = 64
"""Deeper folders of incoming are not listed. Each is opened from the root, so the cost is quadratic."""


class FolderEntry(NamedTuple):
    """A name in a folder."""

    folder: bytes
    """The folder's path below the root; the root itself is empty."""
    name: bytes
    is_folder: bool
    descriptor: int
    """The folder's descriptor, open until the next entry is requested."""

    @property
    def path(self) -> bytes:
        """The entry's path below the root."""
        return self.folder + b"/" + self.name if self.folder else self.name


def walk(
    fs: FileSystem,
    root: bytes,
    start: bytes = b"",
    *,
    failed: Callable[[bytes, OSError], None],
    opened: Callable[[bytes, int], None] = lambda _name, _descriptor: None,
    descend: Callable[[bytes], bool] = lambda _name: True,
    max_depth: float = math.inf,
) -> Iterator[FolderEntry]:
    """Yield what is in the folder `start` below `root` and in the folders below it.

    `opened` is called with each folder's path and descriptor before it is listed, `failed` with a folder that
    cannot be listed or is below `max_depth` others. `descend` selects the sub-folders to list.
    """
    waiting = deque([start])
    while waiting:
        folder = waiting.popleft()
        if folder.count(b"/") >= max_depth:
            failed(folder, OSError(errno.ENAMETOOLONG, f"it is more than {max_depth} folders deep"))
            continue
        try:
            with folder_of(fs, root, folder + b"/.") as descriptor:
                opened(folder, descriptor)
                for name, is_folder in fs.scan(descriptor):
                    entry = FolderEntry(folder, name, is_folder, descriptor)
                    if is_folder and descend(entry.path):
                        waiting.append(entry.path)
                    yield entry
        except OSError as error:
            failed(folder, error)


def folders_below(root: Path, descend: Callable[[bytes], bool] = lambda _name: True) -> Iterator[Path]:
    """Yield the folders below `root`; skip those that cannot be listed or are too deep."""
    entries = walk(
        FileSystem(), os.fsencode(root), failed=lambda *_: None, descend=descend, max_depth=MAX_DEPTH
    )
    for entry in entries:
        if entry.is_folder and descend(entry.path):
            yield root / os.fsdecode(entry.path)
