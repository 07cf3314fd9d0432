"""The digests of all records in one file, `.watcher/digests`: appended to, and checked whenever it is read.

It may be deleted at any time, and is made again from the records. What a kill, a full disk or anything else
damages is cut off, with all that follows, and read again from the records.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from processing.model.digest import Digest
from watcher.system.directories import OWN, folder_in
from watcher.system.filesystem import FileSystem

PATH = OWN + b"/digests"
_FORMAT = b"digests 2\n"
"""The number changes with `Digest`."""
_DRAWN = struct.Struct("<QQ")
"""Behind it: how long the cache was when the index was drawn last, and the state of that index."""
_START = len(_FORMAT) + _DRAWN.size
_HEAD = struct.Struct("<IIQ")
"""Of an entry: bytes of its content, CRC-32 of all that follows, and which state of a record it is of."""
_MOST_BYTES = 1 << 24

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[tuple[bytes, Digest | None]] = msgspec.msgpack.Decoder(
    tuple[bytes, Digest | None]
)


def state_of(path: bytes, record: os.stat_result) -> int:
    """Return a number that stands for a record, and is another one if the record has changed."""
    state = b"%d %d %b" % (record.st_mtime_ns, record.st_size, path)
    return int.from_bytes(hashlib.blake2b(state, digest_size=8).digest())


class DigestCache:
    """The cache, open and locked. Memory: nine bytes a record.

    Ask `has` for every record that is there and `add` those it has not; `files` then yields the digests of
    them all, and none of a record that is gone or was another one.
    """

    def __init__(self, fs: FileSystem, data_dir: bytes) -> None:
        self._fs = fs
        self._data_dir = data_dir
        self._known = array("Q")
        self._present = bytearray()
        self._earlier_end = self._end = _START
        """Up to here it was filled when it was opened, and is filled now."""
        self._drawn = (0, 0)

    def __enter__(self) -> Self:
        self._file: BinaryIO = os.fdopen(self._open(), "r+b", buffering=1 << 18)
        with contextlib.suppress(OSError):  # a file system without locks: an entry written twice is noticed
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._load()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, msgspec.MsgspecError):  # whole, and yet not what this revision writes
            self._clear()
        self._file.close()

    def has(self, state: int) -> bool:
        """Note that the record of this state is there; return whether its digest is known."""
        at = bisect_left(self._known, state)
        if at == len(self._known) or self._known[at] != state:
            return False
        self._present[at] = 1
        return True

    def add(self, state: int, path: bytes, digest: Digest | None) -> None:
        """Keep the digest of a record, or that it has none."""
        content = _encoder.encode((path, digest))
        checked = state.to_bytes(8, "little") + content
        self._file.seek(self._end)
        self._file.write(_HEAD.pack(len(content), zlib.crc32(checked), state) + content)
        self._end += _HEAD.size + len(content)

    def is_drawn(self, index: int) -> bool:
        """Return whether the index of this state shows exactly the records that are there."""
        return 0 not in self._present and self._drawn == (self._end, index)

    def drawn(self, index: int) -> None:
        """Note that the index of this state was drawn from these records."""
        self._file.seek(len(_FORMAT))
        self._file.write(_DRAWN.pack(self._end, index))

    def files(self) -> Iterator[tuple[bytes, Digest]]:
        """Yield each record that is there and has a digest: its path and the digest."""
        for _, content in self._entries():
            path, digest = _decoder.decode(content)
            if digest is not None:
                yield path, digest

    def compact(self) -> None:
        """Leave out what is of no record any more, if it is the larger part."""
        gone = self._present.count(0)
        if gone <= len(self._present) // 2:
            return
        end = _START
        for head, content in self._entries():
            self._file.seek(end)  # a kill leaves a damaged entry behind a good beginning
            self._file.write(head + content)
            end += len(head) + len(content)
        self._file.truncate(end)
        self._end, self._earlier_end, self._present = end, _START, bytearray()

    def _entries(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield head and content of each entry whose record is there."""
        at = _START
        while at < self._end:
            self._file.seek(at)
            head = self._file.read(_HEAD.size)
            size, _, state = _HEAD.unpack(head)
            content = self._file.read(size)
            at += len(head) + size
            if at > self._earlier_end or self._present[bisect_left(self._known, state)]:
                yield head, content

    def _load(self) -> None:
        """Learn which states are known; cut the file at the first damaged entry."""
        start = self._file.read(_START)
        whole = len(start) == _START and start.startswith(_FORMAT)
        while whole and len(head := self._file.read(_HEAD.size)) == _HEAD.size:
            size, checksum, state = _HEAD.unpack(head)
            content = self._file.read(min(size, _MOST_BYTES))
            if len(content) < size or zlib.crc32(head[8:] + content) != checksum:
                break
            self._known.append(state)
            self._end += len(head) + size
        self._known = array("Q", sorted(self._known))
        if not whole or any(one == other for one, other in pairwise(self._known)):
            self._clear()
        else:
            self._drawn = _DRAWN.unpack(start[len(_FORMAT) :])
            if self._file.seek(0, os.SEEK_END) > self._end:
                self._file.truncate(self._end)
        self._present = bytearray(len(self._known))
        self._earlier_end = self._end

    def _clear(self) -> None:
        self._known = array("Q")
        self._file.truncate(0)
        self._file.seek(0)
        self._file.write(_FORMAT + _DRAWN.pack(0, 0))
        self._end = _START

    def _open(self) -> int:
        fs = self._fs
        root = fs.open_root(self._data_dir)
        try:
            with contextlib.suppress(FileExistsError):
                fs.mkdir(OWN, root)
        finally:
            fs.close(root)
        with folder_in(fs, self._data_dir, PATH) as folder:
            name = PATH.rpartition(b"/")[2]
            with contextlib.suppress(FileNotFoundError):
                found = fs.stat(name, folder)
                if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
                    fs.unlink(name, folder)  # a link of either kind or a FIFO is no cache
            return fs.open_or_create(name, folder)
