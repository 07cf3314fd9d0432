"""The folders, permissions, mounts, space and events of the settings, each inspected with what fixes it."""

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from processing.formats.toml_files import site_formats
from processing.model.safe_text import counted, text_of
from processing.suffixes import TEXT_SUFFIXES, shown_suffixes
from watcher.discovery import senders
from watcher.discovery.events import InotifyEvents, WatchLostError
from watcher.discovery.pending_file import DOUBT_FACTOR
from watcher.errors import FatalError, SettingsError
from watcher.monitoring.health import free_space
from watcher.preflight import fixes
from watcher.settings import Settings
from watcher.system import mounts
from watcher.system.areas import (
    ARCHIVE,
    AREAS,
    INCOMING,
    OWN,
    PROCESSED,
    PROFILES,
    QUARANTINE,
    remedy_of,
)
from watcher.system.folder_walk import folders_below

_NO_STORAGE = frozenset({"proc", "sysfs", "cgroup", "cgroup2", "devpts", "debugfs", "tracefs"})
"""Types of file systems that store no files."""
_OTHER_FOLDER = "name another folder with --data-dir"
_PATH_ERRORS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""Errors of a path that is missing, of another kind, or not permitted."""
_MORE_INOTIFY = "sudo sysctl fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=1048576"


class Inspection(NamedTuple):
    """What was inspected and how it is, with the command that fixes it if there is a problem."""

    what: str
    fix: str = ""
    """Empty if there is no problem."""
    stops: bool = True
    """Whether the problem keeps the watcher from working; otherwise it works, but less well."""

    @property
    def sentence(self) -> str:
        """The message of a start that this problem prevents."""
        return f"{self.what}; to fix it: {self.fix}"

    def __str__(self) -> str:
        """Return the lines that `check` prints."""
        if not self.fix:
            return f"ok    {self.what}"
        return f"{'WRONG' if self.stops else 'note '} {self.what}\n      fix: {self.fix}"


def preflight(chosen: Settings) -> Iterator[Inspection]:
    """Inspect the folders, permissions, mounts, space and events of these settings; nothing is written."""
    data_dir = chosen.data_dir.absolute()
    shown = fixes.shown(data_dir)
    problems = [*obstacles(data_dir)] or [*_inaccessible_folders(data_dir)]
    yield from problems
    if problems:
        return
    yield Inspection(f"{shown} and the folders in it can be read and written by user {fixes.user()}")
    if is_lost_with_container(data_dir):
        what = f"{shown} lies in the container itself and is removed with it"
        yield Inspection(what, fixes.MOUNT.format(shown), stops=False)
    areas = [data_dir / os.fsdecode(area) for area in AREAS]
    mount = fixes.mount_of(data_dir.resolve())
    apart = [area.name for area in areas if area.is_dir() and fixes.mount_of(area.resolve()) != mount]
    if apart:
        what = f"{', '.join(apart)}: a mount of its own, so each move there copies the whole file"
        yield Inspection(what, f"mount all of {shown} as one; in a container: -v DATA:{shown}", stops=False)
    else:
        yield Inspection("incoming, processed, archive and quarantine lie on one mount: a move is a rename")
    free, problem = free_space(data_dir)
    prune = f"python -m watcher prune --older-than 90 --data-dir {shown}"
    yield Inspection(problem, prune) if problem else Inspection(f"{free >> 20} MiB are free")
    yield from _formats(data_dir / os.fsdecode(PROFILES))
    yield from _senders(data_dir / os.fsdecode(INCOMING), chosen)
    yield _events(data_dir, chosen.watch)


def obstacles(data_dir: Path) -> Iterator[Inspection]:
    """Yield the problems that keep the daemon from starting on this data folder."""
    if not os.path.lexists(data_dir):
        yield _missing(data_dir)
        return
    wanted = [data_dir / os.fsdecode(name) for name in (*AREAS, OWN)]
    there = [folder for folder in wanted if os.path.lexists(folder)]
    use = fixes.ENTERED if there == wanted else fixes.USED  # missing folders are made in it
    root, own = _obstacle(data_dir, use), data_dir / os.fsdecode(OWN)
    found = [root] if root else [*map(_obstacle, there), _link(own) or _inaccessible_file(own / "lock")]
    yield from filter(None, found)


def explained(error: OSError, data_dir: Path) -> FatalError:
    """Return an error of the operating system as a sentence that names the path and the fix."""
    if error.errno not in _PATH_ERRORS:
        return FatalError(f"{data_dir}: {error}; nothing was lost, start again")
    root = data_dir.absolute()
    path = root / os.fsdecode(error.filename if isinstance(error.filename, str | bytes) else b"")
    problem = next(obstacles(root), None) or (_obstacle(path) if path.is_dir() else _inaccessible_file(path))
    if problem is None:
        return SettingsError(f"{fixes.shown(path)}: {error.strerror}; {remedy_of(error) or _OTHER_FOLDER}")
    return SettingsError(problem.sentence)


def is_lost_with_container(data_dir: Path) -> bool:
    """Return whether the data folder lies in a container's own layer, which is removed with the container."""
    return fixes.is_container() and data_dir.is_dir() and mounts.mount_type_of(data_dir) == "overlay"


def _inaccessible_folders(data_dir: Path) -> Iterator[Inspection]:
    """Yield the sub-folders that cannot be listed, or that files cannot be moved to."""
    for area in (PROCESSED, ARCHIVE, QUARANTINE):
        for folder in folders_below(data_dir / os.fsdecode(area)):
            if not os.access(folder, fixes.USED, effective_ids=True):
                yield _inaccessible(folder)


def _formats(folder: Path) -> Iterator[Inspection]:
    """Yield what is wrong with the known formats of the site, and how many can be used."""
    found = site_formats(folder)
    for problem in found.problems:
        yield Inspection(problem, "correct the file, or remove it; the other formats are used", stops=False)
    if found.files:
        yield Inspection(f"{counted(len(found.files), 'known format')} of this site in {fixes.shown(folder)}")


def _missing(data_dir: Path) -> Inspection:
    nearest = next(path for path in data_dir.parents if os.path.lexists(path))
    if not nearest.is_dir():
        return _no_folder(nearest)
    if not os.access(nearest, os.X_OK, effective_ids=True):
        return Inspection(f"user {fixes.user()} cannot enter {fixes.shown(nearest)}", _OTHER_FOLDER)
    what = f"{fixes.shown(data_dir)} (--data-dir) is not there"
    return Inspection(what, fixes.make_folder(data_dir, nearest))


def _obstacle(folder: Path, use: int = fixes.USED) -> Inspection | None:
    """Return the problem that keeps this user from using an existing folder."""
    shown = fixes.shown(folder)
    if not folder.is_dir():
        return _no_folder(folder)
    if mounts.mount_type_of(folder) in _NO_STORAGE:
        return Inspection(f"{shown} is the kernel's own and keeps no files", _OTHER_FOLDER)
    if use & os.W_OK and os.statvfs(folder).f_flag & os.ST_RDONLY:
        return Inspection(f"{shown} lies on a mount that is read-only", fixes.writable_mount(folder))
    return None if os.access(folder, use, effective_ids=True) else _inaccessible(folder)


def _no_folder(path: Path) -> Inspection:
    may_move = path.is_file() or path.is_symlink()  # anything else, such as a device, is of the system
    fix = fixes.on_host(path, f"{fixes.MOVE_ASIDE} && mkdir {{0}}") if may_move else _OTHER_FOLDER
    return Inspection(f"{fixes.shown(path)} is not a folder", fix)


def _link(own: Path) -> Inspection | None:
    """Return a link or another thing in the place of the daemon's folder or of its lock file."""
    lock = own / "lock"
    if own.is_symlink() and own.is_dir():
        return Inspection(f"{fixes.shown(own)} is a link", fixes.on_host(own, fixes.MOVE_ASIDE))
    if lock.is_symlink() or (lock.exists() and not lock.is_file()):
        return Inspection(f"{fixes.shown(lock)} is not a regular file", fixes.on_host(lock, fixes.MOVE_ASIDE))
    return None


def _inaccessible_file(path: Path) -> Inspection | None:
    accessible = not path.is_file() or os.access(path, os.R_OK | os.W_OK, effective_ids=True)
    return None if accessible else _inaccessible(path)


def _inaccessible(path: Path) -> Inspection:
    what = f"user {fixes.user()} cannot read and write {fixes.shown(path)}"
    return Inspection(what, fixes.give_access(path))


def _senders(incoming: Path, chosen: Settings) -> Iterator[Inspection]:
    settle = chosen.settle
    for folder in senders.unwritable(incoming):
        share = f"sudo chgrp {os.getegid()} {{0}} && sudo chmod g+rwxs,-t {{0}}"
        what = f"user {fixes.user()} cannot move files out of {fixes.shown(folder)}: they stay there"
        yield Inspection(what, fixes.on_host(folder, share))
    for folder, count in senders.unreadable(incoming, chosen.suffixes):
        files = f"{counted(count, 'file')} in {fixes.shown(folder)}"
        what = f"user {fixes.user()} cannot read {files}: they stay there"
        yield Inspection(what, fixes.on_host(folder, "sudo chmod -R a+rX {}"))
    if left := senders.unsupported(incoming, chosen.suffixes):
        named = {text_of(os.fsencode(each)) or "without one": count for each, count in left.most_common(5)}
        by_suffix = ", ".join(f"{count} {each}" for each, count in named.items())
        what = f"{counted(left.total(), 'file')} left in incoming for the suffix ({by_suffix})"
        inputs = " ".join(suffix.decode() for suffix in chosen.suffixes)
        yield Inspection(f"{what}: inputs have {inputs}", suffix_fix(chosen.suffixes, left), stops=False)
    if settle and senders.others_write(incoming) and not senders.may_probe_their_files():
        waits = f"{DOUBT_FACTOR * settle:g} s"
        yield Inspection(
            f"other accounts write into {fixes.shown(incoming)}, and user {fixes.user()} cannot know "
            f"when they have finished a file: it lacks CAP_LEASE, so each must stay unchanged for {waits}",
            "AmbientCapabilities=CAP_LEASE in the systemd unit; a container runs as the user who writes",
            stops=False,
        )


def suffix_fix(suffixes: tuple[bytes, ...], found: Iterable[str]) -> str:
    """Return what makes files with the suffixes `found` inputs."""
    more = {each.removesuffix(".gz").encode() for each in found}.intersection(TEXT_SUFFIXES)
    if not more:
        return f"give inputs a name that ends in {shown_suffixes(suffixes)}"
    wanted = sorted({each.removesuffix(b".gz") for each in suffixes} | more)
    return f"--suffixes {b','.join(wanted).decode()}"


def _events(data_dir: Path, mode: str) -> Inspection:
    incoming = data_dir / os.fsdecode(INCOMING)
    with mounts.opened(incoming if incoming.is_dir() else data_dir) as folder:
        kind, seconds = mounts.mount_type(folder), mounts.scan_seconds(folder)
        if mode == "scan":
            return Inspection(f"{kind}: scans alone, as set")
        try:
            events = InotifyEvents(lambda: None)
            try:
                events.watch(b"", folder)
            finally:
                events.stop()
        except WatchLostError as error:
            return Inspection(f"{error}; scans alone find the files", _MORE_INOTIFY, stops=False)
    return Inspection(f"{kind}: events, and a scan every {seconds:g} s")
