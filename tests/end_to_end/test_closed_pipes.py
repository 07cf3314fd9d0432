"""A command whose output nobody reads any more: it says nothing about that, and its exit code is its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.filing import file_all
from tests.support.in_process import exit_code
from tests.support.program import BROKEN, GOOD, ROOT, Folder


def unread(module: str, *arguments: str) -> tuple[int, str]:
    """Run a command into a pipe that has no reader; return its exit code and standard error."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    return ended.returncode, ended.stderr


def unread_here(*arguments: str | Path) -> tuple[int, str]:
    """The same in this process."""
    reader, writer = os.pipe()
    os.close(reader)
    with tempfile.TemporaryFile() as errors:
        code = exit_code(arguments, writer, errors.fileno(), {})
        os.close(writer)
        return code, os.pread(errors.fileno(), 1 << 16, 0).decode()


COMMANDS = {
    ("audit",): 1,
    ("check",): 0,
    ("status",): 1,
    ("report",): 0,
    ("retry", "absent.csv"): 3,
    ("prune", "--older-than", "0"): 3,
    ("retry", "--all"): 0,
}


def test_a_command_without_a_reader_ends_as_it_would_with_one(folder: Folder) -> None:
    folder.drop("x.csv")
    for number in range(3):
        folder.drop(f"bad-{number}.csv", BROKEN)
    file_all(folder)
    (folder.root / "archive/y.csv").write_bytes(b"no record\n")
    ended = {command: unread_here(*command, "--data-dir", folder.root) for command in COMMANDS}
    assert ended == {command: (code, "") for command, code in COMMANDS.items()}
    assert sorted(os.listdir(folder.incoming)) == [f"bad-{number}.csv" for number in range(3)]
    assert sorted(os.listdir(folder.root / "archive")) == ["y.csv"]


@pytest.mark.parametrize(("command", "code"), [("--help", 0), ("status", 1)])
def test_a_process_without_a_reader(folder: Folder, command: str, code: int) -> None:
    assert unread("watcher", command, "--data-dir", str(folder.root)) == (code, "")


def test_processing_without_a_reader(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(GOOD)
    assert unread("processing", str(tmp_path / "x.csv"), "-o", str(tmp_path / "results")) == (0, "")
    assert (tmp_path / "results/x.json").exists()
    assert unread("processing", "--help") == (0, "")


def test_the_generator_without_a_reader(tmp_path: Path) -> None:
    code, errors = unread("processing.generator", "--out", str(tmp_path / "samples"))
    assert (code, errors) == (0, "")
