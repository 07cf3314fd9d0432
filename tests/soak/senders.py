"""Devices that drop files in every way for as long as the soak lasts, and remember what they promised."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.support.program import HEADER, Folder

BROKEN = b"timestamp,current\n"
_ODD = "ödd \x1b[31m\n name.csv"


class Device(threading.Thread):
    """Drops a file every so often, by another way each time; a disk that refuses it is tried again."""

    def __init__(self, folder: Folder, name: str, seed: int, pause_seconds: float) -> None:
        super().__init__(name=name)
        self.stopping = threading.Event()
        self.resting = threading.Event()
        self.promised: set[str] = set()
        """The hash of each content that arrived whole: it must be filed, exactly once."""
        self._random = random.Random(seed)  # noqa: S311 - no secret, a story that can be told again
        self._pause = pause_seconds
        self._incoming = folder.incoming / name
        self._number = 0
        self._ways: list[Callable[[], None]] = [
            *[self._whole] * 4,
            self._slow,
            self._broken_then_corrected,
            self._twice,
            self._zipped,
            self._oddly,
        ]

    def run(self) -> None:
        while not self.stopping.wait(self._random.uniform(0.5, 1.5) * self._pause):
            if not self.resting.is_set():
                self._number += 1
                with contextlib.suppress(OSError):  # full, or incoming is away: as a device would see it
                    self._incoming.mkdir(exist_ok=True)
                    self._random.choice(self._ways)()

    def _whole(self) -> None:
        self._put(f"{self._number}.csv", self._day())

    def _slow(self) -> None:
        content = self._day(rows=4)
        path = self._incoming / f"slow-{self._number}.csv"
        with path.open("xb", buffering=0) as file:
            for line in content.splitlines(keepends=True):
                file.write(line)
                self.stopping.wait(0.2)
        self._promise(content)

    def _broken_then_corrected(self) -> None:
        name = f"corrected-{self._number}.csv"
        self._put(name, BROKEN + f"{self.name} {self._number},1\n".encode())
        self.stopping.wait(3.0)  # the broken one is in quarantine by then, else its promise would be broken
        if not (self._incoming / name).exists():
            self._put(name, self._day())

    def _twice(self) -> None:
        content = self._day()
        self._put(f"{self._number}.csv", content)
        self.stopping.wait(2.0)
        self._put(f"{self._number}.csv", content)

    def _zipped(self) -> None:
        self._put(f"{self._number}.csv.gz", gzip.compress(self._day(), mtime=0))

    def _oddly(self) -> None:
        self._put(f"{self._number}{_ODD}", self._day())

    def _put(self, name: str, content: bytes) -> None:
        upload = self._incoming / f".{name}.part"
        upload.write_bytes(content)
        upload.rename(self._incoming / name)
        self._promise(content)

    def _promise(self, content: bytes) -> None:
        self.promised.add(hashlib.sha256(content).hexdigest())

    def _day(self, rows: int = 288) -> bytes:
        """Return a content that nobody else sends: its first stamp is this file's own."""
        start = datetime(2026, 1, 1) + timedelta(hours=self._number, seconds=len(self.name))  # noqa: DTZ001
        voltage = 24 + self._random.random()
        lines = (
            f"{(start + timedelta(minutes=5 * row)).isoformat()},{voltage:.9f},4.0,30.0,{voltage * 4:.3f}\n"
            for row in range(rows)
        )
        return HEADER + "".join(lines).encode()
