"""What the kernel announces about incoming, read through watchdog's inotify thread with a narrow event mask.

watchdog's observer delays each event that follows an unmatched half of a move, reports no overflow, and does
not distinguish a rename from a creation. Its reader thread, one layer below, has none of these faults, so
this module adds its own callbacks there. The names it uses are not part of watchdog's documented interface:
all are in the one import below, each has a contract test, and the version is pinned. If one is missing,
`InotifyEvents` raises WatchLostError, and only scans find files.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

try:
    from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchDescriptor
except (ImportError, AttributeError):  # another watchdog, or a system without inotify
    _AVAILABLE = False
else:
    _AVAILABLE = True

MAX_NAMES = 65_536
_JOIN_SECONDS = 2.0
ISDIR = 0x4000_0000
MOVED_TO = 0x80
_CREATE, _CLOSE_WRITE = 0x100, 0x8
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_ONLYDIR = 0x0100_0000
EVENT_MASK = _CLOSE_WRITE | MOVED_TO | _CREATE | _DELETE_SELF | _MOVE_SELF | _ONLYDIR
"""inotify(7). Our own moves out of the folder raise none of these, and no write raises IN_MODIFY."""


class WatchLostError(Exception):
    """There are no events; the message says why."""


@dataclass
class EventBatch:
    """What happened since the last batch."""

    masks: dict[bytes, int] = field(default_factory=dict)
    """The mask of the last event of each name below incoming. A new folder must be watched and walked."""
    overflowed: bool = False
    """Events were lost, but the watches still work."""
    broken: str = ""
    """Why the watches must be set up again; empty if they work."""


class InotifyEvents:
    """Watches folders and collects their events until `drain`; at most MAX_NAMES names.

    `wake` is called from watchdog's thread when there is something to drain. Nothing in that thread may raise
    or wait: an exception would end it silently, and a delay would overflow the kernel's queue.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        if not _AVAILABLE:
            raise WatchLostError("this version of watchdog lacks what the events need; install watchdog 7.1")
        self._wake = wake
        self._lock = threading.Lock()
        self._batch = EventBatch()
        self.watched: dict[bytes, _FolderWatch] = {}
        """The folders that are watched, by name."""
        try:
            self._inotify = InotifyFD()
            self._inotify.start()
        except OSError as error:
            raise WatchLostError(f"no inotify instance: {error.strerror or error}") from None
        except RuntimeError:  # the limit of processes, which counts threads too
            self._inotify._close_resources()  # noqa: SLF001 - its close() leaves them to the thread
            raise WatchLostError("no thread is left to read the events") from None

    def watch(self, name: bytes, folder: int) -> None:
        """Watch the open folder `folder`, called `name` below incoming, unless it is watched already.

        Raises WatchLostError if the kernel has no watch left. The watch is set through the descriptor, so the
        watched folder is the one that will be listed, even if its path now leads elsewhere.
        """
        found = os.fstat(folder)
        known = self.watched.get(name)
        if known is not None and os.path.samestat(known.found, found):
            return
        watched = _FolderWatch(name, found, self)
        key = CallbackId(id(watched))
        try:
            number = self._inotify.add_callback(b"/proc/self/fd/%d" % folder, Mask(EVENT_MASK), watched, key)
        except OSError as error:
            raise WatchLostError(f"no inotify watch: {error.strerror or error}") from None
        watched.callback = number, key
        self.watched[name] = watched
        if known is not None:
            self._inotify.remove_callbacks([known.callback])

    def mark_used(self, name: bytes) -> bool:
        """Note that a folder has a file; return whether the folder is watched."""
        folder = self.watched.get(name)
        if folder is not None:
            folder.used = True
        return folder is not None

    def release_idle(self, now: float, seconds: float) -> None:
        """Remove the watch of each folder that has had no file and no event for this long."""
        for folder in list(self.watched.values()):
            if folder.used:
                folder.used, folder.idle_since = False, now
            elif folder.name and now - folder.idle_since > seconds:
                self.forget(folder)
                self._inotify.remove_callbacks([folder.callback])

    def drain(self) -> EventBatch:
        """Return what happened since the last call."""
        with self._lock:
            batch, self._batch = self._batch, EventBatch()
        if not self._inotify.is_alive():
            batch.broken = "watchdog's thread has died"
        return batch

    def add(self, name: bytes, mask: int) -> None:
        """Add the event of a file or folder; beyond the capacity it counts as an overflow."""
        with self._lock:
            if name in self._batch.masks or len(self._batch.masks) < MAX_NAMES:
                self._batch.masks[name] = mask
            else:
                self._batch.overflowed = True
        self._wake()

    def set_lost(self, *, overflowed: bool = False, broken: str = "") -> None:
        """Note that events were lost, or why the watches must be set up again."""
        with self._lock:
            self._batch.overflowed |= overflowed
            self._batch.broken = broken or self._batch.broken
        self._wake()

    def forget(self, folder: _FolderWatch) -> None:
        """Forget a watch that is removed."""
        if self.watched.get(folder.name) is folder:
            del self.watched[folder.name]

    def stop(self) -> None:
        """Remove every watch and end the thread."""
        self._inotify.stop()
        self._inotify.join(_JOIN_SECONDS)


@dataclass(eq=False)
class _FolderWatch:
    """A watched folder; watchdog's thread calls it with each event (`WatchCallback`)."""

    name: bytes
    found: os.stat_result
    events: InotifyEvents
    callback: tuple[WatchDescriptor, CallbackId] = field(init=False)
    used: bool = True
    """Whether it had a file or an event since the last `release_idle`."""
    idle_since: float = 0.0

    def on_event(self, event: InotifyEvent) -> None:
        """Pass on the event of a file or folder in this folder, and note if the folder itself was renamed."""
        self.used = True
        if event.name:
            self.events.add(self.name + b"/" + event.name if self.name else event.name, event.mask)
        elif event.mask & _MOVE_SELF:
            self.events.set_lost(broken="a watched folder was renamed")

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:  # noqa: ARG002 - watchdog's signature
        """Note that the folder was removed or unmounted; another may have its name by now."""
        self.events.forget(self)
        if self.name:
            self.events.add(self.name, ISDIR)
        else:
            self.events.set_lost(broken="incoming was removed or unmounted")

    def on_queue_overflow(self) -> None:
        """Note that the kernel's queue overflowed."""
        self.events.set_lost(overflowed=True)
