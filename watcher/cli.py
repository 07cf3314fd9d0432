"""Arguments to settings, commands to calls, errors to exit codes.

Each command imports what it needs itself: the container's health check runs `status` every half minute.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processing import printing
from processing.printing import UnwrittenError, say
from watcher import settings
from watcher.errors import ExitCode, FatalError, SettingsError
from watcher.settings import Settings

if TYPE_CHECKING:
    from watcher import repair
    from watcher.daemon import Daemon

PROGRAM = "python -m watcher"
DESCRIPTION = """\
Watches DATA_DIR/incoming: each .csv or .csv.gz that lands there is judged, its result is published in
DATA_DIR/processed, and the file is moved to DATA_DIR/archive or, with its reason, to DATA_DIR/quarantine."""
FOLDERS_ONLY = ("data_dir", "config")
"""The settings of commands that only deal with the folders."""
MOST_DAYS = 36_500
AUDIT_PAUSE_SECONDS = 1.0
"""Longer than a move takes: what the audit finds is looked at again."""


def main(arguments: Sequence[str], end_at_signals: Callable[[ExitCode], None] = lambda _code: None) -> int:
    """Run the command that the arguments name and return the process's exit code.

    `end_at_signals` is told the exit code of a process that a signal ends, as soon as it is known.
    """
    name = arguments[0] if arguments else ""
    try:
        if name and not name.startswith("-"):
            end_at_signals(ExitCode.LEFT_BEHIND)
            command = _command(name)
            return printing.run(lambda: command(f"{PROGRAM} {name}", arguments[1:]))
        return printing.run(lambda: _watch(PROGRAM, arguments, end_at_signals))
    except UnwrittenError as error:
        print(f"watcher: {error}", file=sys.stderr)
        return ExitCode.LEFT_BEHIND
    except OSError as error:
        print(f"watcher: {error.strerror}: {error.filename}", file=sys.stderr)
        return ExitCode.LEFT_BEHIND
    except FatalError as error:
        return _said(error)
    except Exception as error:  # noqa: BLE001 - exit code 1, Python's own, means something else
        return _said(_unexpected(error))


def _said(error: FatalError) -> ExitCode:
    print(f"watcher: {error}", file=sys.stderr)
    return error.exit_code


def _unexpected(error: Exception) -> FatalError:
    """Return the sentence about an error that nobody expected: its class, its message and its place."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "no place"
    message = f"unexpected {type(error).__name__} at {place}: {error}; nothing was lost, start again"
    return FatalError(message, ExitCode.LEFT_BEHIND)


def _command(name: str) -> Callable[[str, Sequence[str]], ExitCode]:
    if name in COMMANDS:
        return COMMANDS[name]
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    known = f"the nearest is {near[0]}" if near else f"there are {', '.join(COMMANDS)}"
    raise SettingsError(f"{name!r} is no command; {known}. Files are named after --once")


def _watch(program: str, arguments: Sequence[str], end_at_signals: Callable[[ExitCode], None]) -> int:
    """Watch the folder until a signal, or with --once file what is there."""
    parser = _parser(program, DESCRIPTION, names=(), epilog=_commands_help())
    parser.add_argument(
        "--once",
        nargs="*",
        metavar="PATH",
        help="process what is in incoming now, or just these files in it, and exit",
    )
    given = parser.parse_args(arguments)
    if_stuck = ExitCode.CLEAN if given.once is None else ExitCode.LEFT_BEHIND
    end_at_signals(if_stuck)
    from watcher import mounts
    from watcher.folders import AREAS
    from watcher.guard import run_guarded

    chosen = settings.load(vars(given))
    folders = [os.fsencode(chosen.data_dir / each) for each in ("", *map(os.fsdecode, AREAS))]
    if not any(map(mounts.may_never_answer, folders)):
        return _run(chosen, given.once)
    return run_guarded(lambda: _run(chosen, given.once), if_stuck=if_stuck)


def _run(chosen: Settings, once: list[str] | None) -> ExitCode:
    from watcher import logs, terminal
    from watcher.daemon import Daemon
    from watcher.preflight import goes_with_its_container

    quiet = once is not None and terminal.takes_over(chosen.log_format, chosen.log_level)
    daemon: Daemon | None = None
    try:
        logs.configure(chosen.log_format, "error" if quiet else chosen.log_level)
        names = [_name_of(chosen, path) for path in once or ()]
        for sentence in settings.unknown_variables():
            logs.logger().warning("settings.unknown", message=sentence)
        with _folders(chosen):
            if goes_with_its_container(chosen.data_dir):
                logs.logger().warning("folders.not_kept", data_dir=chosen.data_dir)
            daemon = Daemon(chosen, once=once is not None, names=names or None)
            code = daemon.run()
    except FatalError as error:
        code = _failed(error, {})
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the exit code says so
        code = _failed(_unexpected(error), {"exc_info": error})
    if daemon is not None and daemon.hung:
        logs.flush()
        _let_readers_go()
        os._exit(code)
    return code


def _failed(error: FatalError, more: dict[str, Any]) -> ExitCode:
    from watcher import logs

    logs.logger().error("watcher.failed", error=str(error), exit_code=int(error.exit_code), **more)
    logs.flush()
    return _said(error)


def _let_readers_go() -> None:
    """Close our outputs: a thread that is stuck in the kernel would keep their readers waiting."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _audit(program: str, arguments: Sequence[str]) -> ExitCode:
    """Check that each filed input has exactly one record of its name and bytes, and each record its input."""
    from processing.names import counted
    from watcher.audit import audit
    from watcher.filesystem import FileSystem

    given = _parser(program, _audit.__doc__ or "").parse_args(arguments)
    found = 0
    with _folders(_chosen(given)) as data_dir:
        for finding in audit(FileSystem(), data_dir, pause=lambda: time.sleep(AUDIT_PAUSE_SECONDS)):
            found += bool(finding.remedy)
            if not say(finding):
                break
    say(f"audit: {counted(found, 'finding')}" if found else "audit: clean")
    return ExitCode.QUARANTINED if found else ExitCode.CLEAN


def _check(program: str, arguments: Sequence[str]) -> ExitCode:
    """Look at folders, rights, mounts, space, events and profiles: each fault with what mends it."""
    from watcher.preflight import preflight, profile_of

    parser = _parser(program, _check.__doc__ or "", names=())
    parser.add_argument("names", nargs="*", metavar="NAME", help="say which profile a file of this name gets")
    given = parser.parse_args(arguments)
    chosen = _chosen(given)
    with _folders(chosen):
        found = [*preflight(chosen), *(profile_of(chosen, name) for name in given.names)]
    say("\n".join(map(str, found)))
    wrong = sum(finding.stops for finding in found if finding.mend)
    say(f"check: {wrong} to mend" if wrong else "check: ready")
    return ExitCode.QUARANTINED if wrong else ExitCode.CLEAN


def _retry(program: str, arguments: Sequence[str]) -> ExitCode:
    """Send quarantined files back to incoming, to be judged anew; works beside the daemon."""
    from watcher import repair
    from watcher.filesystem import FileSystem

    parser = _parser(program, _retry.__doc__ or "")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file's name below quarantine")
    parser.add_argument("--all", action="store_true", help="every quarantined file")
    given = parser.parse_args(arguments)
    if bool(given.names) == given.all:
        parser.error("name the files, or give --all")
    fs = FileSystem()
    with _folders(_chosen(given)) as data_dir:
        quarantine = Path(os.fsdecode(data_dir)) / "quarantine"
        named = (_below(quarantine, path) or os.fsencode(path) for path in given.names)
        names = list(repair.quarantined(fs, data_dir)) if given.all else named
        outcomes = (repair.retry(fs, data_dir, name) for name in names)
        if given.all:  # what is gone meanwhile, another retry has sent back
            outcomes = (each for each in outcomes if each.refused != repair.GONE)
        return _told("sent back", outcomes)


def _prune(program: str, arguments: Sequence[str]) -> ExitCode:
    """Remove archived files that have a record; the records stay, and nothing in quarantine is touched."""
    from datetime import UTC, datetime, timedelta

    from watcher import repair
    from watcher.filesystem import FileSystem

    parser = _parser(program, _prune.__doc__ or "")
    parser.add_argument(
        "--older-than", type=float, required=True, metavar="DAYS", help="since they were filed"
    )
    given = parser.parse_args(arguments)
    if not 0 <= given.older_than <= MOST_DAYS:
        parser.error(f"--older-than is {given.older_than:g}; allowed: a number of days from 0 to {MOST_DAYS}")
    before = datetime.now(UTC) - timedelta(days=given.older_than)
    with _folders(_chosen(given)) as data_dir:
        return _told("pruned", repair.prune(FileSystem(), data_dir, before))


def _status(program: str, arguments: Sequence[str]) -> ExitCode:
    """Say whether the daemon on this folder is well: exit code 0 if so, else 1 and each reason."""
    from watcher.status import report

    parser = _parser(program, _status.__doc__ or "")
    parser.add_argument("--json", action="store_true", help="for machines")
    given = parser.parse_args(arguments)
    data_dir = settings.load(vars(given), check_profiles=False).data_dir
    text, healthy = report(data_dir, as_json=given.json)
    say(text)
    return ExitCode.CLEAN if healthy else ExitCode.QUARANTINED


def _report(program: str, arguments: Sequence[str]) -> ExitCode:
    """Draw every page anew from the records, and the index; works beside the daemon."""
    from processing.engine import LocalEngine
    from processing.names import counted
    from watcher import logs
    from watcher.pages import DRAWING_SECONDS, Pages, UndrawnError

    chosen = _chosen(_parser(program, _report.__doc__ or "").parse_args(arguments))
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
    from processing.names import text_of

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


class _Help(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal; argparse asks for that at each flag, by modules that take long to load."""

    def __init__(self, prog: str) -> None:
        width = 80
        with contextlib.suppress(OSError):
            width = os.get_terminal_size().columns
        super().__init__(prog, width=width - 2)


def _parser(
    program: str, description: str, names: Sequence[str] = FOLDERS_ONLY, epilog: str = ""
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=_Help,
    )
    settings.add_flags(parser, names)
    return parser


def _chosen(given: argparse.Namespace) -> Settings:
    """Return the settings of a command, and warn of variables that are none."""
    for sentence in settings.unknown_variables():
        print(f"watcher: {sentence}", file=sys.stderr)
    return settings.load(vars(given))


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
        from watcher.preflight import explained

        raise explained(error, chosen.data_dir) from error
