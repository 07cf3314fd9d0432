"""The calls on the data folders, on real folders."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from watcher.system.filesystem import (
    FileSystem,
    Lease,
    exists,
    folder_of,
    open_below,
    opened,
    read_up_to,
)

FS = FileSystem()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    descriptor = FS.open_root(os.fsencode(tmp_path))
    yield descriptor
    FS.close(descriptor)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_folder_is_opened_below_a_root_and_no_other_stays_open(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    before = open_descriptors()
    descriptor = open_below(FS, os.fsencode(tmp_path), b"a/b")
    assert os.path.samestat(os.fstat(descriptor), (tmp_path / "a/b").stat())
    assert open_descriptors() == before + 1
    FS.close(descriptor)


def test_the_root_may_be_a_link_but_no_folder_below_it(tmp_path: Path) -> None:
    (tmp_path / "real/a").mkdir(parents=True)
    (tmp_path / "root").symlink_to("real")
    (tmp_path / "real/link").symlink_to("a")
    root, before = os.fsencode(tmp_path / "root"), open_descriptors()
    with folder_of(FS, root, b"a/x.csv") as found:
        assert os.path.samestat(os.fstat(found), (tmp_path / "real/a").stat())
    with pytest.raises(OSError, match="link"), folder_of(FS, root, b"link/x.csv"):
        pass
    assert open_descriptors() == before


def test_a_file_is_closed_after_it_was_read(tmp_path: Path, folder: int) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    before = open_descriptors()
    with opened(FS, b"x", folder) as file:
        assert read_up_to(FS, file, 4) == b"0123"
        assert read_up_to(FS, file, 100) == b"456789"
    assert open_descriptors() == before


def test_a_link_is_not_opened_and_a_fifo_does_not_hang(tmp_path: Path, folder: int) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="link") as caught:
        FS.open_file(b"link", folder)
    assert caught.value.errno == errno.ELOOP
    FS.close(FS.open_file(b"fifo", folder))


def test_a_broken_link_exists(tmp_path: Path, folder: int) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert exists(FS, b"link", folder)
    assert not exists(FS, b"nowhere", folder)


@pytest.mark.parametrize("denied", [False, True])
def test_a_name_seems_to_be_there_also_where_a_container_denies_the_call(
    tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch, *, denied: bool
) -> None:
    monkeypatch.setattr("watcher.system.filesystem._HAS_ACCESS", not denied)
    (tmp_path / "link").symlink_to("nowhere")
    assert (FS.seems_there(b"link", folder), FS.seems_there(b"nowhere", folder)) == (True, False)


def test_a_listing_says_what_is_a_folder(tmp_path: Path, folder: int) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("folder")
    assert sorted(FS.scan(folder)) == [(b"file", False), (b"folder", True), (b"link", False)]


def test_a_rename_replaces_nothing(tmp_path: Path, folder: int) -> None:
    (tmp_path / "x").write_bytes(b"x")
    (tmp_path / "y").write_bytes(b"y")
    with pytest.raises(FileExistsError):
        FS.rename_noreplace(b"x", folder, b"y", folder)
    assert ((tmp_path / "x").read_bytes(), (tmp_path / "y").read_bytes()) == (b"x", b"y")
    FS.rename_noreplace(b"x", folder, b"z", folder)
    assert (tmp_path / "z").read_bytes() == b"x"


def test_a_lease_shows_whether_a_file_is_open_for_writing(tmp_path: Path, folder: int) -> None:
    (tmp_path / "x").write_bytes(b"x")
    with opened(FS, b"x", folder) as file:
        assert FS.probe_lease(file) is Lease.FREE
        with (tmp_path / "x").open("ab"):
            assert FS.probe_lease(file) is Lease.WRITTEN_TO
        assert FS.probe_lease(file) is Lease.FREE


def test_without_durability_nothing_is_synced(monkeypatch: pytest.MonkeyPatch, folder: int) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    monkeypatch.setattr(os, "posix_fadvise", lambda file, *_: synced.append(-file))
    for step in ("fsync_folder", "fsync", "begin_sync"):
        getattr(FileSystem(durable=False), step)(folder)
    assert synced == []
    FS.fsync_folder(folder)
    FS.begin_sync(folder)
    assert synced == [folder, -folder]


def test_a_file_system_that_takes_no_advice_is_not_an_error() -> None:
    pipe, other = os.pipe()
    FS.begin_sync(other)
    os.close(pipe)
    os.close(other)


def test_a_file_system_that_cannot_sync_folders_is_not_an_error(
    monkeypatch: pytest.MonkeyPatch, folder: int
) -> None:
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    code = errno.EINVAL
    FS.fsync_folder(folder)
    code = errno.EIO
    with pytest.raises(OSError, match="Input/output"):
        FS.fsync_folder(folder)
