"""Files that a crash left in incoming under names of our own."""

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from processing import file_naming
from tests.support.starts import CONTENT, files, put, start


def test_a_renamed_file_gets_its_name_back_and_is_logged(root: Path) -> None:
    put(root / "incoming/device/.aside-x.csv")
    assert start(root) == [("file.taken_back", b"device/x.csv")]
    assert files(root) == {"incoming/device/x.csv"}


def test_a_renamed_file_gets_its_hash_if_its_name_is_taken(root: Path) -> None:
    put(root / "incoming/.aside-x.csv")
    put(root / "incoming/x.csv", b"another")
    digest = hashlib.sha256(CONTENT).hexdigest()[:12]
    assert start(root) == [("file.taken_back", f"x.{digest}.csv".encode())]
    assert (root / f"incoming/x.{digest}.csv").read_bytes() == CONTENT
    assert (root / "incoming/x.csv").read_bytes() == b"another"


def test_a_renamed_file_gets_its_name_back_unread(root: Path) -> None:
    put(root / "incoming/.aside-x.csv")
    os.truncate(root / "incoming/.aside-x.csv", 4 << 40)
    assert start(root) == [("file.taken_back", b"x.csv")]


@pytest.mark.parametrize("name", [".aside-x.csv", ".aside.7-x.csv"])
def test_a_renamed_file_is_removed_if_its_bytes_are_archived_and_its_name_is_taken(
    root: Path, name: str
) -> None:
    put(root / "incoming" / name)
    put(root / "incoming/x.csv", b"another")
    put(root / "archive/x.csv")
    record = {"input": {"name": "x.csv", "sha256": hashlib.sha256(CONTENT).hexdigest()}, "status": "success"}
    put(root / "processed/x.json", json.dumps(record).encode())
    assert start(root) == []
    assert files(root) == {"archive/x.csv", "processed/x.json", "incoming/x.csv"}


def test_a_renamed_file_is_not_removed_while_somebody_writes_to_it(root: Path) -> None:
    put(root / "incoming/.aside-x.csv")
    put(root / "incoming/x.csv", b"another")
    put(root / "archive/x.csv")
    record = {"input": {"name": "x.csv", "sha256": hashlib.sha256(CONTENT).hexdigest()}, "status": "success"}
    put(root / "processed/x.json", json.dumps(record).encode())
    with (root / "incoming/.aside-x.csv").open("ab") as writer:
        start(root)
        writer.write(b"2026-01-15T12:00:00,25,5\n")
    digest = hashlib.sha256(CONTENT).hexdigest()[:12]
    assert (root / f"incoming/x.{digest}.csv").read_bytes() == CONTENT + b"2026-01-15T12:00:00,25,5\n"


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("name", ["x" * 249 + ".csv", "x" * 251 + ".csv", "ü" * 125 + "x.csv"])
def test_a_long_name_that_was_cut_is_given_back_whole(root: Path, name: str, *, accepted: bool) -> None:
    raw = os.fsencode(name)
    aside = file_naming.aside_name(raw)
    assert len(aside) <= 255
    put(root / "incoming" / os.fsdecode(aside))
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    places = file_naming.archive_names(raw, sha256) if accepted else file_naming.quarantine_names(raw, sha256)
    record = {"input": {"name": name, "sha256": sha256}, "status": "success" if accepted else "error"}
    area = "processed" if accepted else "quarantine"
    put(root / area / os.fsdecode(next(places).record), json.dumps(record).encode())
    assert start(root) == [("file.taken_back", raw)]


def create_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def create_fifo(path: Path) -> None:
    os.mkfifo(path)


def create_socket(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


def create_huge(path: Path) -> None:
    path.write_bytes(CONTENT)
    os.truncate(path, 4 << 40)


def create_linked(path: Path) -> None:
    path.write_bytes(CONTENT)
    os.link(path, path.with_name("another name"))


def create_unlike(path: Path) -> None:
    path.write_bytes(b"some bytes that are nowhere else")


def create_long(path: Path) -> None:
    path.write_bytes(CONTENT * 2)


def identity(path: Path) -> tuple[int, ...]:
    """What identifies a file and its content; not when it was read, which a start may do."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_nlink, found.st_size, found.st_mtime_ns, found.st_ctime_ns


FOREIGN = [create_link, create_fifo, create_socket, create_huge, create_linked, create_unlike, create_long]


@pytest.mark.parametrize("create", FOREIGN, ids=lambda create: create.__name__.removeprefix("create_"))
def test_a_copy_that_no_earlier_run_began_stays(root: Path, create: Callable[[Path], None]) -> None:
    put(root / "quarantine/x.csv")
    put(root / "quarantine/x.csv.reason.json", b"{}")
    path = root / "incoming/.watcher-back-1-1"
    create(path)
    before = identity(path)
    assert start(root) == [("file.blocked", b".watcher-back-1-1")]
    assert identity(path) == before


@pytest.mark.parametrize("create", FOREIGN[:3], ids=lambda create: create.__name__.removeprefix("create_"))
def test_a_link_fifo_or_socket_with_the_name_of_a_renamed_file_stays(
    root: Path, create: Callable[[Path], None]
) -> None:
    path = root / "incoming/.aside-x.csv"
    create(path)
    before = identity(path)
    assert start(root) == [("file.blocked", b".aside-x.csv")]
    assert identity(path) == before


@pytest.mark.parametrize("size", [0, 5, len(CONTENT)])
def test_an_incomplete_copy_of_a_quarantined_file_is_removed(root: Path, size: int) -> None:
    put(root / "quarantine/device/x.csv")
    put(root / "incoming/device/.watcher-back-1-1", CONTENT[:size])
    assert start(root) == [("file.taken_back", b"device/x.csv")]
    assert files(root) == {"incoming/device/x.csv"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's file")
def test_another_users_file_is_never_removed(root: Path) -> None:
    put(root / "quarantine/x.csv")
    put(root / "quarantine/x.csv.reason.json", b"{}")
    for name in (".watcher-back-1-1", ".aside-x.csv"):
        put(root / "incoming" / name)
        os.chown(root / "incoming" / name, 4321, 4321)
    put(root / "incoming/x.csv")
    assert set(start(root)) == {("file.blocked", b".watcher-back-1-1"), ("file.blocked", b".aside-x.csv")}
    assert {"incoming/.watcher-back-1-1", "incoming/.aside-x.csv", "incoming/x.csv"} <= files(root)
