"""A sender that puts a file under a name between the check and the rename keeps its file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.mounts import Namespace

ARRIVED = b"timestamp,voltage,current\nwhat a sender has just put there\n"
REFUSED = b"timestamp,current\n"
PROGRAM = """
import os, sys
from watcher.filing import recovery
from watcher.commands import retry as repair
from watcher.system.filesystem import FileSystem

class Raced(FileSystem):
    def rename_noreplace(self, source, source_folder, target, target_folder):
        if target == b"day.csv" and not os.path.exists(arrives):
            with open(arrives, "wb") as file:
                file.write(bytes.fromhex(sys.argv[2]))
        super().rename_noreplace(source, source_folder, target, target_folder)

data_dir, arrives = sys.argv[1], sys.argv[1] + "/incoming/day.csv"
fs = Raced(durable=False)
if sys.argv[3] == "retry":
    print(repair.retry(fs, os.fsencode(data_dir), b"day.csv").problem)
else:
    recovery.recover(fs, os.fsencode(data_dir), lambda *notice: print(*notice))
"""
MOUNTS = {
    "tmpfs": 'mount -t tmpfs -o size=8m none "$1"',
    "vfat": 'truncate -s 8M "$2"; mkfs.vfat "$2" >&2; mount -o loop "$2" "$1"',
    "exfat": 'truncate -s 8M "$2"; mkfs.exfat "$2" >&2; mount -o loop "$2" "$1"',
}


@pytest.fixture(params=MOUNTS)
def namespace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Namespace]:
    (tmp_path / "data").mkdir()
    with Namespace(MOUNTS[request.param], tmp_path / "data", tmp_path / "image") as namespace:
        if namespace.why_unavailable:
            pytest.skip(f"no {request.param} here: {namespace.why_unavailable}")
        yield namespace


@pytest.mark.parametrize("command", ["retry", "start"])
def test_a_file_that_goes_back_to_incoming_replaces_none_that_has_just_arrived(
    namespace: Namespace, tmp_path: Path, command: str
) -> None:
    data = namespace.seen(tmp_path / "data")
    for area in ("incoming", "processed", "archive", "quarantine"):
        (data / area).mkdir()
    (data / "quarantine" / "day.csv").write_bytes(REFUSED)
    subprocess.run(
        [*namespace.prefix, sys.executable, "-c", PROGRAM, tmp_path / "data", ARRIVED.hex(), command],
        check=True,
    )
    assert (data / "incoming" / "day.csv").read_bytes() == ARRIVED
    kept = {path.read_bytes() for path in data.rglob("*.csv")}
    assert kept == {ARRIVED, REFUSED}
