"""`accept` killed before each of its changes: nothing is lost, and the same command goes on."""

import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.base_day import TWO_DATES
from tests.support.filing import findings
from tests.support.program import ROOT, Folder, Runs, clean_environ

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


def accept(folder: Folder, *start: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *start, "accept", "roof/0.csv", "2", "--data-dir", str(folder.root)]
    return subprocess.run(command, cwd=ROOT, env=clean_environ(), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with two files in quarantine."""
    folder, runs = Folder(tmp_path_factory.mktemp("data")), Runs()
    for at in range(2):
        folder.drop(f"roof/{at}.csv", TWO_DATES + f"06/10/2025 13:00:0{at},1\n".encode())
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
    done = accept(folder, "-c", KILLED_AT, str(step))
    assert done.returncode == (-signal.SIGKILL if step < STEPS else 0), done.stdout
    formats = list((folder.root / "profiles").glob("*.toml"))
    assert all(tomllib.loads(path.read_text())["csv"] for path in formats)
    if step < STEPS:
        assert accept(folder, "-m", "watcher").returncode in (0, 2)
    assert runs.once(folder).code == 0
    for at in range(2):
        assert folder.document(f"processed/roof/{at}.json")["status"] == "success"
    assert len(list((folder.root / "profiles").glob("*.toml"))) == 1
    assert findings(folder.root) == []
