"""The command `python -m processing.generator` as a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_it_prints_the_path_of_each_file_and_exits_0(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "processing.generator",
        "--days",
        "2",
        "--seed",
        "1",
        "--out",
        str(tmp_path),
    ]
    found = subprocess.run(
        [*command, "--start", "2025-01-15T06:00:00"], cwd=ROOT, capture_output=True, check=True
    )
    names = ["solar_data_20250115_060000.csv", "solar_data_20250116_060000.csv"]
    assert found.stdout.decode().splitlines() == [str(tmp_path / name) for name in names]
    assert [path.name for path in sorted(tmp_path.iterdir())] == names


def test_a_wrong_argument_exits_2() -> None:
    command = [sys.executable, "-m", "processing.generator", "--days", "2", "--seed", "1"]
    command += ["--start", "2025-01-15T06:00:00", "--out", str(tmp_path)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = ["solar_data_20250115_060000.csv", "solar_data_20250116_060000.csv"]
    assert found.stdout.decode().splitlines() == [str(tmp_path / name) for name in names]
    assert [path.name for path in sorted(tmp_path.iterdir())] == names


def test_a_wrong_argument_exits_2() -> None:
    command = [sys.executable, "-m", "processing.generator", "--days", "0"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 2
