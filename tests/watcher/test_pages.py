"""When pages are drawn: once work has paused, and every so often where it never does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from structlog.testing import CapturingLogger

from watcher import pages
from watcher.filesystem import FileSystem
from watcher.pages import Pages

QUIET = 0.2


class Drawn(Pages):
    """Pages whose drawing is noted; `works` says whether it succeeds."""

    def __init__(self) -> None:
        super().__init__(None, FileSystem(), b"", background=True, log=CapturingLogger())  # type: ignore[arg-type]
        self.at: list[float] = []
        self.busy = False
        self.drew = threading.Event()

    def try_refresh(self) -> bool:
        self.at.append(time.monotonic())
        self.drew.set()
        return True


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Drawn]:
    monkeypatch.setattr(pages, "QUIET_SECONDS", QUIET)
    monkeypatch.setattr(pages, "LONGEST_SECONDS", 8 * QUIET)
    drawn, stopping = Drawn(), threading.Event()
    thread = threading.Thread(target=drawn.run, args=(stopping, lambda: drawn.busy))
    thread.start()
    yield drawn
    stopping.set()
    drawn.filed()
    thread.join(5)
    assert not thread.is_alive()


def test_pages_are_drawn_once_nothing_was_filed_for_a_while(drawn: Drawn) -> None:
    for _ in range(12):
        drawn.filed()
        last = time.monotonic()
        time.sleep(QUIET / 4)  # the pace of the files, none of which is in work when it is looked at
    assert not drawn.at
    assert drawn.drew.wait(5)
    assert drawn.at[0] - last >= QUIET


def test_pages_are_not_drawn_while_files_are_in_work(drawn: Drawn) -> None:
    drawn.busy = True
    drawn.filed()
    assert not drawn.drew.wait(4 * QUIET)
    drawn.busy = False
    assert drawn.drew.wait(5)


def test_work_that_never_pauses_has_its_pages_drawn_every_so_often(drawn: Drawn) -> None:
    began = time.monotonic()
    while not drawn.at and time.monotonic() - began < 5:
        drawn.filed()
        time.sleep(QUIET / 4)
    assert 8 * QUIET <= drawn.at[0] - began < 12 * QUIET
