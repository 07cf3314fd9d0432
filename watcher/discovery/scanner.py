"""Lists the folders of incoming batch by batch: only a listing says what is really there."""

import contextlib
import enum
import errno
import os
import stat
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from watcher.discovery.file_filter import (
    LINK,
    REPORT_NAME,
    SPECIAL,
    IgnoredNames,
    NameKind,
    is_report_name,
    kind_of,
    unsupported,
)
from watcher.job import GROWING_SCANS, Logger, file_fields
from watcher.system.filesystem import FileSystem
from watcher.system.folder_walk import MAX_DEPTH, walk

_BATCH_ENTRIES = 128
_MAX_OPEN_WALKS = 16


class WalkPurpose(enum.Enum):
    """Why a folder is walked; this decides what the walk may leave out."""

    FULL_SCAN = "full scan"
    """Part of a full scan: counts the files that it finds."""
    NEW_FOLDER = "new folder"
    """A folder has appeared: every folder below it must be watched."""


@dataclass(eq=False)
class Scanner:
    """Walks the folders of incoming in turns, with a bounded number of them open; counts what scans find.

    `opened` is called with each folder's name, its descriptor and the purpose before the folder is listed,
    `root_failed` if incoming itself cannot be listed. Only the loop changes it.
    """

    root: bytes
    fs: FileSystem
    ignored: IgnoredNames
    clock: Callable[[], float]
    opened: Callable[[WalkPurpose, bytes, int], None]
    root_failed: Callable[[OSError], None]
    log: Logger
    last_scan_seconds: float = field(default=0.0, init=False)
    """Seconds that the listings of the last full scan took."""
    files_seen: int = field(default=0, init=False)
    """Files that the last or the running full scan has seen."""
    ended_at: float | None = field(default=None, init=False)
    """Time on the clock at which the last full scan ended; None before that."""
    backlog: int = field(default=0, init=False)
    """Number of files in incoming that the last full scan found."""
    unsupported: int = field(default=0, init=False)
    """Number of files without a suffix of inputs that it found there."""
    growing: int = field(default=0, init=False)
    """Number of full scans in a row, up to the last one, that found more files than the one before."""

    def __post_init__(self) -> None:
        self.unreadable: dict[bytes, str] = {}
        """Folders below incoming that could not be read (incoming itself: the empty name), and why.

        A full scan that ends removes those that it could read."""
        self._unreadable_seen: dict[bytes, str] = {}
        """Those that were met since the last full scan began."""
        self._logged: set[bytes] = set()
        """Unreadable folders that were logged, and met by the last full scan or the running one."""
        self._waiting: OrderedDict[tuple[bytes, WalkPurpose], None] = OrderedDict()
        self._running: deque[tuple[WalkPurpose, Iterator[bytes]]] = deque()
        self._unsupported_seen = 0
        self.full_scan_walks = 0
        """Walks that the running full scan still needs; 0 if none runs."""
        self._seconds = 0.0
        """Seconds that the listings of the running full scan have taken so far."""

    @property
    def done(self) -> bool:
        """Whether no folder is left to walk."""
        return not (self._waiting or self._running)

    def cancel(self) -> None:
        """End all walks and close their folders."""
        self._waiting.clear()
        self._running.clear()
        self.full_scan_walks = 0

    def begin_full_scan(self) -> None:
        """Start to scan everything."""
        self.files_seen, self._unsupported_seen, self._seconds, self._unreadable_seen = 0, 0, 0.0, {}
        self.add(b"", WalkPurpose.FULL_SCAN)

    def add(self, start: bytes, purpose: WalkPurpose) -> None:
        """Have a folder walked, unless a walk of it for the same purpose is waiting already."""
        if (start, purpose) not in self._waiting and self._may_enter(start):
            self._waiting[start, purpose] = None
            self.full_scan_walks += purpose is WalkPurpose.FULL_SCAN

    def advance(self, offer: Callable[[bytes], None]) -> bool:
        """Pass the file names in the next batch of a walk to `offer`; return False if no batch is left."""
        while self._waiting and len(self._running) < _MAX_OPEN_WALKS:
            (start, walk_purpose), _ = self._waiting.popitem(last=False)
            self._running.append((walk_purpose, self._inputs_below(start, walk_purpose)))
        if not self._running:
            return False
        purpose, names = self._running.popleft()
        full_scan = purpose is WalkPurpose.FULL_SCAN
        started = self.clock()
        batch = list(islice(names, _BATCH_ENTRIES))
        self._seconds += (self.clock() - started) * full_scan
        for name in filter(None, batch):
            offer(name)
        if batch:
            self._running.append((purpose, names))
        elif full_scan:
            self.full_scan_walks -= 1
            if not self.full_scan_walks:
                self._end_full_scan()
        return True

    def _end_full_scan(self) -> None:
        self.last_scan_seconds, self.ended_at = self._seconds, self.clock()
        self.unreadable = self._unreadable_seen
        self._logged = set(self.unreadable)
        self.growing = self.growing + 1 if self.files_seen > self.backlog else 0
        self.backlog, self.unsupported = self.files_seen, self._unsupported_seen
        if self.growing == GROWING_SCANS:
            self.log.warning("watch.backlog_growing", files=self.backlog, scans=GROWING_SCANS)

    def _inputs_below(self, start: bytes, purpose: WalkPurpose) -> Iterator[bytes]:
        """Yield the name of each input in a folder and below it, and an empty name for anything else there.

        Of incoming, only the folder itself is listed: each folder in it has a walk of its own.
        """

        def descend(name: bytes) -> bool:
            return bool(start) and kind_of(name) is not NameKind.SKIPPED and self._may_enter(name)

        full_scan, opened = purpose is WalkPurpose.FULL_SCAN, partial(self.opened, purpose)
        for entry in walk(
            self.fs,
            self.root,
            start,
            failed=self._add_unreadable,
            opened=opened,
            descend=descend,
            max_depth=MAX_DEPTH,
        ):
            name = entry.path
            kind = self.ignored.kind_of(name)
            is_input = kind is NameKind.INPUT and not entry.is_folder
            self.files_seen += is_input and full_scan
            if entry.is_folder and kind is not NameKind.SKIPPED and full_scan and not start:
                self.add(name, WalkPurpose.FULL_SCAN)
            elif kind is NameKind.UNSUPPORTED and not entry.is_folder:
                self._unsupported_seen += full_scan
                self.log_ignored(name)
            yield name if is_input else b""

    def _may_enter(self, folder: bytes) -> bool:
        if found := is_report_name(folder):
            self._add_unreadable(folder, OSError(errno.EEXIST, REPORT_NAME))
        return not found

    def _add_unreadable(self, name: bytes, error: OSError) -> None:
        """Note a folder that cannot or must not be read, unless it is gone or was replaced by a link."""
        if not name:
            self.root_failed(error)
        elif error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return
        self.unreadable[name] = self._unreadable_seen[name] = error.strerror or str(error)
        if name and name not in self._logged:
            self._logged.add(name)
            self.log.warning("folder.unreadable", error=self.unreadable[name], **file_fields(name))

    def log_ignored(self, name: bytes) -> None:
        """Log once why a file without an input's suffix stays in incoming, unless it is a folder or gone."""
        if self.ignored.keep(name):
            return
        with contextlib.suppress(OSError):
            mode = os.lstat(self.root + b"/" + name).st_mode
            reason = LINK if stat.S_ISLNK(mode) else SPECIAL
            if stat.S_ISREG(mode):
                reason = unsupported(self.ignored.suffixes)
            if not stat.S_ISDIR(mode):
                self.ignored.log_once(name, reason)
