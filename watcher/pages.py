"""Keeps pages in step with the records: what a worker reads and draws, and the thread that asks for it.

The record is the only input. A page is stale when its record is newer; the index is drawn anew each
time, from digests kept in `data/.watcher`, so that only new records are read.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any
from urllib.parse import quote_from_bytes

import msgspec

from processing import naming, storage
from processing.digest import Digest, digest_of
from processing.engine import Engine
from processing.result import Result, load
from watcher import derived, heap
from watcher.filesystem import FileSystem
from watcher.folders import PROCESSED, QUARANTINE
from watcher.logs import file_fields
from watcher.recovery import join, walk

KEPT = b".watcher/digests"
PAGE_SUFFIX = b".html"
QUIET_SECONDS = 1.0
"""Without work for so long, it has settled."""
LONGEST_SECONDS = 30.0
"""Work that never settles is drawn every so often."""
AGAIN_SECONDS = 60.0
"""After a failure."""
_CHUNK = 16
_IN_FLIGHT = 8
_NICENESS = 15


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A digest, and the state of the record it was made of."""

    mtime_ns: int
    size: int
    digest: Digest | None
    """None of one that cannot be read."""


Shelf = dict[bytes, Kept]
"""By the record's path below the data folder."""


class Order(msgspec.Struct, frozen=True):
    """What a worker is asked: which folder, whether gently, and which records (or all) to draw."""

    data_dir: bytes
    background: bool = False
    everything: bool = False
    records: tuple[bytes, ...] = ()


class Survey(msgspec.Struct, frozen=True):
    """The records whose pages are stale, and those that are new or changed and cannot be read, and why."""

    stale: list[bytes]
    unreadable: list[tuple[bytes, str]]


def survey(order: Order) -> Survey:
    """Draw the index of what the folders hold, and return what is to be done next; runs in a worker."""
    from processing.overview import index_page  # noqa: PLC0415 - loads Jinja2, which the daemon never does

    _be_gentle(order)
    fs, before = FileSystem(), shelf_of(order.data_dir)
    now: Shelf = {}
    stale: list[bytes] = []
    unreadable: list[tuple[bytes, str]] = []
    for path, record, page in _records(fs, order.data_dir):
        kept = before.get(path)
        if kept is None or (kept.mtime_ns, kept.size) != (record.st_mtime_ns, record.st_size):
            content = derived.read(fs, order.data_dir, path)
            if not content:  # gone, or the disk fails just now
                continue
            digest, error = _digest(path, content)
            kept = Kept(record.st_mtime_ns, record.st_size, digest)
            if error:
                unreadable.append((path, error))
        now[path] = kept
        if kept.digest is None:
            continue
        if path.startswith(PROCESSED) and (order.everything or page is None or page < record.st_mtime_ns):
            stale.append(path)
    index = index_page(
        (_page_of(path).partition(b"/")[2], kept.digest) for path, kept in now.items() if kept.digest
    )
    derived.write(fs, order.data_dir, join(PROCESSED, b"index.html"), index.encode())
    derived.write(fs, order.data_dir, KEPT, msgspec.msgpack.encode(now))
    return Survey(stale, unreadable)


def draw(order: Order) -> list[tuple[bytes, str]]:
    """Draw the pages of the records; return each that has one now, and why where it only says that it failed.

    A record that is gone (pruned, withdrawn) gets none. Runs in a worker, which writes what it has drawn:
    sent through the daemon, the index and the pages would stay in its memory.
    """
    _be_gentle(order)
    fs, drawn = FileSystem(), []
    for path in order.records:
        content = derived.read(fs, order.data_dir, path)
        if content:
            page, error = _page(path, content)
            derived.write(fs, order.data_dir, _page_of(path), page.encode())
            drawn.append((path, error))
    return drawn


def _page(path: bytes, record: bytes) -> tuple[str, str]:
    """Return the page of a record; where it cannot be drawn, one that says so, and why."""
    from processing.report import failed_page, file_page  # noqa: PLC0415 - loads Jinja2

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


def shelf_of(data_dir: bytes) -> Shelf:
    """Return the digests kept from the last time, none where they cannot be read or are of another version.

    All of them at once: nothing for a daemon that is to stay small.
    """
    try:
        return msgspec.msgpack.decode(derived.read(FileSystem(), data_dir, KEPT), type=Shelf)
    except msgspec.MsgspecError:
        return {}


def _be_gentle(order: Order) -> None:
    if order.background and os.nice(0) < _NICENESS:
        os.nice(_NICENESS)


def _records(fs: FileSystem, data_dir: bytes) -> Iterator[tuple[bytes, os.stat_result, int | None]]:
    """Yield each record's path and state, and when its page was drawn (None: never, in ns)."""
    for area, suffix in ((PROCESSED, naming.RECORD_SUFFIX), (QUARANTINE, naming.REASON_SUFFIX)):
        for below, name, folder in walk(fs, data_dir, area):
            stem = name.removesuffix(suffix)
            if stem == name or stem in naming.RESERVED_STEMS or name.startswith(storage.TMP_PREFIX):
                continue
            with contextlib.suppress(FileNotFoundError):
                record, page = fs.stat(name, folder), None
                with contextlib.suppress(FileNotFoundError):
                    page = fs.stat(_page_of(name), folder).st_mtime_ns
                yield join(area, join(below, name)), record, page


def _page_of(record: bytes) -> bytes:
    return record.removesuffix(naming.RECORD_SUFFIX) + PAGE_SUFFIX


def _digest(path: bytes, record: bytes) -> tuple[Digest | None, str]:
    try:
        return digest_of(record, quarantined=path.startswith(QUARANTINE)), ""
    except ValueError as error:
        return None, str(error)


class Pages:
    """Has pages drawn and written by `engine`; with `background`, its process gives way to others."""

    def __init__(self, engine: Engine, data_dir: bytes, *, background: bool, log: Any) -> None:
        self._engine = engine
        self._data_dir = data_dir
        self._background = background
        self._log = log
        self._filed = threading.Event()

    def refresh(self, *, everything: bool = False) -> int:
        """Have the index and every stale page drawn, or every page; return how many pages."""
        started = time.monotonic()
        order = Order(self._data_dir, self._background, everything)
        found = self._engine.submit(survey, order).result()
        for record, error in found.unreadable:
            self._failed(record, error)
        drawn = self._draw(found.stale)
        seconds = round(time.monotonic() - started, 3)
        self._log.debug("pages.drawn", pages=drawn, seconds=seconds)
        return drawn

    def _draw(self, stale: list[bytes]) -> int:
        drawn, running = 0, deque[Any]()
        chunks = [tuple(stale[first : first + _CHUNK]) for first in range(0, len(stale), _CHUNK)]
        while chunks or running:
            while chunks and len(running) < _IN_FLIGHT:
                order = Order(self._data_dir, self._background, records=chunks.pop(0))
                running.append(self._engine.submit(draw, order))
            for record, error in running.popleft().result():
                drawn += not error
                if error:
                    self._failed(record, error)
        return drawn

    def _failed(self, record: bytes, error: str) -> None:
        self._log.warning("pages.failed", error=error, **file_fields(record))

    def filed(self) -> None:
        """Hear that a record was published; any thread may call this."""
        self._filed.set()

    def run(self, stopping: threading.Event, is_busy: Callable[[], bool]) -> None:
        """Refresh after work has settled, until the program stops; `filed` wakes it."""
        while not stopping.is_set():
            self._filed.wait()
            self._settle(stopping, is_busy)
            if not stopping.is_set() and not self.try_refresh():
                stopping.wait(AGAIN_SECONDS)
                self._filed.set()
            heap.give_back()

    def try_refresh(self) -> bool:
        """Refresh; where that fails say so and return False, for a page is no reason to stop."""
        try:
            self.refresh()
        except (Exception, CancelledError) as error:  # noqa: BLE001 - whatever it is, files go first
            self._log.warning("pages.failed", error=str(error) or type(error).__name__)
            return False
        return True

    def _settle(self, stopping: threading.Event, is_busy: Callable[[], bool]) -> None:
        """Return when nothing was in work or filed for a while, or at the latest moment."""
        ends_at = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < ends_at:
            self._filed.clear()
            if stopping.wait(QUIET_SECONDS) or not (self._filed.is_set() or is_busy()):
                return
