"""The digests of all records in one file, `.watcher/digests`, so that only new records have to be read.

The file may be deleted at any time. It is checked when it is opened: it is cut off at the first damaged
entry, and the records of the lost entries are read again.
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
from typing import BinaryIO

import msgspec

from processing.model.digest import Digest
from watcher.system.areas import OWN, folder_in
from watcher.system.filesystem import FileSystem, stat_of

PATH = OWN + b"/digests"
_FORMAT = b"digests 5\n"
"""First line of the file. Its number must change when the fields of `Digest` change: a test compares them."""
_HEADER = struct.Struct("<IIQ")
"""The header of each entry: the size of its content, the CRC-32 of what follows, the state of the record."""
_MAX_BYTES = 1 << 24

_decoder = msgspec.msgpack.Decoder(tuple[bytes, Digest | None])


def state_of(path: bytes, record: os.stat_result) -> int:
    """Return a number for a record that changes when the record changes."""
    state = b"%d %d %b" % (record.st_mtime_ns, record.st_size, path)
    return int.from_bytes(hashlib.blake2b(state, digest_size=8).digest())


@contextlib.contextmanager
def digest_cache(fs: FileSystem, data_dir: bytes) -> Iterator[DigestCache]:
    """Open and lock the cache of a data folder; make it if it is missing or damaged from the start."""
    name = PATH.rpartition(b"/")[2]
    with folder_in(fs, data_dir, OWN) as root, contextlib.suppress(FileExistsError):
        fs.mkdir(OWN, root)
    with folder_in(fs, data_dir, PATH) as folder:
        found = stat_of(fs, name, folder)
        if found is not None and (not stat.S_ISREG(found.st_mode) or found.st_nlink > 1):
            fs.unlink(name, folder)  # a link of either kind or a FIFO
        descriptor = fs.open_or_create(name, folder)
    with os.fdopen(descriptor, "r+b", buffering=1 << 18) as file:
        with contextlib.suppress(OSError):  # without locks, an entry may be written twice; loading detects it
            fcntl.flock(file, fcntl.LOCK_EX)
        yield DigestCache(file)


class DigestCache:
    """The cache, open and locked. It needs nine bytes of memory for each record.

    Call `has` for every record that exists, and `add` for those that it has not. Then `files` yields the
    digests of all existing records.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._loaded_end = len(_FORMAT)
        known = array("Q")
        if file.read(len(_FORMAT)) == _FORMAT:
            for end, state, _, _ in self._stored():
                known.append(state)
                self._loaded_end = end
        known = array("Q", sorted(known))
        if not known or any(one == other for one, other in pairwise(known)):
            known, self._loaded_end = array("Q"), len(_FORMAT)
            file.seek(0)
            file.write(_FORMAT)
        if file.seek(0, os.SEEK_END) > self._loaded_end:
            file.truncate(self._loaded_end)  # from the first damaged entry on
        self._known = known
        """The sorted states of the entries that were loaded."""
        self._present = bytearray(len(known))
        """For each of these entries, 1 if its record exists."""

    def has(self, state: int) -> bool:
        """Note that a record with this state exists; return whether its digest is stored."""
        at = bisect_left(self._known, state)
        if at == len(self._known) or self._known[at] != state:
            return False
        self._present[at] = 1
        return True

    def add(self, state: int, path: bytes, digest: Digest | None) -> None:
        """Store the digest of a record, or None for a record that cannot be read."""
        content = msgspec.msgpack.encode((path, digest))
        checksum = zlib.crc32(state.to_bytes(8, "little") + content)
        self._file.seek(0, os.SEEK_END)
        self._file.write(_HEADER.pack(len(content), checksum, state) + content)

    def files(self) -> Iterator[tuple[bytes, Digest]]:
        """Yield the path and the digest of each existing record that has one."""
        for _, content in self._existing():
            path, digest = _decoder.decode(content)
            if digest is not None:
                yield path, digest

    def compact(self) -> None:
        """Remove the entries of records that no longer exist if they are more than half of all.

        This is the last use of the cache: it does not load the file again.
        """
        if self._present.count(0) <= len(self._present) // 2:
            return
        end = len(_FORMAT)
        for header, content in self._existing():
            self._file.seek(end)  # a crash here leaves valid entries, then a damaged one
            end += self._file.write(header + content)
        self._file.truncate(end)

    def _existing(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the header and the content of each entry whose record exists."""
        for end, state, header, content in self._stored():
            if end > self._loaded_end or self._present[bisect_left(self._known, state)]:
                yield header, content

    def _stored(self) -> Iterator[tuple[int, int, bytes, bytes]]:
        """Yield all entries before the first damaged one: end in the file, state, header and content."""
        end = len(_FORMAT)
        while True:
            self._file.seek(end)
            header = self._file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return
            size, checksum, state = _HEADER.unpack(header)
            content = self._file.read(min(size, _MAX_BYTES))
            if len(content) < size or zlib.crc32(content, zlib.crc32(header[8:])) != checksum:
                return
            end += len(header) + size
            yield end, state, header, content
