"""What a soak runs on: a disk that can be filled, a clock that can be set, and a daemon to look at."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.mounts import Namespace
from tests.support.program import Folder, Program, Runs, clean_environ, modes_bind, without_privileges

DISK_BYTES = 4 << 30
"""Of a sparse image: only what is written takes room."""
SETTINGS = ("--scan-interval=2", "--file-seconds=10", "--workers=2")


class Sample(NamedTuple):
    """A daemon at rest: kilobytes that are its own, the most it ever held, open descriptors, threads."""

    kilobytes: int
    peak_kilobytes: int
    descriptors: int
    threads: int


class Machine:
    """A data folder on a disk of its own, and the daemon there; `lacks` says what this machine cannot do."""

    def __init__(self, scratch: Path, runs: Runs, namespace: Namespace, lacks: list[str]) -> None:
        self.lacks = lacks
        self.has_disk = not namespace.why_unavailable
        if not self.has_disk:
            lacks.append(f"a disk that fills: {namespace.why_unavailable}")
        self.root = scratch / "data"
        self.folder = Folder(namespace.seen(self.root / "solar") if self.has_disk else self.root / "solar")
        self._inner = self.root / "solar"
        self._enter = namespace.prefix if self.has_disk else ()
        self._runs = runs
        self._user = without_privileges()
        self.modes_bind = modes_bind(self._user, scratch)
        if not self.modes_bind:
            lacks.append("file modes that bind")
        self._clock = scratch / "clock"
        self._environ = self._own_clock()
        self.daemon: Program = self.start()

    def _own_clock(self) -> dict[str, str]:
        """Return what has the daemon read a wall clock of its own. faketime would bend its sleeps, too."""
        library, source = self._clock.with_suffix(".so"), Path(__file__).with_name("wall_clock.c")
        if shutil.which("cc") is None:
            self.lacks.append("a clock that can be set: no C compiler")
            return {}
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        self.set_clock(0)
        return {"LD_PRELOAD": str(library), "WALL_CLOCK": str(self._clock)}

    def set_clock(self, seconds: int) -> None:
        """Set the daemon's wall clock off by so many seconds; its monotonic clock goes on."""
        with self._clock.open("r+b" if self._clock.exists() else "wb") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))

    def start(self) -> Program:
        """Start a daemon and return when it watches."""
        inner = Folder.__new__(Folder)
        inner.root = self._inner
        self.daemon = self._runs.daemon(inner, *SETTINGS, prefix=[*self._enter, *self._user], **self._environ)
        return self.daemon

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the program on the folder."""
        command = [*self._enter, *self._user, sys.executable, "-m", "watcher", *words]
        return subprocess.run(
            [*command, "--data-dir", str(self._inner)],
            env=clean_environ(), capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        """Return what `status --json` says."""
        done = self.command("status", "--json")
        assert done.returncode in {0, 1}, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def reasons(self) -> set[str]:
        """Return the codes that make health red just now."""
        return {reason["code"] for reason in self.status()["reasons"]}

    def is_drained(self) -> bool:
        """Return whether nothing is left to do."""
        status = self.status()
        busy = status["waiting"] or status["queued"] or status["in_flight"] or any(self.inputs())
        return status["healthy"] and not busy

    def inputs(self) -> Iterator[Path]:
        """Yield what lies in incoming and is to be filed."""
        paths = self.folder.incoming.rglob("[!.]*")
        return (path for path in paths if path.suffix in {".csv", ".gz"} and path.is_file())

    def filed(self) -> Iterator[str]:
        """Yield the hash of each input that has a record."""
        for pattern in ("processed/**/*.json", "quarantine/**/*.reason.json"):
            for path in self.folder.root.glob(pattern):
                document = json.loads(path.read_bytes())
                if "input" in document:  # else it is the summary of a run
                    yield document["input"]["sha256"]

    def is_at_rest(self) -> bool:
        """Return whether the daemon has let all its workers go."""
        return not self.daemon.workers()

    def file_workers(self) -> list[int]:
        """Return the pids of the workers that process files; one that draws pages may take ten minutes."""
        found, nice = [], os.getpriority(os.PRIO_PROCESS, self.daemon.pid)
        for pid in self.daemon.workers():
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                if os.getpriority(os.PRIO_PROCESS, pid) == nice:
                    found.append(pid)
        return found

    def sample(self) -> Sample:
        """Measure the daemon."""
        process = Path(f"/proc/{self.daemon.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        own, peak = (int(status[key].split()[0]) for key in ("RssAnon", "VmHWM"))
        return Sample(own, peak, len(list((process / "fd").iterdir())), int(status["Threads"]))

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte on the disk."""
        filler = self.folder.root.parent / "filler"
        with filler.open("wb") as file:
            for size in (1 << 24, 1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
        try:
            yield
        finally:
            filler.unlink()


@contextlib.contextmanager
def disk(scratch: Path) -> Iterator[Namespace]:
    """Lend a namespace in which `scratch/data` is an ext4 of its own, or one that says why it cannot be."""
    image, root = scratch / "disk", scratch / "data"
    root.mkdir()
    image.touch()
    os.truncate(image, DISK_BYTES)
    if shutil.which("mkfs.ext4"):
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-F", image], check=True, capture_output=True)
    with Namespace('mount -o loop "$1" "$2"', image, root) as namespace:
        yield namespace


def within(seconds: float, condition: Callable[[], object], what: str | Callable[[], object]) -> float:
    """Return after how many seconds the condition held; AssertionError where it did not in time."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, (
            f"not within {seconds:g} s: {what if isinstance(what, str) else what()}"
        )
        time.sleep(0.2)
    return time.monotonic() - began


def kill(pids: Sequence[int], number: int) -> int:
    """Send a signal to those that still live; return how many."""
    sent = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            sent += 1
    return sent
