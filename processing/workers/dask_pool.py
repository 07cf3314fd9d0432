"""Where processing can run instead: the workers of a Dask cluster, behind the seam of the local engine.

Files go in batches, for a task costs the scheduler as much as judging half a file does. On its worker a
batch runs through a local engine, so that limits of time and memory hold there too and a file that kills its
process costs itself alone. Dask runs a batch again whose worker was lost; judging twice does no harm, for the
answer is taken once.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from functools import cache, partial
from importlib.util import find_spec
from typing import Any, NamedTuple

from processing.workers.attempts import PoolUnavailableError, WorkerDiedError
from processing.workers.local_pool import LocalPool
from processing.workers.pool import R, T

BATCH = 25
GATHER_SECONDS = 0.005
CONNECT_SECONDS = 5.0
OPEN = "{}: whoever reaches this scheduler may run code on its workers; use tls:// or a closed network"
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):([0-9]{1,5})")


def checked(text: str) -> str:
    """Return the address of a scheduler; ValueError where it is none."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not 0 < int(match[3]) < 1 << 16:
        raise ValueError(text)
    return text


def lacks() -> str:
    """Return what to install where the library is missing, else nothing."""
    return "" if find_spec("distributed") else "--engine needs Dask: pip install -r requirements/cluster.txt"


def is_open(address: str) -> bool:
    """Return whether anybody who reaches this address may run code there: no TLS, not this machine."""
    import ipaddress  # noqa: PLC0415 - no single run on this machine pays for it

    scheme, _, rest = address.partition("://")
    host = rest.rpartition(":")[0].strip("[]")
    try:
        return scheme == "tcp" and not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return scheme == "tcp" and host != "localhost"


def in_flight(workers: int) -> int:
    """Return how many files keep so many processes of a cluster busy: three batches each."""
    return 3 * BATCH * workers


class Limits(NamedTuple):
    """What one file may take on its worker: seconds, and bytes of memory."""

    seconds: float
    memory: int


class _Task(NamedTuple):
    future: Future[Any]
    function: Callable[[Any], Any]
    task: Any
    seconds: float | None


def compute(limits: Limits, payload: bytes) -> list[tuple[Any, BaseException | None]]:
    """Return what each task of a batch gave, or the error it ended with; runs on a worker of the cluster."""
    tasks = pickle.loads(payload)  # noqa: S301 - our own
    futures = [_engine(limits).submit(*task) for task in tasks]
    return [(None, error) if (error := future.exception()) else (future.result(), None) for future in futures]


@cache
def _engine(limits: Limits) -> LocalPool:
    from distributed import get_worker  # noqa: PLC0415 - loaded only where it is used

    threads = get_worker().state.nthreads  # two a process: one batch is judged while another is on its way
    return LocalPool(max(1, threads // 2), limits.seconds, limits.memory)


class DaskPool:
    """The workers of a Dask cluster; connects when there is work, and again after a lost connection.

    A task fails with PoolUnavailableError while there is no scheduler or the scheduler has no worker, with
    WorkerDiedError if the task itself keeps killing its workers, else as in a LocalPool. TLS is configured in
    Dask.
    """

    def __init__(self, address: str, file_seconds: float, file_memory: int) -> None:
        self._address = address
        self._limits = Limits(file_seconds, file_memory)
        self._waiting: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._client: Any = None
        self._running: dict[str, tuple[Any, list[_Task]]] = {}
        """Batches by their key in the cluster; who takes one out settles it."""
        self._closed = False
        self._sender: threading.Thread | None = None

    def submit(self, function: Callable[[T], R], task: T, seconds: float | None = None) -> Future[R]:
        """Return the future of `function(task)`, computed by a worker of the cluster."""
        if self._closed:
            raise RuntimeError("the engine is shut down")
        future: Future[R] = Future()
        self._waiting.put(_Task(future, function, task, seconds))
        if self._sender is None:
            self._sender = self._started(self._send)
        if self._sender is None:
            self._fail([*self._waiting_now()], PoolUnavailableError("no thread is left for the cluster"))
        return future

    def _started(self, work: Callable[[], None]) -> threading.Thread | None:
        """Return a thread that does the work, None at the limit of processes, which counts threads too."""
        thread = threading.Thread(target=work, name="cluster", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return None
        return thread

    def shutdown(self, *, wait: bool, grace_seconds: float = 5.0) -> None:
        """Let go of the cluster, once what was submitted is done where `wait`, but within the grace."""
        deadline = time.monotonic() + grace_seconds
        while wait and (self._running or not self._waiting.empty()) and time.monotonic() < deadline:
            time.sleep(0.01)
        self._closed = True
        for task in self._waiting_now():
            task.future.cancel()
        self._waiting.put(None)
        self._let_go()

    def _send(self) -> None:
        while batch := self._next_batch():
            self._submit(batch)

    def _next_batch(self) -> list[_Task]:
        """Wait for a task, and gather those that come in the next moment; none ends the thread."""
        task = self._waiting.get()
        until = time.monotonic() + GATHER_SECONDS
        batch: list[_Task] = []
        while task is not None:
            batch.append(task)
            try:
                left = max(0.0, until - time.monotonic())
                task = self._waiting.get(timeout=left) if len(batch) < BATCH else None
            except queue.Empty:
                return batch
        return batch

    def _submit(self, batch: list[_Task]) -> None:
        payload = pickle.dumps([task[1:] for task in batch])
        try:
            client = self._connected()
            ended = client.submit(compute, self._limits, payload, pure=False)  # a path may have new content
        except Exception as error:  # noqa: BLE001 - of the network, of TLS, of a version that does not fit
            self._fail([*batch, *self._waiting_now()], PoolUnavailableError(f"{self._address}: {error}"))
            return
        self._running[ended.key] = ended, batch
        client.loop.add_callback(self._settle, client, ended)

    def _waiting_now(self) -> Iterator[_Task]:
        """Take all that wait: none of it need wait for its own vain attempt to connect."""
        with contextlib.suppress(queue.Empty):
            while True:
                if (task := self._waiting.get_nowait()) is not None:
                    yield task

    def _connected(self) -> Any:
        """Return a connection that works, a new one if need be."""
        if self._closed:
            raise PoolUnavailableError("the engine is shut down")
        if self._client is None or self._client.status != "running":
            from distributed import Client  # noqa: PLC0415 - loaded only where it is used

            self._let_go()
            self._client = Client(self._address, timeout=CONNECT_SECONDS, set_as_default=False)
        if not self._running:
            self._await_worker()
        return self._client

    def _let_go(self) -> None:
        """Close the connection; what runs over it is lost."""
        client, self._client = self._client, None
        if client is not None:
            client.close(timeout=1)
        for key in list(self._running):
            self._fail(self._taken(key), PoolUnavailableError(f"the scheduler at {self._address} was lost"))

    def _taken(self, key: str) -> list[_Task]:
        return self._running.pop(key, (None, []))[1]

    def _await_worker(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError:
            raise PoolUnavailableError("the scheduler has no worker") from None

    async def _settle(self, client: Any, ended: Any) -> None:
        """Hand out a batch's answers; one that kept killing its workers is tried again file by file.

        Not by Dask's own executor: a future of that stays open where a connection breaks at the wrong moment.
        """
        from distributed import KilledWorker  # noqa: PLC0415

        try:
            answers = await client.gather(ended, asynchronous=True)
        except KilledWorker as error:
            batch = self._taken(ended.key)
            if len(batch) == 1:
                self._fail(batch, WorkerDiedError(f"it killed its workers: {error}"))
            elif self._started(partial(self._submit_alone, batch)) is None:  # this thread is the connection's
                self._fail(batch, PoolUnavailableError("no thread is left for the cluster"))
        except BaseException as error:  # noqa: BLE001 - lost, or unable; this concerns no file
            self._fail(self._taken(ended.key), PoolUnavailableError(f"{self._address}: {error}"))
        else:
            for task, (value, failure) in zip(self._taken(ended.key), answers, strict=False):
                if failure is None:
                    task.future.set_result(value)
                else:
                    task.future.set_exception(failure)

    def _submit_alone(self, batch: list[_Task]) -> None:
        for task in batch:  # one after another: whoever is on a worker that dies is blamed too
            self._submit([task])
            wait([task.future])

    def _fail(self, batch: list[_Task], error: Exception) -> None:
        for task in batch:
            task.future.set_exception(CancelledError() if self._closed else error)
