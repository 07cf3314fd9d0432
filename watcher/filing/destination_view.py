"""What the folders hold beside one input: look-ups that change nothing."""

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
"""Area, sub-folder and record name that a file of the group has been given."""


class OrphanRecords:
    """Records with a hash in their names whose input is not there, by folder; each folder is listed once.

    A run that died left them between record and move. Where the sender then replaced the file, nothing leads
    to its record any more but its name: the hash in it is that of bytes which nobody has.
    """

    def __init__(self, fs: FileSystem) -> None:
        self._fs = fs
        self._stems: dict[tuple[bytes, bytes], dict[bytes, list[bytes]]] = {}

    def stems(self, area: bytes, below: bytes, folders: Folders, stem: bytes) -> list[bytes]:
        """Return the stems that are `stem` with a hash and have a record, but no input, in `area/below`."""
        if (area, below) not in self._stems:
            found: dict[bytes, list[bytes]] = {}
            for each in self._look(area, below, folders):
                found.setdefault(file_naming.unhashed(each), []).append(each)
            self._stems[area, below] = found
        return self._stems[area, below].get(stem, [])

    def forget(self) -> None:
        """Forget what was found in every folder; each is listed again when it is asked for."""
        self._stems.clear()

    def list_again(self, area: bytes, below: bytes) -> None:
        """List the folder again when it is asked for: this run may have left a record there."""
        self._stems.pop((area, below), None)

    def _look(self, area: bytes, below: bytes, folders: Folders) -> set[bytes]:
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
    """What the folders hold beside one input: look-ups in its mirrored sub-folder; changes nothing."""

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
        """Return the head of a filed input's record in `area`; None if there is none, or a damaged one."""
        found = self._found(area, record)
        return found if isinstance(found, Head) and found.source != record_header.API else None

    def has_history(self, reason: bytes) -> bool:
        """Return whether a refused file that is no longer in quarantine has earlier reasons there."""
        if self._found(QUARANTINE, file_naming.history_name(reason, 1)) is None:
            return False
        return not self.has(QUARANTINE, reason.removesuffix(file_naming.REASON_SUFFIX))

    def earlier_summary(self, area: bytes, record: bytes) -> dict[str, Any]:
        """Return what the log line of a record says."""
        content = record_header.read_content(self._fs, record, self._folder(RECORDS_OF[area]))
        return {} if isinstance(content, Damaged) else record_header.summary_of(content)

    def unpruned(self, area: bytes, record: bytes) -> bytes:
        """Return a record without the note that its input was pruned."""
        content = record_header.read_content(self._fs, record, self._folder(RECORDS_OF[area]))
        return b"" if isinstance(content, Damaged) else without_field(content, *record_header.PRUNED)

    def _found(self, area: bytes, record: bytes) -> Head | Damaged | None:
        if (area, record) not in self._heads:
            try:
                found = record_header.read(self._fs, record, self._folder(RECORDS_OF[area]))
            except FileNotFoundError:
                found = None
            self._heads[area, record] = found
        return self._heads[area, record]

    def has_record(self, area: bytes, record: bytes) -> bool:
        """Return whether anything has a record's name, in the folders or in this group."""
        return self._stat(RECORDS_OF[area], record) is not None

    def is_reserved(self, area: bytes, record: bytes) -> bool:
        """Return whether another file of the same group was given this place."""
        return (area, self._parts.folder, record) in self._reserved

    def has(self, area: bytes, target: bytes) -> bool:
        """Return whether anything has a filed input's name."""
        return self._stat(area, target) is not None

    def is_source(self, area: bytes, target: bytes) -> bool:
        """Return whether the filed name is a link to the very source: a move that a crash cut in two."""
        source = self._stat(INCOMING, self._parts.base)
        return source is not None and self.is_same(area, target, source)

    def is_same(self, area: bytes, target: bytes, found: os.stat_result) -> bool:
        """Return whether a filed name is a link to this very file."""
        filed = self._stat(area, target)
        return filed is not None and os.path.samestat(filed, found)

    def left(self, area: bytes, stem: bytes) -> list[bytes]:
        """Return the stems that are `stem` with a hash, and have a record but no input."""
        return self._orphans.stems(area, self._parts.folder, self._folders, stem)

    def holds(self, area: bytes, target: bytes, sha256: str) -> bool:
        """Return whether the filed file has these bytes, on the disk."""
        try:
            folder = self._folder(area)
        except FileNotFoundError:
            return False
        return moves.holds(self._fs, target, folder, sha256)

    def sync(self, area: bytes) -> None:
        """Make the names of what an area holds, and of its records, durable."""
        for folder in (RECORDS_OF[area], area):
            self._fs.fsync_folder(self._folder(folder))

    def _stat(self, area: bytes, name: bytes) -> os.stat_result | None:
        try:
            return self._fs.stat(name, self._folder(area))
        except FileNotFoundError:
            return None

    def _folder(self, area: bytes) -> int:
        return self._folders.get(area, self._parts.folder)
