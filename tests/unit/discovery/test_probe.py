from __future__ import annotations

import errno
import mmap
import os
import socket
from pathlib import Path

import pytest

from watcher.discovery.file_filter import LINK, SPECIAL
from watcher.discovery.probe import FolderProber, Probe
from watcher.job import Identity
from watcher.system.filesystem import FileSystem, Lease


@pytest.fixture
def prober(tmp_path: Path) -> FolderProber:
    return FolderProber(os.fsencode(tmp_path), FileSystem())


def probes(prober: FolderProber, name: bytes) -> list[Probe]:
    return [prober.probe(name, open_file=False), prober.probe(name)]


def test_a_regular_file_is_seen_with_its_identity(prober: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n")
    identity = Identity.of((tmp_path / "x.csv").stat())
    assert [probe.identity for probe in probes(prober, b"x.csv")] == [identity, identity]


def test_a_file_in_a_folder_of_folders_is_seen(prober: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/x.csv").write_text("a\n")
    assert all(probe.identity for probe in probes(prober, b"a/b/x.csv"))


@pytest.mark.parametrize("name", [b"x.csv", b"a/x.csv"])
def test_an_absent_file_is_gone(prober: FolderProber, name: bytes) -> None:
    assert probes(prober, name) == [Probe()] * 2


def test_a_file_below_a_file_is_gone(prober: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert probes(prober, b"a/x.csv") == [Probe()] * 2


def test_links_fifos_and_sockets_are_distinguished_and_never_opened(
    prober: FolderProber, tmp_path: Path
) -> None:
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.csv"))
    assert probes(prober, b"link.csv") == [Probe(ignored=LINK)] * 2
    for name in (b"fifo.csv", b"socket.csv"):
        assert probes(prober, name) == [Probe(ignored=SPECIAL)] * 2


def test_a_link_on_the_way_is_not_followed(prober: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/x.csv").write_text("a\n")
    (tmp_path / "link").symlink_to("real")
    assert set(probes(prober, b"link/x.csv")) <= {Probe(ignored=LINK), Probe()}


@pytest.mark.parametrize(("text", "ended"), [("", True), ("a\n", True), ("a", False), ("a\r\nb\r", False)])
def test_a_last_line_without_newline_is_seen(
    prober: FolderProber, tmp_path: Path, text: str, *, ended: bool
) -> None:
    (tmp_path / "x.csv").write_text(text, newline="")
    assert prober.probe(b"x.csv").line_ended is ended


def test_a_compressed_file_has_no_last_line(prober: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "x.csv.GZ").write_bytes(b"\x1f\x8bx")
    assert prober.probe(b"x.csv.GZ").line_ended


def test_a_file_open_for_writing_is_seen(prober: FolderProber, tmp_path: Path) -> None:
    with (tmp_path / "x.csv").open("w"):
        assert prober.probe(b"x.csv").lease is Lease.WRITTEN_TO
    assert prober.probe(b"x.csv").lease is Lease.FREE


def test_a_file_mapped_for_writing_is_seen_after_its_descriptor_is_closed(
    prober: FolderProber, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_bytes(b"0" * 4096)
    with (tmp_path / "x.csv").open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 4096)
    assert prober.probe(b"x.csv").lease is Lease.WRITTEN_TO
    mapped.close()
    assert prober.probe(b"x.csv").lease is Lease.FREE


def test_a_denied_lease_on_a_share_says_nothing_about_writers(
    prober: FolderProber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.system.mounts.mount_type", lambda _: "nfs4")
    with (tmp_path / "x.csv").open("w"):
        assert prober.probe(b"x.csv").lease is Lease.UNKNOWN


def test_a_fault_of_the_disk_is_unreadable(tmp_path: Path) -> None:
    class Faulty(FileSystem):
        def open_file(self, name: bytes, folder: int) -> int:
            raise OSError(errno.EIO, "input/output error")

    (tmp_path / "x.csv").write_text("a\n")
    prober = FolderProber(os.fsencode(tmp_path), Faulty())
    assert prober.probe(b"x.csv") == Probe(errno=errno.EIO)


def test_a_file_swapped_for_a_link_at_the_last_moment_is_a_link(tmp_path: Path) -> None:
    class Swapping(FileSystem):
        def open_file(self, name: bytes, folder: int) -> int:
            (tmp_path / "x.csv").unlink()
            (tmp_path / "x.csv").symlink_to("/etc/passwd")
            return super().open_file(name, folder)

    (tmp_path / "x.csv").write_text("a\n")
    assert FolderProber(os.fsencode(tmp_path), Swapping()).probe(b"x.csv") == Probe(ignored=LINK)


def test_a_probe_leaves_no_descriptor_open(prober: FolderProber, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in (b"x.csv", b"gone.csv", b"x.csv/y.csv"):
        probes(prober, name)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
