"""`processing` without what Linux alone has, and the daemon's refusal there.

On Windows and macOS these tests run as they are; on Linux a preamble hides what those systems lack.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
LOAD = "import concurrent.futures, jinja2, msgspec, multiprocessing.connection, numpy, tempfile, zoneinfo\n"
"""What would load what Windows has, if the system had that name before."""
HIDE = """
import ctypes, os, shutil, signal, subprocess, sys

def refuse_folders(path, flags, mode=0o777, *, dir_fd=None, open=os.open):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", path)
    return open(path, flags, mode)

def no_process(*_, **options):
    raise ValueError("pass_fds not supported on Windows.")

if "SYSTEM" == "win32":
    sys.modules["fcntl"] = sys.modules["resource"] = None
    for name in ("NOFOLLOW", "NONBLOCK", "CLOEXEC", "NOCTTY", "DIRECTORY", "PATH"):
        delattr(os, "O_" + name)
    del signal.pthread_sigmask, signal.SIGHUP, signal.SIGKILL, os.fchmod
    os.open, shutil._use_fd_functions = refuse_folders, False
    subprocess.Popen = no_process
del os.sched_getaffinity
ctypes.CDLL = None
sys.platform = "SYSTEM"
"""
MAIN = "import sys; from {package}.__main__ import main; sys.exit(main())"


def run(system: str, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Return what a program did on a system like this."""
    code = program
    if sys.platform != system:
        code = (LOAD if "processing" in program else "") + HIDE.replace("SYSTEM", system) + program
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


systems = pytest.mark.parametrize(
    "system", ["win32", "darwin"] if sys.platform == "linux" else [sys.platform]
)


@pytest.mark.parametrize(
    "system",
    ["win32", pytest.param("darwin", marks=pytest.mark.long)] if sys.platform == "linux" else [sys.platform],
)
def test_files_are_processed_one_by_one_and_it_is_said_once(system: str, tmp_path: Path) -> None:
    (tmp_path / "in" / "roof").mkdir(parents=True)
    for name in ("broken_day.csv", "clean_day.csv", "roof/clean_day.csv"):
        shutil.copy(SAMPLES / name.rpartition("/")[2], tmp_path / "in" / name)
    arguments = (tmp_path / "in", "-o", tmp_path / "out")
    done = run(system, MAIN.format(package="processing"), *arguments, "--workers", "4")
    assert done.returncode == 1, done.stderr  # one sample is broken
    assert done.stderr.count("one by one in this process, without a time limit") == 1
    assert done.stderr.count("broken_day.csv, line 1: missing_columns") == 1
    assert "2 processed, 0 already there, 1 rejected, 0 left" in done.stdout
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    assert names == {"clean_day.json", "roof/clean_day.json", "index.html", "summary.json"}
    record = json.loads((tmp_path / "out" / "roof" / "clean_day.json").read_bytes())
    assert record["input"]["name"] == "roof/clean_day.csv"
    again = run(system, MAIN.format(package="processing"), *arguments)
    assert "0 processed, 2 already there, 1 rejected, 0 left" in again.stdout


@systems
def test_the_three_functions_work(system: str, tmp_path: Path) -> None:
    reading = {"voltage": 24.5, "current": 5.2, "temperature": 35.0, "power": 127.4}
    program = f"""
import sys
from processing import calculate_metrics, process_sensor_data, validate_data
assert validate_data({reading})
assert calculate_metrics([{reading}])["voltage"]["avg"] == 24.5
result = process_sensor_data(sys.argv[1], sys.argv[2])
assert result["status"] == "success", result
"""
    done = run(system, program, SAMPLES / "clean_day.csv", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["clean_day.json"]


@systems
@pytest.mark.parametrize("arguments", [[], ["status"]])
def test_the_daemon_ends_with_2_and_one_sentence(system: str, arguments: list[str]) -> None:
    done = run(system, MAIN.format(package="watcher"), *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("watcher: the daemon needs Linux: ")
    assert "python -m processing PATH… -o results" in done.stderr
    assert done.stderr.count("\n") == 1
