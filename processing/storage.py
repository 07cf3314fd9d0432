"""Files stored whole: opened without following links, written beside their place and renamed, hashed.

Only this code writes temporary files. Whoever starts work on a folder removes those that a crash left there
(`TMP_PREFIX`). A name that is taken, by a process that had the same id, is passed over.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

CHUNK_BYTES = 1 << 20
TMP_PREFIX = b".tmp-"


def _flags(*names: str) -> int:
    """Return the flags of `open` that this system has; some are missing on macOS and Windows."""
    return sum(getattr(os, f"O_{name}", 0) for name in names)


OPEN_FLAGS = _flags("RDONLY", "NOFOLLOW", "NONBLOCK", "CLOEXEC", "NOCTTY", "BINARY")
FOLDER_FLAGS = _flags("RDONLY", "DIRECTORY", "CLOEXEC")
CREATE_FLAGS = _flags("RDWR", "CREAT", "EXCL", "NOFOLLOW", "CLOEXEC", "BINARY")

_numbers = itertools.count()
_Folder = TypeVar("_Folder")
_Folder_contra = TypeVar("_Folder_contra", contravariant=True)


class Calls(Protocol[_Folder_contra]):
    """The calls that an atomic write makes; a folder is a descriptor or a path."""

    def create(self, name: bytes, folder: _Folder_contra, /) -> int:
        """Return a descriptor of a file that did not exist before."""

    def write(self, descriptor: int, data: bytes, /) -> None:
        """Write all of `data`."""

    def fsync(self, descriptor: int, /) -> None:
        """Wait until a file's bytes are on the disk."""

    def close(self, descriptor: int, /) -> None:
        """Close a descriptor."""

    def rename(
        self, source: bytes, source_folder: _Folder_contra, target: bytes, target_folder: _Folder_contra, /
    ) -> None:
        """Rename, replacing what had the name."""

    def unlink(self, name: bytes, folder: _Folder_contra, /) -> None:
        """Remove one name."""


class Descriptors:
    """The calls on open files."""

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def read(self, descriptor: int, size: int) -> bytes:
        """Return up to `size` bytes from where the last read ended."""
        return os.read(descriptor, size)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of `data`, however many calls the kernel takes for it."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def fsync(self, descriptor: int) -> None:
        """Wait until a file's bytes are on the disk."""
        os.fsync(descriptor)


class Paths(Descriptors):
    """The calls by path, for folders that belong to the user; works on systems without folder descriptors."""

    def create(self, name: bytes, folder: Path) -> int:
        """Return a descriptor of a file that did not exist before."""
        return os.open(folder / os.fsdecode(name), CREATE_FLAGS, 0o666)

    def rename(self, source: bytes, source_folder: Path, target: bytes, target_folder: Path) -> None:
        """Rename, replacing what had the name."""
        (source_folder / os.fsdecode(source)).replace(target_folder / os.fsdecode(target))

    def unlink(self, name: bytes, folder: Path) -> None:
        """Remove one name."""
        (folder / os.fsdecode(name)).unlink()


def create_temporary(calls: Calls[_Folder], folder: _Folder, prefix: bytes = TMP_PREFIX) -> tuple[bytes, int]:
    """Return the name and the descriptor of a new temporary file."""
    while True:
        name = prefix + b"%d-%d" % (os.getpid(), next(_numbers))
        with contextlib.suppress(FileExistsError):
            return name, calls.create(name, folder)


def write_temporary(
    calls: Calls[_Folder], folder: _Folder, content: bytes, *, sync: bool, prefix: bytes = TMP_PREFIX
) -> bytes:
    """Write a temporary file and return its name; a write that fails leaves none."""
    name, descriptor = create_temporary(calls, folder, prefix)
    try:
        calls.write(descriptor, content)
        if sync:
            calls.fsync(descriptor)
    except BaseException:
        remove_temporary(calls, name, folder)
        raise
    finally:
        calls.close(descriptor)
    return name


def replace(
    calls: Calls[_Folder],
    name: bytes,
    folder: _Folder,
    content: bytes,
    *,
    sync: bool,
    prefix: bytes = TMP_PREFIX,
) -> None:
    """Put `content` in place of the file of a name: whoever reads it sees the old one or the new one.

    Without `sync` a power cut may leave either, or an empty file. The folder is left for the caller to sync.
    """
    temporary = write_temporary(calls, folder, content, sync=sync, prefix=prefix)
    try:
        calls.rename(temporary, folder, name, folder)
    except BaseException:
        remove_temporary(calls, temporary, folder)
        raise


def remove_temporary(calls: Calls[_Folder], name: bytes, folder: _Folder) -> None:
    """Remove a temporary file, if that is possible; else the next start does it."""
    with contextlib.suppress(OSError):
        calls.unlink(name, folder)


def sha256_of(read: Callable[[int], bytes]) -> str:
    """Return the hash of all that `read` returns, hexadecimal."""
    digest = hashlib.sha256()
    while chunk := read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
