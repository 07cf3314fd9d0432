"""Local files, folders and patterns as inputs, and a local folder as the output."""

import contextlib
import errno
import glob
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from processing import storage
from processing.batch.stores import BatchInput, BusyError, UsageError, error_phrase
from processing.file_naming import is_record
from processing.model.safe_text import text_of
from processing.suffixes import DEFAULT_SUFFIXES

_OPEN_FLAGS = storage.OPEN_FLAGS & ~getattr(os, "O_NOFOLLOW", 0)
_TMP_PREFIX = storage.TMP_PREFIX + b"backfill-"


def find(address: str, suffixes: tuple[bytes, ...] = DEFAULT_SUFFIXES) -> Iterator[BatchInput]:
    """Yield the file that a path names, or all inputs of a folder, or what a pattern matches, sorted by name.

    Names are relative to the folder, or to the part of a pattern before its first wildcard. Links inside
    folders are not followed. Raises UsageError if nothing is found.
    """
    root, matches = address if os.path.isdir(address) else os.path.dirname(address), [address]  # noqa: PTH112, PTH120
    if glob.has_magic(address) and not os.path.lexists(address):
        root = os.path.dirname(fixed_part(address))  # noqa: PTH120
        try:
            matches = sorted(glob.glob(address, recursive=True))  # noqa: PTH207
        except RecursionError:
            shown = text_of(os.fsencode(address))
            raise UsageError(f"{shown}: too deeply nested for a pattern: name the folder") from None
    if not matches:
        raise UsageError(f"nothing matches {text_of(os.fsencode(address))}")
    for each in matches:
        top, path = os.path.abspath(root), os.path.abspath(each)  # noqa: PTH100
        yield from _inputs_at(os.fsencode(top), os.fsencode(path), suffixes)


def fixed_part(pattern: str) -> str:
    """Return the part of a pattern before its first wildcard."""
    return pattern[: next(at for at, char in enumerate(pattern) if char in "*?[")]


def _inputs_at(root: bytes, path: bytes, suffixes: tuple[bytes, ...]) -> Iterator[BatchInput]:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError) as error:
        message = f"{text_of(path)}: {error_phrase(error)}; name files, folders or patterns"
        raise UsageError(message) from None
    if stat.S_ISDIR(mode):
        yield from _inputs_below(root, path, suffixes)
    elif stat.S_ISREG(mode):
        yield BatchInput(_name(path, root), os.fsdecode(path))
    else:
        raise UsageError(f"{text_of(path)} is neither a file nor a folder")


def _inputs_below(root: bytes, folder: bytes, suffixes: tuple[bytes, ...]) -> Iterator[BatchInput]:
    for path, error in _walk(folder):
        if error is not None:
            yield BatchInput(_name(path, root), "", error_phrase(error))
        elif not os.path.basename(path).startswith(b".") and path.lower().endswith(suffixes):  # noqa: PTH119
            yield BatchInput(_name(path, root), os.fsdecode(path))


def _walk(top: bytes) -> Iterator[tuple[bytes, OSError | None]]:
    """Yield the files below a folder in the order of their names, and each folder that cannot be listed.

    Links are not followed, and hidden folders not listed. Folders may be nested more deeply than calls.
    """
    waiting = [(top, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path, None
            continue
        try:
            with os.scandir(path) as listing:
                found = [
                    (each.path, each.is_dir(follow_symlinks=False)) for each in listing if _is_listed(each)
                ]
        except OSError as error:
            yield path, error
            continue
        waiting += sorted(found, reverse=True)


def _is_listed(entry: os.DirEntry[bytes]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return not entry.name.startswith(b".")
    return entry.is_file(follow_symlinks=False)


def _name(path: bytes, root: bytes) -> bytes:
    """Return a path relative to a root, with slashes on every system."""
    return os.path.relpath(path, root).replace(os.fsencode(os.sep), b"/")


def open_input(address: str) -> tuple[BinaryIO, int]:
    """Return a file opened for reading, and its size; raise OSError if it is missing or no regular file."""
    descriptor = os.open(address, _OPEN_FLAGS)
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return os.fdopen(descriptor, "rb", buffering=0), state.st_size


class FolderOutput:
    """A local folder for results, locked for one run at a time if the filesystem has locks.

    The folder is created if necessary. Raises BusyError if another run writes to it, and UsageError if it is
    in a daemon's data folder, where only the daemon writes.
    """

    def __init__(self, address: str) -> None:
        path = Path(address)
        self.address = os.path.abspath(path)  # noqa: PTH100 - a Dask worker has another current folder
        self._path = Path(self.address)
        resolved = self._path.resolve()
        for folder in (resolved, *resolved.parents):
            if os.path.isdir(folder / ".watcher"):  # noqa: PTH112 - False too if it cannot be read
                owner = f"{text_of(bytes(resolved))} belongs to the daemon of {text_of(bytes(folder))}"
                raise UsageError(f"{owner}: write elsewhere, for example -o results")
        name = text_of(bytes(path))
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(path)
        except BlockingIOError:
            raise BusyError(f"another run writes in {name}: wait, or name another -o") from None
        except OSError as error:
            raise UsageError(f"{name}: {error_phrase(error)}; name another with -o") from None
        self._touched = {self._path}

    def records(self) -> Iterator[bytes]:
        """Yield the names of all records; remove the temporary files of killed runs."""
        root = os.fsencode(self.address)
        for path, _ in _walk(root):
            base = os.path.basename(path)  # noqa: PTH119 - a path of bytes
            if is_record(base):
                yield _name(path, root)
            elif self._lock is not None and base.startswith(_TMP_PREFIX):
                Path(os.fsdecode(path)).unlink()

    def put(self, name: bytes, content: bytes) -> bool:
        """Store a file whole or not at all; return False if the name is taken."""
        path = self._path / os.fsdecode(name)
        if path.parent not in self._touched:
            below = itertools.takewhile(lambda folder: folder != self._path, path.parents)
            for folder in reversed(list(below)):  # `mkdir(parents=True)` would call itself for each
                folder.mkdir(exist_ok=True)
            self._touched.add(path.parent)
        return storage.write_new(path, content, _TMP_PREFIX)

    def replace(self, name: bytes, content: bytes) -> None:
        """Store a file in place of the one with this name."""
        storage.overwrite(self._path / os.fsdecode(name), content, _TMP_PREFIX)

    def close(self) -> None:
        """Sync the folders that got files, and unlock."""
        for folder in self._touched:
            with contextlib.suppress(OSError):  # not supported everywhere; Windows opens no folder
                descriptor = os.open(folder, storage.FOLDER_FLAGS)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        if self._lock is not None:
            os.close(self._lock)


open_output = FolderOutput


def _lock(folder: Path) -> int | None:
    """Return a descriptor that holds the lock of a folder; None if there are no locks here.

    Raises BlockingIOError if another run holds it.
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
