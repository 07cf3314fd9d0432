"""The loop's turns: what is committed together, and when it submits and ends."""

import threading
import time
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from processing.model.profile import Profile
from tests.support.program import SECONDS
from watcher.dispatch.in_flight import InFlight
from watcher.dispatch.worker_task import WorkerTask
from watcher.job import Finished, Identity, Job
from watcher.loop import Loop


class Surroundings:
    """A source, pending files, a pool and a committer that a test controls."""

    def __init__(self) -> None:
        self.jobs = [Job(b"%d.csv" % number, Identity(1, 2, 3, 4), seen_at=0.0) for number in range(10)]
        self.futures: list[Future[Any]] = []
        self.groups: list[list[bytes]] = []
        self.steps: list[str] = []
        self.group_size, self.paused_until = 4, 0.0
        self.in_flight = InFlight(8)
        parts: Any = self
        self.transaction = self.asides = parts
        self.turns = 0
        self.loop = Loop(parts, parts, self.in_flight, parts, parts, self.tasks_of, threading.Event())

    def tasks_of(self, jobs: list[Job]) -> list[WorkerTask]:
        return [WorkerTask(b"", job, Profile(), file_memory=0) for job in jobs]

    def feed(self, _pending: object) -> None:
        """Find nothing."""

    def stable_jobs(self, _in_flight: object, has_slot: Any) -> Any:
        while self.jobs and has_slot():
            yield self.jobs.pop(0)

    def submit(self, *_: object) -> Future[Any]:
        self.futures.append(Future())
        return self.futures[-1]

    def begin(self, group: list[Finished]) -> list[Finished]:
        self.groups.append([each.job.name for each in group])
        self.steps.append(f"begin {len(group)}")
        return group

    def end(self, group: list[Finished]) -> None:
        self.steps.append(f"end {len(group)}")
        for each in group:
            self.in_flight.remove(each.job.name)

    def end_waits(self) -> None:
        self.turns += 1

    def wait_seconds(self) -> float:
        return 60.0


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


def test_as_many_jobs_are_submitted_as_there_are_slots(around: Surroundings) -> None:
    around.loop.turn()
    assert (len(around.futures), len(around.in_flight)) == (8, 8)


def test_what_has_finished_is_committed_in_groups_and_frees_slots(around: Surroundings) -> None:
    around.loop.turn()
    for future in around.futures[:6]:
        future.set_result(None)
    for _ in range(3):
        around.loop.turn()
    assert around.steps == ["begin 4", "begin 2", "end 4", "end 2"]
    assert len(around.futures) == 10


def test_a_pause_submits_nothing(around: Surroundings) -> None:
    around.paused_until = time.monotonic() + 60
    around.loop.turn()
    assert around.futures == []


def test_an_answer_wakes_the_loop_which_ends_once_nothing_is_in_flight(around: Surroundings) -> None:
    around.jobs = around.jobs[:1]
    thread = threading.Thread(target=around.loop.run, args=[lambda: False])
    around.loop.turn()
    thread.start()
    around.loop.stop()
    thread.join(0.05)
    assert thread.is_alive(), "a file is in flight"
    around.futures[0].set_result(None)
    thread.join(SECONDS)
    assert (thread.is_alive(), around.groups) == (False, [[b"0.csv"]])


def test_once_stopped_it_waits_for_what_is_in_flight_although_files_are_due(around: Surroundings) -> None:
    due: Any = SimpleNamespace(wait_seconds=lambda: 0.0)
    around.loop.turn()
    around.loop.stop()
    around.loop.pending = around.loop.source = due
    thread = threading.Thread(target=around.loop.run, args=[lambda: False], daemon=True)
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    assert around.turns <= 2
    for future in around.futures:
        future.set_result(None)
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_it_takes_no_file_after_it_was_stopped(around: Surroundings) -> None:
    around.loop.stop()
    around.loop.run(lambda: False)
    assert around.futures == []


def test_a_job_whose_probe_ends_after_the_stop_is_left(around: Surroundings) -> None:
    slow_probe = around.stable_jobs

    def stable_jobs(*arguments: Any) -> Any:
        for job in slow_probe(*arguments):
            around.loop.stop()
            yield job

    around.stable_jobs = stable_jobs
    around.loop.turn()
    assert around.futures == []


def test_it_ends_when_all_is_done(around: Surroundings) -> None:
    around.loop.run(lambda: True)
    assert len(around.futures) == 8


def test_a_cancelled_task_is_committed_as_cancelled(around: Surroundings) -> None:
    around.loop.turn()
    around.futures[0].cancel()
    around.loop.turn()
    assert around.groups == [[b"0.csv"]]
