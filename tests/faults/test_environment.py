"""If the machine refuses a call, the file waits in incoming and is processed as soon as that is possible."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.data import hashes, hashes_of
from tests.faults.mounts import Namespace
from tests.support.filing import findings
from tests.support.program import GOOD, Folder, Program, Runs, long_file, wait_until

if TYPE_CHECKING:
    from tests.faults.faulty import Mount


class Seen(Folder):
    """A data folder that is a mount, seen from outside its namespace."""

    def __init__(self, root: Path, namespace: Namespace) -> None:
        self.root = root
        self.inside = namespace.seen(root)
        self.incoming = self.inside / "incoming"
        self.incoming.mkdir(parents=True)


@pytest.fixture
def mounted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Namespace, Seen]]:
    """A data folder on a tmpfs with the options that the test gives."""
    root = tmp_path / "data"
    root.mkdir()
    with Namespace(f'mount -t tmpfs -o {request.param} none "$1"', root) as namespace:
        if namespace.why_unavailable:
            pytest.skip(f"no mount here: {namespace.why_unavailable}")
        yield namespace, Seen(root, namespace)


def fault_of(program: Program, code: int) -> None:
    """Wait until the fault of the environment is reported."""
    wait_until(
        lambda: any(
            line["event"] == "folders.fault" and errno.errorcode[code] in line["error"]
            for line in program.lines
        ),
        f"no fault {errno.errorcode[code]} in {program.lines}",
    )


def moved_once_and_whole(root: Path, *contents: bytes) -> None:
    assert findings(root) == []
    assert hashes(root, "incoming", "archive", "quarantine") == hashes_of(contents)
    assert hashes(root, "incoming").total() == 0


@pytest.mark.parametrize("mounted", ["size=256k"], indirect=True)
def test_a_full_disk_is_waited_for(mounted: tuple[Namespace, Seen], runs: Runs) -> None:
    namespace, folder = mounted
    daemon = runs.daemon(folder, "--scan-interval", "2", prefix=namespace.prefix)
    folder.drop(".upload")
    filler = folder.inside / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    (folder.incoming / ".upload").rename(folder.incoming / "x.csv")
    fault_of(daemon, errno.ENOSPC)
    assert (folder.incoming / "x.csv").read_bytes() == GOOD
    filler.unlink()
    daemon.until("file.processed")
    moved_once_and_whole(folder.inside, GOOD)
    daemon.stop()


@pytest.mark.parametrize("mounted", ["nr_inodes=40"], indirect=True)
def test_a_disk_without_inodes_is_waited_for(mounted: tuple[Namespace, Seen], runs: Runs) -> None:
    namespace, folder = mounted
    daemon = runs.daemon(folder, prefix=namespace.prefix)
    folder.drop(".upload")
    fillers = folder.inside / "fillers"
    fillers.mkdir()
    with contextlib.suppress(OSError):
        for number in range(100):
            (fillers / str(number)).touch()
    (folder.incoming / ".upload").rename(folder.incoming / "x.csv")
    fault_of(daemon, errno.ENOSPC)
    for path in fillers.iterdir():
        path.unlink()
    daemon.until("folders.recovered")
    moved_once_and_whole(folder.inside, GOOD)
    daemon.stop()


@pytest.mark.parametrize("mounted", ["size=16m"], indirect=True)
def test_a_mount_that_turns_read_only_is_waited_for(mounted: tuple[Namespace, Seen], runs: Runs) -> None:
    namespace, folder = mounted
    processed = folder.root / "processed"
    (folder.inside / "processed").mkdir()
    namespace.run("mount", "--bind", processed, processed)
    daemon = runs.daemon(folder, prefix=namespace.prefix)
    namespace.run("mount", "-o", "remount,ro,bind", processed)
    folder.drop("x.csv")
    fault_of(daemon, errno.EROFS)
    assert (folder.incoming / "x.csv").read_bytes() == GOOD
    namespace.run("mount", "-o", "remount,rw,bind", processed)
    daemon.until("folders.recovered")
    moved_once_and_whole(folder.inside, GOOD)
    daemon.stop()


@pytest.mark.parametrize("mounted", ["size=16m"], indirect=True)
def test_files_cross_mounts_of_one_filesystem_with_their_times(
    mounted: tuple[Namespace, Seen], runs: Runs
) -> None:
    namespace, folder = mounted
    incoming = folder.root / "incoming"
    namespace.run("mount", "--bind", incoming, incoming)
    dropped = folder.drop("dev/x.csv")
    os.utime(dropped, ns=(10**18, 10**18))
    with pytest.raises(OSError, match="Invalid cross-device link"):
        dropped.rename(folder.inside / "probe")
    assert runs.once(folder, prefix=namespace.prefix).code == 0
    moved_once_and_whole(folder.inside, GOOD)
    assert (folder.inside / "archive/dev/x.csv").stat().st_mtime_ns == 10**18


def test_a_folder_that_may_not_be_written_is_waited_for(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    daemon = runs.daemon(folder, prefix=as_ordinary_user)
    (folder.root / "processed").chmod(0o555)
    folder.drop("x.csv")
    fault_of(daemon, errno.EACCES)
    assert (folder.incoming / "x.csv").read_bytes() == GOOD
    (folder.root / "processed").chmod(0o755)
    daemon.until("folders.recovered")
    moved_once_and_whole(folder.root, GOOD)
    daemon.stop()


def test_a_daemon_out_of_descriptors_files_when_it_has_some_again(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder, "--scan-interval", "0.2")
    most = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (3, most[1]))
    folder.drop("x.csv")
    reason = str(daemon.until("watch.degraded")["reason"])
    assert re.search("Too many open files|inotify instance limit reached", reason)  # one errno, two wordings
    assert (folder.incoming / "x.csv").read_bytes() == GOOD
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, most)
    wait_until(lambda: not (folder.incoming / "x.csv").exists(), "never moved")
    daemon.stop()
    moved_once_and_whole(folder.root, GOOD)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_worker_that_dies_costs_its_file_one_attempt(number: int, folder: Folder, runs: Runs) -> None:
    content = long_file(400_000)
    daemon = runs.daemon(folder)
    folder.drop("x.csv", content)
    wait_until(lambda: any(_is_busy(pid) for pid in daemon.workers()), "no worker is busy")
    os.kill(daemon.workers()[0], number)
    assert daemon.until("file.attempt_failed")["attempt"] == 1
    daemon.until("file.processed")
    daemon.stop()
    moved_once_and_whole(folder.root, content)


def _is_busy(pid: int) -> bool:
    """Return whether a worker has the file open."""
    descriptors = Path(f"/proc/{pid}/fd")
    try:
        return any(os.readlink(each).endswith(".csv") for each in descriptors.iterdir())
    except OSError:
        return False


def test_a_worker_that_hangs_is_ended_and_its_file_processed_by_another(folder: Folder, runs: Runs) -> None:
    content = long_file(60_000)
    daemon = runs.daemon(folder, "--file-seconds", "10")
    folder.drop("x.csv", content)
    wait_until(lambda: any(_is_busy(pid) for pid in daemon.workers()), "no worker is busy")
    os.kill(daemon.workers()[0], signal.SIGSTOP)
    assert "not finished" in str(daemon.until("file.attempt_failed")["error"])
    daemon.until("file.processed")
    daemon.stop()
    moved_once_and_whole(folder.root, content)


def test_a_line_longer_than_the_workers_memory_is_processed_and_the_daemon_lives(
    folder: Folder, runs: Runs
) -> None:
    content = GOOD + b"x" * 100_000_000
    daemon = runs.daemon(folder, "--file-memory", "64MiB")
    folder.drop("big.csv", content)
    wait_until(lambda: not (folder.incoming / "big.csv").exists(), "not moved")
    folder.drop("x.csv")
    daemon.until("file.processed", file="x.csv")
    daemon.stop()
    moved_once_and_whole(folder.root, GOOD, content)


@pytest.mark.long
@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("read", "hang x.csv"),  # a worker processes it
        ("fsync", "hang x.csv"),  # the committer makes it durable
        ("fsync", "hang processed/.tmp-"),
        ("readdir", "hang incoming"),  # the scan lists the folder
    ],
)
def test_a_hung_mount_does_not_hold_the_exit(call: str, what: str, faulty: Mount, runs: Runs) -> None:
    daemon = runs.daemon(faulty, "--scan-interval", "0.2")
    (faulty.incoming / ".upload").write_bytes(GOOD)
    faulty.request(call, what)
    (faulty.incoming / ".upload").rename(faulty.incoming / "x.csv")
    wait_until(lambda: faulty.met(call), f"no {call} hangs")
    asked_at = time.monotonic()
    ended = daemon.stop()
    assert time.monotonic() - asked_at < 8
    assert ended.code == 0
    faulty.withdraw()
    wait_until(lambda: runs.once(faulty).code == 0, "the folder is held")
    moved_once_and_whole(faulty.root, GOOD)
