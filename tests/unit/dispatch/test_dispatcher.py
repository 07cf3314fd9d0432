"""How many files are with the engine at once."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from processing.model.profile import Profile
from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.pending_files import FileEvent
from watcher.dispatch.dispatcher import Dispatcher, NamedFiles
from watcher.dispatch.job_queue import JobQueue
from watcher.dispatch.worker_task import WorkerTask
from watcher.job import Identity, Job

KB = 1 << 10


class Idle:
    """An origin, a settling and an engine that do nothing of themselves."""

    def feed(self, _sink: object) -> None:
        """Find nothing."""

    def submit(self, _function: object, _task: object, _seconds: float | None) -> Future[Any]:
        """Never answer."""
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
    intake = Dispatcher(idle, idle, jobs, idle, queue.SimpleQueue(), task_of=task_of, in_flight_most=32)  # type: ignore[arg-type]
    intake.turn()
    assert jobs.in_flight == in_flight
    jobs.done(b"roof/0.csv")
    intake.turn()
    assert jobs.in_flight == in_flight


class Counting:
    """A sink with room for so many files in all; counts how often it is asked."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken: list[bytes] = []
        self.asked = 0

    def add(self, event: FileEvent) -> bool:
        self.asked += 1
        if len(self.taken) < self.room:
            self.taken.append(event.name)
        return self.taken[-1:] == [event.name]


def test_named_files_are_fed_once_each_in_time_that_grows_with_their_number_alone() -> None:
    names = [b"%d/%d.csv" % (number % 3, number) for number in range(3_000)]
    sink = Counting(0)
    listed = NamedFiles([b"no.txt", *names], IgnoredNames(CapturingLogger()))
    while not listed.scans_finished:
        sink.room += 10
        listed.feed(sink)  # type: ignore[arg-type]
    assert sorted(sink.taken) == sorted(names)
    assert sink.asked <= 2 * len(names)
