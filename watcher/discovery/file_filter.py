"""Which names are inputs, which are uploads in progress or junk, and which are neither."""

from __future__ import annotations

import enum
import re
from collections import Counter
from fnmatch import translate
from typing import NamedTuple

from watcher.job import Logger, file_fields

INPUT_SUFFIXES = (b".csv", b".csv.gz")
NO_CSV, LINK, SPECIAL = (
    "no .csv or .csv.gz",
    "a symbolic link, which is never followed",
    "no regular file but a FIFO, socket or device",
)
"""Why a name is left in incoming, as the log says it."""


class Ignored(NamedTuple):
    """One pattern of a file's or folder's name that is passed over in silence, and who makes such names."""

    pattern: str
    source: str


IGNORED = (
    Ignored(
        ".*", "hidden: rsync's .x.csv.AbC123, NFS' .nfs*, FUSE's .fuse_hidden*, macOS' ._* and .DS_Store"
    ),
    Ignored("*.tmp", "write-then-rename of most programs; Dropbox, OneDrive and browsers' spool files"),
    Ignored("*.part", "Firefox, wget wrappers, yt-dlp, KDE's KIO, lftp"),
    Ignored("*.partial", "rclone (since 1.63), Internet Explorer and old Edge"),
    Ignored("*.filepart", "WinSCP"),
    Ignored("*.crdownload", "Chrome, Edge and other Chromium browsers"),
    Ignored("*.download", "Safari"),
    Ignored("*.opdownload", "Opera"),
    Ignored("*.aria2", "aria2's control file"),
    Ignored("*.swp", "vim"),
    Ignored("~$*", "the lock files of Microsoft Office"),
    Ignored("*~", "backup copies of Emacs, vim, gedit and cp --backup"),
    Ignored(".~tmp~", "rsync --delay-updates"),
    Ignored(".syncthing.*", "Syncthing on Unix"),
    Ignored("~syncthing~*", "Syncthing on Windows"),
    Ignored("@eaDir", "Synology's thumbnails and attributes"),
    Ignored("#recycle", "Synology's recycle bin"),
    Ignored("#snapshot", "Synology's snapshots"),
    Ignored("@Recycle", "QNAP's recycle bin"),
    Ignored("@Recently-Snapshot", "QNAP's snapshots"),
    Ignored("$RECYCLE.BIN", "Windows' recycle bin"),
    Ignored("System Volume Information", "Windows' restore points"),
    Ignored("Thumbs.db", "Windows Explorer"),
    Ignored("desktop.ini", "Windows Explorer"),
    Ignored("__MACOSX", "macOS's archives"),
    Ignored("lost+found", "fsck of ext4"),
)
"""Held against each part of a path, letters of any case."""

_PATTERN = re.compile("|".join(translate(rule.pattern) for rule in IGNORED).encode(), re.IGNORECASE)


class NameKind(enum.Enum):
    """What a name says about the file that has it."""

    INPUT = "input"
    PASSED_OVER = "passed over"
    FOREIGN = "foreign"


def is_ignored(part: bytes) -> bool:
    """Return whether one part of a path, a file's name or a folder's, matches the table."""
    return _PATTERN.match(part) is not None


def kind_of(name: bytes) -> NameKind:
    """Return what a name below incoming is: an input, an upload in progress or junk, or no CSV at all."""
    if any(is_ignored(part) for part in name.split(b"/")):
        return NameKind.PASSED_OVER
    return NameKind.INPUT if name.lower().endswith(INPUT_SUFFIXES) else NameKind.FOREIGN


class IgnoredNames:
    """Says once of each name why it is left in incoming; what it remembers is bounded.

    Beyond `capacity` names nothing more is said. `turn_over`, called as a full scan begins, forgets the
    names that the scan before did not meet again.
    """

    def __init__(self, log: Logger, capacity: int = 10_000) -> None:
        self._log = log
        self._capacity = capacity
        self.counts: Counter[str] = Counter()
        """Names by reason."""
        self._met: set[bytes] = set()
        self._met_before: set[bytes] = set()

    def log_once(self, name: bytes, reason: str) -> None:
        """Log that a name is left alone, unless that was said before."""
        new = name not in self._met and name not in self._met_before
        if len(self._met) < self._capacity:
            self._met.add(name)
        elif new:
            self.counts[reason] += 1
            return
        if new:
            self.counts[reason] += 1
            self._log.info("file.ignored", reason=reason, **file_fields(name))

    def turn_over(self) -> None:
        """Begin a new round: names not met since the last one are forgotten."""
        self._met_before, self._met = self._met, set()
