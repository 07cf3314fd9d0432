"""`profile`: prints a profile that reads a file, wherever the file is."""

import argparse
import os
import re
from pathlib import Path

from processing import file_naming
from processing.formats.toml_files import site_formats
from processing.model.rejection import Candidate
from processing.model.safe_text import argument_of, device_of, text_of
from processing.printing import say
from processing.proposals.profile_text import ProfileScope
from processing.proposals.proposal import Proposal, ProposalTask, propose
from processing.suffixes import TEXT_SUFFIXES
from processing.workers.attempts import PoolUnavailableError, WorkerDiedError, WorkerTimedOutError, error_text
from processing.workers.local_pool import LocalPool
from watcher.commands.registry import name_below, name_in
from watcher.errors import ExitCode, FatalError, SettingsError
from watcher.settings import Settings, command_line
from watcher.system.areas import ARCHIVE, INCOMING, PROFILES, QUARANTINE

_AREAS = (INCOMING, QUARANTINE, ARCHIVE)
_NUMBERS = re.compile(r"\d+(?:\W\d+)*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="any file, also .gz and with any suffix")
    number = "the way to take, if the file can be read in several"
    parser.add_argument("number", nargs="?", type=way_number, metavar="N", help=number)


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Print the profile, or the candidates, or why there is none."""
    path = _path_of(chosen, given.file)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    shown = text_of(os.fsencode(given.file))
    if not is_file:
        raise SettingsError(
            f"{shown}: {'it is not a file' if os.path.lexists(path) else 'there is no such file'}"
        )
    found = _proposal(chosen, path, given.number)
    if found.text:
        say(found.text, end="")
        return ExitCode.CLEAN
    if not found.candidates:
        say(f"{shown}: {found.error}")
        return ExitCode.QUARANTINED
    say_candidates(found.candidates, f"{shown} can be read in several ways")
    command = command_line("profile", chosen)
    say(f"take one: {command} {argument_of(os.fsencode(given.file))} N")
    return ExitCode.USAGE


def way_number(text: str) -> int | None:
    """Return the number of a way; None, so that the ways are listed, for the N of a message."""
    if text == "N":
        return None
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


def say_candidates(candidates: list[Candidate], what: str) -> None:
    """Print what each way to read a file would mean."""
    say(f"{what}:")
    for number, one in enumerate(candidates, 1):
        say(f"{number}: {one.label}: {one.consequence}")
        for line in one.toml:
            say(f"   {line}")


def _proposal(chosen: Settings, path: Path, number: int | None) -> Proposal:
    name, is_below = _name_of(chosen, path)
    scope = scope_of(chosen, name, is_below=is_below)
    profile = chosen.profiles.for_name(name)
    formats = site_formats(chosen.data_dir / os.fsdecode(PROFILES)).files
    task = ProposalTask(os.fsencode(path), name, scope, profile, number, formats)
    pool = LocalPool(1, chosen.file_seconds, chosen.file_memory)
    try:
        return pool.submit(propose, task).result()
    except WorkerTimedOutError:
        return Proposal(error=f"reading it takes more than {chosen.file_seconds:g} s; raise --file-seconds")
    except (WorkerDiedError, PoolUnavailableError) as error:
        raise FatalError(f"{text_of(name)}: {error_text(error)}") from error
    finally:
        pool.shutdown()


def _path_of(chosen: Settings, path: str) -> Path:
    """Return the path of a file; in the data folder, its name may be in the form that this program prints."""
    for area in _AREAS:
        folder = chosen.data_dir / os.fsdecode(area)
        if name_below(folder, path):
            return folder / os.fsdecode(name_in(chosen, area, path))
    return Path(path)


def _name_of(chosen: Settings, path: Path) -> tuple[bytes, bool]:
    """Return the name below incoming that a file has or would have, and whether it is in the data folder."""
    areas = (chosen.data_dir / os.fsdecode(area) for area in _AREAS)
    below = next(filter(None, (name_below(area, str(path)) for area in areas)), None)
    return below or os.fsencode(path.name), below is not None


def scope_of(chosen: Settings, name: bytes, *, is_below: bool = True) -> ProfileScope:
    """Return the name of a profile for a file, and its pattern of names; `name` is below incoming.

    If the file is not `is_below` incoming, its folder there is not known.
    """
    text = text_of(name)
    parts = file_naming.parts_of(name)
    suffixes: tuple[str, ...] = ()
    if parts.extension and not name.lower().endswith(chosen.suffixes):
        plain = {parts.extension.lower().removesuffix(b".gz"), *chosen.suffixes}
        suffixes = tuple(each.decode() for each in TEXT_SUFFIXES if each in plain)
    if device := device_of(text):
        return ProfileScope(device, f"{_literal(device)}/*", suffixes)
    stem = text_of(parts.stem)
    pattern = "*".join(map(_literal, _NUMBERS.split(stem))) + _literal(text.removeprefix(stem))
    pattern = pattern if is_below else f"*{pattern}"
    called = _NUMBERS.sub("", stem).strip(" _-.") or "logger"
    return ProfileScope(called, re.sub(r"\*+", "*", pattern), suffixes)


def _literal(text: str) -> str:
    """Return a pattern of names that matches this text only."""
    return re.sub(r"([*?\[])", r"[\1]", text)
