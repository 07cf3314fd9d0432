"""The workers of a Dask cluster as a pool.

Files are sent in batches, because a task costs the scheduler half as much as a file costs a worker. On its
Dask worker, a batch runs through a LocalPool, so that limits of time and memory hold there too, and a file
that kills its process fails alone. If a Dask worker is lost, Dask runs its batch again. This does no harm,
because only one answer of a batch is used.
"""

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
from itertools import islice
from typing import Any, NamedTuple

from processing.workers.attempts import PoolUnavailableError, WorkerDiedError
from processing.workers.local_pool import LocalPool
from processing.workers.pool import R, T
from processing.workers.threads import start_thread

BATCH_FILES = 25
FILES_PER_WORKER = 3 * BATCH_FILES
"""Files in flight that keep a process busy."""
GATHER_SECONDS = 0.005
"""How long a batch waits for more files."""
CONNECT_SECONDS = 5.0
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):([0-9]{1,5})")


def checked(text: str) -> str:
    """Return the address of a scheduler; raise ValueError if it is not one."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not 0 < int(match[3]) < 1 << 16:
        raise ValueError(text)
    return text


def missing_library() -> str:
    """Return what to install if the library is missing, else an empty text."""
    return "" if find_spec("distributed") else "--engine needs Dask: pip install -r requirements/cluster.txt"


def open_warning(address: str) -> str:
    """Return a warning if anybody who reaches this address can run code there, else an empty text."""
    if address.startswith(("tls://", "tcp://127.0.0.1:", "tcp://[::1]:", "tcp://localhost:")):
        return ""
    return f"{address}: any client can run code on its workers; use tls:// or a closed network"


class _ClusterTask(NamedTuple):
    future: Future[Any]
    function: Callable[[Any], Any]
    task: Any
    seconds: float | None


def compute(limits: tuple[float, int], payload: bytes) -> list[tuple[Any, BaseException | None]]:
    """Return the value or the error of each task of a batch; runs on a Dask worker."""
    tasks = pickle.loads(payload)  # noqa: S301 - our own
    futures = [_local_pool(*limits).submit(*task) for task in tasks]
    return [(None, error) if (error := future.exception()) else (future.result(), None) for future in futures]


@cache
def _local_pool(file_seconds: float, file_memory: int) -> LocalPool:
    from distributed import get_worker  # noqa: PLC0415 - only loaded for a cluster

    threads = get_worker().state.nthreads  # two for each process: one batch runs while another is on its way
    return LocalPool(max(1, threads // 2), file_seconds, file_memory)


class DaskPool:
    """The workers of a Dask cluster; connects when there is work, and again after a lost connection.

    A task fails with PoolUnavailableError while there is no scheduler or the scheduler has no worker, with
    WorkerDiedError if the task itself keeps killing its workers, else as in a LocalPool. TLS is configured in
    Dask.
    """

    def __init__(self, address: str, file_seconds: float, file_memory: int) -> None:
        self._address = address
        self._limits = (file_seconds, file_memory)
        self._waiting: queue.SimpleQueue[_ClusterTask | None] = queue.SimpleQueue()
        self._client: Any = None
        self._running: dict[str, tuple[Any, list[_ClusterTask]]] = {}
        """Batches by their key in the cluster; whoever takes one with `_taken` sets its results."""
        self._closed = False
        self._lock = threading.Lock()
        """Held while a task is added or the pool closes: several threads submit."""
        self._sender: threading.Thread | None = None

    def submit(self, function: Callable[[T], R], task: T, seconds: float | None = None) -> Future[R]:
        """Return the future of `function(task)`."""
        future: Future[R] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            self._waiting.put(_ClusterTask(future, function, task, seconds))
            if self._sender is None:
                self._sender = start_thread(self._send, "cluster")
        if self._sender is None:
            self._fail([*self._waiting_now()], PoolUnavailableError("no thread is left for the cluster"))
        return future

    def shutdown(self) -> None:
        """Close the connection; cancel the tasks that run or wait."""
        with self._lock:
            self._closed = True
        for task in self._waiting_now():
            task.future.cancel()
        self._waiting.put(None)
        self._disconnect()

    def _send(self) -> None:
        """Submit the tasks in batches, until the pool is shut down."""
        while not self._closed:
            if (task := self._waiting.get()) is not None:
                if self._waiting.qsize() < BATCH_FILES - 1:
                    time.sleep(GATHER_SECONDS)  # files that come at once share a batch
                self._submit([task, *islice(self._waiting_now(), BATCH_FILES - 1)])

    def _submit(self, batch: list[_ClusterTask]) -> None:
        payload = pickle.dumps([task[1:] for task in batch])
        try:
            client = self._connected()
            ended = client.submit(compute, self._limits, payload, pure=False)  # a path may have new content
        except Exception as error:  # noqa: BLE001 - of the network, of TLS, of a version that does not fit
            self._fail([*batch, *self._waiting_now()], PoolUnavailableError(f"{self._address}: {error}"))
            return
        self._running[ended.key] = ended, batch
        client.loop.add_callback(self._set_results, client, ended)

    def _waiting_now(self) -> Iterator[_ClusterTask]:
        """Take all tasks that wait: after a failed connection they fail together, without an attempt each."""
        with contextlib.suppress(queue.Empty):
            while True:
                if (task := self._waiting.get_nowait()) is not None:
                    yield task

    def _connected(self) -> Any:
        """Return a connection that works, a new one if necessary."""
        if self._closed:
            raise PoolUnavailableError("the pool is shut down")
        if self._client is None or self._client.status != "running":
            from distributed import Client  # noqa: PLC0415 - only loaded for a cluster

            self._disconnect()
            self._client = Client(self._address, timeout=CONNECT_SECONDS, set_as_default=False)
        if not self._running:
            try:
                self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            except TimeoutError:
                raise PoolUnavailableError("the scheduler has no worker") from None
        return self._client

    def _disconnect(self) -> None:
        """Close the connection; the tasks that run over it fail."""
        client, self._client = self._client, None
        if client is not None:
            client.close(timeout=1)
        for key in list(self._running):
            self._fail(self._taken(key), PoolUnavailableError(f"the scheduler at {self._address} was lost"))

    def _taken(self, key: str) -> list[_ClusterTask]:
        return self._running.pop(key, (None, []))[1]

    async def _set_results(self, client: Any, ended: Any) -> None:
        """Set the results of a batch; a batch that kept killing its workers runs again, file by file.

        Dask's own executor is not used: its futures stay open if the connection breaks at the wrong moment.
        """
        from distributed import KilledWorker  # noqa: PLC0415

        try:
            answers = await client.gather(ended, asynchronous=True)
        except KilledWorker as error:
            batch = self._taken(ended.key)
            if len(batch) == 1:
                self._fail(batch, WorkerDiedError(f"it killed its workers: {error}"))
            elif not start_thread(partial(self._submit_alone, batch), "cluster"):  # this one is the client's
                self._fail(batch, PoolUnavailableError("no thread is left for the cluster"))
        except BaseException as error:  # noqa: BLE001 - a lost connection; no file is to blame
            self._fail(self._taken(ended.key), PoolUnavailableError(f"{self._address}: {error}"))
        else:
            for task, (value, failure) in zip(self._taken(ended.key), answers, strict=False):
                if failure is None:
                    task.future.set_result(value)
                else:
                    task.future.set_exception(failure)

    def _submit_alone(self, batch: list[_ClusterTask]) -> None:
        for task in batch:  # one after another: all tasks on a worker that dies are blamed
            self._submit([task])
            wait([task.future])

    def _fail(self, batch: list[_ClusterTask], error: Exception) -> None:
        for task in batch:
            task.future.set_exception(CancelledError() if self._closed else error)
