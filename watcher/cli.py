"""Arguments to settings, commands to calls, errors to exit codes."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from watcher import logs, settings
from watcher.daemon import Daemon
from watcher.errors import ExitCode, FatalError, SettingsError

DESCRIPTION = """\
Watches DATA_DIR/incoming; each CSV or CSV.GZ that lands there is judged, its result is published in
DATA_DIR/processed, and the file goes to DATA_DIR/archive or, with its reason, to DATA_DIR/quarantine."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name and return the process's exit code."""
    signal.signal(signal.SIGTERM, _end_before_start)  # PID 1 has no default: a signal now must not be lost
    try:
        return _run(arguments)
    except FatalError as error:
        logs.flush()
        print(f"watcher: {error}", file=sys.stderr)  # noqa: T201 - the operator's sentence
        return error.exit_code


def _run(arguments: Sequence[str]) -> ExitCode:
    parser = argparse.ArgumentParser(prog="python -m watcher", description=DESCRIPTION)
    parser.add_argument(
        "--once",
        nargs="*",
        metavar="PATH",
        help="process what is in incoming now, or just these files in it, and exit",
    )
    settings.add_flags(parser)
    given = parser.parse_args(arguments)
    chosen = settings.load(vars(given))
    logs.configure(chosen.log_format, chosen.log_level)
    names = [_name_of(chosen, path) for path in given.once or ()]
    daemon = Daemon(chosen, once=given.once is not None, names=names or None)
    code = daemon.run()
    if daemon.hung:
        logs.flush()
        os._exit(code)
    return code


def _name_of(chosen: settings.Settings, path: str) -> bytes:
    """Return the name below incoming of a path the user gave; SettingsError where it is not in there."""
    incoming = os.path.realpath(os.path.join(os.fsencode(chosen.data_dir), b"incoming"))
    folder, base = os.path.split(os.path.abspath(os.fsencode(path)))
    name = os.path.relpath(os.path.join(os.path.realpath(folder), base), incoming)
    if name.split(b"/")[0] in {b"..", b"."} or not os.path.lexists(os.path.join(incoming, name)):
        raise SettingsError(
            f"--once {path!r}: no such file in {os.fsdecode(incoming)}; give files that are in it"
        )
    return name


def _end_before_start(_number: int, _frame: object) -> NoReturn:
    os._exit(ExitCode.CLEAN)
