"""Power cuts on a real filesystem: shut down at each call of the daemon, mounted anew, started anew."""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.data import first_drops, hashes, second_drops
from tests.faults.form import LONG
from tests.faults.mounts import Namespace
from tests.faults.test_sweep import library  # noqa: F401 - a fixture
from tests.support.filing import findings
from tests.support.program import Folder, Runs

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
SHUT_DOWN, NO_LOG_FLUSH = 0x8004587D, struct.pack("I", 2)
"""EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN: the disk as it is, the journal not flushed."""
CALLS_MOST = 10**9 if LONG else 5


class Disk:
    """A filesystem in a file, mounted in a namespace that it is cut off in."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.image, self.mount = folder / "image", folder / "mount"
        self.mount.mkdir()
        self.image.write_bytes(b"")
        os.truncate(self.image, (400 if kind == "xfs" else 32) << 20)
        subprocess.run([f"mkfs.{kind}", "-q", self.image], check=True, capture_output=True)
        self.namespace = Namespace('mount -o loop "$1" "$2"', self.image, self.mount)
        self.seen = self.namespace.seen(self.mount)

    def cut(self) -> None:
        """Lose the power; come back."""
        witness = os.open(self.seen / "witness", os.O_CREAT | os.O_WRONLY)
        os.fsync(witness)  # a journal commit has happened
        os.close(witness)
        folder = os.open(self.seen, os.O_RDONLY)
        fcntl.ioctl(folder, SHUT_DOWN, NO_LOG_FLUSH)
        os.close(folder)
        self.namespace.run("umount", self.mount)
        self.namespace.run("mount", "-o", "loop", self.image, self.mount)


class Seen(Folder):
    """A data folder on the disk."""

    def __init__(self, disk: Disk, name: str) -> None:
        self.root = disk.mount / name
        self.inside = disk.seen / name
        self.incoming = self.inside / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)


@pytest.fixture(params=["ext4", "xfs"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if shutil.which(f"mkfs.{request.param}") is None:
        pytest.skip(f"no mkfs.{request.param} (Debian: e2fsprogs, xfsprogs)")
    disk = Disk(request.param, tmp_path)
    with disk.namespace:
        if disk.namespace.why_unavailable:
            pytest.skip(f"no loop mount of {request.param} here: {disk.namespace.why_unavailable}")
        yield disk


def test_no_power_cut_at_any_call_loses_a_byte(disk: Disk, tmp_path: Path, library: Path, runs: Runs) -> None:  # noqa: F811
    state, at, cuts = tmp_path / "state", 0, 0
    while at < CALLS_MOST:
        at += 1
        folder = Seen(disk, str(at))
        first_drops(folder)
        runs.once(folder, prefix=disk.namespace.prefix)
        second_drops(folder)
        dropped = hashes(folder.inside, "incoming", "archive", "quarantine")
        os.sync()  # what is dropped is on the disk; what the daemon does from here on is not
        state.write_bytes(bytes(mmap.PAGESIZE))
        faults = {"FAULT_DIR": folder.root, "FAULT_STATE": state, "FAULT_KIND": "kill", "FAULT_AT": at}
        preload = [f"{key}={value}" for key, value in faults.items()]
        prefix = (*disk.namespace.prefix, "env", f"LD_PRELOAD={library}", *preload)
        runs.start(folder, "--once", prefix=prefix).wait()
        disk.cut()
        cuts += 1
        runs.once(folder, prefix=disk.namespace.prefix)
        assert findings(folder.inside) == [], f"cut at call {at}"
        assert set(hashes(folder.inside, "archive", "quarantine")) == set(dropped), f"cut at call {at}"
        shutil.rmtree(folder.inside)
        if not struct.unpack_from("LL", state.read_bytes())[1]:
            break  # there are no more calls
    assert cuts >= min(CALLS_MOST, 40)
