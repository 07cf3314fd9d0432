"""Keeps the pages up to date with the records: a thread that has workers draw the pages that are due."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError

import msgspec

from processing.model.digest import Digest
from processing.model.safe_text import text_of
from processing.workers.pool import WorkerPool
from watcher.errors import FatalError
from watcher.job import Logger, ProblemReporter, file_fields
from watcher.reporting.page_drawing import (
    MAX_BUSY_SECONDS,
    PAGES_PER_TASK,
    PagesReport,
    PagesTask,
    draw,
    survey,
)

PAGES_PROBLEM = "pages"
DRAWING_SECONDS = 600.0
"""Time limit of one task: a worker that takes longer hangs."""
IDLE_SECONDS = 1.0
"""Pages are drawn after this long without work."""
MAX_WAIT_SECONDS = 30.0
"""Longest time between two refreshes under constant work."""
RETRY_SECONDS = 10.0
"""Wait after a failure; a record that is published in the meantime ends it."""


class PagesBlockedError(FatalError):
    """Some pages cannot be written at the moment; the message names the first."""


class Pages:
    """Has the pages of a data folder drawn by a pool; `task` says which, and how."""

    def __init__(self, pool: WorkerPool, task: PagesTask, *, log: Logger, health: ProblemReporter) -> None:
        self._pool = pool
        self._task = task
        self._log = log
        self._health = health
        self._published = threading.Event()
        self._stopping = threading.Event()
        self._has_failed = False
        """Whether the last refresh failed."""
        self.digests: dict[bytes, Digest] = {}
        """Of records that were new, by path; none in the background."""
        self._is_busy: Callable[[], bool] = lambda: False
        """Whether files wait that are more urgent than pages."""

    def refresh(self, *, everything: bool = False) -> tuple[int, int]:
        """Have the index and the pages that are due drawn, or all pages.

        Returns how many pages were drawn, and how many records there are. Raises PagesBlockedError if
        something could not be written, after everything else was drawn.
        """
        started, while_busy = time.monotonic(), self._is_busy()
        task = msgspec.structs.replace(self._task, everything=everything)
        drawn, previous = 0, None
        while True:
            found = self._pool.submit(survey, task, DRAWING_SECONDS).result()
            self.digests |= found.digests
            ended = not while_busy and self._draw(found)
            drawn += found.drawn
            for record, error in found.failed.items():
                self._log.warning("pages.failed", error=error, **file_fields(record))
            if found.blocked:
                path, error = found.blocked[0]
                others = f" (and {len(found.blocked) - 1} more)" if len(found.blocked) > 1 else ""
                raise PagesBlockedError(f"{text_of(path)}: {error}{others}; all other pages are drawn")
            finished = not found.unread and not found.due  # else the index lacks links to what is drawn now
            if not ended:
                self._published.set()  # the next refresh draws the others
            if not ended or finished or found == previous or self._stopping.is_set():
                break
            previous, task = found, self._task
        self._log.debug("pages.drawn", pages=drawn, seconds=round(time.monotonic() - started, 3))
        return drawn, found.records

    def _draw(self, found: PagesReport) -> bool:
        """Have the due pages drawn; add the outcome to what was found. Return whether all were drawn."""
        starts = range(0, len(found.due), PAGES_PER_TASK)
        parts = (tuple(found.due[start : start + PAGES_PER_TASK]) for start in starts)
        tasks = [msgspec.structs.replace(self._task, records=part) for part in parts]
        ends_at = time.monotonic() + MAX_BUSY_SECONDS
        futures = [self._pool.submit(draw, task, DRAWING_SECONDS) for task in tasks]
        for future in futures:
            found.add(future.result())
            if time.monotonic() > ends_at and self._is_busy():
                for each in futures:
                    each.cancel()
                return False
        return True

    def record_published(self) -> None:
        """Note that a record was published. Any thread may call this."""
        self._published.set()

    def run(self, stopping: threading.Event, is_busy: Callable[[], bool]) -> None:
        """Refresh whenever records were published and work has paused, until the program stops.

        Under constant work, it refreshes now and then, and each time draws pages for MAX_BUSY_SECONDS alone.
        """
        self._stopping, self._is_busy = stopping, is_busy
        while not stopping.is_set():
            self._published.wait(RETRY_SECONDS if self._has_failed else None)
            self._wait_until_idle()
            if not stopping.is_set():
                self.try_refresh()

    def try_refresh(self) -> None:
        """Refresh; log a failure the first time, and report a problem from the second in a row on."""
        try:
            self.refresh()
        except (Exception, CancelledError) as error:  # noqa: BLE001 - files are processed without pages too
            if self._stopping.is_set():
                return
            message = str(error) or type(error).__name__
            if self._has_failed:
                self._health.begin(PAGES_PROBLEM, f"pages cannot be drawn: {message}")
            else:
                self._log.warning("pages.failed", error=message)
            self._has_failed = True
        else:
            self._has_failed = False
            self._health.end(PAGES_PROBLEM)

    def _wait_until_idle(self) -> None:
        """Wait until there is no work for a while, but not forever."""
        ends_at = time.monotonic() + MAX_WAIT_SECONDS
        while time.monotonic() < ends_at:
            self._published.clear()
            if self._stopping.wait(IDLE_SECONDS) or not (self._published.is_set() or self._is_busy()):
                return
