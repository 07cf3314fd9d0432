"""`python -m watcher`."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from watcher.errors import ExitCode

_STOPS = (signal.SIGTERM, signal.SIGINT)
_NO_LINUX = (
    "watcher: the daemon needs Linux: run it in a container (docker compose up -d --build), "
    "or process files without it: python -m processing PATH… -o results"
)


def main() -> int:
    """Run the daemon or the command that the arguments name, and return the exit code."""
    if hasattr(signal, "pthread_sigmask"):  # Windows has none
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # until the exit code is known
    from processing.workers.pool import can_run_workers  # noqa: PLC0415 - import all with signals blocked
    from watcher.errors import ExitCode  # noqa: PLC0415

    if not can_run_workers():
        print(_NO_LINUX, file=sys.stderr)  # noqa: T201 - to the user
        return ExitCode.USAGE
    signal.signal(signal.SIGUSR1, dump_threads)
    from watcher.cli import main as run  # noqa: PLC0415

    try:
        return run(sys.argv[1:], _end_at_signals)
    finally:
        for number in _STOPS:  # the interpreter's end would bring back their default actions
            signal.signal(number, signal.SIG_IGN)


def dump_threads(_number: int, _frame: object) -> None:
    """Print the stacks of all threads.

    The interpreter calls this between two instructions of the main thread. `faulthandler.register` would not
    wait for that. It reads the frames of running threads, and sometimes crashes the process.
    """
    faulthandler.dump_traceback(2)


def _end_at_signals(code: ExitCode) -> None:
    """Exit at once with this code when a signal comes or is pending; PID 1 has no default action."""

    def end(_number: int, _frame: object) -> NoReturn:
        os._exit(code)

    for number in _STOPS:
        signal.signal(number, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


if __name__ == "__main__":
    sys.exit(main())
