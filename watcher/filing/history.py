"""Earlier records: the reasons of a file that was rejected more than once, and results that were replaced.

Reasons lie beside the latest as NAME.reason.1.json and so on. The first eight and the latest are kept. All
are removed when the file is processed. Replaced results lie in `processed/.history` and are all kept.
"""

import contextlib
import errno
import itertools
from collections.abc import Iterator

from processing import file_naming, storage
from watcher.filing import record_header
from watcher.filing.moves import NO_LINK, move_noreplace
from watcher.system.areas import ARCHIVE, HISTORY, PROCESSED, Folders, join
from watcher.system.filesystem import FileSystem, claimed, exists

MAX_REASONS = 9
"""A limit, because a sender may send a broken file again and again."""


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
    """Copy a reason before it is replaced. The caller syncs the folder."""
    current = record_header.read_content(fs, reason, folder)
    kept = _kept(fs, reason, folder)
    if isinstance(current, record_header.Damaged):
        return
    if kept and record_header.read_content(fs, kept[-1], folder) == current:
        return  # an interrupted attempt has kept it already
    storage.replace(fs, _next(len(kept), reason), folder, current, sync=True)


def remove(fs: FileSystem, reason: bytes, folder: int) -> None:
    """Remove the earlier reasons that are left. The first goes last: the others are found through it."""
    found = [*names(fs, reason, folder)]
    _unlink(fs, found[1:], folder)
    _unlink(fs, found[:1], folder)


def _unlink(fs: FileSystem, found: list[bytes], folder: int) -> None:
    for name in found:
        fs.unlink(name, folder)
    if found:
        fs.fsync_folder(folder)


def _kept(fs: FileSystem, reason: bytes, folder: int) -> list[bytes]:
    return list(itertools.islice(names(fs, reason, folder), MAX_REASONS))


def _next(count: int, reason: bytes) -> bytes:
    return file_naming.history_name(reason, min(count + 1, MAX_REASONS))


def withdraw(fs: FileSystem, record: bytes, folder: int) -> None:
    """Rename a record whose input somebody took away: the new name is not that of a record."""
    for number in itertools.count(1):
        kept = file_naming.withdrawn_name(record, number)
        with contextlib.suppress(FileExistsError):
            move_noreplace(fs, record, folder, kept, folder)
            break
    fs.fsync_folder(folder)


def replace_result(folders: Folders, name: bytes, old: bytes, new: bytes) -> str:
    """Replace the result of an archived file and keep the old one; return why that failed, or "".

    The caller holds the lock. A crash at any call leaves the old or the new result, whole, and the call can
    be repeated. This is safe beside the committer, which no longer changes the result of an archived file,
    and beside `prune`, which claims the file too.
    """
    fs, parts = folders.fs, file_naming.parts_of(name)
    record, folder = (
        file_naming.record_of(parts.base, quarantined=False),
        folders.get(PROCESSED, parts.folder),
    )
    with claimed(fs, parts.base, folders.get(ARCHIVE, parts.folder)) as is_claimed:
        if not is_claimed:
            return "another program has the file at the moment"
        if record_header.read_content(fs, record, folder) != old:
            return "its result was changed meanwhile"
        kept = folders.get(PROCESSED, join(HISTORY, parts.folder), create=True)
        temporary = storage.write_temporary(fs, folder, new, sync=True)
        try:
            _keep_result(fs, record, folder, kept, old)
            fs.rename(temporary, folder, record, folder)
        except BaseException:
            storage.remove_temporary(fs, temporary, folder)
            raise
        fs.fsync_folder(folder)
    return ""


def _keep_result(fs: FileSystem, record: bytes, folder: int, kept: int, old: bytes) -> None:
    """Link a result to its name in the history, durably, unless an interrupted attempt has done so."""
    latest = b""
    for number in itertools.count(1):
        name = file_naming.replaced_name(record, number)
        if not exists(fs, name, kept):
            break
        latest = name
    if not latest or record_header.read_content(fs, latest, kept) != old:
        try:
            fs.link(record, folder, name, kept)
        except OSError as error:
            if error.errno not in NO_LINK | {errno.EXDEV}:
                raise
            storage.replace(fs, name, kept, old, sync=True)
    fs.fsync_folder(kept)
