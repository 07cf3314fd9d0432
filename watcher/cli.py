"""The command line: reads the arguments, runs the daemon or a command, and turns errors into exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from processing import printing
from processing.printing import UnwrittenError
from processing.version import PROGRAM_VERSION
from watcher import settings
from watcher.commands.registry import (
    COMMANDS,
    check_data_dir,
    explained_errors,
    name_below,
    parser_of,
    run_command,
)
from watcher.errors import ExitCode, FatalError, SettingsError
from watcher.settings import Settings

if TYPE_CHECKING:
    from watcher.daemon import Daemon

PROGRAM = "python -m watcher"
DESCRIPTION = """\
Watches DATA_DIR/incoming. Each .csv or .csv.gz file that arrives is processed (other suffixes: --suffixes);
its result is published in DATA_DIR/processed, and the file is moved to DATA_DIR/archive or, with its reason,
to DATA_DIR/quarantine."""


def main(arguments: Sequence[str], end_at_signals: Callable[[ExitCode], None] = lambda _code: None) -> int:
    """Run the daemon or the command that the arguments name, and return the exit code.

    `end_at_signals` is called with the exit code that a signal causes, as soon as it is known.
    """
    name = arguments[0] if arguments else ""
    try:
        if name and not name.startswith("-"):
            end_at_signals(ExitCode.LEFT_BEHIND)
            _check_command(name)
            return printing.run(lambda: run_command(name, f"{PROGRAM} {name}", arguments[1:]))
        return printing.run(lambda: _watch(arguments, end_at_signals))
    except Exception as error:  # noqa: BLE001 - Python's own exit code 1 would mean that a file was rejected
        return _print_error(_as_fatal(error))


def _as_fatal(error: Exception) -> FatalError:
    if isinstance(error, FatalError):
        return error
    if isinstance(error, ModuleNotFoundError):
        fix = "use the Python of .venv (`. .venv/bin/activate`), or install requirements.txt"
        return SettingsError(f"{sys.executable} has no {error.name}: {fix}")
    if isinstance(error, OSError):
        return FatalError(f"{error.strerror}: {error.filename}")
    return FatalError(str(error) if isinstance(error, UnwrittenError) else printing.unexpected(error))


def _print_error(error: FatalError) -> ExitCode:
    from processing.model.safe_text import text_of

    text = text_of(str(error).encode("utf-8", "surrogateescape"))  # it may have a name of a file
    printing.say_error(f"watcher: {text}")
    return error.exit_code


def _check_command(name: str) -> None:
    if name in COMMANDS:
        return
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    known = f"the nearest is {near[0]}" if near else f"there are {', '.join(COMMANDS)}"
    raise SettingsError(f"{name!r} is not a command; {known}. Files are named after --once")


def _watch(arguments: Sequence[str], end_at_signals: Callable[[ExitCode], None]) -> int:
    """Run the daemon, or with --once a single run."""
    width = max(map(len, COMMANDS))
    commands = (f"  {name:{width}} {command.help}" for name, command in COMMANDS.items())
    epilog = "\n".join(["commands, each with --help of its own:", *commands])
    parser = parser_of(PROGRAM, DESCRIPTION, names=(), epilog=epilog)
    once = "process the files that are in incoming now, or only these of them, and exit"
    parser.add_argument("--once", nargs="*", metavar="PATH", help=once)
    parser.add_argument("--version", action="version", version=PROGRAM_VERSION)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given, unknown = parser.parse_known_args(arguments[:end])
    if unknown:
        is_command = unknown[0] in COMMANDS
        before = f"the command comes before its flags: {PROGRAM} {unknown[0]} ...; " if is_command else ""
        parser.error(f"{before}unrecognized arguments: {' '.join(unknown)}")
    if named := arguments[end + 1 :]:
        if given.once is None:
            parser.error(f"{named[0]!r}: files are named after --once")
        given.once += named
    if_stuck = ExitCode.CLEAN if given.once is None else ExitCode.LEFT_BEHIND
    end_at_signals(if_stuck)
    from watcher.system import mounts
    from watcher.system.areas import AREAS

    chosen = settings.load(vars(given), check_profiles=False)
    paths = [os.fsencode(chosen.data_dir / each) for each in ("", *map(os.fsdecode, AREAS))]
    if not any(map(mounts.may_never_answer, paths)):
        return _run(chosen, given.once)
    from watcher.system.hung_exit import run_guarded

    return run_guarded(lambda: _run(chosen, given.once), if_stuck=if_stuck)


def _run(chosen: Settings, once: list[str] | None) -> ExitCode:
    from watcher.system.allocator import use_one_heap

    use_one_heap()
    pool: LocalPool | None = None
    if chosen.engine == "local":  # its first worker starts beside what follows
        from processing.workers.local_pool import LocalPool

        pool = LocalPool(chosen.workers, chosen.file_seconds, chosen.file_memory)
        pool.warm_up()
    _ = chosen.profiles  # SettingsError if they are wrong
    from watcher.daemon import Daemon
    from watcher.monitoring import log_setup
    from watcher.parts import Parts
    from watcher.preflight.inspections import is_lost_with_container
    from watcher.reporting import terminal

    quiet = once is not None and terminal.takes_over(chosen.log_format, chosen.log_level)
    daemon: Daemon | None = None
    try:
        log_setup.configure(chosen.log_format, "error" if quiet else chosen.log_level)
        for sentence in settings.unknown_variables():
            log_setup.logger().warning("settings.unknown", message=sentence)
        with explained_errors(chosen):
            names = [_name_of(chosen, path) for path in once or ()]
            if is_lost_with_container(chosen.data_dir):
                log_setup.logger().warning("folders.not_kept", data_dir=chosen.data_dir)
            log = log_setup.logger().bind()  # an unbound one would be bound at each call
            daemon = Daemon(Parts(chosen, log, once=once is not None, names=names or None, pool=pool))
            code = daemon.run()
    except Exception as error:  # noqa: BLE001 - every error is logged and has an exit code
        code = _log_failure(error)
    if daemon is not None and daemon.hung:
        log_setup.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for fd in (1, 2):  # their readers would wait for a thread that hangs in the kernel
            os.dup2(nowhere, fd)
        os._exit(code)
    return code


def _log_failure(error: Exception) -> ExitCode:
    from watcher.monitoring import log_setup

    fatal, more = _as_fatal(error), {} if isinstance(error, FatalError) else {"exc_info": error}
    log_setup.logger().error("watcher.failed", error=str(fatal), exit_code=int(fatal.exit_code), **more)
    log_setup.flush()
    return _print_error(fatal)


def _name_of(chosen: Settings, path: str) -> bytes:
    """Return the name below incoming of a path from the command line; SettingsError if it is not there."""
    check_data_dir(chosen)
    incoming = (chosen.data_dir / "incoming").resolve()
    name = name_below(incoming, path)
    if name is None or not os.path.lexists(path):
        raise SettingsError(f"--once {path!r}: no such file in {incoming}; name files that are in it")
    if Path(path).is_dir() and not Path(path).is_symlink():
        raise SettingsError(f"--once {path!r} is a folder: name the files in it, or none for all")
    return name
