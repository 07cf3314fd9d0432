"""The rejection of a file and its record, with the parts that the record of a result has too."""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from processing.model.safe_text import b64_of, text_of

SCHEMA_VERSION = "1.1"
"""Major.minor: new keys raise the minor; a key that is removed or changes its meaning raises the major."""


class Caps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits beyond which a file is rejected. The flags of the daemon set them."""

    max_bytes: Annotated[int, Meta(gt=0)] = 1 << 30
    """The size of the text after decompression."""
    max_memory: Annotated[int, Meta(gt=0)] = 512 << 20
    """The memory of the columns of a file, in bytes."""
    max_invalid: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """The fraction of rows with syntax errors above which a file is malformed."""


MEANING, ADVICE, COMMAND = "It would mean ", "To read it, write in ", "To read it: "
"""What stands before the ways, before the lines of a profile, and before the command that does the same."""
OR_LINES = "; or write in "
"""What stands between that command and those lines."""


def with_command(message: str, command: str) -> str:
    """Return the message of a rejection with the command that does what the lines in its advice do."""
    finding, advice, lines = message.rpartition(ADVICE)
    return f"{finding}{COMMAND}{command}{OR_LINES}{lines}" if advice else f"{message}; or: {command}"


def paragraphs(message: str) -> list[str]:
    """Return the message of a rejection in lines: what was found, what each way means, what to write for it.

    `W or kW? It would mean 1: 2 kWh; 2: 2000 kWh.` becomes `W or kW?`, `It would mean`, `1: 2 kWh;` and
    `2: 2000 kWh.`.
    """
    ways = r"(?:(?<=;)|(?<=would mean)|(?<=one of)) (?=(?:or )?\d: )"
    return re.split(rf"(?<=\S) (?={MEANING}|{ADVICE}|{COMMAND})|{ways}", message)


def with_first_part(message: str, file: bytes, processed_at: datetime) -> str:
    """Return the message of a rejection with the archived file whose rest it may be; the time is in UTC."""
    return (
        f"perhaps the rest of {text_of(file)}, processed at {processed_at:%Y-%m-%dT%H:%M:%SZ}: if its logger "
        f"pauses between rows, raise --settle, or settle in its profile, above the longest pause; {message}"
    )


class Choice(NamedTuple):
    """One of several ways to read a file: its label, and what it changes in the table of a profile."""

    label: str
    changes: dict[str, Any]
    is_detail: bool = False
    """Whether it says more about the columns that are read, and comes in the place of their choice."""


class RejectedFileError(Exception):
    """The file is rejected: a code of the documented list, a sentence, and the line and column if known."""

    def __init__(
        self,
        code: str,
        message: str,
        line: int | None = None,
        column: str | None = None,
        choices: Sequence[Choice] = (),
        *,
        advice: str = "",
    ) -> None:
        self.finding, self.advice, self.message = message, advice, message + advice
        super().__init__(self.message)
        self.code, self.line, self.column = code, line, column
        self.choices = tuple(choices)
        """The ways to read the file; each is a change of its profile."""


class RecordPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a record. Unknown keys are allowed: a later minor version may add some."""


class Input(RecordPart, frozen=True, kw_only=True):
    """The input: its name, size and hash."""

    name: str
    """Relative to the incoming folder, as printable text."""
    name_b64: str | UnsetType = UNSET
    """The bytes of the name in base64, if they cannot be restored from the text."""
    bytes: int
    sha256: str

    @classmethod
    def of(cls, name: builtins.bytes, size: int, sha256: str) -> Input:
        """Return the description of a file of this name, size and hash."""
        return cls(name=text_of(name), name_b64=b64_of(name) or UNSET, bytes=size, sha256=sha256)


class Candidate(RecordPart, frozen=True, kw_only=True):
    """One way to read a file that was rejected, and what it would mean."""

    label: str
    toml: list[str]
    """The lines of a profile."""
    consequence: str
    """Rows, days, energy and the hour with the most, for the first rows of the file."""
    shown: list[str] | UnsetType = UNSET
    """Lines that state what the file shows beside the answer, for later files that leave it open."""


class ErrorDetails(RecordPart, frozen=True, kw_only=True):
    """What is wrong with a file, and where."""

    code: str
    message: str
    line: int | None = None
    column: str | None = None


class Rejection(ErrorDetails, frozen=True, kw_only=True):
    """A file that could not be processed, and what is wrong with it."""

    input: Input
    candidates: list[Candidate] | UnsetType = UNSET
    """The ways to read it; absent if there are none."""

    @property
    def details(self) -> ErrorDetails:
        """What is wrong, without the input, as a record writes it."""
        return ErrorDetails(code=self.code, message=self.message, line=self.line, column=self.column)


class RejectionRecord(RecordPart, frozen=True, kw_only=True):
    """The record of a quarantined file, stored beside it."""

    schema_version: str = SCHEMA_VERSION
    watcher_version: str | UnsetType = UNSET
    """The version of the program that made this record; older records have none."""
    input: Input
    status: Literal["error"] = "error"
    error: ErrorDetails
    candidates: list[Candidate] | UnsetType = UNSET
    """The ways to read the file; absent if there are none."""
    attempts: int
    quarantined_at: str
    previous: dict[str, Any] | UnsetType = UNSET

    @property
    def summary(self) -> dict[str, Any]:
        """The fields of a log line about it."""
        return {"reason": self.error.code, "message": self.error.message, "line": self.error.line}
