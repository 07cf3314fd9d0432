"""What a command prints: a reader that has gone away costs neither its work nor its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


class UnwrittenError(Exception):
    """Standard output takes nothing, and not because its reader has gone."""


def say(line: object) -> bool:
    """Print a line; return False if nobody reads any more."""
    return _tried(lambda: print(line, flush=True))  # noqa: T201 - a command


def run(command: Callable[[], int]) -> int:
    """Return a command's exit code, after all that it printed was handed over; --help prints too."""
    code = 0
    try:
        code = command()
    except BrokenPipeError:
        _let_go()
    finally:
        _tried(sys.stdout.flush)
    return code


def unexpected(error: Exception) -> str:
    """Return what to say of an error that nobody expected: its class, its place and its message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "no place"
    return f"unexpected {type(error).__name__} at {place}: {error}; nothing was lost, start again"


def _tried(write: Callable[[], None]) -> bool:
    try:
        write()
    except OSError as error:
        _let_go()
        if not isinstance(error, BrokenPipeError):
            raise UnwrittenError(f"{error.strerror}: standard output") from None
        return False
    return True


def _let_go() -> None:
    """Write to nowhere from now on: the interpreter must not fail once more as it writes what is left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
