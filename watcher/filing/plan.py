"""Decide first, act second: what is to be done with one judged file, from what the folders hold already."""

from __future__ import annotations

import enum
import errno
from collections.abc import Iterator
from typing import Any, NamedTuple

from processing import file_naming
from processing.file_naming import NamePair
from watcher.filing import history
from watcher.filing.destination_view import DestinationView
from watcher.filing.record_header import Head, with_previous
from watcher.job import Answer
from watcher.system.directories import ARCHIVE, QUARANTINE

WithdrawnRecord = tuple[bytes, bytes]
"""Area and name of a record that is to be withdrawn."""


class Step(enum.Enum):
    """What is left to do."""

    PUBLISH = "publish the record, then move the source"
    MOVE = "the record is committed: move the source"
    DROP = "the bytes are filed: remove the copy"
    SUPERSEDE = "the bytes are in quarantine and refused again: replace their reason, remove the copy"


class Plan(NamedTuple):
    """The step, where the input goes, the record to publish, and records whose input was replaced unfiled.

    A MOVE with a record: that of a pruned input which was sent again, without the note that it was pruned.
    """

    step: Step
    area: bytes
    place: NamePair
    record: bytes = b""
    withdrawn: tuple[WithdrawnRecord, ...] = ()
    duplicate: bool = False
    rejections: tuple[bytes, ...] = ()
    """Reasons of this name whose earlier ones are removed, as the file is processed."""
    earlier_summary: dict[str, Any] | None = None
    """What the record says that an earlier run published; None if this run's is published."""


def decide(answer: Answer, view: DestinationView) -> Plan:
    """Return what is to be done with a judged file; FileExistsError where every name is taken."""
    orphans = list(_orphans(answer, view))
    plan = _plan(answer, view, orphans)
    if plan.area == ARCHIVE:
        plan = plan._replace(rejections=tuple(_refusals(answer, view)))
    if plan.step is Step.PUBLISH:
        return plan
    if plan.step is not Step.SUPERSEDE:
        plan = plan._replace(earlier_summary=view.earlier_summary(plan.area, plan.place.record))
    return plan._replace(withdrawn=tuple(each for each in orphans if each != (plan.area, plan.place.record)))


def _refusals(answer: Answer, view: DestinationView) -> Iterator[bytes]:
    for place in file_naming.quarantine_places(answer.name, answer.sha256):
        if view.has_history(place.record):
            yield place.record


def _plan(answer: Answer, view: DestinationView, orphans: list[WithdrawnRecord]) -> Plan:
    withdrawn: list[WithdrawnRecord] = []
    for area, place, head in _own_records(answer.name, answer.sha256, view):
        if not view.has(area, place.target):
            record = b"" if head.archived is None else view.unpruned(area, place.record)
            return Plan(Step.MOVE, area, place, record)
        if view.is_source(area, place.target):
            return Plan(Step.DROP, area, place)
        if not view.holds(area, place.target, answer.sha256):
            withdrawn += [(area, place.record)] if area == _area_of(answer) else []
        elif area == ARCHIVE:
            return Plan(Step.DROP, area, place, duplicate=True)
        elif not answer.accepted:
            record = with_previous(answer.record, head, same_input=True, accepted=False)
            return Plan(Step.SUPERSEDE, area, place, record)
    return _fresh(answer, view, [*withdrawn, *orphans])


def filed_place(name: bytes, sha256: str, view: DestinationView) -> tuple[bytes, bytes] | None:
    """Return the area and the name that an input is filed under with its record, both made durable."""
    for area, place, _ in _own_records(name, sha256, view):
        if view.holds(area, place.target, sha256):
            view.sync(area)
            return area, place.target
    return None


def _own_records(name: bytes, sha256: str, view: DestinationView) -> Iterator[tuple[bytes, NamePair, Head]]:
    for area, place, head in _records(name, sha256, view):
        if head.belongs_to(name, sha256):
            yield area, place, head


def _orphans(answer: Answer, view: DestinationView) -> Iterator[WithdrawnRecord]:
    """Yield the records of this name whose input was replaced in incoming before it could be filed."""
    found = list(_records(answer.name, answer.sha256, view))
    for area, place, head in (*found, *_left(answer.name, answer.sha256, view)):
        if head.name == answer.name and head.archived is None and not view.has(area, place.target):
            yield area, place.record


def _left(name: bytes, sha256: str, view: DestinationView) -> Iterator[tuple[bytes, NamePair, Head]]:
    """Yield the records of a name that have the hash of other bytes in theirs, and no input."""
    for area, places in _places(name, sha256):
        for stem in {file_naming.unhashed(file_naming.parts_of(place.target).stem) for place in places} - {
            b""
        }:
            for left in view.left(area, stem):
                target = left + file_naming.parts_of(name).extension
                record = file_naming.record_of(target, quarantined=area == QUARANTINE)
                head = view.head(area, record)
                if head is not None and head.sha256 != sha256:
                    yield area, NamePair(record, target), head


def _records(name: bytes, sha256: str, view: DestinationView) -> Iterator[tuple[bytes, NamePair, Head]]:
    for area, places in _places(name, sha256):
        for place in places:
            head = view.head(area, place.record)
            if head is not None:
                yield area, place, head


def _places(name: bytes, sha256: str) -> Iterator[tuple[bytes, Iterator[NamePair]]]:
    yield ARCHIVE, file_naming.archive_places(name, sha256)
    yield QUARANTINE, file_naming.quarantine_places(name, sha256)


def _area_of(answer: Answer) -> bytes:
    return ARCHIVE if answer.accepted else QUARANTINE


def _fresh(answer: Answer, view: DestinationView, withdrawn: list[WithdrawnRecord]) -> Plan:
    area = _area_of(answer)
    find = file_naming.archive_places if answer.accepted else file_naming.quarantine_places
    for number, place in enumerate(find(answer.name, answer.sha256)):
        if view.is_reserved(area, place.record) or view.has(area, place.target):
            continue
        if (area, place.record) not in withdrawn and view.has_record(area, place.record):
            continue
        record = _with_earlier(answer, view, first_of_its_name=number == 0)
        return Plan(Step.PUBLISH, area, place, record, tuple(withdrawn))
    raise FileExistsError(errno.EEXIST, "every name for this file is taken", answer.name)


def _with_earlier(answer: Answer, view: DestinationView, *, first_of_its_name: bool) -> bytes:
    for place in file_naming.quarantine_places(answer.name, answer.sha256):
        earlier = _newest_reason(view, place.record)
        if earlier is None or earlier.name != answer.name:
            continue
        same = earlier.sha256 == answer.sha256
        if same or first_of_its_name:
            return with_previous(answer.record, earlier, same_input=same, accepted=answer.accepted)
    return answer.record


def _newest_reason(view: DestinationView, reason: bytes) -> Head | None:
    newest = view.head(QUARANTINE, reason)
    if newest is not None:
        return newest
    for number in range(1, history.MOST + 1):
        older = view.head(QUARANTINE, file_naming.history_name(reason, number))
        if older is None:
            break
        newest = older
    return newest
