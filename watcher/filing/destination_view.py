"""What the folders already contain for one input. Read-only."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Set as AbstractSet
from typing import Any

from processing import file_naming
from watcher.filing import moves, record_header
from watcher.filing.record_header import Damaged, Head, without_field
from watcher.system.directories import INCOMING, QUARANTINE, RECORDS_OF, Folders
from watcher.system.filesystem import FileSystem

ReservedName = tuple[bytes, bytes, bytes]
"""Area, sub-folder and record name that another file of the same group has been given."""


class OrphanRecords:
    """Records with a hash in their names whose input is missing, by folder; each folder is listed once.

    A run that died between record and move left them. If the sender then replaced the file, only the hash
    in the record's name still leads to the record, and no file has the bytes of that hash any more.
    """

    def __init__(self, fs: FileSystem) -> None:
        self._fs = fs
        self._stems: dict[tuple[bytes, bytes], dict[bytes, list[bytes]]] = {}

    def stems(self, area: bytes, below: bytes, folders: Folders, stem: bytes) -> list[bytes]:
        """Return the stems that are `stem` with a hash and have a record, but no input, in `area/below`."""
        if (area, below) not in self._stems:
            found: dict[bytes, list[bytes]] = {}
            for each in self._list(area, below, folders):
                found.setdefault(file_naming.unhashed(each), []).append(each)
            self._stems[area, below] = found
        return self._stems[area, below].get(stem, [])

    def forget(self) -> None:
        """Forget every folder; each is listed again when it is next needed."""
        self._stems.clear()

    def list_again(self, area: bytes, below: bytes) -> None:
        """List a folder again when it is next needed: this run may have left a record there."""
        self._stems.pop((area, below), None)

    def _list(self, area: bytes, below: bytes, folders: Folders) -> set[bytes]:
        alone: set[bytes] = set()
        with contextlib.suppress(FileNotFoundError):
            for name, _ in self._fs.scan(folders.get(RECORDS_OF[area], below)):
                stem = file_naming.stem_of_record(name, quarantined=area == QUARANTINE)
                if file_naming.unhashed(stem):
                    alone.add(stem)
            for name, _ in self._fs.scan(folders.get(area, below)) if alone else ():
                alone.discard(file_naming.parts_of(name).stem)
        return alone


class DestinationView:
    """What the folders contain for one input, in its sub-folder of each area."""

    def __init__(
        self,
        fs: FileSystem,
        folders: Folders,
        name: bytes,
        reserved: AbstractSet[ReservedName],
        orphans: OrphanRecords,
    ) -> None:
        self._fs = fs
        self._folders = folders
        self._parts = file_naming.parts_of(name)
        self._reserved = reserved
        self._orphans = orphans
        self._heads: dict[tuple[bytes, bytes], Head | Damaged | None] = {}

    def head(self, area: bytes, record: bytes) -> Head | None:
        """Return the head of a record that belongs to an input; None if it is missing or damaged."""
        found = self._found(area, record)
        return found if isinstance(found, Head) and found.source != record_header.API else None

    def has_history(self, reason: bytes) -> bool:
        """Return whether a rejected file that has left quarantine has earlier reasons there."""
        if self._found(QUARANTINE, file_naming.history_name(reason, 1)) is None:
            return False
        return not self.has(QUARANTINE, reason.removesuffix(file_naming.REASON_SUFFIX))

    def summary(self, area: bytes, record: bytes) -> dict[str, Any]:
        """Return the fields of a record that its log line has."""
        return record_header.summary_of(self._content(area, record))

    def unpruned(self, area: bytes, record: bytes) -> bytes:
        """Return a record without the note that its input was pruned."""
        return without_field(self._content(area, record), *record_header.PRUNED)

    def _content(self, area: bytes, record: bytes) -> bytes:
        content = record_header.read_content(self._fs, record, self._folder(RECORDS_OF[area]))
        return b"" if isinstance(content, Damaged) else content

    def _found(self, area: bytes, record: bytes) -> Head | Damaged | None:
        if (area, record) not in self._heads:
            try:
                found = record_header.read(self._fs, record, self._folder(RECORDS_OF[area]))
            except FileNotFoundError:
                found = None
            self._heads[area, record] = found
        return self._heads[area, record]

    def has_record(self, area: bytes, record: bytes) -> bool:
        """Return whether a record's name is taken."""
        return self._stat(RECORDS_OF[area], record) is not None

    def is_reserved(self, area: bytes, record: bytes) -> bool:
        """Return whether another file of the same group has been given this name."""
        return (area, self._parts.folder, record) in self._reserved

    def has(self, area: bytes, target: bytes) -> bool:
        """Return whether an input's name in this area is taken."""
        return self._stat(area, target) is not None

    def is_source(self, area: bytes, target: bytes) -> bool:
        """Return whether the target is a link to the source itself: a crash interrupted the move."""
        source = self._stat(INCOMING, self._parts.base)
        return source is not None and self.is_same(area, target, source)

    def is_same(self, area: bytes, target: bytes, found: os.stat_result) -> bool:
        """Return whether the target is a link to this very file."""
        moved = self._stat(area, target)
        return moved is not None and os.path.samestat(moved, found)

    def orphans(self, area: bytes, stem: bytes) -> list[bytes]:
        """Return the stems that are `stem` with a hash and have a record but no input."""
        return self._orphans.stems(area, self._parts.folder, self._folders, stem)

    def holds(self, area: bytes, target: bytes, sha256: str) -> bool:
        """Return whether the target has these bytes; if so, make sure that they are on the disk."""
        try:
            folder = self._folder(area)
        except FileNotFoundError:
            return False
        return moves.holds(self._fs, target, folder, sha256)

    def sync(self, area: bytes) -> None:
        """Make the names in an area, and those of its records, durable."""
        for folder in (RECORDS_OF[area], area):
            self._fs.fsync_folder(self._folder(folder))

    def _stat(self, area: bytes, name: bytes) -> os.stat_result | None:
        try:
            return self._fs.stat(name, self._folder(area))
        except FileNotFoundError:
            return None

    def _folder(self, area: bytes) -> int:
        return self._folders.get(area, self._parts.folder)
