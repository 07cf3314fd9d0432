"""Plan first, act second: what to do with one processed file, given what the folders contain already."""

import contextlib
import enum
import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from processing import file_naming, storage
from processing.file_naming import NamePair, archive_names, quarantine_names
from processing.model.rejection import with_command, with_first_part
from processing.model.safe_text import argument_of, text_of
from watcher.filing import record_header
from watcher.filing.destination_view import DestinationView
from watcher.filing.record_header import Head, decode, with_message, with_previous
from watcher.job import Answer, CommitKind, Committed, Deferral, DeferralReason
from watcher.system.areas import ARCHIVE, INCOMING, QUARANTINE, RECORDS_OF, join, remedy_of
from watcher.system.filesystem import FileSystem, errno_text

RecordKey = tuple[bytes, bytes]
"""Area and name of a record."""
AreaFolder = tuple[bytes, bytes]
"""An area and a sub-folder in it."""
FoundRecord = tuple[bytes, NamePair, Head]
"""The area of a record, its names, and its head."""


class Step(enum.Enum):
    """The steps that a source still needs, as its records show them."""

    PUBLISH = "publish the record, then move the source"
    MOVE = "the record is committed: move the source"
    DROP = "the bytes are archived: remove the copy"
    SUPERSEDE = "the bytes are in quarantine and rejected again: replace their reason, remove the copy"

    @property
    def moves_source(self) -> bool:
        """Whether the source is moved; else its bytes have a place already, and it is removed."""
        return self in (Step.PUBLISH, Step.MOVE)


class Plan(NamedTuple):
    """What to do with one file.

    A MOVE has a record only if the input was pruned and sent again: the record without the note of `prune`.
    """

    step: Step
    area: bytes
    names: NamePair
    record: bytes = b""
    """The record to publish."""
    withdrawn: tuple[RecordKey, ...] = ()
    """Records whose input was replaced before it was moved."""
    duplicate: bool = False
    rejections: tuple[bytes, ...] = ()
    """Reasons whose earlier versions are removed because the file is now processed."""
    earlier_summary: dict[str, Any] | None = None
    """The summary of a record that an earlier run published; None if this run publishes it."""


def make_plan(answer: Answer, view: DestinationView) -> Plan:
    """Return what to do with a processed file; FileExistsError if every possible name is taken."""
    found = list(_records(answer.name, answer.sha256, view))
    reasons = _name_pairs(answer.name, answer.sha256)[QUARANTINE]
    histories = (NamePair(file_naming.history_name(reason, 1), target) for reason, target in reasons)
    earlier = [target for _, target in view.known(QUARANTINE, histories)]
    orphans = list(_orphans(answer, view, found))
    plan = _next_step(answer, view, found, orphans)
    if plan.area == ARCHIVE and earlier:  # a file that has left quarantine loses its earlier reasons
        gone = [target for target in earlier if not view.has(QUARANTINE, target)]
        plan = plan._replace(rejections=tuple(file_naming.record_of(each, quarantined=True) for each in gone))
    if plan.step is Step.PUBLISH:
        if found or earlier:
            is_first = plan.names == _name_pairs(answer.name, answer.sha256)[plan.area][0]
            plan = plan._replace(record=_with_earlier(answer, view, first_of_its_name=is_first))
        return plan
    if plan.step is not Step.SUPERSEDE:
        content = view.content(plan.area, plan.names.record)
        plan = plan._replace(earlier_summary=record_header.summary_of(content))
    return plan._replace(withdrawn=tuple(each for each in orphans if each != (plan.area, plan.names.record)))


def _next_step(
    answer: Answer, view: DestinationView, found: list[FoundRecord], orphans: list[RecordKey]
) -> Plan:
    withdrawn: list[RecordKey] = []
    for area, names, head in found:
        if not head.belongs_to(answer.name, answer.sha256):
            continue
        if not view.has(area, names.target):
            pruned = b"" if head.archived is None else view.content(area, names.record)
            return Plan(Step.MOVE, area, names, record_header.unpruned(pruned))
        if view.is_source(area, names.target):
            return Plan(Step.DROP, area, names)
        if not view.holds(area, names.target, answer.sha256):
            withdrawn += [(area, names.record)] if area == _area_of(answer) else []
        elif area == ARCHIVE:
            return Plan(Step.DROP, area, names, duplicate=True)
        elif not answer.accepted:
            record = with_previous(answer.record, head, same_input=True, accepted=False)
            return Plan(Step.SUPERSEDE, area, names, record)
    return _publish(answer, view, [*withdrawn, *orphans])


def moved_input(name: bytes, sha256: str, view: DestinationView) -> tuple[bytes, bytes] | None:
    """Return the area and name of an input that was moved and has a record; both are made durable."""
    for area, names, head in _records(name, sha256, view):
        if head.belongs_to(name, sha256) and view.holds(area, names.target, sha256):
            view.sync(area)
            return area, names.target
    return None


def _orphans(answer: Answer, view: DestinationView, found: list[FoundRecord]) -> Iterator[RecordKey]:
    """Yield the records of this name whose input was replaced in incoming before it was moved."""
    for area, names, head in (*found, *_hashed_orphans(answer.name, answer.sha256, view)):
        if head.name == answer.name and head.archived is None and not view.has(area, names.target):
            yield area, names.record


def _hashed_orphans(name: bytes, sha256: str, view: DestinationView) -> Iterator[FoundRecord]:
    """Yield the records of a name that have the hash of other bytes in theirs, and no input."""
    extension = file_naming.parts_of(name).extension
    for area, pairs in _name_pairs(name, sha256).items():
        if not (orphans := view.orphans(area)):
            continue
        stems = {file_naming.unhashed(names.target.removesuffix(extension)) for names in pairs}
        for orphan in orphans:
            target = orphan + extension
            if file_naming.unhashed(orphan) not in stems:
                continue
            record = file_naming.record_of(target, quarantined=area == QUARANTINE)
            if (head := view.head(area, record)) is not None and head.sha256 != sha256:
                yield area, NamePair(record, target), head


def _records(name: bytes, sha256: str, view: DestinationView) -> Iterator[FoundRecord]:
    for area, pairs in _name_pairs(name, sha256).items():
        for names in view.known(area, pairs):
            if (head := view.head(area, names.record)) is not None:
                yield area, names, head


@lru_cache(1)
def _name_pairs(name: bytes, sha256: str) -> dict[bytes, tuple[NamePair, ...]]:
    """Return the names that an input may get in each area, the best first."""
    return {ARCHIVE: (*archive_names(name, sha256),), QUARANTINE: (*quarantine_names(name, sha256),)}


def _area_of(answer: Answer) -> bytes:
    return ARCHIVE if answer.accepted else QUARANTINE


def _publish(answer: Answer, view: DestinationView, withdrawn: list[RecordKey]) -> Plan:
    area = _area_of(answer)
    for names in _name_pairs(answer.name, answer.sha256)[area]:
        if view.is_reserved(area, names.record) or view.has(area, names.target):
            continue
        if (area, names.record) not in withdrawn and view.has(RECORDS_OF[area], names.record):
            continue
        return Plan(Step.PUBLISH, area, names, answer.record, tuple(withdrawn))
    raise FileExistsError(errno.EEXIST, "every name for this file is taken", answer.name)


def _with_earlier(answer: Answer, view: DestinationView, *, first_of_its_name: bool) -> bytes:
    for names in _name_pairs(answer.name, answer.sha256)[QUARANTINE]:
        earlier = view.newest_reason(names.record)
        if earlier is None or earlier.name != answer.name:
            continue
        same = earlier.sha256 == answer.sha256
        if same or first_of_its_name:
            return with_previous(answer.record, earlier, same_input=same, accepted=answer.accepted)
    return answer.record


def complete_message(answer: Answer, plan: Plan, view: DestinationView, accept: str) -> tuple[Answer, Plan]:
    """Complete the message of a rejection by what depends on the folders.

    That is an archived file whose rest it may be, and `accept` with the name that it gets in quarantine.
    """
    if plan.area != QUARANTINE or not plan.record:
        return answer, plan
    message = before = answer.summary.get("message", "")
    if (first := _first_part(answer, view)) is not None:
        message = with_first_part(message, *first)
    if answer.ways:
        name = argument_of(join(file_naming.parts_of(answer.name).folder, plan.names.target))
        message = with_command(message, f"{accept} {name}{' N' if answer.ways > 1 else ''}")
    if message == before:
        return answer, plan
    completed = msgspec.structs.replace(answer, summary=answer.summary | {"message": message})
    return completed, plan._replace(record=with_message(plan.record, message))


def _first_part(answer: Answer, view: DestinationView) -> tuple[bytes, datetime] | None:
    """Return the archived file whose rest a file without a header may be, and when it was processed."""
    if answer.summary.get("reason") != "missing_columns" or answer.summary.get("line") != 1:
        return None
    rest = decode(answer.record)
    for names in _name_pairs(answer.name, answer.sha256)[ARCHIVE]:
        first = view.head(ARCHIVE, names.record)
        if first is not None and first.name == answer.name and (at := first.archived_just_before(rest)):
            return join(ARCHIVE, file_naming.parts_of(answer.name).folder, names.target), at
    return None


@dataclass
class Filing:
    """One answer on its way through the steps."""

    answer: Answer
    plan: Plan = field(init=False)
    incoming: int = -1
    """Descriptor of the source's folder."""
    records: int = -1
    """Descriptor of the record's folder."""
    source: int = -1
    """Descriptor of the source if it must be synced, until it is."""
    temporary: bytes = b""
    written: int = -1
    """Descriptor of the temporary file, until it is synced."""
    committed: bool = False
    """Whether the record of a source that is moved is published. It is withdrawn if the move fails."""
    deferral: Deferral | None = None

    def __post_init__(self) -> None:
        self.parts = file_naming.parts_of(self.answer.name)

    @property
    def destination(self) -> bytes:
        """Where the input goes, below the data folder."""
        return join(self.plan.area, self.parts.folder, self.plan.names.target)

    def outcome(self) -> Committed | Deferral:
        """Return what became of the file."""
        if self.deferral is not None:
            return self.deferral
        plan, earlier = self.plan, self.plan.earlier_summary
        kind = CommitKind.PROCESSED if plan.area == ARCHIVE else CommitKind.QUARANTINED
        return Committed(
            answer=self.answer,
            kind=CommitKind.DUPLICATE if plan.duplicate else kind,
            destination=self.destination,
            recovered=plan.step is Step.MOVE or (plan.step is Step.DROP and not plan.duplicate),
            summary=self.answer.summary if earlier is None else earlier,
        )

    def defer(self, reason: DeferralReason, text: str = "") -> None:
        """Leave the file in incoming."""
        self.deferral = Deferral(reason, text)

    def defer_for(self, error: OSError, *, alone: bool) -> None:
        """Leave the file in incoming for an error, which concerns this file alone or any file."""
        text = f"{errno_text(error.errno)} {text_of(os.fsencode(error.filename or b''))}".rstrip()
        text += f": {remedy}" if (remedy := remedy_of(error)) else ""
        self.defer(DeferralReason.BLOCKED if alone else DeferralReason.FAULT, text)

    def source_folder(self) -> AreaFolder:
        """Return the folder of the source."""
        return INCOMING, self.parts.folder

    def record_folder(self) -> AreaFolder:
        """Return the folder of the record."""
        return RECORDS_OF[self.plan.area], self.parts.folder

    def target_folder(self) -> AreaFolder:
        """Return the folder that the source is moved to."""
        return self.plan.area, self.parts.folder

    def duplicate_folder(self) -> AreaFolder | None:
        """Return the folder of the archived copy of a duplicate: a run that died may not have synced it."""
        return self.target_folder() if self.plan.step is Step.DROP else None

    def withdraw_record(self, fs: FileSystem) -> None:
        """Take back the published record; the next attempt finds what cannot be taken back."""
        with contextlib.suppress(OSError):
            if self.plan.step is Step.MOVE and self.plan.record:  # the result of a pruned input stays
                pruned = record_header.with_field(self.plan.record, *record_header.PRUNED)
                storage.replace(fs, self.plan.names.record, self.records, pruned, sync=True)
            else:
                fs.unlink(self.plan.names.record, self.records)
            fs.fsync_folder(self.records)

    def close(self, fs: FileSystem) -> None:
        """Close the source and the temporary file."""
        for descriptor in (self.source, self.written):
            if descriptor >= 0:
                fs.close(descriptor)
