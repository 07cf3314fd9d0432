"""A FUSE mount whose calls fail or hang on request; python -m tests.faults.faulty BACKING MOUNTPOINT CONTROL.

A file CONTROL/read that says `hang x.csv` lets each read of a path with that in it hang until the request is
withdrawn; `EIO x.csv` lets it fail. So do CONTROL/readdir, CONTROL/fsync and
CONTROL/fsyncdir. A call that met its fault leaves CONTROL/read.met.
"""

from __future__ import annotations

import contextlib
import errno
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mfusepy

from tests.intake.passthrough import Passthrough
from tests.support.program import Folder, wait_until


class Faulty(Passthrough):
    """The passthrough, with faults on request."""

    def __init__(self, backing: Path, control: Path) -> None:
        super().__init__(backing)
        self._control = control

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        self._meet("read", path)
        return super().read(path, size, offset, fh)

    def readdir(self, path: str, fh: int) -> list[str]:
        self._meet("readdir", path)
        return super().readdir(path, fh)

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        self._meet("fsync", path)
        return super().fsync(path, datasync, fh)

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        self._meet("fsyncdir", path)
        return 0

    def flush(self, path: str, fh: int) -> int:
        """Be there: where a server has no flush, the kernel does not wait for it as a file is closed."""
        return 0

    def _meet(self, op: str, path: str) -> None:
        request = self._control / op
        with contextlib.suppress(FileNotFoundError):
            what, _, name = request.read_text().partition(" ")
            if name not in path:
                return
            request.with_suffix(".met").touch()
            if what != "hang":
                raise mfusepy.FuseOSError(getattr(errno, what))
            while request.exists():
                time.sleep(0.01)


class Mount(Folder):
    """A data folder on such a mount."""

    def __init__(self, place: Path) -> None:
        self.root, self.incoming = place / "data", place / "data" / "incoming"
        self._backing, self._control = place / "backing", place / "control"
        for folder in (self.root, self._backing / "incoming", self._control):
            folder.mkdir(parents=True)
        command = [sys.executable, "-m", "tests.faults.faulty", self._backing, self.root, self._control]
        self.server = subprocess.Popen(command, stderr=subprocess.PIPE)
        wait_until(lambda: self.root.is_mount() or self.server.poll() is not None, "not mounted")

    def request(self, call: str, what: str) -> None:
        """Have calls of a kind meet a fault from now on."""
        draft = self._control / "draft"
        draft.write_text(what)
        draft.rename(self._control / call)

    @contextlib.contextmanager
    def meeting(self, call: str, what: str) -> Iterator[None]:
        """Have calls of a kind meet a fault; whatever happens they work again afterwards."""
        self.request(call, what)
        try:
            yield
        finally:
            self.withdraw()

    def met(self, call: str) -> bool:
        """Return whether a call met its fault."""
        return (self._control / f"{call}.met").exists()

    def withdraw(self) -> None:
        """Let all calls work again."""
        for each in self._control.iterdir():
            each.unlink()

    def end(self) -> None:
        self.server.kill()
        self.server.communicate()
        subprocess.run(["umount", "-l", self.root], check=False, capture_output=True)


@contextlib.contextmanager
def mounted(place: Path) -> Iterator[Mount]:
    """Lend such a mount."""
    mount = Mount(place)
    try:
        yield mount
    finally:
        mount.end()


if __name__ == "__main__":
    mfusepy.FUSE(Faulty(Path(sys.argv[1]), Path(sys.argv[3])), sys.argv[2], foreground=True)
