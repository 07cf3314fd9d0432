"""Atomic writes, with folders as descriptors and as part of the path."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from processing import storage


class FullDisk(storage.FileCalls):
    def write(self, descriptor: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


class NoRename(storage.FileCalls):
    def rename(self, *_: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_is_replaced_in_an_open_folder(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"old")
    folder = os.open(tmp_path, storage.FOLDER_FLAGS)
    storage.replace(storage.FileCalls(), b"a.json", folder, b"new", sync=True)
    os.close(folder)
    assert contents(tmp_path) == {"a.json": b"new"}


def test_a_file_is_replaced_by_its_path(tmp_path: Path) -> None:
    prefix = os.fsencode(tmp_path) + b"/.tmp-own-"
    storage.replace(
        storage.FileCalls(), os.fsencode(tmp_path / "a.json"), None, b"new", sync=False, prefix=prefix
    )
    assert contents(tmp_path) == {"a.json": b"new"}


@pytest.mark.parametrize("calls", [FullDisk(), NoRename()])
def test_a_failed_replacement_leaves_the_old_file_alone(tmp_path: Path, calls: storage.FileCalls) -> None:
    (tmp_path / "a.json").write_bytes(b"old")
    folder = os.open(tmp_path, storage.FOLDER_FLAGS)
    with pytest.raises(OSError, match=r"No space left|Permission denied"):
        storage.replace(calls, b"a.json", folder, b"new", sync=True)
    os.close(folder)
    assert contents(tmp_path) == {"a.json": b"old"}


def test_a_temporary_name_that_is_taken_is_skipped(tmp_path: Path) -> None:
    folder = os.open(tmp_path, storage.FOLDER_FLAGS)
    first, descriptor = storage.create_temporary(storage.FileCalls(), folder)
    os.close(descriptor)
    number = int(first.rpartition(b"-")[2])
    (tmp_path / f".tmp-{os.getpid()}-{number + 1}").touch()
    second, descriptor = storage.create_temporary(storage.FileCalls(), folder)
    os.close(descriptor)
    os.close(folder)
    assert second == b".tmp-%d-%d" % (os.getpid(), number + 2)


def test_the_hash_is_of_all_chunks() -> None:
    chunks = [b"ab", b"c", b""]
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert storage.sha256_of(lambda _: chunks.pop(0)) == abc


def test_a_filesystem_without_links_stores_by_renaming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    assert storage.write_new(tmp_path / "a.json", b"first")
    assert not storage.write_new(tmp_path / "a.json", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.json", b"first")]
