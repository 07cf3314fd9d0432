"""A read-only view of what the folders already contain for one input."""

import contextlib
import os
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from processing import file_naming
from processing.file_naming import NamePair
from watcher.filing import history, moves, record_header
from watcher.filing.record_header import Damaged, Head
from watcher.system.areas import INCOMING, QUARANTINE, RECORDS_OF, Folders

ReservedName = tuple[bytes, bytes, bytes]
"""Area, sub-folder and name of a record that a file of a group that has not ended has been given."""


OrphanStems = dict[tuple[bytes, bytes], set[bytes]]
"""Stems of records that have a hash in their names but no input, by area and sub-folder.

A run that died between the commit and the move left such a record. If the sender then replaced the file, only
the hash in the name of the record leads to the record, and no file has the bytes of that hash any more. Each
folder is listed once and remembered here.
"""


@dataclass
class DestinationView:
    """What the folders contain for one input, in its sub-folder of each area."""

    folders: Folders
    name: bytes
    reserved: AbstractSet[ReservedName] = frozenset()
    orphan_stems: OrphanStems = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fs = self.folders.fs
        self._parts = file_naming.parts_of(self.name)

    def known(self, area: bytes, pairs: Iterable[NamePair]) -> list[NamePair]:
        """Return the pairs that have a record, in their order of preference.

        A name with more of the hash is used only if the one before it is taken, so the first hashed name that
        is missing ends the search. If a bad disk hides a record here, `publish` fails: the name exists.
        """
        found: list[NamePair] = []
        with contextlib.suppress(FileNotFoundError):
            folder = self._folder(RECORDS_OF[area])
            for number, names in enumerate(pairs):
                if self.fs.seems_there(names.record, folder):
                    found.append(names)
                elif number:
                    break
        return found

    def head(self, area: bytes, record: bytes) -> Head | None:
        """Return the head of a record that belongs to an input; None if it is missing or damaged."""
        try:
            found = record_header.read(self.fs, record, self._folder(RECORDS_OF[area]))
        except FileNotFoundError:
            return None
        return found if isinstance(found, Head) and found.source != record_header.API else None

    def newest_reason(self, reason: bytes) -> Head | None:
        """Return the head of a reason; of the latest of its earlier versions if it is missing or damaged."""
        if (newest := self.head(QUARANTINE, reason)) is not None:
            return newest
        for number in range(1, history.MAX_REASONS + 1):
            if (older := self.head(QUARANTINE, file_naming.history_name(reason, number))) is None:
                break
            newest = older
        return newest

    def content(self, area: bytes, record: bytes) -> bytes:
        """Return a record's bytes; none if it is damaged."""
        content = record_header.read_content(self.fs, record, self._folder(RECORDS_OF[area]))
        return b"" if isinstance(content, Damaged) else content

    def is_reserved(self, area: bytes, record: bytes) -> bool:
        """Return whether another file of a group that has not ended has been given this name."""
        return (area, self._parts.folder, record) in self.reserved

    def has(self, area: bytes, name: bytes) -> bool:
        """Return whether a name in this area is taken."""
        return self._stat(area, name) is not None

    def is_source(self, area: bytes, target: bytes) -> bool:
        """Return whether the target is a link to the source itself: a crash interrupted the move."""
        source = self._stat(INCOMING, self._parts.base)
        return source is not None and self.is_same(area, target, source)

    def is_same(self, area: bytes, target: bytes, found: os.stat_result) -> bool:
        """Return whether the target is a link to this very file."""
        moved = self._stat(area, target)
        return moved is not None and os.path.samestat(moved, found)

    def orphans(self, area: bytes) -> set[bytes]:
        """Return the hashed stems of records without an input."""
        key = area, self._parts.folder
        if key not in self.orphan_stems:
            self.orphan_stems[key] = self._list_orphans(area)
        return self.orphan_stems[key]

    def _list_orphans(self, area: bytes) -> set[bytes]:
        alone: set[bytes] = set()
        is_reason = area == QUARANTINE
        with contextlib.suppress(FileNotFoundError):
            records = self.fs.scan(self._folder(RECORDS_OF[area]))
            stems = (file_naming.stem_of_record(name, quarantined=is_reason) for name, _ in records)
            alone.update(filter(file_naming.unhashed, stems))
            for name, _ in self.fs.scan(self._folder(area)) if alone else ():
                alone.discard(file_naming.parts_of(name).stem)
        return alone

    def holds(self, area: bytes, target: bytes, sha256: str) -> bool:
        """Return whether the target has these bytes; if so, make sure that they are on the disk."""
        with contextlib.suppress(FileNotFoundError):
            return moves.holds(self.fs, target, self._folder(area), sha256)
        return False

    def sync(self, area: bytes) -> None:
        """Make the names in an area, and those of its records, durable."""
        for folder in (RECORDS_OF[area], area):
            self.fs.fsync_folder(self._folder(folder))

    def _stat(self, area: bytes, name: bytes) -> os.stat_result | None:
        with contextlib.suppress(FileNotFoundError):
            return self.fs.stat(name, self._folder(area))
        return None

    def _folder(self, area: bytes) -> int:
        return self.folders.get(area, self._parts.folder)
