"""The command `python -m processing.generator` as a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "processing.generator"]


def test_it_prints_the_path_of_each_file_and_exits_0(tmp_path: Path) -> None:
    command = [
        *COMMAND,
        "--days",
        "2",
        "--seed",
        "1",
        "--start",
        "2025-01-15T06:00:00",
        "--out",
        str(tmp_path),
    ]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = ["solar_data_20250115_060000.csv", "solar_data_20250116_060000.csv"]
    assert found.stdout.decode().splitlines() == [str(tmp_path / name) for name in names]
    assert [path.name for path in sorted(tmp_path.iterdir())] == names


def test_a_wrong_argument_exits_2() -> None:
    found = subprocess.run([*COMMAND, "--days", "0"], cwd=ROOT, capture_output=True, check=False)
    assert found.returncode == 2
