from __future__ import annotations

import os
from pathlib import Path

import pytest

from processing.suffixes import DEFAULT_SUFFIXES, suffixes_of
from watcher.discovery import senders


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    incoming = tmp_path / "incoming"
    (incoming / "roof/2025").mkdir(parents=True)
    for folder in (incoming, incoming / "roof", incoming / "roof/2025"):
        folder.chmod(0o755)
    return incoming


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer as the kernel would answer an account that owns nothing and follows the modes for others."""

    def access(path: Path | os.DirEntry[str], mode: int, *, effective_ids: bool) -> bool:
        return effective_ids and os.stat(path).st_mode & mode == mode

    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    monkeypatch.setattr(os, "access", access)


@pytest.mark.usefixtures("as_user")
def test_folders_that_the_account_cannot_write_are_named(incoming: Path) -> None:
    (incoming / "roof").chmod(0o777)
    assert set(senders.unwritable(incoming)) == {incoming, incoming / "roof/2025"}


@pytest.mark.usefixtures("as_user")
def test_files_of_others_in_a_sticky_folder_cannot_be_moved(incoming: Path) -> None:
    for folder in (incoming, incoming / "roof", incoming / "roof/2025"):
        folder.chmod(0o777)
    (incoming / "roof").chmod(0o1777)
    assert list(senders.unwritable(incoming)) == [incoming / "roof"]


@pytest.mark.usefixtures("as_user")
def test_inputs_that_the_account_cannot_read_are_counted_by_folder(incoming: Path) -> None:
    for name in ("a.csv", "b.csv", "c.txt", "d.csv"):
        path = incoming / "roof" / name
        path.touch()
        path.chmod(0o600)
    (incoming / "roof/d.csv").chmod(0o644)
    assert list(senders.unreadable(incoming, DEFAULT_SUFFIXES)) == [(incoming / "roof", 2)]


def test_skipped_folders_and_links_are_not_inspected(incoming: Path, tmp_path: Path) -> None:
    (incoming / ".cache").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (incoming / "link").symlink_to(tmp_path / "elsewhere")
    assert {folder for folder, _ in senders._folders(incoming)} == {
        incoming,
        incoming / "roof",
        incoming / "roof/2025",
    }


@pytest.mark.parametrize(
    ("mode", "others"), [(0o755, False), (0o775, False), (0o2775, True), (0o757, True), (0o777, True)]
)
def test_others_write_if_the_mode_of_any_folder_lets_them(incoming: Path, mode: int, *, others: bool) -> None:
    (incoming / "roof").chmod(mode)
    assert senders.others_write(incoming) is others


def test_incoming_that_is_gone_has_no_problems(tmp_path: Path) -> None:
    assert list(senders.unwritable(tmp_path / "gone")) == []


def test_files_without_a_suffix_of_inputs_are_counted_by_the_one_they_have(incoming: Path) -> None:
    names = ("a.csv", "a.TXT", "b.txt", "c.txt.gz", "d", "e.pdf", ".hidden.txt", "f.txt.part")
    for name in names:
        (incoming / "roof" / name).touch()
    (incoming / "folder.txt").mkdir()
    (incoming / "link.txt").symlink_to("a.csv")
    assert senders.unsupported(incoming, DEFAULT_SUFFIXES) == {".txt": 2, ".txt.gz": 1, "": 1, ".pdf": 1}
    assert senders.unsupported(incoming, suffixes_of("all")) == {"": 1, ".pdf": 1}
