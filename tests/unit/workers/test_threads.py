"""Work when all, some or no threads can be started."""

import itertools
import threading

import pytest

from processing.workers.threads import Helpers


@pytest.fixture(params=[0, 1, 3], autouse=True)
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only so many threads be started."""
    start, number = threading.Thread.start, itertools.count()

    def limited(thread: threading.Thread) -> None:
        if next(number) >= request.param:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)


def test_every_item_is_done_once() -> None:
    for count in (0, 1, 2, 40):
        done: list[int] = []
        Helpers(3, "test").for_each(done.append, range(count))
        assert sorted(done) == list(range(count))


def test_the_caller_may_do_other_work_before_it_waits_for_the_end() -> None:
    done: list[int] = []
    end = Helpers(3, "test").begin(done.append, range(40))
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
