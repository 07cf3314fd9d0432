"""Moves that replace nothing and lose nothing, on filesystems that can and on those that cannot."""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple

from processing import naming, storage
from processing.storage import CHUNK_BYTES
from watcher.filesystem import FileSystem
from watcher.job import Identity

NO_RENAME_NOREPLACE = frozenset({errno.EINVAL, errno.ENOSYS})
NO_FILE = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO})
"""What opening says of nothing, of a link, and of a socket."""
NO_LINK = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


class Source(NamedTuple):
    """A file in an open folder of incoming, as it was when it was read."""

    name: bytes
    folder: int
    identity: Identity
    sha256: str


class ReplacedError(Exception):
    """The name now stands for another file than the one that was read; that one is back in incoming."""


def move_noreplace(fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int) -> None:
    """Rename a file of our own making; FileExistsError where the target's name is taken."""
    try:
        fs.rename_noreplace(name, folder, target, target_folder)
    except OSError as error:
        if error.errno not in NO_RENAME_NOREPLACE:
            raise
        if _link(fs, name, folder, target, target_folder):
            fs.fsync_folder(target_folder)
            fs.unlink(name, folder)
        else:
            _rename_if_absent(fs, name, folder, target, target_folder)


def file_source(
    fs: FileSystem, source: Source, target: bytes, target_folder: int, *, by_copy: bool = False
) -> None:
    """Move a source to where it is filed, and check that it is the file that was read.

    FileExistsError where the target's name is taken; ReplacedError where somebody put another file in the
    source's place meanwhile. A crash within leaves the source in incoming, at its target, or whole in both.
    """
    if by_copy:
        return _copy_across(fs, source, target, target_folder)
    try:
        fs.rename_noreplace(source.name, source.folder, target, target_folder)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return _copy_across(fs, source, target, target_folder)
        if error.errno not in NO_RENAME_NOREPLACE:
            raise
        if _link(fs, source.name, source.folder, target, target_folder):
            return _leave_by_link(fs, source, target, target_folder)
        _rename_if_absent(fs, source.name, source.folder, target, target_folder)
    if not source.identity.matches(fs.stat(target, target_folder), moved=True):
        put_back(fs, target, target_folder, source.name, source.folder)
        raise ReplacedError
    return None


def remove_source(fs: FileSystem, source: Source) -> None:
    """Remove a source whose bytes are filed already: step aside, look again, unlink.

    Unlinking the name at once could hit a file that was put there a moment ago. A crash within leaves the
    file under its aside name: the next start removes it or, where its bytes are filed nowhere, takes it back.
    """
    aside = naming.aside_name(source.name)
    try:
        fs.rename_noreplace(source.name, source.folder, aside, source.folder)
    except OSError as error:
        if error.errno not in NO_RENAME_NOREPLACE:
            raise
        _rename_if_absent(fs, source.name, source.folder, aside, source.folder)
    try:
        _unlink_if_read(fs, source, aside)
    except (OSError, ReplacedError):
        put_back(fs, aside, source.folder, source.name, source.folder)
        raise


def _unlink_if_read(fs: FileSystem, source: Source, aside: bytes) -> None:
    if not source.identity.matches(fs.stat(aside, source.folder), moved=True):
        raise ReplacedError
    fs.unlink(aside, source.folder)


def put_back(fs: FileSystem, name: bytes, folder: int, wanted: bytes, incoming: int) -> bytes:
    """Move a file back to incoming and return its name there, hashed if other bytes have the wanted one.

    May be cut short anywhere and run again: where incoming holds the very bytes already, only what is left
    of the file elsewhere is removed.
    """
    try:
        move_back(fs, name, folder, wanted, incoming)
    except FileExistsError:
        sha256 = sha256_of(fs, name, folder)
        if holds(fs, wanted, incoming, sha256):
            fs.fsync_folder(incoming)
            fs.unlink(name, folder)
            return wanted
        wanted = naming.hashed(wanted, sha256)
        move_back(fs, name, folder, wanted, incoming)
    fs.fsync_folder(incoming)
    return wanted


def holds(fs: FileSystem, name: bytes, folder: int, sha256: str) -> bool:
    """Return whether a name stands for a file with these bytes, and if so, make sure they are on the disk."""
    try:
        descriptor = fs.open_file(name, folder)
    except OSError as error:
        if error.errno in NO_FILE:
            return False
        raise
    try:
        if not stat.S_ISREG(fs.fstat(descriptor).st_mode) or _hash_of(fs, descriptor) != sha256:
            return False
        fs.fsync(descriptor)
    finally:
        fs.close(descriptor)
    return True


def read_whole(fs: FileSystem, name: bytes, folder: int) -> bytes:
    """Return all bytes of a small file, a record."""
    descriptor = fs.open_file(name, folder)
    try:
        return b"".join(iter(lambda: fs.read(descriptor, CHUNK_BYTES), b""))
    finally:
        fs.close(descriptor)


def sha256_of(fs: FileSystem, name: bytes, folder: int) -> str:
    """Return the hash of a file's bytes, hexadecimal."""
    descriptor = fs.open_file(name, folder)
    try:
        return _hash_of(fs, descriptor)
    finally:
        fs.close(descriptor)


def _hash_of(fs: FileSystem, descriptor: int) -> str:
    return storage.sha256_of(lambda size: fs.read(descriptor, size))


def _link(fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int) -> bool:
    try:
        fs.link(name, folder, target, target_folder)
    except OSError as error:
        if error.errno in NO_LINK:
            return False
        raise
    return True


def _rename_if_absent(fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int) -> None:
    # safe without the kernel's help: the lock makes us the only one who puts names there
    try:
        fs.stat(target, target_folder)
    except FileNotFoundError:
        fs.rename(name, folder, target, target_folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)


def _leave_by_link(fs: FileSystem, source: Source, target: bytes, target_folder: int) -> None:
    if not source.identity.matches(fs.stat(target, target_folder), moved=True):
        fs.unlink(target, target_folder)
        raise ReplacedError
    fs.fsync_folder(target_folder)
    remove_source(fs, source)


def move_back(fs: FileSystem, name: bytes, folder: int, wanted: bytes, incoming: int) -> None:
    """Move a file back to incoming, from another file system too; FileExistsError if the name is taken."""
    try:
        move_noreplace(fs, name, folder, wanted, incoming)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        source = Source(name, folder, Identity.of(fs.stat(name, folder)), sha256_of(fs, name, folder))
        _publish_copy(fs, source, wanted, incoming, prefix=naming.BACK_PREFIX)
        fs.unlink(name, folder)


def _copy_across(fs: FileSystem, source: Source, target: bytes, target_folder: int) -> None:
    _publish_copy(fs, source, target, target_folder)
    remove_source(fs, source)


def _publish_copy(
    fs: FileSystem, source: Source, target: bytes, target_folder: int, *, prefix: bytes = storage.TMP_PREFIX
) -> None:
    temporary, writer = storage.create_temporary(fs, target_folder, prefix)
    try:
        _copy(fs, source, temporary, writer, target_folder)
        move_noreplace(fs, temporary, target_folder, target, target_folder)
    except BaseException:
        storage.remove_temporary(fs, temporary, target_folder)
        raise
    fs.fsync_folder(target_folder)


def _copy(fs: FileSystem, source: Source, temporary: bytes, writer: int, target_folder: int) -> None:
    try:
        reader = fs.open_file(source.name, source.folder)
        try:
            if not source.identity.matches(fs.fstat(reader)):
                raise ReplacedError
            while chunk := fs.read(reader, CHUNK_BYTES):
                fs.write(writer, chunk)
            fs.set_mtime(writer, source.identity.mtime_ns)
            fs.fsync(writer)
        finally:
            fs.close(reader)
    finally:
        fs.close(writer)
    if sha256_of(fs, temporary, target_folder) != source.sha256:
        raise OSError(errno.EIO, "the copy differs from what was read", source.name)
