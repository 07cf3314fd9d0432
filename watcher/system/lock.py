"""The lock on a data folder. The kernel releases it when the process ends, so no crash leaves it locked."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

from processing.model.stamp import utc_text
from watcher.errors import LockedError, SettingsError
from watcher.system.filesystem import UPDATE_FLAGS, FileSystem, folder_of

_LOCKED_ERRNOS = frozenset({errno.EWOULDBLOCK, errno.EACCES})
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_OURS = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO})
"""Errors of opening if a link or another kind of thing has the name of our folder or file."""
_FOLDER, _FILE = b".watcher", b"lock"
_TEXT_BYTES = 1 << 16


class Lock:
    """Two locks in one: on the data folder, and on a file in it that also says who holds the lock.

    Either is enough: some network file systems lock only files, and a full disk has no room for a new file.
    Workers are spawned, not forked, and the descriptors are closed on exec: an orphaned worker holds nothing.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._fs = FileSystem()
        self._root: int | None = None
        self._file: int | None = None
        self._on_folder = False
        self._holder = _self_description()
        self.folder = os.fsencode(data_dir / os.fsdecode(_FOLDER))
        """The path of the lock file's folder."""
        self.device = self.inode = 0
        """Of the data folder that is locked."""

    def take(self) -> None:
        """Take the lock until the process ends; LockedError, naming the holder, if another process has it.

        Called again, it also locks a folder or file that has replaced the locked one.
        """
        root = self._fs.open_root(os.fsencode(self._data_dir))
        if _is_other(self._root, root):
            self._on_folder = self._flock(root, optional=True)
        self._root = _kept(self._root, root)
        found = os.fstat(self._root)
        self.device, self.inode = found.st_dev, found.st_ino
        try:
            file = self._open_file(self._root)
        except OSError as error:
            if error.errno in _DISK_FULL and self._on_folder:
                return
            if error.errno in _NOT_OURS:
                raise SettingsError(self._not_ours()) from None
            raise
        is_new = _is_other(self._file, file)
        if is_new:
            self._flock(file, optional=False)
        self._file = _kept(self._file, file)
        if is_new:
            self.describe()

    def is_in_place(self) -> bool:
        """Return whether the lock file is still the one that is locked."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                return os.path.samestat(os.lstat(self.folder + b"/" + _FILE), os.fstat(self._file))
        return False

    def describe(self, **more: str) -> bool:
        """Write who holds the lock, and more fields, into the lock file; return whether that succeeded.

        The text is overwritten in place, since a full disk has no room for a new file. A file that has a
        second name elsewhere is not written to.
        """
        if self._file is None or os.fstat(self._file).st_nlink > 1:
            return False
        text = json.dumps(self._holder | more).encode()
        try:
            os.pwrite(self._file, text, 0)
            os.ftruncate(self._file, len(text))
        except OSError:  # the lock is the flock; the text only informs people
            return False
        return True

    def release(self) -> None:
        """Release the lock."""
        for descriptor in (self._root, self._file):
            if descriptor is not None:
                os.close(descriptor)
        self._root = self._file = None

    def _open_file(self, root: int) -> int:
        with contextlib.suppress(FileExistsError):
            self._fs.mkdir(_FOLDER, root)
        folder = self._fs.open_folder(_FOLDER, root)
        try:
            file = os.open(_FILE, UPDATE_FLAGS, 0o644, dir_fd=folder)
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise SettingsError(self._not_ours())
        return file

    def _flock(self, descriptor: int, *, optional: bool) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            taken = error.errno in _LOCKED_ERRNOS
            if optional and not taken:
                return False
            os.close(descriptor)
            if not taken:
                raise
            self.release()
            raise LockedError(self._sentence()) from None
        return True

    def _not_ours(self) -> str:
        return f"{self._data_dir}/.watcher, or the lock in it, is a link or of another kind: move it away"

    def _sentence(self) -> str:
        holder = "another process"
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads(self._text())
            holder = f"process {said['pid']} ({said['command']}, since {said['since']})"
        return f"{self._data_dir} is held by {holder}: stop it first, or use another --data-dir"

    def _text(self) -> bytes:
        with folder_of(self._fs, os.fsencode(self._data_dir), b".watcher/lock") as folder:
            file = self._fs.open_file(_FILE, folder)
        try:
            return self._fs.read(file, _TEXT_BYTES)
        finally:
            os.close(file)


def _is_other(held: int | None, found: int) -> bool:
    return held is None or not os.path.samestat(os.fstat(held), os.fstat(found))


def _kept(held: int | None, found: int) -> int:
    """Return the descriptor to keep of two: the one that is locked; the other is closed."""
    if held is None:
        return found
    keep, drop = (found, held) if _is_other(held, found) else (held, found)
    os.close(drop)
    return keep


def _self_description() -> dict[str, object]:
    since = utc_text(datetime.now(UTC))
    return {"pid": os.getpid(), "command": " ".join(["watcher", *sys.argv[1:]]), "since": since}
