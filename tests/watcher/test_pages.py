"""When pages are drawn: once work has paused, and every so often where it never does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from processing import process
from processing.profile import DEFAULT
from processing.result import Result, encode
from watcher import pages
from watcher.pages import Pages

QUIET = 0.2


class Drawn(Pages):
    """Pages whose drawing is noted; `works` says whether it succeeds."""

    def __init__(self) -> None:
        super().__init__(None, b"", background=True, log=CapturingLogger())  # type: ignore[arg-type]
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


class Here:
    """An engine that works in this process."""

    def submit(self, function: Any, task: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(task))
        return future


def record(damage: bytes = b"") -> bytes:
    """A result; with damage its series is something else."""
    with (Path(__file__).parents[2] / "data/samples/clean_day.csv").open("rb") as stream:
        found = process(stream, DEFAULT, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Result)
    return encode(found).replace(
        b'"seconds":[0.0,', b'"seconds":[%b,' % damage if damage else b'"seconds":[0.0,'
    )


def refreshed(root: Path) -> tuple[int, list[dict[str, Any]]]:
    """How many pages one refresh drew, and what it warned of."""
    log = CapturingLogger()
    drawn = Pages(Here(), os.fsencode(root), background=False, log=log).refresh()  # type: ignore[arg-type]
    return drawn, [call.kwargs for call in log.calls if call.method_name == "warning"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("processed", "quarantine", ".watcher"):
        (tmp_path / name).mkdir()
    (tmp_path / "processed/good.json").write_bytes(record())
    return tmp_path


def test_a_record_that_cannot_be_drawn_is_named_once_and_tried_again_when_it_changes(root: Path) -> None:
    bad = root / "processed/bad.json"
    bad.write_bytes(record(b'"<b>"'))
    drawn, warned = refreshed(root)
    assert drawn == 1
    assert [one["file"] for one in warned] == ["processed/bad.json"]
    assert "series.seconds" in warned[0]["error"]
    assert b"This record cannot be drawn" in (root / "processed/bad.html").read_bytes()
    assert refreshed(root) == (0, [])
    bad.write_bytes(record())
    os.utime(bad, ns=(time.time_ns(), time.time_ns() + 1_000_000_000))
    assert refreshed(root) == (1, [])


def test_a_record_that_is_no_json_is_named_once_and_missing_in_the_index(root: Path) -> None:
    (root / "processed/torn.json").write_bytes(b'{"schema_version": "1.0", "inp')
    drawn, warned = refreshed(root)
    assert (drawn, [one["file"] for one in warned]) == (1, ["processed/torn.json"])
    assert refreshed(root) == (0, [])
    assert b"torn" not in (root / "processed/index.html").read_bytes()
