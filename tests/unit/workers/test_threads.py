"""What is done where threads can be had, where only some can, and where none can."""

import itertools
import threading
from collections.abc import Callable

import pytest

from processing.workers.threads import Threads


@pytest.fixture(params=[0, 1, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Threads:
    """At most three threads, of which so many can be had."""
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


def test_an_error_comes_to_the_caller_after_all_others_are_done(threads: Threads) -> None:
    done: list[int] = []

    def step(number: int) -> None:
        if number == 1:
            raise ZeroDivisionError
        done.append(number)

    with pytest.raises(ZeroDivisionError):
        threads.each(step, range(5))
    assert sorted(done) == [0, 2, 3, 4]


def test_what_was_submitted_is_done_when_they_have_joined(threads: Threads) -> None:
    done: list[int] = []
    works: list[Callable[[], None]] = [lambda: done.append(1), lambda: done.append(2)]
    for work in works:
        threads.submit(work)
    threads.join()
    assert sorted(done) == [1, 2]
