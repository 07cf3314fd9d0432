"""`python -m watcher`."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from processing.system import can_run_workers
from watcher.errors import ExitCode

_NO_LINUX = (
    "watcher: the daemon needs Linux: run it in a container (docker compose up -d --build), "
    "or process files without it: python -m processing PATH… -o results"
)


def main() -> int:
    """Run the command that the process's arguments name and return its exit code."""
    if not can_run_workers():
        print(_NO_LINUX, file=sys.stderr)  # noqa: T201 - to the user
        return ExitCode.USAGE
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_at_once)  # PID 1 has no default: a signal while we load must not be lost
    from watcher.cli import main as run  # noqa: PLC0415 - loading it takes a moment

    return run(sys.argv[1:])


def _end_at_once(_number: int, _frame: object) -> NoReturn:
    arguments = sys.argv[1:]
    is_daemon = "--once" not in arguments and all(each.startswith("-") for each in arguments[:1])
    os._exit(ExitCode.CLEAN if is_daemon else ExitCode.LEFT_BEHIND)


if __name__ == "__main__":
    sys.exit(main())
