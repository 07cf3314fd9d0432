"""Decide first, act second: what is to be done with one judged file, from what the folders hold already."""

from __future__ import annotations

import enum
import errno
from collections.abc import Iterator
from typing import Any, NamedTuple

from processing import file_naming
from processing.file_naming import Place
from watcher.filing import history
from watcher.filing.lookup import Shelf
from watcher.filing.record_header import Head, with_previous
from watcher.job import Answer
from watcher.system.directories import ARCHIVE, QUARANTINE

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


def decide(verdict: Answer, shelf: Shelf) -> Decision:
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


def _refusals(verdict: Answer, shelf: Shelf) -> Iterator[bytes]:
    for place in file_naming.quarantine_places(verdict.name, verdict.sha256):
        if shelf.has_history(place.record):
            yield place.record


def _plan(verdict: Answer, shelf: Shelf, orphans: list[Stale]) -> Decision:
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


def _orphans(verdict: Answer, shelf: Shelf) -> Iterator[Stale]:
    """Yield the records of this name whose input was replaced in incoming before it could be filed."""
    found = list(_records(verdict.name, verdict.sha256, shelf))
    for area, place, head in (*found, *_left(verdict.name, verdict.sha256, shelf)):
        if head.name == verdict.name and head.archived is None and not shelf.has(area, place.target):
            yield area, place.record


def _left(name: bytes, sha256: str, shelf: Shelf) -> Iterator[tuple[bytes, Place, Head]]:
    """Yield the records of a name that have the hash of other bytes in theirs, and no input."""
    for area, places in _places(name, sha256):
        for stem in {file_naming.unhashed(file_naming.parts_of(place.target).stem) for place in places} - {
            b""
        }:
            for left in shelf.left(area, stem):
                target = left + file_naming.parts_of(name).extension
                record = file_naming.record_of(target, quarantined=area == QUARANTINE)
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
    yield ARCHIVE, file_naming.archive_places(name, sha256)
    yield QUARANTINE, file_naming.quarantine_places(name, sha256)


def _area_of(verdict: Answer) -> bytes:
    return ARCHIVE if verdict.accepted else QUARANTINE


def _fresh(verdict: Answer, shelf: Shelf, stale: list[Stale]) -> Decision:
    area = _area_of(verdict)
    find = file_naming.archive_places if verdict.accepted else file_naming.quarantine_places
    for number, place in enumerate(find(verdict.name, verdict.sha256)):
        if shelf.is_claimed(area, place.record) or shelf.has(area, place.target):
            continue
        if (area, place.record) not in stale and shelf.has_record(area, place.record):
            continue
        record = _with_earlier(verdict, shelf, first_of_its_name=number == 0)
        return Decision(Step.PUBLISH, area, place, record, tuple(stale))
    raise FileExistsError(errno.EEXIST, "every name for this file is taken", verdict.name)


def _with_earlier(verdict: Answer, shelf: Shelf, *, first_of_its_name: bool) -> bytes:
    for place in file_naming.quarantine_places(verdict.name, verdict.sha256):
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
        older = shelf.head(QUARANTINE, file_naming.history_name(reason, number))
        if older is None:
            break
        newest = older
    return newest
