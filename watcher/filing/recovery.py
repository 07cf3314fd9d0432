"""The first steps of a start: create the folders, and clean up after a crash."""

import contextlib

from processing import file_naming, storage
from processing.suffixes import DEFAULT_SUFFIXES
from watcher.filing import moves
from watcher.filing.interrupted import Interrupted, Notice
from watcher.system.areas import (
    ARCHIVE,
    AREAS,
    HISTORY,
    INCOMING,
    OWN,
    PROCESSED,
    QUARANTINE,
    Folders,
    folder_in,
    join,
    walk,
)
from watcher.system.filesystem import FileSystem, exists, folder_of


def make_folders(fs: FileSystem, data_dir: bytes) -> None:
    """Create missing folders, and make the names of all of them durable."""
    with folder_of(fs, data_dir, b"") as root:
        for area in AREAS:
            try:
                fs.mkdir(area, root)
            except FileExistsError:
                fs.close(fs.open_root(join(data_dir, area)))  # fails if it is not a folder
        fs.fsync_folder(root)


def recover(fs: FileSystem, data_dir: bytes, notice: Notice) -> None:
    """Bring the folders to a state that normal work can handle. Can be repeated.

    Temporary files are removed: their sources are still in incoming. A source that was renamed to be moved
    gets its name back. A quarantined file without its reason, which an interrupted `retry` leaves, goes back
    to incoming.
    """
    _remove_temporary(fs, data_dir)
    with Folders(fs, data_dir) as folders:
        _clear_incoming(folders, notice)
        _return_without_reason(folders, notice)
        for area in AREAS:
            fs.fsync_folder(folders.get(area))


def _remove_temporary(fs: FileSystem, data_dir: bytes) -> None:
    for area in (PROCESSED, ARCHIVE, QUARANTINE):
        _remove_temporary_in(fs, data_dir, area)
    with contextlib.suppress(FileNotFoundError):  # nothing was ever replaced
        _remove_temporary_in(fs, data_dir, join(PROCESSED, HISTORY))
    with (
        contextlib.suppress(FileNotFoundError),
        folder_in(fs, data_dir, join(OWN, b".")) as folder,
    ):
        for name, is_folder in fs.scan(folder):
            if name.startswith(storage.TMP_PREFIX) and not is_folder:
                fs.unlink(name, folder)


def _remove_temporary_in(fs: FileSystem, data_dir: bytes, area: bytes) -> None:
    for _, name, folder in walk(fs, data_dir, area):
        if name.startswith(storage.TMP_PREFIX):
            with contextlib.suppress(FileNotFoundError):  # a command beside this start has renamed it
                fs.unlink(name, folder)


def _clear_incoming(folders: Folders, notice: Notice) -> None:
    for below, name, folder in walk(folders.fs, folders.data_dir, INCOMING):
        if file_naming.ASIDE.match(name) or name.startswith(file_naming.BACK_PREFIX):
            Interrupted(folders, below, name, folder, notice).end()


def _return_without_reason(folders: Folders, notice: Notice) -> None:
    fs = folders.fs
    for below, name, folder in walk(fs, folders.data_dir, QUARANTINE):
        reason = name + file_naming.REASON_SUFFIX
        if not file_naming.parts_of(name).extension or exists(fs, reason, folder):
            continue
        is_note = not name.lower().endswith(DEFAULT_SUFFIXES)
        if is_note and not exists(fs, file_naming.history_name(reason, 1), folder):
            continue  # not left by `retry`, which keeps an earlier reason: somebody put it there
        incoming = folders.get(INCOMING, below, create=True)
        try:
            back = moves.return_under_free_name(fs, name, folder, name, incoming)
        except FileNotFoundError:
            if exists(fs, name, folder):
                raise
            continue  # a `retry` beside this start has sent it back
        notice("file.taken_back", join(below, back), "")
