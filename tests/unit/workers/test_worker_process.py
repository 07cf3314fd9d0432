"""A worker process that hangs, ends late, or gets a message cut short."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from processing.workers.attempts import WorkerDiedError, WorkerTimedOutError
from tests.support.program import wait_until
from tests.support.worker_tasks import double, pid_of_worker, stop_amid_the_answer
from tests.unit.workers.test_local_pool import alive, light_pool


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_worker_that_ends_late_is_reaped_at_a_later_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processing.workers.worker_process.KILL_SECONDS", 0)
    pool = light_pool(1, 600)
    pid = pool.submit(pid_of_worker, None).result()
    pool.shutdown()
    wait_until(lambda: not pool._threads, "its thread ends")
    pool = light_pool(1, 600)
    wait_until(lambda: not alive(pid), "it is dead")
    assert pool.submit(double, 2).result() == 4
    assert not Path(f"/proc/{pid}").exists()
    pool.shutdown()


def test_a_worker_that_stops_in_the_middle_of_a_message_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processing.workers.worker_process._TRANSFER_SECONDS", 0.2)
    pool = light_pool(1, 600)
    with pytest.raises(WorkerTimedOutError, match="in the middle of a message"):
        pool.submit(stop_amid_the_answer, None).result()
    os.kill(pool.submit(pid_of_worker, None).result(), signal.SIGSTOP)
    with pytest.raises(WorkerTimedOutError, match="in the middle of a message"):
        pool.submit(len, bytes(4 << 20)).result()
    assert pool.submit(double, 2).result() == 4
    pool.shutdown()


@pytest.mark.parametrize("amid", ["send_bytes", "recv_bytes"])
def test_too_little_memory_amid_a_message_costs_the_worker_and_one_attempt(
    amid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = light_pool(1, 600)
    pid = pool.submit(pid_of_worker, None).result()

    def failing(pipe: Connection, *_: object) -> None:
        monkeypatch.undo()
        if amid == "send_bytes":
            os.write(pipe.fileno(), (1_000).to_bytes(4, "big"))
        else:
            os.read(pipe.fileno(), 5)
        raise MemoryError

    wait_until(lambda: pool._idle == 1, "the worker is idle")
    monkeypatch.setattr(Connection, amid, failing)
    with pytest.raises(WorkerDiedError, match="memory"):
        pool.submit(double, 2).result()
    wait_until(lambda: not alive(pid), "it is dead")
    assert pool.submit(double, 3).result() == 6
    pool.shutdown()
