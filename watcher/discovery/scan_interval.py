"""How long from one scan to the next: as set, by the mount's type, or shortened where events fail to come."""

from __future__ import annotations

from watcher.job import Logger
from watcher.system.mounts import EVENTS_SECONDS, NO_EVENTS_SECONDS, scan_seconds

ANNOUNCED_WITHIN_SECONDS = 2.0
"""A file that a scan found first is unannounced when no event named it within this time."""
UNANNOUNCED_FILES = 2


class Pace:
    """The scan interval, and what teaches it: the mount's type, and files that came without an event.

    `mode` is auto, events or scan; `set_seconds` settles the interval once and for all, None leaves it to
    the mode. Only auto learns. Two unannounced files shorten its interval for good.
    """

    def __init__(self, mode: str, set_seconds: float | None, log: Logger) -> None:
        self._learns = mode == "auto" and set_seconds is None
        by_mode = NO_EVENTS_SECONDS if mode == "scan" else EVENTS_SECONDS
        self._seconds = by_mode if set_seconds is None else set_seconds
        self._without_events = NO_EVENTS_SECONDS if set_seconds is None else set_seconds
        self._log = log
        self._suspects: dict[bytes, float] = {}
        self._unannounced = 0

    def seconds(self, *, degraded: bool) -> float:
        """Return the seconds from one scan to the next; where `degraded`, nothing but scans finds files."""
        return self._without_events if degraded else self._seconds

    def lies_on(self, folder: int) -> None:
        """Learn from the mount under an open folder how far its events can be trusted."""
        if self._learns and self._unannounced < UNANNOUNCED_FILES:
            self._seconds = scan_seconds(folder)

    def found_by_scan(self, name: bytes, now: float) -> None:
        """Note a file that an event should have told of before the scan did."""
        if self._learns and len(self._suspects) < UNANNOUNCED_FILES:
            self._suspects[name] = now

    def announced(self, name: bytes) -> None:
        """Note that an event told of a file, before a scan or just after it."""
        self._suspects.pop(name, None)

    def judge(self, now: float) -> None:
        """Count the files that no event told of in time; the second shortens the interval."""
        for name, found_at in list(self._suspects.items()):
            if now - found_at >= ANNOUNCED_WITHIN_SECONDS:
                del self._suspects[name]
                self._unannounced += 1
        if self._unannounced >= UNANNOUNCED_FILES and self._seconds > NO_EVENTS_SECONDS:
            self._seconds = NO_EVENTS_SECONDS
            self._log.warning("watch.unannounced", files=self._unannounced, scan_seconds=self._seconds)
