"""What a worker does where another thing has taken the settled file's place."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from processing.model.profile import Profile
from tests.support.program import GOOD
from watcher.dispatch.worker_task import WorkerTask, hashing_seconds, process
from watcher.job import Answer, Deferral, DeferralReason, Identity, Job
from watcher.system.filesystem import FileSystem

NAME = b"dev/x.csv"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "incoming/dev/x.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(GOOD)
    return path


def task_of(path: Path) -> WorkerTask:
    job = Job(NAME, Identity.of(path.stat()), seen_at=0.0)
    return WorkerTask(os.fsencode(path.parents[1]), job, Profile(), file_memory=1 << 28)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    (path.parent / "target").write_bytes(GOOD)
    path.symlink_to("target")


def folder(path: Path) -> None:
    path.mkdir()


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def other_file(path: Path) -> None:
    path.write_bytes(GOOD)


def linked_folder(path: Path) -> None:
    path.parent.rename(path.parents[1] / "elsewhere")
    path.parent.symlink_to("elsewhere")
    path.write_bytes(GOOD)


SWAPS: list[Callable[[Path], None]] = [fifo, link, folder, unix_socket, other_file, linked_folder]


def test_the_settled_file_is_judged(path: Path) -> None:
    verdict = process(task_of(path))
    assert isinstance(verdict, Answer)
    assert verdict.accepted


@pytest.mark.parametrize("swap", SWAPS)
def test_what_took_its_place_is_not_read(
    path: Path, swap: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(path)
    path.unlink()
    swap(path)
    monkeypatch.setattr("watcher.dispatch.worker_task._processed", unreachable)
    setback = process(task)
    assert isinstance(setback, Deferral)
    assert setback.reason == DeferralReason.CHANGED


@pytest.mark.parametrize("swap", SWAPS[:-1])
def test_what_took_its_place_just_before_the_opening_is_not_read(
    path: Path, swap: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapped_then_opened(self: FileSystem, name: bytes, folder: int) -> int:
        path.unlink()
        swap(path)
        return open_file(self, name, folder)

    open_file = FileSystem.open_file
    monkeypatch.setattr(FileSystem, "open_file", swapped_then_opened)
    monkeypatch.setattr("watcher.dispatch.worker_task._processed", unreachable)
    setback = process(task_of(path))
    assert isinstance(setback, Deferral)
    assert setback.reason == DeferralReason.CHANGED


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EIO, DeferralReason.BLOCKED),
        (errno.EACCES, DeferralReason.BLOCKED),
        (errno.EMFILE, DeferralReason.FAULT),
        (errno.ESTALE, DeferralReason.FAULT),
    ],
)
def test_a_bad_sector_concerns_one_file_and_a_lack_of_descriptors_all(
    path: Path, code: int, reason: DeferralReason, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(FileSystem, "open_file", refuse)
    setback = process(task_of(path))
    assert isinstance(setback, Deferral)
    assert (setback.reason, setback.errno) == (reason, code)


@pytest.mark.parametrize(("size", "seconds"), [(1 << 20, 120), (4_000_000_000, 200), (1 << 40, 600)])
def test_a_file_that_is_only_hashed_has_a_time_limit_by_its_size(size: int, seconds: float) -> None:
    assert hashing_seconds(size, 120) == seconds


def test_a_longer_limit_of_all_files_holds_for_hashing_too() -> None:
    assert hashing_seconds(1 << 40, 3600) == 3600


def unreachable(*_: object) -> None:
    raise AssertionError("it was read")
