"""`audit`: each archived or quarantined file has exactly one record, and each record has its file."""

from __future__ import annotations

import argparse
import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from processing import file_naming
from processing.model.safe_text import counted, text_of
from processing.printing import say
from watcher.errors import ExitCode
from watcher.filing import moves, record_header
from watcher.filing.record_header import Damaged, Head
from watcher.settings import Settings
from watcher.system.directories import ARCHIVE, INCOMING, QUARANTINE, RECORDS_OF, folder_in, join, walk
from watcher.system.filesystem import FileSystem

RECHECKS = 3
"""How often a suspected problem is checked again before it is reported."""
RECHECK_SECONDS = 1.0
"""Wait before each: longer than moving a file takes."""


class AuditFinding(NamedTuple):
    """A problem with one file, and what to do about it."""

    path: bytes
    """Below the data folder."""
    problem: str
    fix: str = ""
    """Empty if there is nothing to fix and the file is only listed."""

    def __str__(self) -> str:
        """Return one printable line."""
        return f"{text_of(self.path)}: {self.problem}" + (f"; {self.fix}" if self.fix else "")


class _AuditItem(NamedTuple):
    """An archived or quarantined input, or a record."""

    area: bytes
    below: bytes
    name: bytes
    is_record: bool

    @property
    def path(self) -> bytes:
        """The path below the data folder."""
        return join(RECORDS_OF[self.area] if self.is_record else self.area, self.below, self.name)


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add nothing: it always checks everything."""


def run(chosen: Settings, _given: argparse.Namespace) -> ExitCode:
    """Print each finding as it is made, and how many there are."""
    found = 0
    for finding in audit(FileSystem(), os.fsencode(chosen.data_dir), lambda: time.sleep(RECHECK_SECONDS)):
        found += bool(finding.fix)
        if not say(finding):
            break
    say(f"audit: {counted(found, 'finding')}" if found else "audit: clean")
    return ExitCode.QUARANTINED if found else ExitCode.CLEAN


def audit(
    fs: FileSystem, data_dir: bytes, pause: Callable[[], object] = lambda: None
) -> Iterator[AuditFinding]:
    """Yield the problems in the folders; reads every byte of every archived and quarantined file.

    This may run beside the daemon: suspected problems are checked again at the end, after `pause`, because
    the file may have been on its way.
    """
    checks = _Checks(fs, data_dir)
    suspects = [item for item in checks.items() if checks.findings(item)]
    for _ in range(RECHECKS if suspects else 0):  # the same name may be on its way twice
        pause()
        checks.damaged.clear()
        suspects = [item for item in suspects if checks.findings(item)]
    checks.damaged.clear()
    yield from checks.unlisted
    for item in suspects:
        yield from checks.findings(item)


class _Checks:
    """What is checked of an input and of a record; each check can be repeated."""

    def __init__(self, fs: FileSystem, data_dir: bytes) -> None:
        self._fs = fs
        self._data_dir = data_dir
        self.unlisted: list[AuditFinding] = []
        self.damaged: set[bytes] = set()
        """Records that were found damaged beside their inputs."""

    def items(self) -> Iterator[_AuditItem]:
        """Yield every filed input, then every record."""
        for area in (ARCHIVE, QUARANTINE):
            for below, name, _ in walk(self._fs, self._data_dir, area, failed=self._not_listed):
                if file_naming.parts_of(name).extension:
                    yield _AuditItem(area, below, name, is_record=False)
        for area in (ARCHIVE, QUARANTINE):
            for below, name, _ in walk(self._fs, self._data_dir, RECORDS_OF[area], failed=self._not_listed):
                if _is_record(area, name):
                    yield _AuditItem(area, below, name, is_record=True)

    def _not_listed(self, path: bytes, error: OSError) -> None:
        finding = AuditFinding(path, f"cannot be listed ({error.strerror})", "let this user read it")
        if finding not in self.unlisted:
            self.unlisted.append(finding)

    def findings(self, item: _AuditItem) -> list[AuditFinding]:
        """Return what is wrong with an item now."""
        check = self._record if item.is_record else self._input
        area = RECORDS_OF[item.area] if item.is_record else item.area
        try:
            return list(check(item))
        except OSError as error:
            path = join(area, item.below, item.name)
            return [AuditFinding(path, f"cannot be checked ({_said(error)})", _READABLE)]

    def _input(self, item: _AuditItem) -> Iterator[AuditFinding]:
        path = join(item.area, item.below, item.name)
        record = file_naming.record_of(item.name, quarantined=item.area == QUARANTINE)
        record_path = join(RECORDS_OF[item.area], item.below, record)
        head = self._head(record_path)
        state = self._state(path)
        if state is None:
            return  # it was on its way
        if isinstance(head, Damaged):
            self.damaged.add(record_path)
            yield AuditFinding(record_path, head.why, f"remove it, then for {text_of(path)}: {_DROP_AGAIN}")
        elif head is None or head.source == record_header.API:
            yield AuditFinding(path, f"has no record {text_of(record_path)}", _DROP_AGAIN)
        elif not head.is_of(join(item.below, item.name), record, quarantined=item.area == QUARANTINE):
            self.damaged.add(record_path)
            yield self._of_another(path, record_path, item, head)
        else:
            yield from self._bytes(path, state, head)
            yield from self._first_record(record_path, item.area, head)

    def _of_another(self, path: bytes, record_path: bytes, item: _AuditItem, head: Head) -> AuditFinding:
        record = record_path.rpartition(b"/")[2]
        own = self._target(item.area, record, head)
        if own not in {None, path} and self._state(own or b"") is not None:
            return AuditFinding(
                path, f"shares its record {text_of(record_path)} with another file", _DROP_AGAIN
            )
        problem = f"is the record of {text_of(head.name)}, not of {text_of(path)}"
        return AuditFinding(record_path, problem, "restore both from a backup, or move the file to incoming")

    def _bytes(self, path: bytes, state: os.stat_result, head: Head) -> Iterator[AuditFinding]:
        if not stat.S_ISREG(state.st_mode):
            yield AuditFinding(path, "is no file", _READABLE)
        elif head.input.bytes not in {None, state.st_size}:
            problem = f"has {counted(state.st_size, 'byte')}, its record says {head.input.bytes}"
            yield AuditFinding(path, problem, _RESTORE)
        elif (sha256 := self._sha256(path)) != head.sha256:
            problem = f"has the sha256 {sha256[:12]}…, its record says {head.sha256[:12]}…"
            yield AuditFinding(path, problem, _RESTORE)

    def _first_record(self, path: bytes, area: bytes, head: Head) -> Iterator[AuditFinding]:
        """Compare with the records that the same input would have got first."""
        folder = file_naming.parts_of(head.name).folder
        for place in _places(area, head):
            other = join(RECORDS_OF[area], folder, place.record)
            if other == path:
                return
            found = self._head(other)
            if not isinstance(found, Head) or found.source == record_header.API:
                continue
            if found.belongs_to(head.name, head.sha256):
                yield AuditFinding(
                    path, f"says the same as {text_of(other)}", "remove one of them with its file"
                )

    def _record(self, item: _AuditItem) -> Iterator[AuditFinding]:
        path = join(RECORDS_OF[item.area], item.below, item.name)
        head = self._head(path)
        if head is None or path in self.damaged:
            return
        if isinstance(head, Damaged):
            yield AuditFinding(path, head.why, "remove it")
            return
        if head.source == record_header.API:
            yield AuditFinding(path, "was written by process_sensor_data; no filed input belongs to it")
            return
        target = self._target(item.area, item.name, head)
        if target is None:
            yield AuditFinding(path, f"is the record of {text_of(head.name)}", "remove it")
        elif head.archived is None and not (
            self._state(target)
            or any(self._holds(each, head) for each in _on_its_way(head.name))
            or self._state(target)  # it was moved there meanwhile
        ):
            remedy = "restore its file from a backup, or remove the record too"
            yield AuditFinding(path, f"has no file in {text_of(item.area)}", remedy)

    def _target(self, area: bytes, record: bytes, head: Head) -> bytes | None:
        """Return where the input of a record belongs, None if the record cannot have that name."""
        for place in _places(area, head):
            if place.record == record:
                return join(area, file_naming.parts_of(head.name).folder, place.target)
        return None

    def _holds(self, path: bytes, head: Head) -> bool:
        """Return whether incoming has the very input of a record, on its way to be filed."""
        try:
            state = self._state(path)
            return (
                state is not None
                and stat.S_ISREG(state.st_mode)
                and head.input.bytes in {None, state.st_size}
                and self._sha256(path) == head.sha256
            )
        except OSError:
            return False

    def _head(self, path: bytes) -> Head | Damaged | None:
        try:
            with folder_in(self._fs, self._data_dir, path) as folder:
                content = record_header.read_content(self._fs, path.rpartition(b"/")[2], folder)
        except FileNotFoundError:
            return None
        if isinstance(content, Damaged):
            return content
        return record_header.checked(content, quarantined=path.startswith(QUARANTINE + b"/"))

    def _sha256(self, path: bytes) -> str:
        with folder_in(self._fs, self._data_dir, path) as folder:
            return moves.sha256_of(self._fs, path.rpartition(b"/")[2], folder)

    def _state(self, path: bytes) -> os.stat_result | None:
        try:
            with folder_in(self._fs, self._data_dir, path) as folder:
                return self._fs.stat(path.rpartition(b"/")[2], folder)
        except FileNotFoundError:
            return None


def _is_record(area: bytes, name: bytes) -> bool:
    if area == QUARANTINE:
        return name.endswith(file_naming.REASON_SUFFIX)
    return (
        name.endswith(file_naming.RECORD_SUFFIX)
        and name.removesuffix(file_naming.RECORD_SUFFIX) not in file_naming.RESERVED_STEMS
    )


def _on_its_way(name: bytes) -> Iterator[bytes]:
    """Yield the paths that a file has until it is filed: its own, then the one while it is being filed."""
    below, _, base = name.rpartition(b"/")
    for each in (base, file_naming.aside_name(base), file_naming.aside_name(base, 1)):
        yield join(INCOMING, below, each)


def _places(area: bytes, head: Head) -> Iterator[file_naming.Place]:
    find = file_naming.quarantine_places if area == QUARANTINE else file_naming.archive_places
    return find(head.name, head.sha256)


def _said(error: OSError) -> str:
    return os.strerror(error.errno or errno.EIO)


_DROP_AGAIN = "move it back to incoming, to have it filed anew"
_READABLE = "put the file itself there, readable"
_RESTORE = "restore the file from a backup, or move it to incoming under a new name"
