"""Which names are inputs, which are skipped (uploads in progress, hidden files), and which are neither."""

from __future__ import annotations

import enum
import re
from collections import Counter
from fnmatch import translate

from watcher.job import Logger, file_fields

INPUT_SUFFIXES = (b".csv", b".csv.gz")
NO_CSV, LINK, SPECIAL = (
    "no .csv or .csv.gz",
    "a symbolic link, which is never followed",
    "no regular file but a FIFO, socket or device",
)
"""Why a file is ignored, as the log says it."""


SKIPPED = {
    ".*": "hidden files, such as those of rsync, Syncthing, NFS (.nfs*), FUSE and macOS (._*)",
    "*.tmp": "write-then-rename of most programs; Dropbox, OneDrive and browsers' temporary files",
    "*.part": "Firefox, wget wrappers, yt-dlp, KDE's KIO, lftp",
    "*.partial": "rclone (since 1.63), Internet Explorer and old Edge",
    "*.filepart": "WinSCP",
    "*.crdownload": "Chrome, Edge and other Chromium browsers",
    "*.download": "Safari",
    "*.opdownload": "Opera",
    "*.aria2": "aria2's control file",
    "*.swp": "vim",
    "~$*": "the lock files of Microsoft Office",
    "*~": "backup copies of Emacs, vim, gedit and cp --backup",
    "~syncthing~*": "Syncthing on Windows",
    "@eaDir": "Synology's thumbnails and attributes",
    "#recycle": "Synology's recycle bin",
    "#snapshot": "Synology's snapshots",
    "@Recycle": "QNAP's recycle bin",
    "@Recently-Snapshot": "QNAP's snapshots",
    "$RECYCLE.BIN": "Windows' recycle bin",
    "System Volume Information": "Windows' restore points",
    "Thumbs.db": "Windows Explorer",
    "desktop.ini": "Windows Explorer",
    "__MACOSX": "macOS's archives",
    "lost+found": "fsck of ext4",
}
"""Patterns of the names of files and folders that are skipped without a log line, and what creates them.

Each part of a path is compared, ignoring case.
"""

_PATTERN = re.compile("|".join(map(translate, SKIPPED)).encode(), re.IGNORECASE)


class NameKind(enum.Enum):
    """What a name says about its file."""

    INPUT = "input"
    SKIPPED = "skipped"
    """An upload in progress, or a file that no sender means to be an input."""
    UNSUPPORTED = "unsupported"


def is_skipped(part: bytes) -> bool:
    """Return whether one part of a path, a file's or a folder's name, matches `SKIPPED`."""
    return _PATTERN.match(part) is not None


def kind_of(name: bytes) -> NameKind:
    """Return what kind of name a path below incoming is."""
    if any(map(is_skipped, name.split(b"/"))):
        return NameKind.SKIPPED
    return NameKind.INPUT if name.lower().endswith(INPUT_SUFFIXES) else NameKind.UNSUPPORTED


class IgnoredNames:
    """Logs once for each name why its file stays in incoming; remembers and logs at most `capacity` names.

    `forget_absent`, called at the start of a full scan, forgets the names that the scan before did not meet.
    """

    def __init__(self, log: Logger, capacity: int = 10_000) -> None:
        self._log = log
        self._capacity = capacity
        self.counts: Counter[str] = Counter()
        """Names by reason."""
        self._met: set[bytes] = set()
        self._met_before: set[bytes] = set()

    def log_once(self, name: bytes, reason: str) -> None:
        """Log that a file is ignored, unless this name has been logged."""
        new = name not in self._met and name not in self._met_before
        self.counts[reason] += new
        if len(self._met) < self._capacity:
            self._met.add(name)
            if new:
                self._log.info("file.ignored", reason=reason, **file_fields(name))

    def forget_absent(self) -> None:
        """Start a new scan: forget the names that were not met since the last one started."""
        self._met_before, self._met = self._met, set()
