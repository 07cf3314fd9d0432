"""What a backfill needs of a place with inputs and of one that takes results, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Protocol

from processing.file_naming import RECORD_SUFFIX, RESERVED_STEMS


class UsageError(Exception):
    """What was asked for cannot be: one sentence for the user, saying what to do."""


class BusyError(Exception):
    """Another run writes in the same place."""


class Found(NamedTuple):
    """An input, or a folder that cannot be looked into: its name below what the user gave."""

    name: bytes
    address: str
    """Where a worker reads it: an absolute path, or a URL."""
    why: str = ""
    """Why it cannot be read; as a rule empty."""


class Output(Protocol):
    """A place that takes results; nothing in it is ever replaced but what can be made again."""

    where: str
    """Its address, as workers read it."""

    def records(self) -> Iterator[bytes]:
        """Yield the name of each record that is there."""

    def put(self, name: bytes, content: bytes) -> bool:
        """Store content whole or not at all; return False, nothing done, where the name is taken."""

    def replace(self, name: bytes, content: bytes) -> None:
        """Store what can be made again in place of what is there."""

    def close(self) -> None:
        """Make what was put lasting and let go."""


class Store(Protocol):
    """A kind of place; modules are such: `files`, and `objects` where a URL is given."""

    def found(self, place: str) -> Iterator[Found]:
        """Yield the inputs that a path, a pattern or a URL names; UsageError where there is nothing."""

    def opened(self, address: str) -> tuple[BinaryIO, int]:
        """Return a file opened for reading, and its size; OSError where that fails."""

    def output(self, place: str) -> Output:
        """Return the place as one for results; UsageError where it cannot be."""


def is_record(base: bytes) -> bool:
    """Return whether a name, without its folder, is that of a result."""
    stem = base.removesuffix(RECORD_SUFFIX)
    return stem != base and stem not in RESERVED_STEMS and not base.startswith(b".")


def why(error: BaseException) -> str:
    """Return what an error says, in words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error) or type(error).__name__
