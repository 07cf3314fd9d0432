"""The commands beside the daemon, each a function of its arguments that returns an exit code.

Each imports what it needs itself: the container's health check runs `status` every half minute.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from processing.printing import say
from watcher import settings
from watcher.errors import ExitCode, FatalError
from watcher.settings import Settings

if TYPE_CHECKING:
    from watcher.commands import retry

FOLDERS_ONLY = ("data_dir", "config")
"""The settings of commands that only deal with the folders."""
MOST_DAYS = 36_500
AUDIT_PAUSE_SECONDS = 1.0
"""Longer than a move takes: what the audit finds is checked again."""


def _audit(program: str, arguments: Sequence[str]) -> ExitCode:
    """Check that each filed input has exactly one record of its name and bytes, and each record its input."""
    from processing.model.safe_text import counted
    from watcher.commands.audit import audit
    from watcher.system.filesystem import FileSystem

    given = parser_of(program, _audit.__doc__ or "").parse_args(arguments)
    found = 0
    with folders(_chosen(given)) as data_dir:
        for finding in audit(FileSystem(), data_dir, pause=lambda: time.sleep(AUDIT_PAUSE_SECONDS)):
            found += bool(finding.remedy)
            if not say(finding):
                break
    say(f"audit: {counted(found, 'finding')}" if found else "audit: clean")
    return ExitCode.QUARANTINED if found else ExitCode.CLEAN


def _check(program: str, arguments: Sequence[str]) -> ExitCode:
    """Look at folders, rights, mounts, space, events and profiles: each fault with what mends it."""
    from watcher.commands.check import preflight, profile_of

    parser = parser_of(program, _check.__doc__ or "", names=())
    parser.add_argument("names", nargs="*", metavar="NAME", help="say which profile a file of this name gets")
    given = parser.parse_args(arguments)
    chosen = _chosen(given)
    with folders(chosen):
        found = [*preflight(chosen), *(profile_of(chosen, name) for name in given.names)]
    say("\n".join(map(str, found)))
    wrong = sum(finding.stops for finding in found if finding.mend)
    say(f"check: {wrong} to mend" if wrong else "check: ready")
    return ExitCode.QUARANTINED if wrong else ExitCode.CLEAN


def _retry(program: str, arguments: Sequence[str]) -> ExitCode:
    """Send quarantined files back to incoming, to be judged anew; works beside the daemon."""
    from watcher.commands import retry
    from watcher.system.filesystem import FileSystem

    parser = parser_of(program, _retry.__doc__ or "")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file's name below quarantine")
    parser.add_argument("--all", action="store_true", help="every quarantined file")
    given = parser.parse_args(arguments)
    if bool(given.names) == given.all:
        parser.error("name the files, or give --all")
    fs = FileSystem()
    with folders(_chosen(given)) as data_dir:
        quarantine = Path(os.fsdecode(data_dir)) / "quarantine"
        named = (name_below(quarantine, path) or os.fsencode(path) for path in given.names)
        names = list(retry.quarantined(fs, data_dir)) if given.all else named
        outcomes = (retry.retry(fs, data_dir, name) for name in names)
        if given.all:  # what is gone meanwhile, another retry has sent back
            outcomes = (each for each in outcomes if each.refused != retry.GONE)
        return _told("sent back", outcomes)


def _prune(program: str, arguments: Sequence[str]) -> ExitCode:
    """Remove archived files that have a record; the records stay, and nothing in quarantine is touched."""
    from datetime import UTC, datetime, timedelta

    from watcher.commands import retry
    from watcher.system.filesystem import FileSystem

    parser = parser_of(program, _prune.__doc__ or "")
    parser.add_argument(
        "--older-than", type=float, required=True, metavar="DAYS", help="since they were filed"
    )
    given = parser.parse_args(arguments)
    if not 0 <= given.older_than <= MOST_DAYS:
        parser.error(f"--older-than is {given.older_than:g}; allowed: a number of days from 0 to {MOST_DAYS}")
    before = datetime.now(UTC) - timedelta(days=given.older_than)
    with folders(_chosen(given)) as data_dir:
        return _told("pruned", retry.prune(FileSystem(), data_dir, before))


def _status(program: str, arguments: Sequence[str]) -> ExitCode:
    """Say whether the daemon on this folder is well: exit code 0 if so, else 1 and each reason."""
    from watcher.commands.status import report

    parser = parser_of(program, _status.__doc__ or "")
    parser.add_argument("--json", action="store_true", help="for machines")
    given = parser.parse_args(arguments)
    data_dir = settings.load(vars(given), check_profiles=False).data_dir
    text, healthy = report(data_dir, as_json=given.json)
    say(text)
    return ExitCode.CLEAN if healthy else ExitCode.QUARANTINED


def _report(program: str, arguments: Sequence[str]) -> ExitCode:
    """Draw every page anew from the records, and the index; works beside the daemon."""
    from processing.model.safe_text import counted
    from processing.workers.local_pool import LocalPool
    from watcher.monitoring import log_setup
    from watcher.monitoring.health import Health
    from watcher.reporting.pages import DRAWING_SECONDS, Pages, UndrawnError

    chosen = _chosen(parser_of(program, _report.__doc__ or "").parse_args(arguments))
    log_setup.configure(chosen.log_format, chosen.log_level)
    engine = LocalPool(chosen.workers, DRAWING_SECONDS, chosen.file_memory)
    index = chosen.data_dir / "processed" / "index.html"
    try:
        with folders(chosen) as data_dir:
            log = log_setup.logger()
            pages = Pages(engine, data_dir, background=False, log=log, health=Health(log))
            drawn = pages.refresh(everything=True)
    except UndrawnError as error:
        raise FatalError(f"{error}; all other pages are drawn", ExitCode.LEFT_BEHIND) from error
    finally:
        engine.shutdown()
    pages_of = f"{counted(drawn.pages, 'page')} of {counted(drawn.records, 'record')}"
    say(f"report: {pages_of}; open {index}")
    return ExitCode.CLEAN


COMMANDS: dict[str, Callable[[str, Sequence[str]], ExitCode]] = {
    "audit": _audit,
    "check": _check,
    "prune": _prune,
    "report": _report,
    "retry": _retry,
    "status": _status,
}


def _told(done: str, outcomes: Iterable[retry.Outcome]) -> ExitCode:
    from processing.model.safe_text import text_of

    refused = 0
    for name, why in outcomes:
        say(f"{text_of(name)}: {why or done}")  # what is not read is done all the same
        refused += bool(why)
    return ExitCode.LEFT_BEHIND if refused else ExitCode.CLEAN


def _chosen(given: argparse.Namespace) -> Settings:
    """Return the settings of a command, and warn of variables that are none."""
    for sentence in settings.unknown_variables():
        print(f"watcher: {sentence}", file=sys.stderr)
    return settings.load(vars(given))


@contextlib.contextmanager
def folders(chosen: Settings) -> Iterator[bytes]:
    """Lend the data folder to a command, whose errors from the operating system become sentences."""
    try:
        yield os.fsencode(chosen.data_dir)
    except OSError as error:
        from watcher.commands.check import explained

        raise explained(error, chosen.data_dir) from error


def name_below(folder: Path, path: str) -> bytes | None:
    """Return the name of a file below the folder that the path leads into, None where it leads elsewhere."""
    with contextlib.suppress(OSError, ValueError):
        absolute = Path(path).parent.resolve() / Path(path).name  # a link is named, not followed
        return os.fsencode(absolute.relative_to(folder.resolve()))
    return None


class _Help(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal; argparse asks for that at each flag, by modules that take long to load."""

    def __init__(self, prog: str) -> None:
        width = 80
        with contextlib.suppress(OSError):
            width = os.get_terminal_size().columns
        super().__init__(prog, width=width - 2)


def parser_of(
    program: str, description: str, names: Sequence[str] = FOLDERS_ONLY, epilog: str = ""
) -> argparse.ArgumentParser:
    """Return a parser with a flag for each of these settings, for all of them if `names` is empty."""
    parser = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=_Help,
    )
    settings.add_flags(parser, names)
    return parser
