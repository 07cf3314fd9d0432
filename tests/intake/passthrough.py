"""Mounts a folder a second time through FUSE: `python passthrough.py BACKING MOUNTPOINT`, until unmounted.

What happens in BACKING raises no event at MOUNTPOINT, as on a network mount that another machine writes to.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import mfusepy


class Passthrough(mfusepy.Operations):  # type: ignore[misc]
    """Every call goes to the same path below the backing folder."""

    use_ns = True

    def __init__(self, backing: Path) -> None:
        self._backing = str(backing)

    def _real(self, path: str) -> str:
        return self._backing + path

    @staticmethod
    def _described(found: os.stat_result) -> dict[str, Any]:
        fields = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid")
        times = {f"st_{which}": getattr(found, f"st_{which}_ns") for which in ("atime", "mtime", "ctime")}
        return {field: getattr(found, field) for field in fields} | times

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        return self._described(os.lstat(self._real(path)) if fh is None else os.fstat(fh))

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *os.listdir(self._real(path))]

    def open(self, path: str, flags: int) -> int:
        return os.open(self._real(path), flags)

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        return os.open(self._real(path), os.O_RDWR | os.O_CREAT, mode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        os.truncate(self._real(path), length)
        return 0

    def release(self, path: str, fh: int) -> int:
        os.close(fh)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        os.fsync(fh)
        return 0

    def unlink(self, path: str) -> int:
        os.unlink(self._real(path))
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        os.mkdir(self._real(path), mode)
        return 0

    def rename(self, old: str, new: str) -> int:
        os.rename(self._real(old), self._real(new))
        return 0

    def link(self, target: str, source: str) -> int:
        raise mfusepy.FuseOSError(errno.EPERM)


if __name__ == "__main__":
    mfusepy.FUSE(Passthrough(Path(sys.argv[1])), sys.argv[2], foreground=True, nothreads=True)
