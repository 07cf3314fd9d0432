"""Proposes a profile for a file: reads it, writes what was found, and reads it again with that."""

import os
import stat
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec
from msgspec import UNSET

from processing.formats.changes import with_changes
from processing.formats.toml_files import FormatFile, known_formats
from processing.model.profile import Profile
from processing.model.rejection import Candidate, Caps, RejectedFileError, Rejection
from processing.model.result import Result
from processing.model.safe_text import text_of
from processing.model.stamp import utc_text
from processing.pipeline import process
from processing.profiles import profiles_from
from processing.proposals.candidates import consequence
from processing.proposals.profile_table import table_of
from processing.proposals.profile_text import ProfileScope, text_of_profile
from processing.reading.byte_source import BYTE_ORDER_MARKS, ByteSource, byte_order_mark
from processing.reading.encodings import encoding_of
from processing.reading.reader import read_table
from processing.rows.time_order import sort_rows
from processing.storage import OPEN_FLAGS
from processing.values.toml_text import comment


class ProposalTask(msgspec.Struct, frozen=True):
    """A file, and the scope of the profile to propose."""

    path: bytes
    name: bytes
    """The name that it has, or would have, below the incoming folder."""
    scope: ProfileScope
    profile: Profile
    """The profile that it has now."""
    number: int | None = None
    """The candidate to take, from 1, if the file can be read in several ways."""
    formats: tuple[FormatFile, ...] = ()
    """The site's known formats, beside those shipped."""


class Proposal(msgspec.Struct, frozen=True):
    """A profile that reads a file, or why there is none."""

    text: str = ""
    """A configuration file; empty if there is none."""
    error: str = ""
    candidates: list[Candidate] = []
    """The ways to read the file, of which none was taken."""


def propose(task: ProposalTask) -> Proposal:
    """Return the proposal for a file; runs in a worker."""
    try:
        descriptor = os.open(task.path, OPEN_FLAGS & ~getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb", buffering=0) as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return Proposal(error="it is not a file")
            return _File(stream, task).proposal()
    except MemoryError:
        return Proposal(error="reading it needs more memory than a worker may have: split it")
    except OSError as error:
        return Proposal(error=f"it cannot be read: {error.strerror}")


def way_taken(ways: Sequence[Candidate], number: int | None) -> Candidate | None:
    """Return the candidate of this number, from 1, or the only one; None if there is none."""
    if number is None:
        return ways[0] if len(ways) == 1 else None
    return ways[number - 1] if 1 <= number <= len(ways) else None


class _File:
    """A file for which a profile is wanted."""

    def __init__(self, stream: BinaryIO, task: ProposalTask) -> None:
        self._stream, self._task = stream, task
        self._formats = known_formats(task.formats)
        self._now = utc_text(datetime.now(UTC))

    def proposal(self) -> Proposal:
        """Return a profile that reads the file, or the ways to read it, or why there is none."""
        task, profile, decided = self._task, self._task.profile, ""
        found = self._process(profile)
        if isinstance(found, Rejection):
            ways = [] if found.candidates is UNSET else found.candidates
            taken = way_taken(ways, task.number)
            if taken is None:
                return Proposal(error=found.message, candidates=ways)
            profile = with_changes(profile, tomllib.loads("\n".join(taken.toml)))
            decided = f"Decided: {taken.label} ({found.code})"
        try:
            text = self._text(profile, decided)
        except RejectedFileError as error:
            return Proposal(error=error.message)
        drop = (
            f"drop it, then accept way {task.number or 1}" if decided else "drop it: it is read without one"
        )
        return Proposal(text=text) if text else Proposal(error=f"no profile can say how it is read; {drop}")

    def _text(self, profile: Profile, decided: str) -> str:
        """Return the first text by which the file is read as it is read now; empty if there is none."""
        table = read_table(self._source(profile), profile, 0, self._task.name, self._formats)
        rows = sort_rows(table, table.profile)
        known = table.dialect.format_name
        meant = consequence(rows, rows.valid_rows())
        heading = [
            f"A profile for files such as {text_of(self._task.name)}: {meant}",
            *([decided] if decided else ()),
            *([f"Such files are known as {known}, and read without a profile"] if known else ()),
            "Save it as watcher.toml, start with --config watcher.toml; or add it to the file that you use",
        ]
        encoding, wanted = self._encoding(profile), self._process(profile)
        for left_out in ((), ("header",), ("header", "column", "unit")):
            keys = table_of(table.dialect, rows, encoding, left_out)
            text = text_of_profile(self._task.scope, keys, table.dialect, rows, heading)
            if self._reads(text, wanted, profile.caps):
                return text
        return "".join(f"{comment(line)}\n" for line in heading[:-1]) if known else ""

    def _reads(self, text: str, wanted: Result | Rejection, caps: Caps) -> bool:
        """Return whether a text is a valid configuration with which the file has the wanted result."""
        tables = {key: value for key, value in tomllib.loads(text).items() if key != "suffixes"}
        found = self._process(profiles_from(tables).with_caps(caps).for_name(self._task.name))
        return (
            isinstance(wanted, Result)
            and isinstance(found, Result)
            and (found.metrics, found.records_total) == (wanted.metrics, wanted.records_total)
        )

    def _source(self, profile: Profile) -> ByteSource:
        self._stream.seek(0)
        return ByteSource(self._stream, profile.caps, packed=self._task.name.lower().endswith(b".gz"))

    def _process(self, profile: Profile) -> Result | Rejection:
        self._stream.seek(0)
        return process(
            self._stream, profile, name=self._task.name, processed_at=self._now, formats=self._formats
        )

    def _encoding(self, profile: Profile) -> str:
        """Return the encoding of the file; empty if it is plain ASCII or its profile states it."""
        if profile.csv.encoding != "auto":
            return ""
        head = next(self._source(profile).lines("latin-1"), b"").decode().encode("latin-1")
        if mark := byte_order_mark(head):
            return BYTE_ORDER_MARKS[mark].removesuffix("-le").removesuffix("-be")
        found = encoding_of(head, profile)
        return found if found != "auto" else "" if head.isascii() else "utf-8"
