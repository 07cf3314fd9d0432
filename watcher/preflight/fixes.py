"""The commands that fix what `check` finds, as they are typed here or on a container's host."""

import os
from pathlib import Path

from processing.model.safe_text import argument_of

ENTERED = os.R_OK | os.X_OK
USED = ENTERED | os.W_OK
IN_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
MOVE_ASIDE = "mv {0} {0}.aside"
MOUNT = "docker run -v FOLDER:{} …, where FOLDER is a folder of the host"


def make_folder(data_dir: Path, nearest: Path) -> str:
    """Return the command that makes the data folder."""
    named = shown(data_dir)
    if os.access(nearest, USED, effective_ids=True):
        return f"mkdir -p {named}"
    if is_container():
        return MOUNT.format(named)
    return f"sudo install -d -o {os.geteuid()} -g {os.getegid()} {named}"


def writable_mount(folder: Path) -> str:
    """Return the command that makes the mount of a folder writable."""
    mount = shown(mount_of(folder.resolve()))
    if is_container():
        return f"mount it without `:ro` (docker run -v) or `read_only` (compose): {mount}"
    return f"sudo mount -o remount,rw {mount}"


def give_access(path: Path) -> str:
    """Return the command that lets this user read and write a path."""
    uid, gid = owner(path)
    if uid == os.geteuid():
        return on_host(path, f"chmod {'u+rwx' if path.is_dir() else 'u+rw'} {{}}")
    if uid and is_container():
        options = f"compose with UID={uid} and GID={gid} in .env, docker run with --user {uid}:{gid}"
        return f"run as the owner: {options}"
    return on_host(path, f"sudo chown -R {user()} {{}}")


def on_host(path: Path, command: str) -> str:
    """Return a command with a path for each `{}`, as it is typed here or on the host of this container."""
    real = path.parent.resolve() / path.name  # a link is named, not followed
    mount = mount_of(real)
    if not is_container() or mount == Path("/"):
        return command.format(shown(path))
    below = command.format(shown(real.relative_to(mount)))
    return f"on the host, in the folder that is mounted at {shown(mount)}: {below}"


def owner(path: Path) -> tuple[int, int]:
    """Return the user and the group that own a path."""
    found = path.stat()
    return found.st_uid, found.st_gid


def is_container() -> bool:
    """Return whether this process runs in a container."""
    return any(mark.exists() for mark in IN_CONTAINER)


def mount_of(real: Path) -> Path:
    """Return the mount point that a resolved path lies below."""
    return next(each for each in (real, *real.parents) if each.is_mount())


def user() -> str:
    """Return the user and the group of this process."""
    return f"{os.geteuid()}:{os.getegid()}"


def shown(path: Path) -> str:
    """Return a path as a shell takes it and a terminal shows it."""
    return argument_of(os.fsencode(path))
