"""docs/extending.md: its examples work as they are written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import worked_examples
from tests.support.program import ROOT, SECONDS, clean_environ


def run(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env=clean_environ(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_add_a_command(tmp_path: Path) -> None:
    example = worked_examples.make("Add a command", tmp_path)
    for name in ("roof/east/a.csv", "roof/east/b.csv", "barn/a.csv", "a.csv"):
        path = tmp_path / "data" / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    ran = run(tmp_path, *example.command)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, example.output, "")
    assert (
        "  devices  Count the archived files of each device.\n" in run(tmp_path, "-m", "watcher", "-h").stdout
    )
    assert example.changed == ["watcher/commands/devices.py", "watcher/commands/registry.py"]


def test_the_examples_are_written_as_the_code_is(tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    example = worked_examples.make("Add a command", tmp_path)
    config = str(ROOT / "pyproject.toml")
    linted = run(tmp_path, "-m", "ruff", "check", "--config", config, *example.changed)
    assert linted.returncode == 0, linted.stdout
    formatted = run(tmp_path, "-m", "ruff", "format", "--check", "--config", config, *example.changed)
    assert formatted.returncode == 0, formatted.stdout
