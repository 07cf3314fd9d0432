"""Which names are inputs, which are skipped (uploads in progress, hidden files), and which are neither."""

import enum
import re
from collections import Counter
from collections.abc import Sequence
from fnmatch import translate

from processing.suffixes import DEFAULT_SUFFIXES, shown_suffixes
from watcher.job import Logger, file_fields

LINK = "a symbolic link, which is never followed"
SPECIAL = "no regular file but a FIFO, socket or device"
"""LINK and SPECIAL: why a file is ignored, in the words of the log."""

SKIPPED = (
    ".*",  # hidden files, such as those of rsync, Syncthing, NFS (.nfs*), FUSE and macOS (._*)
    "*.tmp",  # write-then-rename of most programs; temporary files of Dropbox, OneDrive and browsers
    "*.part",  # Firefox, wget wrappers, yt-dlp, KDE's KIO, lftp
    "*.partial", "*.filepart",  # rclone (since 1.63), Internet Explorer and old Edge; WinSCP
    "*.crdownload", "*.download", "*.opdownload", "*.aria2",  # Chromium browsers, Safari, Opera, aria2
    "*.swp", "*~", "~$*",  # vim; backup copies of editors and cp --backup; locks of Microsoft Office
    "~syncthing~*",  # Syncthing on Windows
    "@eaDir", "#recycle", "#snapshot",  # Synology's attributes, recycle bin and snapshots
    "@Recycle", "@Recently-Snapshot",  # QNAP's recycle bin and snapshots
    "$RECYCLE.BIN", "System Volume Information", "Thumbs.db", "desktop.ini",  # Windows
    "__MACOSX", "lost+found",  # macOS's archives; fsck of ext4
)  # fmt: skip
"""Patterns of the names of files and folders that are skipped without a log line.

Each part of a path is compared, ignoring case.
"""

_PATTERN = re.compile("|".join(map(translate, SKIPPED)).encode(), re.IGNORECASE)


REPORT_NAME = "a page or a summary may need this name: rename the folder"


class NameKind(enum.Enum):
    """What a name says about its file."""

    INPUT = "input"
    SKIPPED = "skipped"
    """An upload in progress, or a file that its sender does not mean as an input."""
    UNSUPPORTED = "unsupported"


def kind_of(name: bytes, suffixes: tuple[bytes, ...] = DEFAULT_SUFFIXES) -> NameKind:
    """Return what kind of name a path below incoming is, if inputs have these suffixes."""
    if any(map(_PATTERN.match, name.split(b"/"))):
        return NameKind.SKIPPED
    return NameKind.INPUT if name.lower().endswith(suffixes) else NameKind.UNSUPPORTED


def is_report_name(folder: bytes) -> bool:
    """Return whether a page or a summary may need the name of a folder: results lie under the same path."""
    return folder.lower().endswith((b".html", b"summary.json"))


def unsupported(suffixes: Sequence[bytes]) -> str:
    """Return why a file is ignored that has none of these suffixes."""
    return f"no {shown_suffixes(suffixes)} (--suffixes)"


class IgnoredNames:
    """Logs once for each name why its file stays in incoming; remembers and logs at most `capacity` names.

    `forget_absent`, called at the end of a full scan, forgets the names that this scan did not meet.
    """

    def __init__(
        self, log: Logger, capacity: int = 10_000, suffixes: tuple[bytes, ...] = DEFAULT_SUFFIXES
    ) -> None:
        self._log = log
        self.suffixes = suffixes
        """The suffixes of inputs."""
        self._capacity = capacity
        self.counts: Counter[str] = Counter()
        """Names by reason."""
        self._met: set[bytes] = set()
        self._met_before: set[bytes] = set()

    def kind_of(self, name: bytes) -> NameKind:
        """Return what kind of name a path below incoming is."""
        return kind_of(name, self.suffixes)

    def keep(self, name: bytes) -> bool:
        """Remember a name that was met before until the next scan ends; return whether it was."""
        if name in self._met_before and len(self._met) < self._capacity:
            self._met.add(name)
        return name in self._met or name in self._met_before

    def log_once(self, name: bytes, reason: str) -> None:
        """Log that a file is ignored, unless this name has been logged."""
        new = not self.keep(name)
        self.counts[reason] += new
        if len(self._met) < self._capacity:
            self._met.add(name)
            if new:
                self._log.info("file.ignored", reason=reason, **file_fields(name))

    def forget_absent(self) -> None:
        """End a scan: forget the names that were not met since the last one ended."""
        self._met_before, self._met = self._met, set()
