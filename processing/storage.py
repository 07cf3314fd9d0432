"""Files that are stored whole: written under a temporary name in the same folder, then renamed.

Only this module makes temporary files. A crash may leave one in a folder; the next program that works there
removes it by its prefix (`TMP_PREFIX`).
"""

import contextlib
import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

CHUNK_BYTES = 1 << 20
TMP_PREFIX = b".tmp-"
Folder: TypeAlias = int | None


def _flags(*names: str) -> int:
    """Return the flags of `open` that this system has; some are missing on macOS and Windows."""
    return sum(getattr(os, f"O_{name}", 0) for name in names)


OPEN_FLAGS = _flags("RDONLY", "NOFOLLOW", "NONBLOCK", "CLOEXEC", "NOCTTY", "BINARY")
FOLDER_FLAGS = _flags("RDONLY", "DIRECTORY", "CLOEXEC")
CREATE_FLAGS = _flags("RDWR", "CREAT", "EXCL", "NOFOLLOW", "CLOEXEC", "BINARY")

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})
_numbers = itertools.count()


class FileCalls:
    """The system calls of an atomic write."""

    def create(self, name: bytes, folder: Folder) -> int:
        """Return a descriptor of a file that did not exist before."""
        return os.open(name, CREATE_FLAGS, 0o666, dir_fd=folder)

    def rename(self, source: bytes, source_folder: Folder, target: bytes, target_folder: Folder) -> None:
        """Rename a file, replacing a file with the new name."""
        os.replace(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder)

    def unlink(self, name: bytes, folder: Folder) -> None:
        """Remove one name."""
        os.unlink(name, dir_fd=folder)

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def read(self, descriptor: int, size: int) -> bytes:
        """Return up to `size` bytes from where the last read ended."""
        return os.read(descriptor, size)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of `data`, in as many calls as the kernel needs."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def fsync(self, descriptor: int) -> None:
        """Wait until a file's bytes are on the disk."""
        os.fsync(descriptor)


def create_temporary(calls: FileCalls, folder: Folder, prefix: bytes = TMP_PREFIX) -> tuple[bytes, int]:
    """Return the name and the descriptor of a new temporary file; skip names that are taken."""
    while True:
        name = prefix + b"%d-%d" % (os.getpid(), next(_numbers))
        with contextlib.suppress(FileExistsError):  # left by a process that had the same id
            return name, calls.create(name, folder)


def write_temporary(
    calls: FileCalls, folder: Folder, content: bytes, *, sync: bool, prefix: bytes = TMP_PREFIX
) -> bytes:
    """Write a temporary file and return its name; if that fails, no file is left."""
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
    calls: FileCalls, name: bytes, folder: Folder, content: bytes, *, sync: bool, prefix: bytes = TMP_PREFIX
) -> None:
    """Replace a file by one with this content: readers see the old one or the new one, never a part.

    Without `sync`, a power cut may leave either, or an empty file. The caller syncs the folder.
    """
    temporary = write_temporary(calls, folder, content, sync=sync, prefix=prefix)
    try:
        calls.rename(temporary, folder, name, folder)
    except BaseException:
        remove_temporary(calls, temporary, folder)
        raise


def write_new(path: Path, content: bytes, prefix: bytes = TMP_PREFIX) -> bool:
    """Write and sync a temporary file, and link it to its name; return False if the name is taken."""
    if os.path.lexists(path):
        return False
    beside = os.fsencode(path.parent / os.fsdecode(prefix))
    temporary = Path(os.fsdecode(write_temporary(FileCalls(), None, content, sync=True, prefix=beside)))
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        temporary.rename(path)  # no links here (FAT): a file made since the check above would be replaced
    finally:
        temporary.unlink(missing_ok=True)
    return True


def overwrite(path: Path, content: bytes, prefix: bytes = TMP_PREFIX) -> None:
    """Write and sync a temporary file, and rename it to its name, replacing any other."""
    beside = os.fsencode(path.parent / os.fsdecode(prefix))
    replace(FileCalls(), os.fsencode(path), None, content, sync=True, prefix=beside)


def remove_temporary(calls: FileCalls, name: bytes, folder: Folder) -> None:
    """Remove a temporary file if possible; otherwise the next start removes it."""
    with contextlib.suppress(OSError):
        calls.unlink(name, folder)


def sha256_of(read: Callable[[int], bytes]) -> str:
    """Return the SHA-256 of all bytes that `read` returns, in hexadecimal digits."""
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which delays a start

    digest = hashlib.sha256()
    while chunk := read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
