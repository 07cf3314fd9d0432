"""How many files are in flight at once."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from processing.model.profile import Profile
from watcher.dispatch.dispatcher import Dispatcher
from watcher.dispatch.job_queue import JobQueue
from watcher.dispatch.worker_task import WorkerTask
from watcher.job import Identity, Job

KB = 1 << 10


class Idle:
    """A file source and pending files without files, and a pool that never answers."""

    def feed(self, _target: object) -> None:
        """Find nothing."""

    def submit(self, _function: object, _task: object, _seconds: float | None) -> Future[Any]:
        """Return a future that is never done."""
        return Future()


def task_of(job: Job) -> WorkerTask:
    return WorkerTask(b"", job, Profile(), file_memory=0)


@pytest.mark.parametrize(
    ("size", "in_flight"),
    [(12 * KB, 32), (64 * KB, 32), (128 * KB, 16), (400 * KB, 6), (500 << 20, 4)],
)
def test_fewer_large_files_are_in_flight_than_small_ones(size: int, in_flight: int) -> None:
    jobs, idle = JobQueue(1_000), Idle()
    for number in range(100):
        jobs.put(Job(b"roof/%d.csv" % number, Identity(number, size, 0, 0), seen_at=0.0))
    outbox, wake = queue.SimpleQueue[Any](), threading.Event()
    dispatcher = Dispatcher(idle, idle, jobs, idle, outbox, wake, task_of, max_in_flight=32)  # type: ignore[arg-type]
    dispatcher.turn()
    assert jobs.in_flight == in_flight
    jobs.done(b"roof/0.csv")
    dispatcher.turn()
    assert jobs.in_flight == in_flight
