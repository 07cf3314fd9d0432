"""`prune`: removes old archived files that have a record."""

import argparse
import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from processing import file_naming, storage
from watcher.commands.retry import Outcome, print_outcomes
from watcher.errors import ExitCode, SettingsError
from watcher.filing import moves, record_header
from watcher.settings import Settings
from watcher.system.areas import ARCHIVE, PROCESSED, folder_in, join, walk
from watcher.system.filesystem import FileSystem, claimed

MAX_DAYS = 36_500
_WRONG_RECORD = "its record does not fit it; see `audit`"
_IN_USE = "another program has the file at the moment"
_EARLIEST = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
"""No file was archived before this. An earlier time means that the clock was wrong."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    since = "days since they were archived"
    parser.add_argument("--older-than", type=float, required=True, metavar="DAYS", help=since)


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Remove the archived files that are older than the given number of days."""
    days = given.older_than
    if not 0 <= days <= MAX_DAYS:
        raise SettingsError(f"--older-than is {days:g}; allowed: a number of days from 0 to {MAX_DAYS}")
    before = datetime.now(UTC) - timedelta(days=days)
    return print_outcomes("pruned", prune(FileSystem(), os.fsencode(chosen.data_dir), before))


def prune(fs: FileSystem, data_dir: bytes, before: datetime) -> Iterator[Outcome]:
    """Remove the archived files that have a record and are older than `before`; note it in the record.

    This is safe beside the daemon, which replaces no archived file, and beside `reprocess`: each claims the
    file before it changes its record. The age of a file counts from the later of two times: when it was
    processed first, and its last change, because a file that was dropped again keeps its first record. The
    record is rewritten first: a crash between the two steps leaves a file that the next call removes.
    """
    for below, name, folder in walk(fs, data_dir, ARCHIVE):
        path = join(below, name)
        if not file_naming.parts_of(name).extension:
            continue
        try:
            if fs.stat(name, folder).st_ctime >= before.timestamp():
                continue
            with (
                folder_in(fs, data_dir, join(PROCESSED, path)) as results,
                claimed(fs, name, folder) as is_claimed,
            ):
                seconds = before.timestamp()
                problem = _prune_one(fs, path, folder, results, seconds) if is_claimed else _IN_USE
        except FileNotFoundError:
            problem = "it has no record; see `audit`"
        except OSError as error:
            problem = os.strerror(error.errno or errno.EIO)
        if problem is not None:
            yield Outcome(path, problem)


def _prune_one(fs: FileSystem, path: bytes, folder: int, results: int, before: float) -> str | None:
    """Return why an old file is kept, an empty text if it was removed, None if it is too young."""
    found = record_header.read_of_input(fs, path, results, quarantined=False)
    if found is None:
        return _WRONG_RECORD
    (head, content), name = found, file_naming.parts_of(path).base
    if head.archived_at is None or head.archived_at.timestamp() >= before:
        return None
    if max(fs.stat(name, folder).st_ctime, head.archived_at.timestamp()) < _EARLIEST:
        day = f"{head.archived_at:%Y-%m-%d}"
        return f"it was archived when the clock showed {day}; `touch` it to date it today"
    if moves.sha256_of(fs, name, folder) != head.sha256:
        return _WRONG_RECORD
    if head.archived is None:
        noted = record_header.with_field(content, *record_header.PRUNED)
        record = file_naming.record_of(name, quarantined=False)
        storage.replace(fs, record, results, noted, sync=True)
        fs.fsync_folder(results)
    fs.unlink(name, folder)
    fs.fsync_folder(folder)
    return ""
