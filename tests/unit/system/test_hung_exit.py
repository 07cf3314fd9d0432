"""A child process runs the program, and its parent ends in time."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys, time
from watcher.errors import ExitCode
from watcher.system import hung_exit

def end():
    return ExitCode.QUARANTINED

def end_when_told():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("ready", flush=True)
    while True:
        signal.pause()

def hang():
    hung_exit.STOP_SECONDS = 0.2
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        signal.pause()

def die():
    os.kill(os.getpid(), signal.SIGKILL)

sys.exit(hung_exit.run_guarded(globals()[sys.argv[1]], if_stuck=ExitCode.LEFT_BEHIND))
"""


@pytest.mark.parametrize(
    ("run", "code"), [("end", 1), ("die", 128 + signal.SIGKILL)], ids=["own exit code", "killed"]
)
def test_the_exit_code_is_that_of_the_child(run: str, code: int) -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM, run], check=False).returncode == code


@pytest.mark.parametrize(("run", "code"), [("end_when_told", 0), ("hang", 3)], ids=["ends", "is stuck"])
def test_a_signal_ends_the_parent_whether_or_not_the_child_ends(run: str, code: int) -> None:
    command = [sys.executable, "-c", PROGRAM, run]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "ready\n"
        parent.terminate()
        assert parent.wait(60) == code
