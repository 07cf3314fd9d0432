"""The promise as a check: each filed input has exactly one record of its name and bytes, and the reverse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from processing import naming
from processing.names import text_of
from watcher import transfer
from watcher.filesystem import FileSystem, folder_of
from watcher.folders import ARCHIVE, INCOMING, QUARANTINE, RECORDS_OF
from watcher.records import Head, head_of
from watcher.recovery import join, walk


class Finding(NamedTuple):
    """What is wrong with one file, and what to do about it."""

    path: bytes
    """Below the data folder."""
    wrong: str
    remedy: str

    def __str__(self) -> str:
        """Return one printable line."""
        return f"{text_of(self.path)}: {self.wrong}; {self.remedy}"


def audit(fs: FileSystem, data_dir: bytes) -> Iterator[Finding]:
    """Yield what is wrong in the folders, nothing where the promise holds; reads every filed byte.

    May run beside the daemon: a record whose input is still on its way from incoming is no finding.
    """
    owned = _Audit(fs, data_dir)
    for area in (ARCHIVE, QUARANTINE):
        for below, name, _ in walk(fs, data_dir, area):
            if naming.parts_of(name).extension:
                yield from owned.check_input(area, below, name)
    for area in (ARCHIVE, QUARANTINE):
        for below, name, _ in walk(fs, data_dir, RECORDS_OF[area]):
            if _is_record(area, name):
                yield from owned.check_alone(area, below, name)


def _is_record(area: bytes, name: bytes) -> bool:
    if area == QUARANTINE:
        return name.endswith(naming.REASON_SUFFIX)
    return (
        name.endswith(naming.RECORD_SUFFIX)
        and name.removesuffix(naming.RECORD_SUFFIX) not in naming.RESERVED_STEMS
    )


class _Audit:
    """One pass over the inputs, then one over the records that no input led to."""

    def __init__(self, fs: FileSystem, data_dir: bytes) -> None:
        self._fs = fs
        self._data_dir = data_dir
        self._with_input: set[tuple[bytes, bytes, bytes]] = set()
        self._owners: dict[tuple[bytes, str], bytes] = {}

    def check_input(self, area: bytes, below: bytes, name: bytes) -> Iterator[Finding]:
        """Judge a filed input by the record that its name leads to."""
        path = join(area, join(below, name))
        record = naming.record_of(name, quarantined=area == QUARANTINE)
        record_path = join(RECORDS_OF[area], join(below, record))
        key = (area, below, record)
        if key in self._with_input:
            yield Finding(path, f"shares its record {text_of(record_path)} with another file", _DROP_AGAIN)
        self._with_input.add(key)
        try:
            head = self._head(record_path)
        except FileNotFoundError:
            if self._is_there(path):
                yield Finding(path, f"has no record {text_of(record_path)}", _DROP_AGAIN)
            return
        if head is None:
            yield Finding(
                record_path, "is torn, or no record", f"remove it, then for {text_of(path)}: {_DROP_AGAIN}"
            )
            return
        yield from self._check_pair(path, record_path, head)

    def _check_pair(self, path: bytes, record_path: bytes, head: Head) -> Iterator[Finding]:
        try:
            sha256 = self._sha256(path)
        except OSError as error:
            yield Finding(path, f"cannot be read ({error.strerror})", "put the file itself there, readable")
            return
        if head.sha256 != sha256:
            wrong = f"has the sha256 {sha256[:12]}…, its record says {head.sha256[:12]}…"
            yield Finding(
                path, wrong, "restore the file from a backup, or move it to incoming under a new name"
            )
        first = self._owners.setdefault((head.name, head.sha256), record_path)
        if first != record_path and record_path.split(b"/")[0] == first.split(b"/")[0]:
            yield Finding(
                record_path, f"says the same as {text_of(first)}", "remove one of them with its file"
            )

    def check_alone(self, area: bytes, below: bytes, record: bytes) -> Iterator[Finding]:
        """Judge a record that no input led to."""
        if (area, below, record) in self._with_input:
            return
        path = join(RECORDS_OF[area], join(below, record))
        try:
            head = self._head(path)
        except FileNotFoundError:
            return
        if head is None:
            yield Finding(path, "is torn, or no record", "remove it")
        elif head.archived is None and not self._is_there(join(INCOMING, head.name)):
            remedy = "restore its file from a backup, or remove the record too"
            yield Finding(path, f"has no file in {text_of(area)}", remedy)

    def _head(self, path: bytes) -> Head | None:
        with folder_of(self._fs, self._data_dir, path) as folder:
            return head_of(transfer.read_whole(self._fs, path.rpartition(b"/")[2], folder))

    def _sha256(self, path: bytes) -> str:
        with folder_of(self._fs, self._data_dir, path) as folder:
            return transfer.sha256_of(self._fs, path.rpartition(b"/")[2], folder)

    def _is_there(self, path: bytes) -> bool:
        try:
            with folder_of(self._fs, self._data_dir, path) as folder:
                self._fs.stat(path.rpartition(b"/")[2], folder)
        except FileNotFoundError:
            return False
        return True


_DROP_AGAIN = "move it back to incoming, to have it filed anew"
