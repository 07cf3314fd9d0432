"""The folders' sole writer: publishes records and files their inputs, so that no crash loses a byte.

A group of verdicts goes through these steps, every record before any move:

    decide    look up what earlier runs left; choose names that are free in both folders
    steady    fsync the source, which its writer may never have done, if it still is what was read
    write     the record to a temporary name in its own folder, fsync
    publish   give it its name, replacing nothing; fsync the folder          <- the commit
    file      take the source's name away, see that nobody writes to it and that it is what was read; then
              move it, replacing nothing, or remove it if its bytes are filed
    settle    fsync the folders on both sides of the move

Every step may run twice. Before the commit a crash leaves the source in incoming and at most a temporary
file, which the next start removes. After it, the next run finds the record and goes on with the move.
docs/durability.md tells what breaks without each step.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from processing import file_naming, storage
from processing.model.safe_text import text_of
from watcher.filing import continuation, history, moves
from watcher.filing.aside import Aside, Asides
from watcher.filing.destination_view import DestinationView, OrphanRecords, ReservedName
from watcher.filing.moves import ReplacedError, Source
from watcher.filing.plan import Plan, Step, decide
from watcher.filing.record_header import PRUNED, with_field
from watcher.job import Answer, Committed, Deferral, DeferralReason, Event, Identity, Job
from watcher.system.directories import (
    ARCHIVE,
    AREAS,
    INCOMING,
    QUARANTINE,
    RECORDS_OF,
    Folders,
    folder_in,
    join,
)
from watcher.system.filesystem import FileSystem

OF_ONE_FILE = frozenset(
    {errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EILSEQ, errno.EEXIST, errno.EFBIG}
)
"""What a call says if one file has no place: its name is taken by another thing, or too long there."""

OF_A_FOLDER = frozenset({errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT})
"""What a call says if it cannot write in a folder, whatever the name."""


FOLDERS_MOST = 4_096
"""Sub-folders that are remembered as durable: devices that make one a day would add to them for ever."""


@dataclass
class _Filing:
    """One verdict on its way through the steps."""

    answer: Answer
    plan: Plan = field(init=False)
    incoming: int = -1
    """Descriptor of the source's folder."""
    records: int = -1
    """Descriptor of the record's folder."""
    temporary: bytes = b""
    committed: bool = False
    deferral: Deferral | None = None

    def __post_init__(self) -> None:
        self.parts = file_naming.parts_of(self.answer.name)

    def outcome(self) -> Committed | Deferral:
        """Return what became of the file."""
        if self.deferral is not None:
            return self.deferral
        filed_as: Event = "file.processed" if self.plan.area == ARCHIVE else "file.quarantined"
        return Committed(
            answer=self.answer,
            event="file.duplicate" if self.plan.duplicate else filed_as,
            destination=join(self.plan.area, self.parts.folder, self.plan.place.target),
            recovered=self.plan.step is Step.MOVE
            or (self.plan.step is Step.DROP and not self.plan.duplicate),
            earlier_summary=self.plan.earlier_summary,
        )

    def defer(self, reason: DeferralReason, error: OSError | None = None) -> None:
        """Leave the file in incoming."""
        place = "" if error is None or error.filename is None else text_of(os.fsencode(error.filename))
        code = None if error is None else error.errno
        self.deferral = Deferral(name=self.answer.name, reason=reason, errno=code, place=place)


Place = tuple[bytes, bytes]
"""An area and a sub-folder in it."""
_Do = Callable[[_Filing], None]
_PlaceOf = Callable[[_Filing], Place | None]
Each = Callable[[_Do, Iterable[_Filing]], None]
"""Runs a step for every filing, in turn or at once, and returns when all are done."""


def one_by_one(step: _Do, filings: Iterable[_Filing]) -> None:
    """Run a step for each filing in turn."""
    for filing in filings:
        step(filing)


class Transaction:
    """Files judged inputs below one data folder.

    `each` runs the steps that wait for the disk; `report` hears of a sync that failed after the move, when
    the file is already where it belongs. `rest_of` tells by a file's name for how many seconds a copy must be
    unchanged before it is removed if the kernel does not say whether somebody writes to it.
    """

    def __init__(
        self,
        data_dir: bytes,
        fs: FileSystem,
        *,
        each: Each = one_by_one,
        report: Callable[[OSError], None],
        rest_of: Callable[[bytes], float] = lambda _: 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data_dir = data_dir
        self._fs = fs
        self._each = each
        self._report = report
        self._durable: set[Place] = set()
        self.asides = Asides(fs, data_dir, rest_of=rest_of, clock=clock)
        self._memory = _Memory(OrphanRecords(fs), self.asides)

    def commit(self, answers: Sequence[Answer]) -> list[Committed | Deferral]:
        """Publish the records and file the inputs of a group; return what became of each, in order."""
        if len(self._durable) > FOLDERS_MOST:
            self._durable.clear()
            self._memory.orphans.forget()
        filings = [_Filing(answer) for answer in answers]
        with Folders(self._fs, self._data_dir, self._durable) as folders:
            group = _Group(self._fs, folders, filings, self._each, self._memory)
            group.run(self._report)
        return [filing.outcome() for filing in filings]

    def holds(self, job: Job) -> bool:
        """Return whether incoming has this very file."""
        try:
            with folder_in(self._fs, self._data_dir, b"incoming/" + job.name) as folder:
                return job.identity.matches(self._fs.stat(job.name.rpartition(b"/")[2], folder))
        except OSError:
            return False


@dataclass
class _Memory:
    """What one group leaves to the next."""

    orphans: OrphanRecords
    asides: Asides
    unsyncable: set[Identity] = field(default_factory=set)
    """Sources whose fsync failed once: a second would succeed, the bytes being lost. They are copied."""


class _Group:
    """The steps of one group, over folders that are open for its time."""

    def __init__(
        self,
        fs: FileSystem,
        folders: Folders,
        filings: list[_Filing],
        each: Each,
        memory: _Memory,
    ) -> None:
        self._fs = fs
        self._folders = folders
        self._filings = filings
        self._each = each
        self._memory = memory
        self._reserved: set[ReservedName] = set()

    def run(self, report: Callable[[OSError], None]) -> None:
        """Run every step for all filings that no step before has set back."""
        try:
            for area in AREAS:
                self._folders.get(area)
        except OSError as error:  # a root that is missing concerns all files
            for filing in self._filings:
                filing.defer(DeferralReason.FAULT, error)
        self._step(self._decide)
        self._step(self._steady, self._each)
        self._step(self._write, self._each, self._record_folder)
        self._step(self._publish, place=self._record_folder)
        self._sync(self._record_folder, self._uncommit)
        self._sync(self._twin_folder, self._uncommit)
        self._step(self._forget_refusals)
        self._step(self._file, place=self._target_folder)
        self._sync(self._target_folder, lambda _, error: report(error))
        self._sync(lambda filing: (INCOMING, filing.parts.folder), lambda _, error: report(error))

    def _record_folder(self, filing: _Filing) -> Place | None:
        return RECORDS_OF[filing.plan.area], filing.parts.folder

    def _target_folder(self, filing: _Filing) -> Place | None:
        return filing.plan.area, filing.parts.folder

    def _twin_folder(self, filing: _Filing) -> Place | None:
        """Where the bytes are filed already: a run that died may not have synced them there."""
        return self._target_folder(filing) if filing.plan.step is Step.DROP else None

    def _step(self, do: _Do, each: Each = one_by_one, place: _PlaceOf = lambda _: None) -> None:
        """Run a step; `place` is the folder that it writes in."""

        def guarded(filing: _Filing) -> None:
            try:
                do(filing)
            except ReplacedError:
                self._withdraw_own(filing)
                filing.defer(DeferralReason.CHANGED)
            except OSError as error:
                if error.errno in OF_A_FOLDER and (folder := place(filing)):
                    error.filename = join(*folder)
                filing.defer(
                    DeferralReason.BLOCKED if error.errno in OF_ONE_FILE else DeferralReason.FAULT, error
                )
                if filing.temporary:
                    storage.remove_temporary(self._fs, filing.temporary, filing.records)

        each(guarded, [filing for filing in self._filings if filing.deferral is None])

    def _decide(self, filing: _Filing) -> None:
        below = filing.parts.folder
        try:
            filing.incoming = self._folders.get(INCOMING, below)
            self._fs.check_removable(filing.parts.base, filing.incoming)
        except FileNotFoundError:
            return filing.defer(DeferralReason.GONE)
        except PermissionError as error:
            error.filename = join(INCOMING, below)
            return filing.defer(
                DeferralReason.BLOCKED if below or error.errno == errno.EPERM else DeferralReason.FAULT, error
            )
        view = DestinationView(
            self._fs, self._folders, filing.answer.name, self._reserved, self._memory.orphans
        )
        filing.answer = continuation.explained(filing.answer, view)
        filing.plan = decide(filing.answer, view)
        filing.records = self._folders.get(RECORDS_OF[filing.plan.area], below, create=True)
        self._reserved.add((filing.plan.area, below, filing.plan.place.record))
        return None

    def _steady(self, filing: _Filing) -> None:
        try:
            descriptor = self._fs.open_file(filing.parts.base, filing.incoming)
        except FileNotFoundError:
            return filing.defer(DeferralReason.GONE)
        except PermissionError as error:
            return filing.defer(DeferralReason.BLOCKED, error)
        try:
            if not filing.answer.identity.matches(self._fs.fstat(descriptor)):
                raise ReplacedError
            if filing.plan.step in {Step.PUBLISH, Step.MOVE}:
                self._sync_source(descriptor, filing.answer.identity)
        finally:
            self._fs.close(descriptor)
        return None

    def _sync_source(self, descriptor: int, identity: Identity) -> None:
        try:
            self._fs.fsync(descriptor)
        except OSError:
            self._memory.unsyncable.add(identity)
            raise

    def _write(self, filing: _Filing) -> None:
        if filing.plan.record:
            filing.temporary = self._write_temporary(filing.plan.record, filing.records)

    def _write_temporary(self, record: bytes, folder: int) -> bytes:
        return storage.write_temporary(self._fs, folder, record, sync=True)

    def _publish(self, filing: _Filing) -> None:
        folder, record = filing.records, filing.plan.place.record
        for area, withdrawn in filing.plan.withdrawn:
            self._withdraw(withdrawn, self._folders.get(RECORDS_OF[area], filing.parts.folder))
        if filing.plan.step is Step.SUPERSEDE:
            history.keep(self._fs, record, folder)
            self._fs.rename(filing.temporary, folder, record, folder)
        elif filing.plan.step is Step.PUBLISH:
            moves.move_noreplace(self._fs, filing.temporary, folder, record, folder)
        elif filing.temporary:
            self._fs.rename(filing.temporary, folder, record, folder)
        filing.committed = filing.plan.step in {Step.PUBLISH, Step.MOVE}

    def _forget_refusals(self, filing: _Filing) -> None:
        """Remove the earlier reasons of a processed file before its move: the next run finds what is left."""
        for reason in filing.plan.rejections:
            history.remove(self._fs, reason, self._folders.get(QUARANTINE, filing.parts.folder))

    def _file(self, filing: _Filing) -> None:
        source = Source(filing.parts.base, filing.incoming, filing.answer.identity, filing.answer.sha256)
        try:
            aside = self._memory.asides.step_aside(source, filing.parts.folder)
        except FileNotFoundError:
            self._withdraw_own(filing)
            return filing.defer(DeferralReason.GONE)
        try:
            self._file_aside(filing, aside)
        except (OSError, ReplacedError):
            self._memory.asides.give_back(aside)
            raise
        return None

    def _file_aside(self, filing: _Filing, aside: Aside) -> None:
        checked = self._memory.asides.check(aside)
        to_be_removed = True
        if filing.plan.step in {Step.PUBLISH, Step.MOVE}:
            target_folder = self._folders.get(filing.plan.area, filing.parts.folder, create=True)
            by_copy = checked.linked or aside.source.identity in self._memory.unsyncable
            to_be_removed = moves.file_source(
                self._fs, aside.source, filing.plan.place.target, target_folder, by_copy=by_copy
            )
            self._memory.unsyncable.discard(aside.source.identity)
        if to_be_removed:
            self._memory.asides.remove(aside, checked)

    def _sync(
        self,
        folder_of: _PlaceOf,
        failed: Callable[[list[_Filing], OSError], None],
    ) -> None:
        """Make the names in each folder durable, once for all filings that wait for it."""
        waiting: dict[Place, list[_Filing]] = {}
        for filing in self._filings:
            if filing.deferral is None and (place := folder_of(filing)) is not None:
                waiting.setdefault(place, []).append(filing)
        for (area, below), filings in waiting.items():
            try:
                self._fs.fsync_folder(self._folders.get(area, below, create=area != INCOMING))
            except OSError as error:
                failed(filings, error)

    def _uncommit(self, filings: list[_Filing], error: OSError) -> None:
        """Take back records that may not be on the disk: a second fsync could claim they are."""
        for filing in filings:
            self._withdraw_own(filing)
            filing.defer(DeferralReason.FAULT, error)

    def _withdraw_own(self, filing: _Filing) -> None:
        if filing.committed:
            plan, folder = filing.plan, filing.records
            self._memory.orphans.list_again(plan.area, filing.parts.folder)
            with contextlib.suppress(OSError):  # the look-up before the next attempt finds what is left here
                if plan.step is Step.MOVE and plan.record:  # a pruned input's result stays
                    pruned = with_field(plan.record, *PRUNED)
                    storage.replace(self._fs, plan.place.record, folder, pruned, sync=True)
                else:
                    self._fs.unlink(plan.place.record, folder)
                self._fs.fsync_folder(folder)

    def _withdraw(self, record: bytes, folder: int) -> None:
        """Keep a record without its input, which somebody took away, under a name that is none."""
        for number in itertools.count(1):
            kept = file_naming.withdrawn_name(record, number)
            with contextlib.suppress(FileExistsError):
                moves.move_noreplace(self._fs, record, folder, kept, folder)
                break
        self._fs.fsync_folder(folder)
