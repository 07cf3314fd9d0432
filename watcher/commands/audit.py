"""`audit`: each archived or quarantined file has exactly one record, and each record has its file."""

import argparse
import contextlib
import itertools
import os
import stat
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from processing import file_naming
from processing.model.safe_text import counted, text_of
from processing.printing import say
from processing.suffixes import DEFAULT_SUFFIXES
from watcher.errors import ExitCode
from watcher.filing import moves, record_header
from watcher.filing.record_header import API, Damaged, Head
from watcher.settings import Settings
from watcher.system.areas import ARCHIVE, INCOMING, QUARANTINE, RECORDS_OF, folder_in, join, walk
from watcher.system.filesystem import FileSystem

RECHECKS = 3
"""How often a suspected problem is checked again before it is reported."""
RECHECK_SECONDS = 1.0
"""Wait before each of these checks: longer than the move of a file takes."""


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
    path: bytes
    """Below the data folder."""
    is_record: bool


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add nothing: it always checks everything."""


def run(chosen: Settings, _given: argparse.Namespace) -> ExitCode:
    """Print each finding as it is made, and how many there are."""
    found = 0
    data_dir, suffixes = os.fsencode(chosen.data_dir), chosen.suffixes
    for finding in audit(FileSystem(), data_dir, lambda: time.sleep(RECHECK_SECONDS), suffixes):
        found += bool(finding.fix)
        if not say(str(finding)):
            break
    say(f"audit: {counted(found, 'finding')}" if found else "audit: clean")
    return ExitCode.QUARANTINED if found else ExitCode.CLEAN


def audit(
    fs: FileSystem,
    data_dir: bytes,
    pause: Callable[[], object] = lambda: None,
    suffixes: tuple[bytes, ...] = DEFAULT_SUFFIXES,
) -> Iterator[AuditFinding]:
    """Yield the problems in the folders; reads every byte of every archived and quarantined file.

    This may run beside the daemon: suspected problems are checked again at the end, after `pause`, because
    the file may have been moved meanwhile. A file without one of `suffixes`, which inputs have now, may be a
    note that somebody keeps there: it needs no record, but if it has one, both are checked.
    """
    auditor = _Auditor(fs, data_dir, suffixes)
    suspects = [item for item in auditor.items() if auditor.findings(item)]
    for _ in range(RECHECKS if suspects else 0):  # a file of the same name may be moved twice
        pause()
        suspects = [item for item in suspects if auditor.findings(item)]
    yield from auditor.unlisted.values()
    reported = set()
    for item in suspects:
        if item.path not in reported:  # a bad record is reported with its input
            for finding in auditor.findings(item):
                reported.add(finding.path)
                yield finding


class _Auditor:
    """Checks single inputs and records; each check can be repeated."""

    def __init__(self, fs: FileSystem, data_dir: bytes, suffixes: tuple[bytes, ...]) -> None:
        self._fs = fs
        self._suffixes = suffixes
        self._data_dir = data_dir
        self.unlisted: dict[bytes, AuditFinding] = {}
        """Folders that cannot be listed."""

    def items(self) -> Iterator[_AuditItem]:
        """Yield every archived and quarantined input, then every record."""
        for is_record, area in itertools.product((False, True), (ARCHIVE, QUARANTINE)):
            folder = RECORDS_OF[area] if is_record else area
            for below, name, _ in walk(self._fs, self._data_dir, folder, failed=self._not_listed):
                is_input = bool(file_naming.parts_of(name).extension)
                if file_naming.is_record(name, quarantined=area == QUARANTINE) if is_record else is_input:
                    yield _AuditItem(area, below, name, join(folder, below, name), is_record)

    def _not_listed(self, path: bytes, error: OSError) -> None:
        problem = f"cannot be listed ({error.strerror})"
        self.unlisted[path] = AuditFinding(path, problem, "let this user read it")

    def findings(self, item: _AuditItem) -> list[AuditFinding]:
        """Return the problems of an item at this moment."""
        try:
            return list(self._record(item) if item.is_record else self._input(item))
        except OSError as error:
            return [AuditFinding(item.path, f"cannot be checked ({error.strerror})", _READABLE)]

    def _input(self, item: _AuditItem) -> Iterator[AuditFinding]:
        record = file_naming.record_of(item.name, quarantined=item.area == QUARANTINE)
        record_path = join(RECORDS_OF[item.area], item.below, record)
        head = self._head(record_path)
        state = self._state(item.path)
        if state is None:
            return  # it has been moved since it was listed
        if not isinstance(head, Head) and not item.name.lower().endswith(self._suffixes):
            return
        if isinstance(head, Damaged):
            fix = f"remove it, then for {text_of(item.path)}: {_DROP_AGAIN}"
            yield AuditFinding(record_path, head.why, fix)
        elif head is None or head.source == API:
            yield AuditFinding(item.path, f"has no record {text_of(record_path)}", _DROP_AGAIN)
        elif (record_path, item.path) not in _paths_of(item.area, head):
            own = _target(item.area, record, head)
            if own is not None and self._state(own) is not None:
                problem = f"shares its record {text_of(record_path)} with another file"
                yield AuditFinding(item.path, problem, _DROP_AGAIN)
            else:
                problem = f"is the record of {text_of(head.name)}, not of {text_of(item.path)}"
                fix = "restore both from a backup, or move the file to incoming"
                yield AuditFinding(record_path, problem, fix)
        else:
            if mismatch := self._mismatch(item.path, state, head):
                fix = _RESTORE if stat.S_ISREG(state.st_mode) else _READABLE
                yield AuditFinding(item.path, mismatch, fix)
            yield from self._earlier_records(record_path, item.area, head)

    def _mismatch(self, path: bytes, state: os.stat_result, head: Head) -> str:
        """Return why a file is not the input of a record, empty if it is."""
        if not stat.S_ISREG(state.st_mode):
            return "is not a file"
        if head.input.bytes not in {None, state.st_size}:
            return f"has {counted(state.st_size, 'byte')}, its record says {head.input.bytes}"
        with folder_in(self._fs, self._data_dir, path) as folder:
            sha256 = moves.sha256_of(self._fs, path.rpartition(b"/")[2], folder)
        if sha256 != head.sha256:
            return f"has the sha256 {sha256[:12]}…, its record says {head.sha256[:12]}…"
        return ""

    def _earlier_records(self, path: bytes, area: bytes, head: Head) -> Iterator[AuditFinding]:
        """Yield the records of the same input under names that come before this one in preference."""
        for other, _ in _paths_of(area, head):
            if other == path:
                return
            one = self._head(other)
            if isinstance(one, Head) and one.source != API and one.belongs_to(head.name, head.sha256):
                problem = f"says the same as {text_of(other)}"
                yield AuditFinding(path, problem, "remove one of them with its file")

    def _record(self, item: _AuditItem) -> Iterator[AuditFinding]:
        head = self._head(item.path)
        if head is None:
            return
        if isinstance(head, Damaged):
            yield AuditFinding(item.path, head.why, "remove it")
        elif head.source == API:
            yield AuditFinding(item.path, "was written by process_sensor_data; no input belongs to it")
        elif (target := _target(item.area, item.name, head)) is None:
            yield AuditFinding(item.path, f"is the record of {text_of(head.name)}", "remove it")
        elif head.archived is None and not (self._state(target) or self._is_in_incoming(head)):
            fix = "restore its file from a backup, or remove the record too"
            yield AuditFinding(item.path, f"has no file in {text_of(item.area)}", fix)

    def _is_in_incoming(self, head: Head) -> bool:
        """Return whether incoming has the input under its own name or that of a file being moved."""
        below, _, base = head.name.rpartition(b"/")
        for name in (base, file_naming.aside_name(base), file_naming.aside_name(base, 1)):
            path = join(INCOMING, below, name)
            with contextlib.suppress(OSError):
                if (state := self._state(path)) and not self._mismatch(path, state, head):
                    return True
        return False

    def _head(self, path: bytes) -> Head | Damaged | None:
        with contextlib.suppress(FileNotFoundError), folder_in(self._fs, self._data_dir, path) as folder:
            content = record_header.read_content(self._fs, path.rpartition(b"/")[2], folder)
            if isinstance(content, Damaged):
                return content
            return record_header.checked(content, quarantined=path.startswith(QUARANTINE + b"/"))
        return None

    def _state(self, path: bytes) -> os.stat_result | None:
        with contextlib.suppress(FileNotFoundError), folder_in(self._fs, self._data_dir, path) as folder:
            return self._fs.stat(path.rpartition(b"/")[2], folder)
        return None


def _paths_of(area: bytes, head: Head) -> Iterator[tuple[bytes, bytes]]:
    """Yield the paths that a record and its input may have, in their order of preference."""
    find = file_naming.quarantine_names if area == QUARANTINE else file_naming.archive_names
    folder = file_naming.parts_of(head.name).folder
    for names in find(head.name, head.sha256):
        yield join(RECORDS_OF[area], folder, names.record), join(area, folder, names.target)


def _target(area: bytes, record: bytes, head: Head) -> bytes | None:
    """Return where the input of a record belongs, None if the record cannot have that name."""
    return next((target for path, target in _paths_of(area, head) if path.endswith(b"/" + record)), None)


_DROP_AGAIN = "move it back to incoming to be processed again"
_READABLE = "put the file itself there, readable"
_RESTORE = "restore the file from a backup, or move it to incoming under a new name"
