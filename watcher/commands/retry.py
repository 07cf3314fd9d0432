"""`retry`: quarantined files go back to incoming, to be processed again."""

import argparse
import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from processing import file_naming
from processing.model.rejection import RejectionRecord
from processing.model.safe_text import counted, text_of
from processing.printing import say
from watcher.commands.registry import name_in
from watcher.errors import ExitCode, SettingsError
from watcher.filing import history, moves, record_header
from watcher.filing.record_header import Damaged, Head
from watcher.settings import Settings
from watcher.system.areas import INCOMING, PROCESSED, QUARANTINE, Folders, folder_in, join, walk
from watcher.system.filesystem import FileSystem, exists

GONE = "there is no such file in quarantine"
_NAME_TAKEN = "incoming has a file of that name; wait until it is processed"


class Outcome(NamedTuple):
    """What became of one file: its name in its area, and why nothing was done (empty if it was)."""

    name: bytes
    problem: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file's name below quarantine")
    parser.add_argument("--all", action="store_true", help="every quarantined file")


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Send the named files back, or all of them."""
    if bool(given.names) == given.all:
        raise SettingsError("name the files, or give --all")
    fs, data_dir = FileSystem(), os.fsencode(chosen.data_dir)
    names = [name_in(chosen, QUARANTINE, path) for path in given.names]
    outcomes = (retry(fs, data_dir, name) for name in names or list(quarantined(fs, data_dir)))
    # with --all, another retry at the same time may have sent some back
    return print_outcomes("sent back", (each for each in outcomes if names or each.problem != GONE))


def print_outcomes(done: str, outcomes: Iterable[Outcome]) -> ExitCode:
    """Print a line for each file, then how many there were; return the exit code of the command."""
    successes = problems = 0
    for name, problem in outcomes:
        say(f"{text_of(name)}: {problem or done}")  # a reader that has closed the pipe does not stop the work
        problems += bool(problem)
        successes += not problem
    say(f"{counted(successes, 'file')} {done}" + (f", {problems} left as they were" if problems else ""))
    return ExitCode.LEFT_BEHIND if problems else ExitCode.CLEAN


def quarantined(fs: FileSystem, data_dir: bytes) -> Iterator[bytes]:
    """Yield the names in quarantine that can be retried."""
    for below, name, _ in walk(fs, data_dir, QUARANTINE):
        if file_naming.parts_of(name).extension:
            yield join(below, name)


def retry(fs: FileSystem, data_dir: bytes, name: bytes) -> Outcome:
    """Send a quarantined file back to incoming. Its reason becomes history, which the next record quotes.

    This is safe beside the daemon, which takes nothing out of quarantine, and beside another retry: only
    one of them succeeds in the rename. The reason is set aside first. A crash between the two steps leaves
    a quarantined file without a reason, which the next start sends back.
    """
    if not record_header.is_below(name):
        return Outcome(name, GONE)
    parts = file_naming.parts_of(name)
    with Folders(fs, data_dir) as folders:
        try:
            quarantine = folders.get(QUARANTINE, parts.folder)
            if not stat.S_ISREG(fs.stat(parts.base, quarantine).st_mode):
                return Outcome(name, "it is not a file")
            wanted = file_naming.parts_of(_name_in_incoming(fs, name, quarantine))
            incoming = folders.get(INCOMING, wanted.folder, create=True)
            if exists(fs, wanted.base, incoming):
                return Outcome(name, _NAME_TAKEN if exists(fs, parts.base, quarantine) else GONE)
            _return_to_incoming(fs, parts.base, quarantine, wanted.base, incoming)
        except (FileNotFoundError, NotADirectoryError):
            return Outcome(name, GONE)
        except FileExistsError:
            return Outcome(name, _NAME_TAKEN)
    return Outcome(name)


def _name_in_incoming(fs: FileSystem, name: bytes, quarantine: int) -> bytes:
    """Return the name in a file's reason, or the file's own name if the reason is missing or damaged."""
    reason = file_naming.record_of(file_naming.parts_of(name).base, quarantined=True)
    with contextlib.suppress(FileNotFoundError):
        head = record_header.read(fs, reason, quarantine)
        if isinstance(head, Head) and head.is_of(name, reason, quarantined=True):
            return head.name
    return name


def _return_to_incoming(fs: FileSystem, base: bytes, quarantine: int, wanted: bytes, incoming: int) -> None:
    reason = file_naming.record_of(base, quarantined=True)
    kept = history.rename_to_earlier(fs, reason, quarantine) if exists(fs, reason, quarantine) else None
    try:
        moves.return_to_incoming(fs, base, quarantine, wanted, incoming)
    except OSError:
        if kept is not None and exists(fs, base, quarantine):  # else another retry sent it back
            moves.move_noreplace(fs, kept, quarantine, reason, quarantine)
        raise
    fs.fsync_folder(incoming)
    fs.fsync_folder(quarantine)


def became_of(fs: FileSystem, data_dir: bytes, head: Head) -> str | None:
    """Return why a file that was sent back is rejected; empty if it was processed, None if it waits."""
    for names in file_naming.archive_names(head.name, head.sha256):
        if _record_of(fs, data_dir, head, PROCESSED, names.record):
            return ""
    for names in file_naming.quarantine_names(head.name, head.sha256):
        if content := _record_of(fs, data_dir, head, QUARANTINE, names.record):
            error = msgspec.json.decode(content, type=RejectionRecord).error
            return f"rejected again: {error.code}: {error.message}"
    return None


def _record_of(fs: FileSystem, data_dir: bytes, head: Head, area: bytes, record: bytes) -> bytes:
    """Return the bytes of a record if it is of this input, else none."""
    path = join(area, file_naming.parts_of(head.name).folder, record)
    with (
        contextlib.suppress(FileNotFoundError, NotADirectoryError),
        folder_in(fs, data_dir, path) as folder,
    ):
        content = record_header.read_content(fs, record, folder)
        if not isinstance(content, Damaged):
            found = record_header.decode(content)
            if isinstance(found, Head) and found.belongs_to(head.name, head.sha256):
                return content
    return b""
