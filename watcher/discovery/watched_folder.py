"""Where candidate names come from: events as hints, scans as the truth, and the healing of a lost watch."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from typing import Protocol

from watcher.discovery.events import InotifyEvents, WatchLostError
from watcher.discovery.file_filter import IgnoredNames, NameKind, kind_of
from watcher.discovery.pending_files import FileEvent
from watcher.discovery.scan_interval import Pace
from watcher.discovery.scan_statistics import ScanStatistics
from watcher.discovery.scanner import Scanner, WalkPurpose, open_folder, why_left
from watcher.job import Logger, device_of

_CHECK_SECONDS = 1.0
_PIECES_A_TURN = 16
_NO_ROOM_SECONDS = 0.05
IDLE_SECONDS = 86_400.0
"""After so long without a file a sub-folder is no longer watched; the next scan finds what is dropped."""
LEAST_PAUSE_FACTOR = 100
"""The scan interval is never shorter than this many times the last scan: scans take 1 % of the time."""
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


class Sink(Protocol):
    """Where candidates go: the table of files that settle."""

    def add(self, hint: FileEvent) -> bool:
        """Take a candidate, or return False where its device has no place left."""

    def wants_more(self, name: bytes) -> bool:
        """Return whether the device of this name has drained so far that its folder is worth a walk."""

    def __contains__(self, name: bytes) -> bool:
        """Return whether a name waits there."""


class WatchedFolder:
    """Feeds a sink with the names of what lies in incoming; the intake thread's alone.

    `mode` and `scan_interval` are those of `Pace`. `known` tells whether a name is past the sink, queued or
    in flight. `wake` is called from another thread when there is something to feed.
    """

    def __init__(
        self,
        root: bytes,
        *,
        mode: str,
        scan_interval: float | None,
        clock: Callable[[], float],
        wake: Callable[[], None],
        known: Callable[[bytes], bool],
        ignored: IgnoredNames,
        log: Logger,
    ) -> None:
        self._root = root
        self._wants_events = mode != "scan"
        self._clock = clock
        self._wake = wake
        self._known = known
        self._ignored = ignored
        self._log = log
        self._pace = Pace(mode, scan_interval, log)
        self._events: InotifyEvents | None = None
        self._scan = Scanner(root, self._enter, self._cannot_enter, ignored, clock)
        self._all_watched = False
        """Whether a scan since the last loss has set every watch: an unwatched folder is then an idle one."""
        self._identity: tuple[int, int] | None = None
        self._is_lost = False
        """Whether incoming could not be read: it is tried again until it can be."""
        self._next_check = self._scanned_at = 0.0
        self._broken = ""
        self.rounds = ScanStatistics(log)
        """What the scans of everything found."""
        self.scans_finished = 0
        """Scans after which nothing was left for want of room."""
        self.degraded = ""
        """Why there are no events to rely on; empty where there are, or none are wanted."""

    def start(self) -> None:
        """Begin to watch, with a scan of everything."""
        self._arm()

    def stop(self) -> None:
        """Stop watching; nothing is fed any more."""
        self._disarm()

    def feed(self, sink: Sink) -> None:
        """Give the sink what events and a running scan have found; call it at least once a second."""
        now = self._clock()
        self._hear(sink)
        if now >= self._next_check:
            self._next_check = now + _CHECK_SECONDS
            self._check(now)
        if now >= self._next_scan and not self._scan.in_round:
            self._begin_round(counts=not self._scan.lacks_room)
        self._walk_on(sink, now)

    def wait_seconds(self) -> float:
        """Return the seconds until `feed` has something to do by itself."""
        until_next = max(0.0, min(self._next_check, self._next_scan) - self._clock())
        return until_next if self._scan.done else min(until_next, _NO_ROOM_SECONDS)

    @property
    def interval_seconds(self) -> float:
        """Seconds from one scan to the next, as things are."""
        least = LEAST_PAUSE_FACTOR * self._scan.round_seconds
        return max(self._pace.seconds(degraded=bool(self.degraded)), least)

    @property
    def unreadable(self) -> dict[bytes, str]:
        """Folders below incoming that the last scan could not read, and why."""
        return self.rounds.unreadable

    @property
    def _next_scan(self) -> float:
        return self._scanned_at + self.interval_seconds

    def _check(self, now: float) -> None:
        """Set the watch anew where it was lost or incoming is another folder than the one watched."""
        self._pace.judge(now)
        try:
            identity = self._identity_now()
        except OSError as error:
            self._is_lost = True
            self._degrade(f"incoming cannot be read: {error.strerror}")
            return
        if self._identity not in {None, identity}:
            self._broken = self._broken or "incoming is another folder than before"
        if self._broken:
            self._log.warning("watch.rearmed", reason=self._broken)
        if self._broken or self._is_lost:
            self._arm()

    def _identity_now(self) -> tuple[int, int]:
        descriptor = open_folder(self._root, b"")
        try:
            return _identity_of(descriptor)
        finally:
            os.close(descriptor)

    def _arm(self) -> None:
        self._disarm()
        self._scan = Scanner(self._root, self._enter, self._cannot_enter, self._ignored, self._clock)
        self._all_watched = False
        self._broken, self._is_lost = "", False
        self._next_check = self._clock() + _CHECK_SECONDS
        self._begin_round(counts=False)

    def _disarm(self) -> None:
        events, self._events = self._events, None
        if events is not None:
            events.stop()

    def _begin_round(self, *, counts: bool) -> None:
        """Begin a scan of everything; `counts`: what it finds should have been announced by events."""
        self._scanned_at = self._clock()
        if not self.rounds.running:
            self._ignored.turn_over()
        self.rounds.begin(counts=counts and self._events is not None and not self.degraded)
        if self._events is None and self._wants_events:
            self._open_events()
        self._scan.begin_round()

    def _open_events(self) -> None:
        try:
            self._events = InotifyEvents(self._wake)
        except WatchLostError as error:
            self._degrade(str(error))

    def _enter(self, name: bytes, folder: int, reason: WalkPurpose) -> None:
        """Watch a folder that is about to be listed, unless it is known to be idle."""
        if not name:
            self._identity = _identity_of(folder)
            self._pace.lies_on(folder)
        if self._events is None:
            return
        if name and reason is WalkPurpose.ROUND and self._all_watched and not self._events.watches(name):
            return
        try:
            if self._events.watch(name, folder):
                self.rounds.counts = False  # nothing could tell of what came before the watch
        except WatchLostError as error:
            self._degrade(str(error))

    def _cannot_enter(self, name: bytes, error: OSError) -> None:
        """Note a folder that cannot be read; one that is gone or was replaced by a link concerns nobody."""
        if not name:
            self._is_lost = True
            self._degrade(f"incoming cannot be read: {error.strerror}")
        elif error.errno in _GONE:
            return
        self.rounds.cannot_enter(name, error)

    def _degrade(self, reason: str) -> None:
        self.rounds.troubled, self.rounds.counts, self._all_watched = True, False, False
        if self.degraded != reason:
            self.degraded = reason
            self._log.warning("watch.degraded", reason=reason, scan_seconds=self.interval_seconds)

    def _hear(self, sink: Sink) -> None:
        """Pass on what the kernel announced."""
        if self._events is None:
            return
        news = self._events.drain()
        self._broken = news.broken or self._broken
        if news.overflowed:
            self._log.warning("watch.overflowed")
            self._all_watched = False
            self._begin_round(counts=False)
        for folder in news.folders:
            if kind_of(folder) is not NameKind.PASSED_OVER:
                self._scan.add(folder, WalkPurpose.FOLDER)
        for name, renamed in news.names.items():
            self._pace.announced(name)
            self._announce(sink, name, renamed=renamed)

    def _announce(self, sink: Sink, name: bytes, *, renamed: bool) -> None:
        kind = kind_of(name)
        if kind is NameKind.FOREIGN and (reason := why_left(self._root, name)):
            self._ignored.log_once(name, reason)
        elif kind is NameKind.INPUT and not sink.add(FileEvent(name, renamed)):
            self.rounds.counts = False
            self._scan.add(device_of(name), WalkPurpose.REFILL)

    def _walk_on(self, sink: Sink, now: float) -> None:
        """Let the walks go on for a bounded time, and note when all of them have ended."""
        walking = not self._scan.done
        for _ in range(_PIECES_A_TURN):
            if not self._scan.advance(lambda name: self._offer(sink, name, now), sink.wants_more):
                break
        if self.rounds.running and not self._scan.in_round:
            self._end_round(now)
        if walking and self._scan.done:
            self.scans_finished += 1

    def _offer(self, sink: Sink, name: bytes, now: float) -> bool:
        watched = self._watch_used(name.rpartition(b"/")[0])
        if name in sink or self._known(name):
            return True
        if not sink.add(FileEvent(name)):
            self.rounds.counts = False
            return False
        if self.rounds.counts and watched:
            self._pace.found_by_scan(name, now)
        return True

    def _watch_used(self, folder: bytes) -> bool:
        """Watch a folder in which a file was found; return whether it was watched already."""
        if self._events is None or self._events.seen(folder) or not self._all_watched:
            return True
        with contextlib.suppress(OSError):  # the walk that lists it says what is wrong there
            descriptor = open_folder(self._root, folder)
            try:
                self._enter(folder, descriptor, WalkPurpose.FOLDER)
            finally:
                os.close(descriptor)
        return False

    def _end_round(self, now: float) -> None:
        if self.degraded and not self.rounds.troubled:
            self.degraded = ""
            self._log.info("watch.restored")
        self._all_watched = self._events is not None and not self.rounds.troubled
        if self._events is not None:
            self._events.release_idle(now, IDLE_SECONDS)
        self.rounds.end(self._scan.files_seen, now)


def _identity_of(folder: int) -> tuple[int, int]:
    found = os.fstat(folder)
    return found.st_dev, found.st_ino
