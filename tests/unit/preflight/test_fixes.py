"""The commands that fix problems, as they are typed on this machine or on a container's host."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from watcher.preflight import fixes

OURS, GROUP = os.geteuid(), os.getegid()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is a mount, outside of any container."""
    monkeypatch.setattr(fixes, "IN_CONTAINER", ())
    monkeypatch.setattr(Path, "is_mount", lambda self: self in (tmp_path, Path("/")))
    (tmp_path / "archive").mkdir()
    return tmp_path


@pytest.fixture
def on_the_host(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let this process run in a container; return how a command for its host begins."""
    monkeypatch.setattr(fixes, "IN_CONTAINER", (folder,))
    return f"on the host, in the folder that is mounted at {folder}: "


def test_a_path_is_moved_aside_here_and_on_the_host(
    folder: Path, on_the_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fixes.on_host(folder / "archive", fixes.MOVE_ASIDE) == f"{on_the_host}mv archive archive.aside"
    monkeypatch.setattr(fixes, "IN_CONTAINER", ())
    assert (
        fixes.on_host(folder / "archive", fixes.MOVE_ASIDE) == f"mv {folder}/archive {folder}/archive.aside"
    )


def test_a_link_is_named_itself_not_its_target(folder: Path) -> None:
    (folder / "link").symlink_to("archive")
    assert fixes.on_host(folder / "link", fixes.MOVE_ASIDE) == f"mv {folder}/link {folder}/link.aside"


def test_a_missing_folder_is_made_with_sudo_only_if_necessary(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = folder / "data"
    assert fixes.make_folder(data, folder) == f"mkdir -p {data}"
    monkeypatch.setattr(fixes.os, "access", lambda *_, **__: False)
    assert fixes.make_folder(data, folder) == f"sudo install -d -o {OURS} -g {GROUP} {data}"
    monkeypatch.setattr(fixes, "IN_CONTAINER", (folder,))
    assert (
        fixes.make_folder(data, folder)
        == f"docker run -v FOLDER:{data} …, where FOLDER is a folder of the host"
    )


def test_a_mount_is_made_writable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fixes.writable_mount(folder / "archive") == f"sudo mount -o remount,rw {folder}"
    monkeypatch.setattr(fixes, "IN_CONTAINER", (folder,))
    in_container = f"mount it without `:ro` (docker run -v) or `read_only` (compose): {folder}"
    assert fixes.writable_mount(folder / "archive") == in_container


def test_access_is_given_to_a_folder_and_to_a_file_of_ones_own(folder: Path) -> None:
    (folder / "x.csv").touch()
    assert fixes.give_access(folder / "archive") == f"chmod u+rwx {folder}/archive"
    assert fixes.give_access(folder / "x.csv") == f"chmod u+rw {folder}/x.csv"


def test_access_to_what_another_user_owns_is_given_by_chown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixes, "owner", lambda _path: (OURS + 1, 7))
    assert fixes.give_access(folder / "archive") == f"sudo chown -R {OURS}:{GROUP} {folder}/archive"


def test_a_path_with_spaces_and_control_characters_is_quoted(folder: Path) -> None:
    assert fixes.shown(folder / "my\ndata") == f"$'{folder}/my\\x0adata'"
