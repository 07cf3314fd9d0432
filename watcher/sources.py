"""Where candidate names come from: events as hints, scans as the truth, and the healing of a lost watch."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any, Protocol

from watcher.events import Events, WatchLostError
from watcher.ignored import IgnoredNames, Kind, kind_of
from watcher.job_queue import device_of
from watcher.logs import file_fields
from watcher.mounts import EVENTS_SECONDS, NO_EVENTS_SECONDS, scan_seconds
from watcher.scan import Reason, Scan, open_folder
from watcher.stability import Hint

_CHECK_SECONDS = 1.0
_ANNOUNCED_WITHIN_SECONDS = 2.0
"""A file that a scan found first is unannounced when no event named it within this time."""
_UNANNOUNCED_FILES = 2
_GROWING_SCANS = 10
_PIECES_A_TURN = 16
_NO_ROOM_SECONDS = 0.05


class Sink(Protocol):
    """Where candidates go: the table of files that settle."""

    def add(self, hint: Hint) -> bool:
        """Take a candidate, or return False where its device has no place left."""

    def wants_more(self, name: bytes) -> bool:
        """Return whether the device of this name has drained so far that its folder is worth a walk."""

    def __contains__(self, name: bytes) -> bool:
        """Return whether a name waits there."""


class Sources:
    """Feeds a sink with the names of what lies in incoming; the intake thread's alone.

    `mode` is auto, events or scan; `scan_interval` in seconds, None: by the mount's type in auto, shortened
    for good once scans found files that no event announced. `known` tells whether a name is past the sink,
    queued or in flight. `wake` is called from another thread when there is something to feed.
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
        log: Any,
    ) -> None:
        self._root = root
        self._mode = mode
        self._set_interval = scan_interval
        self._mount_interval = EVENTS_SECONDS
        self._clock = clock
        self._wake = wake
        self._known = known
        self._ignored = ignored
        self._log = log
        self._events: Events | None = None
        self._scan = Scan(root, self._enter, self._cannot_enter, ignored)
        self._identity: tuple[int, int] | None = None
        self._next_check = self._next_scan = 0.0
        self._broken = ""
        self._round_counts = False
        self._round_running = False
        self._round_trouble = ""
        self._unreadable_before: dict[bytes, str] = {}
        self._suspects: dict[bytes, float] = {}
        self._unannounced = 0
        self._growing = 0
        self.scans_finished = 0
        """Scans after which nothing was left for want of room."""
        self.last_scan_at: float | None = None
        """When the last listing of everything ended, in the clock's seconds."""
        self.backlog = 0
        """Files that lay in incoming at that listing."""
        self.degraded = ""
        """Why there are no events to rely on; empty where there are, or none are wanted."""
        self.unreadable: dict[bytes, str] = {}
        """Folders below incoming that could not be read, incoming itself being the empty name, and why."""

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
        now = self._clock()
        until_next = max(0.0, min(self._next_check, self._next_scan) - now)
        return until_next if self._scan.done else min(until_next, _NO_ROOM_SECONDS)

    @property
    def interval_seconds(self) -> float:
        """Seconds from one scan to the next, as things are."""
        if self._set_interval is not None:
            return self._set_interval
        if self._mode == "scan" or self.degraded:
            return NO_EVENTS_SECONDS
        return EVENTS_SECONDS if self._mode == "events" else self._mount_interval

    def _check(self, now: float) -> None:
        """Set the watch anew where it was lost or incoming is another folder than the one watched."""
        self._count_unannounced(now)
        try:
            identity = self._identity_now()
        except OSError as error:
            self._identity = None
            self._degrade(f"incoming cannot be read: {error.strerror}")
            return
        if identity != self._identity:
            self._broken = self._broken or "incoming is another folder than before"
        if self._broken:
            self._log.warning("watch.rearmed", reason=self._broken)
            self._arm()

    def _identity_now(self) -> tuple[int, int]:
        descriptor = open_folder(self._root, b"")
        try:
            return _identity_of(descriptor)
        finally:
            os.close(descriptor)

    def _arm(self) -> None:
        self._disarm()
        self._scan = Scan(self._root, self._enter, self._cannot_enter, self._ignored)
        self._broken = ""
        self._next_check = self._clock() + _CHECK_SECONDS
        self._begin_round(counts=False)

    def _disarm(self) -> None:
        events, self._events = self._events, None
        if events is not None:
            events.stop()

    def _begin_round(self, *, counts: bool) -> None:
        """Begin a scan of everything; `counts`: what it finds should have been announced by events."""
        self._next_scan = self._clock() + self.interval_seconds
        self._round_trouble = ""
        if not self._round_running:  # a round that is begun anew says nothing twice
            self._ignored.turn_over()
            self._unreadable_before, self.unreadable = self.unreadable, {}
        self._round_counts = counts and self._events is not None and not self.degraded
        if self._events is None and self._mode != "scan":
            self._open_events()
        self._round_running = True
        self._scan.begin_round()

    def _open_events(self) -> None:
        try:
            self._events = Events(self._wake)
        except WatchLostError as error:
            self._degrade(str(error))

    def _enter(self, name: bytes, folder: int) -> None:
        """Watch a folder that is about to be listed."""
        if not name:
            self._identity = _identity_of(folder)
            if self._unannounced < _UNANNOUNCED_FILES:
                self._mount_interval = scan_seconds(folder)
                self._hasten()
        if self._events is None:
            return
        try:
            self._events.watch(name, folder)
        except WatchLostError as error:
            self._degrade(str(error))

    def _cannot_enter(self, name: bytes, error: OSError) -> None:
        """Note a folder that cannot be read; one that is gone or was replaced by a link concerns nobody."""
        if not name:
            self._identity = None
            self._degrade(f"incoming cannot be read: {error.strerror}")
        elif error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return
        self.unreadable[name] = error.strerror or str(error)
        if name and name not in self._unreadable_before:
            self._log.warning("folder.unreadable", error=self.unreadable[name], **file_fields(name))

    def _degrade(self, reason: str) -> None:
        self._round_trouble = reason
        self._round_counts = False
        if self.degraded == reason:
            return
        self.degraded = reason
        self._hasten()
        self._log.warning("watch.degraded", reason=reason, scan_seconds=self.interval_seconds)

    def _hasten(self) -> None:
        """Have the next scan no later than the interval, which may have become shorter, allows."""
        self._next_scan = min(self._next_scan, self._clock() + self.interval_seconds)

    def _hear(self, sink: Sink) -> None:
        """Pass on what the kernel announced."""
        if self._events is None:
            return
        news = self._events.drain()
        self._broken = news.broken or self._broken
        if news.overflowed:
            self._log.warning("watch.overflowed")
            self._begin_round(counts=False)
        for folder in news.folders:
            if kind_of(folder) is not Kind.PASSED_OVER:
                self._scan.add(folder, Reason.FOLDER)
        for name, renamed in news.names.items():
            self._suspects.pop(name, None)
            self._announce(sink, name, renamed=renamed)

    def _announce(self, sink: Sink, name: bytes, *, renamed: bool) -> None:
        kind = kind_of(name)
        if kind is Kind.FOREIGN:
            self._ignored.tell(name, "no .csv or .csv.gz")
        elif kind is Kind.INPUT and not sink.add(Hint(name, renamed)):
            self._round_counts = False
            self._scan.add(device_of(name), Reason.REFILL)

    def _walk_on(self, sink: Sink, now: float) -> None:
        """Let the walks go on for a bounded time, and note when all of them have ended."""
        walking = not self._scan.done
        for _ in range(_PIECES_A_TURN):
            if not self._scan.advance(lambda name: self._offer(sink, name, now), sink.wants_more):
                break
        if self._round_running and not self._scan.in_round:
            self._end_round(now)
        if walking and self._scan.done:
            self.scans_finished += 1

    def _offer(self, sink: Sink, name: bytes, now: float) -> bool:
        if name in sink or self._known(name):
            return True
        if not sink.add(Hint(name)):
            self._round_counts = False
            return False
        if self._round_counts and len(self._suspects) < _UNANNOUNCED_FILES:
            self._suspects[name] = now
        return True

    def _end_round(self, now: float) -> None:
        self._round_running = False
        self.last_scan_at = now
        if self.degraded and not self._round_trouble:
            self.degraded = ""
            self._log.info("watch.restored")
        self._growing = self._growing + 1 if self._scan.files_seen > self.backlog else 0
        self.backlog = self._scan.files_seen
        if self._growing == _GROWING_SCANS:
            self._log.warning("watch.backlog_growing", files=self.backlog, scans=_GROWING_SCANS)

    def _count_unannounced(self, now: float) -> None:
        """Shorten the scan interval for good once files came without events (network and FUSE mounts)."""
        if self._mode != "auto" or self._set_interval is not None:
            return
        for name, found_at in list(self._suspects.items()):
            if now - found_at >= _ANNOUNCED_WITHIN_SECONDS:
                del self._suspects[name]
                self._unannounced += 1
        if self._unannounced >= _UNANNOUNCED_FILES and self._mount_interval > NO_EVENTS_SECONDS:
            self._mount_interval = NO_EVENTS_SECONDS
            self._hasten()
            self._log.warning("watch.unannounced", files=self._unannounced, scan_seconds=NO_EVENTS_SECONDS)


def _identity_of(folder: int) -> tuple[int, int]:
    found = os.fstat(folder)
    return found.st_dev, found.st_ino
