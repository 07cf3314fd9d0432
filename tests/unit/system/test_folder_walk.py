from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from watcher.system.filesystem import FileSystem
from watcher.system.folder_walk import FolderEntry, walk


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a\n")


def paths(entries: Iterator[FolderEntry]) -> list[bytes]:
    return sorted(entry.path for entry in entries if not entry.is_folder)


def fail(name: bytes, error: OSError) -> None:
    pytest.fail(f"{name!r}: {error}")


def test_every_file_below_the_root_is_found(tmp_path: Path) -> None:
    fill(tmp_path, "x", "a/y", "a/b/c/z")
    assert paths(walk(FileSystem(), os.fsencode(tmp_path), failed=fail)) == [b"a/b/c/z", b"a/y", b"x"]


def test_a_walk_may_start_below_the_root(tmp_path: Path) -> None:
    fill(tmp_path, "x", "a/y", "a/b/z")
    assert paths(walk(FileSystem(), os.fsencode(tmp_path), b"a", failed=fail)) == [b"a/b/z", b"a/y"]


def test_only_selected_folders_are_listed(tmp_path: Path) -> None:
    fill(tmp_path, "a/x", ".hidden/x", "b/.hidden/x")
    visible = walk(
        FileSystem(), os.fsencode(tmp_path), failed=fail, descend=lambda name: b".hidden" not in name
    )
    assert paths(visible) == [b"a/x"]


def test_a_folder_is_opened_before_it_is_listed(tmp_path: Path) -> None:
    fill(tmp_path, "dev/2025/x.csv")

    def drop_late(name: bytes, descriptor: int) -> None:
        assert os.fstat(descriptor).st_ino == (tmp_path / os.fsdecode(name)).stat().st_ino
        (tmp_path / os.fsdecode(name) / "late.csv").write_text("a\n")

    entries = walk(FileSystem(), os.fsencode(tmp_path), b"dev", failed=fail, opened=drop_late)
    assert paths(entries) == [b"dev/2025/late.csv", b"dev/2025/x.csv", b"dev/late.csv"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(".")
    assert paths(walk(FileSystem(), os.fsencode(tmp_path), failed=fail)) == [b"loop"]


def test_a_folder_that_is_gone_is_reported_and_the_others_are_listed(tmp_path: Path) -> None:
    fill(tmp_path, "a/x", "b/y")
    failed: list[tuple[bytes, int | None]] = []
    entries = walk(
        FileSystem(), os.fsencode(tmp_path), failed=lambda name, error: failed.append((name, error.errno))
    )
    found = [next(entries), next(entries)]
    (tmp_path / "a/x").unlink()
    (tmp_path / "a").rmdir()
    assert paths(iter([*found, *entries])) == [b"b/y"]
    assert failed == [(b"a", errno.ENOENT)]


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    fill(tmp_path, "a/x", "b/y")
    before = len(list(Path("/proc/self/fd").iterdir()))
    entries = walk(FileSystem(), os.fsencode(tmp_path), failed=fail)
    next(entries)
    del entries
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_entry_whose_type_cannot_be_read_is_taken_for_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        name = "x.csv"

        def is_dir(self, *, follow_symlinks: bool) -> bool:
            raise OSError(errno.EIO, "Input/output error")

    class Listing(list[Broken]):
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing is open."""

    monkeypatch.setattr(os, "scandir", lambda _: Listing([Broken()]))
    assert paths(walk(FileSystem(), os.fsencode(tmp_path), failed=fail)) == [b"x.csv"]
