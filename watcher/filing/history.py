"""The earlier reasons of a file that was refused more than once: NAME.reason.1.json and so on.

The first eight and the latest are kept, and all are removed when the file is processed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from processing import file_naming, storage
from watcher.filing import record_header
from watcher.system.filesystem import FileSystem

MOST = 9
"""More would grow without end under a sender that repeats a broken file."""


def names(fs: FileSystem, reason: bytes, folder: int) -> Iterator[bytes]:
    """Yield the names of the earlier reasons that are there, the oldest first."""
    for number in itertools.count(1):
        name = file_naming.history_name(reason, number)
        try:
            fs.stat(name, folder)
        except FileNotFoundError:
            return
        yield name


def set_aside(fs: FileSystem, reason: bytes, folder: int) -> bytes:
    """Rename a reason to an earlier one; return the name."""
    name = _next(len(_kept(fs, reason, folder)), reason)
    fs.rename(reason, folder, name, folder)
    fs.fsync_folder(folder)
    return name


def keep(fs: FileSystem, reason: bytes, folder: int) -> None:
    """Copy a reason that is about to be replaced; the folder is left for the caller to sync."""
    current = record_header.read_content(fs, reason, folder)
    kept = _kept(fs, reason, folder)
    if isinstance(current, record_header.Damaged):
        return
    if kept and record_header.read_content(fs, kept[-1], folder) == current:
        return  # an attempt that ended before the reason was replaced has kept it
    storage.replace(fs, _next(len(kept), reason), folder, current, sync=True)


def remove(fs: FileSystem, reason: bytes, folder: int) -> None:
    """Remove all earlier reasons; the first, which leads to the others, when these are gone from the disk."""
    first, *others = names(fs, reason, folder)
    for name in others:
        fs.unlink(name, folder)
    if others:
        fs.fsync_folder(folder)
    fs.unlink(first, folder)
    fs.fsync_folder(folder)


def _kept(fs: FileSystem, reason: bytes, folder: int) -> list[bytes]:
    return list(itertools.islice(names(fs, reason, folder), MOST))


def _next(count: int, reason: bytes) -> bytes:
    return file_naming.history_name(reason, min(count + 1, MOST))
