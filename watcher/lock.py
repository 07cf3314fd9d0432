"""The lock on a data folder: the kernel holds it for the life of the process, so no crash leaves it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from watcher.errors import LockedError

_TAKEN = frozenset({errno.EWOULDBLOCK, errno.EACCES})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_OWN_FOLDER = ".watcher"


class Lock:
    """Two locks taken as one: on the data folder itself, and on a file in it, which also says who holds it.

    Some network filesystems lock files only, and a full disk has no place for a new file: either is enough.
    Workers are spawned, not forked, and the descriptors are closed on exec: an orphan holds nothing.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._path = data_dir / _OWN_FOLDER / "lock"
        self._descriptors: list[int] = []

    def take(self) -> None:
        """Take the lock for the rest of the process; LockedError, naming the holder, where it is taken."""
        on_folder = self._flock(os.open(self._data_dir, os.O_RDONLY | os.O_CLOEXEC), optional=True)
        try:
            self._path.parent.mkdir(exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            if error.errno in _FULL and on_folder:
                return
            raise
        self._flock(descriptor, optional=False)
        with contextlib.suppress(OSError):  # the lock is the flock; what the file says is for people
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(_self_description()).encode(), 0)

    def release(self) -> None:
        """Let others have the folder."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _flock(self, descriptor: int, *, optional: bool) -> bool:
        self._descriptors.append(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _TAKEN:
                self.release()
                raise LockedError(self._sentence()) from None
            if not optional:
                raise
            return False
        return True

    def _sentence(self) -> str:
        holder = "another process"
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads(self._path.read_bytes())
            holder = f"process {said['pid']} ({said['command']}, since {said['since']})"
        return f"{self._data_dir} is held by {holder}: stop it first, or use another --data-dir"


def _self_description() -> dict[str, object]:
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"pid": os.getpid(), "command": " ".join(["watcher", *sys.argv[1:]]), "since": since}
