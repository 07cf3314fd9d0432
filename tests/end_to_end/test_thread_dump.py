"""SIGUSR1: the stacks of all threads on standard error, and the work goes on."""

import signal
import subprocess
import sys

import pytest

from tests.support.program import ROOT, SECONDS, Folder, Runs


def test_a_daemon_dumps_its_threads_and_goes_on(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    daemon.send(signal.SIGUSR1)
    folder.drop("a.csv")
    daemon.until("file.processed", file="a.csv")
    ended = daemon.stop()
    assert ended.code == 0
    # the interpreter itself dumps them: in the signal's own handler it may crash over frames that run
    for function in ("dump_threads", "_watch", "_run_loop"):  # main thread, loop
        assert f" in {function}\n" in ended.errors


@pytest.mark.long
def test_a_single_run_dumps_its_threads_and_goes_on(folder: Folder, runs: Runs) -> None:
    growing = folder.drop("growing.csv")
    with growing.open("ab"):  # the run waits for its writer
        run = runs.start(folder, "--log-level", "debug", "--once")
        run.until("watcher.started")
        run.send(signal.SIGUSR1)
    ended = run.wait()
    assert ended.code == 0
    assert " in _watch\n" in ended.errors


GUARDED = """
import faulthandler, signal, sys
from watcher.errors import ExitCode
from watcher.system.hung_exit import run_guarded

def work():
    print("working", flush=True)
    sys.stdin.read()
    return ExitCode.QUARANTINED

faulthandler.register(signal.SIGUSR1, file=2)
sys.exit(run_guarded(work, if_stuck=ExitCode.LEFT_BEHIND))
"""


def test_the_guard_process_of_a_fuse_mount_passes_the_signal_on() -> None:
    command = [sys.executable, "-c", GUARDED]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as guard:  # type: ignore[call-overload]
        assert guard.stdout.readline() == "working\n"
        guard.send_signal(signal.SIGUSR1)
        dump = guard.stderr.readline() + guard.stderr.readline()
        guard.stdin.close()
        assert guard.wait(SECONDS) == 1
    assert dump.startswith("Current thread")
    assert dump.endswith(" in work\n")
