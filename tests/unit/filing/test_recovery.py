"""What a start does to the folders before the first file is taken."""

import contextlib
import errno
import hashlib
import itertools
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from processing import file_naming, storage
from watcher.filing import recovery
from watcher.system.directories import read_file, replace_file
from watcher.system.filesystem import FileSystem

HELD = b"timestamp,voltage,current\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    recovery.make_folders(FileSystem(), os.fsencode(tmp_path))
    return tmp_path


def put(path: Path, content: bytes = HELD) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def start(root: Path) -> list[tuple[str, bytes]]:
    notices: list[tuple[str, bytes]] = []
    recovery.recover(FileSystem(), os.fsencode(root), lambda event, name, _: notices.append((event, name)))
    return notices


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_the_four_folders_are_made_and_may_be_there_already(root: Path) -> None:
    recovery.make_folders(FileSystem(), os.fsencode(root))
    assert {path.name for path in root.iterdir()} == {"incoming", "processed", "archive", "quarantine"}


class Overtaken(FileSystem):
    """The real calls, but a command beside the start moves a file after so many listings that name it."""

    def __init__(self, path: Path, target: Path, listings: int) -> None:
        super().__init__()
        self._path = path
        self._target = target
        self._listings = listings

    def scan(self, folder: int) -> Iterator[tuple[bytes, bool]]:
        found = list(super().scan(folder))
        self._listings -= (os.fsencode(self._path.name), False) in found
        if not self._listings and self._path.exists():
            self._path.rename(self._target)
        yield from found


def test_a_file_that_retry_sends_back_during_a_start_is_no_fault(root: Path) -> None:
    path = root / "quarantine/x.csv"
    put(path)
    recovery.recover(Overtaken(path, root / "incoming/x.csv", 2), os.fsencode(root), pytest.fail)
    assert files(root) == {"incoming/x.csv"}


def test_a_record_that_prune_rewrites_during_a_start_is_no_fault(root: Path) -> None:
    path = root / "processed" / os.fsdecode(storage.TMP_PREFIX + b"1-0")
    put(path)
    recovery.recover(Overtaken(path, root / "processed/x.json", 1), os.fsencode(root), pytest.fail)
    assert files(root) == {"processed/x.json"}


def test_a_folder_may_be_a_link_to_a_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "incoming").symlink_to("elsewhere")
    recovery.make_folders(FileSystem(), os.fsencode(tmp_path))
    assert (tmp_path / "incoming").is_symlink()


def test_a_file_in_a_folders_place_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(b"")
    with pytest.raises(OSError, match="archive") as caught:
        recovery.make_folders(FileSystem(), os.fsencode(tmp_path))
    assert caught.value.errno == errno.ENOTDIR


@pytest.mark.parametrize("place", ["processed", "processed/device", "archive", "quarantine/a/b"])
def test_temporary_files_of_a_crash_are_removed(root: Path, place: str) -> None:
    put(root / place / ".tmp-123-0")
    put(root / place / "x.json")
    start(root)
    assert files(root) == {f"{place}/x.json"}


def test_temporary_files_of_senders_in_incoming_are_left(root: Path) -> None:
    put(root / "incoming/.tmp-123-0")
    start(root)
    assert files(root) == {"incoming/.tmp-123-0"}


def test_a_file_that_had_stepped_aside_gets_its_name_back_and_is_told(root: Path) -> None:
    put(root / "incoming/device/.aside-x.csv")
    assert start(root) == [("file.taken_back", b"device/x.csv")]
    assert files(root) == {"incoming/device/x.csv"}


def test_where_its_name_is_taken_it_gets_its_hash(root: Path) -> None:
    put(root / "incoming/.aside-x.csv")
    put(root / "incoming/x.csv", b"another")
    digest = hashlib.sha256(HELD).hexdigest()[:12]
    assert start(root) == [("file.taken_back", f"x.{digest}.csv".encode())]
    assert (root / f"incoming/x.{digest}.csv").read_bytes() == HELD
    assert (root / "incoming/x.csv").read_bytes() == b"another"


def test_a_file_that_had_stepped_aside_gets_its_name_back_unread(root: Path) -> None:
    put(root / "incoming/.aside-x.csv")
    os.truncate(root / "incoming/.aside-x.csv", 4 << 40)
    assert start(root) == [("file.taken_back", b"x.csv")]


@pytest.mark.parametrize("name", [".aside-x.csv", ".aside.7-x.csv"])
def test_it_is_removed_where_its_bytes_are_filed_and_its_name_is_taken(root: Path, name: str) -> None:
    put(root / "incoming" / name)
    put(root / "incoming/x.csv", b"another")
    put(root / "archive/x.csv")
    record = {"input": {"name": "x.csv", "sha256": hashlib.sha256(HELD).hexdigest()}, "status": "success"}
    put(root / "processed/x.json", json.dumps(record).encode())
    assert start(root) == []
    assert files(root) == {"archive/x.csv", "processed/x.json", "incoming/x.csv"}


def test_it_is_not_removed_while_somebody_writes_to_it(root: Path) -> None:
    put(root / "incoming/.aside-x.csv")
    put(root / "incoming/x.csv", b"another")
    put(root / "archive/x.csv")
    record = {"input": {"name": "x.csv", "sha256": hashlib.sha256(HELD).hexdigest()}, "status": "success"}
    put(root / "processed/x.json", json.dumps(record).encode())
    with (root / "incoming/.aside-x.csv").open("ab") as writer:
        start(root)
        writer.write(b"2026-01-15T12:00:00,25,5\n")
    digest = hashlib.sha256(HELD).hexdigest()[:12]
    assert (root / f"incoming/x.{digest}.csv").read_bytes() == HELD + b"2026-01-15T12:00:00,25,5\n"


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("name", ["x" * 249 + ".csv", "x" * 251 + ".csv", "ü" * 125 + "x.csv"])
def test_a_long_name_that_was_cut_is_given_back_whole(root: Path, name: str, *, accepted: bool) -> None:
    raw = os.fsencode(name)
    aside = file_naming.aside_name(raw)
    assert len(aside) <= 255
    put(root / "incoming" / os.fsdecode(aside))
    sha256 = hashlib.sha256(HELD).hexdigest()
    places = (
        file_naming.archive_places(raw, sha256) if accepted else file_naming.quarantine_places(raw, sha256)
    )
    record = {"input": {"name": name, "sha256": sha256}, "status": "success" if accepted else "error"}
    area = "processed" if accepted else "quarantine"
    put(root / area / os.fsdecode(next(places).record), json.dumps(record).encode())
    assert start(root) == [("file.taken_back", raw)]


def plant_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def plant_fifo(path: Path) -> None:
    os.mkfifo(path)


def plant_socket(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


def plant_huge(path: Path) -> None:
    path.write_bytes(HELD)
    os.truncate(path, 4 << 40)


def plant_linked(path: Path) -> None:
    path.write_bytes(HELD)
    os.link(path, path.with_name("another name"))


def plant_unlike(path: Path) -> None:
    path.write_bytes(b"some bytes that are nowhere else")


def plant_long(path: Path) -> None:
    path.write_bytes(HELD * 2)


PLANTS = [plant_link, plant_fifo, plant_socket, plant_huge, plant_linked, plant_unlike, plant_long]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__.removeprefix("plant_"))
def test_a_copy_that_no_run_of_ours_began_stays(root: Path, plant: Callable[[Path], None]) -> None:
    put(root / "quarantine/x.csv")
    put(root / "quarantine/x.csv.reason.json", b"{}")
    path = root / "incoming/.watcher-back-1-1"
    plant(path)
    before = path.lstat()
    assert start(root) == [("file.blocked", b".watcher-back-1-1")]
    assert path.lstat() == before


@pytest.mark.parametrize("plant", PLANTS[:3], ids=lambda plant: plant.__name__.removeprefix("plant_"))
def test_what_is_no_file_stays_under_the_name_of_one_that_stepped_aside(
    root: Path, plant: Callable[[Path], None]
) -> None:
    path = root / "incoming/.aside-x.csv"
    plant(path)
    before = path.lstat()
    assert start(root) == [("file.blocked", b".aside-x.csv")]
    assert path.lstat() == before


@pytest.mark.parametrize("size", [0, 5, len(HELD)])
def test_a_copy_that_was_begun_of_a_quarantined_file_is_removed(root: Path, size: int) -> None:
    put(root / "quarantine/device/x.csv")
    put(root / "incoming/device/.watcher-back-1-1", HELD[:size])
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


def test_a_quarantined_file_without_its_reason_goes_back_to_incoming(root: Path) -> None:
    put(root / "quarantine/device/x.csv")
    put(root / "quarantine/device/x.csv.reason.1.json", b"{}")
    assert start(root) == [("file.taken_back", b"device/x.csv")]
    assert files(root) == {"incoming/device/x.csv", "quarantine/device/x.csv.reason.1.json"}


def test_a_quarantined_file_with_its_reason_stays(root: Path) -> None:
    put(root / "quarantine/x.csv")
    put(root / "quarantine/x.csv.reason.json", b"{}")
    assert start(root) == []
    assert files(root) == {"quarantine/x.csv", "quarantine/x.csv.reason.json"}


def test_a_second_start_changes_nothing(root: Path) -> None:
    put(root / "incoming/.aside-x.csv")
    put(root / "quarantine/y.csv")
    put(root / "processed/.tmp-1-1")
    start(root)
    before = files(root)
    assert start(root) == []
    assert files(root) == before


def test_a_link_in_incoming_is_not_entered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    put(outside / ".aside-x.csv")
    (root / "incoming/link").symlink_to(outside)
    assert start(root) == []
    assert (outside / ".aside-x.csv").exists()


def test_temporary_files_among_the_caches_are_removed(root: Path) -> None:
    put(root / ".watcher/.tmp-123-0")
    put(root / ".watcher/digests")
    start(root)
    assert files(root) == {".watcher/digests"}


@pytest.mark.parametrize("plant", [Path.mkdir, Path.touch, lambda path: path.symlink_to("elsewhere")])
def test_a_temporary_name_that_is_taken_is_passed_over(
    root: Path, plant: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_numbers", itertools.count())
    taken = [root / f"processed/.tmp-{os.getpid()}-{number}" for number in range(3)]
    for path in taken:
        plant(path)
    replace_file(FileSystem(), os.fsencode(root), b"processed/index.html", b"page")
    assert (root / "processed/index.html").read_bytes() == b"page"
    assert not (root / "processed/elsewhere").exists()


def test_caches_are_neither_written_nor_read_nor_cleared_through_a_link(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    put(elsewhere / ".tmp-123-0")
    put(elsewhere / "digests")
    (root / ".watcher").symlink_to(elsewhere)
    with pytest.raises(OSError, match="watcher"):
        replace_file(FileSystem(), os.fsencode(root), b".watcher/digests", b"planted")
    assert read_file(FileSystem(), os.fsencode(root), b".watcher/digests") is None
    with pytest.raises(OSError, match="watcher"):
        start(root)
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == {
        ".tmp-123-0": HELD,
        "digests": HELD,
    }
