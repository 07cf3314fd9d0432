"""Walks through folders piece by piece: the listing of a directory, the only truth about what is there."""

from __future__ import annotations

import enum
import os
import stat
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from watcher.discovery.file_filter import LINK, NO_CSV, SPECIAL, IgnoredNames, NameKind, kind_of
from watcher.job import device_of

_ENTRIES_A_PIECE = 128
_WALKS_AT_ONCE = 16
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Piece(NamedTuple):
    """What some entries of a listing were: files that may be inputs, folders, and what is left alone."""

    files: list[bytes]
    folders: list[bytes]
    foreign: list[tuple[bytes, str]]
    """Names with the reason why they are left in incoming."""


Enter = Callable[[bytes, int], None]
EnterFor = Callable[[bytes, int, "WalkPurpose"], None]
Trouble = Callable[[bytes, OSError], None]


def walk(root: bytes, start: bytes, enter: Enter, trouble: Trouble) -> Iterator[Piece]:
    """Yield in pieces what lies in folder `start` below `root` and, unless that is the root itself, under it.

    `enter` is called with each folder's name and descriptor before it is listed, so that a watch set
    there misses nothing; `trouble` with a folder that cannot be read, which is then passed over. One
    folder is open at a time, and no link below the root is followed.
    """
    folders = deque([start])
    while folders:
        folder = folders.popleft()
        try:
            for piece in _listing(root, folder, enter):
                if start:
                    folders.extend(piece.folders)
                yield piece
        except OSError as error:
            trouble(folder, error)


def _listing(root: bytes, folder: bytes, enter: Enter) -> Iterator[Piece]:
    descriptor = open_folder(root, folder)
    try:
        enter(folder, descriptor)
        prefix = folder + b"/" if folder else b""
        with os.scandir(descriptor) as entries:
            piece = Piece([], [], [])
            for number, entry in enumerate(entries, start=1):
                _sort(prefix + os.fsencode(entry.name), entry, piece)
                if not number % _ENTRIES_A_PIECE:
                    yield piece
                    piece = Piece([], [], [])
            yield piece
    finally:
        os.close(descriptor)


def open_folder(root: bytes, name: bytes) -> int:
    """Return a descriptor of a folder below the root; the root may be a link, no other part may."""
    descriptor = os.open(root, _FOLDER_FLAGS)
    for part in name.split(b"/") if name else ():
        try:
            below = os.open(part, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


def _sort(name: bytes, entry: os.DirEntry[str], piece: Piece) -> None:
    kind = kind_of(name)
    if kind is NameKind.PASSED_OVER:
        return
    try:
        is_folder, is_file = entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False)
    except OSError:  # a file system that lists no types; the look at the file says what is wrong with it
        is_folder, is_file = False, True
    if is_folder:
        piece.folders.append(name)
    elif not is_file:
        piece.foreign.append((name, LINK if entry.is_symlink() else SPECIAL))
    elif kind is NameKind.INPUT:
        piece.files.append(name)
    else:
        piece.foreign.append((name, NO_CSV))


def why_left(root: bytes, name: bytes) -> str:
    """Return why a name that is no CSV's is left in incoming; empty for a folder, and where it is gone."""
    try:
        mode = os.lstat(root + b"/" + name).st_mode
    except OSError:
        return ""
    if stat.S_ISDIR(mode):
        return ""
    return NO_CSV if stat.S_ISREG(mode) else LINK if stat.S_ISLNK(mode) else SPECIAL


class WalkPurpose(enum.Enum):
    """Why a walk is made, which says what it may leave out."""

    ROUND = "round"
    """Part of a scan of everything: runs to its end and counts what it finds."""
    FOLDER = "folder"
    """A folder has appeared: runs to its end, for what lies below must be watched."""
    REFILL = "refill"
    """Files were left for want of room: begins when there is room, ends when there is none."""


class _Walk(NamedTuple):
    start: bytes
    reason: WalkPurpose
    pieces: Iterator[Piece]


class Scanner:
    """Walks of the folders of incoming, all taking turns, a bounded number of them open.

    `offer` is called with each file's name and returns False where there is no room for its device;
    `wants_more` with a name of a device, and says whether a walk for it alone would be worth its while. What
    did not find room is found by another walk; nothing is remembered but the folders to walk.
    """

    def __init__(
        self,
        root: bytes,
        enter: EnterFor,
        trouble: Trouble,
        ignored: IgnoredNames,
        clock: Callable[[], float],
    ) -> None:
        self._root = root
        self._enter = enter
        self._trouble = trouble
        self._ignored = ignored
        self._waiting: OrderedDict[bytes, WalkPurpose] = OrderedDict()
        self._refills: deque[bytes] = deque()
        self._running: deque[_Walk] = deque()
        self._clock = clock
        self._round_walks = 0
        self._seconds = 0.0
        """What the listings of the running round have taken so far."""
        self.round_seconds = 0.0
        """What those of the last round took."""
        self.files_seen = 0
        """By the walks of the last round."""

    @property
    def in_round(self) -> bool:
        """Whether a scan of everything is going on."""
        return self._round_walks > 0

    @property
    def lacks_room(self) -> bool:
        """Whether files are known to be there that found no room."""
        return bool(self._refills)

    @property
    def done(self) -> bool:
        """Whether no folder is left to walk."""
        return not (self._waiting or self._refills or self._running)

    def begin_round(self) -> None:
        """Begin a scan of everything."""
        self.files_seen, self._seconds = 0, 0.0
        self.add(b"", WalkPurpose.ROUND)

    def add(self, start: bytes, reason: WalkPurpose) -> None:
        """Have one folder walked, where no walk of at least that reach waits already."""
        if reason is WalkPurpose.REFILL:
            if start not in self._refills:
                self._refills.append(start)
        elif self._waiting.get(start) is not WalkPurpose.ROUND:
            self._waiting[start] = reason
            self._round_walks += reason is WalkPurpose.ROUND

    def advance(self, offer: Callable[[bytes], bool], wants_more: Callable[[bytes], bool]) -> bool:
        """Take the next piece of the walk whose turn it is; False where there is none that can go on."""
        self._start_walks(wants_more)
        if not self._running:
            return False
        walk = self._running.popleft()
        began = self._clock()
        piece = next(walk.pieces, None)
        self._seconds += (self._clock() - began) * (walk.reason is WalkPurpose.ROUND)
        if piece is None:
            self._round_walks -= walk.reason is WalkPurpose.ROUND
            self.round_seconds = self.round_seconds if self._round_walks else self._seconds
        elif not self._take(walk, piece, offer) or walk.reason is not WalkPurpose.REFILL:
            self._running.append(walk)
        return True

    def _start_walks(self, wants_more: Callable[[bytes], bool]) -> None:
        while self._waiting and len(self._running) < _WALKS_AT_ONCE:
            self._start(*self._waiting.popitem(last=False))
        for _ in range(min(len(self._refills), _WALKS_AT_ONCE - len(self._running))):
            start = self._refills.popleft()
            if wants_more(start + b"/" if start else b""):
                self._start(start, WalkPurpose.REFILL)
            else:
                self._refills.append(start)

    def _start(self, start: bytes, reason: WalkPurpose) -> None:
        def enter(name: bytes, folder: int) -> None:
            self._enter(name, folder, reason)

        self._running.append(_Walk(start, reason, walk(self._root, start, enter, self._trouble)))

    def _take(self, walk: _Walk, piece: Piece, offer: Callable[[bytes], bool]) -> bool:
        """Pass on what a piece holds; True where some of it found no room."""
        for name, reason in piece.foreign:
            self._ignored.log_once(name, reason)
        if walk.reason is WalkPurpose.ROUND:
            self.files_seen += len(piece.files)
            if not walk.start:
                for folder in piece.folders:
                    self.add(folder, WalkPurpose.ROUND)
        refused = not all(map(offer, piece.files))  # the first refusal ends the piece
        if refused:
            self.add(device_of(piece.files[0]), WalkPurpose.REFILL)
        return refused
