"""Stories told to the spool on a disk in memory, cut short wherever they can be, and taken up again.

A story is a list of steps: senders drop files, the daemon works. `explore` tells it once, and collects in
which states a power cut (or a kill) at any moment would leave the disk. From each of them a daemon starts
anew, and works until nothing is left to do; its work may be cut short in the same way, as often as `depth`
says. At the end of each work the promise is checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from processing import naming, storage
from tests.faults.disk import ROOT, Disk, File, Persistence, Quirk, State
from watcher import recovery, repair
from watcher.audit import audit
from watcher.filesystem import folder_of
from watcher.folders import ARCHIVE, INCOMING, QUARANTINE, RECORDS_OF
from watcher.job import Filed, Identity, Setback, Verdict
from watcher.records import Head, decode
from watcher.recovery import join
from watcher.spool import Spool

ROUNDS_MOST = 6
HISTORY = re.compile(rb"quarantine/.+[.]reason[.][0-9]+[.]json")
Input = tuple[bytes, str]
"""A name below incoming and the sha256 of the bytes: what is one input."""
MakeSpool = Callable[[Disk, Callable[[OSError], None]], Spool]
RESULT: dict[str, object] = {
    "status": "success",
    "processed_at": "2026-01-15T14:07:45Z",
    "records_total": 0,
    "records_invalid": 0,
    "records_suspect": 0,
    "metrics": {
        "total_energy_kwh": 0,
        "peak_power_w": 0,
        "period": {"start": None, "end": None},
        "hours": [],
    },
    "quality": {"data_availability": None},
    "anomalies": [],
    "anomalies_total": 0,
}
REASON: dict[str, object] = {
    "status": "error",
    "error": {"code": "empty_file", "message": "the file is empty"},
    "attempts": 1,
    "quarantined_at": "2026-01-15T14:07:45Z",
}


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


Story = Sequence[Drop | Work | Retry]


class Setup(NamedTuple):
    """The disk and the spool that a story is told on."""

    persistence: Persistence
    quirks: tuple[Quirk, ...] = ()
    make_spool: MakeSpool = lambda disk, report: Spool(ROOT, disk, report=report)
    disk: type[Disk] = Disk
    lenient: Callable[[bytes], bool] = lambda _content: False
    """Contents that pass although they are bad: the limits have been changed between two attempts."""
    meanwhile: tuple[Drop, ...] = ()
    """What senders do between a cut and the next start."""
    failing: bool = False
    """Whether calls fail: after a failed sync, a power cut may bring an earlier reason back."""


@dataclass
class _World:
    """What has been promised up to now."""

    dropped: set[Input] = field(default_factory=set)
    unsynced: set[Input] = field(default_factory=set)
    filed: set[Input] = field(default_factory=set)
    """Reported as filed, and not dropped again: must never be seen in incoming any more."""

    def frozen(self) -> Promise:
        return Promise(frozenset(self.dropped), frozenset(self.unsynced), frozenset(self.filed))


class Promise(NamedTuple):
    """What a state must still hold, or must not."""

    dropped: frozenset[Input]
    unsynced: frozenset[Input]
    filed: frozenset[Input]


@dataclass
class Explored:
    """How much has been looked at."""

    states: int = 0
    moments: int = 0
    calls: set[str] = field(default_factory=set)


def explore(story: Story, setup: Setup, *, depth: int = 1, states_most: int = 10**9) -> Explored:
    """Tell a story, cut it short everywhere, `depth` cuts deep; ViolationError where the promise breaks.

    Beyond `states_most` states of one depth, every so-many-th is taken.
    """
    explored = Explored()
    found = _tell(story, setup, explored)
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
    """Tell a story once for each call of it that meets a fault, then cut the power; return how many did.

    A Killed daemon starts anew on a disk that has not lost power: what waited for a sync waits still.
    """
    setup = setup._replace(failing=isinstance(fault, OSError))
    seen: set[tuple[State, Promise]] = set()
    for number in itertools.count(1):
        explored = Explored()
        cuts = _tell(story, setup, explored, fault_at=(number, fault))
        if explored.moments <= number:  # the last moment is the end, where no call is made
            return number - 1
        for state, promise in _every([cut for cut in cuts if cut not in seen], states_most):
            _recover(state, promise, setup, explored, collect=False)
        seen.update(cuts)
    return 0


def _every(found: list[tuple[State, Promise]], most: int) -> list[tuple[State, Promise]]:
    return found[:: 1 + len(found) // most]


_Cuts = dict[tuple[State, "Promise"], None]
_FaultAt = tuple[int, OSError | Killed] | None


def _tell(story: Story, setup: Setup, explored: Explored, *, fault_at: _FaultAt = None) -> _Cuts:
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


def _take(step: Drop | Work | Retry, disk: Disk, world: _World, daemon: _Daemon) -> None:
    if isinstance(step, Drop):
        _drop(disk, world, step)
    elif isinstance(step, Work):
        daemon.work()
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
    _check_filed(state, promise)
    disk = setup.disk.restored(state, setup.persistence, setup.quirks)
    world = _World(set(promise.dropped), set(promise.unsynced), set(promise.filed))
    cuts: _Cuts = {}
    if collect:
        disk.before_change = _observer(disk, world, cuts, explored)
    try:
        recovery.make_folders(disk, ROOT)
        for drop in setup.meanwhile:
            _drop(disk, world, drop)
        _Daemon(disk, world, setup).work()
        disk.before_change("end")
        _check(disk, world.frozen(), setup, "after a cut")
    except ViolationError as violation:
        raise ViolationError(f"{violation}\nfrom: {_described(state)}") from None
    return cuts


class _Daemon:
    """One life of the daemon, with a judge that goes by the first bytes."""

    def __init__(self, disk: Disk, world: _World, setup: Setup) -> None:
        self._disk = disk
        self._world = world
        self._lenient = setup.lenient
        self._late: list[OSError] = []
        self._recovered = False
        storage._numbers = itertools.count()  # the same names in every life, so that states can be told apart
        self._spool = setup.make_spool(disk, self._late.append)

    def work(self) -> None:
        """Start if need be, then file what is in incoming until it is empty."""
        for _ in range(ROUNDS_MOST):
            try:
                if not self._recovered:
                    recovery.make_folders(self._disk, ROOT)
                    recovery.recover(self._disk, ROOT, lambda _event, _name: None)
                    self._recovered = True
                verdicts = [self._verdict(*each) for each in self._candidates()]
            except OSError:
                continue
            if not verdicts:
                return
            self._note(self._spool.commit(verdicts))
        raise ViolationError("never done: " + _described(self._disk.as_seen()))

    def _candidates(self) -> Iterator[tuple[bytes, bytes, int]]:
        for below, name, folder in recovery.walk(self._disk, ROOT, INCOMING):
            if not name.startswith(b"."):
                yield below, name, folder

    def _note(self, outcomes: Sequence[Filed | Setback]) -> None:
        filed = [outcome.verdict for outcome in outcomes if isinstance(outcome, Filed)]
        if not self._late:  # where a sync after the move failed, the health says so
            self._world.filed.update((verdict.name, verdict.sha256) for verdict in filed)
        self._late.clear()

    def _verdict(self, below: bytes, name: bytes, folder: int) -> Verdict:
        content = _read(self._disk, name, folder)
        sha256 = hashlib.sha256(content).hexdigest()
        accepted = not content.startswith(b"bad") or self._lenient(content)
        record: dict[str, object] = {
            **(RESULT if accepted else REASON),
            "input": {"name": join(below, name).decode(), "bytes": len(content), "sha256": sha256},
        }
        return Verdict(
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
    (world.dropped if step.synced else world.unsynced).add(key)
    world.filed.discard(key)
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
    world.filed.discard((step.name, sha256))
    repair.retry(disk, ROOT, step.name)


def _read(disk: Disk, name: bytes, folder: int) -> bytes:
    descriptor = disk.open_file(name, folder)
    content = b"".join(iter(lambda: disk.read(descriptor, 1 << 20), b""))
    disk.close(descriptor)
    return content


def _check_filed(state: State, promise: Promise) -> None:
    """What was reported as filed is filed, with its record, and has not come back."""
    if undone := promise.filed - set(_filed(state.files)):
        raise ViolationError(f"{undone}, reported as filed, is not: {_described(state)}")
    for file in state.files:
        area, _, name = file.path.partition(b"/")
        if area == INCOMING and (name, hashlib.sha256(file.content).hexdigest()) in promise.filed:
            raise ViolationError(
                f"{name!r} was reported as filed and is back in incoming: {_described(state)}"
            )


def _check(disk: Disk, promise: Promise, setup: Setup, when: str) -> None:
    """Every input is filed once with one record, and nothing else lies about."""
    findings = [str(finding) for finding in audit(disk, ROOT)]
    if findings:
        raise ViolationError(f"{when}: {findings}")
    state = disk.as_seen()
    filed = sorted(_filed(state.files))
    if len(set(filed)) < len(filed):
        raise ViolationError(f"{when}: filed twice: {_described(state)}")
    if lost := (promise.dropped | promise.filed) - set(filed):
        raise ViolationError(f"{when}: lost {lost}: {_described(state)}")
    given = promise.dropped | promise.unsynced
    moved = given - set(filed)  # another file took the name while a retry or a start took this one back
    back = {(naming.hashed(name, sha256), sha256) for name, sha256 in moved}
    unknown = {each for each in set(filed) - given - back if each[0] not in dict(promise.unsynced)}
    if unknown:
        raise ViolationError(f"{when}: nobody dropped {unknown}: {_described(state)}")
    paths = {file.path for file in state.files}
    reasons = set(filter(HISTORY.fullmatch, paths))
    if reasons and not setup.failing and not any(path.startswith(QUARANTINE) for path in paths - reasons):
        raise ViolationError(f"{when}: earlier reasons of no refused file: {_described(state)}")
    astray = [file.path for file in state.files if b"/." in file.path or file.path.startswith(INCOMING)]
    if astray or disk.open_descriptors:
        raise ViolationError(f"{when}: left over: {astray}, {disk.open_descriptors} descriptors")


def _filed(files: Sequence[File]) -> Iterator[Input]:
    contents = {file.path: file.content for file in files}
    for path, content in contents.items():
        area, _, name = path.partition(b"/")
        if area in {ARCHIVE, QUARANTINE} and naming.parts_of(name).extension:
            folder, _, base = name.rpartition(b"/")
            record = join(folder, naming.record_of(base, quarantined=area == QUARANTINE))
            head = decode(contents.get(join(RECORDS_OF[area], record), b""))
            is_record = isinstance(head, Head)
            yield (head.name, hashlib.sha256(content).hexdigest()) if is_record else (path, "no record")


def _described(state: State) -> str:
    return ", ".join(f"{file.path.decode()}({file.number}, {file.content[:12]!r})" for file in state.files)
