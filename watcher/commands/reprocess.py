"""`reprocess`: archived files are processed again, and new results take the place of the old ones."""

import argparse
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterable, Iterator

from processing import file_naming
from processing.model.safe_text import text_of
from processing.printing import say
from processing.workers.local_pool import LocalPool
from watcher.commands import report
from watcher.commands.registry import name_below
from watcher.errors import ExitCode, SettingsError
from watcher.reprocessing import Reprocessed, Reprocessing, ReprocessKind
from watcher.settings import Settings
from watcher.system.directories import ARCHIVE, join, walk
from watcher.system.filesystem import FileSystem
from watcher.system.lock import Lock

_JOBS_PER_WORKER = 4
_STOPPED = "stopped by a signal"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file's name below archive")
    parser.add_argument("--all", action="store_true", help="every archived file")
    older = "every archived file whose result was made with another profile than it gets now"
    parser.add_argument("--older-profile", action="store_true", help=older)


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Process the named files again, or all, or those whose result was made with another profile."""
    if bool(given.names) + given.all + given.older_profile != 1:
        raise SettingsError("name the files, or give --all or --older-profile")
    stopping = _stop_at_signals()
    lock = Lock(chosen.data_dir)
    lock.take()  # only its holder replaces results
    try:
        counts = print_outcomes(_outcomes(chosen, given, stopping))
    finally:
        lock.release()
    if counts[ReprocessKind.PROCESSED] and not stopping.is_set():
        report.draw_pages(chosen)
    if counts[ReprocessKind.NOT_DONE]:
        return ExitCode.LEFT_BEHIND
    return ExitCode.QUARANTINED if counts[ReprocessKind.REFUSED] else ExitCode.CLEAN


def print_outcomes(outcomes: Iterable[Reprocessed]) -> Counter[ReprocessKind]:
    """Print a line for each file that was not left unchanged, then how many there were of each kind."""
    counts: Counter[ReprocessKind] = Counter()
    for name, kind, why, _ in outcomes:
        counts[kind] += 1
        if kind is not ReprocessKind.UNCHANGED:
            say(f"{text_of(name)}: {kind.value}" + (f", {why}" if why else ""))
    say(", ".join(f"{counts[kind]} {kind.value}" for kind in ReprocessKind))
    return counts


def _outcomes(
    chosen: Settings, given: argparse.Namespace, stopping: threading.Event
) -> Iterator[Reprocessed]:
    """Process the files in worker processes of this command; a stop ends those in flight."""
    pool = LocalPool(chosen.workers, chosen.file_seconds, chosen.file_memory)

    def end_work() -> None:
        stopping.wait()
        pool.shutdown()

    threading.Thread(target=end_work, daemon=True).start()
    work = Reprocessing(
        chosen,
        pool,
        _JOBS_PER_WORKER * chosen.workers,
        obstacle=lambda: _STOPPED if stopping.is_set() else "",
    )
    try:
        yield from work.run(_names(chosen, given.names), only_older=given.older_profile)
    finally:
        pool.shutdown()


def _names(chosen: Settings, paths: list[str]) -> Iterator[bytes]:
    """Yield the names below the archive of these paths, of every archived file if there are none."""
    for path in paths:
        yield name_below(chosen.data_dir / "archive", path) or os.fsencode(path)
    if not paths:
        for below, name, _ in walk(FileSystem(), os.fsencode(chosen.data_dir), ARCHIVE):
            if file_naming.parts_of(name).extension:
                yield join(below, name)


def _stop_at_signals() -> threading.Event:
    """Return an event that the first signal sets; the second ends the process."""
    stopping = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        if stopping.is_set():
            os._exit(ExitCode.LEFT_BEHIND)  # a crash at any step loses nothing
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
