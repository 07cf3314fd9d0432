"""Files, folders and patterns of this machine as inputs, and a folder that takes results."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from processing import storage
from processing.batch.stores import BusyError, Found, Output, UsageError, is_record, why
from processing.file_naming import parts_of
from processing.model.safe_text import text_of

_OPEN_FLAGS = storage.OPEN_FLAGS & ~getattr(os, "O_NOFOLLOW", 0)
_DRAFT_PREFIX = storage.TMP_PREFIX + b"backfill-"
_CALLS = storage.FileCalls()
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})


def found(place: str) -> Iterator[Found]:
    """Yield the file that a path names, or all CSVs of a folder, or what a pattern matches, by name.

    A file's name is that below the folder, or below the part of a pattern before its first wildcard. Links
    inside folders are not followed. Raises UsageError where there is nothing.
    """
    root, matches = place if os.path.isdir(place) else os.path.dirname(place), [place]  # noqa: PTH112, PTH120
    if glob.has_magic(place) and not os.path.lexists(place):
        root = os.path.dirname(place[: next(at for at, char in enumerate(place) if char in "*?[")])  # noqa: PTH120
        matches = sorted(glob.glob(place, recursive=True))  # noqa: PTH207
    if not matches:
        raise UsageError(f"nothing matches {text_of(os.fsencode(place))}")
    for each in matches:
        yield from _below(os.fsencode(os.path.abspath(root)), os.fsencode(os.path.abspath(each)))  # noqa: PTH100


def _below(root: bytes, path: bytes) -> Iterator[Found]:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError) as error:
        raise UsageError(f"{text_of(path)}: {why(error)}; name files, folders or patterns") from None
    if stat.S_ISDIR(mode):
        yield from _walk(root, path)
    elif stat.S_ISREG(mode):
        yield Found(_name(path, root), os.fsdecode(path))
    else:
        raise UsageError(f"{text_of(path)} is neither a file nor a folder")


def _walk(root: bytes, folder: bytes) -> Iterator[Found]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        yield Found(_name(folder, root), "", why(error))
        return
    for entry in entries:
        if entry.name.startswith(b"."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, entry.path)
        elif entry.is_file(follow_symlinks=False) and parts_of(entry.name).extension:
            yield Found(_name(entry.path, root), os.fsdecode(entry.path))


def _name(path: bytes, root: bytes) -> bytes:
    """Return a path below a root as names are written: with slashes on every system."""
    return os.path.relpath(path, root).replace(os.fsencode(os.sep), b"/")


def opened(address: str) -> tuple[BinaryIO, int]:
    """Return a file opened for reading, and its size; OSError where it is not there or no regular file."""
    descriptor = os.open(address, _OPEN_FLAGS)
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return os.fdopen(descriptor, "rb", buffering=0), state.st_size


def output(place: str) -> Output:
    """Return the folder, made where need be; BusyError where another run writes in it."""
    return _Folder(Path(place))


class _Folder:
    """A folder that takes results; one run at a time, where the filesystem can lock."""

    def __init__(self, path: Path) -> None:
        self.where = os.path.abspath(path)  # noqa: PTH100 - a worker elsewhere starts elsewhere
        self._path = Path(self.where)
        _refuse_data_folder(self._path.resolve())
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(path)
        except BlockingIOError:
            raise BusyError(
                f"another run writes in {text_of(bytes(path))}: wait, or name another -o"
            ) from None
        except OSError as error:
            raise UsageError(f"{text_of(bytes(path))}: {why(error)}; name another with -o") from None
        self._touched = {self._path}

    def records(self) -> Iterator[bytes]:
        """Yield the names of records; remove what a killed run left half written."""
        root = os.fsencode(self.where)
        for folder, _, bases in os.walk(root):
            for base in bases:
                if is_record(base):
                    yield _name(folder + b"/" + base, root)
                elif self._lock is not None and base.startswith(_DRAFT_PREFIX):
                    Path(os.fsdecode(folder + b"/" + base)).unlink()

    def put(self, name: bytes, content: bytes) -> bool:
        """Store a file whole or not at all; return False if the name is taken."""
        path = self._path / os.fsdecode(name)
        if path.parent not in self._touched:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._touched.add(path.parent)
        return add(path, content)

    def replace(self, name: bytes, content: bytes) -> None:
        """Put a file in place of what is there."""
        replace(self._path / os.fsdecode(name), content)

    def close(self) -> None:
        """Sync each folder that got something, and unlock."""
        for folder in self._touched:
            with contextlib.suppress(OSError):  # not supported everywhere; Windows opens no folder
                descriptor = os.open(folder, storage.FOLDER_FLAGS)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        if self._lock is not None:
            os.close(self._lock)


def _locked(folder: Path) -> int | None:
    """Return a descriptor that keeps other runs out of a folder; None if nothing can do so here.

    Raises BlockingIOError if another run is in it.
    """
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        return None
    descriptor = os.open(folder, storage.FOLDER_FLAGS)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None  # a network filesystem without locks
    return descriptor


def _refuse_data_folder(path: Path) -> None:
    """Raise UsageError for a folder in a daemon's data folder: the daemon is the only writer there."""
    for folder in (path, *path.parents):
        if os.path.isdir(folder / ".watcher"):  # noqa: PTH112 - False too if it cannot be asked
            raise UsageError(
                f"{text_of(bytes(path))} belongs to the daemon of {text_of(bytes(folder))}: "
                "write elsewhere, for example -o results"
            )


def add(path: Path, content: bytes) -> bool:
    """Write and sync a file beside its place, and link it there; return False if the name is taken."""
    if os.path.lexists(path):
        return False
    draft = Path(os.fsdecode(storage.write_temporary(_CALLS, None, content, sync=True, prefix=_draft(path))))
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        draft.rename(path)  # no links here (FAT): what came since the check above would be replaced
    finally:
        draft.unlink(missing_ok=True)
    return True


def replace(path: Path, content: bytes) -> None:
    """Write and sync a file beside its place, and put it in place of what is there."""
    storage.replace(_CALLS, os.fsencode(path), None, content, sync=True, prefix=_draft(path))


def _draft(path: Path) -> bytes:
    """Return how the path of a temporary file beside this one begins."""
    return os.fsencode(path.parent) + b"/" + _DRAFT_PREFIX
