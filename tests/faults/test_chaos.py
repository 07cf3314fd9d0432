"""Senders of every kind, and a daemon killed at random: in the end each input was moved once."""

from __future__ import annotations

import contextlib
import hashlib
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.faults.data import hashes
from tests.faults.form import LONG
from tests.support.filing import findings
from tests.support.program import BROKEN, HEADER, Folder, Runs

KILLS = 100 if LONG else 4
SEED = 20260115
LAST_SECONDS = 300.0
"""Within which the last run files what no daemon lived long enough for: thousands of files."""


class Sender(threading.Thread):
    """Drops files until stopped, by rename or slowly, corrected and again; keeps what it promised."""

    def __init__(self, folder: Folder, device: str, seed: int) -> None:
        super().__init__()
        self.stopping = threading.Event()
        self.promised: set[str] = set()
        """Hashes of contents that nobody overwrote: each must be archived or quarantined."""
        self.possible: set[str] = set()
        self._random = random.Random(seed)  # noqa: S311 - no secret, a story that can be repeated
        self._incoming = folder.incoming / device
        self._incoming.mkdir()
        self._number = 0

    def run(self) -> None:
        while not self.stopping.wait(self._random.uniform(0.005, 0.05)):
            self._number += 1
            self._random.choice(
                [
                    self._renamed,
                    self._slow,
                    self._overwritten,
                    self._corrected,
                    self._twice,
                    self._appended,
                    self._appended_twice,
                ]
            )()

    def _content(self) -> bytes:
        stamp = f"2026-01-15T12:{self._number % 60:02}:00,25.0,4.0,30.0,100.0\n".encode()
        return HEADER + stamp + f"# {self._incoming.name} {self._number}\n".encode()

    def _put(self, name: str, content: bytes, *, promise: bool = True) -> None:
        upload = self._incoming / f".{name}.upload"
        upload.write_bytes(content)
        upload.rename(self._incoming / name)
        (self.promised if promise else self.possible).add(hashlib.sha256(content).hexdigest())

    def _renamed(self) -> None:
        self._put(f"{self._number}.csv", self._content())

    def _slow(self) -> None:
        content = self._content()
        with (self._incoming / f"{self._number}.csv").open("wb", buffering=0) as file:
            for start in range(0, len(content), 40):
                file.write(content[start : start + 40])
                self.stopping.wait(0.01)
        self.promised.add(hashlib.sha256(content).hexdigest())

    def _overwritten(self) -> None:
        self._put("latest.csv", self._content(), promise=False)

    def _corrected(self) -> None:
        name = f"corrected-{self._number}.csv"
        self._put(name, BROKEN + f"{self._incoming.name}{self._number},1\n".encode(), promise=False)
        self._put(name, self._content())

    def _twice(self) -> None:
        content = self._content()
        self._put(f"{self._number}.csv", content)
        self.stopping.wait(self._random.uniform(0, 0.3))
        self._put(f"{self._number}.csv", content)

    def _appended(self, times: int = 1) -> None:
        """Open a file while it is moved, and append to it; where it is gone by then, that makes a new one."""
        content, name = self._content(), f"{self._number}.csv"
        for _ in range(times):
            self._put(name, content, promise=False)
            self.stopping.wait(self._random.uniform(0, 0.3))
        with (self._incoming / name).open("a+b", buffering=0) as file:
            self.stopping.wait(self._random.uniform(0, 0.02))
            file.write(f"# {self._incoming.name} {self._number}, appended\n".encode())
            file.seek(0)
            self.promised.add(hashlib.sha256(file.read()).hexdigest())

    def _appended_twice(self) -> None:
        self._appended(times=2)


@pytest.mark.timeout(900)
def test_every_input_is_moved_once_whatever_dies(folder: Folder, runs: Runs) -> None:
    chance = random.Random(SEED)  # noqa: S311 - no secret, a story that can be repeated
    senders = [Sender(folder, f"dev{number}", SEED + number) for number in range(3)]
    for sender in senders:
        sender.start()
    killed = 0
    for _ in range(KILLS):
        daemon = runs.daemon(folder)
        time.sleep(chance.uniform(0.0, 1.2))  # the moment of the kill is the experiment
        killed += daemon.end()
    for sender in senders:
        sender.stopping.set()
        sender.join()
    assert killed == KILLS
    with contextlib.suppress(AssertionError):
        runs.daemon(folder).stop(signal.SIGTERM)
    runs.start(folder, "--once").wait(LAST_SECONDS)
    _check(folder.root, senders)


def _check(root: Path, senders: list[Sender]) -> None:
    assert findings(root) == []
    moved = hashes(root, "archive", "quarantine")
    promised = set().union(*(sender.promised for sender in senders))
    possible = set().union(*(sender.possible for sender in senders))
    assert hashes(root, "incoming").total() == 0
    assert len(promised) >= 5 * KILLS
    assert promised <= set(moved)
    assert set(moved) <= promised | possible
    assert set(moved.values()) == {1}
