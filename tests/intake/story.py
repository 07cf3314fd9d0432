"""A daemon in a process of its own, its folders, and what it said."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import call
from tests.support.program import SECONDS

REPOSITORY = Path(__file__).parents[2]
HEADER = "timestamp,voltage,current,temperature,power\n"
FILED = frozenset({"file.processed", "file.quarantined", "file.duplicate"})
PRIVATE_MOUNTS = ["unshare", "-m", "--propagation", "private"]


def day(rows: int = 12, first: int = 0) -> str:
    """Return a sound CSV; `first` makes one differ from another."""
    lines = [
        f"2025-01-15T{(first + row) // 12 % 24:02d}:{(first + row) % 12 * 5:02d}:00,24.5,5.2,35.0,127.4\n"
        for row in range(rows)
    ]
    return HEADER + "".join(lines)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Story:
    """The daemon on a data folder below `folder`; `prefix` is what starts it, such as `unshare -m`."""

    def __init__(
        self, folder: Path, *flags: str, prefix: list[str] | None = None, env: dict[str, str] | None = None
    ) -> None:
        self.data = folder / "data"
        self.incoming = self.data / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)
        self.lines: list[dict[str, Any]] = []
        self._filed: Counter[str] = Counter()
        command = [*(prefix or []), sys.executable, "-m", "watcher", f"--data-dir={self.data}"]
        self.process = subprocess.Popen(
            [*command, "--log-format=json", *flags],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, **(env or {})},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.wait_for(lambda: self.said("watcher.started"))

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                said = json.loads(line) | {"at": time.monotonic()}
                if said["event"] in FILED:
                    self._filed[said["file"]] += 1
                self.lines.append(said)

    def said(self, *events: str) -> list[dict[str, Any]]:
        """Return the lines of these events so far."""
        return [line for line in list(self.lines) if line["event"] in events]

    def filed(self) -> Counter[str]:
        """Return how often each file was archived, quarantined or dropped as a duplicate."""
        return self._filed

    def wait_for(self, reached: Callable[[], object], seconds: float = SECONDS) -> None:
        """Wait until it is so; fail with what the daemon said last."""
        deadline = time.monotonic() + seconds
        while not reached():
            if self.process.poll() is not None or time.monotonic() > deadline:
                last = "\n".join(map(str, self.lines[-15:]))
                pytest.fail(
                    f"not reached in {seconds} s (exit {self.process.poll()}); the last lines:\n{last}"
                )
            time.sleep(0.02)

    def wait_filed(self, *names: str, seconds: float = SECONDS) -> None:
        self.wait_for(lambda: all(name in self._filed for name in names), seconds)

    def drop(self, name: str, text: str | None = None) -> None:
        """Write a file straight into incoming."""
        path = self.incoming / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or day())

    def move_in(self, name: str, text: str | None = None) -> float:
        """Move a finished file into incoming by a rename; return when, in monotonic seconds."""
        (self.data / "outside").mkdir(exist_ok=True)
        ready = self.data / "outside" / Path(name).name
        ready.write_text(text or day())
        (self.incoming / name).parent.mkdir(parents=True, exist_ok=True)
        ready.rename(self.incoming / name)
        return time.monotonic()

    def status(self) -> str:
        """Return what `status` says."""
        return call("status", "--data-dir", self.data).stdout

    def in_namespace(self, *command: str) -> None:
        """Run a command among the daemon's own mounts."""
        subprocess.run(["nsenter", "-m", "-t", str(self.process.pid), *command], check=True)

    def stop(self) -> int:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
                self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self._reader.join(SECONDS)


@contextlib.contextmanager
def running(
    folder: Path, *flags: str, prefix: list[str] | None = None, env: dict[str, str] | None = None
) -> Iterator[Story]:
    """Run the daemon for the time of a story."""
    story = Story(folder, *flags, prefix=prefix, env=env)
    try:
        yield story
    finally:
        story.stop()


def skip_unless_works(*command: str) -> None:
    """Skip the test loudly where a command that it needs cannot do its work here."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"{command[0]}: {error.strerror}")
    if done.returncode:
        pytest.skip(f"{' '.join(command)}: {done.stderr.strip()[:200]}")
