"""What the commands print. A reader that has closed the pipe costs neither work nor the exit code.

A line may have the name of a file, which gives no command to a runner of GitHub.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable
from typing import NoReturn


class UnwrittenError(Exception):
    """Standard output cannot be written, for another reason than a closed pipe."""


class ArgumentParser(argparse.ArgumentParser):
    """Reads the arguments of a command; an argument in a message about them is safe on a terminal."""

    def error(self, message: str) -> NoReturn:
        """Print the message about wrong arguments, with the usage, and exit."""
        from processing.model.safe_text import text_of, without_commands  # noqa: PLC0415 - rarely needed

        super().error(without_commands(text_of(os.fsencode(message))))


def say(line: str, end: str = "\n") -> bool:
    """Print a line, and flush what was printed before; return False if the reader has closed the pipe."""
    try:
        print(_without_commands(line), end=end, flush=True)  # noqa: T201 - a command
    except OSError as error:
        _discard_output()
        if not isinstance(error, BrokenPipeError):
            raise UnwrittenError(f"{error.strerror}: standard output") from None
        return False
    return True


def say_error(line: str) -> None:
    """Print a line on standard error."""
    print(_without_commands(line), file=sys.stderr)  # noqa: T201 - a command


def run(command: Callable[[], int]) -> int:
    """Run a command, flush all that it printed (--help too), and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may have characters that it cannot encode
    try:
        return command()
    except BrokenPipeError:
        _discard_output()
        return 0
    finally:
        say("", end="")


def unexpected(error: Exception) -> str:
    """Return the message about an error that is a defect: its class, its source line and its text."""
    import traceback  # noqa: PLC0415 - rarely needed

    frame = traceback.extract_tb(error.__traceback__)[-1]
    location = f"{frame.filename}:{frame.lineno}"
    return f"unexpected {type(error).__name__} at {location}: {error}; nothing was lost, start again"


def _without_commands(line: str) -> str:
    if "##[" not in line and "::" not in line:
        return line
    from processing.model.safe_text import without_commands  # noqa: PLC0415 - `status` starts sooner without

    return without_commands(line)


def _discard_output() -> None:
    """Send standard output to nowhere: the interpreter would fail again when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
