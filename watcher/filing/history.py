"""The earlier reasons of a file that was rejected more than once: NAME.reason.1.json and so on.

The first eight and the latest are kept. All are removed when the file is processed.
"""

import itertools
from collections.abc import Iterator

from processing import file_naming, storage
from watcher.filing import record_header
from watcher.system.filesystem import FileSystem, exists

MAX_REASONS = 9
"""A limit, since a sender may repeat a broken file for ever."""


def names(fs: FileSystem, reason: bytes, folder: int) -> Iterator[bytes]:
    """Return the names of the earlier reasons that exist, the oldest first."""
    numbered = (file_naming.history_name(reason, number) for number in itertools.count(1))
    return itertools.takewhile(lambda name: exists(fs, name, folder), numbered)


def rename_to_earlier(fs: FileSystem, reason: bytes, folder: int) -> bytes:
    """Rename a reason to the name of an earlier one, and return that name."""
    name = _next(len(_kept(fs, reason, folder)), reason)
    fs.rename(reason, folder, name, folder)
    fs.fsync_folder(folder)
    return name


def keep(fs: FileSystem, reason: bytes, folder: int) -> None:
    """Copy a reason that is about to be replaced. The caller syncs the folder."""
    current = record_header.read_content(fs, reason, folder)
    kept = _kept(fs, reason, folder)
    if isinstance(current, record_header.Damaged):
        return
    if kept and record_header.read_content(fs, kept[-1], folder) == current:
        return  # an interrupted attempt has kept it already
    storage.replace(fs, _next(len(kept), reason), folder, current, sync=True)


def remove(fs: FileSystem, reason: bytes, folder: int) -> None:
    """Remove all earlier reasons. The first goes last, since the others are found through it."""
    first, *others = names(fs, reason, folder)
    for name in others:
        fs.unlink(name, folder)
    if others:
        fs.fsync_folder(folder)
    fs.unlink(first, folder)
    fs.fsync_folder(folder)


def _kept(fs: FileSystem, reason: bytes, folder: int) -> list[bytes]:
    return list(itertools.islice(names(fs, reason, folder), MAX_REASONS))


def _next(count: int, reason: bytes) -> bytes:
    return file_naming.history_name(reason, min(count + 1, MAX_REASONS))
