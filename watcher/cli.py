"""Arguments to settings, commands to calls, errors to exit codes."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processing import printing
from processing.engine import LocalEngine
from processing.names import counted, text_of
from processing.printing import UnwrittenError, say
from watcher import logs, mounts, repair, settings, terminal
from watcher.audit import audit
from watcher.daemon import Daemon
from watcher.errors import ExitCode, FatalError, SettingsError
from watcher.filesystem import FileSystem
from watcher.folders import AREAS
from watcher.guard import run_guarded
from watcher.pages import DRAWING_SECONDS, Pages, UndrawnError
from watcher.preflight import explained, goes_with_its_container, preflight, profile_of
from watcher.settings import Settings
from watcher.status import report

PROGRAM = "python -m watcher"
DESCRIPTION = """\
Watches DATA_DIR/incoming: each .csv or .csv.gz that lands there is judged, its result is published in
DATA_DIR/processed, and the file is moved to DATA_DIR/archive or, with its reason, to DATA_DIR/quarantine."""
FOLDERS_ONLY = ("data_dir", "config")
"""The settings of commands that only deal with the folders."""
MOST_DAYS = 36_500
AUDIT_PAUSE_SECONDS = 1.0
"""Longer than a move takes: what the audit finds is looked at again."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name and return the process's exit code."""
    name = arguments[0] if arguments else ""
    command, rest = (COMMANDS[name], arguments[1:]) if name in COMMANDS else (_watch, arguments)
    try:
        return printing.run(lambda: command(f"{PROGRAM} {name}" if rest is not arguments else PROGRAM, rest))
    except UnwrittenError as error:
        print(f"watcher: {error}", file=sys.stderr)
        return ExitCode.LEFT_BEHIND
    except OSError as error:
        print(f"watcher: {error.strerror}: {error.filename}", file=sys.stderr)
        return ExitCode.LEFT_BEHIND
    except FatalError as error:
        logs.flush()
        print(f"watcher: {error}", file=sys.stderr)
        return error.exit_code


def _watch(program: str, arguments: Sequence[str]) -> int:
    """Watch the folder until a signal, or with --once file what is there."""
    parser = _parser(program, DESCRIPTION, names=(), epilog=_commands_help())
    parser.add_argument(
        "--once",
        nargs="*",
        metavar="PATH",
        help="process what is in incoming now, or just these files in it, and exit",
    )
    given = parser.parse_args(arguments)
    chosen = settings.load(vars(given))
    folders = [os.fsencode(chosen.data_dir / each) for each in ("", *map(os.fsdecode, AREAS))]
    if not any(map(mounts.may_never_answer, folders)):
        return _run(chosen, given.once)
    if_stuck = ExitCode.CLEAN if given.once is None else ExitCode.LEFT_BEHIND
    return run_guarded(lambda: _run(chosen, given.once), if_stuck=if_stuck)


def _run(chosen: Settings, once: list[str] | None) -> ExitCode:
    quiet = once is not None and terminal.takes_over(chosen.log_format, chosen.log_level)
    logs.configure(chosen.log_format, "error" if quiet else chosen.log_level)
    names = [_name_of(chosen, path) for path in once or ()]
    try:
        with _folders(chosen):
            if goes_with_its_container(chosen.data_dir):
                logs.logger().warning("folders.not_kept", data_dir=chosen.data_dir)
            daemon = Daemon(chosen, once=once is not None, names=names or None)
            code = daemon.run()
    except FatalError as error:
        logs.logger().error("watcher.failed", error=str(error), exit_code=int(error.exit_code))
        raise
    if daemon.hung:
        logs.flush()
        _let_readers_go()
        os._exit(code)
    return code


def _let_readers_go() -> None:
    """Close our outputs: a thread that is stuck in the kernel would keep their readers waiting."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _audit(program: str, arguments: Sequence[str]) -> ExitCode:
    """Check that each filed input has exactly one record of its name and bytes, and each record its input."""
    given = _parser(program, _audit.__doc__ or "").parse_args(arguments)
    found = 0
    with _folders(settings.load(vars(given))) as data_dir:
        for finding in audit(FileSystem(), data_dir, pause=lambda: time.sleep(AUDIT_PAUSE_SECONDS)):
            found += bool(finding.remedy)
            if not say(finding):
                break
    say(f"audit: {counted(found, 'finding')}" if found else "audit: clean")
    return ExitCode.QUARANTINED if found else ExitCode.CLEAN


def _check(program: str, arguments: Sequence[str]) -> ExitCode:
    """Look at folders, rights, mounts, space, events and profiles: each fault with what mends it."""
    parser = _parser(program, _check.__doc__ or "", names=())
    parser.add_argument("names", nargs="*", metavar="NAME", help="say which profile a file of this name gets")
    given = parser.parse_args(arguments)
    chosen = settings.load(vars(given))
    with _folders(chosen):
        found = [*preflight(chosen), *(profile_of(chosen, name) for name in given.names)]
    say("\n".join(map(str, found)))
    wrong = sum(finding.stops for finding in found if finding.mend)
    say(f"check: {wrong} to mend" if wrong else "check: ready")
    return ExitCode.QUARANTINED if wrong else ExitCode.CLEAN


def _retry(program: str, arguments: Sequence[str]) -> ExitCode:
    """Send quarantined files back to incoming, to be judged anew; works beside the daemon."""
    parser = _parser(program, _retry.__doc__ or "")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file's name below quarantine")
    parser.add_argument("--all", action="store_true", help="every quarantined file")
    given = parser.parse_args(arguments)
    if bool(given.names) == given.all:
        parser.error("name the files, or give --all")
    fs = FileSystem()
    with _folders(settings.load(vars(given))) as data_dir:
        quarantine = Path(os.fsdecode(data_dir)) / "quarantine"
        named = (_below(quarantine, path) or os.fsencode(path) for path in given.names)
        names = list(repair.quarantined(fs, data_dir)) if given.all else named
        outcomes = (repair.retry(fs, data_dir, name) for name in names)
        if given.all:  # what is gone meanwhile, another retry has sent back
            outcomes = (each for each in outcomes if each.refused != repair.GONE)
        return _told("sent back", outcomes)


def _prune(program: str, arguments: Sequence[str]) -> ExitCode:
    """Remove archived files that have a record; the records stay, and nothing in quarantine is touched."""
    parser = _parser(program, _prune.__doc__ or "")
    parser.add_argument(
        "--older-than", type=float, required=True, metavar="DAYS", help="since they were filed"
    )
    given = parser.parse_args(arguments)
    if not 0 <= given.older_than <= MOST_DAYS:
        parser.error(f"--older-than is {given.older_than:g}; allowed: a number of days from 0 to {MOST_DAYS}")
    before = datetime.now(UTC) - timedelta(days=given.older_than)
    with _folders(settings.load(vars(given))) as data_dir:
        return _told("pruned", repair.prune(FileSystem(), data_dir, before))


def _status(program: str, arguments: Sequence[str]) -> ExitCode:
    """Say whether the daemon on this folder is well: exit code 0 if so, else 1 and each reason."""
    parser = _parser(program, _status.__doc__ or "")
    parser.add_argument("--json", action="store_true", help="for machines")
    given = parser.parse_args(arguments)
    text, healthy = report(settings.load(vars(given)).data_dir, as_json=given.json)
    say(text)
    return ExitCode.CLEAN if healthy else ExitCode.QUARANTINED


def _report(program: str, arguments: Sequence[str]) -> ExitCode:
    """Draw every page anew from the records, and the index; works beside the daemon."""
    chosen = settings.load(vars(_parser(program, _report.__doc__ or "").parse_args(arguments)))
    logs.configure(chosen.log_format, chosen.log_level)
    engine = LocalEngine(chosen.workers, DRAWING_SECONDS, chosen.file_memory)
    index = chosen.data_dir / "processed" / "index.html"
    try:
        with _folders(chosen) as data_dir:
            pages = Pages(engine, data_dir, background=False, log=logs.logger())
            drawn = pages.refresh(everything=True)
    except UndrawnError as error:
        raise FatalError(f"{error}; all other pages are drawn", ExitCode.LEFT_BEHIND) from error
    finally:
        engine.shutdown(wait=False)
    pages_of = f"{counted(drawn.pages, 'page')} of {counted(drawn.records, 'record')}"
    say(f"report: {pages_of}; open {index}")
    return ExitCode.CLEAN


def _told(done: str, outcomes: Iterable[repair.Outcome]) -> ExitCode:
    refused = 0
    for name, why in outcomes:
        say(f"{text_of(name)}: {why or done}")  # what is not read is done all the same
        refused += bool(why)
    return ExitCode.LEFT_BEHIND if refused else ExitCode.CLEAN


COMMANDS: dict[str, Callable[[str, Sequence[str]], ExitCode]] = {
    "audit": _audit,
    "check": _check,
    "prune": _prune,
    "report": _report,
    "retry": _retry,
    "status": _status,
}


def _parser(
    program: str, description: str, names: Sequence[str] = FOLDERS_ONLY, epilog: str = ""
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    settings.add_flags(parser, names)
    return parser


def _commands_help() -> str:
    lines = [f"  {name:8} {(command.__doc__ or '').splitlines()[0]}" for name, command in COMMANDS.items()]
    return "\n".join(["commands, each with --help of its own:", *lines])


def _name_of(chosen: Settings, path: str) -> bytes:
    """Return the name below incoming of a path the user gave; SettingsError where it is not in there."""
    incoming = (chosen.data_dir / "incoming").resolve()
    name = _below(incoming, path)
    if name is None or not os.path.lexists(path):
        raise SettingsError(f"--once {path!r}: no such file in {incoming}; name files that are in it")
    return name


def _below(folder: Path, path: str) -> bytes | None:
    """Return the name of a file below the folder that the path leads into, None where it leads elsewhere."""
    with contextlib.suppress(OSError, ValueError):
        absolute = Path(path).parent.resolve() / Path(path).name  # a link is named, not followed
        return os.fsencode(absolute.relative_to(folder.resolve()))
    return None


@contextlib.contextmanager
def _folders(chosen: Settings) -> Iterator[bytes]:
    """Lend the data folder to a command, whose errors from the operating system become sentences."""
    try:
        yield os.fsencode(chosen.data_dir)
    except OSError as error:
        raise explained(error, chosen.data_dir) from error
