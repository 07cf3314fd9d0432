"""Work when all, some or no threads can be started."""

import itertools
import threading
from collections.abc import Callable

import pytest

from processing.workers.threads import Threads


@pytest.fixture(params=[0, 1, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Threads:
    """At most three threads, of which so many can be started."""
    start, number = threading.Thread.start, itertools.count()

    def limited(thread: threading.Thread) -> None:
        if next(number) >= request.param:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return Threads(3, "test")


def test_every_item_is_done_once(threads: Threads) -> None:
    for count in (0, 1, 2, 40):
        done: list[int] = []
        threads.each(done.append, range(count))
        assert sorted(done) == list(range(count))


def test_an_error_is_raised_after_all_items_are_done(threads: Threads) -> None:
    done: list[int] = []

    def step(number: int) -> None:
        if number == 1:
            raise ZeroDivisionError
        done.append(number)

    with pytest.raises(ZeroDivisionError):
        threads.each(step, range(5))
    assert sorted(done) == [0, 2, 3, 4]


def test_submitted_work_is_done_after_join(threads: Threads) -> None:
    done: list[int] = []
    works: list[Callable[[], None]] = [lambda: done.append(1), lambda: done.append(2)]
    for work in works:
        threads.submit(work)
    threads.join()
    assert sorted(done) == [1, 2]
