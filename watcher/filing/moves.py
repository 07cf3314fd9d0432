"""Moves that neither replace nor lose a file, on file systems with and without RENAME_NOREPLACE."""

import contextlib
import errno
import os
from typing import NamedTuple

from processing import file_naming, storage
from processing.storage import CHUNK_BYTES
from watcher.job import Identity
from watcher.system.filesystem import FileSystem, exists, opened, read_up_to, regular_file

NO_RENAME_NOREPLACE = frozenset({errno.EINVAL, errno.ENOSYS})
OF_ONE_FILE = frozenset(
    {errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EILSEQ, errno.EEXIST, errno.EFBIG}
)
"""Errors that concern one file: another thing has its name, or the name is too long there."""
OF_A_FOLDER = frozenset({errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT})
"""Errors of writing in a folder, whatever the name."""
NO_LINK = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


class SourceFile(NamedTuple):
    """A file in an open folder, as it was when it was read."""

    name: bytes
    folder: int
    identity: Identity
    sha256: str


class ReplacedError(Exception):
    """The file was replaced, was changed, or is open for writing since it was read."""


def move_noreplace(
    fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int, *, by_link: bool = True
) -> None:
    """Rename a file that nobody else renames; FileExistsError if the target's name is taken.

    With `by_link=False`, the file never has two names at once.
    """
    try:
        fs.rename_noreplace(name, folder, target, target_folder)
    except OSError as error:
        if error.errno not in NO_RENAME_NOREPLACE:
            raise
        if by_link and _move_by_link(fs, name, folder, target, target_folder):
            return
        # safe outside of incoming: there, the lock makes this process the only one that creates names
        if exists(fs, target, target_folder):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from None
        fs.rename(name, folder, target, target_folder)


def move_on_mount(fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int) -> bool:
    """Move a file as `move_noreplace` does; return False if the target is on another mount."""
    try:
        move_noreplace(fs, name, folder, target, target_folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def return_to_incoming(fs: FileSystem, name: bytes, folder: int, wanted: bytes, incoming: int) -> None:
    """Move a file back to incoming, also from another file system; FileExistsError if the name is taken."""
    if not move_on_mount(fs, name, folder, wanted, incoming):
        source = SourceFile(name, folder, Identity.of(fs.stat(name, folder)), sha256_of(fs, name, folder))
        publish_copy(fs, source, wanted, incoming, prefix=file_naming.BACK_PREFIX)
        fs.unlink(name, folder)


def return_under_free_name(fs: FileSystem, name: bytes, folder: int, wanted: bytes, incoming: int) -> bytes:
    """Move a file that nobody writes to back to incoming, and return its name there.

    A crash may interrupt this at any call, and it can be run again: if incoming already has these bytes
    under this name, only the other copy is removed.
    """
    try:
        return_to_incoming(fs, name, folder, wanted, incoming)
    except FileExistsError:
        sha256 = sha256_of(fs, name, folder)
        if holds(fs, wanted, incoming, sha256):
            fs.fsync_folder(incoming)
            fs.unlink(name, folder)
            return wanted
        wanted = file_naming.hashed(wanted, sha256)
        return_to_incoming(fs, name, folder, wanted, incoming)
    fs.fsync_folder(incoming)
    return wanted


def give_name(fs: FileSystem, name: bytes, folder: int, wanted: bytes) -> bytes:
    """Give a file another name in its folder and return it; a taken name gets the file's hash added."""
    try:
        _rename_by_link(fs, name, folder, wanted)
    except FileExistsError:
        wanted = file_naming.hashed(wanted, sha256_of(fs, name, folder))
        _rename_by_link(fs, name, folder, wanted)
    fs.fsync_folder(folder)
    return wanted


def _rename_by_link(fs: FileSystem, name: bytes, folder: int, wanted: bytes) -> None:
    """Rename without the event of a rename, which would announce a complete file."""
    if not _move_by_link(fs, name, folder, wanted, folder):
        move_noreplace(fs, name, folder, wanted, folder)


def holds(fs: FileSystem, name: bytes, folder: int, sha256: str) -> bool:
    """Return whether a name is a file with these bytes; if so, make sure that they are on the disk."""
    with contextlib.suppress(FileNotFoundError), regular_file(fs, name, folder) as descriptor:
        if descriptor is not None and hash_of(fs, descriptor) == sha256:
            fs.fsync(descriptor)
            return True
    return False


def begins_with(fs: FileSystem, name: bytes, folder: int, beginning: int) -> bool:
    """Return whether a name is a file that begins with the bytes of an open file."""
    with regular_file(fs, name, folder) as descriptor:
        if descriptor is None:
            return False
        while chunk := fs.read(beginning, CHUNK_BYTES):
            if read_up_to(fs, descriptor, len(chunk)) != chunk:
                return False
    return True


def sha256_of(fs: FileSystem, name: bytes, folder: int) -> str:
    """Return the hash of a file's bytes, hexadecimal."""
    with opened(fs, name, folder) as descriptor:
        return hash_of(fs, descriptor)


def hash_of(fs: FileSystem, descriptor: int) -> str:
    """Return the hash of an open file's bytes from its current position to its end."""
    return storage.sha256_of(lambda size: fs.read(descriptor, size))


def _move_by_link(fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int) -> bool:
    """Link a file under its new name and remove the old one; return False if links are not supported."""
    try:
        fs.link(name, folder, target, target_folder)
    except OSError as error:
        if error.errno in NO_LINK:
            return False
        raise
    fs.fsync_folder(target_folder)
    fs.unlink(name, folder)
    return True


def publish_copy(
    fs: FileSystem, source: SourceFile, target: bytes, folder: int, *, prefix: bytes = storage.TMP_PREFIX
) -> None:
    """Copy a source durably; FileExistsError if the name is taken, ReplacedError if the source changes."""
    temporary, writer = storage.create_temporary(fs, folder, prefix)
    try:
        _copy(fs, source, temporary, writer, folder)
        move_noreplace(fs, temporary, folder, target, folder)
    except BaseException:
        storage.remove_temporary(fs, temporary, folder)
        raise
    fs.fsync_folder(folder)


def _copy(fs: FileSystem, source: SourceFile, temporary: bytes, writer: int, target_folder: int) -> None:
    try:
        with opened(fs, source.name, source.folder) as reader:
            while chunk := fs.read(reader, CHUNK_BYTES):
                fs.write(writer, chunk)
            fs.set_mtime(writer, source.identity.mtime_ns)
            fs.fsync(writer)
            if not source.identity.matches(fs.fstat(reader), moved=True):
                raise ReplacedError
    finally:
        fs.close(writer)
    if sha256_of(fs, temporary, target_folder) != source.sha256:
        raise OSError(errno.EIO, "the copy differs from what was read", source.name)
