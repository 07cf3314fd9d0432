"""A FUSE mount whose files come without events, as on NFS, SMB and Docker Desktop."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.story import Story, day, running

pytestmark = pytest.mark.long


@pytest.fixture
def backing(tmp_path: Path) -> Iterator[Path]:
    """The folder behind a FUSE mount at incoming."""
    pytest.importorskip("mfusepy", exc_type=(ImportError, OSError))
    backing, incoming = tmp_path / "backing", tmp_path / "data/incoming"
    backing.mkdir()
    incoming.mkdir(parents=True)
    program = Path(__file__).with_name("passthrough.py")
    with subprocess.Popen(
        [sys.executable, str(program), str(backing), str(incoming)], stderr=subprocess.PIPE, text=True
    ) as server:
        deadline = time.monotonic() + 5
        while not incoming.is_mount():
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                pytest.skip(f"FUSE cannot mount here: {server.communicate()[1].strip()[:200]}")
            time.sleep(0.02)
        yield backing
        subprocess.run(["umount", "-l", incoming], check=True)
        server.wait(30)


def found_after(story: Story, backing: Path, name: str) -> float:
    (backing / name).write_text(day(first=len(name)))
    dropped_at = time.monotonic()
    story.wait_filed(name)
    return time.monotonic() - dropped_at


def test_files_are_found_within_the_set_interval(tmp_path: Path, backing: Path) -> None:
    with running(tmp_path, "--settle=0.3", "--scan-interval=1") as story:
        (backing / "dev").mkdir()
        for name in ("x.csv", "dev/y.csv", "dev/longer.csv"):
            assert found_after(story, backing, name) < 1 + 0.3 + 3
        assert set(story.filed().values()) == {1}
        assert (story.data / "archive/x.csv").read_text() == day(first=5)


def test_the_mounts_type_alone_makes_scans_more_frequent(tmp_path: Path, backing: Path) -> None:
    with running(tmp_path, "--settle=0.3") as story:
        time.sleep(1)  # past the scan at start
        assert found_after(story, backing, "x.csv") < 5 + 0.3 + 3
        assert not story.said("watch.degraded")


def test_a_slow_writer_behind_the_mount_is_waited_for(tmp_path: Path, backing: Path) -> None:
    lines = day(rows=7).splitlines(keepends=True)
    with running(tmp_path, "--settle=1.5", "--scan-interval=0.5") as story:
        for line in lines:
            with (backing / "x.csv").open("a") as file:
                file.write(line)
            time.sleep(0.7)
        assert not story.filed()
        story.wait_filed("x.csv")
        assert (story.data / "archive/x.csv").read_text() == "".join(lines)
        assert story.filed() == {"x.csv": 1}
