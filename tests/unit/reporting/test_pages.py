"""When pages are drawn: once work has paused, and every so often under constant work."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest
from structlog.testing import CapturingLogger

from tests.support.drawn_pages import add_records, folder_with_a_record, pages_in
from watcher.monitoring.health import Health
from watcher.reporting import page_drawing, pages
from watcher.reporting.page_drawing import PagesReport, PagesTask, draw
from watcher.reporting.pages import Pages

T = TypeVar("T")
R = TypeVar("R")


class StopOnClock(threading.Event):
    """The program's stop, with a clock that advances only while something waits for the stop."""

    def __init__(self, after_wait: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.now = 0.0
        self._after_wait = after_wait

    def monotonic(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.now += timeout
        self._after_wait()
        return self.is_set()


def seconds_until_drawn(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    publishes_until: float = 0,
    busy_until: float = 0,
) -> float:
    """Run until pages are drawn once, with records published and files in work until these seconds."""
    log = CapturingLogger()
    found = pages_in(tmp_path, log, Health(log))

    def publish() -> None:
        if stop.now < publishes_until:
            found.record_published()

    stop = StopOnClock(publish)
    monkeypatch.setattr(pages, "time", stop)
    monkeypatch.setattr(found, "try_refresh", stop.set)
    found.record_published()
    found.run(stop, lambda: stop.now < busy_until)
    return stop.now


def test_pages_are_drawn_when_nothing_was_published_for_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seconds_until_drawn(tmp_path, monkeypatch, publishes_until=12) == 12


def test_pages_are_not_drawn_while_files_are_in_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds_until_drawn(tmp_path, monkeypatch, busy_until=5) == 5


def test_under_constant_work_pages_are_drawn_every_thirty_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seconds_until_drawn(tmp_path, monkeypatch, publishes_until=1e9, busy_until=1e9) == 30


class SlowPool:
    """Computes a task when its result is asked for, in 1.5 seconds of a clock."""

    def __init__(self, clock: StopOnClock) -> None:
        self.clock = clock

    def submit(self, function: Callable[[T], R], task: T, _seconds: float | None = None) -> Future[R]:
        clock = self.clock

        class Later(Future[R]):
            def result(self, _timeout: float | None = None) -> R:
                clock.now += 1.5
                self.set_result(function(task))
                return super().result()

        return Later()

    def shutdown(self) -> None:
        """Do nothing."""


def test_while_files_wait_a_refresh_ends_after_two_seconds_of_pages_and_the_next_draws_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, clock, drawn = CapturingLogger(), StopOnClock(), []
    root = os.fsencode(folder_with_a_record(tmp_path))
    found = Pages(SlowPool(clock), PagesTask(root, background=True), log=log, health=Health(log))
    add_records(tmp_path, map(str, range(39)))
    refresh = found.refresh

    def noted_refresh() -> None:
        drawn.append(refresh()[0])
        index = (tmp_path / "processed/index.html").read_text()
        links = re.findall(r'href="([^"#]+[.]html)"', index)
        assert set(links) == {path.name for path in tmp_path.glob("processed/*.html")} - {"index.html"}
        assert (len(links), index.count("not drawn yet")) == (sum(drawn), 40 - sum(drawn))
        if sum(drawn) == 40:
            clock.set()

    def slowly_drawn(task: PagesTask) -> PagesReport:
        clock.now += 1.5
        return draw(task)

    monkeypatch.setattr(page_drawing, "draw", slowly_drawn)
    times = SimpleNamespace(monotonic=clock.monotonic, time_ns=time.time_ns)
    monkeypatch.setattr(page_drawing, "time", times)
    monkeypatch.setattr(pages, "time", clock)
    monkeypatch.setattr(found, "refresh", noted_refresh)
    found.record_published()
    found.run(clock, lambda: not drawn)
    assert drawn == [32, 8], "16 pages are a task"


def test_pages_that_keep_failing_are_a_problem_until_they_are_drawn(tmp_path: Path) -> None:
    log = CapturingLogger()
    health = Health(log)
    found = pages_in(folder_with_a_record(tmp_path), log, health)
    (tmp_path / "processed/index.html").mkdir()
    found.try_refresh()
    assert health.problems == []
    found.try_refresh()
    assert [problem.code for problem in health.problems] == ["pages"]
    assert "processed/index.html" in health.problems[0].message
    assert [call.args for call in log.calls if call.method_name == "warning"] == [("pages.failed",)]
    (tmp_path / "processed/index.html").rmdir()
    found.try_refresh()
    assert health.problems == []
