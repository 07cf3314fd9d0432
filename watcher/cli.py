"""Arguments to settings, commands to calls, errors to exit codes."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from watcher import logs, settings
from watcher.audit import audit
from watcher.daemon import Daemon
from watcher.errors import ExitCode, FatalError, SettingsError
from watcher.filesystem import FileSystem
from watcher.settings import Settings

PROGRAM = "python -m watcher"
DESCRIPTION = """\
Watches DATA_DIR/incoming: each .csv or .csv.gz that lands there is judged, its result is published in
DATA_DIR/processed, and the file is moved to DATA_DIR/archive or, with its reason, to DATA_DIR/quarantine."""
_NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def main(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name and return the process's exit code."""
    signal.signal(signal.SIGTERM, _end_at_once)  # PID 1 has no default: a signal now must not be lost
    name = arguments[0] if arguments else ""
    command, rest = (COMMANDS[name], arguments[1:]) if name in COMMANDS else (_watch, arguments)
    try:
        return command(f"{PROGRAM} {name}" if rest is not arguments else PROGRAM, rest)
    except FatalError as error:
        logs.flush()
        print(f"watcher: {error}", file=sys.stderr)
        return error.exit_code


def _watch(program: str, arguments: Sequence[str]) -> ExitCode:
    """Watch the folder until a signal, or with --once file what is there."""
    parser = _parser(program, DESCRIPTION, epilog=_commands_help())
    parser.add_argument(
        "--once",
        nargs="*",
        metavar="PATH",
        help="process what is in incoming now, or just these files in it, and exit",
    )
    given = parser.parse_args(arguments)
    chosen = settings.load(vars(given))
    logs.configure(chosen.log_format, chosen.log_level)
    names = [_name_of(chosen, path) for path in given.once or ()]
    daemon = Daemon(chosen, once=given.once is not None, names=names or None)
    try:
        code = daemon.run()
    except OSError as error:
        raise _explained(error, chosen.data_dir) from error
    if daemon.hung:
        logs.flush()
        os._exit(code)
    return code


def _audit(program: str, arguments: Sequence[str]) -> ExitCode:
    """Check that each filed input has exactly one record of its name and bytes, and each record its input."""
    chosen = settings.load(vars(_parser(program, _audit.__doc__ or "").parse_args(arguments)))
    found = 0
    for finding in audit(FileSystem(), os.fsencode(chosen.data_dir)):
        print(finding)
        found += 1
    print(f"audit: {found} findings" if found else "audit: clean")
    return ExitCode.QUARANTINED if found else ExitCode.CLEAN


COMMANDS: dict[str, Callable[[str, Sequence[str]], ExitCode]] = {"audit": _audit}


def _parser(program: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    settings.add_flags(parser)
    return parser


def _commands_help() -> str:
    lines = [f"  {name:8} {(command.__doc__ or '').splitlines()[0]}" for name, command in COMMANDS.items()]
    return "\n".join(["commands, each with --help of its own:", *lines])


def _name_of(chosen: Settings, path: str) -> bytes:
    """Return the name below incoming of a path the user gave; SettingsError where it is not in there."""
    incoming = (chosen.data_dir / "incoming").resolve()
    absolute = Path(path).parent.resolve() / Path(path).name  # a link is named, not followed
    with contextlib.suppress(OSError, ValueError):
        absolute.lstat()
        return os.fsencode(absolute.relative_to(incoming))
    raise SettingsError(f"--once {path!r}: no such file in {incoming}; name files that are in it")


def _explained(error: OSError, data_dir: Path) -> FatalError:
    if error.errno in _NOT_WRITABLE:
        place = data_dir.resolve()
        return SettingsError(
            f"cannot write in {place} as user {os.geteuid()}:{os.getegid()} ({error.strerror}). In a container: "
            f'docker run --user $(id -u):$(id -g) -v "$(pwd)/data:{place}" IMAGE; '
            f"else: sudo chown -R {os.geteuid()}:{os.getegid()} {place}"
        )
    return FatalError(f"{data_dir}: {error}; nothing was lost, start again", ExitCode.LEFT_BEHIND)


def _end_at_once(_number: int, _frame: object) -> NoReturn:
    os._exit(ExitCode.CLEAN)
