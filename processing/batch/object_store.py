"""Objects as inputs, and a prefix for results: `s3://bucket/prefix/` and the other URLs of fsspec.

Listings are not cached, so that new objects are seen. A store has no rename: a record is put in one call, and
only if its name is free (by a conditional put, if the store has it).
"""

import glob
import posixpath
from collections.abc import Iterator
from typing import Any, BinaryIO

import fsspec

from processing.batch.files import fixed_part
from processing.batch.stores import BatchInput, UsageError, error_phrase
from processing.file_naming import is_record
from processing.suffixes import DEFAULT_SUFFIXES


def find(address: str, suffixes: tuple[bytes, ...] = DEFAULT_SUFFIXES) -> Iterator[BatchInput]:
    """Yield the object that a URL names, or all inputs below it, or what a pattern matches, sorted by name.

    Raises UsageError if nothing is found or the store cannot be reached.
    """
    store, path = _store(address)
    try:
        if glob.has_magic(path):
            base = posixpath.dirname(fixed_part(path))
            paths = store.glob(path)
        else:
            base = posixpath.dirname(path) if store.isfile(path) else path
            paths = store.find(path)
    except Exception as error:  # noqa: BLE001 - each store has its own
        raise UsageError(f"{address}: {error_phrase(error)}") from None
    if not paths:
        raise UsageError(f"{address}: nothing is there")
    for each in sorted(paths):
        name = posixpath.relpath(each, base or "/").encode()
        if name.lower().endswith(suffixes):
            yield BatchInput(name, store.unstrip_protocol(each))


def open_input(address: str) -> tuple[BinaryIO, int]:
    """Return an object opened for reading, and its size; raise OSError if that fails."""
    store, path = _store(_key(address.encode("utf-8", "surrogateescape")))
    try:
        stream = store.open(path, "rb")
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    return stream, stream.size or 0


def _key(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _store(url: str) -> tuple[Any, str]:
    try:
        store, path = fsspec.url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        raise UsageError(f"{url}: {error}; pip install -r requirements/cluster.txt") from None
    except Exception as error:  # noqa: BLE001
        raise UsageError(f"{url}: {error_phrase(error)}") from None
    return store, path.rstrip("/")


class PrefixOutput:
    """A prefix of an object store for results."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._store, self._root = _store(address)

    def records(self) -> Iterator[bytes]:
        """Yield the names of all records."""
        try:
            paths = self._store.find(self._root)
        except FileNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 - each store has its own
            raise UsageError(f"{self.address}: {error_phrase(error)}") from None
        for path in paths:
            if is_record(posixpath.basename(path).encode()):
                yield posixpath.relpath(path, self._root).encode()

    def put(self, name: bytes, content: bytes) -> bool:
        """Put the object if the name is free. The check beforehand is for stores without conditional puts."""
        path = f"{self._root}/{_key(name)}"
        if self._store.exists(path):
            return False
        try:
            self._store.pipe_file(path, content, mode="create")
        except FileExistsError:
            return False
        return True

    def replace(self, name: bytes, content: bytes) -> None:
        """Put the object in place of the one with this name."""
        self._store.pipe_file(f"{self._root}/{_key(name)}", content)

    def close(self) -> None:
        """Do nothing: objects are durable once they are put."""


open_output = PrefixOutput
