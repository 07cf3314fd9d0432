"""What other accounts in incoming cause: folders that cannot be emptied, files not to be read or probed."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from watcher.discovery.file_filter import NameKind, kind_of

FOLDERS_MOST = 10_000
"""Folders of incoming that are looked at, so that `check` ends soon."""
_CAP_LEASE = 28
_ALL_USERS = ["0", "0", "4294967295"]


def unwritable(incoming: Path) -> Iterator[Path]:
    """Yield incoming, and folders below it, from which this process may not move every file."""
    for folder, found in _folders(incoming):
        sticky = found.st_mode & stat.S_ISVTX and os.geteuid() not in {0, found.st_uid}
        if sticky or not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            yield folder


def unreadable(incoming: Path) -> Iterator[tuple[Path, int]]:
    """Yield folders with inputs that this process may not read, and how many."""
    for folder, _ in _folders(incoming):
        if os.access(folder, os.R_OK | os.X_OK, effective_ids=True):
            with contextlib.suppress(FileNotFoundError):
                count = sum(map(_is_unreadable, os.scandir(folder)))
                if count:
                    yield folder, count


def _is_unreadable(entry: os.DirEntry[str]) -> bool:
    return (
        kind_of(os.fsencode(entry.name)) is NameKind.INPUT
        and entry.is_file(follow_symlinks=False)
        and not os.access(entry, os.R_OK, effective_ids=True)
    )


def others_write(incoming: Path) -> bool:
    """Return whether another account may own files below incoming, by the folders' owners and modes."""
    return any(_others_write(found) for _, found in _folders(incoming))


def may_probe_their_files() -> bool:
    """Return whether this process may ask the kernel who writes to files of other accounts: CAP_LEASE."""
    fields = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    held = int(fields["CapEff"], 16) >> _CAP_LEASE & 1
    return bool(held) and Path("/proc/self/uid_map").read_text().split() == _ALL_USERS


def _others_write(found: os.stat_result) -> bool:
    own_group = found.st_gid == os.getegid() and not found.st_mode & stat.S_ISGID
    by_group = bool(found.st_mode & stat.S_IWGRP) and not own_group  # 775 is also what a umask of 002 makes
    return found.st_uid != os.geteuid() or by_group or bool(found.st_mode & stat.S_IWOTH)


def _folders(incoming: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield incoming and the folders below it that are there; a sender may remove one at any time."""
    below = (path for path, _ in zip(_walked(incoming), range(FOLDERS_MOST), strict=False))
    for folder in itertools.chain([incoming], below):
        with contextlib.suppress(FileNotFoundError):
            yield folder, folder.stat()


def _walked(incoming: Path) -> Iterator[Path]:
    for name, names, _ in os.walk(incoming):
        names[:] = [each for each in names if kind_of(os.fsencode(each)) is not NameKind.SKIPPED]
        yield from (each for each in (Path(name, one) for one in names) if not each.is_symlink())
