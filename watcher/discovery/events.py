"""Names that the kernel announces, through watchdog's reader of inotify, with a mask narrow enough.

watchdog's observer holds back every event behind an unmatched half of a move, tells nobody of an overflow,
and shows a rename and a creation alike. Its reader thread one layer below has none of that, so this module
hangs its own callbacks there. The names used are watchdog's own business, not its documented interface:
all stand in the one import below, each has a contract test, and the version is pinned. Where one is missing
`Events` raises WatchLostError and the scans alone find the files.
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
"""inotify(7): nothing that our own moves out of the folder raise, and no IN_MODIFY for each write."""


class WatchLostError(Exception):
    """Events are not to be had; the sentence says why."""


class EventBatch(NamedTuple):
    """What happened since the last look."""

    names: dict[bytes, bool]
    """Names below incoming in order of their events; True where the last one was a MOVED_TO."""
    folders: set[bytes]
    """Folders that appeared or came back, each to be watched and walked."""
    overflowed: bool
    """Events were lost, the watches are whole."""
    broken: str
    """Why the watches can no longer be trusted; empty where they can."""


class InotifyEvents:
    """Watches folders and collects what the kernel says of them until `drain`; at most `capacity` names.

    `wake` is called from watchdog's thread when something is there to be drained. Nothing in that
    thread may raise or wait: an error would end it in silence, and what it holds up is lost to overflow.
    """

    def __init__(self, wake: Callable[[], None], capacity: int = 65_536) -> None:
        if not _AVAILABLE:
            raise WatchLostError("this version of watchdog lacks what the events need; install watchdog 7.1")
        self._wake = wake
        self._capacity = capacity
        self._lock = threading.Lock()
        self._news = EventBatch({}, set(), overflowed=False, broken="")
        self._watched: dict[bytes, _Folder] = {}
        try:
            self._inotify = InotifyFD()
        except OSError as error:
            raise WatchLostError(f"no inotify instance: {error.strerror or error}") from None
        try:
            self._inotify.start()
        except RuntimeError:  # the limit of processes, which counts threads too
            self._inotify._close_resources()  # noqa: SLF001 - its close() leaves them to the thread
            raise WatchLostError("no thread is left to read the events") from None

    def watch(self, name: bytes, folder: int) -> bool:
        """Watch the open folder `folder`, called `name` below incoming; return False where it was watched.

        Raises WatchLostError where the kernel has no watch left. The watch is set through the descriptor,
        so what is watched is what will be listed, whatever was mounted or linked there meanwhile.
        """
        found = os.fstat(folder)
        identity = (found.st_dev, found.st_ino)
        known = self._watched.get(name)
        if known is not None and known.identity == identity:
            return False
        watched = _Folder(name, identity, self)
        try:
            path = b"/proc/self/fd/%d" % folder
            watched.number = self._inotify.add_callback(path, Mask(EVENT_MASK), watched, watched.key)
        except OSError as error:
            raise WatchLostError(f"no inotify watch: {error.strerror or error}") from None
        self._watched[name] = watched
        if known is not None:
            self._inotify.remove_callbacks([(known.number, known.key)])
        return True

    def watches(self, name: bytes) -> bool:
        """Return whether a folder is watched."""
        return name in self._watched

    def seen(self, name: bytes) -> bool:
        """Note that a folder holds something; return whether it is watched."""
        folder = self._watched.get(name)
        if folder is not None:
            folder.used = True
        return folder is not None

    def release_idle(self, now: float, seconds: float) -> None:
        """Remove the watch, and so all memory, of each folder in which nothing was seen for so long."""
        for folder in list(self._watched.values()):
            if folder.used:
                folder.used, folder.idle_since = False, now
            elif folder.name and now - folder.idle_since > seconds:
                self.forget(folder)
                self._inotify.remove_callbacks([(folder.number, folder.key)])

    def drain(self) -> EventBatch:
        """Return what happened since the last call."""
        with self._lock:
            news, self._news = self._news, EventBatch({}, set(), overflowed=False, broken="")
        return news if self._inotify.is_alive() else news._replace(broken="watchdog's thread has died")

    def announce(self, name: bytes, *, renamed: bool) -> None:
        """Add a name to the news; beyond the capacity it counts as an overflow."""
        with self._lock:
            if name in self._news.names or self._has_room():
                self._news.names[name] = renamed
        self._wake()

    def announce_folder(self, name: bytes) -> None:
        """Add a folder to the news that must be watched and walked; beyond the capacity as above."""
        with self._lock:
            if self._has_room():
                self._news.folders.add(name)
        self._wake()

    def _has_room(self) -> bool:
        room = len(self._news.names) + len(self._news.folders) < self._capacity
        if not room:
            self._news = self._news._replace(overflowed=True)
        return room

    def overflow(self) -> None:
        """Add to the news that events were lost."""
        with self._lock:
            self._news = self._news._replace(overflowed=True)
        self._wake()

    def break_off(self, reason: str) -> None:
        """Add to the news that the watches must be set anew."""
        with self._lock:
            self._news = self._news._replace(broken=reason)
        self._wake()

    def forget(self, folder: _Folder) -> None:
        """Drop a watch that the kernel has removed."""
        if self._watched.get(folder.name) is folder:
            del self._watched[folder.name]

    def stop(self) -> None:
        """Remove every watch and end the thread."""
        self._inotify.stop()
        self._inotify.join(_JOIN_SECONDS)


class _Folder:
    """One watched folder; watchdog's thread calls it with each event (`WatchCallback`)."""

    def __init__(self, name: bytes, identity: tuple[int, int], events: InotifyEvents) -> None:
        self.name = name
        self.identity = identity
        self.key = CallbackId(id(self))
        self.number = WatchDescriptor(-1)
        self.used = True
        """Whether anything was seen in it since `release_idle` was called last."""
        self.idle_since = 0.0
        self._prefix = name + b"/" if name else b""
        self._events = events

    def on_event(self, event: InotifyEvent) -> None:
        """Tell an event of a file in the folder from one of a folder in it and one of the folder itself."""
        self.used = True
        if event.name and event.mask & _ISDIR:
            self._events.announce_folder(self._prefix + event.name)
        elif event.name:
            self._events.announce(self._prefix + event.name, renamed=bool(event.mask & _MOVED_TO))
        elif event.mask & _MOVE_SELF:
            self._events.break_off("a watched folder was renamed")

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:  # noqa: ARG002 - watchdog's form
        """Note that the folder was removed or unmounted; another may already have its name."""
        self._events.forget(self)
        if self.name:
            self._events.announce_folder(self.name)
        else:
            self._events.break_off("incoming was removed or unmounted")

    def on_queue_overflow(self) -> None:
        """Note that the kernel's queue ran over."""
        self._events.overflow()
