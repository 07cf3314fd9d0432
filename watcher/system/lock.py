"""The lock on a data folder. The kernel releases it when the process ends, so no crash leaves it locked."""

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
from watcher.system.areas import read_file
from watcher.system.filesystem import UPDATE_FLAGS, FileSystem

_LOCKED_ERRNOS = frozenset({errno.EWOULDBLOCK, errno.EACCES})
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_OURS = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO})
"""Errors of opening our folder or file if a link, or a file of another kind, has its name."""
MAX_HOLDER_BYTES = 1 << 16
"""The most that is read of the lock file, which says who holds the lock."""
_FOLDER, _FILE = b".watcher", b"lock"


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
        command, since = " ".join(["watcher", *sys.argv[1:]]), utc_text(datetime.now(UTC))
        self._holder = {"pid": os.getpid(), "command": command, "since": since}
        self.folder = os.fsencode(data_dir / os.fsdecode(_FOLDER))
        """The path of the lock file's folder."""
        self.device = self.inode = 0
        """Device and inode of the data folder that is locked."""

    def take(self) -> None:
        """Take the lock until the process ends; LockedError, naming the holder, if another process has it.

        A further call also locks a folder or file that has replaced the locked one.
        """
        root = self._fs.open_root(os.fsencode(self._data_dir))
        self._root, _ = self._locked(self._root, root, is_folder=True)
        found = os.fstat(self._root)
        self.device, self.inode = found.st_dev, found.st_ino
        try:
            file = self._open_file(self._root)
        except OSError as error:
            if error.errno in _DISK_FULL and self._on_folder:
                return
            if error.errno in _NOT_OURS:
                kind = "is a link or of another kind: move it away"
                raise SettingsError(f"{self._data_dir}/.watcher, or the lock in it, {kind}") from None
            raise
        self._file, is_new = self._locked(self._file, file, is_folder=False)
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
        with contextlib.suppress(OSError):  # the lock is the flock; the text only informs people
            os.pwrite(self._file, text, 0)
            os.ftruncate(self._file, len(text))
            return True
        return False

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
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        return file

    def _locked(self, held: int | None, found: int, *, is_folder: bool) -> tuple[int, bool]:
        """Return the locked descriptor of the two, and whether that is `found`; the other is closed."""
        if held is not None and os.path.samestat(os.fstat(held), os.fstat(found)):
            os.close(found)
            return held, False
        try:
            fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._on_folder |= is_folder
        except OSError as error:
            if error.errno in _LOCKED_ERRNOS:
                os.close(found)
                self.release()
                raise LockedError(self._sentence()) from None
            if not is_folder:
                os.close(found)
                raise
            self._on_folder = False
        if held is not None:
            os.close(held)
        return found, True

    def _sentence(self) -> str:
        holder = "another process"
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            text = read_file(self._fs, os.fsencode(self._data_dir), b".watcher/lock", MAX_HOLDER_BYTES)
            said = json.loads(text or b"")
            holder = f"process {said['pid']} ({said['command']}, since {said['since']})"
        return f"{self._data_dir} is held by {holder}: stop it first, or use another --data-dir"


def is_locked(folder: int) -> bool:
    """Lock a folder until its descriptor is closed; return False if its file system locks no folders."""
    with contextlib.suppress(OSError):
        fcntl.flock(folder, fcntl.LOCK_EX)
        return True
    return False
