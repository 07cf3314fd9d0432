"""What the kernel announces about incoming, read through watchdog's inotify thread with a narrow event mask.

watchdog's observer delays every event behind an unmatched half of a move, reports no overflow, and does not
distinguish a rename from a creation. Its reader thread, one layer below, has none of these faults, so this
module adds its own callbacks there. The names it uses are not watchdog's documented interface: all are in
the one import below, each has a contract test, and the version is pinned. If one is missing, `InotifyEvents`
raises WatchLostError and only scans find files.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import NamedTuple

try:
    from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchDescriptor
except (ImportError, AttributeError):  # another watchdog, or a system without inotify
    _AVAILABLE = False
else:
    _AVAILABLE = True

_JOIN_SECONDS = 2.0
_ISDIR = 0x4000_0000
_CREATE, _MOVED_TO, _CLOSE_WRITE = 0x100, 0x80, 0x8
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_ONLYDIR = 0x0100_0000
EVENT_MASK = _CLOSE_WRITE | _MOVED_TO | _CREATE | _DELETE_SELF | _MOVE_SELF | _ONLYDIR
"""inotify(7). Our own moves out of the folder raise none of these, and no write raises IN_MODIFY."""


class WatchLostError(Exception):
    """There are no events; the message says why."""


class EventBatch(NamedTuple):
    """What happened since the last batch."""

    names: dict[bytes, bool]
    """Names below incoming in the order of their events; True if the last event was MOVED_TO."""
    folders: set[bytes]
    """Folders that appeared, to be watched and walked."""
    overflowed: bool
    """Events were lost, but the watches still work."""
    broken: str
    """Why the watches must be set up again; empty if they work."""


class InotifyEvents:
    """Watches folders and collects their events until `drain`; at most `capacity` names.

    `wake` is called from watchdog's thread when there is something to drain. Nothing in that thread may raise
    or wait: an exception would end it silently, and a delay would overflow the kernel's queue.
    """

    def __init__(self, wake: Callable[[], None], capacity: int = 65_536) -> None:
        if not _AVAILABLE:
            raise WatchLostError("this version of watchdog lacks what the events need; install watchdog 7.1")
        self._wake = wake
        self._capacity = capacity
        self._lock = threading.Lock()
        self._batch = EventBatch({}, set(), overflowed=False, broken="")
        self._watched: dict[bytes, _FolderWatch] = {}
        try:
            self._inotify = InotifyFD()
        except OSError as error:
            raise WatchLostError(f"no inotify instance: {error.strerror or error}") from None
        try:
            self._inotify.start()
        except RuntimeError:  # the limit of processes, which counts threads too
            self._inotify._close_resources()  # noqa: SLF001 - its close() leaves them to the thread
            raise WatchLostError("no thread is left to read the events") from None

    def watch(self, name: bytes, folder: int) -> None:
        """Watch the open folder `folder`, called `name` below incoming, unless it is watched already.

        Raises WatchLostError if the kernel has no watch left. The watch is set through the descriptor, so the
        folder that is watched is the one that will be listed, even if its path now leads elsewhere.
        """
        found = os.fstat(folder)
        identity = (found.st_dev, found.st_ino)
        known = self._watched.get(name)
        if known is not None and known.identity == identity:
            return
        watched = _FolderWatch(name, identity, self)
        try:
            path = b"/proc/self/fd/%d" % folder
            watched.number = self._inotify.add_callback(path, Mask(EVENT_MASK), watched, watched.key)
        except OSError as error:
            raise WatchLostError(f"no inotify watch: {error.strerror or error}") from None
        self._watched[name] = watched
        if known is not None:
            self._inotify.remove_callbacks([(known.number, known.key)])

    def watches(self, name: bytes) -> bool:
        """Return whether a folder is watched."""
        return name in self._watched

    def mark_used(self, name: bytes) -> bool:
        """Note that a folder has a file; return whether the folder is watched."""
        folder = self._watched.get(name)
        if folder is not None:
            folder.used = True
        return folder is not None

    def release_idle(self, now: float, seconds: float) -> None:
        """Remove the watch of each folder that has had no file and no event for this long."""
        for folder in list(self._watched.values()):
            if folder.used:
                folder.used, folder.idle_since = False, now
            elif folder.name and now - folder.idle_since > seconds:
                self.forget(folder)
                self._inotify.remove_callbacks([(folder.number, folder.key)])

    def drain(self) -> EventBatch:
        """Return what happened since the last call."""
        with self._lock:
            batch, self._batch = self._batch, EventBatch({}, set(), overflowed=False, broken="")
        return batch if self._inotify.is_alive() else batch._replace(broken="watchdog's thread has died")

    def add_name(self, name: bytes, *, renamed: bool) -> None:
        """Add a file's name; beyond the capacity it counts as an overflow."""
        with self._lock:
            if name in self._batch.names or self._fits():
                self._batch.names[name] = renamed
        self._wake()

    def add_folder(self, name: bytes) -> None:
        """Add a folder that must be watched and walked; beyond the capacity it counts as an overflow."""
        with self._lock:
            if self._fits():
                self._batch.folders.add(name)
        self._wake()

    def _fits(self) -> bool:
        fits = len(self._batch.names) + len(self._batch.folders) < self._capacity
        if not fits:
            self._batch = self._batch._replace(overflowed=True)
        return fits

    def set_overflowed(self) -> None:
        """Note that events were lost."""
        with self._lock:
            self._batch = self._batch._replace(overflowed=True)
        self._wake()

    def set_broken(self, reason: str) -> None:
        """Note that the watches must be set up again."""
        with self._lock:
            self._batch = self._batch._replace(broken=reason)
        self._wake()

    def forget(self, folder: _FolderWatch) -> None:
        """Drop a watch that the kernel has removed."""
        if self._watched.get(folder.name) is folder:
            del self._watched[folder.name]

    def stop(self) -> None:
        """Remove every watch and end the thread."""
        self._inotify.stop()
        self._inotify.join(_JOIN_SECONDS)


class _FolderWatch:
    """A watched folder; watchdog's thread calls it with each event (`WatchCallback`)."""

    def __init__(self, name: bytes, identity: tuple[int, int], events: InotifyEvents) -> None:
        self.name = name
        self.identity = identity
        self.key = CallbackId(id(self))
        self.number = WatchDescriptor(-1)
        self.used = True
        """Whether it had a file or an event since the last `release_idle`."""
        self.idle_since = 0.0
        self._prefix = name + b"/" if name else b""
        self._events = events

    def on_event(self, event: InotifyEvent) -> None:
        """Sort an event by what it concerns: a file in the folder, a folder in it, or the folder itself."""
        self.used = True
        if event.name and event.mask & _ISDIR:
            self._events.add_folder(self._prefix + event.name)
        elif event.name:
            self._events.add_name(self._prefix + event.name, renamed=bool(event.mask & _MOVED_TO))
        elif event.mask & _MOVE_SELF:
            self._events.set_broken("a watched folder was renamed")

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:  # noqa: ARG002 - watchdog's signature
        """Note that the folder was removed or unmounted; another may have its name by now."""
        self._events.forget(self)
        if self.name:
            self._events.add_folder(self.name)
        else:
            self._events.set_broken("incoming was removed or unmounted")

    def on_queue_overflow(self) -> None:
        """Note that the kernel's queue overflowed."""
        self._events.set_overflowed()
