"""Publishes records and moves their inputs. No other code does so, and no crash loses a byte.

A group of answers goes through these steps, all records before any move. The next group may begin, up to its
sync, before a group ends:

    plan      look up what earlier runs left; choose names that are free in both folders
    verify    check that the source is still what was read
    write     write the record to a temporary file in its own folder
    sync      fsync the source (its writer may not have done it) and the temporary file
    publish   rename the record, replacing nothing; fsync the folder          <- the commit
    move      rename the source so that nobody can open it; check that nobody writes to it and that it is
              what was read; then move it, replacing nothing, or remove it if its bytes are archived
    sync      fsync the folders on both sides of the move

Every step can be repeated. A crash before the commit leaves the source in incoming and at most a temporary
file, which the next start removes. After a crash later on, the next run finds the record and continues with
the move. docs/durability.md lists what breaks without each step.
"""

import contextlib
import errno
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from processing import storage
from processing.workers.threads import Helpers
from watcher.filing import history, moves
from watcher.filing.aside import Aside, Asides
from watcher.filing.destination_view import DestinationView, OrphanStems, ReservedName
from watcher.filing.moves import OF_A_FOLDER, OF_ONE_FILE, ReplacedError, SourceFile
from watcher.filing.plan import AreaFolder, Filing, Step, complete_message, make_plan
from watcher.job import Answer, Committed, Deferral, DeferralReason, Identity, Logger, file_fields
from watcher.system.areas import AREAS, INCOMING, QUARANTINE, RECORDS_OF, Folders, folder_in, join
from watcher.system.filesystem import FileSystem

MAX_DURABLE_FOLDERS = 4_096
"""Limit of sub-folders remembered as durable: a device may create one a day."""

_Do = Callable[[Filing], None]
_FolderOf = Callable[[Filing], AreaFolder | None]


@dataclass
class Transaction:
    """Files answers below one data folder, group by group.

    `quiet_seconds` returns for a file's name how long a copy must be unchanged before it is removed if the
    kernel does not say whether somebody writes to it. `accept` begins the command in a rejection's message.
    """

    data_dir: bytes
    fs: FileSystem
    log: Logger
    quiet_seconds: Callable[[bytes], float] = lambda _: 0.0
    accept: str = "python -m watcher accept"
    clock: Callable[[], float] = time.monotonic
    durable: set[AreaFolder] = field(default_factory=set)
    orphan_stems: OrphanStems = field(default_factory=dict)
    reserved: set[ReservedName] = field(default_factory=set)
    """The names of the records that groups have begun to write and not published yet."""
    helpers: Helpers = field(default_factory=lambda: Helpers(0, ""))
    """The threads that sync beside the calling one: the kernel joins syncs that run at the same time."""
    unsyncable: set[Identity] = field(default_factory=set)
    """Sources whose fsync failed once. They are copied: a second fsync would hide that bytes are lost."""

    def __post_init__(self) -> None:
        self.asides = Asides(self.fs, self.data_dir, self.quiet_seconds, self.clock, self.log)

    def begin(self, answers: Sequence[Answer]) -> "Group":
        """Write the records of a group to temporary files, and begin to sync them.

        The next group may begin before this one ends; groups end in the order in which they began.
        """
        if len(self.durable) > MAX_DURABLE_FOLDERS:
            self.durable, self.orphan_stems = set(), {}  # an earlier group keeps those that it began with
        folders = Folders(self.fs, self.data_dir, self.durable)
        group = Group(self, folders, [Filing(answer) for answer in answers])
        group.begin()
        return group

    def end(self, group: "Group") -> tuple[list[Committed | Deferral], list[OSError]]:
        """Publish the records and move the inputs of a group.

        Returns what became of each, in order, and the errors of syncs that failed after the moves.
        """
        group.end()
        return [filing.outcome() for filing in group.filings], group.sync_errors

    def holds(self, name: bytes, identity: Identity) -> bool:
        """Return whether incoming still has this very file."""
        with contextlib.suppress(OSError), folder_in(self.fs, self.data_dir, join(INCOMING, name)) as folder:
            return identity.matches(self.fs.stat(name.rpartition(b"/")[2], folder))
        return False


@dataclass
class Group:
    """The steps of one group, over folders that are open for its time."""

    _shared: Transaction
    _folders: Folders
    filings: list[Filing]
    sync_errors: list[OSError] = field(default_factory=list)
    _reserved: set[ReservedName] = field(default_factory=set)
    _end_syncs: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._fs = self._shared.fs

    def begin(self) -> None:
        """Run the steps up to the syncs of the files for all filings that no earlier step has deferred."""
        try:
            for area in AREAS:
                self._folders.get(area)
        except OSError as error:  # a missing area concerns all files
            for filing in self.filings:
                filing.defer_for(error, alone=False)
        self._step(self._plan)
        self._step(self._verify)
        self._step(self._write, Filing.record_folder)
        sync_files = self._guarded(self._sync_files, Filing.record_folder)
        self._end_syncs = self._shared.helpers.begin(sync_files, self._undeferred())

    def end(self) -> None:
        """Wait for the syncs, run the other steps, and close the folders."""
        self._end_syncs()
        self._end_syncs = lambda: None  # the other refers to this group and would keep it in memory
        for filing in self.filings:
            filing.close(self._fs)
        self._step(self._publish, Filing.record_folder)
        self._sync(Filing.record_folder, self._uncommit)
        self._sync(Filing.duplicate_folder, self._uncommit)
        self._step(self._log_commit)
        self._step(self._move, Filing.target_folder)
        self._sync(Filing.target_folder, self._note_late)
        self._sync(Filing.source_folder, self._note_late)
        self._shared.reserved.difference_update(self._reserved)
        self._folders.close()

    def _undeferred(self) -> list[Filing]:
        return [filing for filing in self.filings if filing.deferral is None]

    def _step(self, do: _Do, folder_of: _FolderOf = lambda _: None) -> None:
        """Run a step for each filing that is not deferred; `folder_of` is the folder that it writes in."""
        run = self._guarded(do, folder_of)
        for filing in self._undeferred():
            run(filing)

    def _guarded(self, do: _Do, folder_of: _FolderOf) -> _Do:
        """Return a step that defers a filing for which it fails."""

        def guarded(filing: Filing) -> None:
            try:
                do(filing)
            except ReplacedError:
                self._withdraw_own(filing)
                filing.defer(DeferralReason.CHANGED)
            except OSError as error:
                if error.errno in OF_A_FOLDER and (folder := folder_of(filing)):
                    error.filename = join(*folder)
                filing.defer_for(error, alone=error.errno in OF_ONE_FILE)
                if filing.temporary:
                    storage.remove_temporary(self._fs, filing.temporary, filing.records)

        return guarded

    def _plan(self, filing: Filing) -> None:
        below = filing.parts.folder
        try:
            filing.incoming = self._folders.get(INCOMING, below)
            self._fs.check_removable(filing.parts.base, filing.incoming)
        except FileNotFoundError:
            return filing.defer(DeferralReason.GONE)
        except PermissionError as error:
            error.filename = join(INCOMING, below)
            return filing.defer_for(error, alone=bool(below or error.errno == errno.EPERM))
        name, orphan_stems = filing.answer.name, self._shared.orphan_stems
        view = DestinationView(self._folders, name, self._shared.reserved, orphan_stems)
        plan = make_plan(filing.answer, view)
        filing.answer, filing.plan = complete_message(filing.answer, plan, view, self._shared.accept)
        filing.records = self._folders.get(RECORDS_OF[plan.area], below, create=True)
        self._reserved.add(reserved := (plan.area, below, plan.names.record))
        self._shared.reserved.add(reserved)
        step = plan.step.name.lower()
        self._shared.log.debug("file.planned", **file_fields(name), step=step, destination=filing.destination)
        return None

    def _verify(self, filing: Filing) -> None:
        try:
            filing.source = self._fs.open_file(filing.parts.base, filing.incoming)
        except FileNotFoundError:
            return filing.defer(DeferralReason.GONE)
        except PermissionError as error:
            return filing.defer_for(error, alone=True)
        if not filing.answer.identity.matches(self._fs.fstat(filing.source)):
            raise ReplacedError
        if filing.plan.step.moves_source:
            self._fs.begin_sync(filing.source)
        return None

    def _write(self, filing: Filing) -> None:
        if record := filing.plan.record:
            filing.temporary, filing.written = storage.create_temporary(self._fs, filing.records)
            self._fs.write(filing.written, record)
            self._fs.begin_sync(filing.written)

    def _sync_files(self, filing: Filing) -> None:
        """Wait until the source, if it is to be moved, and the temporary file are on the disk."""
        if filing.plan.step.moves_source:
            self._sync_source(filing.source, filing.answer.identity)
        if filing.temporary:
            self._fs.fsync(filing.written)

    def _sync_source(self, descriptor: int, identity: Identity) -> None:
        try:
            self._fs.fsync(descriptor)
        except OSError:
            self._shared.unsyncable.add(identity)
            raise

    def _publish(self, filing: Filing) -> None:
        folder, record = filing.records, filing.plan.names.record
        for area, withdrawn in filing.plan.withdrawn:
            history.withdraw(self._fs, withdrawn, self._folders.get(RECORDS_OF[area], filing.parts.folder))
        if filing.plan.step is Step.SUPERSEDE:
            history.keep(self._fs, record, folder)
        if filing.plan.step is Step.PUBLISH:
            moves.move_noreplace(self._fs, filing.temporary, folder, record, folder)
        elif filing.temporary:
            self._fs.rename(filing.temporary, folder, record, folder)
        filing.committed = filing.plan.step.moves_source

    def _log_commit(self, filing: Filing) -> None:
        if filing.temporary:
            record = join(RECORDS_OF[filing.plan.area], filing.parts.folder, filing.plan.names.record)
            self._shared.log.debug("file.committed", **file_fields(filing.answer.name), record=record)

    def _remove_history(self, filing: Filing) -> None:
        """Remove the earlier reasons of a processed file, before its move: the next run repeats both."""
        for reason in filing.plan.rejections:
            history.remove(self._fs, reason, self._folders.get(QUARANTINE, filing.parts.folder))

    def _move(self, filing: Filing) -> None:
        source = SourceFile(filing.parts.base, filing.incoming, filing.answer.identity, filing.answer.sha256)
        try:
            aside = self._shared.asides.step_aside(source, filing.parts.folder)
        except FileNotFoundError:
            self._withdraw_own(filing)
            return filing.defer(DeferralReason.GONE)
        try:
            self._move_aside(filing, aside)
        except (OSError, ReplacedError):
            self._shared.asides.restore_name(aside)
            raise
        return None

    def _move_aside(self, filing: Filing, aside: Aside) -> None:
        self._shared.asides.check(aside)
        self._remove_history(filing)  # a record that quotes them now stays, even if the rename fails
        source, moved = aside.source, False
        if filing.plan.step.moves_source:
            target = filing.plan.names.target
            folder = self._folders.get(filing.plan.area, filing.parts.folder, create=True)
            if not aside.is_linked and source.identity not in self._shared.unsyncable:
                moved = moves.move_on_mount(self._fs, source.name, source.folder, target, folder)
            if not moved:
                moves.publish_copy(self._fs, source, target, folder)
            self._shared.unsyncable.discard(source.identity)
        if not moved:
            self._shared.asides.remove(aside)

    def _sync(self, folder_of: _FolderOf, failed: Callable[[list[Filing], OSError], None]) -> None:
        """Make the names in each folder durable, once for all filings that wait for it."""
        waiting: dict[AreaFolder, list[Filing]] = {}
        for filing in self.filings:
            if filing.deferral is None and (folder := folder_of(filing)) is not None:
                waiting.setdefault(folder, []).append(filing)
        for (area, below), filings in waiting.items():
            try:
                self._fs.fsync_folder(self._folders.get(area, below, create=area != INCOMING))
            except OSError as error:
                failed(filings, error)

    def _note_late(self, _filings: list[Filing], error: OSError) -> None:
        self.sync_errors.append(error)

    def _uncommit(self, filings: list[Filing], error: OSError) -> None:
        """Take back records that may not be on the disk: a second fsync could report success all the same."""
        for filing in filings:
            self._withdraw_own(filing)
            filing.defer_for(error, alone=False)

    def _withdraw_own(self, filing: Filing) -> None:
        if filing.committed:
            self._shared.orphan_stems.pop(filing.target_folder(), None)  # list that folder again
            filing.withdraw_record(self._fs)
