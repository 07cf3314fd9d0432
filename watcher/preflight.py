"""What `check` says before anything runs: each finding with the exact command that mends it."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from processing.names import text_of
from watcher import mounts, senders
from watcher.candidate import DOUBT_FACTOR
from watcher.events import Events, WatchLostError
from watcher.folders import AREAS, INCOMING
from watcher.health import space_of
from watcher.ignored import Kind, kind_of
from watcher.settings import Settings

_NO_STORAGE = frozenset({"proc", "sysfs", "cgroup", "cgroup2", "devpts", "debugfs", "tracefs"})
_USABLE = os.R_OK | os.W_OK | os.X_OK
_IN_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
_MORE_INOTIFY = "sudo sysctl fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=1048576"


class Finding(NamedTuple):
    """One thing that was looked at: how it is, and what mends it, empty where nothing is wrong."""

    what: str
    mend: str = ""
    stops: bool = True
    """Whether the watcher cannot do its work as it is; else it works, but worse than it could."""

    def __str__(self) -> str:
        if not self.mend:
            return f"ok    {self.what}"
        return f"{'WRONG' if self.stops else 'worse'} {self.what}\n      mend: {self.mend}"


def preflight(chosen: Settings) -> Iterator[Finding]:
    """Look at the folders, rights, mounts, space and events that the settings lead to; nothing is written."""
    data_dir = chosen.data_dir.absolute()
    found = [_usable(folder) for folder in _folders(data_dir)]
    wrong = [finding for finding in found if finding.mend]
    yield from wrong
    if wrong:
        return
    yield Finding(f"{_shown(data_dir)} and the folders in it can be read and written by user {_user()}")
    if goes_with_its_container(data_dir):
        yield Finding(
            f"{_shown(data_dir)} lies in the container itself and is removed with it",
            f'docker run -v "$(pwd)/data:{_shown(data_dir)}" …',
            stops=False,
        )
    yield _one_mount(data_dir)
    yield _space(data_dir)
    yield from _senders(data_dir / os.fsdecode(INCOMING), chosen.settle)
    yield _watch(data_dir, chosen.watch)


def profile_of(chosen: Settings, path: str) -> Finding:
    """Say which profile a file of this name below incoming is judged by, and by which pattern it got it."""
    below = path.removeprefix(f"{chosen.data_dir / os.fsdecode(INCOMING)}/")
    name = os.fsencode(below)
    if kind_of(name) is not Kind.INPUT:
        why = "such names are passed over: uploads in progress, hidden files, and what is no .csv or .csv.gz"
        return Finding(f"{text_of(name)}: {why}", "give it a name that ends in .csv or .csv.gz", stops=False)
    profile = chosen.profiles.for_name(name)
    return Finding(f"{text_of(name)}: profile {text_of(profile.name.encode())}")


def goes_with_its_container(data_dir: Path) -> bool:
    """Return whether the data folder lies in a container's own layer, which is removed with the container."""
    return _is_container() and _mount_type(_folders(data_dir.absolute())[0]) == "overlay"


def _folders(data_dir: Path) -> list[Path]:
    """Return the nearest folder that is there, and the data folder's own ones that are there."""
    nearest = next(path for path in (data_dir, *data_dir.parents) if os.path.lexists(path))
    return [nearest, *filter(os.path.lexists, (data_dir / os.fsdecode(area) for area in AREAS))]


def _usable(folder: Path) -> Finding:
    shown = _shown(folder)
    if not folder.is_dir():
        aside = shlex.quote(f"{folder}.aside")
        return Finding(f"{shown} is no folder", f"mv {shown} {aside} && mkdir {shown}")
    if _mount_type(folder) in _NO_STORAGE:
        return Finding(
            f"{shown} is the kernel's own and keeps no files", "name another folder with --data-dir"
        )
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return Finding(
            f"{shown} lies on a mount that is read-only", f"sudo mount -o remount,rw {_mount_point(folder)}"
        )
    if not os.access(folder, _USABLE, effective_ids=True):
        return Finding(f"user {_user()} cannot read and write {shown}", _give(folder))
    return Finding(shown)


def _give(folder: Path) -> str:
    owner = folder.stat()
    if _is_container():
        return f"docker run --user {owner.st_uid}:{owner.st_gid} … (who owns the folder on the host: ls -nd)"
    return f"sudo chown -R {_user()} {_shown(folder)}"


def _one_mount(data_dir: Path) -> Finding:
    areas = [data_dir / os.fsdecode(area) for area in AREAS]
    apart = [area.name for area in areas if area.is_dir() and _mount_point(area) != _mount_point(data_dir)]
    if not apart:
        return Finding("incoming, processed, archive and quarantine lie on one mount: a move is a rename")
    return Finding(
        f"{', '.join(apart)}: a mount of its own, so each move there copies the whole file",
        f"mount all of {_shown(data_dir)} as one; in a container: -v DATA:{_shown(data_dir)}",
        stops=False,
    )


def _space(data_dir: Path) -> Finding:
    nearest = _folders(data_dir)[0]
    free, wrong = space_of(nearest)
    prune = f"python -m watcher prune --older-than 90 --data-dir {_shown(data_dir)}"
    return Finding(wrong, prune) if wrong else Finding(f"{free >> 20} MiB are free")


def _senders(incoming: Path, settle: float) -> Iterator[Finding]:
    for folder in senders.unwritable(incoming):
        share = f"sudo chgrp {os.getegid()} {_shown(folder)} && sudo chmod g+rwxs,-t {_shown(folder)}"
        what = f"user {_user()} cannot move files out of {_shown(folder)}: they stay there"
        yield Finding(what, share)
    if settle and senders.others_write(incoming) and not senders.may_probe_their_files():
        waits = f"{DOUBT_FACTOR * settle:g} s"
        yield Finding(
            f"other accounts write into {_shown(incoming)}, and user {_user()} cannot know when they have "
            f"finished a file: it lacks CAP_LEASE, so each must stay unchanged for {waits}",
            "AmbientCapabilities=CAP_LEASE in the systemd unit; a container runs as the user who writes",
            stops=False,
        )


def _watch(data_dir: Path, mode: str) -> Finding:
    incoming = data_dir / os.fsdecode(INCOMING)
    with _opened(incoming if incoming.is_dir() else _folders(data_dir)[0]) as folder:
        kind, seconds = mounts.mount_type(folder), mounts.scan_seconds(folder)
        if mode == "scan":
            return Finding(f"{kind}: scans alone, as set")
        try:
            _try_events(folder)
        except WatchLostError as error:
            return Finding(f"{error}; scans alone find the files", _MORE_INOTIFY, stops=False)
    return Finding(f"{kind}: events, and a scan every {seconds:g} s")


def _try_events(folder: int) -> None:
    nobody: Callable[[], None] = lambda: None  # noqa: E731 - nothing is to be woken
    events = Events(nobody)
    try:
        events.watch(b"", folder)
    finally:
        events.stop()


def _is_container() -> bool:
    return any(mark.exists() for mark in _IN_CONTAINER)


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


def _mount_point(path: Path) -> Path:
    real = path.resolve()
    return next(each for each in (real, *real.parents) if each.is_mount())


def _user() -> str:
    return f"{os.geteuid()}:{os.getegid()}"


def _shown(path: Path) -> str:
    """Return a path as a shell takes it and a terminal shows it."""
    return shlex.quote(text_of(os.fsencode(path)))
