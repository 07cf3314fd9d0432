"""Each way in which health turns red, made to happen to a real daemon as docs/operations.md says it can be.

A file that has waited for an hour (`old_file`) and a cluster that gives no answer (`stuck`) are tested on
made-up states.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.mounts import Namespace
from tests.support.program import GOOD, ROOT, Folder, Program, Runs, long_file, no_root, wait_until
from watcher.monitoring.control_client import status_of

if TYPE_CHECKING:
    from tests.faults.faulty import Mount

NO_INOTIFY = "echo 0 >/proc/sys/user/max_inotify_instances; exec"
FULL_MEBIBYTES = 4


def reasons(folder: Folder) -> set[str]:
    """What `status` says is wrong."""
    document = status_of(folder.root)
    found = {reason["code"] for reason in document["reasons"]}
    assert document["healthy"] == (not found)
    return found


def turns_red(folder: Folder, code: str) -> None:
    wait_until(lambda: code in reasons(folder), f"{code} is not said")


def recovers(folder: Folder) -> None:
    wait_until(lambda: not reasons(folder), "it stays unhealthy")


def last_longer(condition: Callable[[], bool], seconds: float) -> None:
    """Return when the condition holds, which it does after a silence that only a long wait shows."""
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.1)


def limit_processes(daemon: Program, number: int) -> None:
    """Let the daemon start no process and no thread beyond this number."""
    limit = f"--nproc={'unlimited' if number == resource.RLIM_INFINITY else number}:"
    subprocess.run([*no_root(), "prlimit", "--pid", str(daemon.pid), limit], check=True)


def busy_worker(daemon: Program) -> int:
    """Return the process that is processing a file, once there is one."""
    wait_until(lambda: any(map(_reads_a_file, daemon.workers())), "no worker is busy")
    return next(filter(_reads_a_file, daemon.workers()))


def _reads_a_file(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return any(os.readlink(each).endswith(".csv") for each in Path(f"/proc/{pid}/fd").iterdir())
    return False


def test_a_daemon_that_is_gone(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    recovers(folder)
    daemon.send(signal.SIGKILL)
    daemon.wait()
    turns_red(folder, "not_running")
    runs.daemon(folder).stop()


def test_a_daemon_that_does_not_answer(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    daemon.send(signal.SIGSTOP)
    turns_red(folder, "no_answer")
    daemon.send(signal.SIGCONT)
    recovers(folder)
    daemon.stop()


@pytest.mark.long
@pytest.mark.timeout(120)
def test_scans_that_do_not_finish_and_the_thread_that_waits_for_them(faulty: Mount, runs: Runs) -> None:
    daemon = runs.daemon(faulty, "--scan-interval", "0.2")
    with faulty.meeting("readdir", "hang incoming"):
        last_longer(lambda: reasons(faulty) == {"no_scan"}, 60)
        last_longer(lambda: reasons(faulty) == {"no_heartbeat"}, 60)
    recovers(faulty)
    daemon.stop()


def test_a_folder_that_cannot_be_listed(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    daemon = runs.daemon(folder, "--scan-interval", "0.2", prefix=as_ordinary_user)
    device = folder.incoming / "roof"
    device.mkdir(mode=0)
    turns_red(folder, "folder_unreadable")
    device.chmod(0o755)
    recovers(folder)
    daemon.stop()


def test_a_watch_that_cannot_be_had(folder: Folder, runs: Runs) -> None:
    alone = ("unshare", "--user", "--map-root-user", "sh", "-ec", f'{NO_INOTIFY} "$@"', "sh")
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespace here, so the limit on inotify cannot be set for one process")
    daemon = runs.daemon(folder, "--scan-interval", "0.2", prefix=alone)
    turns_red(folder, "watch")
    folder.drop("x.csv")
    daemon.until("file.processed")
    daemon.stop()


@pytest.mark.long
@pytest.mark.timeout(120)
def test_a_commit_that_never_ends(faulty: Mount, runs: Runs) -> None:
    daemon = runs.daemon(faulty, "--scan-interval", "0.2", "--file-seconds", "1")
    with faulty.meeting("fsync", "hang x.csv"):
        faulty.drop("x.csv")
        last_longer(lambda: reasons(faulty) == {"no_heartbeat"}, 90)
    daemon.until("file.processed")
    recovers(faulty)
    daemon.stop()


def test_a_worker_that_died_until_one_processes_again(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    folder.drop("x.csv", long_file(400_000))
    os.kill(busy_worker(daemon), signal.SIGKILL)
    turns_red(folder, "worker")
    daemon.until("file.processed")
    recovers(folder)
    daemon.stop()


def test_workers_that_cannot_be_started(folder_of_another_user: Folder, runs: Runs) -> None:
    folder = folder_of_another_user
    daemon = runs.daemon(folder, prefix=no_root())
    folder.drop("first.csv")
    wait_until((folder.root / "processed/first.html").exists, "no page: a thread has not started yet")
    limit_processes(daemon, 0)
    for worker in daemon.workers():
        os.kill(worker, signal.SIGKILL)
    folder.drop("x.csv")
    turns_red(folder, "engine")
    limit_processes(daemon, resource.getrlimit(resource.RLIMIT_NPROC)[0])
    daemon.until("file.processed", file="x.csv")
    recovers(folder)
    daemon.stop()


def test_a_folder_that_refuses_a_write(folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]) -> None:
    daemon = runs.daemon(folder, prefix=as_ordinary_user)
    archive = folder.root / "archive"
    archive.chmod(0o555)
    folder.drop("x.csv")
    turns_red(folder, "folders")
    archive.chmod(0o755)
    daemon.until("file.processed")
    recovers(folder)
    daemon.stop()


def test_a_fault_whose_file_is_gone_is_over(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    daemon = runs.daemon(folder, prefix=as_ordinary_user)
    archive = folder.root / "archive"
    archive.chmod(0o555)
    path = folder.drop("x.csv")
    turns_red(folder, "folders")
    path.unlink()
    recovers(folder)
    daemon.until("folders.recovered")
    archive.chmod(0o755)
    daemon.stop()


def test_a_disk_that_refuses_a_sync_after_the_move(faulty: Mount, runs: Runs) -> None:
    daemon = runs.daemon(faulty, "--scan-interval", "0.2")
    with faulty.meeting("fsyncdir", "EIO archive"):
        faulty.drop("x.csv")
        turns_red(faulty, "sync")
    faulty.drop("y.csv", GOOD + b"2026-01-15T12:15:00,25.4,4.2,30.4,106.7\n")
    recovers(faulty)
    daemon.stop()


@pytest.mark.parametrize("error", ["EIO", "ENOMEM"])
def test_reads_that_all_fail(faulty: Mount, runs: Runs, error: str) -> None:
    daemon = runs.daemon(faulty, "--scan-interval", "0.2")
    recovers(faulty)
    with faulty.meeting("read", f"{error} .csv"):
        faulty.drop("x.csv")
        wait_until(lambda: reasons(faulty), "it stays healthy")
    daemon.until("file.processed")
    recovers(faulty)
    daemon.stop()


def test_folders_that_cannot_be_prepared(faulty: Mount, runs: Runs) -> None:
    runs.daemon(faulty).stop()
    with faulty.meeting("readdir", "EIO processed"):
        daemon = runs.start(faulty)
        turns_red(faulty, "start")
    daemon.until("watcher.started")
    recovers(faulty)
    daemon.stop()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Namespace, Folder]]:
    """A data folder on a disk of a few MiB."""
    root = tmp_path / "data"
    root.mkdir()
    with Namespace(f'mount -t tmpfs -o size={FULL_MEBIBYTES}m none "$1"', root) as namespace:
        if namespace.why_unavailable:
            pytest.skip(f"no mount here: {namespace.why_unavailable}")
        seen = Folder.__new__(Folder)
        seen.root, seen.incoming = namespace.seen(root), namespace.seen(root) / "incoming"
        seen.incoming.mkdir()
        yield namespace, seen


def test_a_disk_that_is_full(small: tuple[Namespace, Folder], runs: Runs, tmp_path: Path) -> None:
    namespace, seen = small
    inside = Folder.__new__(Folder)
    inside.root = tmp_path / "data"
    daemon = runs.daemon(inside, prefix=namespace.prefix)
    filler = seen.root / "filler"
    filler.write_bytes(bytes((FULL_MEBIBYTES << 20) * 98 // 100))
    turns_red(seen, "no_space")
    path = seen.drop("x.csv")  # for which, and for its result, there would be room
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert path.exists(), "taken although the disk is nearly full"
        time.sleep(0.1)
    filler.unlink()
    daemon.until("file.processed")
    recovers(seen)
    daemon.stop()


def test_pages_that_cannot_be_drawn(folder: Folder, runs: Runs) -> None:
    index = folder.root / "processed/index.html"
    index.mkdir(parents=True)
    daemon = runs.daemon(folder)
    last_longer(lambda: "pages" in reasons(folder), 60)  # at the second failure
    index.rmdir()
    last_longer(lambda: not reasons(folder), 60)
    assert daemon.stop().code == 0


def test_the_operators_table_lists_each_reason_that_the_code_can_give() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "watcher").rglob("*.py"))
    reasons = re.findall(
        r'(?:Reason\(|_PROBLEM = |NO_SPACE = |_unhealthy\()\s*"(\w+)"|yield "(\w+)", f"', code
    )
    given = {code for pair in reasons for code in pair if code}
    table = (
        (ROOT / "docs" / "operations.md").read_text("utf-8").partition("| reason |")[2].partition("\n\n")[0]
    )
    documented = set(re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[2:])))
    assert documented == given
