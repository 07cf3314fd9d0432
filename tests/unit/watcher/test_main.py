"""`python -m watcher`: signals before and after the arguments are read, and other systems."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from watcher import __main__
from watcher.errors import ExitCode

ROOT = Path(__file__).parents[3]
LATE = """
import os, signal
from watcher import __main__
signal.pthread_sigmask(signal.SIG_BLOCK, __main__._STOPS)
os.kill(os.getpid(), signal.{name})
__main__._end_at_signals(3)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_that_came_early_ends_the_process_once_the_exit_code_is_known(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", LATE.format(name=name)], cwd=ROOT, check=False)
    assert done.returncode == 3


def test_without_worker_processes_it_names_what_runs_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("processing.workers.pool.can_run_workers", lambda: False)
    assert __main__.main() == ExitCode.USAGE
    signal.pthread_sigmask(signal.SIG_UNBLOCK, __main__._STOPS)
    assert "python -m processing PATH" in capsys.readouterr().err
