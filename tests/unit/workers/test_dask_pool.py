"""The pool of a Dask cluster, as far as no cluster is needed; the rest is in tests/cluster."""

import contextlib
import threading

import pytest

from processing.workers import dask_pool
from processing.workers.attempts import PoolUnavailableError
from processing.workers.dask_pool import DaskPool


@pytest.mark.parametrize("address", ["tcp://10.0.0.5:8786", "tls://scheduler:1", "tcp://[::1]:65535"])
def test_an_address_names_a_host_and_a_port(address: str) -> None:
    assert dask_pool.checked(address) == address


@pytest.mark.parametrize(
    "text", ["10.0.0.5:8786", "http://a:1", "tcp://a", "tcp://a:0", "tcp://a:65536", "tcp://a b:1"]
)
def test_anything_else_is_not_an_address(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        dask_pool.checked(text)


@pytest.mark.parametrize(
    ("address", "warns"),
    [
        ("tcp://10.0.0.5:8786", True),
        ("tcp://scheduler:8786", True),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://[::1]:8786", False),
        ("tcp://localhost:8786", False),
        ("tls://10.0.0.5:8786", False),
    ],
)
def test_only_tcp_to_another_machine_is_warned_about(address: str, *, warns: bool) -> None:
    assert bool(dask_pool.open_warning(address)) == warns


def test_without_a_thread_the_pool_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    pool = DaskPool("tcp://127.0.0.1:9", 20, 512 << 20)
    with pytest.raises(PoolUnavailableError, match="no thread is left"):
        pool.submit(len, b"task").result()
    pool.shutdown()


def test_threads_that_submit_at_once_start_one_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    both_are_in = threading.Barrier(2)
    started: list[str] = []

    def start(_work: object, name: str) -> threading.Thread:
        started.append(name)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_are_in.wait(0.2)  # the time in which another thread could start a second one
        return threading.current_thread()

    monkeypatch.setattr(dask_pool, "start_thread", start)
    pool = DaskPool("tcp://127.0.0.1:9", 20, 512 << 20)
    submitting = [threading.Thread(target=pool.submit, args=(len, b"task")) for _ in range(2)]
    for thread in submitting:
        thread.start()
    for thread in submitting:
        thread.join()
    assert started == ["cluster"]
