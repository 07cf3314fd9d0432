"""`check`: what keeps the watcher from working or slows it down, each with the command that fixes it."""

import argparse
import os

from processing.model.safe_text import counted, text_of
from processing.printing import say
from processing.suffixes import shown_suffixes
from watcher.discovery import senders
from watcher.discovery.file_filter import NameKind, kind_of
from watcher.errors import ExitCode
from watcher.preflight.inspections import Inspection, preflight, suffix_fix
from watcher.settings import Settings
from watcher.system.areas import INCOMING


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="say which profile a file of this name gets")


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Print all that was checked, and how many problems must be fixed before a start."""
    found = [*preflight(chosen), *(profile_of(chosen, name) for name in given.names)]
    say("\n".join(map(str, found)))
    problems = sum(each.stops for each in found if each.fix)
    say(f"check: {counted(problems, 'problem')} to fix" if problems else "check: ready")
    return ExitCode.QUARANTINED if problems else ExitCode.CLEAN


def profile_of(chosen: Settings, path: str) -> Inspection:
    """Return which profile a file with this name below incoming gets."""
    name = os.fsencode(path.removeprefix(f"{chosen.data_dir / os.fsdecode(INCOMING)}/"))
    kind, suffixes = kind_of(name, chosen.suffixes), shown_suffixes(chosen.suffixes)
    if kind is NameKind.UNSUPPORTED:
        what = f"{text_of(name)}: such files are ignored: it has no {suffixes}"
        return Inspection(what, suffix_fix(chosen.suffixes, [senders.suffix_of(path)]), stops=False)
    if kind is NameKind.SKIPPED:
        what = f"{text_of(name)}: such files are ignored: uploads in progress and hidden files"
        return Inspection(what, f"give it a name that ends in {suffixes}", stops=False)
    profile = chosen.profiles.for_name(name)
    return Inspection(f"{text_of(name)}: profile {text_of(profile.name.encode())}")
