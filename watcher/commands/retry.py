"""What an operator has done to filed inputs: quarantined ones tried again, old archived ones removed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from processing import file_naming, storage
from watcher.filing import history, moves, record_header
from watcher.filing.record_header import Damaged, with_field
from watcher.system.directories import (
    ARCHIVE,
    INCOMING,
    PROCESSED,
    QUARANTINE,
    Folders,
    folder_in,
    join,
    walk,
)
from watcher.system.filesystem import FileSystem, exists

GONE = "there is no such file in quarantine"
_IN_THE_WAY = "incoming has a file of that name; wait until it is filed"
_OTHER_RECORD = "its record does not fit it; see `audit`"
_EARLIEST = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
"""No file was filed before: the clock was wrong."""


class Outcome(NamedTuple):
    """What became of one file: its name in its area, and why it was left alone (empty where it was not)."""

    name: bytes
    refused: str = ""


def quarantined(fs: FileSystem, data_dir: bytes) -> Iterator[bytes]:
    """Yield the names in quarantine that can be retried."""
    for below, name, _ in walk(fs, data_dir, QUARANTINE):
        if file_naming.parts_of(name).extension:
            yield join(below, name)


def retry(fs: FileSystem, data_dir: bytes, name: bytes) -> Outcome:
    """Send a quarantined file back to incoming; its reason becomes history, which the next record quotes.

    Works beside the daemon, which takes nothing out of quarantine, and beside another retry: one of them
    wins the rename. The reason is set aside first: what a crash leaves between the two steps is a
    quarantined file without a reason, which the next start sends back.
    """
    if not record_header.is_below(name):
        return Outcome(name, GONE)
    parts = file_naming.parts_of(name)
    with Folders(fs, data_dir, set()) as folders:
        try:
            quarantine = folders.get(QUARANTINE, parts.folder)
            if not stat.S_ISREG(fs.stat(parts.base, quarantine).st_mode):
                return Outcome(name, "it is no file")
            wanted = file_naming.parts_of(_name_in_incoming(fs, name, quarantine))
            incoming = folders.get(INCOMING, wanted.folder, create=True)
            if exists(fs, wanted.base, incoming):
                return Outcome(name, _IN_THE_WAY if exists(fs, parts.base, quarantine) else GONE)
            _send_back(fs, parts.base, quarantine, wanted.base, incoming)
        except (FileNotFoundError, NotADirectoryError):
            return Outcome(name, GONE)
        except FileExistsError:
            return Outcome(name, _IN_THE_WAY)
    return Outcome(name)


def _name_in_incoming(fs: FileSystem, name: bytes, quarantine: int) -> bytes:
    """Return the name that the reason of a file says; the file's own if the reason is missing or damaged."""
    reason = file_naming.record_of(file_naming.parts_of(name).base, quarantined=True)
    try:
        head = record_header.read(fs, reason, quarantine)
    except FileNotFoundError:
        return name
    if isinstance(head, Damaged) or not head.is_of(name, reason, quarantined=True):
        return name
    return head.name


def _send_back(fs: FileSystem, base: bytes, quarantine: int, wanted: bytes, incoming: int) -> None:
    reason = file_naming.record_of(base, quarantined=True)
    kept = history.set_aside(fs, reason, quarantine) if exists(fs, reason, quarantine) else None
    try:
        moves.move_back(fs, base, quarantine, wanted, incoming)
    except FileExistsError:
        if kept is not None:
            moves.move_noreplace(fs, kept, quarantine, reason, quarantine)
        raise
    fs.fsync_folder(incoming)
    fs.fsync_folder(quarantine)


def prune(fs: FileSystem, data_dir: bytes, before: datetime) -> Iterator[Outcome]:
    """Remove archived files that were filed before a moment and have a record, which says so from then on.

    Works beside the daemon, which replaces no archived file. A file was filed when its record says, or when
    it was last moved or changed, if that was later: a file that was dropped again keeps its first record.
    The record is rewritten first: a crash between the two steps leaves a file that the next call removes.
    """
    for below, name, folder in walk(fs, data_dir, ARCHIVE):
        path = join(below, name)
        if not file_naming.parts_of(name).extension:
            continue
        try:
            if _moved_at(fs, name, folder) >= before.timestamp():
                continue
            with folder_in(fs, data_dir, join(PROCESSED, path)) as results:
                refused = _prune_one(fs, path, folder, results, before.timestamp())
        except FileNotFoundError:
            refused = "it has no record; see `audit`"
        except OSError as error:
            refused = os.strerror(error.errno or errno.EIO)
        if refused is not None:
            yield Outcome(path, refused)


def _prune_one(fs: FileSystem, path: bytes, folder: int, results: int, before: float) -> str | None:
    """Return why a file is kept that should go, nothing where it went, None where it is too young."""
    name = file_naming.parts_of(path).base
    record = file_naming.record_of(name, quarantined=False)
    content = record_header.read_content(fs, record, results)
    head = content if isinstance(content, Damaged) else record_header.checked(content, quarantined=False)
    if isinstance(content, Damaged) or isinstance(head, Damaged):
        return _OTHER_RECORD
    if head.source == record_header.API or not head.is_of(path, record, quarantined=False):
        return _OTHER_RECORD
    if head.processed_at is None or head.processed_at.timestamp() >= before:
        return None
    if max(_moved_at(fs, name, folder), head.processed_at.timestamp()) < _EARLIEST:
        return f"it was filed when the clock showed {head.processed_at:%Y-%m-%d}; `touch` it to date it today"
    if moves.sha256_of(fs, name, folder) != head.sha256:
        return _OTHER_RECORD
    if head.archived is None:
        storage.replace(fs, record, results, with_field(content, *record_header.PRUNED), sync=True)
        fs.fsync_folder(results)
    fs.unlink(name, folder)
    fs.fsync_folder(folder)
    return ""


def _moved_at(fs: FileSystem, name: bytes, folder: int) -> float:
    return fs.stat(name, folder).st_ctime
