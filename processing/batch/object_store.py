"""Objects by URL as inputs and as results, through fsspec: `s3://bucket/prefix/` and what else it knows.

Listings are never cached: what others put must be seen. A store knows no rename and no events; a record is
put in one call, and only where there is none (a conditional put, where the store has it).
"""

from __future__ import annotations

import glob
import posixpath
from collections.abc import Iterator
from typing import Any, BinaryIO

import fsspec

from processing.batch.stores import Found, Output, UsageError, is_record, why
from processing.file_naming import parts_of


def found(place: str) -> Iterator[Found]:
    """Yield the object that a URL names, or all CSVs below it, or what a pattern matches, by name.

    Raises UsageError where there is nothing or the store cannot be reached.
    """
    store, path = _store(place)
    try:
        if glob.has_magic(path):
            base = posixpath.dirname(path[: next(at for at, char in enumerate(path) if char in "*?[")])
            paths = store.glob(path)
        else:
            base = posixpath.dirname(path) if store.isfile(path) else path
            paths = store.find(path)
    except Exception as error:  # noqa: BLE001 - each store has its own
        raise UsageError(f"{place}: {why(error)}") from None
    if not paths:
        raise UsageError(f"{place}: nothing is there")
    for each in sorted(paths):
        name = posixpath.relpath(each, base or "/").encode()
        if parts_of(name).extension:
            yield Found(name, store.unstrip_protocol(each))


def opened(address: str) -> tuple[BinaryIO, int]:
    """Return an object opened for reading, and its size; OSError where that fails."""
    store, path = _store(_key(address.encode("utf-8", "surrogateescape")))
    try:
        stream = store.open(path, "rb")
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    return stream, stream.size or 0


def output(place: str) -> Output:
    """Return the prefix as a place for results."""
    return _Prefix(place)


def _key(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _store(url: str) -> tuple[Any, str]:
    try:
        store, path = fsspec.url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        raise UsageError(f"{url}: {error}; pip install -r requirements/cluster.txt") from None
    except Exception as error:  # noqa: BLE001
        raise UsageError(f"{url}: {why(error)}") from None
    return store, path.rstrip("/")


class _Prefix:
    """A prefix of an object store that takes results."""

    def __init__(self, url: str) -> None:
        self.where = url.rstrip("/")
        self._store, self._root = _store(url)

    def records(self) -> Iterator[bytes]:
        """Yield the names of records, from a listing of now."""
        try:
            paths = self._store.find(self._root)
        except FileNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 - each store has its own
            raise UsageError(f"{self.where}: {why(error)}") from None
        for path in paths:
            if is_record(posixpath.basename(path).encode()):
                yield posixpath.relpath(path, self._root).encode()

    def put(self, name: bytes, content: bytes) -> bool:
        """Put the object if there is none; the look before serves stores that have no conditional put."""
        path = f"{self._root}/{_key(name)}"
        if self._store.exists(path):
            return False
        try:
            self._store.pipe_file(path, content, mode="create")
        except FileExistsError:
            return False
        return True

    def replace(self, name: bytes, content: bytes) -> None:
        """Put the object in place of what is there."""
        self._store.pipe_file(f"{self._root}/{_key(name)}", content)

    def close(self) -> None:
        """Do nothing: what is put is there."""
