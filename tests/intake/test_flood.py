"""More files than fit: nothing is missed, nothing taken twice, and nobody waits for a neighbour."""

from __future__ import annotations

import os
import signal
import time
import tracemalloc
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from tests.intake.story import HEADER, Story, day, running
from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.pending_files import MAX_FILES, PendingFiles
from watcher.discovery.probe import FolderProber
from watcher.discovery.watched_folder import WatchedFolder
from watcher.system.filesystem import FileSystem

pytestmark = pytest.mark.long


def tree_kib(pid: int) -> int:
    """Return the memory of a process and all below it in KiB, shared pages counted once (PSS)."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if process.name == str(pid):
                total += int((process / "smaps_rollup").read_text().partition("\nPss:")[2].split()[0])
            elif parent == str(pid):
                total += tree_kib(int(process.name))
        except (OSError, ValueError):
            continue
    return total


def fill(folder: Path, files: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        (folder / f"{number}.csv").write_text(f"{HEADER}2025-01-15T00:00:00,24.5,5.2,35.0,127.4\n")


@pytest.mark.timeout(600)
def test_the_kernels_queue_overflows_while_the_daemon_is_stopped(tmp_path: Path) -> None:
    files = 20_000
    with running(tmp_path, "--settle=0.2", "--durability=none") as story:
        story.process.send_signal(signal.SIGSTOP)
        fill(story.incoming, files)
        story.process.send_signal(signal.SIGCONT)
        story.wait_for(lambda: story.filed().total() >= files, 500)
        assert story.said("watch.overflowed")
        assert len(story.filed()) == files
        assert set(story.filed().values()) == {1}
        assert not list(story.incoming.iterdir())


@pytest.mark.timeout(300)
def test_a_file_of_another_device_passes_fifty_thousand_of_one(tmp_path: Path) -> None:
    (tmp_path / "data/incoming/small").mkdir(parents=True)
    fill(tmp_path / "data/incoming/big", 50_000)
    with running(tmp_path, "--settle=0.5", "--durability=none", "--workers=2") as story:
        story.wait_for(lambda: story.filed().total() > 500, 60)
        for number in range(5):
            name = f"small/{number}.csv"
            dropped_at = story.move_in(name, day(first=number))
            story.wait_filed(name)
            assert filed_at(story, name) - dropped_at < 2.0


@pytest.mark.timeout(300)
def test_a_file_of_another_device_passes_one_of_five_hundred_megabytes(tmp_path: Path) -> None:
    rows = "".join(
        f"2025-01-15T00:{number // 60:02d}:{number % 60:02d},24.5,5.2,35.0,127.4\n" for number in range(3_000)
    )
    big = tmp_path / "data/outside/big.csv"
    big.parent.mkdir(parents=True)
    with big.open("w") as file:
        file.write(HEADER)
        while file.tell() < 500_000_000:
            file.write(rows)
    with running(tmp_path, "--settle=0.2", "--workers=2", "--file-memory=2000000000") as story:
        story.move_in("warm/x.csv")
        story.wait_filed("warm/x.csv")
        (story.incoming / "big").mkdir()
        big.rename(story.incoming / "big/big.csv")
        for number in range(5):
            name = f"small/{number}.csv"
            dropped_at = story.move_in(name, day(first=number))
            story.wait_filed(name)
            assert filed_at(story, name) - dropped_at < 2.0
        assert "big/big.csv" not in story.filed()


@pytest.mark.timeout(600)
def test_the_tree_stays_small_with_a_hundred_thousand_files_waiting(tmp_path: Path) -> None:
    fill(tmp_path / "data/incoming", 100_000)
    with running(tmp_path, "--settle=0.2", "--durability=none") as story:
        for files in (2_000, 8_000, 14_000):
            story.wait_for(lambda files=files: story.filed().total() > files, 200)
            assert tree_kib(story.process.pid) < 150 * 1024


def test_the_intake_keeps_little_of_a_hundred_thousand_files_in_memory(tmp_path: Path) -> None:
    """Scan, settle and wait, without an engine: what they hold when nothing moves on."""
    for number in range(100_000):
        if not number % 20_000:  # ext4 allows 65,000 names of one file
            (tmp_path / f"one{number}").write_text(day())
            one = tmp_path / f"one{number}"
            (tmp_path / f"incoming/{number}").mkdir(parents=True)
        os.link(one, tmp_path / f"incoming/{number - number % 20_000}/{number}.csv")
    log, in_flight = CapturingLogger(), set[bytes]()
    ignored = IgnoredNames(log)
    prober = FolderProber(os.fsencode(tmp_path / "incoming"), FileSystem())
    pending = PendingFiles(lambda _: 0.1, prober=prober, ignored=ignored, log=log)
    sources = WatchedFolder(
        os.fsencode(tmp_path / "incoming"),
        FileSystem(),
        mode="auto",
        scan_interval=0.5,
        clock=time.monotonic,
        wake=lambda: None,
        is_known=in_flight.__contains__,
        ignored=ignored,
        log=log,
    )
    tracemalloc.start()
    try:
        sources.start()
        ends_at = time.monotonic() + 60
        while sources.scanner.backlog < 100_000 and time.monotonic() < ends_at:
            sources.feed(pending)
            in_flight.update(job.name for job in pending.stable_jobs(in_flight, lambda: len(in_flight) < 400))
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        sources.stop()
    assert sources.scanner.backlog == 100_000
    assert len(pending) <= MAX_FILES
    assert most < 20 * 2**20, f"{held} bytes held, {most} at most"


def filed_at(story: Story, name: str) -> float:
    return next(
        line["at"] for line in story.said("file.processed", "file.quarantined") if line["file"] == name
    )
