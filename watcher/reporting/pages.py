"""Keeps pages in step with the records: the thread that has workers draw what is due."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, NamedTuple

import msgspec

from processing.model.safe_text import text_of
from processing.workers.pool import WorkerPool
from watcher.job import Logger, ProblemReporter, file_fields
from watcher.reporting.page_drawing import Order, Survey, draw, page_of, survey

PAGES_PROBLEM = "pages"
DRAWING_SECONDS = 600.0
"""Longest for an index or a handful of pages: what takes longer hangs."""
QUIET_SECONDS = 1.0
"""Without work for so long, it has settled."""
LONGEST_SECONDS = 30.0
"""Work that never settles is drawn every so often."""
AGAIN_SECONDS = 10.0
"""After a failure; twice as long after each that follows it, up to five minutes unless a file is filed."""
_MOST_FAILURES = 6
_CHUNK = 16
_IN_FLIGHT = 8


class UndrawnError(Exception):
    """Pages that cannot be written just now; the message names the first."""


class Refreshed(NamedTuple):
    """How many pages were drawn, and how many records there are."""

    pages: int
    records: int


class Pages:
    """Has pages drawn and written by `engine`; with `background`, its process gives way to others."""

    def __init__(
        self, engine: WorkerPool, data_dir: bytes, *, background: bool, log: Logger, health: ProblemReporter
    ) -> None:
        self._engine = engine
        self._data_dir = data_dir
        self._background = background
        self._log = log
        self._health = health
        self._filed = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        """In a row."""

    def refresh(self, *, everything: bool = False) -> Refreshed:
        """Have the index and every page that is due drawn, or every page.

        Raises UndrawnError if something could not be written, after all else was drawn.
        """
        started = time.monotonic()
        order, drawn, before = Order(self._data_dir, self._background, everything), 0, None
        while True:
            found = self._engine.submit(survey, order).result()
            for record, error in found.unreadable:
                self._failed(record, error)
            drawn += self._draw(found)
            if found.blocked:
                path, error = found.blocked[0]
                others = f" (and {len(found.blocked) - 1} more)" if len(found.blocked) > 1 else ""
                raise UndrawnError(f"{text_of(path)}: {error}{others}")
            if not (found.unread or found.more) or found == before or self._stopping.is_set():
                break
            before, order = found, msgspec.structs.replace(order, everything=False)
        self._log.debug("pages.drawn", pages=drawn, seconds=round(time.monotonic() - started, 3))
        return Refreshed(drawn, found.records)

    def _draw(self, found: Survey) -> int:
        drawn, running, named = 0, deque[Any](), {record for record, _ in found.unreadable}
        chunks = [tuple(found.due[first : first + _CHUNK]) for first in range(0, len(found.due), _CHUNK)]
        while chunks or running:
            while chunks and len(running) < _IN_FLIGHT:
                order = Order(self._data_dir, self._background, records=chunks.pop(0))
                running.append(self._engine.submit(draw, order))
            for record, error, blocked in running.popleft().result():
                drawn += not error
                if blocked:
                    found.blocked.append((page_of(record), error))
                elif error and record not in named:
                    self._failed(record, error)
        return drawn

    def _failed(self, record: bytes, error: str) -> None:
        self._log.warning("pages.failed", error=error, **file_fields(record))

    def filed(self) -> None:
        """Hear that a record was published; any thread may call this."""
        self._filed.set()

    def run(self, stopping: threading.Event, is_busy: Callable[[], bool]) -> None:
        """Refresh after work has settled, until the program stops; `filed` wakes it."""
        self._stopping = stopping
        while not stopping.is_set():
            self._filed.wait(AGAIN_SECONDS * (2.0 ** (self._failures - 1) - 1) if self._failures else None)
            self._settle(stopping, is_busy)
            if not stopping.is_set() and not self.try_refresh():
                stopping.wait(AGAIN_SECONDS)

    def try_refresh(self) -> bool:
        """Refresh; if that fails say so and return False, for a page is no reason to stop."""
        try:
            self.refresh()
        except (Exception, CancelledError) as error:  # noqa: BLE001 - whatever it is, files go first
            if not self._stopping.is_set():
                self._could_not(str(error) or type(error).__name__)
            return False
        self._failures = 0
        self._health.end(PAGES_PROBLEM)
        return True

    def _could_not(self, why: str) -> None:
        """Log a failure the first time; from the second in a row, `status` shows it."""
        if self._failures:
            self._health.begin(PAGES_PROBLEM, f"pages cannot be drawn: {why}")
        else:
            self._log.warning("pages.failed", error=why)
        self._failures = min(self._failures + 1, _MOST_FAILURES)

    def _settle(self, stopping: threading.Event, is_busy: Callable[[], bool]) -> None:
        """Return when nothing was in work or filed for a while, or at the latest moment."""
        ends_at = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < ends_at:
            self._filed.clear()
            if stopping.wait(QUIET_SECONDS) or not (self._filed.is_set() or is_busy()):
                return
