"""Decide first, act second: what is to be done with one judged file, from what the folders hold already."""

from __future__ import annotations

import contextlib
import enum
import errno
import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from processing import naming
from processing.naming import Place
from watcher import history, records, transfer
from watcher.filesystem import FileSystem
from watcher.folders import ARCHIVE, INCOMING, QUARANTINE, RECORDS_OF, Folders
from watcher.job import Verdict
from watcher.records import Damaged, Head, with_previous, without_field

Claim = tuple[bytes, bytes, bytes]
"""Area, sub-folder and record name that a file of the group has been given."""

Stale = tuple[bytes, bytes]
"""Area and name of a record that is to be withdrawn."""


class Step(enum.Enum):
    """What is left to do."""

    PUBLISH = "publish the record, then move the source"
    MOVE = "the record is committed: move the source"
    DROP = "the bytes are filed: remove the copy"
    SUPERSEDE = "the bytes are in quarantine and refused again: replace their reason, remove the copy"


class Decision(NamedTuple):
    """The step, where the input goes, the record to publish, and records whose input was replaced unfiled.

    A MOVE with a record: that of a pruned input which was sent again, without the note that it was pruned.
    """

    step: Step
    area: bytes
    place: Place
    record: bytes = b""
    stale: tuple[Stale, ...] = ()
    duplicate: bool = False
    refusals: tuple[bytes, ...] = ()
    """Reasons of this name whose earlier ones are removed, as the file is processed."""
    told: dict[str, Any] | None = None
    """What the record says that an earlier run published; None if this run's is published."""


class Leftovers:
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
                found.setdefault(naming.unhashed(each), []).append(each)
            self._stems[area, below] = found
        return self._stems[area, below].get(stem, [])

    def forget(self) -> None:
        """Forget what was found in every folder; each is listed again when it is asked for."""
        self._stems.clear()

    def look_again(self, area: bytes, below: bytes) -> None:
        """List the folder anew when it is asked for: a record may have been left there by this run."""
        self._stems.pop((area, below), None)

    def _look(self, area: bytes, below: bytes, folders: Folders) -> set[bytes]:
        alone: set[bytes] = set()
        with contextlib.suppress(FileNotFoundError):
            for name, _ in self._fs.scan(folders.get(RECORDS_OF[area], below)):
                stem = naming.stem_of_record(name, quarantined=area == QUARANTINE)
                if naming.unhashed(stem):
                    alone.add(stem)
            for name, _ in self._fs.scan(folders.get(area, below)) if alone else ():
                alone.discard(naming.parts_of(name).stem)
        return alone


class Shelf:
    """What the folders hold beside one input: look-ups in its mirrored sub-folder; changes nothing."""

    def __init__(
        self,
        fs: FileSystem,
        folders: Folders,
        name: bytes,
        claimed: AbstractSet[Claim],
        leftovers: Leftovers,
    ) -> None:
        self._fs = fs
        self._folders = folders
        self._parts = naming.parts_of(name)
        self._claimed = claimed
        self._leftovers = leftovers
        self._heads: dict[tuple[bytes, bytes], Head | Damaged | None] = {}

    def head(self, area: bytes, record: bytes) -> Head | None:
        """Return the head of a filed input's record in `area`; None if there is none, or a damaged one."""
        found = self._found(area, record)
        return found if isinstance(found, Head) and found.source != records.API else None

    def has_history(self, reason: bytes) -> bool:
        """Return whether a refused file that is no longer in quarantine has earlier reasons there."""
        if self._found(QUARANTINE, naming.history_name(reason, 1)) is None:
            return False
        return not self.has(QUARANTINE, reason.removesuffix(naming.REASON_SUFFIX))

    def told(self, area: bytes, record: bytes) -> dict[str, Any]:
        """Return what a log line tells of a record."""
        content = records.read_content(self._fs, record, self._folder(RECORDS_OF[area]))
        return {} if isinstance(content, Damaged) else records.summary_of(content)

    def unpruned(self, area: bytes, record: bytes) -> bytes:
        """Return a record without the note that its input was pruned."""
        content = records.read_content(self._fs, record, self._folder(RECORDS_OF[area]))
        return b"" if isinstance(content, Damaged) else without_field(content, *records.PRUNED)

    def _found(self, area: bytes, record: bytes) -> Head | Damaged | None:
        if (area, record) not in self._heads:
            try:
                found = records.read(self._fs, record, self._folder(RECORDS_OF[area]))
            except FileNotFoundError:
                found = None
            self._heads[area, record] = found
        return self._heads[area, record]

    def has_record(self, area: bytes, record: bytes) -> bool:
        """Return whether anything has a record's name, in the folders or in this group."""
        return self._stat(RECORDS_OF[area], record) is not None

    def is_claimed(self, area: bytes, record: bytes) -> bool:
        """Return whether another file of the same group was given this place."""
        return (area, self._parts.folder, record) in self._claimed

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
        return self._leftovers.stems(area, self._parts.folder, self._folders, stem)

    def holds(self, area: bytes, target: bytes, sha256: str) -> bool:
        """Return whether the filed file has these bytes, on the disk."""
        try:
            folder = self._folder(area)
        except FileNotFoundError:
            return False
        return transfer.holds(self._fs, target, folder, sha256)

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


def decide(verdict: Verdict, shelf: Shelf) -> Decision:
    """Return what is to be done with a judged file; FileExistsError where every name is taken."""
    orphans = list(_orphans(verdict, shelf))
    plan = _plan(verdict, shelf, orphans)
    if plan.area == ARCHIVE:
        plan = plan._replace(refusals=tuple(_refusals(verdict, shelf)))
    if plan.step is Step.PUBLISH:
        return plan
    if plan.step is not Step.SUPERSEDE:
        plan = plan._replace(told=shelf.told(plan.area, plan.place.record))
    return plan._replace(stale=tuple(each for each in orphans if each != (plan.area, plan.place.record)))


def _refusals(verdict: Verdict, shelf: Shelf) -> Iterator[bytes]:
    for place in naming.quarantine_places(verdict.name, verdict.sha256):
        if shelf.has_history(place.record):
            yield place.record


def _plan(verdict: Verdict, shelf: Shelf, orphans: list[Stale]) -> Decision:
    stale: list[Stale] = []
    for area, place, head in _own_records(verdict.name, verdict.sha256, shelf):
        if not shelf.has(area, place.target):
            record = b"" if head.archived is None else shelf.unpruned(area, place.record)
            return Decision(Step.MOVE, area, place, record)
        if shelf.is_source(area, place.target):
            return Decision(Step.DROP, area, place)
        if not shelf.holds(area, place.target, verdict.sha256):
            stale += [(area, place.record)] if area == _area_of(verdict) else []
        elif area == ARCHIVE:
            return Decision(Step.DROP, area, place, duplicate=True)
        elif not verdict.accepted:
            record = with_previous(verdict.record, head, same_input=True, accepted=False)
            return Decision(Step.SUPERSEDE, area, place, record)
    return _fresh(verdict, shelf, [*stale, *orphans])


def filed_place(name: bytes, sha256: str, shelf: Shelf) -> tuple[bytes, bytes] | None:
    """Return the area and the name that an input is filed under with its record, both made durable."""
    for area, place, _ in _own_records(name, sha256, shelf):
        if shelf.holds(area, place.target, sha256):
            shelf.sync(area)
            return area, place.target
    return None


def _own_records(name: bytes, sha256: str, shelf: Shelf) -> Iterator[tuple[bytes, Place, Head]]:
    for area, place, head in _records(name, sha256, shelf):
        if head.belongs_to(name, sha256):
            yield area, place, head


def _orphans(verdict: Verdict, shelf: Shelf) -> Iterator[Stale]:
    """Yield the records of this name whose input was replaced in incoming before it could be filed."""
    found = list(_records(verdict.name, verdict.sha256, shelf))
    for area, place, head in (*found, *_left(verdict.name, verdict.sha256, shelf)):
        if head.name == verdict.name and head.archived is None and not shelf.has(area, place.target):
            yield area, place.record


def _left(name: bytes, sha256: str, shelf: Shelf) -> Iterator[tuple[bytes, Place, Head]]:
    """Yield the records of a name that have the hash of other bytes in theirs, and no input."""
    for area, places in _places(name, sha256):
        for stem in {naming.unhashed(naming.parts_of(place.target).stem) for place in places} - {b""}:
            for left in shelf.left(area, stem):
                target = left + naming.parts_of(name).extension
                record = naming.record_of(target, quarantined=area == QUARANTINE)
                head = shelf.head(area, record)
                if head is not None and head.sha256 != sha256:
                    yield area, Place(record, target), head


def _records(name: bytes, sha256: str, shelf: Shelf) -> Iterator[tuple[bytes, Place, Head]]:
    for area, places in _places(name, sha256):
        for place in places:
            head = shelf.head(area, place.record)
            if head is not None:
                yield area, place, head


def _places(name: bytes, sha256: str) -> Iterator[tuple[bytes, Iterator[Place]]]:
    yield ARCHIVE, naming.archive_places(name, sha256)
    yield QUARANTINE, naming.quarantine_places(name, sha256)


def _area_of(verdict: Verdict) -> bytes:
    return ARCHIVE if verdict.accepted else QUARANTINE


def _fresh(verdict: Verdict, shelf: Shelf, stale: list[Stale]) -> Decision:
    area = _area_of(verdict)
    find = naming.archive_places if verdict.accepted else naming.quarantine_places
    for number, place in enumerate(find(verdict.name, verdict.sha256)):
        if shelf.is_claimed(area, place.record) or shelf.has(area, place.target):
            continue
        if (area, place.record) not in stale and shelf.has_record(area, place.record):
            continue
        record = _with_earlier(verdict, shelf, first_of_its_name=number == 0)
        return Decision(Step.PUBLISH, area, place, record, tuple(stale))
    raise FileExistsError(errno.EEXIST, "every name for this file is taken", verdict.name)


def _with_earlier(verdict: Verdict, shelf: Shelf, *, first_of_its_name: bool) -> bytes:
    for place in naming.quarantine_places(verdict.name, verdict.sha256):
        earlier = _newest_reason(shelf, place.record)
        if earlier is None or earlier.name != verdict.name:
            continue
        same = earlier.sha256 == verdict.sha256
        if same or first_of_its_name:
            return with_previous(verdict.record, earlier, same_input=same, accepted=verdict.accepted)
    return verdict.record


def _newest_reason(shelf: Shelf, reason: bytes) -> Head | None:
    newest = shelf.head(QUARANTINE, reason)
    if newest is not None:
        return newest
    for number in range(1, history.MOST + 1):
        older = shelf.head(QUARANTINE, naming.history_name(reason, number))
        if older is None:
            break
        newest = older
    return newest
