"""The command `reprocess` as a process of its own, and archived files for it."""

import re
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

from tests.support.in_process import call, run_once
from tests.support.program import ROOT, Folder, Program, Runs, clean_environ

LOWER = "[channels.voltage]\nmax = 25.3\n"
"""Of the three rows of GOOD, the last one (25.4 V) is invalid."""


class Said(NamedTuple):
    """What the command printed, by file, and its counts."""

    code: int
    files: dict[str, str]
    counts: dict[str, int]
    errors: str


class Reprocess:
    """The command as a process of its own."""

    def __init__(self, folder: Folder, *arguments: str, prefix: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "watcher", "reprocess", *arguments],
            cwd=ROOT,
            env=clean_environ() | {"WATCHER_DATA_DIR": str(folder.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._first = ""

    def first_line(self) -> str:
        self._first = self._process.stdout.readline()
        return self._first

    def wait(self) -> Said:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        with self._process:  # `communicate` would lose what `readline` has read ahead
            out, errors = self._process.stdout.read(), self._process.stderr.read()
        return _said(self._process.returncode, self._first + out, errors)


def reprocess(folder: Folder, *arguments: str) -> Said:
    """Call the command in this process."""
    return _said(*call("reprocess", *arguments, "--data-dir", folder.root))


def _said(code: int, out: str, errors: str) -> Said:
    *files, counts = out.splitlines() or [""]
    found = {kind: int(count) for count, kind in re.findall(r"(\d+) ([a-z ]+)", counts)}
    return Said(code, dict(line.split(": ", 1) for line in files), found, errors)


def daemon_with_lower_limit(folder: Folder, runs: Runs, *flags: str) -> Program:
    """Start a daemon by whose configuration one row of each file is invalid."""
    path = folder.root.parent / "watcher.toml"
    path.write_text(LOWER)
    return runs.daemon(folder, f"--config={path}", *flags)


def filed(folder: Folder, count: int) -> None:
    for number in range(count):
        folder.drop(f"{number % 3}/{number}.csv")
    assert run_once(folder, flags=["--settle", "0"]).code == 0


def invalid_rows(folder: Folder) -> dict[str, int]:
    """Return for each result how many rows are invalid: 1 if it is new."""
    records = [path for path in folder.files() if re.fullmatch(r"processed/\d/\d+\.json", path)]
    return {path: folder.document(path)["records_invalid"] for path in records}
