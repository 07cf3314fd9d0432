from __future__ import annotations

import errno
import mmap
import os
import socket
from pathlib import Path

import pytest

from watcher.discovery.probe import FileKind, FolderProber, Probe
from watcher.job import Identity
from watcher.system.filesystem import FileSystem, Lease


@pytest.fixture
def looker(tmp_path: Path) -> FolderProber:
    return FolderProber(os.fsencode(tmp_path), FileSystem())


def looks(looker: FolderProber, name: bytes) -> list[Probe]:
    return [looker.glance(name), looker.look_closely(name)]


def test_a_regular_file_is_seen_with_its_identity(looker: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n")
    identity = Identity.of((tmp_path / "x.csv").stat())
    assert [look.identity for look in looks(looker, b"x.csv")] == [identity, identity]


def test_a_file_in_a_folder_of_folders_is_seen(looker: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/x.csv").write_text("a\n")
    assert [look.sight for look in looks(looker, b"a/b/x.csv")] == [FileKind.REGULAR] * 2


@pytest.mark.parametrize("name", [b"x.csv", b"a/x.csv"])
def test_an_absent_file_is_gone(looker: FolderProber, name: bytes) -> None:
    assert looks(looker, name) == [Probe(FileKind.GONE)] * 2


def test_a_file_below_a_file_is_gone(looker: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert looks(looker, b"a/x.csv") == [Probe(FileKind.GONE)] * 2


def test_links_fifos_and_sockets_are_told_apart_and_never_opened(
    looker: FolderProber, tmp_path: Path
) -> None:
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.csv"))
    assert looks(looker, b"link.csv") == [Probe(FileKind.LINK)] * 2
    for name in (b"fifo.csv", b"socket.csv"):
        assert looks(looker, name) == [Probe(FileKind.OTHER)] * 2


def test_a_link_on_the_way_is_not_followed(looker: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/x.csv").write_text("a\n")
    (tmp_path / "link").symlink_to("real")
    assert {look.sight for look in looks(looker, b"link/x.csv")} <= {FileKind.LINK, FileKind.GONE}


@pytest.mark.parametrize(("text", "ended"), [("", True), ("a\n", True), ("a", False), ("a\r\nb\r", False)])
def test_a_last_line_without_newline_is_seen(
    looker: FolderProber, tmp_path: Path, text: str, *, ended: bool
) -> None:
    (tmp_path / "x.csv").write_text(text, newline="")
    assert looker.look_closely(b"x.csv").line_ended is ended


def test_a_compressed_file_has_no_last_line(looker: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "x.csv.GZ").write_bytes(b"\x1f\x8bx")
    assert looker.look_closely(b"x.csv.GZ").line_ended


def test_a_file_open_for_writing_is_seen(looker: FolderProber, tmp_path: Path) -> None:
    with (tmp_path / "x.csv").open("w"):
        assert looker.look_closely(b"x.csv").lease is Lease.WRITTEN_TO
    assert looker.look_closely(b"x.csv").lease is Lease.FREE


def test_a_file_mapped_for_writing_is_seen_after_its_descriptor_is_closed(
    looker: FolderProber, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_bytes(b"0" * 4096)
    with (tmp_path / "x.csv").open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 4096)
    assert looker.look_closely(b"x.csv").lease is Lease.WRITTEN_TO
    mapped.close()
    assert looker.look_closely(b"x.csv").lease is Lease.FREE


def test_a_refused_lease_on_a_share_says_nothing_about_writers(
    looker: FolderProber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.system.mounts.mount_type", lambda _: "nfs4")
    with (tmp_path / "x.csv").open("w"):
        assert looker.look_closely(b"x.csv").lease is Lease.UNKNOWN


def test_a_fault_of_the_disk_is_unreadable(tmp_path: Path) -> None:
    class Faulty(FileSystem):
        def open_file(self, name: bytes, folder: int) -> int:
            raise OSError(errno.EIO, "input/output error")

    (tmp_path / "x.csv").write_text("a\n")
    looker = FolderProber(os.fsencode(tmp_path), Faulty())
    assert looker.look_closely(b"x.csv") == Probe(FileKind.UNREADABLE, errno=errno.EIO)


def test_a_file_swapped_for_a_link_at_the_last_moment_is_a_link(tmp_path: Path) -> None:
    class Swapping(FileSystem):
        def open_file(self, name: bytes, folder: int) -> int:
            (tmp_path / "x.csv").unlink()
            (tmp_path / "x.csv").symlink_to("/etc/passwd")
            return super().open_file(name, folder)

    (tmp_path / "x.csv").write_text("a\n")
    assert FolderProber(os.fsencode(tmp_path), Swapping()).look_closely(b"x.csv") == Probe(FileKind.LINK)


def test_looking_leaves_no_descriptor_open(looker: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in (b"x.csv", b"gone.csv", b"x.csv/y.csv"):
        looks(looker, name)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
