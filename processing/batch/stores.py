"""Inputs and outputs of a batch: what folders and object stores have in common."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Protocol


class UsageError(Exception):
    """The arguments cannot be used; the message says what to do."""


class BusyError(Exception):
    """Another run writes to the same output."""


class BatchInput(NamedTuple):
    """An input, or a folder that cannot be read: its name below the path that the user gave."""

    name: bytes
    address: str
    """The absolute path or URL from which a worker reads the input."""
    error: str = ""
    """The reason why it cannot be read; usually empty."""
    attempt: int = 1


class Output(Protocol):
    """A folder or a prefix for results. Only the index and the summary are ever replaced."""

    address: str
    """The path or URL that workers use."""

    def records(self) -> Iterator[bytes]:
        """Yield the names of all records."""

    def put(self, name: bytes, content: bytes) -> bool:
        """Store content whole or not at all; return False if the name is taken."""

    def replace(self, name: bytes, content: bytes) -> None:
        """Store content in place of the content with this name."""

    def close(self) -> None:
        """Sync what was stored, and release the output."""


class Store(Protocol):
    """A module that reads and writes one kind of address: `files` or `object_store`."""

    def find(self, address: str, suffixes: tuple[bytes, ...]) -> Iterator[BatchInput]:
        """Yield the inputs that a path, a pattern or a URL names; raise UsageError if there is none.

        In a folder, inputs are the files with one of these suffixes.
        """

    def open_input(self, address: str) -> tuple[BinaryIO, int]:
        """Return a file opened for reading, and its size; raise OSError if that fails."""

    def open_output(self, address: str) -> Output:
        """Return the output at a path or URL; raise UsageError if it cannot be one."""


def error_phrase(error: BaseException) -> str:
    """Return an error as part of a sentence."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error) or type(error).__name__
