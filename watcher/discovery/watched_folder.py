"""Finds files in incoming by events and by full scans, and sets up the watch again after it was lost."""

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from watcher.discovery.events import ISDIR, MOVED_TO, InotifyEvents, WatchLostError
from watcher.discovery.file_filter import IgnoredNames, NameKind
from watcher.discovery.named_files import NamedFiles
from watcher.discovery.pending_files import PendingFiles
from watcher.discovery.scanner import Scanner, WalkPurpose
from watcher.job import Logger
from watcher.system.filesystem import FileSystem, folder_of
from watcher.system.mounts import EVENTS_SECONDS, NO_EVENTS_SECONDS, scan_seconds

_CHECK_SECONDS = 1.0
_BATCHES_A_TURN = 16
IDLE_SECONDS = 86_400.0
"""A sub-folder without a file for this long is no longer watched; scans find what is dropped there."""
MIN_INTERVAL_FACTOR = 100
"""The scan interval is at least this many times the last scan: scans take at most 1 % of the time."""


@dataclass(eq=False)
class WatchedFolder:
    """The file source that watches incoming. Only the loop uses it.

    `mode` is auto, events or scan. `scan_interval` fixes the seconds from one full scan to the next; if it is
    None, they depend on the mode, with auto on the type of the mount. `is_known` returns whether a file is
    queued or in flight. `wake` is called from another thread when events have arrived.
    """

    root: bytes
    fs: FileSystem
    mode: str
    scan_interval: float | None
    wake: Callable[[], None]
    is_known: Callable[[bytes], bool]
    ignored: IgnoredNames
    log: Logger
    clock: Callable[[], float] = time.monotonic
    scans_finished: int = 0
    """How many times all walks have ended and every file was accepted."""
    misses_files: bool = False
    """Whether a file was turned away since the last scan began."""
    degraded: str = ""
    """Why there are no reliable events; empty if there are, or if none are wanted."""

    def __post_init__(self) -> None:
        self._events: InotifyEvents | None = None
        self.scanner = Scanner(
            self.root, self.fs, self.ignored, self.clock, self._watch, self._root_failed, self.log
        )
        self._all_watched = False
        """Whether a scan after the last loss has set every watch, so that only idle folders have none."""
        self._watched: os.stat_result | None = None
        """The stat of incoming when its watch was set; None while it cannot be read."""
        self._had_errors = False
        """Whether the watch or incoming failed since the running scan began."""
        self._next_check = self._scanned_at = 0.0
        self._broken = ""
        self._mount_seconds = EVENTS_SECONDS

    def start(self) -> None:
        """Start to watch, or start again, with a full scan."""
        self.stop()
        self.scanner.cancel()
        self._all_watched = False
        self._broken = ""
        self._next_check = self.clock() + _CHECK_SECONDS
        self._begin_scan()
        with contextlib.suppress(OSError), folder_of(self.fs, self.root, b"") as folder:
            self._watch(WalkPurpose.FULL_SCAN, b"", folder)  # the scan reports an OSError

    def stop(self) -> None:
        """Stop to watch."""
        if self._events is not None:
            self._events.stop()
            self._events = None

    def feed(self, pending: PendingFiles) -> None:
        """Add to the pending files what events and scans have found; call this at least once a second."""
        now = self.clock()
        self._take_events(pending)
        if now >= self._next_check:
            self._next_check = now + _CHECK_SECONDS
            self._check()
        is_due = now >= self._scanned_at + self.interval_seconds or (
            self.misses_files and pending.wants_more and self.scanner.done
        )
        if is_due and not self.scanner.full_scan_walks:
            self._begin_scan()
        self._continue_walks(pending, now)

    def wait_seconds(self) -> float:
        """Return the seconds until the next call of `feed` is due."""
        next_scan = self._scanned_at + self.interval_seconds
        return max(0.0, min(self._next_check, next_scan) - self.clock()) if self.scanner.done else 0.0

    @property
    def interval_seconds(self) -> float:
        """Seconds from one full scan to the next; shorter without events, when only scans find files."""
        seconds = self.scan_interval
        if seconds is None:
            seconds = NO_EVENTS_SECONDS if self.degraded or self.mode == "scan" else self._mount_seconds
        return max(seconds, MIN_INTERVAL_FACTOR * self.scanner.last_scan_seconds)

    @property
    def unreadable(self) -> dict[bytes, str]:
        """Folders of incoming that the last scan could not read, with the reason."""
        return self.scanner.unreadable

    def _check(self) -> None:
        """Watch incoming again if the watch was lost or incoming is another folder than the watched one."""
        try:
            with folder_of(self.fs, self.root, b"") as folder:
                found = self.fs.fstat(folder)
        except OSError as error:
            self._root_failed(error)
            return
        if self._watched is not None and not os.path.samestat(self._watched, found):
            self._broken = self._broken or "incoming is another folder than before"
        broken = self._broken
        if broken or self._watched is None:
            self.start()
        if broken:
            self.log.warning("watch.rearmed", reason=broken)

    def _begin_scan(self) -> None:
        self._scanned_at = self.clock()
        self._had_errors = self.misses_files = False
        self.scanner.begin_full_scan()

    def _watch(self, purpose: WalkPurpose, name: bytes, folder: int) -> None:
        """Watch a folder that is about to be listed, unless it is idle."""
        if not name:
            self._watched = self.fs.fstat(folder)
            if self.mode == "auto":
                self._mount_seconds = scan_seconds(folder)
        may_be_idle = name and purpose is WalkPurpose.FULL_SCAN and self._all_watched
        try:
            if self._events is None and self.mode != "scan" and not name:
                self._events = InotifyEvents(self.wake)
            if self._events is not None and not (may_be_idle and name not in self._events.watched):
                self._events.watch(name, folder)
        except WatchLostError as error:
            self._degrade(str(error))

    def _root_failed(self, error: OSError) -> None:
        self._watched = None
        self._degrade(f"incoming cannot be read: {error.strerror}")

    def _degrade(self, reason: str) -> None:
        self._had_errors, self._all_watched = True, False
        if self.degraded != reason:
            self.degraded = reason
            self.log.warning("watch.degraded", reason=reason, scan_seconds=self.interval_seconds)

    def _take_events(self, pending: PendingFiles) -> None:
        if self._events is None:
            return
        batch = self._events.drain()
        self._broken = batch.broken or self._broken
        if batch.overflowed:
            self.log.warning("watch.overflowed")
            self._all_watched = False
            self._begin_scan()
        for name, mask in batch.masks.items():
            kind = self.ignored.kind_of(name)
            if kind is NameKind.SKIPPED:
                continue
            if mask & ISDIR:
                self.scanner.add(name, WalkPurpose.NEW_FOLDER)
            elif kind is NameKind.UNSUPPORTED:
                self.scanner.log_ignored(name)
            elif not pending.add(name, renamed=bool(mask & MOVED_TO)):
                self.misses_files = True

    def _continue_walks(self, pending: PendingFiles, now: float) -> None:
        """Continue the walks with a bounded number of batches, and note when they end."""

        def offer(name: bytes) -> None:
            self._mark_used(name.rpartition(b"/")[0])
            if not (name in pending or self.is_known(name) or pending.add(name)):
                self.misses_files = True

        walking, scanning = not self.scanner.done, self.scanner.full_scan_walks > 0
        for _ in range(_BATCHES_A_TURN):
            if not self.scanner.advance(offer):
                break
        if scanning and not self.scanner.full_scan_walks:
            if self.degraded and not self._had_errors:
                self.degraded = ""
                self.log.info("watch.restored")
            self._all_watched = self._events is not None and not self._had_errors
            if self._events is not None:
                self._events.release_idle(now, IDLE_SECONDS)
            self.ignored.forget_absent()
        if walking and self.scanner.done and not self.misses_files:
            self.scans_finished += 1

    def _mark_used(self, folder: bytes) -> None:
        """Note that a folder has a file; watch the folder again if it was idle."""
        if self._events is None or self._events.mark_used(folder) or not self._all_watched:
            return
        with contextlib.suppress(OSError), folder_of(self.fs, self.root, folder + b"/.") as descriptor:
            self._watch(WalkPurpose.NEW_FOLDER, folder, descriptor)  # the walk reports an OSError


FileSource = WatchedFolder | NamedFiles
"""Finds the files to process."""
