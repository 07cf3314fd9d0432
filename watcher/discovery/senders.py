"""Problems with what other accounts put in incoming: it cannot be read, moved or probed."""

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from watcher.discovery.file_filter import NameKind, kind_of
from watcher.system.folder_walk import folders_below

MAX_FOLDERS = 10_000
"""Folders of incoming that are inspected, so that `check` ends soon."""
_CAP_LEASE = 28
_ALL_USERS = ["0", "0", "4294967295"]


def unwritable(incoming: Path) -> Iterator[Path]:
    """Yield incoming and the folders below it out of which this process cannot move every file."""
    for folder, found in _folders(incoming):
        sticky = found.st_mode & stat.S_ISVTX and os.geteuid() not in {0, found.st_uid}
        if sticky or not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            yield folder


def unreadable(incoming: Path, suffixes: tuple[bytes, ...]) -> Iterator[tuple[Path, int]]:
    """Yield each folder with inputs that this process cannot read, and their number."""
    for folder, _ in _folders(incoming):
        if os.access(folder, os.R_OK | os.X_OK, effective_ids=True):
            with contextlib.suppress(FileNotFoundError):
                count = sum(_is_unreadable(entry, suffixes) for entry in os.scandir(folder))
                if count:
                    yield folder, count


def unsupported(incoming: Path, suffixes: tuple[bytes, ...]) -> Counter[str]:
    """Return how many files have none of these suffixes, by the suffix that they have."""
    found: Counter[str] = Counter()
    for folder, _ in _folders(incoming):
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                kind = kind_of(os.fsencode(entry.name), suffixes)
                if kind is NameKind.UNSUPPORTED and entry.is_file(follow_symlinks=False):
                    found[suffix_of(entry.name)] += 1
    return found


def suffix_of(name: str) -> str:
    """Return the suffix of a name, of a compressed file the one before `.gz` too; empty if it has none."""
    suffixes = Path(name.lower()).suffixes
    return "".join(suffixes[-2:] if suffixes[-1:] == [".gz"] else suffixes[-1:])


def others_write(incoming: Path) -> bool:
    """Return whether other accounts may own files below incoming, by the owners and modes of folders."""
    return any(_others_write(found) for _, found in _folders(incoming))


def may_probe_their_files() -> bool:
    """Return whether the kernel lets this process see who writes to files of other accounts (CAP_LEASE)."""
    fields = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    held = int(fields["CapEff"], 16) >> _CAP_LEASE & 1
    return bool(held) and Path("/proc/self/uid_map").read_text().split() == _ALL_USERS


def _is_unreadable(entry: os.DirEntry[str], suffixes: tuple[bytes, ...]) -> bool:
    return (
        kind_of(os.fsencode(entry.name), suffixes) is NameKind.INPUT
        and entry.is_file(follow_symlinks=False)
        and not os.access(entry, os.R_OK, effective_ids=True)
    )


def _others_write(found: os.stat_result) -> bool:
    own_group = found.st_gid == os.getegid() and not found.st_mode & stat.S_ISGID
    by_group = bool(found.st_mode & stat.S_IWGRP) and not own_group  # 775 is also what a umask of 002 makes
    return found.st_uid != os.geteuid() or by_group or bool(found.st_mode & stat.S_IWOTH)


def _folders(incoming: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield incoming and the folders below it; a sender may remove one at any time."""
    below = folders_below(incoming, lambda name: kind_of(name) is not NameKind.SKIPPED)
    for folder in chain([incoming], islice(below, MAX_FOLDERS)):
        with contextlib.suppress(FileNotFoundError):
            yield folder, folder.stat()
