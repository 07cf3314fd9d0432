"""What a start does to the folders before the first file is taken."""

import errno
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from processing import storage
from tests.support.data_folder import TEXT, DataFolder
from tests.support.starts import CONTENT, files, put, start
from watcher.filing import recovery
from watcher.system.areas import read_file, replace_file
from watcher.system.filesystem import FileSystem


def test_the_four_folders_are_created_and_may_exist_already(root: Path) -> None:
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


def test_a_file_that_retry_sends_back_during_a_start_is_not_a_fault(root: Path) -> None:
    path = root / "quarantine/x.csv"
    put(path)
    recovery.recover(Overtaken(path, root / "incoming/x.csv", 2), os.fsencode(root), pytest.fail)
    assert files(root) == {"incoming/x.csv"}


def test_a_record_that_prune_rewrites_during_a_start_is_not_a_fault(root: Path) -> None:
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


@pytest.mark.parametrize("create", [Path.mkdir, Path.touch, lambda path: path.symlink_to("elsewhere")])
def test_a_temporary_name_that_is_taken_is_passed_over(
    root: Path, create: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_numbers", itertools.count())
    taken = [root / f"processed/.tmp-{os.getpid()}-{number}" for number in range(3)]
    for path in taken:
        create(path)
    replace_file(FileSystem(), os.fsencode(root), b"processed/index.html", b"page")
    assert (root / "processed/index.html").read_bytes() == b"page"
    assert not (root / "processed/elsewhere").exists()


def test_caches_are_neither_written_nor_read_nor_cleared_through_a_link(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    put(elsewhere / ".tmp-123-0")
    put(elsewhere / "digests")
    (root / ".watcher").symlink_to(elsewhere)
    with pytest.raises(OSError, match="watcher"):
        replace_file(FileSystem(), os.fsencode(root), b".watcher/digests", b"written")
    assert read_file(FileSystem(), os.fsencode(root), b".watcher/digests") is None
    with pytest.raises(OSError, match="watcher"):
        start(root)
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == {
        ".tmp-123-0": CONTENT,
        "digests": CONTENT,
    }


def test_a_start_removes_temporary_files_and_gives_renamed_files_their_names_back(place: DataFolder) -> None:
    (place.root / "processed/.tmp-1-1").write_bytes(b"{")
    (place.root / "quarantine/dev1").mkdir()
    (place.root / "quarantine/dev1/.tmp-1-2").write_bytes(b"{")
    place.drop(".aside-x.csv")
    notices: list[tuple[str, bytes]] = []
    recovery.recover(place.fs, os.fsencode(place.root), lambda event, name, _: notices.append((event, name)))
    assert place.tree() == ["incoming/x.csv"]
    assert notices == [("file.taken_back", b"x.csv")]


def test_a_start_takes_back_a_quarantined_file_without_its_reason(place: DataFolder) -> None:
    (place.root / "quarantine/x.csv").write_bytes(TEXT)
    (place.root / "quarantine/y.csv").write_bytes(TEXT)
    (place.root / "quarantine/y.csv.reason.json").write_bytes(b"{}")
    recovery.recover(place.fs, os.fsencode(place.root), lambda *_: None)
    assert place.tree() == ["incoming/x.csv", "quarantine/y.csv", "quarantine/y.csv.reason.json"]


def test_a_text_that_somebody_keeps_in_quarantine_stays(root: Path) -> None:
    put(root / "quarantine/notes.txt")
    put(root / "quarantine/x.txt")
    put(root / "quarantine/x.txt.reason.1.json", b"{}")
    assert start(root) == [("file.taken_back", b"x.txt")]
    assert (root / "quarantine/notes.txt").exists()
