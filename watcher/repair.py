"""What an operator has done to filed inputs: quarantined ones tried again, old archived ones removed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from processing import naming, storage
from watcher import transfer
from watcher.filesystem import FileSystem, folder_of
from watcher.folders import ARCHIVE, INCOMING, PROCESSED, QUARANTINE, Folders
from watcher.records import Head, head_of, with_field
from watcher.recovery import join, walk


class Outcome(NamedTuple):
    """What became of one file: its name in its area, and why it was left alone (empty where it was not)."""

    name: bytes
    refused: str = ""


def quarantined(fs: FileSystem, data_dir: bytes) -> Iterator[bytes]:
    """Yield the names in quarantine that can be retried."""
    for below, name, _ in walk(fs, data_dir, QUARANTINE):
        if naming.parts_of(name).extension:
            yield join(below, name)


def retry(fs: FileSystem, data_dir: bytes, name: bytes) -> Outcome:
    """Send a quarantined file back to incoming; its reason becomes history, which the next record quotes.

    Works beside the daemon. The reason is set aside first: what a crash leaves between the two steps is a
    quarantined file without a reason, which the next start sends back.
    """
    parts = naming.parts_of(name)
    with Folders(fs, data_dir, set()) as folders:
        try:
            quarantine = folders.get(QUARANTINE, parts.folder)
            fs.stat(parts.base, quarantine)
        except FileNotFoundError:
            return Outcome(name, "there is no such file in quarantine")
        head = _head(fs, parts.base + naming.REASON_SUFFIX, quarantine)
        wanted = naming.parts_of(head.name) if head else parts
        incoming = folders.get(INCOMING, wanted.folder, create=True)
        if _is_there(fs, wanted.base, incoming):
            return Outcome(name, "incoming has a file of that name; wait until it is filed")
        if head is not None:
            _set_aside(fs, parts.base + naming.REASON_SUFFIX, quarantine)
        transfer.move_noreplace(fs, parts.base, quarantine, wanted.base, incoming)
        fs.fsync_folder(incoming)
        fs.fsync_folder(quarantine)
    return Outcome(name)


def prune(fs: FileSystem, data_dir: bytes, before: datetime) -> Iterator[Outcome]:
    """Remove archived files that were filed before a moment and have a record, which says so from then on.

    The record is rewritten first: a crash between the two steps leaves a file that the next call removes.
    """
    limit = before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for below, name, folder in walk(fs, data_dir, ARCHIVE):
        if naming.parts_of(name).extension:
            with folder_of(fs, join(data_dir, PROCESSED), join(below, name)) as records:
                refused = _prune_one(fs, name, folder, records, limit)
            if refused is not None:
                yield Outcome(join(below, name), refused)


def _prune_one(fs: FileSystem, name: bytes, folder: int, records: int, limit: str) -> str | None:
    """Return why a file is kept that should go, nothing where it went, None where it is too young."""
    record = naming.record_of(name, quarantined=False)
    try:
        text = transfer.read_whole(fs, record, records)
    except FileNotFoundError:
        return "it has no record; see `audit`"
    head = head_of(text)
    if head is None or head.sha256 != transfer.sha256_of(fs, name, folder):
        return "its record does not fit it; see `audit`"
    if head.processed_at is None or head.processed_at >= limit:
        return None
    if head.archived is None:
        storage.replace(fs, record, records, with_field(text, "archived", "pruned"), sync=True)
        fs.fsync_folder(records)
    fs.unlink(name, folder)
    fs.fsync_folder(folder)
    return ""


def _set_aside(fs: FileSystem, reason: bytes, folder: int) -> None:
    for number in itertools.count(1):
        try:
            transfer.move_noreplace(fs, reason, folder, naming.history_name(reason, number), folder)
        except FileExistsError:
            continue
        break
    fs.fsync_folder(folder)


def _head(fs: FileSystem, reason: bytes, folder: int) -> Head | None:
    try:
        return head_of(transfer.read_whole(fs, reason, folder))
    except FileNotFoundError:
        return None


def _is_there(fs: FileSystem, name: bytes, folder: int) -> bool:
    try:
        fs.stat(name, folder)
    except FileNotFoundError:
        return False
    return True
