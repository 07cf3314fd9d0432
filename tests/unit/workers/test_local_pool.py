"""The local pool: what a task gives back, and what a crash, a hang and an end cost."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from processing.workers.attempts import (
    PoolUnavailableError,
    WorkerDiedError,
    WorkerGoneError,
    WorkerTimedOutError,
)
from processing.workers.local_pool import LocalPool
from processing.workers.worker_process import WorkerProcess
from tests.support.program import SECONDS, wait_until
from tests.support.worker_tasks import (
    crash_on_tens,
    double,
    environment,
    give_a_lock,
    is_loaded,
    pid_of_worker,
    print_and_read,
    raise_,
    segfault,
    sleep,
    take_memory,
    wait_for_file,
)

MEMORY = 512 << 20


def light_pool(workers: int, seconds: float, idle_seconds: float = 10) -> LocalPool:
    """Return a pool whose workers start without numpy, which takes most of the time of a start."""
    return LocalPool(workers, seconds, MEMORY, idle_seconds, preload="json")


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    pool = light_pool(2, 600)
    yield pool
    pool.shutdown()


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalPool]:
    """A pool for tests that care about the answers alone: starting a worker takes a third of a second."""
    pool = light_pool(2, 600)
    yield pool
    pool.shutdown()


def alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # ESRCH: it ended while it was read
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_a_task_returns_its_value(shared: LocalPool) -> None:
    futures = [shared.submit(double, number) for number in range(200)]
    assert [future.result() for future in futures] == list(range(0, 400, 2))


def test_the_done_callback_is_called_once_with_the_future(shared: LocalPool) -> None:
    called: list[Future[int]] = []
    future = shared.submit(double, 4)
    future.add_done_callback(called.append)
    future.result()
    wait_until(lambda: called == [future], "it is called")


def test_no_more_workers_run_than_allowed(shared: LocalPool) -> None:
    futures = [shared.submit(pid_of_worker, number) for number in range(50)]
    assert len({future.result() for future in futures}) <= 2


def test_one_warm_worker_computes_one_task_after_another(pool: LocalPool) -> None:
    pids = set()
    for number in range(5):
        pids.add(pool.submit(pid_of_worker, number).result())
        wait_until(lambda: pool._idle == 1, "the worker is free again")
    assert len(pids) == 1


def test_workers_start_with_the_first_task_and_exit_when_idle() -> None:
    pool = light_pool(2, 600, idle_seconds=0.05)
    assert not pool._threads
    first = pool.submit(pid_of_worker, None).result()
    wait_until(lambda: not pool._threads and not alive(first), "the idle worker ends")
    assert pool.submit(pid_of_worker, None).result() != first
    pool.shutdown()


def test_a_worker_loads_the_library_of_its_pool_and_no_other() -> None:
    pool = light_pool(1, 600)
    assert pool.submit(is_loaded, "json").result()
    assert not pool.submit(is_loaded, "processing.pipeline").result()
    assert not pool.submit(is_loaded, "numpy").result()
    pool.shutdown()


def test_a_pool_that_was_warmed_up_has_one_worker_for_the_first_task(pool: LocalPool) -> None:
    pool.warm_up()
    first = pool.submit(pid_of_worker, None)
    assert len(pool._threads) == 1
    (worker,) = pool._threads.values()
    assert worker is None or worker._process.pid == first.result()
    assert len(pool._threads) == 1


def test_a_pool_that_cannot_be_warmed_up_starts_its_worker_with_the_first_task(
    monkeypatch: pytest.MonkeyPatch, pool: LocalPool
) -> None:
    tried = threading.Event()

    def refused(*_: object) -> None:
        tried.set()
        raise OSError(errno.ENOENT, "No such file or directory")

    with monkeypatch.context() as patched:
        patched.setattr("processing.workers.local_pool.WorkerProcess", refused)
        pool.warm_up()
        assert tried.wait(SECONDS)
    assert pool.submit(double, 2).result() == 4


def test_a_segfault_fails_only_its_own_task(shared: LocalPool) -> None:
    with pytest.raises(WorkerDiedError, match="SIGSEGV"):
        shared.submit(segfault, None).result()
    assert shared.submit(double, 2).result() == 4


def test_an_idle_worker_that_was_killed_is_replaced(pool: LocalPool) -> None:
    pid = pool.submit(pid_of_worker, None).result()
    wait_until(lambda: pool._idle == 1, "the worker is idle")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid), "it is dead")
    assert pool.submit(double, 2).result() == 4


@pytest.mark.parametrize("count", [1, 5])
def test_a_worker_that_is_killed_before_it_takes_tasks_costs_none_of_them(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    pool = light_pool(1, 600)
    monkeypatch.setattr("processing.workers.local_pool.BATCH_SECONDS", 1e6)
    pid = pool.submit(pid_of_worker, None).result()
    os.kill(pid, signal.SIGSTOP)
    send = Connection.send_bytes

    def then_killed(pipe: Connection, payload: bytes) -> None:
        send(pipe, payload)
        monkeypatch.undo()
        os.kill(pid, signal.SIGKILL)

    with pool._changed:
        monkeypatch.setattr(Connection, "send_bytes", then_killed)
        futures = [pool.submit(double, number) for number in range(count)]
    assert [future.result() for future in futures] == [*range(0, 2 * count, 2)]
    pool.shutdown()


def test_a_task_that_no_worker_takes_fails_at_the_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = light_pool(1, 600)

    def gone(*_: object) -> bytes:
        raise WorkerGoneError("the worker process was gone (SIGKILL)")

    monkeypatch.setattr(WorkerProcess, "compute", gone)
    with pytest.raises(WorkerDiedError, match="was gone"):
        pool.submit(double, 2).result()
    pool.shutdown()


def test_a_task_may_have_a_time_limit_of_its_own() -> None:
    pool = light_pool(1, 0.3)
    assert pool.submit(sleep, 0.6, seconds=600).result() == 0.6
    with pytest.raises(WorkerTimedOutError, match=r"not finished after 0\.1 s"):
        pool.submit(sleep, 600, seconds=0.1).result()
    pool.shutdown()


@pytest.mark.long
def test_many_crashes_fail_only_their_own_tasks(shared: LocalPool) -> None:
    futures = {number: shared.submit(crash_on_tens, number) for number in range(40)}
    failed = {number for number, future in futures.items() if future.exception() is not None}
    assert failed == {3, 13, 23, 33}
    assert {type(futures[number].exception()) for number in failed} == {WorkerDiedError}


def test_a_hanging_task_is_ended_at_the_time_limit() -> None:
    pool = light_pool(1, 0.3)
    hung, after = pool.submit(sleep, 600), pool.submit(double, 2, seconds=600)
    with pytest.raises(WorkerTimedOutError, match=r"not finished after 0\.3 s"):
        hung.result()
    assert after.result() == 4
    pool.shutdown()


def test_a_task_beyond_the_memory_limit_gets_a_memory_error(shared: LocalPool) -> None:
    assert shared.submit(take_memory, MEMORY + (4 << 20)).result() == -1
    assert shared.submit(take_memory, MEMORY // 2).result() == MEMORY // 2


def test_an_error_keeps_its_class_and_its_traceback(shared: LocalPool) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        shared.submit(raise_, "x.csv").result()
    assert caught.value.filename == "x.csv"
    assert "in raise_" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("function", "task"), [(raise_, "unloadable"), (raise_, "exit"), (give_a_lock, None)]
)
def test_what_cannot_be_pickled_fails_its_own_task(
    shared: LocalPool, function: Callable[[Any], Any], task: object
) -> None:
    assert isinstance(shared.submit(function, task).exception(), RuntimeError | TypeError)
    assert shared.submit(double, 2).result() == 4


def test_a_worker_has_one_numeric_thread_a_memory_limit_and_ignores_the_keyboard(shared: LocalPool) -> None:
    found = shared.submit(environment, None).result()
    assert found["threads"] == "1"
    soft, hard = found["data"]  # type: ignore[misc]
    assert soft == hard
    assert MEMORY < soft < MEMORY + (256 << 20), "so much for a file, beside what the libraries hold"
    assert found["broken lease"] == signal.SIG_IGN, "a Dask worker, which may start it, does not ignore it"
    assert {signal.SIGINT, signal.SIGTERM} <= set(found["blocked"])  # type: ignore[call-overload]


def test_a_worker_inherits_no_descriptor_such_as_the_lock(tmp_path: Path, pool: LocalPool) -> None:
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(lock, 1)
    found = pool.submit(environment, None).result()
    os.close(lock)
    assert str(tmp_path / "lock") not in found["descriptors"]  # type: ignore[operator]


def test_a_worker_neither_writes_to_standard_output_nor_reads_the_input(capfd: Any) -> None:
    pool = light_pool(1, 600)
    assert pool.submit(print_and_read, None).result() == ""
    pool.shutdown()
    assert capfd.readouterr().out == ""


def test_a_worker_that_cannot_start_makes_the_pool_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    pool = light_pool(1, 600)
    with pytest.raises(PoolUnavailableError, match="No such file"):
        pool.submit(double, 1).result()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(PoolUnavailableError, match="exit code 1"):
        pool.submit(double, 1).result()
    monkeypatch.undo()
    assert pool.submit(double, 1).result() == 2
    pool.shutdown()


def test_a_worker_that_cannot_start_fails_no_task_while_another_works(
    monkeypatch: pytest.MonkeyPatch, pool: LocalPool
) -> None:
    pool.submit(double, 1).result()
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    futures = [pool.submit(sleep, 0.02) for _ in range(20)]
    assert [future.result() for future in futures] == [0.02] * 20


def test_workers_that_cannot_start_fail_every_task(monkeypatch: pytest.MonkeyPatch, pool: LocalPool) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    futures = [pool.submit(double, number) for number in range(20)]
    assert {type(future.exception()) for future in futures} == {PoolUnavailableError}


def test_a_worker_without_a_pipe_makes_the_pool_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    pool = light_pool(1, 600)
    with monkeypatch.context() as patched:
        patched.setattr("processing.workers.worker_process.Pipe", refused)
        with pytest.raises(PoolUnavailableError, match="Too many open files"):
            pool.submit(double, 1).result()
    assert pool.submit(double, 1).result() == 2
    pool.shutdown()


def test_without_a_thread_the_pool_is_unavailable_until_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    pool = light_pool(1, 600)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        with pytest.raises(PoolUnavailableError, match="no thread is left"):
            pool.submit(double, 1).result()
    assert pool.submit(double, 1).result() == 2
    pool.shutdown()


def test_a_shutdown_ends_at_once_and_cancels_what_is_left() -> None:
    pool = light_pool(1, 600)
    running, queued = pool.submit(sleep, 600), pool.submit(double, 1)
    wait_until(running.running, "a worker has it")
    pool.shutdown()
    assert isinstance(running.exception(timeout=SECONDS), CancelledError)
    assert queued.cancelled()
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(double, 1)


def sizes_of_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the size of each batch that is sent from now on."""
    sizes: list[int] = []
    compute = LocalPool._compute
    monkeypatch.setattr(LocalPool, "_compute", lambda *given: (sizes.append(len(given[2])), compute(*given)))
    return sizes


def test_the_batches_grow_with_the_tasks_that_wait(monkeypatch: pytest.MonkeyPatch, pool: LocalPool) -> None:
    monkeypatch.setattr("processing.workers.local_pool.BATCH_SECONDS", 20.0)
    monkeypatch.setattr("processing.workers.local_pool.MAX_BATCH_SECONDS", 20.0)
    sizes = sizes_of_batches(monkeypatch)
    assert pool.submit(double, 2).result() == 4
    assert sizes == [1]
    futures = [pool.submit(double, number) for number in range(1_000)]
    assert [future.result() for future in futures] == list(range(0, 2_000, 2))
    assert max(sizes) == 32
    assert len(sizes) < 100


def test_slow_tasks_are_sent_one_by_one(monkeypatch: pytest.MonkeyPatch, pool: LocalPool) -> None:
    sizes = sizes_of_batches(monkeypatch)
    futures = [pool.submit(sleep, 0.05) for _ in range(12)]
    assert [future.result() for future in futures] == [0.05] * 12
    assert sizes == [1] * 12


@pytest.fixture
def batching(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPool]:
    """A pool of one worker, which is busy until many tasks wait and then gets them together."""
    pool = light_pool(1, 600)
    monkeypatch.setattr("processing.workers.local_pool.BATCH_SECONDS", 1e6)
    monkeypatch.setattr("processing.workers.local_pool.MAX_BATCH_SECONDS", 0.3)
    wait_until(pool.submit(sleep, 0.2).running, "it is busy")
    yield pool
    pool.shutdown()


@pytest.mark.parametrize(
    ("position", "culprit", "message"),
    [
        (5, (sleep, 60), "not finished after 2 s"),
        (0, (segfault, None), "SIGSEGV"),
        (9, (segfault, None), "SIGSEGV"),
        (5, (give_a_lock, None), "pickle"),
    ],
)
def test_a_task_costs_no_other_of_its_batch(
    batching: LocalPool, position: int, culprit: tuple[Callable[[Any], Any], Any], message: str
) -> None:
    batching.file_seconds = 2
    tasks: list[tuple[Callable[[Any], Any], Any]] = [(double, 1)] * 10
    tasks[position] = culprit
    futures = [batching.submit(*task) for task in tasks]
    failed = [number for number, future in enumerate(futures) if future.exception()]
    assert failed == [position]
    assert message in str(futures[position].exception())


def test_the_tasks_of_a_batch_that_failed_are_taken_by_idle_workers(
    pool: LocalPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("processing.workers.local_pool.BATCH_SECONDS", 1e6)
    monkeypatch.setattr("processing.workers.local_pool.MAX_BATCH_SECONDS", 0.3)
    busy = [pool.submit(wait_for_file, str(tmp_path / "go"), seconds=600) for _ in range(2)]
    wait_until(lambda: all(future.running() for future in busy), "both workers are busy")
    slow, *others = pool.submit(sleep, 600), *(pool.submit(sleep, 0) for _ in range(20))
    (tmp_path / "go").touch()
    assert [future.result(timeout=SECONDS) for future in others] == [0] * 20
    assert not slow.done()


def test_a_task_that_cannot_be_pickled_costs_no_other_of_its_batch(shared: LocalPool) -> None:
    tasks: list[Any] = [threading.Lock() if number == 5 else "x" * number for number in range(20)]
    futures = [shared.submit(len, task) for task in tasks]
    assert [number for number, future in enumerate(futures) if future.exception()] == [5]


def test_tasks_beside_a_slow_one_do_not_wait_for_it(pool: LocalPool) -> None:
    slow, *others = pool.submit(sleep, 600), *(pool.submit(sleep, 0) for _ in range(20))
    assert [future.result(timeout=SECONDS) for future in others] == [0] * 20
    assert not slow.done()


def test_tasks_with_limits_of_their_own_share_no_batch() -> None:
    pool = light_pool(1, 600)
    futures = [pool.submit(sleep, *(600, 0.1) if number % 2 else (0.2, 600)) for number in range(6)]
    failed = [number for number, future in enumerate(futures) if future.exception()]
    assert failed == [1, 3, 5]
    pool.shutdown()


def test_a_shutdown_cancels_all_tasks_of_a_batch(
    monkeypatch: pytest.MonkeyPatch, batching: LocalPool
) -> None:
    monkeypatch.setattr("processing.workers.local_pool.MAX_BATCH_SECONDS", 600)
    futures = [batching.submit(sleep, 600) for _ in range(5)]
    wait_until(futures[4].running, "they are sent together")
    batching.shutdown()
    assert {type(future.exception(timeout=SECONDS)) for future in futures} == {CancelledError}


def test_a_shutdown_cancels_the_tasks_that_wait_to_be_sent_again(batching: LocalPool) -> None:
    futures = [batching.submit(sleep, 600) for _ in range(5)]
    wait_until(lambda: [task.is_alone for task in batching._waiting] == [True] * 4, "sent one by one")
    batching.shutdown()
    assert {type(future.exception(timeout=SECONDS)) for future in futures} == {CancelledError}


ORPHAN = """
import sys
from processing.workers.local_pool import LocalPool
from tests_of_orphans import spin_after_telling
pool = LocalPool(2, 600, 1 << 29, preload="json")
futures = [pool.submit(spin_after_telling, None) for _ in range(2)]
print("started", flush=True)
futures[0].result()
"""
SPIN = """
import os
def spin_after_telling(_task):
    os.write(2, b"%d\\n" % os.getpid())
    sum(range(10**15))  # never lets go of the interpreter's lock
"""


def test_no_worker_outlives_a_daemon_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "tests_of_orphans.py").write_text(SPIN)
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    with subprocess.Popen(
        [sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    ) as daemon:
        assert daemon.stderr
        workers = [int(daemon.stderr.readline()) for _ in range(2)]
        daemon.kill()
        wait_until(lambda: not any(map(alive, workers)), "they end")


def test_a_task_does_not_wait_for_a_worker_that_is_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = light_pool(2, 600)
    started, held = WorkerProcess.wait_until_ready, threading.Event()
    try:
        pool.submit(len, "warm").result()
        monkeypatch.setattr(WorkerProcess, "wait_until_ready", lambda self: (held.wait(), started(self))[1])
        futures = [pool.submit(len, "x" * number) for number in range(4)]
        assert [future.result(SECONDS) for future in futures] == [0, 1, 2, 3]
    finally:
        held.set()
        pool.shutdown()
