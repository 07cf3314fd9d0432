"""The commands beside the daemon: the name and the help of each, and how one is run.

A command is one entry of `COMMANDS` and the module of that name in this package, with two functions:
`add_arguments(parser)` and `run(chosen, given)`. The module is imported when the command is used: the
container's health check runs `status` every half minute.
"""

import argparse
import contextlib
import functools
import importlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from processing.printing import ArgumentParser, say_error
from watcher import settings
from watcher.errors import ExitCode
from watcher.settings import Settings

_HELP_FORMATTER = functools.partial(argparse.RawDescriptionHelpFormatter, width=80)
"""The width is fixed because argparse imports slow modules to find that of the terminal."""


class Command(NamedTuple):
    """A command as the command line knows it before it imports the module."""

    help: str
    flags: tuple[str, ...] = ("data_dir", "config")
    """The settings for which it has flags; empty for all."""
    checks_settings: bool = True
    """Whether it checks the profiles and warns of unknown variables; a health check does neither."""


COMMANDS = {
    "accept": Command(
        "Read a quarantined file, and all like it, in one of the ways that its reason lists.",
        ("data_dir", "config", "settle", "durability"),
    ),
    "audit": Command(
        "Check that each archived or quarantined file has exactly one record, and the reverse.",
        ("data_dir", "config", "suffixes"),
    ),
    "check": Command(
        "Check folders, permissions, mounts, space, events and profiles before a start.", flags=()
    ),
    "profile": Command(
        "Print a profile that reads a file: what was found in it, and what to decide.",
        ("data_dir", "config", "suffixes", "file_seconds", "file_memory", "max_file_bytes", "max_invalid"),
    ),
    "prune": Command("Remove old archived files that have a record; the records stay."),
    "report": Command("Draw all pages and the index again from the records."),
    "reprocess": Command(
        "Process archived files again, for instance after a change of a profile.",
        flags=(),
    ),
    "retry": Command("Send quarantined files back to incoming to be processed again."),
    "status": Command(
        "Say whether the daemon on this folder is healthy: exit code 0 if it is, else 1 and each reason.",
        checks_settings=False,
    ),
}


def run_command(name: str, program: str, arguments: Sequence[str]) -> ExitCode:
    """Run a command of `COMMANDS` with its arguments and return its exit code."""
    command = COMMANDS[name]
    module = importlib.import_module(f"watcher.commands.{name}")
    parser = parser_of(program, command.help, command.flags)
    module.add_arguments(parser)
    given = parser.parse_args(arguments)
    if command.checks_settings:
        for sentence in settings.unknown_variables():
            say_error(f"watcher: {sentence}")
    chosen = settings.load(vars(given), check_profiles=command.checks_settings)
    with explained_errors(chosen):
        code: ExitCode = module.run(chosen, given)
    return code


@contextlib.contextmanager
def explained_errors(chosen: Settings) -> Iterator[None]:
    """Turn an error of the operating system into a sentence that names the path and the fix."""
    try:
        yield
    except OSError as error:
        from watcher.preflight.inspections import explained

        raise explained(error, chosen.data_dir) from error


def check_data_dir(chosen: Settings) -> None:
    """Raise OSError if the data folder is not there or not a folder: no name in it can be found then."""
    os.stat(f"{chosen.data_dir.absolute()}/.")  # noqa: PTH116 - pathlib drops the dot


def name_below(folder: Path, path: str) -> bytes | None:
    """Return the name below `folder` of the file that a path leads to, None if it is not in there."""
    with contextlib.suppress(OSError, ValueError):
        absolute = Path(path).parent.resolve() / Path(path).name  # a link is named, not followed
        return os.fsencode(absolute.relative_to(folder.resolve()))
    return None


def name_in(chosen: Settings, area: bytes, path: str) -> bytes:
    """Return the name below an area of the file that a path or a name below the area leads to.

    The name may be in the form that this program prints, if it is that of one file alone; see `text_of`.
    Raises OSError if there is no data folder.
    """
    from processing.model.safe_text import text_of, without_commands
    from watcher.system.areas import join, walk
    from watcher.system.filesystem import FileSystem

    folder = chosen.data_dir / os.fsdecode(area)
    check_data_dir(chosen)
    name = name_below(folder, path) or os.fsencode(path)
    if b"\\x" not in name or os.path.lexists(join(os.fsencode(folder), name)):
        return name
    files = walk(FileSystem(), os.fsencode(chosen.data_dir), area, failed=lambda *_: None)
    names, given = (join(below, base) for below, base, _ in files), os.fsdecode(name)
    shown_so = [each for each in names if given in (text_of(each), without_commands(text_of(each)))]
    return shown_so[0] if len(shown_so) == 1 else name


def parser_of(
    program: str, description: str, names: Sequence[str], epilog: str = ""
) -> argparse.ArgumentParser:
    """Return a parser with a flag for each of these settings, for all of them if `names` is empty."""
    parser = ArgumentParser(
        program, description=description, epilog=epilog, allow_abbrev=False, formatter_class=_HELP_FORMATTER
    )
    settings.add_flags(parser, names)
    return parser
