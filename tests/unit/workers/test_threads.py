"""Work when all, some or no threads can be started."""

import itertools
import threading

import pytest

from processing.workers.threads import Helpers
from tests.support.program import SECONDS


@pytest.fixture(params=[0, 1, 3], autouse=True)
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let only so many threads be started, and return how many."""
    start, number = threading.Thread.start, itertools.count()

    def limited(thread: threading.Thread) -> None:
        if next(number) >= request.param:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return int(request.param)


def test_every_item_is_done_once() -> None:
    for count in (0, 1, 2, 40):
        done: list[int] = []
        Helpers(3, "test").for_each(done.append, range(count))
        assert sorted(done) == list(range(count))


def test_threads_begin_the_work_before_the_caller_waits_for_its_end(threads: int) -> None:
    begun, done = threading.Event(), []

    def step(number: int) -> None:
        begun.set()
        done.append(number)

    end = Helpers(3, "test").begin(step, range(40))
    assert begun.wait(SECONDS if threads else 0) == bool(threads)
    end()
    assert sorted(done) == list(range(40))


def test_an_error_is_raised_after_all_items_are_done() -> None:
    done: list[int] = []

    def step(number: int) -> None:
        if number == 1:
            raise ZeroDivisionError
        done.append(number)

    with pytest.raises(ZeroDivisionError):
        Helpers(3, "test").for_each(step, range(5))
    assert sorted(done) == [0, 2, 3, 4]
