"""What a worker does for pages: survey the records, draw the index, draw the pages that are due.

The record is the only input. A page is due if its record is newer; the index is drawn from digests kept in
`data/.watcher`, so that only new records are read.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote_from_bytes

import msgspec

from processing import file_naming
from processing.model.digest import Digest, digest_of
from processing.model.result import Result, load
from watcher.reporting.digest_cache import DigestCache, state_of
from watcher.system.directories import (
    PROCESSED,
    QUARANTINE,
    TMP_PREFIX,
    folder_in,
    join,
    read_file,
    replace_file,
    walk,
)
from watcher.system.filesystem import FileSystem

INDEX = b"processed/index.html"
PAGE_SUFFIX = b".html"
READ_SECONDS = 20.0
"""New records are read for so long at a time: what was read is kept, whatever comes next."""
MOST_DUE = 5_000
"""Pages due that one survey returns: the daemon is to stay small."""
MOST_UNREADABLE = 1_000
_NICENESS = 15


class Order(msgspec.Struct, frozen=True):
    """What a worker is asked: which folder, whether gently, and which records (or all) to draw."""

    data_dir: bytes
    background: bool = False
    everything: bool = False
    records: tuple[bytes, ...] = ()


class Survey(msgspec.Struct):
    """What is to be done next."""

    due: list[bytes] = []
    """Records whose pages are older than they are, or not there."""
    unreadable: list[tuple[bytes, str]] = []
    """New records that are in no index, or get no page, and why."""
    blocked: list[tuple[bytes, str]] = []
    """What cannot be written."""
    records: int = 0
    unread: int = 0
    """New records that another survey has to read."""
    more: bool = False
    """More pages are due than `due` lists."""


class Drawn(NamedTuple):
    """A record whose page was drawn, or why not; `blocked`: it cannot be written, else it says why itself."""

    record: bytes
    error: str = ""
    blocked: bool = False


def survey(order: Order) -> Survey:
    """Draw the index of what the folders hold, and return what is to be done next; runs in a worker."""
    _be_gentle(order)
    with DigestCache(FileSystem(), order.data_dir) as cache:
        surveyor = _Surveyor(order, cache)
        surveyor.read_new()
        try:
            surveyor.draw_index()
        except OSError as error:
            surveyor.found.blocked.append((INDEX, error.strerror or str(error)))
        cache.compact()
    return surveyor.found


class _Surveyor:
    """One pass over all records."""

    def __init__(self, order: Order, cache: DigestCache) -> None:
        self._order = order
        self._cache = cache
        self._fs = FileSystem()
        self._seconds_left = READ_SECONDS
        self.found = Survey()

    def read_new(self) -> None:
        """Note what is due, and read new records as long as there is time."""
        found = self.found
        for path, record, page in _records(self._fs, self._order.data_dir):
            found.records += 1
            state = state_of(path, record)
            new = not self._cache.has(state)
            if path.startswith(PROCESSED) and _is_due(page, record, new=new or self._order.everything):
                self._due(path)
            if not new:
                continue
            if self._seconds_left <= 0 or len(found.unreadable) >= MOST_UNREADABLE:
                found.unread += 1
                continue
            began = time.monotonic()
            self._read(path, state)
            self._seconds_left -= time.monotonic() - began
            if page is not None and stat.S_ISDIR(page.st_mode):
                found.unreadable.append((path, "a folder has the name of its page"))

    def draw_index(self) -> None:
        """Draw the index, unless it shows these very records already."""
        from processing.html.index_page import index_page  # noqa: PLC0415 - loads Jinja2, which the daemon never does

        if self._cache.is_drawn(self._state_of_index()) and not self._order.everything:
            return
        index = index_page(self._files, uncounted=self.found.unread)
        replace_file(self._fs, self._order.data_dir, INDEX, index.encode())
        if not self.found.unread:
            self._cache.drawn(self._state_of_index())

    def _due(self, path: bytes) -> None:
        if self._order.everything or len(self.found.due) < MOST_DUE:
            self.found.due.append(path)
        else:
            self.found.more = True

    def _read(self, path: bytes, state: int) -> None:
        content = read_file(self._fs, self._order.data_dir, path)
        if not content:  # gone, or the disk fails just now
            return
        try:
            self._cache.add(state, path, digest_of(content, quarantined=path.startswith(QUARANTINE)))
        except ValueError as error:
            self._cache.add(state, path, None)
            self.found.unreadable.append((path, str(error)))

    def _files(self) -> Iterator[tuple[bytes, Digest]]:
        return ((page_of(path).partition(b"/")[2], digest) for path, digest in self._cache.files())

    def _state_of_index(self) -> int:
        with (
            contextlib.suppress(FileNotFoundError),
            folder_in(self._fs, self._order.data_dir, INDEX) as folder,
        ):
            return state_of(INDEX, self._fs.stat(INDEX.rpartition(b"/")[2], folder))
        return 0


def _is_due(page: os.stat_result | None, record: os.stat_result, *, new: bool) -> bool:
    """Return whether a page is to be drawn; of a record from the future only if the record is new."""
    if page is None:
        return True
    older = page.st_mtime_ns < record.st_mtime_ns and record.st_mtime_ns <= time.time_ns()
    return (older or new) and not stat.S_ISDIR(page.st_mode)


def draw(order: Order) -> list[Drawn]:
    """Draw the pages of the records, and return what became of each.

    A record that is gone (pruned, withdrawn) gets none. Runs in a worker, which writes what it has drawn:
    sent through the daemon, the index and the pages would stay in its memory.
    """
    _be_gentle(order)
    fs, drawn = FileSystem(), []
    for path in order.records:
        content = read_file(fs, order.data_dir, path)
        if not content:
            continue
        page, error = _page(path, content)
        try:
            replace_file(fs, order.data_dir, page_of(path), page.encode())
            drawn.append(Drawn(path, error))
        except OSError as failure:
            drawn.append(Drawn(path, failure.strerror or str(failure), blocked=True))
    return drawn


def _page(path: bytes, record: bytes) -> tuple[str, str]:
    """Return the page of a record; where it cannot be drawn, one that says so, and why."""
    from processing.html.file_page import failed_page, file_page  # noqa: PLC0415 - loads Jinja2

    index = "../" * (path.count(b"/") - 1) + "index.html"
    name = quote_from_bytes(path.rpartition(b"/")[2], safe="")
    try:
        result = load(record)
        if not isinstance(result, Result):
            raise ValueError("this is no result")  # noqa: TRY004, TRY301 - as for any other foreign record
        return file_page(result, json_href=name, index_href=index), ""
    except Exception as error:  # noqa: BLE001 - the others have their pages
        why = f"{type(error).__name__}: {error}"
        return failed_page(why, json_href=name, index_href=index), why


def _be_gentle(order: Order) -> None:
    if order.background and os.nice(0) < _NICENESS:
        os.nice(_NICENESS)


def _records(
    fs: FileSystem, data_dir: bytes
) -> Iterator[tuple[bytes, os.stat_result, os.stat_result | None]]:
    """Yield each record's path, what it is, and what its page is, if there is one."""
    for area, suffix in ((PROCESSED, file_naming.RECORD_SUFFIX), (QUARANTINE, file_naming.REASON_SUFFIX)):
        for below, name, folder in walk(fs, data_dir, area):
            stem = name.removesuffix(suffix)
            if stem == name or stem in file_naming.RESERVED_STEMS or name.startswith(TMP_PREFIX):
                continue
            with contextlib.suppress(FileNotFoundError):
                record, page = fs.stat(name, folder), None
                if area == PROCESSED:
                    with contextlib.suppress(FileNotFoundError):
                        page = fs.stat(page_of(name), folder)
                yield join(area, below, name), record, page


def page_of(record: bytes) -> bytes:
    """Return the path of a record's page."""
    return record.removesuffix(file_naming.RECORD_SUFFIX) + PAGE_SUFFIX
