"""The type of mount that a folder is on, and what follows from it."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

EVENTS_SECONDS = 30.0
"""Seconds between scans if an event announces every change."""
NO_EVENTS_SECONDS = 5.0
"""Seconds between scans if files can change without an event."""
SILENT_TYPES = (
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "gpfs", "beegfs", "ocfs2", "gfs2", "9p",
    "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "fakeowner", "drvfs", "fuse", "fuseblk",
)  # fmt: skip
"""Types of mounts whose files other machines, a host or a FUSE server change without an event (inotify(7)).

9p, virtiofs, fakeowner, fuse.grpcfuse and drvfs are the types of host folders in Docker Desktop and WSL.
"""


def scan_seconds(folder: int) -> float:
    """Return the seconds between scans for the mount of an open folder."""
    kind = mount_type(folder)
    silent = kind in SILENT_TYPES or kind.startswith("fuse.")
    return NO_EVENTS_SECONDS if silent else EVENTS_SECONDS


def may_never_answer(path: bytes) -> bool:
    """Return whether a call below a folder may hang beyond any signal: a FUSE server alone answers it."""
    with contextlib.suppress(OSError):
        kind = mount_type_of(path)
        return kind in {"fuse", "fuseblk", "virtiofs"} or kind.startswith("fuse.")
    return False


@contextlib.contextmanager
def opened(path: bytes | Path) -> Iterator[int]:
    """Open a folder only to ask about it; this needs no permission to list it."""
    folder = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield folder
    finally:
        os.close(folder)


def mount_type_of(path: bytes | Path) -> str:
    """Return the type of the mount that a folder lies on, as `mount_type` does."""
    with opened(path) as folder:
        return mount_type(folder)


def mount_type(folder: int) -> str:
    """Return the type of the file system of an open folder; empty if the kernel does not say it.

    The mount's number in /proc/self/fdinfo is found in /proc/self/mountinfo (proc(5)). This is exact also for
    bind mounts and for mounts that share a device.
    """
    with contextlib.suppress(OSError):
        info, mounts = _read(f"/proc/self/fdinfo/{folder}"), _read("/proc/self/mountinfo")
        number = re.search(rb"^mnt_id:\s*(\d+)", info, re.MULTILINE)
        mount = number and re.search(rb"^%b .*? - (\S+)" % number[1], mounts, re.MULTILINE)
        if mount:
            return os.fsdecode(mount[1])
    return ""


def _read(path: str) -> bytes:
    """Return the content of a file of the kernel.

    Each scan reads some. A `Path` would intern its parts, and Python's table of interned strings would grow.
    """
    with open(path, "rb") as stream:  # noqa: PTH123
        return stream.read()
