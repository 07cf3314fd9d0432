"""`accept` in real processes: from a drop that is rejected to right figures, and killed at any step."""

import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.base_day import written
from tests.support.program import ROOT, Folder, Runs, clean_environ
from watcher.commands.audit import audit
from watcher.system.filesystem import FileSystem

DATES = written("time,power", "{m}/{d}/{y} {clock},{p}").encode()
STEPS = 7
"""System calls that change something, in an `accept` of two files."""
KILLED_AT = """
import os, signal, sys
step = int(sys.argv.pop(1))
names = ("mkdir", "write", "rename", "rename_noreplace")
from watcher.system.filesystem import FileSystem
count = 0
def killing(call):
    def counted(*given, **named):
        global count
        count += 1
        if count > step:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*given, **named)
    return counted
for name in names:
    setattr(FileSystem, name, killing(getattr(FileSystem, name)))
from watcher.cli import main
sys.exit(main(sys.argv[1:]))
"""


def accept(folder: Folder, *arguments: str, step: int | None = None) -> subprocess.CompletedProcess[str]:
    start = ["-m", "watcher"] if step is None else ["-c", KILLED_AT, str(step)]
    command = [sys.executable, *start, "accept", *arguments, "--data-dir", str(folder.root)]
    return subprocess.run(command, cwd=ROOT, env=clean_environ(), capture_output=True, text=True, check=False)


def energy(folder: Folder, name: str) -> float:
    found: float = folder.document(f"processed/{name}.json")["metrics"]["total_energy_kwh"]
    return found


def test_without_a_daemon_the_next_start_reads_the_file_and_those_that_follow(
    folder: Folder, runs: Runs
) -> None:
    folder.drop("roof/x.csv", DATES)
    assert runs.once(folder).code == 1
    assert accept(folder, "roof/x.csv").returncode == 2
    done = accept(folder, "roof/x.csv", "2")
    assert (done.returncode, done.stderr) == (0, "")
    folder.drop("roof/y.csv", DATES.replace(b"06/10/", b"06/12/"))
    assert runs.once(folder).code == 0
    assert (energy(folder, "roof/x"), energy(folder, "roof/y")) == (0.119989, 0.119989)
    assert folder.document("processed/roof/y.json")["metrics"]["period"]["start"] == "2025-06-12T12:00:00"


def test_beside_a_daemon_the_files_are_waited_for_and_the_next_needs_no_command(
    folder: Folder, runs: Runs
) -> None:
    daemon = runs.daemon(folder)
    for name in ("x", "y"):
        folder.drop(f"{name}.csv", DATES.replace(b"12:00:00", b"12:00:01") if name == "y" else DATES)
    daemon.until_many(2, "file.quarantined")
    done = accept(folder, "x.csv", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("2 processed, 0 rejected\n")
    folder.drop("z.csv", DATES.replace(b"06/10/", b"06/13/"))
    daemon.until("file.processed", file="z.csv")
    assert daemon.stop().code == 0
    assert energy(folder, "x") == 0.119989


def test_a_file_that_is_rejected_again_is_said_to_be_so(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    folder.drop("x.csv", DATES)
    daemon.until("file.quarantined")
    reason = folder.root / "quarantine/x.csv.reason.json"
    reason.write_text(reason.read_text().replace("%m/%d/%Y %H:%M:%S", "%Y"))
    done = accept(folder, "x.csv", "2")
    assert done.returncode == 1
    assert "x.csv: rejected again: " in done.stdout
    assert done.stdout.endswith("0 processed, 1 rejected\n")
    assert daemon.stop().code == 0


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with two files in quarantine."""
    folder, runs = Folder(tmp_path_factory.mktemp("data")), Runs()
    for at in range(2):
        folder.drop(f"roof/{at}.csv", DATES + f"06/10/2025 13:00:0{at},1\n".encode())
    assert runs.once(folder).code == 1
    assert runs.end() == []
    return folder.root


@pytest.mark.parametrize("step", range(STEPS + 1))
def test_killed_before_any_step_nothing_is_lost_and_the_same_command_goes_on(
    tmp_path: Path, rejected: Path, runs: Runs, step: int
) -> None:
    folder = Folder(
        Path(shutil.copytree(rejected, tmp_path / "copy", ignore=shutil.ignore_patterns(".watcher")))
    )
    done = accept(folder, "roof/0.csv", "2", step=step)
    assert done.returncode == (-signal.SIGKILL if step < STEPS else 0), done.stdout
    formats = list((folder.root / "profiles").glob("*.toml"))
    assert all(tomllib.loads(path.read_text())["csv"] for path in formats)
    if step < STEPS:
        assert accept(folder, "roof/0.csv", "2").returncode in (0, 2)
    assert runs.once(folder).code == 0
    for at in range(2):
        assert folder.document(f"processed/roof/{at}.json")["status"] == "success"
    assert len(list((folder.root / "profiles").glob("*.toml"))) == 1
    assert [*audit(FileSystem(), os.fsencode(folder.root))] == []
