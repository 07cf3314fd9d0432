"""The tasks that workers run for pages: a survey of all records, which draws the index, and drawing pages.

A page is made from its record alone, and is due if the record is newer. The index is drawn from digests that
are kept in `data/.watcher`, so that only new records are read. Workers write what they draw: no page passes
through the daemon, so its memory stays small.
"""

import heapq
import os
import stat
import time
from collections.abc import Iterator

import msgspec

from processing import file_naming
from processing.model.digest import Digest, digest_of
from processing.model.result import Result, load
from processing.model.safe_text import text_of
from watcher.reporting.digest_cache import DigestCache, digest_cache, state_of
from watcher.system.areas import (
    DERIVED_PREFIX,
    PROCESSED,
    QUARANTINE,
    join,
    read_file,
    remove_abandoned,
    replace_file,
    walk,
)
from watcher.system.filesystem import FileSystem, stat_of

INDEX = b"processed/index.html"
READ_SECONDS = 20.0
"""Time for new records in one survey. The next survey reads the rest."""
MAX_DUE = 5_000
"""Pages that one survey returns, to keep the daemon's memory small."""
MAX_BUSY_SECONDS = 2.0
"""Longest time for which pages are drawn before the index, and while files wait; others are drawn later."""
PAGES_PER_TASK = 16
MAX_UNREADABLE = 1_000
_NICENESS = 15


class PagesTask(msgspec.Struct, frozen=True):
    """What a worker needs to survey a data folder or to draw pages in it."""

    data_dir: bytes
    retry: str = ""
    """The beginning of the command that sends a file back; the index shows it."""
    background: bool = False
    """Whether to run at low priority, and to draw the newest pages before the index."""
    everything: bool = False
    """Whether all pages are due."""
    records: tuple[bytes, ...] = ()
    """The records whose pages are to be drawn."""


class PagesReport(msgspec.Struct):
    """What a survey found, or which pages were drawn."""

    due: list[bytes] = []
    """Records whose page is missing or older, the newest first; at most MAX_DUE unless all pages are due."""
    failed: dict[bytes, str] = {}
    """Records that are not in the index or get no page of their own, and why."""
    blocked: list[tuple[bytes, str]] = []
    """Files that cannot be written, and why."""
    records: int = 0
    unread: int = 0
    """New records that are left to the next survey."""
    drawn: int = 0
    digests: dict[bytes, Digest] = {}
    """Of new records by path, at most MAX_DUE; none for a task in the background."""

    def add(self, done: "PagesReport") -> None:
        """Add which pages were drawn since."""
        self.drawn += done.drawn
        self.failed = done.failed | self.failed
        self.blocked += done.blocked


def survey(task: PagesTask) -> PagesReport:
    """Find the pages that are due, and draw the index if something in it changed. Runs in a worker."""
    from processing.html.index_page import index_page  # noqa: PLC0415 - loads Jinja2, which the daemon never does

    _lower_priority(task)
    fs, found = FileSystem(), PagesReport()
    with digest_cache(fs, task.data_dir) as cache:
        _read_new_records(fs, task, cache, found)
        if task.background:
            _draw_newest(task, found)

        def files() -> Iterator[tuple[bytes, Digest]]:
            return (
                (page_of(path).partition(b"/")[2], _named(path, digest)) for path, digest in cache.files()
            )

        def is_drawn(page: bytes) -> bool:
            return os.path.lexists(join(task.data_dir, PROCESSED, page))

        try:
            index = index_page(files, uncounted=found.unread, retry=task.retry, is_drawn=is_drawn).encode()
            if index != read_file(fs, task.data_dir, INDEX):
                replace_file(fs, task.data_dir, INDEX, index)
        except OSError as error:
            found.blocked.append((INDEX, error.strerror or str(error)))
        cache.compact()
    return found


def _named(path: bytes, digest: Digest) -> Digest:
    """Return a digest; that of a quarantined file with the name that it has there, which `retry` takes."""
    if digest.error is None:
        return digest
    name = path.partition(b"/")[2].removesuffix(file_naming.REASON_SUFFIX)
    return msgspec.structs.replace(digest, name=text_of(name))


def _read_new_records(fs: FileSystem, task: PagesTask, cache: DigestCache, found: PagesReport) -> None:
    """Note the pages that are due, and read new records until the time is up."""
    seconds_left = READ_SECONDS
    due: list[tuple[int, bytes]] = []
    """A heap of the newest."""
    for path, record, page in _records(fs, task.data_dir):
        found.records += 1
        state = state_of(path, record)
        new = not cache.has(state)
        if path.startswith(PROCESSED) and _is_due(page, record, new=new or task.everything):
            add = heapq.heappush if task.everything or len(due) < MAX_DUE else heapq.heappushpop
            add(due, (record.st_mtime_ns, path))
        if not new:
            continue
        if seconds_left <= 0 or len(found.failed) >= MAX_UNREADABLE:
            found.unread += 1
            continue
        started = time.monotonic()
        content = read_file(fs, task.data_dir, path)
        if content is not None:  # else it is gone, or the disk fails at the moment
            try:
                digest = digest_of(content, quarantined=path.startswith(QUARANTINE))
            except ValueError as error:
                digest, found.failed[path] = None, str(error)
            cache.add(state, path, digest)
            if digest is not None and not task.background and len(found.digests) < MAX_DUE:
                found.digests[path] = digest
        seconds_left -= time.monotonic() - started
        if page is not None and stat.S_ISDIR(page.st_mode):
            found.failed[path] = "a folder has the name of its page"
    found.due = [path for _, path in sorted(due, reverse=True)]


def _draw_newest(task: PagesTask, found: PagesReport) -> None:
    ends_at = time.monotonic() + MAX_BUSY_SECONDS
    while found.due and time.monotonic() < ends_at:
        part, found.due = tuple(found.due[:PAGES_PER_TASK]), found.due[PAGES_PER_TASK:]
        found.add(draw(msgspec.structs.replace(task, records=part)))


def _is_due(page: os.stat_result | None, record: os.stat_result, *, new: bool) -> bool:
    """Return whether a page must be drawn; for a record with a time in the future only if it is new."""
    if page is None:
        return True
    older = page.st_mtime_ns < record.st_mtime_ns and record.st_mtime_ns <= time.time_ns()
    return (older or new) and not stat.S_ISDIR(page.st_mode)


def draw(task: PagesTask) -> PagesReport:
    """Draw the pages of the task's records, except of those that are gone. Runs in a worker."""
    _lower_priority(task)
    fs, done = FileSystem(), PagesReport()
    for path in task.records:
        content = read_file(fs, task.data_dir, path)
        if content is None:
            continue
        page, why = _page(path, content)
        try:
            replace_file(fs, task.data_dir, page_of(path), page.encode())
        except OSError as error:
            done.blocked.append((page_of(path), error.strerror or str(error)))
            continue
        if why:
            done.failed[path] = why
        else:
            done.drawn += 1
    return done


def _page(path: bytes, record: bytes) -> tuple[str, str]:
    """Return the page of a record; if it cannot be drawn, a page that says so, and why."""
    from processing.html.file_page import failed_page, file_page  # noqa: PLC0415 - loads Jinja2

    try:
        result = load(record)
        if not isinstance(result, Result):
            raise ValueError("this is not a result")  # noqa: TRY004, TRY301 - as for any other foreign record
        return file_page(result, path), ""
    except Exception as error:  # noqa: BLE001 - the other records still get their pages
        why = f"{type(error).__name__}: {error}"
        return failed_page(why, path), why


def _lower_priority(task: PagesTask) -> None:
    if task.background and os.nice(0) < _NICENESS:
        os.nice(_NICENESS)


def _records(
    fs: FileSystem, data_dir: bytes
) -> Iterator[tuple[bytes, os.stat_result, os.stat_result | None]]:
    """Yield each record's path, its state, and the state of its page if there is one.

    What a worker that was killed left half written is removed.
    """
    for area in (PROCESSED, QUARANTINE):
        for below, name, folder in walk(fs, data_dir, area):
            if name.startswith(DERIVED_PREFIX):
                remove_abandoned(fs, name, folder)
            if not file_naming.is_record(name, quarantined=area == QUARANTINE):
                continue
            if (record := stat_of(fs, name, folder)) is not None:
                page = stat_of(fs, page_of(name), folder) if area == PROCESSED else None
                yield join(area, below, name), record, page


def page_of(record: bytes) -> bytes:
    """Return the path of a record's page."""
    return record.removesuffix(file_naming.RECORD_SUFFIX) + b".html"
