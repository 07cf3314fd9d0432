"""Every system call on the data folders, one thin method each.

The transaction uses this class alone, so that tests can replace it by a model of a disk that crashes and run
the same steps. Names are bytes, relative to an open folder, and no link is followed.
"""

from __future__ import annotations

import contextlib
import ctypes
import enum
import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator

from processing import storage
from watcher.system import mounts

FOLDER_FLAGS = storage.FOLDER_FLAGS
UPDATE_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
RENAME_NOREPLACE = 1
SHARES = frozenset({"nfs", "nfs4", "cifs", "smb3"})
"""Types of mounts whose server decides about leases."""
NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})
"""Errors of fsync on a folder that the file system cannot sync (SMB, some FUSE)."""
_HAS_ACCESS = os.access(b"/", os.F_OK, follow_symlinks=False)
"""Whether faccessat2 works: old seccomp filters of containers deny it."""


class Lease(enum.Enum):
    """The result of probing a file by a read lease."""

    FREE = "free"
    WRITTEN_TO = "written to"
    UNKNOWN = "unknown"
    """The kernel did not answer: somebody may have the file open for writing."""


def open_below(
    fs: FileSystem, root: bytes, path: bytes, open_child: Callable[[bytes, int, bytes], int] | None = None
) -> int:
    """Return a descriptor of the folder at `path` below `root`; no link on the way is followed.

    Only the last folder stays open: a deep path must not use up the descriptors. `open_child`, if given,
    opens each folder by its name, the descriptor of its parent, and its path.
    """
    folder = fs.open_root(root)
    below = b""
    for part in filter(None, path.split(b"/")):
        below = below + b"/" + part if below else part
        try:
            child = open_child(part, folder, below) if open_child else fs.open_folder(part, folder)
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


@contextlib.contextmanager
def claimed(fs: FileSystem, name: bytes, folder: int) -> Iterator[bool]:
    """Claim a file, so that no other program claims it; yield False if one has, or has removed it."""
    with opened(fs, name, folder) as descriptor:
        yield fs.try_lock(descriptor) and is_same(fs, name, folder, fs.fstat(descriptor))


@contextlib.contextmanager
def regular_file(fs: FileSystem, name: bytes, folder: int) -> Iterator[int | None]:
    """Open a file for reading; None if it is not a regular file, FileNotFoundError if it does not exist."""
    if not stat.S_ISREG(fs.stat(name, folder).st_mode):
        yield None
    else:
        with opened(fs, name, folder) as descriptor:
            yield descriptor


def read_up_to(fs: FileSystem, descriptor: int, limit: int) -> bytes:
    """Return the first `limit` bytes of an open file, fewer if it is shorter."""
    content = b""
    while len(content) < limit and (chunk := fs.read(descriptor, limit - len(content))):
        content += chunk
    return content


def stat_of(fs: FileSystem, name: bytes, folder: int) -> os.stat_result | None:
    """Return the stat of a name in an open folder, None if it does not exist; a broken link exists."""
    with contextlib.suppress(FileNotFoundError):
        return fs.stat(name, folder)
    return None


def exists(fs: FileSystem, name: bytes, folder: int) -> bool:
    """Return whether a name exists in an open folder; a broken link exists too."""
    return stat_of(fs, name, folder) is not None


def is_same(fs: FileSystem, name: bytes, folder: int, found: os.stat_result) -> bool:
    """Return whether a name in an open folder is a link to the file that `found` describes."""
    named = stat_of(fs, name, folder)
    return named is not None and os.path.samestat(named, found)


def errno_text(code: int | None) -> str:
    """Return the name of an errno and what it means."""
    return f"{errno.errorcode.get(code or 0, 'fault')}: {os.strerror(code or 0)}"


class FileSystem(storage.FileCalls):
    """The real system calls; `durable=False` leaves out every fsync (`--durability none`)."""

    def __init__(self, *, durable: bool = True) -> None:
        self._durable = durable
        self._renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)

    def open_root(self, path: bytes) -> int:
        """Return a descriptor of a root folder; the root itself may be a link."""
        return os.open(path, FOLDER_FLAGS)

    def open_folder(self, name: bytes, folder: int) -> int:
        """Return a descriptor of the folder `name` in `folder`; a symlink is ELOOP or ENOTDIR."""
        return os.open(name, FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)

    def open_file(self, name: bytes, folder: int) -> int:
        """Return a descriptor for reading; a FIFO or device cannot hang it, and no link is followed."""
        return os.open(name, storage.OPEN_FLAGS, dir_fd=folder)

    def open_or_create(self, name: bytes, folder: int) -> int:
        """Return a descriptor for reading and writing; create the file if it does not exist."""
        return os.open(name, UPDATE_FLAGS, 0o666, dir_fd=folder)

    def set_mtime(self, descriptor: int, mtime_ns: int) -> None:
        """Set the modification time of a copy, and its access time, to that of the original."""
        os.utime(descriptor, ns=(mtime_ns, mtime_ns))

    def stat(self, name: bytes, folder: int) -> os.stat_result:
        """Return the stat of a name; links are not followed."""
        return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def seems_there(self, name: bytes, folder: int) -> bool:
        """Return whether a name exists. This costs little and is False on any error."""
        if _HAS_ACCESS:
            return os.access(name, os.F_OK, dir_fd=folder, follow_symlinks=False)
        return exists(self, name, folder)

    def fstat(self, descriptor: int) -> os.stat_result:
        """Return the stat of an open file."""
        return os.fstat(descriptor)

    def scan(self, folder: int) -> Iterator[tuple[bytes, bool]]:
        """Yield the names in an open folder, each with whether it is a folder itself."""
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    yield os.fsencode(entry.name), _is_folder(entry)
        except OSError as error:
            error.filename = None  # Python puts the descriptor's number there
            with contextlib.suppress(OSError):
                error.filename = os.readlink(b"/proc/self/fd/%d" % folder)  # noqa: PTH115 - bytes
            raise

    def check_removable(self, name: bytes, folder: int) -> None:
        """Raise OSError if the permissions of an open folder forbid moving a name out of it."""
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
        """Give a file a second name; EEXIST if the name is taken."""
        os.link(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder, follow_symlinks=False)

    def rename_noreplace(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        """Rename; EEXIST if the name is taken, ENOSYS or EINVAL if the mount does not support it."""
        if self._renameat2 is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        if self._renameat2(source_folder, source, target_folder, target, RENAME_NOREPLACE):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), source)

    def fsync(self, descriptor: int) -> None:
        """Wait until a file's bytes are on the disk."""
        if self._durable:
            os.fsync(descriptor)

    def begin_sync(self, descriptor: int) -> None:
        """Have the kernel begin to write a file's bytes; `fsync` waits for them and reports errors.

        POSIX_FADV_DONTNEED asks to drop the file's pages from memory. This relies on Linux, which begins to
        write the pages that are not on the disk yet. It drops the others: a later read comes from the disk.
        """
        if self._durable:
            with contextlib.suppress(OSError):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def fsync_folder(self, folder: int) -> None:
        """Wait until a folder's names are on the disk, if the file system can sync folders."""
        try:
            self.fsync(folder)
        except OSError as error:
            if error.errno not in NO_FOLDER_SYNC:
                raise

    def try_lock(self, descriptor: int) -> bool:
        """Lock an open file until it is closed; False if another program has locked it.

        A share that does not lock files opened for reading locks nothing here.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno != errno.EWOULDBLOCK
        return True

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
    with contextlib.suppress(OSError):  # without types in the listing: opening the entry shows the error
        return entry.is_dir(follow_symlinks=False)
    return False
