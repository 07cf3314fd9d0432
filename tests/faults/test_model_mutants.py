"""The model sees what each step is for: without it, some crash breaks the promise."""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pytest

from processing import file_naming, storage
from tests.faults.disk import Disk, Persistence, Quirk
from tests.faults.explore import (
    Drop,
    Killed,
    Setup,
    Story,
    ViolationError,
    explore,
    with_faults,
    with_writers,
)
from tests.faults.test_model import STORIES
from watcher.filing import history, moves, plan, recovery, transaction
from watcher.filing.aside import Aside, Asides
from watcher.filing.destination_view import DestinationView
from watcher.filing.interrupted import Interrupted
from watcher.filing.moves import ReplacedError, SourceFile
from watcher.filing.plan import Filing
from watcher.system.areas import Folders
from watcher.system.filesystem import Lease

Patch = Callable[[pytest.MonkeyPatch], None]
POSIX = Persistence.POSIX
FAULT = OSError(errno.EIO, "an I/O error")


class Unsynced(Disk):
    """A disk whose syncs below some folders do nothing."""

    areas: tuple[bytes, ...] = ()
    files = False

    def fsync(self, descriptor: int) -> None:
        if not (self.files and self.area_of(descriptor) in self.areas):
            super().fsync(descriptor)

    def fsync_folder(self, folder: int) -> None:
        if self.files or self.area_of(folder) not in self.areas:
            super().fsync_folder(folder)

    def area_of(self, descriptor: int) -> bytes:
        inode = self._open[descriptor][0]
        for area, top in self._nodes[1].entries.items():
            if inode in self.reachable(top):
                return area
        return b""


def unsynced_files(area: bytes) -> type[Disk]:
    return type("UnsyncedFiles", (Unsynced,), {"areas": (area,), "files": True})


def unsynced_folders(*areas: bytes) -> type[Disk]:
    return type("UnsyncedFolders", (Unsynced,), {"areas": areas})


SYNCS: dict[str, tuple[type[Disk], Story, tuple[Quirk, ...]]] = {
    "of the source": (unsynced_files(b"incoming"), STORIES["unsynced"], ()),
    "of a result": (unsynced_files(b"processed"), STORIES["accepted"], ()),
    "of a reason": (unsynced_files(b"quarantine"), STORIES["rejected"], ()),
    "of a copy on another device": (unsynced_files(b"archive"), STORIES["accepted"], (Quirk.TWO_DEVICES,)),
    "of the results' folder": (unsynced_folders(b"processed"), STORIES["accepted"], ()),
    "of the quarantine": (unsynced_folders(b"quarantine"), STORIES["superseded"], ()),
    "of the archive": (unsynced_folders(b"archive"), STORIES["accepted"], (Quirk.NO_NOREPLACE,)),
    "of the archive, copying": (unsynced_folders(b"archive"), STORIES["accepted"], (Quirk.TWO_DEVICES,)),
    "of incoming": (unsynced_folders(b"incoming"), STORIES["accepted"], ()),
}


@pytest.mark.parametrize("sync", SYNCS)
def test_no_sync_can_be_left_out(sync: str) -> None:
    disk, story, quirks = SYNCS[sync]
    with pytest.raises(ViolationError):
        explore(story, Setup(Persistence.POSIX, quirks, disk=disk))


def run(*names: str) -> Patch:
    """Return what has a group take these steps alone, in this order."""

    def patched(group: transaction.Group) -> None:
        steps: dict[str, Callable[[], None]] = {
            "plan": lambda: group._step(group._plan),
            "verify": lambda: group._step(group._verify),
            "write": lambda: group._step(group._write),
            "sync files": lambda: group._step(group._sync_files),
            "publish": lambda: group._step(group._publish),
            "sync records": lambda: group._sync(Filing.record_folder, group._uncommit),
            "sync duplicates": lambda: group._sync(Filing.duplicate_folder, group._uncommit),
            "remove history": lambda: group._step(partial(REMOVE_HISTORY, group)),
            "move": lambda: group._step(group._move),
            "sync targets": lambda: group._sync(Filing.target_folder, group._note_late),
            "sync incoming": lambda: group._sync(Filing.source_folder, group._note_late),
        }
        for name in names:
            steps[name]()
        for filing in group.filings:
            filing.close(group._fs)

    def end(group: transaction.Group) -> None:
        group._folders.close()
        group._shared.reserved.clear()

    return both(put(transaction.Group, "begin", patched), put(transaction.Group, "end", end))


HEAD = ("plan", "verify", "write", "sync files")
REMOVE_HISTORY = transaction.Group._remove_history
TAIL = ("sync targets", "sync incoming")


def both(first: Patch, second: Patch) -> Patch:
    def patched(patch: pytest.MonkeyPatch) -> None:
        first(patch)
        second(patch)

    return patched


def put(where: object, name: str, value: object) -> Patch:
    return lambda patch: patch.setattr(where, name, value)


def without_folder_sync(
    folders: Folders, name: bytes, parent: int, _path: bytes, *, area: bytes, create: bool
) -> int:
    fs = folders.fs
    try:
        return fs.open_folder(name, parent)
    except FileNotFoundError:
        if not create:
            raise
        fs.mkdir(name, parent)
        return fs.open_folder(name, parent)


def created_in_place(disk: Disk, folder: int) -> tuple[bytes, int]:
    return b"x.json", disk.create(b"x.json", folder)


def source_unlinked_first(fs: Disk, name: bytes, folder: int, target: bytes, target_folder: int) -> bool:
    descriptor = fs.open_file(name, folder)
    content = fs.read(descriptor, 1 << 20)
    fs.close(descriptor)
    fs.unlink(name, folder)
    copy = fs.create(target, target_folder)
    fs.write(copy, content)
    fs.fsync(copy)
    fs.close(copy)
    return True


def taken_back_unseen(fs: Disk, name: bytes, folder: int, wanted: bytes, incoming: int) -> bytes:
    try:
        moves.move_noreplace(fs, name, folder, wanted, incoming)
    except FileExistsError:
        wanted = file_naming.hashed(wanted, moves.sha256_of(fs, name, folder))
        moves.move_noreplace(fs, name, folder, wanted, incoming)
    return wanted


def nothing(*_args: object, **_named: object) -> None:
    return None


LINK, DEVICES = (Quirk.NO_NOREPLACE,), (Quirk.TWO_DEVICES,)
DUPLICATE, SUB_FOLDER = STORIES["duplicate"], STORIES["sub-folder"]
CRASHES: dict[str, tuple[Patch, Story, tuple[Quirk, ...]]] = {
    "move before the record": (
        run(*HEAD, "move", "publish", "sync records", *TAIL),
        STORIES["accepted"],
        (),
    ),
    "move before the record's name is synced": (
        run(*HEAD, "publish", "move", "sync records", *TAIL),
        STORIES["accepted"],
        (),
    ),
    "leave the source unsynced": (
        put(transaction.Group, "_sync_source", nothing),
        STORIES["unsynced"],
        (),
    ),
    "leave the folders unsynced": (
        run(*HEAD, "publish", "sync records", "sync duplicates", "move"),
        STORIES["accepted"],
        (),
    ),
    "write the record under its own name": (
        put(storage, "create_temporary", created_in_place),
        STORIES["accepted"],
        (),
    ),
    "leave a new folder unsynced": (put(Folders, "_child", without_folder_sync), SUB_FOLDER, ()),
    "unlink the source before its copy": (
        put(moves, "move_on_mount", source_unlinked_first),
        STORIES["accepted"],
        (),
    ),
    "keep temporary files": (put(storage, "TMP_PREFIX", b".tmq-"), STORIES["accepted"], ()),
    "take back what is there already": (
        put(moves, "return_under_free_name", taken_back_unseen),
        STORIES["retried"],
        LINK,
    ),
    "forget quarantined files without a reason": (
        put(recovery, "_return_without_reason", nothing),
        STORIES["retried"],
        (),
    ),
    "keep the earlier reasons of a file that is processed": (
        put(transaction.Group, "_remove_history", nothing),
        STORIES["corrected after a retry"],
        (),
    ),
    "remove the earlier reasons after the move": (
        both(
            put(transaction.Group, "_remove_history", nothing),
            run(*HEAD, "publish", "sync records", "move", "remove history", *TAIL),
        ),
        STORIES["corrected after a retry"],
        (),
    ),
    "forget files that stepped aside": (put(recovery, "_clear_incoming", nothing), DUPLICATE, ()),
}


@pytest.mark.parametrize("mutant", CRASHES)
def test_a_crash_exposes_a_transaction_that_would(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, story, quirks = CRASHES[mutant]
    patch(monkeypatch)
    with pytest.raises((ViolationError, FileExistsError, FileNotFoundError)):
        explore(story, Setup(Persistence.POSIX, quirks))


FAULTS: dict[str, tuple[Patch, Story, tuple[Quirk, ...], OSError | Killed]] = {
    "take a second fsync of the source at its word": (
        put(transaction.Group, "_sync_source", lambda group, descriptor, _: group._fs.fsync(descriptor)),
        STORIES["unsynced"],
        (),
        FAULT,
    ),
    "keep a record whose sync failed": (
        put(transaction.Group, "_uncommit", nothing),
        STORIES["accepted"],
        (),
        FAULT,
    ),
    "drop a link before its twin's folder is synced": (
        run(*HEAD, "publish", "sync records", "move", *TAIL),
        STORIES["accepted"],
        LINK,
        FAULT,
    ),
    "take a folder for durable that another life made": (
        put(Folders, "_child", without_folder_sync),
        SUB_FOLDER,
        (),
        Killed(),
    ),
}


@pytest.mark.parametrize("mutant", FAULTS)
def test_a_fault_exposes_a_transaction_that_would(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, story, quirks, fault = FAULTS[mutant]
    patch(monkeypatch)
    with pytest.raises(ViolationError):
        with_faults(story, Setup(Persistence.POSIX, quirks), fault, states_most=10**6)


def unprobed(asides: Asides, aside: Aside) -> None:
    found = asides.fs.stat(aside.source.name, aside.source.folder)
    if not aside.source.identity.matches(found, moved=True):
        raise ReplacedError


def unread(asides: Asides, aside: Aside) -> None:
    descriptor = asides.fs.open_file(aside.source.name, aside.source.folder)
    lease = asides.fs.probe_lease(descriptor)
    asides.fs.close(descriptor)
    if lease is Lease.WRITTEN_TO:
        raise ReplacedError


_step_aside, _check = Asides.step_aside, Asides.check


def checked_first(patch: pytest.MonkeyPatch) -> None:
    def step_aside(asides: Asides, source: SourceFile, below: bytes) -> Aside:
        _check(asides, Aside(below, source.name, source))
        return _step_aside(asides, source, below)

    patch.setattr(Asides, "step_aside", step_aside)
    patch.setattr(Asides, "check", nothing)


def removed_at_once(asides: Asides, aside: Aside) -> None:
    asides.fs.unlink(aside.source.name, aside.source.folder)


def removed_unprobed(interrupted: Interrupted, wanted: bytes, _found: object) -> bool:
    sha256 = moves.sha256_of(interrupted.fs, interrupted.name, interrupted.folder)
    view = DestinationView(interrupted.folders, wanted)
    return plan.moved_input(wanted, sha256, view) is not None


AGAIN = Drop(b"x.csv", b"another\n")
WRITERS: dict[str, tuple[Patch, Story, Setup]] = {
    "check the file without opening it": (put(Asides, "check", unprobed), STORIES["accepted"], Setup(POSIX)),
    "remove a file that it did not open": (put(Asides, "check", unprobed), DUPLICATE, Setup(POSIX)),
    "copy a file that it did not open": (
        put(Asides, "check", unprobed),
        STORIES["rejected"],
        Setup(POSIX, DEVICES),
    ),
    "ask only who writes": (put(Asides, "check", unread), DUPLICATE, Setup(POSIX)),
    "ask before the file steps aside": (checked_first, STORIES["accepted"], Setup(POSIX)),
    "remove what it asked for before": (checked_first, DUPLICATE, Setup(POSIX)),
    "take no answer for an answer": (
        put(Asides, "remove", removed_at_once),
        DUPLICATE,
        Setup(POSIX, (Quirk.NO_LEASE,)),
    ),
    "remove at the start what somebody writes to": (
        put(Interrupted, "_is_needless", removed_unprobed),
        DUPLICATE,
        Setup(POSIX, meanwhile=(AGAIN,)),
    ),
}


@pytest.mark.parametrize("mutant", WRITERS)
def test_a_writer_exposes_a_transaction_that_would(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, story, setup = WRITERS[mutant]
    with_writers(story, setup, kill=bool(setup.meanwhile), late=Quirk.NO_LEASE not in setup.quirks)
    patch(monkeypatch)
    with pytest.raises(ViolationError):
        with_writers(story, setup, kill=bool(setup.meanwhile), late=Quirk.NO_LEASE not in setup.quirks)


def not_synced_history(fs: Disk, record: bytes, folder: int, kept: int, _old: bytes) -> None:
    fs.link(record, folder, file_naming.replaced_name(record, 1), kept)


def unsynced_temporary(fs: Disk, folder: int, content: bytes, *, sync: bool) -> bytes:
    return storage.write_temporary(fs, folder, content, sync=not sync)


REPLACEMENTS = {
    "does not sync the new result": put(
        history, "storage", SimpleNamespace(**vars(storage) | {"write_temporary": unsynced_temporary})
    ),
    "keeps nothing": put(history, "_keep_result", lambda *_: None),
    "does not sync what it keeps": put(history, "_keep_result", not_synced_history),
}


@pytest.mark.parametrize("mutant", REPLACEMENTS)
def test_a_crash_exposes_a_replacement_that(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    REPLACEMENTS[mutant](monkeypatch)
    with pytest.raises(ViolationError):
        explore(STORIES["reprocessed"], Setup(POSIX))
