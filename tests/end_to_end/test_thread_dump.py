"""SIGUSR1: the stacks of all threads on standard error, and the work goes on."""

import signal

from tests.support.program import Folder, Runs


def test_a_daemon_dumps_its_threads_and_goes_on(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    daemon.send(signal.SIGUSR1)
    folder.drop("a.csv")
    daemon.until("file.processed", file="a.csv")
    ended = daemon.stop()
    assert ended.code == 0
    for function in ("_watch", "_dispatch", "_next_group"):  # main thread, intake, committer
        assert f" in {function}\n" in ended.errors


def test_a_single_run_dumps_its_threads_and_goes_on(folder: Folder, runs: Runs) -> None:
    growing = folder.drop("growing.csv")
    with growing.open("ab"):  # the run waits for its writer
        run = runs.start(folder, "--log-level", "debug", "--once")
        run.until("watcher.started")
        run.send(signal.SIGUSR1)
    ended = run.wait()
    assert ended.code == 0
    assert " in _watch\n" in ended.errors
