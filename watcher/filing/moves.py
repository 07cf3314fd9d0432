"""Moves that replace nothing and lose nothing, on filesystems that can and on those that cannot."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from processing import file_naming, storage
from processing.storage import CHUNK_BYTES
from watcher.job import Identity
from watcher.system.filesystem import FileSystem

NO_RENAME_NOREPLACE = frozenset({errno.EINVAL, errno.ENOSYS})
NO_FILE = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO})
"""What opening says of nothing, of a link, and of a socket."""
NO_LINK = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


class Source(NamedTuple):
    """A file in an open folder, as it was when it was read."""

    name: bytes
    folder: int
    identity: Identity
    sha256: str


class ReplacedError(Exception):
    """The file is not what was read any more: replaced, written to, or open for writing."""


def move_noreplace(fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int) -> None:
    """Rename a file that nobody else renames; FileExistsError if the target's name is taken."""
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


def rename_own(fs: FileSystem, name: bytes, folder: int, target: bytes) -> None:
    """Give a file another name in its folder that only we use; FileExistsError if it is taken."""
    try:
        fs.rename_noreplace(name, folder, target, folder)
    except OSError as error:
        if error.errno not in NO_RENAME_NOREPLACE:
            raise
        _rename_if_absent(fs, name, folder, target, folder)


def file_source(
    fs: FileSystem, source: Source, target: bytes, target_folder: int, *, by_copy: bool = False
) -> bool:
    """File a source that has stepped aside; return whether it was copied, and is still to be removed.

    FileExistsError if the target's name is taken; ReplacedError if the source was written to meanwhile.
    """
    if not by_copy:
        try:
            move_noreplace(fs, source.name, source.folder, target, target_folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        else:
            return False
    _publish_copy(fs, source, target, target_folder)
    return True


def put_back(fs: FileSystem, name: bytes, folder: int, wanted: bytes, incoming: int) -> bytes:
    """Move a file that nobody writes to back to incoming, and return its name there.

    May be cut short anywhere and run again: if incoming holds the very bytes already, only what is left
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
        wanted = file_naming.hashed(wanted, sha256)
        move_back(fs, name, folder, wanted, incoming)
    fs.fsync_folder(incoming)
    return wanted


def give_name(fs: FileSystem, name: bytes, folder: int, wanted: bytes) -> bytes:
    """Give a file another name in its folder and return it, hashed if another file has the wanted one."""
    try:
        _rename_by_link(fs, name, folder, wanted)
    except FileExistsError:
        wanted = file_naming.hashed(wanted, sha256_of(fs, name, folder))
        _rename_by_link(fs, name, folder, wanted)
    fs.fsync_folder(folder)
    return wanted


def _rename_by_link(fs: FileSystem, name: bytes, folder: int, wanted: bytes) -> None:
    """Rename so that it does not look like a sender's rename, which says that the file is complete."""
    if _link(fs, name, folder, wanted, folder):
        fs.fsync_folder(folder)
        fs.unlink(name, folder)
    else:
        move_noreplace(fs, name, folder, wanted, folder)


def holds(fs: FileSystem, name: bytes, folder: int, sha256: str) -> bool:
    """Return whether a name stands for a file with these bytes, and if so, make sure they are on the disk."""
    with _regular_file(fs, name, folder) as descriptor:
        if descriptor is None or hash_of(fs, descriptor) != sha256:
            return False
        fs.fsync(descriptor)
    return True


def read_whole(fs: FileSystem, name: bytes, folder: int) -> bytes:
    """Return all bytes of a small file, a record."""
    descriptor = fs.open_file(name, folder)
    try:
        return b"".join(iter(lambda: fs.read(descriptor, CHUNK_BYTES), b""))
    finally:
        fs.close(descriptor)


def begins_with(fs: FileSystem, name: bytes, folder: int, beginning: bytes) -> bool:
    """Return whether a name stands for a file whose first bytes are these."""
    rest = memoryview(beginning)
    with _regular_file(fs, name, folder) as descriptor:
        if descriptor is None:
            return False
        while rest and (chunk := fs.read(descriptor, min(len(rest), CHUNK_BYTES))):
            if chunk != rest[: len(chunk)]:
                return False
            rest = rest[len(chunk) :]
    return not rest


@contextlib.contextmanager
def _regular_file(fs: FileSystem, name: bytes, folder: int) -> Iterator[int | None]:
    """Open a file for reading; None if there is none of that name, or something else has it."""
    try:
        descriptor = fs.open_file(name, folder)
    except OSError as error:
        if error.errno not in NO_FILE:
            raise
        yield None
        return
    try:
        yield descriptor if stat.S_ISREG(fs.fstat(descriptor).st_mode) else None
    finally:
        fs.close(descriptor)


def sha256_of(fs: FileSystem, name: bytes, folder: int) -> str:
    """Return the hash of a file's bytes, hexadecimal."""
    descriptor = fs.open_file(name, folder)
    try:
        return hash_of(fs, descriptor)
    finally:
        fs.close(descriptor)


def hash_of(fs: FileSystem, descriptor: int) -> str:
    """Return the hash of an open file's bytes, from where the last read ended."""
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
    # safe where the lock makes us the only one who puts names there: everywhere but in incoming
    try:
        fs.stat(target, target_folder)
    except FileNotFoundError:
        fs.rename(name, folder, target, target_folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)


def move_back(fs: FileSystem, name: bytes, folder: int, wanted: bytes, incoming: int) -> None:
    """Move a file back to incoming, from another file system too; FileExistsError if the name is taken."""
    try:
        move_noreplace(fs, name, folder, wanted, incoming)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        source = Source(name, folder, Identity.of(fs.stat(name, folder)), sha256_of(fs, name, folder))
        _publish_copy(fs, source, wanted, incoming, prefix=file_naming.BACK_PREFIX)
        fs.unlink(name, folder)


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
            while chunk := fs.read(reader, CHUNK_BYTES):
                fs.write(writer, chunk)
            fs.set_mtime(writer, source.identity.mtime_ns)
            fs.fsync(writer)
            if not source.identity.matches(fs.fstat(reader), moved=True):
                raise ReplacedError
        finally:
            fs.close(reader)
    finally:
        fs.close(writer)
    if sha256_of(fs, temporary, target_folder) != source.sha256:
        raise OSError(errno.EIO, "the copy differs from what was read", source.name)
