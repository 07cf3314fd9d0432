"""The frozen values that cross threads and processes: what a file was, and what became of it."""

from __future__ import annotations

import os
from typing import NamedTuple

import msgspec


class Identity(NamedTuple):
    """What tells one state of a file from another: the inode, its size and its times in ns."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Identity:
        """Return the identity that a stat describes."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


class Job(msgspec.Struct, frozen=True):
    """A settled file: its name below incoming as bytes with `/` between folders, and when it was first seen."""

    name: bytes
    identity: Identity
    seen_at: float
    """Monotonic seconds of the first look."""
    attempt: int = 1
