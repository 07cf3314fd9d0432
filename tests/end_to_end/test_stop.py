"""Stopping when it is hard: under load, and as PID 1, which no default handler ends."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

from tests.support.filing import findings
from tests.support.program import GOOD, ROOT, Ended, Folder, Program, Runs, children_of

FILES = 800
AS_PID_1 = ("unshare", "--fork", "--kill-child", "--pid", "--mount-proc")


@pytest.fixture(scope="module")
def prefix() -> tuple[str, ...]:
    """What goes before the daemon's command, to make it PID 1 where that is possible: the harder case."""
    possible = not subprocess.run([*AS_PID_1, "true"], capture_output=True, check=False).returncode
    return AS_PID_1 if possible else ()


def pid_of(daemon: Program, prefix: Sequence[str]) -> int:
    """Return the daemon itself, which is the child of what stands before it."""
    return children_of(daemon.pid)[0] if prefix else daemon.pid


def busy(folder: Folder, runs: Runs, prefix: Sequence[str]) -> Program:
    """Return a daemon in the midst of filing many files."""
    for number in range(FILES):
        folder.drop(f"{number % 7}/{number}.csv", GOOD + b"# %d\n" % number)
    daemon = runs.daemon(folder, "--workers", "2", "--settle", "0", prefix=prefix)
    daemon.until_many(50, "file.processed")
    return daemon


def nothing_is_lost(folder: Folder) -> None:
    """Each file lies whole either where it was dropped or in the archive, there with its record."""
    names = {f"{number % 7}/{number}.csv" for number in range(FILES)}
    waiting = {name.removeprefix("incoming/") for name in folder.files() if name.startswith("incoming/")}
    filed = {name.removeprefix("archive/") for name in folder.files() if name.startswith("archive/")}
    assert (waiting | filed, waiting & filed) == (names, set())
    assert findings(folder.root) == []


def stopped(daemon: Program, prefix: Sequence[str]) -> Ended:
    os.kill(pid_of(daemon, prefix), signal.SIGTERM)
    return daemon.wait()


def test_a_stop_under_load_is_clean_in_time_and_loses_nothing(
    folder: Folder, runs: Runs, prefix: tuple[str, ...]
) -> None:
    daemon, asked = busy(folder, runs, prefix), time.monotonic()
    ended = stopped(daemon, prefix)
    assert time.monotonic() - asked < 8
    assert ended.code == 0
    assert ended.lines[-1]["event"] == "watcher.stopped"
    assert ended.lines[-1]["hung"] is False
    assert len(ended.events("file.processed")) < FILES, "nothing was left to do: not under load"
    nothing_is_lost(folder)


@pytest.mark.long
def test_a_second_signal_under_load_ends_it_at_once_and_the_next_start_goes_on(
    folder: Folder, runs: Runs, prefix: tuple[str, ...]
) -> None:
    daemon = busy(folder, runs, prefix)
    for worker in children_of(pid_of(daemon, prefix)):
        os.kill(worker, signal.SIGSTOP)  # so that the first signal alone would have to wait
    os.kill(pid_of(daemon, prefix), signal.SIGTERM)
    daemon.until("watcher.stopping")
    assert stopped(daemon, prefix).code == 3, "at once: a stop that takes its time gives 0"
    runs.daemon(folder).stop()  # it ends what a move may have left half done
    nothing_is_lost(folder)


def test_a_signal_that_the_kernel_gives_to_another_thread_ends_the_daemon(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    assert ctypes.CDLL(None).tgkill(daemon.pid, daemon.other_thread(signal.SIGTERM), signal.SIGTERM) == 0
    assert daemon.wait().code == 0


SIGNALLED_WHILE_THE_INTERPRETER_ENDS = """
import os, runpy, signal

class Last:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGTERM):
        kill(pid, number)

last = Last()
runpy.run_module("watcher", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(("arguments", "code"), [(["--once"], 0), (["status"], 1)])
def test_a_signal_while_the_interpreter_ends_keeps_the_exit_code(
    folder: Folder, arguments: list[str], code: int
) -> None:
    command = [sys.executable, "-c", SIGNALLED_WHILE_THE_INTERPRETER_ENDS, *arguments]
    command += ["--data-dir", str(folder.root)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == code


def test_signals_after_the_line_of_the_stop_change_no_exit_code(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    os.kill(daemon.pid, signal.SIGTERM)
    daemon.until("watcher.stopped")
    os.kill(daemon.pid, signal.SIGTERM)
    assert daemon.wait().code == 0
