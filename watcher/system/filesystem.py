"""The seam: every system call that touches the data folders, one thin method each.

The transaction is written against this class alone, so that a model of a crashing disk can stand in for it
and run the very same steps. Names are bytes, relative to an open folder; nothing here follows a link.
"""

from __future__ import annotations

import contextlib
import ctypes
import enum
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from processing import storage
from processing.storage import OPEN_FLAGS
from watcher.system import mounts

FOLDER_FLAGS = storage.FOLDER_FLAGS
UPDATE_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
RENAME_NOREPLACE = 1
SHARES = frozenset({"nfs", "nfs4", "cifs", "smb3"})
"""Types of mounts on which the server decides about leases."""
NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})
"""What fsync of a folder says where the filesystem does not support it (SMB, some FUSE)."""


class Lease(enum.Enum):
    """What a probe by a read lease says of a file."""

    FREE = "free"
    WRITTEN_TO = "written to"
    UNKNOWN = "unknown"
    """The kernel did not answer: somebody may have the file open for writing."""


def open_below(fs: FileSystem, root: bytes, path: bytes) -> int:
    """Return a descriptor of the folder at `path` below `root`; no link on the way is followed."""
    folder = fs.open_root(root)
    for part in filter(None, path.split(b"/")):
        try:
            child = fs.open_folder(part, folder)
        finally:
            fs.close(folder)
        folder = child
    return folder


@contextlib.contextmanager
def folder_of(fs: FileSystem, root: bytes, name: bytes) -> Iterator[int]:
    """Open the folder that contains `name`, a path below `root`; no link on the way is followed."""
    folder = open_below(fs, root, name.rpartition(b"/")[0])
    try:
        yield folder
    finally:
        fs.close(folder)


@contextlib.contextmanager
def opened(fs: FileSystem, name: bytes, folder: int) -> Iterator[int]:
    """Open a file of an open folder for reading."""
    descriptor = fs.open_file(name, folder)
    try:
        yield descriptor
    finally:
        fs.close(descriptor)


def read_up_to(fs: FileSystem, descriptor: int, limit: int) -> bytes:
    """Return the first `limit` bytes of an open file, fewer if it is shorter."""
    content = b""
    while len(content) < limit and (chunk := fs.read(descriptor, limit - len(content))):
        content += chunk
    return content


def exists(fs: FileSystem, name: bytes, folder: int) -> bool:
    """Return whether anything has this name in an open folder, a link that leads nowhere too."""
    try:
        fs.stat(name, folder)
    except FileNotFoundError:
        return False
    return True


class FileSystem(storage.FileCalls):
    """The real system calls; `durable=False` leaves out every fsync (`--durability none`)."""

    def __init__(self, *, durable: bool = True) -> None:
        self._durable = durable
        self._renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)

    def open_root(self, path: bytes) -> int:
        """Return a descriptor of a root folder; the root itself may be a symlink its owner made."""
        return os.open(path, FOLDER_FLAGS)

    def open_folder(self, name: bytes, folder: int) -> int:
        """Return a descriptor of the folder `name` in `folder`; a symlink is ELOOP or ENOTDIR."""
        return os.open(name, FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)

    def open_file(self, name: bytes, folder: int) -> int:
        """Return a descriptor for reading that no FIFO, device or link can hang or lead astray."""
        return os.open(name, OPEN_FLAGS, dir_fd=folder)

    def open_or_create(self, name: bytes, folder: int) -> int:
        """Return a descriptor for reading and writing of a file that may have been there."""
        return os.open(name, UPDATE_FLAGS, 0o666, dir_fd=folder)

    def set_mtime(self, descriptor: int, mtime_ns: int) -> None:
        """Give a copy the time of its original, which its access time becomes too."""
        os.utime(descriptor, ns=(mtime_ns, mtime_ns))

    def stat(self, name: bytes, folder: int) -> os.stat_result:
        """Return what `name` itself is, links not followed."""
        return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def fstat(self, descriptor: int) -> os.stat_result:
        """Return what an open descriptor stands for."""
        return os.fstat(descriptor)

    def scan(self, folder: int) -> Iterator[tuple[bytes, bool]]:
        """Yield the names in an open folder, each with whether it is a folder itself."""
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    yield os.fsencode(entry.name), _is_folder(entry)
        except OSError as error:
            error.filename = _path_of(folder)  # Python puts the descriptor's number there
            raise

    def check_removable(self, name: bytes, folder: int) -> None:
        """Raise OSError if this process may not move a name out of an open folder, as far as modes tell."""
        if not os.access(b".", os.W_OK | os.X_OK, dir_fd=folder):
            code = errno.EROFS if os.fstatvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
            raise OSError(code, os.strerror(code))
        found = os.fstat(folder)
        may = {0, found.st_uid, self.stat(name, folder).st_uid} if found.st_mode & stat.S_ISVTX else ()
        if may and os.geteuid() not in may:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    def mkdir(self, name: bytes, folder: int) -> None:
        """Make a folder."""
        os.mkdir(name, dir_fd=folder)

    def link(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        """Give a file a second name; EEXIST where the name is taken."""
        os.link(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder, follow_symlinks=False)

    def rename_noreplace(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        """Rename; EEXIST where the name is taken, ENOSYS or EINVAL where the mount cannot promise it."""
        if self._renameat2 is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        if self._renameat2(source_folder, source, target_folder, target, RENAME_NOREPLACE):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), source)

    def fsync(self, descriptor: int) -> None:
        """Wait until a file's bytes are on the disk."""
        if self._durable:
            os.fsync(descriptor)

    def fsync_folder(self, folder: int) -> None:
        """Wait until a folder's names are on the disk, where the filesystem can sync folders at all."""
        if not self._durable:
            return
        try:
            os.fsync(folder)
        except OSError as error:
            if error.errno not in NO_FOLDER_SYNC:
                raise

    def probe_lease(self, descriptor: int) -> Lease:
        """Return whether some process has the file open for writing, as far as the kernel says.

        A read lease is granted only on a file that nobody writes to (fcntl(2), F_SETLEASE). It is refused
        with EACCES for a file of another user without CAP_LEASE, with EINVAL on a file system without leases,
        and with EAGAIN on a share whose server has given no delegation or oplock, written to or not.
        """
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            if error.errno == errno.EAGAIN and mounts.mount_type(descriptor) not in SHARES:
                return Lease.WRITTEN_TO
            return Lease.UNKNOWN
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return Lease.FREE


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # a file system that lists no types: what is wrong shows when the entry is opened
        return False


def _path_of(folder: int) -> bytes | None:
    try:
        return os.fsencode(Path(f"/proc/self/fd/{folder}").readlink())
    except OSError:
        return None
