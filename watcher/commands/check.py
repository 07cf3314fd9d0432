"""What `check` says before anything runs: each finding with the exact command that mends it."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from processing.model.safe_text import counted, text_of
from processing.printing import say
from watcher.commands import remedies
from watcher.discovery import senders
from watcher.discovery.events import InotifyEvents, WatchLostError
from watcher.discovery.file_filter import NameKind, kind_of
from watcher.discovery.pending_file import DOUBT_FACTOR
from watcher.errors import ExitCode, FatalError, SettingsError
from watcher.monitoring.health import free_space
from watcher.settings import Settings
from watcher.system import mounts
from watcher.system.directories import ARCHIVE, AREAS, INCOMING, OWN, PROCESSED, QUARANTINE

_NO_STORAGE = frozenset({"proc", "sysfs", "cgroup", "cgroup2", "devpts", "debugfs", "tracefs"})
_ANOTHER = "name another folder with --data-dir"
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR})
"""What a call says of a path that is not there, is of another kind, or may not be used."""
_MORE_INOTIFY = "sudo sysctl fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=1048576"


class PreflightResult(NamedTuple):
    """What was checked and how it is, with the command that fixes it if there is a problem."""

    what: str
    fix: str = ""
    """Empty if there is no problem."""
    stops: bool = True
    """Whether the problem stops the watcher; otherwise it works, but worse than it could."""

    @property
    def sentence(self) -> str:
        """The message of a start that this problem stops."""
        return f"{self.what}; to fix it: {self.fix}"

    def __str__(self) -> str:
        """Return the lines that `check` prints."""
        if not self.fix:
            return f"ok    {self.what}"
        return f"{'WRONG' if self.stops else 'worse'} {self.what}\n      fix: {self.fix}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="say which profile a file of this name gets")


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Print all that was checked, and how many problems must be fixed before a start."""
    found = [*preflight(chosen), *(profile_of(chosen, name) for name in given.names)]
    say("\n".join(map(str, found)))
    problems = sum(each.stops for each in found if each.fix)
    say(f"check: {counted(problems, 'problem')} to fix" if problems else "check: ready")
    return ExitCode.QUARANTINED if problems else ExitCode.CLEAN


def preflight(chosen: Settings) -> Iterator[PreflightResult]:
    """Look at the folders, rights, mounts, space and events that the settings lead to; nothing is written."""
    data_dir = chosen.data_dir.absolute()
    wrong = [*obstacles(data_dir)] or [*_refused_below(data_dir)]
    yield from wrong
    if wrong:
        return
    yield PreflightResult(
        f"{remedies.shown(data_dir)} and the folders in it can be read and written by user {remedies.user()}"
    )
    if goes_with_its_container(data_dir):
        yield PreflightResult(
            f"{remedies.shown(data_dir)} lies in the container itself and is removed with it",
            remedies.MOUNT.format(remedies.shown(data_dir)),
            stops=False,
        )
    yield _one_mount(data_dir)
    yield _space(data_dir)
    yield from _senders(data_dir / os.fsdecode(INCOMING), chosen.settle)
    yield _watch(data_dir, chosen.watch)


def obstacles(data_dir: Path) -> Iterator[PreflightResult]:
    """Yield what keeps the daemon from starting on this data folder, each with what mends it."""
    if not os.path.lexists(data_dir):
        yield _missing(data_dir)
        return
    wanted = [data_dir / os.fsdecode(name) for name in (*AREAS, OWN)]
    there = [folder for folder in wanted if os.path.lexists(folder)]
    root = _obstacle(
        data_dir, remedies.ENTERED if there == wanted else remedies.USED
    )  # what is missing is made in it
    own = data_dir / os.fsdecode(OWN)
    found = [root] if root else [*map(_obstacle, there), _planted(own) or _refused_file(own / "lock")]
    yield from filter(None, found)


def explained(error: OSError, data_dir: Path) -> FatalError:
    """Return an error of the operating system as a sentence: the path that refuses, and what mends it."""
    if error.errno not in _REFUSED:
        return FatalError(f"{data_dir}: {error}; nothing was lost, start again", ExitCode.LEFT_BEHIND)
    root = data_dir.absolute()
    path = root / os.fsdecode(error.filename if isinstance(error.filename, str | bytes) else b"")
    finding = next(obstacles(root), None) or (_obstacle(path) if path.is_dir() else _refused_file(path))
    if finding is None:
        return SettingsError(f"{remedies.shown(path)}: {error.strerror}; {_ANOTHER}")
    return SettingsError(finding.sentence)


def profile_of(chosen: Settings, path: str) -> PreflightResult:
    """Say which profile a file of this name below incoming is judged by, and by which pattern it got it."""
    below = path.removeprefix(f"{chosen.data_dir / os.fsdecode(INCOMING)}/")
    name = os.fsencode(below)
    if kind_of(name) is not NameKind.INPUT:
        why = "such names are passed over: uploads in progress, hidden files, and what is no .csv or .csv.gz"
        return PreflightResult(
            f"{text_of(name)}: {why}", "give it a name that ends in .csv or .csv.gz", stops=False
        )
    profile = chosen.profiles.for_name(name)
    return PreflightResult(f"{text_of(name)}: profile {text_of(profile.name.encode())}")


def goes_with_its_container(data_dir: Path) -> bool:
    """Return whether the data folder lies in a container's own layer, which is removed with the container."""
    return remedies.is_container() and data_dir.is_dir() and _mount_type(data_dir) == "overlay"


def _refused_below(data_dir: Path) -> Iterator[PreflightResult]:
    """Yield the sub-folders that a start cannot list, or that no file of theirs can be moved to."""
    for area in (PROCESSED, ARCHIVE, QUARANTINE):
        for folder, names, _ in os.walk(data_dir / os.fsdecode(area)):
            below = (Path(folder, name) for name in names)
            yield from (
                _refused(each)
                for each in below
                if not each.is_symlink() and not os.access(each, remedies.USED, effective_ids=True)
            )


def _missing(data_dir: Path) -> PreflightResult:
    nearest = next(path for path in data_dir.parents if os.path.lexists(path))
    if not nearest.is_dir():
        return _no_folder(nearest)
    if not os.access(nearest, os.X_OK, effective_ids=True):
        return PreflightResult(f"user {remedies.user()} cannot enter {remedies.shown(nearest)}", _ANOTHER)
    return PreflightResult(
        f"{remedies.shown(data_dir)} (--data-dir) is not there", remedies.make_folder(data_dir, nearest)
    )


def _obstacle(folder: Path, use: int = remedies.USED) -> PreflightResult | None:
    """Return what keeps this user from using a folder that is there."""
    shown = remedies.shown(folder)
    if not folder.is_dir():
        return _no_folder(folder)
    if _mount_type(folder) in _NO_STORAGE:
        return PreflightResult(f"{shown} is the kernel's own and keeps no files", _ANOTHER)
    if use & os.W_OK and os.statvfs(folder).f_flag & os.ST_RDONLY:
        return PreflightResult(f"{shown} lies on a mount that is read-only", remedies.writable_mount(folder))
    if not os.access(folder, use, effective_ids=True):
        return _refused(folder)
    return None


def _no_folder(path: Path) -> PreflightResult:
    return PreflightResult(
        f"{remedies.shown(path)} is no folder",
        f"{remedies.move_aside(path)} && mkdir {remedies.on_host(path)[1]}",
    )


def _planted(own: Path) -> PreflightResult | None:
    """Return what lies in the place of the daemon's folder or of the lock in it: it follows no link there."""
    lock = own / "lock"
    if own.is_symlink() and own.is_dir():
        return PreflightResult(f"{remedies.shown(own)} is a link", remedies.move_aside(own))
    if lock.is_symlink() or (lock.exists() and not lock.is_file()):
        return PreflightResult(f"{remedies.shown(lock)} is no regular file", remedies.move_aside(lock))
    return None


def _refused_file(path: Path) -> PreflightResult | None:
    if not path.is_file() or os.access(path, os.R_OK | os.W_OK, effective_ids=True):
        return None
    return _refused(path)


def _refused(path: Path) -> PreflightResult:
    return PreflightResult(
        f"user {remedies.user()} cannot read and write {remedies.shown(path)}", remedies.give(path)
    )


def _one_mount(data_dir: Path) -> PreflightResult:
    areas = [data_dir / os.fsdecode(area) for area in AREAS]
    apart = [
        area.name
        for area in areas
        if area.is_dir() and remedies.mount_point(area) != remedies.mount_point(data_dir)
    ]
    if not apart:
        return PreflightResult(
            "incoming, processed, archive and quarantine lie on one mount: a move is a rename"
        )
    return PreflightResult(
        f"{', '.join(apart)}: a mount of its own, so each move there copies the whole file",
        f"mount all of {remedies.shown(data_dir)} as one; in a container: -v DATA:{remedies.shown(data_dir)}",
        stops=False,
    )


def _space(data_dir: Path) -> PreflightResult:
    free, wrong = free_space(data_dir)
    prune = f"python -m watcher prune --older-than 90 --data-dir {remedies.shown(data_dir)}"
    return PreflightResult(wrong, prune) if wrong else PreflightResult(f"{free >> 20} MiB are free")


def _senders(incoming: Path, settle: float) -> Iterator[PreflightResult]:
    for folder in senders.unwritable(incoming):
        where, shown = remedies.on_host(folder)
        share = f"{where}sudo chgrp {os.getegid()} {shown} && sudo chmod g+rwxs,-t {shown}"
        what = f"user {remedies.user()} cannot move files out of {remedies.shown(folder)}: they stay there"
        yield PreflightResult(what, share)
    for folder, count in senders.unreadable(incoming):
        where, shown = remedies.on_host(folder)
        files = f"{counted(count, 'file')} in {remedies.shown(folder)}"
        what = f"user {remedies.user()} cannot read {files}: they stay there"
        yield PreflightResult(what, f"{where}sudo chmod -R a+rX {shown}")
    if settle and senders.others_write(incoming) and not senders.may_probe_their_files():
        waits = f"{DOUBT_FACTOR * settle:g} s"
        yield PreflightResult(
            f"other accounts write into {remedies.shown(incoming)}, and user {remedies.user()} cannot know "
            f"when they have finished a file: it lacks CAP_LEASE, so each must stay unchanged for {waits}",
            "AmbientCapabilities=CAP_LEASE in the systemd unit; a container runs as the user who writes",
            stops=False,
        )


def _watch(data_dir: Path, mode: str) -> PreflightResult:
    incoming = data_dir / os.fsdecode(INCOMING)
    with _opened(incoming if incoming.is_dir() else data_dir) as folder:
        kind, seconds = mounts.mount_type(folder), mounts.scan_seconds(folder)
        if mode == "scan":
            return PreflightResult(f"{kind}: scans alone, as set")
        try:
            _try_events(folder)
        except WatchLostError as error:
            return PreflightResult(f"{error}; scans alone find the files", _MORE_INOTIFY, stops=False)
    return PreflightResult(f"{kind}: events, and a scan every {seconds:g} s")


def _try_events(folder: int) -> None:
    nobody: Callable[[], None] = lambda: None  # noqa: E731 - nothing is to be woken
    events = InotifyEvents(nobody)
    try:
        events.watch(b"", folder)
    finally:
        events.stop()


def _mount_type(path: Path) -> str:
    with _opened(path) as folder:
        return mounts.mount_type(folder)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    folder = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield folder
    finally:
        os.close(folder)
