"""A whole run under GitHub Actions: what the runner reads on stderr, in the summary and as outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import BROKEN, GOOD, ROOT, Folder


@pytest.fixture
def told(folder: Folder, tmp_path: Path) -> tuple[str, str, str, str]:
    """What a run over a good, a flagged and a broken file says: stdout, stderr, summary, outputs."""
    rows = [f"2026-01-16T12:{at:02}:00,{40.5 if at == 2 else 25.0 + at % 3},4.0" for at in range(10)]
    folder.drop("roof/good.csv", GOOD)
    folder.drop("roof/flagged.csv", "\n".join(["timestamp,voltage,current", *rows, ""]).encode())
    folder.drop("barn/50%,broken.csv", BROKEN)
    summary, outputs = tmp_path / "summary.md", tmp_path / "outputs"
    summary.write_text("of an earlier step\n")
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}
    command = [sys.executable, "-m", "watcher", "--once", "--settle", "0", "--data-dir", str(folder.root)]
    command += ["--log-format", "json"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=25, check=False
    )
    assert done.returncode == 1, done.stderr
    return done.stdout, done.stderr, summary.read_text(), outputs.read_text()


def test_a_run_under_actions_tells_the_runner_and_keeps_stdout_json(
    told: tuple[str, str, str, str], folder: Folder
) -> None:
    stdout, stderr, summary, outputs = told
    assert {json.loads(line)["event"] for line in stdout.splitlines()} >= {"file.processed", "run.finished"}
    incoming = folder.root / "incoming"
    error, warning = sorted(stderr.splitlines())
    assert error.startswith(f"::error file={incoming}/barn/50%25%2Cbroken.csv,line=1,title=missing_columns::")
    # the fourth line: a header, and two rows before the one of 40.5 V
    assert warning.startswith(
        f"::warning file={incoming}/roof/flagged.csv,line=4,title=1 invalid row%2C 0 suspect"
    )
    assert "40.5 V is above 32 V" in warning
    assert outputs == "processed=2\nquarantined=1\n"
    assert summary.startswith("of an earlier step\n")
    # 300 s each at 100.0, 103.3 and 106.7 W; 60 s each of 25, 26, -, 25, 26, 27, 25, 26, 27, 25 V at 4 A
    assert "| roof/good.csv | 0.026 | 100.0% | 0 | 0 |" in summary
    assert "| roof/flagged.csv | 0.015 | 90.0% | 1 | 0 | voltage 40.5 V is above 32 V |" in summary
    assert "| barn/50%,broken.csv | **missing\\_columns** columns missing: voltage" in summary
    assert "gross\\_range 1" in summary
