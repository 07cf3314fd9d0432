"""The lock on a data folder: who has it, and that no end of a process leaves it behind."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import ROOT, wait_until
from watcher.errors import ExitCode, LockedError, SettingsError
from watcher.system.filesystem import FileSystem
from watcher.system.lock import Lock

_HOLDER = """
import os, subprocess, sys
from pathlib import Path
from watcher.system.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.take()
child = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Lock]:
    lock = Lock(tmp_path)
    lock.take()
    yield lock
    lock.release()


def test_a_second_taker_is_refused_and_told_who_holds_it(lock: Lock, tmp_path: Path) -> None:
    with pytest.raises(
        LockedError, match=rf"is held by process {os.getpid()} \(watcher.*, since 20"
    ) as caught:
        Lock(tmp_path).take()
    assert caught.value.exit_code == ExitCode.LEFT_BEHIND


def test_a_refused_taker_holds_nothing_open(lock: Lock, tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(LockedError):
        Lock(tmp_path).take()
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_released_lock_can_be_taken(lock: Lock, tmp_path: Path) -> None:
    lock.release()
    other = Lock(tmp_path)
    other.take()
    other.release()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff"])
def test_a_lock_file_that_says_nothing_still_locks(lock: Lock, tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".watcher/lock").write_bytes(content)
    with pytest.raises(LockedError, match="is held by another process"):
        Lock(tmp_path).take()


def test_a_lock_file_that_was_removed_does_not_free_the_folder(lock: Lock, tmp_path: Path) -> None:
    (tmp_path / ".watcher/lock").unlink()
    with pytest.raises(LockedError):
        Lock(tmp_path).take()


def test_a_lock_that_is_in_place_is_taken_again_without_a_write(lock: Lock, tmp_path: Path) -> None:
    file = tmp_path / ".watcher/lock"
    os.utime(file, ns=(1, 1))
    lock.take()
    assert file.stat().st_mtime_ns == 1


def test_a_lock_that_was_removed_is_taken_again(lock: Lock, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / ".watcher")
    assert not lock.is_in_place()
    lock.take()
    assert lock.is_in_place()
    file = os.open(tmp_path / ".watcher/lock", os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(file)


@pytest.mark.parametrize("planted", [".watcher", ".watcher/lock"])
def test_nothing_is_written_through_a_planted_link(tmp_path: Path, planted: str) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (data / planted).parent.mkdir(parents=True)
    if planted == ".watcher":
        elsewhere.mkdir()
    else:
        elsewhere.write_text("precious")
    (data / planted).symlink_to(elsewhere)
    with pytest.raises(SettingsError, match="is a link or of another kind: move it away"):
        Lock(data).take()
    assert list(elsewhere.iterdir()) == [] if elsewhere.is_dir() else elsewhere.read_text() == "precious"


def test_a_hard_link_to_another_file_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / ".watcher").mkdir()
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / ".watcher/lock").hardlink_to(precious)
    lock = Lock(tmp_path)
    lock.take()
    assert precious.read_text() == "precious"
    lock.release()


def test_a_full_disk_does_not_keep_the_lock_from_being_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FileSystem, "mkdir", no_room)
    first = Lock(tmp_path)
    first.take()
    with pytest.raises(LockedError):
        Lock(tmp_path).take()
    first.release()


def test_a_killed_holder_leaves_no_lock_and_its_orphan_holds_none(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        orphan = int(holder.stdout.readline())
        with pytest.raises(LockedError, match=f"process {holder.pid} "):
            Lock(tmp_path).take()
        holder.kill()
        holder.wait()
        try:
            successor = Lock(tmp_path)
            successor.take()
            successor.release()
            assert Path(f"/proc/{orphan}").exists(), "else this would show nothing of orphans"
        finally:
            os.kill(orphan, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{orphan}").exists() or _is_zombie(orphan), "the orphan ends")


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()
