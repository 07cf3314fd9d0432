"""`accept`: one of the ways to read a quarantined file becomes a known format of this site."""

import argparse
import contextlib
import os
import time
import tomllib
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import compress
from operator import not_
from typing import Any, NamedTuple

import msgspec

from processing import file_naming
from processing.formats.known_format import KnownFormat, takes_formats
from processing.formats.known_formats import matching
from processing.formats.toml_files import SUFFIX, known_formats, site_formats
from processing.model.profile import Profile
from processing.model.rejection import Candidate, RejectedFileError, RejectionRecord
from processing.model.safe_text import argument_of, counted, device_of, text_of
from processing.printing import say
from processing.proposals.format_text import NewFormat, NoFormatError, new_format
from processing.proposals.proposal import way_taken
from processing.reading.byte_source import ByteSource
from processing.reading.reader import opened
from processing.values.toml_text import lines_of, toml_key
from watcher.commands.profile import say_candidates, scope_of, way_number
from watcher.commands.registry import name_in
from watcher.commands.retry import GONE, became_of, quarantined, retry
from watcher.dispatch.site_formats import written
from watcher.errors import ExitCode, SettingsError
from watcher.filing import record_header
from watcher.filing.record_header import Head
from watcher.monitoring.control_client import status_of
from watcher.settings import Settings, command_line
from watcher.system.areas import ARCHIVE, PROFILES, QUARANTINE, folder_in, join, walk
from watcher.system.filesystem import FileSystem, regular_file

_QUIET_SECONDS = 60.0
"""In addition to `settle`: if no file ends for this long, stop waiting for the others."""
_POLL_SECONDS = 0.1


class _Rejected(NamedTuple):
    """A quarantined file."""

    name: bytes
    """Below quarantine."""
    head: Head
    reason: RejectionRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("name", metavar="NAME", help="a file's name below quarantine")
    parser.add_argument("number", nargs="?", type=way_number, metavar="N", help="the way to take, of several")
    scope = "let an answer that the header does not show hold for all devices, not for this one alone"
    parser.add_argument("--all-devices", action="store_true", help=scope)


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Take a candidate, write the format, and send back the files that it reads.

    This is safe beside the daemon, which writes nothing to the folder of formats and compares it before each
    task. The format is a new file that is renamed, and it is on the disk before the first file is sent back,
    so each of them is read by it; the named one is sent back last. A crash before the rename leaves all
    as it was; after it, the same command sends back what is still in quarantine.
    """
    site = _Site(chosen)
    name = name_in(chosen, QUARANTINE, given.name)
    shown = text_of(name)
    found = site.checked(name)
    ways = list(found.reason.candidates or ())
    taken = way_taken(ways, given.number)
    if taken is None and ways:
        say_candidates(ways, f"{shown} can be read in {counted(len(ways), 'way')}")
        say(f"take one: {command_line('accept', chosen)} {argument_of(name)} N")
        return ExitCode.USAGE
    if taken is None:
        say(f"{shown}: there is nothing to accept: {found.reason.error.message}")
        say(f"if a profile reads it now, send it back: {command_line('retry', chosen)} {argument_of(name)}")
        return ExitCode.QUARANTINED
    return _accept(site, found, taken, all_devices=given.all_devices)


def _accept(site: "_Site", found: _Rejected, taken: Candidate, *, all_devices: bool) -> ExitCode:
    profile, shown = site.profile_of(found), text_of(found.name)
    changes = _keys(taken.toml)
    if not takes_formats(profile):
        why = f"the profile {text_of(profile.name.encode())} of --config says how such files are read"
        return _to_be_written(site, found, changes, why)
    try:
        new, alike, left = site.made(found, taken, all_devices=all_devices)
    except NoFormatError as error:
        return _to_be_written(site, found, changes, str(error))
    if others := site.others(found, new):
        say(f"{shown}: {' and '.join(others)} fits these files too: remove it, then accept again")
        return ExitCode.QUARANTINED
    say(f"{shown}: {taken.label}: {taken.consequence}")
    code, sent = ExitCode.CLEAN, []
    name, text = os.fsencode(f"{new.name}{SUFFIX}"), new.text.encode()
    with written(site.fs, site.data_dir, name, text, lambda: site.checked(found.name)) as (path, earlier):
        if earlier is not None:
            say(f"the earlier {text_of(path)} is kept as {text_of(earlier)}, which is not read")
        say(f"written: {text_of(path)}; {new.files} are now read so; to change that, edit or remove it")
        if site.has_archived():
            again = f"{command_line('reprocess', site.chosen)} --older-profile"
            say(f"files in the archive keep their results; to read such files again: {again}")
        for each in alike:
            problem = retry(site.fs, site.data_dir, each.name).problem
            means = (f": {one.consequence}" for one in each.reason.candidates or () if one.toml == taken.toml)
            say(f"{text_of(each.name)}: {problem or 'sent back' + next(means, '')}")
            if problem:
                code = ExitCode.LEFT_BEHIND
            else:
                sent.append(each.head)
    _say_left(site, left)
    return max(code, _outcome(site, sent))


def _keys(lines: Sequence[str]) -> dict[str, Any]:
    return tomllib.loads("\n".join(lines))


def _say_left(site: "_Site", left: list[_Rejected]) -> None:
    """Name a file of each other device that asks the same."""
    first = {_device(one): one.name for one in reversed(left)}
    for device, name in sorted(first.items()):
        whose = f"the files of {text_of(device)}" if device else "the files in no folder"
        say(f"{whose} are asked on their own: {command_line('accept', site.chosen)} {argument_of(name)} N")
    if left:
        say("with --all-devices, an answer holds for every device")


def _question(found: _Rejected, known: KnownFormat) -> tuple[str, list[list[str]]]:
    """Return the code of a rejection; without a header, also its ways: a total has the form of a power."""
    ways = [] if known.fingerprint.columns else sorted(one.toml for one in found.reason.candidates or ())
    return found.reason.error.code, ways


def _device(found: _Rejected) -> bytes:
    return device_of(found.head.name)


def _to_be_written(site: "_Site", found: _Rejected, changes: dict[str, Any], why: str) -> ExitCode:
    """Say what to write instead of a format."""
    scope, own = scope_of(site.chosen, found.head.name), site.profile_of(found)
    is_there = any(own is rule.profile for rule in site.profiles.rules)
    name, tables = (own.name, changes) if is_there else (scope.name, {"match": [scope.match], **changes})
    path, shown = f"profiles.{toml_key(name)}", text_of(found.name)
    place = f"[{path}] in the file of --config" if is_there else "the file of --config"
    back = f"then send the file back: {command_line('retry', site.chosen)} {argument_of(found.name)}"
    say(f"{shown}: {why}; write to {place} what follows, start again with that file, {back}")
    say("\n".join(lines_of(path, tables, {})))
    return ExitCode.QUARANTINED


def _outcome(site: "_Site", sent: list[Head]) -> ExitCode:
    """Say what became of the files that were sent back, if a daemon is there to process them."""
    status = status_of(site.chosen.data_dir)
    if "pid" not in status or status["single_run"]:
        say(f"{counted(len(sent), 'file')} sent back; no daemon runs: the next start processes them")
        return ExitCode.CLEAN
    waiting, processed, rejected = list(sent), 0, 0
    quiet = _QUIET_SECONDS + 2 * (site.profiles.default.settle or site.chosen.settle)
    deadline = time.monotonic() + quiet
    while waiting and time.monotonic() < deadline:
        for head in list(waiting):
            became = became_of(site.fs, site.data_dir, head)
            if became is None:
                continue
            waiting.remove(head)
            deadline = time.monotonic() + quiet
            processed, rejected = processed + (not became), rejected + bool(became)
            say(f"{text_of(head.name)}: {became or 'processed'}")
        time.sleep(_POLL_SECONDS if waiting else 0)
    left = f", {len(waiting)} not processed yet: see `status`" if waiting else ""
    say(f"{processed} processed, {rejected} rejected{left}")
    return ExitCode.LEFT_BEHIND if waiting else ExitCode.QUARANTINED if rejected else ExitCode.CLEAN


class _Site:
    """The data folder: its quarantined files, and its formats."""

    def __init__(self, chosen: Settings) -> None:
        self.chosen, self.profiles = chosen, chosen.profiles
        self.fs, self.data_dir = FileSystem(durable=chosen.durability == "full"), os.fsencode(chosen.data_dir)

    def checked(self, name: bytes) -> _Rejected:
        """Return a quarantined file with its reason. Raises SettingsError if there is none."""
        if (found := self.rejected(name)) is not None:
            return found
        archived = join(self.data_dir, ARCHIVE, name)
        ways = f"; the ways to read it: {command_line('profile', self.chosen)} {argument_of(archived)}"
        hint = ways if record_header.is_below(name) and os.path.lexists(archived) else ""
        raise SettingsError(f"{text_of(name)}: {GONE} with a reason beside it{hint}")

    def rejected(self, name: bytes) -> _Rejected | None:
        """Return a quarantined file with its reason; None if it, or its reason, is missing or damaged."""
        if not record_header.is_below(name):
            return None
        with (
            contextlib.suppress(FileNotFoundError, NotADirectoryError),
            folder_in(self.fs, self.data_dir, join(QUARANTINE, name)) as folder,
        ):
            found = record_header.read_of_input(self.fs, name, folder, quarantined=True)
            if found is not None:
                return _Rejected(name, found[0], msgspec.json.decode(found[1], type=RejectionRecord))
        return None

    def profile_of(self, found: _Rejected) -> Profile:
        """Return the profile of a file, without what a known format changes in it."""
        return self.profiles.for_name(found.head.name)

    def beginning(self, found: _Rejected) -> bytes:
        """Return the first lines of a file; empty if they cannot be read."""
        profile, base = self.profile_of(found), file_naming.parts_of(found.name).base
        path = join(QUARANTINE, found.name)
        with (
            contextlib.suppress(RejectedFileError, FileNotFoundError),
            folder_in(self.fs, self.data_dir, path) as folder,
            regular_file(self.fs, base, folder) as descriptor,
        ):
            if descriptor is not None:
                stream = os.fdopen(descriptor, "rb", buffering=0, closefd=False)
                packed = found.head.name.lower().endswith(b".gz")
                source = ByteSource(stream, profile.caps, packed=packed)
                return opened(source, profile, found.head.name).head
        return b""

    def formats(self) -> tuple[KnownFormat, ...]:
        """Return all formats that are known here."""
        return known_formats(site_formats(self.chosen.data_dir / os.fsdecode(PROFILES)).files)

    def made(
        self, found: _Rejected, taken: Candidate, *, all_devices: bool
    ) -> tuple[NewFormat, list[_Rejected], list[_Rejected]]:
        """Return the format made by a decision, the files to send back, and those like them that it leaves.

        Raises NoFormatError.
        """
        head, profile, formats = self.beginning(found), self.profile_of(found), self.formats()
        shown = _keys(taken.shown or ())
        make = partial(new_format, head, profile, found.head.name, _keys(taken.toml), formats, shown=shown)
        new = make(devices=() if all_devices else {text_of(_device(found))})
        of, alike = new.known.fingerprint.devices, [*self.alike(found, make().known)]
        is_read = [not of or text_of(_device(one)) in of for one in alike]
        return new, [*compress(alike, is_read)], [*compress(alike, map(not_, is_read))]

    def others(self, found: _Rejected, new: NewFormat) -> list[str]:
        """Return the paths of the other formats of this site that fit a file besides a new one."""
        fitting = matching(self.beginning(found), self.formats(), self.profile_of(found), found.head.name)
        own = [one.known for one in fitting if not one.known.is_shipped and one.known.name != new.name]
        for_all = not new.known.fingerprint.devices
        names = [one.name for one in own if one.fingerprint.devices or for_all]
        return [text_of(join(self.data_dir, PROFILES, os.fsencode(f"{name}{SUFFIX}"))) for name in names]

    def has_archived(self) -> bool:
        """Return whether there are archived files."""
        with contextlib.suppress(FileNotFoundError):
            return any(True for _ in walk(self.fs, self.data_dir, ARCHIVE))
        return False

    def alike(self, found: _Rejected, known: KnownFormat) -> Iterator[_Rejected]:
        """Yield the other files with the same question that a format fits, then this file."""
        for name in list(quarantined(self.fs, self.data_dir)):
            other = self.rejected(name) if name != found.name else None
            if other is None or _question(other, known) != _question(found, known):
                continue
            profile = self.profile_of(other)
            if takes_formats(profile) and matching(self.beginning(other), [known], profile, other.head.name):
                yield other
        yield found
