"""A disk in memory that can lose power: the seam's methods, over what is seen and what would survive.

Every change of a name waits in a list until a sync makes it durable. `crash_states` tells in which states
the disk may be found if the power went now:

    JOURNAL  names change in order, as on ext4 and xfs: a crash keeps the first k of the waiting changes
    POSIX    any of the waiting changes may be lost, each by itself, and a rename may have made its new name
             but not yet removed the old one; only a sync of their folder makes them durable

In both, bytes that were not synced may be lost, or half of them kept, whatever their names did.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import itertools
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from watcher.system.filesystem import FileSystem, Lease

ROOT = b"/d"
INCOMING_DEVICE, OTHER_DEVICE = 2, 1
STATES_MOST = 3_000
"""Of one moment: what waits is few changes; beyond, every stride-th combination is taken."""


class Persistence(enum.Enum):
    """Which un-synced changes a crash may lose."""

    JOURNAL = "any suffix"
    POSIX = "any subset"


class Quirk(enum.Enum):
    """What a mount cannot do."""

    NO_NOREPLACE = "renameat2 says EINVAL"
    NO_LINK = "link says EPERM"
    TWO_DEVICES = "incoming is another filesystem"
    NO_LEASE = "the kernel does not say who writes to a file"
    BIND_MOUNTS = "incoming is another mount of one filesystem: EXDEV, but the same st_dev"


class File(NamedTuple):
    """A name that survived; equal numbers are one inode."""

    path: bytes
    number: int
    content: bytes
    mtime_ns: int


class State(NamedTuple):
    """What a disk holds when the power is back."""

    folders: tuple[bytes, ...]
    files: tuple[File, ...]


@dataclass
class _Node:
    is_folder: bool = False
    content: bytes = b""
    saved: bytes = b""
    dirty: bool = False
    mtime_ns: int = 0
    ctime_ns: int = 0
    entries: dict[bytes, int] = field(default_factory=dict)
    saved_entries: dict[bytes, int] = field(default_factory=dict)


class _Change(NamedTuple):
    slots: tuple[tuple[int, bytes, int | None], ...]
    """Folder, name, what the name now stands for."""
    after: _Change | None = None
    """The change without which this one does not survive."""


_Entries = dict[int, dict[bytes, int]]


class Disk(FileSystem):
    """The seam in memory; `before_change` is called before each call that alters anything."""

    def __init__(self, persistence: Persistence, quirks: Iterable[Quirk] = ()) -> None:
        self._persistence = persistence
        self._quirks = frozenset(quirks)
        self._nodes = {1: _Node(is_folder=True)}
        self._pending: list[_Change] = []
        self._open: dict[int, list[int]] = {}
        self._clock = 0
        self.seconds = 0.0
        self._written_to: set[int] = set()
        """Inodes that a writer has open."""
        self.before_change: Callable[[str], None] = lambda _call: None

    @classmethod
    def restored(cls, state: State, persistence: Persistence, quirks: Iterable[Quirk] = ()) -> Disk:
        """Return a disk with everything in a state durable."""
        disk = cls(persistence, quirks)
        numbers = {b"": 1}
        for path in state.folders:
            numbers[path] = disk._new(_Node(is_folder=True))
            disk._enter(numbers, path, numbers[path])
        inodes: dict[int, int] = {}
        for path, number, content, mtime_ns in state.files:
            if number not in inodes:
                inodes[number] = disk._new(_Node(content=content, saved=content, mtime_ns=mtime_ns))
            disk._enter(numbers, path, inodes[number])
            disk._clock = max(disk._clock, mtime_ns)
        return disk

    def _enter(self, folders: dict[bytes, int], path: bytes, inode: int) -> None:
        above, _, name = path.rpartition(b"/")
        node = self._nodes[folders[above]]
        node.entries[name] = node.saved_entries[name] = inode

    def _new(self, node: _Node) -> int:
        self._nodes[len(self._nodes) + 1] = node
        return len(self._nodes)

    # what survives

    def as_seen(self) -> State:
        """Return what a process that starts now finds: the state after a kill."""
        entries = {number: node.entries for number, node in self._nodes.items()}
        return self._state(entries, {number: node.content for number, node in self._nodes.items()})

    def crash_states(self) -> Iterator[State]:
        """Yield every state in which the disk may be found after a power cut now."""
        yield self.as_seen()
        for entries in self._surviving_entries():
            reachable = _reachable(entries)
            dirty = [number for number in reachable if self._nodes[number].dirty]
            for contents in itertools.product(*(_contents(self._nodes[number]) for number in dirty)):
                saved = {number: self._nodes[number].saved for number in reachable}
                yield self._state(entries, saved | dict(zip(dirty, contents, strict=True)))

    def _surviving_entries(self) -> Iterator[_Entries]:
        if self._persistence is Persistence.JOURNAL:
            for kept in range(len(self._pending) + 1):
                yield self._after(self._pending[:kept])
            return
        subsets = list(_closed_subsets(self._pending))
        for subset in subsets[:: 1 + len(subsets) // STATES_MOST]:
            yield self._after(subset)

    def _after(self, changes: Iterable[_Change]) -> _Entries:
        entries = {number: dict(node.saved_entries) for number, node in self._nodes.items() if node.is_folder}
        for folder, name, inode in itertools.chain.from_iterable(change.slots for change in changes):
            _set(entries[folder], name, inode)
        return entries

    def _state(self, entries: _Entries, contents: dict[int, bytes]) -> State:
        folders: list[bytes] = []
        found: list[tuple[bytes, int]] = []
        waiting = [(b"", 1)]
        while waiting:
            above, number = waiting.pop()
            for name, inode in entries[number].items():
                path = above + b"/" + name if above else name
                if self._nodes[inode].is_folder:
                    folders.append(path)
                    waiting.append((path, inode))
                else:
                    found.append((path, inode))
        numbers: dict[int, int] = {}
        files = tuple(
            File(path, numbers.setdefault(inode, len(numbers)), contents[inode], self._nodes[inode].mtime_ns)
            for path, inode in sorted(found)
        )
        return State(tuple(sorted(folders)), files)

    # the seam

    def open_root(self, path: bytes) -> int:
        number = 1
        for part in path.removeprefix(ROOT).split(b"/"):
            number = self._inode(part, number) if part else number
        return self._descriptor(number)

    def open_folder(self, name: bytes, folder: int) -> int:
        number = self._inode(name, self._folder(folder))
        if not self._nodes[number].is_folder:
            _fail(errno.ENOTDIR, name)
        return self._descriptor(number)

    def open_file(self, name: bytes, folder: int) -> int:
        return self._descriptor(self._inode(name, self._folder(folder)))

    def create(self, name: bytes, folder: int) -> int:
        self.before_change("create")
        number = self._folder(folder)
        self._absent(name, number)
        inode = self._new(_Node())
        self._change((number, name, inode))
        return self._descriptor(inode)

    def close(self, descriptor: int) -> None:
        del self._open[descriptor]

    def read(self, descriptor: int, size: int) -> bytes:
        number, offset = self._open[descriptor]
        if self._nodes[number].is_folder:
            _fail(errno.EISDIR, b"")
        chunk = self._nodes[number].content[offset : offset + size]
        self._open[descriptor][1] += len(chunk)
        return chunk

    def write(self, descriptor: int, data: bytes) -> None:
        self.before_change("write")
        node = self._nodes[self._open[descriptor][0]]
        node.content += data
        node.dirty = True
        node.mtime_ns = node.ctime_ns = self._tick()

    def set_mtime(self, descriptor: int, mtime_ns: int) -> None:
        self._nodes[self._open[descriptor][0]].mtime_ns = mtime_ns

    def stat(self, name: bytes, folder: int) -> os.stat_result:
        return self._stat(self._inode(name, self._folder(folder)), self._folder(folder))

    def fstat(self, descriptor: int) -> os.stat_result:
        return self._stat(self._open[descriptor][0], 0)

    def scan(self, folder: int) -> Iterator[tuple[bytes, bool]]:
        entries = self._nodes[self._folder(folder)].entries
        yield from [(name, self._nodes[number].is_folder) for name, number in sorted(entries.items())]

    def mkdir(self, name: bytes, folder: int) -> None:
        self.before_change("mkdir")
        number = self._folder(folder)
        self._absent(name, number)
        self._change((number, name, self._new(_Node(is_folder=True))))

    def unlink(self, name: bytes, folder: int) -> None:
        self.before_change("unlink")
        number = self._folder(folder)
        self._touch(self._inode(name, number))
        self._change((number, name, None))

    def link(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        self.before_change("link")
        inode, into = self._inode(source, self._folder(source_folder)), self._folder(target_folder)
        if Quirk.NO_LINK in self._quirks:
            _fail(errno.EPERM, target)
        self._same_mount(source_folder, target_folder, target)
        self._absent(target, into)
        self._touch(inode)
        self._change((into, target, inode))

    def rename(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        self.before_change("rename")
        self._rename(source, source_folder, target, target_folder)

    def rename_noreplace(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        self.before_change("rename_noreplace")
        self._inode(source, self._folder(source_folder))
        self._same_mount(source_folder, target_folder, target)
        if Quirk.NO_NOREPLACE in self._quirks:
            _fail(errno.EINVAL, target)
        self._absent(target, self._folder(target_folder))
        self._rename(source, source_folder, target, target_folder)

    def _rename(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        out_of, into = self._folder(source_folder), self._folder(target_folder)
        inode = self._inode(source, out_of)
        self._same_mount(source_folder, target_folder, target)
        self._touch(inode)
        added, removed = (into, target, inode), (out_of, source, None)
        if self._persistence is Persistence.JOURNAL:
            return self._change(added, removed)
        self._change(added)
        return self._change(removed, after=self._pending[-1])

    def fsync(self, descriptor: int) -> None:
        try:
            self.before_change("fsync")
        except OSError:
            self._lose(self._open[descriptor][0])
            raise
        node = self._nodes[self._open[descriptor][0]]
        if node.dirty:
            node.saved, node.dirty = node.content, False
        if self._persistence is Persistence.JOURNAL:
            self._flush(self._pending)

    def begin_sync(self, descriptor: int) -> None:
        """Change nothing: what is not synced may be on the disk in any case."""

    def fsync_folder(self, folder: int) -> None:
        self.before_change("fsync_folder")
        number = self._folder(folder)
        if self._persistence is Persistence.JOURNAL:
            return self._flush(self._pending)
        wanted = [each for each in self._pending if any(slot[0] == number for slot in each.slots)]
        return self._flush([*filter(None, (each.after for each in wanted)), *wanted])

    def seems_there(self, name: bytes, folder: int) -> bool:
        return name in self._nodes[self._folder(folder)].entries

    def check_removable(self, name: bytes, folder: int) -> None:
        """Let everything be moved."""

    def try_lock(self, _descriptor: int) -> bool:
        return True

    def probe_lease(self, descriptor: int) -> Lease:
        if Quirk.NO_LEASE in self._quirks:
            return Lease.UNKNOWN
        return Lease.WRITTEN_TO if self._open[descriptor][0] in self._written_to else Lease.FREE

    # what others do, and what tests ask

    def drop(self, folder: bytes, name: bytes, content: bytes, *, synced: bool) -> None:
        """Do what a sender does: a new file under a name, replacing what had it."""
        above = self.open_root(ROOT + b"/" + folder)
        inode = self._new(_Node(content=content, dirty=True, mtime_ns=self._tick()))
        self._change((self._folder(above), name, inode))
        if synced:
            self._nodes[inode].saved, self._nodes[inode].dirty = content, False
            with _unobserved(self):
                self.fsync_folder(above)
        self.close(above)

    def open_to_append(self, folder: bytes, name: bytes) -> tuple[int, bytes]:
        """Do what a writer does that opens a file, or makes it; return its inode and what it holds."""
        above = self.open_root(ROOT + b"/" + folder)
        number = self._nodes[self._folder(above)].entries.get(name)
        if number is None:
            number = self._new(_Node(mtime_ns=self._tick()))
            self._change((self._folder(above), name, number))
        self.close(above)
        self._written_to.add(number)
        return number, self._nodes[number].content

    def append_and_close(self, number: int, content: bytes) -> None:
        """Do what the same writer does next, whatever has become of the name."""
        node = self._nodes[number]
        node.content += content
        node.dirty = True
        node.mtime_ns = node.ctime_ns = self._tick()
        self._written_to.discard(number)

    @property
    def open_descriptors(self) -> int:
        """How many descriptors are open."""
        return len(self._open)

    def reachable(self, start: int) -> set[int]:
        """Return the inodes that are seen at and below a folder."""
        return _reachable({number: node.entries for number, node in self._nodes.items()}, start)

    def close_all(self) -> None:
        """Do what the end of a process does."""
        self._open.clear()

    # within

    def _change(self, *slots: tuple[int, bytes, int | None], after: _Change | None = None) -> None:
        for folder, name, inode in slots:
            _set(self._nodes[folder].entries, name, inode)
        self._pending.append(_Change(slots, after))

    def _flush(self, changes: list[_Change]) -> None:
        flushed = set(map(id, changes))
        for folder, name, inode in itertools.chain.from_iterable(
            each.slots for each in self._pending if id(each) in flushed
        ):
            _set(self._nodes[folder].saved_entries, name, inode)
        self._pending = [each for each in self._pending if id(each) not in flushed]

    def _lose(self, number: int) -> None:
        """Forget what a failed fsync was to write: the kernel calls it clean, and never writes it."""
        self._nodes[number].dirty = False

    def _tick(self) -> int:
        self._clock += 1
        return self._clock

    def _touch(self, inode: int) -> None:
        self._nodes[inode].ctime_ns = self._tick()

    def _descriptor(self, number: int) -> int:
        descriptor = next(each for each in itertools.count(3) if each not in self._open)
        self._open[descriptor] = [number, 0]
        return descriptor

    def _folder(self, descriptor: int) -> int:
        return self._open[descriptor][0]

    def _inode(self, name: bytes, folder: int) -> int:
        if len(name) > 255:
            _fail(errno.ENAMETOOLONG, name)
        if name == b".":
            return folder
        try:
            return self._nodes[folder].entries[name]
        except KeyError:
            _fail(errno.ENOENT, name)

    def _absent(self, name: bytes, folder: int) -> None:
        if name in self._nodes[folder].entries:
            _fail(errno.EEXIST, name)

    def _same_mount(self, one: int, other: int, name: bytes) -> None:
        if (
            self._quirks & {Quirk.TWO_DEVICES, Quirk.BIND_MOUNTS}
            and len(set(map(self._in_incoming, (one, other)))) == 2
        ):
            _fail(errno.EXDEV, name)

    def _in_incoming(self, descriptor: int) -> bool:
        incoming = self._nodes[1].entries.get(b"incoming", 0)
        return self._folder(descriptor) in _reachable(
            {n: node.entries for n, node in self._nodes.items()}, incoming
        )

    def _stat(self, number: int, folder: int) -> os.stat_result:
        node = self._nodes[number]
        mode = (stat.S_IFDIR if node.is_folder else stat.S_IFREG) | 0o644
        incoming = Quirk.TWO_DEVICES in self._quirks and number in _reachable(
            {n: each.entries for n, each in self._nodes.items()}, self._nodes[1].entries.get(b"incoming", 0)
        )
        device = INCOMING_DEVICE if incoming else OTHER_DEVICE
        seconds = (node.mtime_ns, node.ctime_ns)
        times = {"st_mtime_ns": node.mtime_ns, "st_ctime_ns": node.ctime_ns}
        links = sum(list(each.entries.values()).count(number) for each in self._nodes.values())
        return os.stat_result(
            (mode, number, device, links, os.geteuid(), 0, len(node.content), 0, *seconds), times
        )


def _set(entries: dict[bytes, int], name: bytes, inode: int | None) -> None:
    if inode is None:
        entries.pop(name, None)
    else:
        entries[name] = inode


def _reachable(entries: _Entries, start: int = 1) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        below = [number for number in entries.get(waiting.pop(), {}).values() if number not in found]
        found.update(below)
        waiting += below
    return found


def _contents(node: _Node) -> list[bytes]:
    return list(dict.fromkeys((node.saved, node.content, node.content[: len(node.content) // 2], b"")))


def _closed_subsets(changes: list[_Change]) -> Iterator[list[_Change]]:
    waiting = set(map(id, changes))
    for kept in itertools.product((False, True), repeat=len(changes)):
        subset = [change for change, keep in zip(changes, kept, strict=True) if keep]
        lost = waiting - set(map(id, subset))
        if not any(id(change.after) in lost for change in subset):
            yield subset


@contextlib.contextmanager
def _unobserved(disk: Disk) -> Iterator[None]:
    before, disk.before_change = disk.before_change, lambda _call: None
    try:
        yield
    finally:
        disk.before_change = before


def _fail(code: int, name: bytes) -> NoReturn:
    raise OSError(code, os.strerror(code), name)
