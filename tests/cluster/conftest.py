"""A real scheduler and real workers, each a process of its own, that are killed and started anew."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from processing.generator.days import SimulatedDay, render
from tests.support.program import ROOT, Folder

FIRST = datetime(2025, 1, 1, 6)  # noqa: DTZ001 - as loggers write it
LONG_SECONDS = 90.0


class Cluster:
    """A scheduler on the loopback, and its workers."""

    def __init__(self, folder: Path, environ: dict[str, str], scheme: str = "tcp") -> None:
        self._folder = folder
        self._environ = {**os.environ, **environ, "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false"}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.address = f"{scheme}://127.0.0.1:{self._port}"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_scheduler(self) -> None:
        protocol = self.address.partition("://")[0]
        where = ["--host", "127.0.0.1", "--port", str(self._port), "--protocol", protocol]
        self.scheduler = self._start("scheduler", *where, "--no-dashboard", "--no-show")
        until(self._answers, "the scheduler answers")

    def start_worker(self, *flags: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        arguments = [self.address, "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"]
        arguments += ["--local-directory", str(self._folder / f"worker-{len(self.workers)}")]
        worker = self._start("worker", *arguments, *(flags or ("--no-nanny",)), prefix=prefix)
        self.workers.append(worker)
        return worker

    def start(self, *flags: str) -> None:
        self.start_scheduler()
        for _ in range(2):
            self.start_worker(*flags)

    def lose_scheduler(self) -> None:
        assert self.scheduler is not None
        kill(self.scheduler)

    def end(self) -> None:
        for process in [*self.workers, self.scheduler]:
            if process is not None:
                kill(process)

    def reader_of(self, path: Path) -> int | None:
        """Return the pid of a worker's process that has the file open."""
        for pid in (below for worker in self.workers for below in descendants(worker.pid)):
            with contextlib.suppress(OSError):
                if any(os.readlink(each) == str(path) for each in Path(f"/proc/{pid}/fd").iterdir()):
                    return pid
        return None

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
            return True
        return False

    def _start(self, role: str, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        log = (self._folder / "cluster.log").open("ab")
        with log:
            return subprocess.Popen(
                [*prefix, sys.executable, "-m", f"distributed.cli.dask_{role}", *arguments],
                cwd=ROOT,
                env=self._environ,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a nanny's children end with it
            )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(condition: Callable[[], object], what: str) -> None:
    """Return when the condition holds; it is given a minute and a half."""
    deadline = time.monotonic() + LONG_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def descendants(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for children in list(Path(f"/proc/{pid}/task").iterdir()):
            for child in (children / "children").read_text().split():
                yield int(child)
                yield from descendants(int(child))


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def fill(folder: Path, files: int) -> None:
    """Write so many different days of eight devices."""
    days = [render(SimulatedDay(FIRST.replace(day=1 + number % 28), seed=number))[0] for number in range(56)]
    for number in range(files):
        path = folder / f"device-{number % 8}" / f"{number:05}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(days[number % 56])


def records(folder: Path) -> dict[str, bytes]:
    """Return all results by name, without the time at which they were made."""
    return {
        path.relative_to(folder).as_posix(): re.sub(rb'"processed_at": "[^"]*"', b"", path.read_bytes())
        for path in folder.rglob("*.json")
        if path.name != "summary.json"
    }


def archived(folder: Folder) -> int:
    return sum(1 for _ in (folder.root / "archive").rglob("*.csv"))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster that is not started yet."""
    cluster = Cluster(tmp_path, {})
    yield cluster
    cluster.end()
