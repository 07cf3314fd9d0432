"""Runs stories on a disk in memory, cuts the power at every call, and continues from there.

A story is a list of steps: senders drop files, the daemon works. `explore` runs it once and collects the
states in which a power cut (or a kill) at any call could leave the disk. From each of these states a daemon
starts again and works until nothing is left to do. Its work is cut in the same way, `depth` levels deep. The
promise is checked whenever the daemon is done.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from processing import file_naming, storage
from tests.faults.disk import ROOT, Disk, File, Persistence, Quirk, State
from tests.support.log_lines import NoLog
from tests.support.small_records import REASON, RESULT
from watcher.commands import retry
from watcher.commands.audit import audit
from watcher.filing import history, recovery
from watcher.filing.record_header import Head, decode, with_field, with_past
from watcher.filing.transaction import Group, Transaction
from watcher.job import Answer, Committed, Deferral, Identity
from watcher.system.areas import (
    ARCHIVE,
    INCOMING,
    PROCESSED,
    QUARANTINE,
    RECORDS_OF,
    Folders,
    join,
    walk,
)
from watcher.system.filesystem import Lease, folder_of

ROUNDS_MOST = 6
HISTORY = re.compile(rb"quarantine/.+[.]reason[.][0-9]+[.]json")
KEPT = re.compile(rb"processed/[.]history/(?:[^.][^/]*/)*[^./][^/]*[.]json")
Input = tuple[bytes, str]
"""A name below incoming and the sha256 of the bytes: what is one input."""


Record = tuple[bytes, bytes]
"""The path of a record and its bytes."""


class ViolationError(AssertionError):
    """The promise is broken; says how, and the state it began from."""


class Killed(BaseException):
    """The daemon ended at this call, which was not made."""


class Drop(NamedTuple):
    """A sender puts a file into incoming."""

    name: bytes
    content: bytes
    synced: bool = True
    """Whether the sender waited until its bytes were on the disk: only then are they promised to survive."""


class Work(NamedTuple):
    """The daemon works until nothing is left to do."""


class Retry(NamedTuple):
    """The operator sends a quarantined file back to incoming."""

    name: bytes


class Reprocess(NamedTuple):
    """The operator has a new result made of an archived file, in place of the old one."""

    name: bytes


class Writer(NamedTuple):
    """Somebody opens a file before a call of the daemon, and appends to it later."""

    name: bytes
    opens_at: int
    """Which call, counted from the last drop."""
    writes_after: int | None
    """So many calls later, or when the daemon has nothing left to do."""


Step = Drop | Work | Retry | Reprocess
Story = Sequence[Step]
APPENDED = b", appended\n"
REST_SECONDS = 10.0
WRITES_AFTER = (0, 1, 2, 4, None)
KILLS_AFTER = range(8)


class Setup(NamedTuple):
    """The disk and the transaction that a story runs on."""

    persistence: Persistence
    quirks: tuple[Quirk, ...] = ()
    disk: type[Disk] = Disk
    lenient: Callable[[bytes], bool] = lambda _content: False
    """Contents that pass although they are bad: the limits have been changed between two attempts."""
    meanwhile: tuple[Drop, ...] = ()
    """What senders do between a cut and the next start."""
    again: tuple[Reprocess, ...] = ()
    """What the operator asks for again after a cut."""
    overlapping: bool = False
    """Whether each file is a group of its own, and the next group begins before one ends."""
    failing: bool = False
    """Whether calls fail: after a failed sync, a power cut may bring an earlier reason back."""


@dataclass
class _World:
    """What has been promised up to now."""

    dropped: set[Input] = field(default_factory=set)
    unsynced: set[Input] = field(default_factory=set)
    drops: collections.Counter[Input] = field(default_factory=collections.Counter)
    committed: set[Input] = field(default_factory=set)
    """Reported as committed, and not dropped again: must never be in incoming again."""
    results: set[Record] = field(default_factory=set)
    """Results that were to be replaced: each must be the record still, or in the history."""
    unsure: set[Record] = field(default_factory=set)
    """Results that came of an attempt that failed: each may be the record, or in the history."""
    replaced: dict[bytes, bytes] = field(default_factory=dict)
    """The new result of each record that was reported as replaced."""

    def frozen(self) -> Promise:
        return Promise(
            frozenset(self.dropped),
            frozenset(self.unsynced),
            frozenset(self.committed),
            frozenset(self.results),
            frozenset(self.unsure),
            frozenset(self.replaced.items()),
        )


class Promise(NamedTuple):
    """What a state must still hold, or must not."""

    dropped: frozenset[Input]
    unsynced: frozenset[Input]
    committed: frozenset[Input]
    results: frozenset[Record]
    unsure: frozenset[Record]
    replaced: frozenset[Record]


@dataclass
class Explored:
    """How much was explored."""

    states: int = 0
    moments: int = 0
    calls: set[str] = field(default_factory=set)


def explore(story: Story, setup: Setup, *, depth: int = 1, states_most: int = 10**9) -> Explored:
    """Run a story, cut it at every call, `depth` cuts deep; ViolationError if the promise breaks.

    Beyond `states_most` states of one depth, every so-many-th is taken.
    """
    explored = Explored()
    found = _run(story, setup, explored)
    seen = set(found)
    for level in range(1, depth + 1):
        following: _Cuts = {}
        for state, promise in _every(list(found), states_most):
            explored.states += 1
            cuts = _recover(state, promise, setup, explored, collect=level < depth)
            following |= dict.fromkeys(cut for cut in cuts if cut not in seen)
            seen.update(following)
        found = following
    return explored


def with_faults(story: Story, setup: Setup, fault: OSError | Killed, *, states_most: int = 40) -> int:
    """Run a story once for each of its calls, let that call fail, then cut the power; return how many calls.

    A Killed daemon starts anew on a disk that has not lost power: what waited for a sync waits still.
    """
    setup = setup._replace(failing=isinstance(fault, OSError))
    seen: set[tuple[State, Promise]] = set()
    for number in itertools.count(1):
        explored = Explored()
        cuts = _run(story, setup, explored, fault_at=(number, fault))
        if explored.moments <= number:  # the last moment is the end, where no call is made
            return number - 1
        for state, promise in _every([cut for cut in cuts if cut not in seen], states_most):
            _recover(state, promise, setup, explored, collect=False)
        seen.update(cuts)
    return 0


def with_writers(story: Story, setup: Setup, *, kill: bool = False, late: bool = True) -> int:
    """Run a story with a writer that opens the last file before each call; return how many calls there were.

    It appends some calls later or, if `late`, when the daemon is done. With `kill` the daemon dies at each of
    the calls after the writer has opened the file, and another starts beside the writer.
    """
    name = next(step.name for step in reversed(story) if isinstance(step, Drop))
    for opens_at in itertools.count(1):
        for writes_after, kill_after in itertools.product(WRITES_AFTER, KILLS_AFTER if kill else [None]):
            if writes_after is None and not late:
                continue
            writer = Writer(name, opens_at, writes_after)
            kill_at = None if kill_after is None else opens_at + kill_after
            if not _run_with_writer(story, setup, writer, kill_at):
                return opens_at - 1
    return 0


def _run_with_writer(story: Story, setup: Setup, writer: Writer, kill_at: int | None) -> bool:
    """Return whether the writer found a call to open its file before."""
    disk, world = setup.disk(setup.persistence, setup.quirks), _World()
    recovery.make_folders(disk, ROOT)
    daemon = _Daemon(disk, world, setup)
    last = max(number for number, step in enumerate(story) if isinstance(step, Drop))
    for step in story[: last + 1]:
        _take(step, disk, world, daemon)
    writing = _Writing(disk, world, writer, kill_at)
    disk.before_change = writing.before_change
    for _ in range(2):  # the second: with what the writer has left
        try:
            daemon.work()
        except Killed:
            disk.close_all()
            for drop in setup.meanwhile:
                if INCOMING + b"/" + drop.name not in {file.path for file in disk.as_seen().files}:
                    _drop(disk, world, drop)
            daemon = _Daemon(disk, world, setup)
            daemon.work()
        writing.write()
    try:
        _check(disk, world.frozen(), setup, f"with {writer}, killed at {kill_at}")
    except ViolationError as violation:
        raise ViolationError(f"{violation}\nafter: {writing.calls}") from None
    return writing.opened


class _Writing:
    """A writer at work beside the daemon."""

    def __init__(self, disk: Disk, world: _World, writer: Writer, kill_at: int | None) -> None:
        self._disk = disk
        self._world = world
        self._writer = writer
        self._kill_at = kill_at
        self._inode = 0
        self._writes_at = None if writer.writes_after is None else writer.opens_at + writer.writes_after
        self.opened = False
        self.calls: list[str] = []

    def before_change(self, call: str) -> None:
        self.calls.append(call)
        number = len(self.calls)
        if number == self._writer.opens_at:
            self._open()
        if number == self._writes_at:
            self.write()
        if number == self._kill_at:
            raise Killed

    def _open(self) -> None:
        below, _, name = self._writer.name.rpartition(b"/")
        self._inode, content = self._disk.open_to_append(join(INCOMING, below) if below else INCOMING, name)
        self.opened = True
        key = self._writer.name, hashlib.sha256(content).hexdigest()
        if self._world.drops[key] == 1:  # dropped once, and now to become something else
            self._world.dropped.discard(key)
        self._world.unsynced.add(key)
        self._content = content + APPENDED

    def write(self) -> None:
        """Append and close, once."""
        if self._inode:
            self._disk.append_and_close(self._inode, APPENDED)
            self._world.dropped.add((self._writer.name, hashlib.sha256(self._content).hexdigest()))
            self._inode = 0


def _every(found: list[tuple[State, Promise]], most: int) -> list[tuple[State, Promise]]:
    return found[:: 1 + len(found) // most]


_Cuts = dict[tuple[State, "Promise"], None]
_FaultAt = tuple[int, OSError | Killed] | None


def _run(story: Story, setup: Setup, explored: Explored, *, fault_at: _FaultAt = None) -> _Cuts:
    disk, world = setup.disk(setup.persistence, setup.quirks), _World()
    cuts: _Cuts = {}
    recovery.make_folders(disk, ROOT)
    disk.before_change = _observer(disk, world, cuts, explored, fault_at)
    daemon = _Daemon(disk, world, setup)
    for step in story:
        try:
            _take(step, disk, world, daemon)
        except Killed:
            disk.close_all()
            daemon = _Daemon(disk, world, setup)
            daemon.work()
    disk.before_change("end")
    if fault_at is not None:
        disk.before_change = lambda _call: None
        _Daemon(disk, world, setup).work()
    _check(disk, world.frozen(), setup, "with no cut")
    return cuts


def _take(step: Step, disk: Disk, world: _World, daemon: _Daemon) -> None:
    if isinstance(step, Drop):
        _drop(disk, world, step)
    elif isinstance(step, Work):
        daemon.work()
    elif isinstance(step, Reprocess):
        with contextlib.suppress(OSError):  # the operator is told, and may ask again
            _reprocess(disk, world, step)
    else:
        with contextlib.suppress(OSError):  # half a retry is what the next start takes up
            _retry(disk, world, step)


def _observer(
    disk: Disk,
    world: _World,
    cuts: _Cuts,
    explored: Explored,
    fault_at: _FaultAt = None,
) -> Callable[[str], None]:
    def before_change(call: str) -> None:
        explored.moments += 1
        explored.calls.add(call)
        if fault_at is None or explored.moments >= fault_at[0]:  # what came before, `explore` sees
            promise = world.frozen()
            cuts.update(dict.fromkeys((state, promise) for state in disk.crash_states()))
        if fault_at is not None and explored.moments == fault_at[0] and call != "end":
            raise fault_at[1]

    return before_change


def _recover(state: State, promise: Promise, setup: Setup, explored: Explored, *, collect: bool) -> _Cuts:
    _check_committed(state, promise)
    disk = setup.disk.restored(state, setup.persistence, setup.quirks)
    world = _World(
        set(promise.dropped),
        set(promise.unsynced),
        committed=set(promise.committed),
        results=set(promise.results),
        unsure=set(promise.unsure),
        replaced=dict(promise.replaced),
    )
    cuts: _Cuts = {}
    if collect:
        disk.before_change = _observer(disk, world, cuts, explored)
    try:
        recovery.make_folders(disk, ROOT)
        for drop in setup.meanwhile:
            _drop(disk, world, drop)
        _Daemon(disk, world, setup).work()
        for step in setup.again:
            _reprocess(disk, world, step)
        disk.before_change("end")
        _check(disk, world.frozen(), setup, "after a cut")
    except ViolationError as violation:
        raise ViolationError(f"{violation}\nfrom: {_described(state)}") from None
    return cuts


class _Daemon:
    """One life of the daemon; the first bytes of a file decide whether it is accepted."""

    def __init__(self, disk: Disk, world: _World, setup: Setup) -> None:
        self._disk = disk
        self._world = world
        self._lenient = setup.lenient
        self._overlapping = setup.overlapping
        self._recovered = False
        storage._numbers = itertools.count()  # the same names in every life, so that equal states are equal
        self._transaction = Transaction(
            ROOT, disk, NoLog(), quiet_seconds=lambda _: REST_SECONDS, clock=lambda: disk.seconds
        )

    def work(self) -> None:
        """Start if need be, then file what is in incoming until it is empty."""
        for _ in range(ROUNDS_MOST):
            try:
                if not self._recovered:
                    recovery.make_folders(self._disk, ROOT)
                    recovery.recover(self._disk, ROOT, lambda *_: None)
                    self._recovered = True
                answers = [self._answer(*each) for each in self._complete_files()]
            except OSError:
                continue
            if answers:
                self._commit(answers)
            elif not len(self._transaction.asides):
                return
            else:
                self._wait()
        raise ViolationError("never done: " + _described(self._disk.as_seen()))

    def _commit(self, answers: Sequence[Answer]) -> None:
        groups = [[each] for each in answers] if self._overlapping else [answers]
        begun: list[Group] = []
        for group in groups:
            begun.append(self._transaction.begin(group))
            if len(begun) > 1:
                self._note(*self._transaction.end(begun.pop(0)))
        self._note(*self._transaction.end(begun.pop()))

    def _wait(self) -> None:
        """Let the time pass after which a copy may be removed of which the kernel says nothing."""
        for _ in range(max(filter(None, WRITES_AFTER))):
            self._disk.before_change("rest")
        self._disk.seconds += REST_SECONDS
        self._transaction.asides.end_waits()

    def _complete_files(self) -> Iterator[tuple[bytes, bytes, int]]:
        for below, name, folder in walk(self._disk, ROOT, INCOMING):
            if not name.startswith(b".") and not self._is_written_to(name, folder):
                yield below, name, folder

    def _is_written_to(self, name: bytes, folder: int) -> bool:
        descriptor = self._disk.open_file(name, folder)
        try:
            return self._disk.probe_lease(descriptor) is Lease.WRITTEN_TO
        finally:
            self._disk.close(descriptor)

    def _note(self, outcomes: Sequence[Committed | Deferral], sync_errors: Sequence[OSError]) -> None:
        committed = [outcome.answer for outcome in outcomes if isinstance(outcome, Committed)]
        if not sync_errors:  # where a sync after the move failed, the health says so
            self._world.committed.update((_dropped_as(each.name), each.sha256) for each in committed)

    def _answer(self, below: bytes, name: bytes, folder: int) -> Answer:
        content = _read(self._disk, name, folder)
        sha256 = hashlib.sha256(content).hexdigest()
        accepted = not content.startswith(b"bad") or self._lenient(content)
        record: dict[str, object] = {
            **(RESULT if accepted else REASON),
            "input": {"name": join(below, name).decode(), "bytes": len(content), "sha256": sha256},
        }
        return Answer(
            name=join(below, name),
            identity=Identity.of(self._disk.stat(name, folder)),
            sha256=sha256,
            accepted=accepted,
            record=json.dumps(record).encode(),
            summary={},
            milliseconds={},
        )


def _drop(disk: Disk, world: _World, step: Drop) -> None:
    below, _, name = step.name.rpartition(b"/")
    _make_folders_for_sender(disk, below)
    key = (step.name, hashlib.sha256(step.content).hexdigest())
    world.drops[key] += 1
    (world.dropped if step.synced else world.unsynced).add(key)
    world.committed.discard(key)
    disk.drop(join(INCOMING, below) if below else INCOMING, name, step.content, synced=step.synced)


def _make_folders_for_sender(disk: Disk, below: bytes) -> None:
    above = disk.open_root(ROOT + b"/" + INCOMING)
    before, disk.before_change = disk.before_change, lambda _call: None
    for part in filter(None, below.split(b"/")):
        try:
            disk.mkdir(part, above)
            disk.fsync_folder(above)
        except FileExistsError:
            pass
        child = disk.open_folder(part, above)
        disk.close(above)
        above = child
    disk.close(above)
    disk.before_change = before


def _retry(disk: Disk, world: _World, step: Retry) -> None:
    with folder_of(disk, ROOT, b"quarantine/" + step.name) as quarantine:
        sha256 = hashlib.sha256(_read(disk, step.name, quarantine)).hexdigest()
    world.committed.discard((step.name, sha256))
    retry.retry(disk, ROOT, step.name)


def _reprocess(disk: Disk, world: _World, step: Reprocess) -> None:
    below, stem, _ = file_naming.parts_of(step.name)
    record = stem + file_naming.RECORD_SUFFIX
    path = join(PROCESSED, below, record)
    with Folders(disk, ROOT) as folders:
        try:
            old = _read(disk, record, folders.get(PROCESSED, below))
        except FileNotFoundError:
            return  # the cut came before the file was processed
        first = decode(old)
        assert isinstance(first, Head)
        new = with_past(with_field(old, "attempt", len(world.results | world.unsure)), old)
        if (path, old) not in world.unsure:
            world.results.add((path, old))
        world.replaced.pop(path, None)
        world.unsure.add((path, new))
        assert history.replace_result(folders, step.name, old, new) == ""
        world.replaced[path] = new
        world.unsure.discard((path, new))


def _read(disk: Disk, name: bytes, folder: int) -> bytes:
    descriptor = disk.open_file(name, folder)
    content = b"".join(iter(lambda: disk.read(descriptor, 1 << 20), b""))
    disk.close(descriptor)
    return content


def _check_committed(state: State, promise: Promise) -> None:
    """Each input that was reported as committed is in its area with its record, and not back in incoming."""
    if undone := promise.committed - set(_moved_inputs(state.files)):
        raise ViolationError(f"{undone}, reported as committed, is not: {_described(state)}")
    for file in state.files:
        area, _, name = file.path.partition(b"/")
        if area == INCOMING and (name, hashlib.sha256(file.content).hexdigest()) in promise.committed:
            raise ViolationError(
                f"{name!r} was reported as committed and is back in incoming: {_described(state)}"
            )


def _check(disk: Disk, promise: Promise, setup: Setup, when: str) -> None:
    """Every input was moved once and has one record, and nothing else is left."""
    findings = [str(finding) for finding in audit(disk, ROOT)]
    if findings:
        raise ViolationError(f"{when}: {findings}")
    state = disk.as_seen()
    committed = sorted(_moved_inputs(state.files))
    if len(set(committed)) < len(committed):
        raise ViolationError(f"{when}: moved twice: {_described(state)}")
    if lost := (promise.dropped | promise.committed) - set(committed):
        raise ViolationError(f"{when}: lost {lost}: {_described(state)}")
    given = promise.dropped | promise.unsynced
    moved = given - set(committed)  # another file took the name while a retry or a start took this one back
    back = {(file_naming.hashed(name, sha256), sha256) for name, sha256 in moved}
    unknown = {each for each in set(committed) - given - back if each[0] not in dict(promise.unsynced)}
    if unknown:
        raise ViolationError(f"{when}: nobody dropped {unknown}: {_described(state)}")
    paths = {file.path for file in state.files}
    reasons = set(filter(HISTORY.fullmatch, paths))
    if reasons and not setup.failing and not any(path.startswith(QUARANTINE) for path in paths - reasons):
        raise ViolationError(f"{when}: earlier reasons of no rejected file: {_described(state)}")
    _check_results(state, promise, when)
    shown = [path for path in paths if not KEPT.fullmatch(path)]
    left = [path for path in shown if b"/." in path or path.startswith(INCOMING)]
    if left or disk.open_descriptors:
        raise ViolationError(f"{when}: left over: {left}, {disk.open_descriptors} descriptors")


def _check_results(state: State, promise: Promise, when: str) -> None:
    """Each result that was to be replaced is the record still or is kept once; nothing else is kept."""
    contents = {file.path: file.content for file in state.files}
    kept = [(path, content) for path, content in contents.items() if KEPT.fullmatch(path)]
    old = {content for _, content in promise.results}
    if lost := old - set(contents.values()):
        raise ViolationError(f"{when}: results are lost: {lost}: {_described(state)}")
    known = old | {content for _, content in promise.unsure}
    if len({content for _, content in kept}) < len(kept) or not {content for _, content in kept} <= known:
        raise ViolationError(f"{when}: kept twice or torn: {_described(state)}")
    if undone := [path for path, new in promise.replaced if contents.get(path) != new]:
        raise ViolationError(f"{when}: {undone}, reported as replaced, are not: {_described(state)}")


def _moved_inputs(files: Sequence[File]) -> Iterator[Input]:
    contents = {file.path: file.content for file in files}
    for path, content in contents.items():
        area, _, name = path.partition(b"/")
        if area in {ARCHIVE, QUARANTINE} and file_naming.parts_of(name).extension:
            folder, _, base = name.rpartition(b"/")
            record = join(folder, file_naming.record_of(base, quarantined=area == QUARANTINE))
            head = decode(contents.get(join(RECORDS_OF[area], record), b""))
            sha256 = hashlib.sha256(content).hexdigest()
            yield (_dropped_as(head.name), sha256) if isinstance(head, Head) else (path, "no record")


def _dropped_as(name: bytes) -> bytes:
    """Return the name that a sender gave a file, of one that got a hash because another took its place."""
    below, stem, extension = file_naming.parts_of(name)
    return join(below, (file_naming.unhashed(stem) or stem) + extension)


def _described(state: State) -> str:
    return ", ".join(f"{file.path.decode()}({file.number}, {file.content[:12]!r})" for file in state.files)
