"""When pages are drawn: once work has paused, and every so often where it never does."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import CapturingLogger

from processing import process
from processing.model.profile import DEFAULT
from processing.model.result import Result, encode
from watcher.monitoring.health import Health
from watcher.reporting import page_drawing, pages
from watcher.reporting.pages import Pages, UndrawnError

QUIET = 0.2


class Drawn(Pages):
    """Pages whose drawing is noted; `works` says whether it succeeds."""

    def __init__(self) -> None:
        super().__init__(None, b"", background=True, log=CapturingLogger(), health=Health(CapturingLogger()))  # type: ignore[arg-type]
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


@cache
def record(damage: bytes = b"") -> bytes:
    """A result; with damage its series is something else."""
    with (Path(__file__).parents[3] / "data/samples/clean_day.csv").open("rb") as stream:
        found = process(stream, DEFAULT, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Result)
    return encode(found).replace(
        b'"seconds":[0.0,', b'"seconds":[%b,' % damage if damage else b'"seconds":[0.0,'
    )


def refreshed(root: Path) -> tuple[int, list[dict[str, Any]]]:
    """How many pages one refresh drew, and what it warned of."""
    log = CapturingLogger()
    pages = Pages(Here(), os.fsencode(root), background=False, log=log, health=Health(CapturingLogger()))  # type: ignore[arg-type]
    drawn = pages.refresh().pages
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


def shown(root: Path) -> str:
    return (root / "processed/index.html").read_text()


def index_of_new(root: Path) -> str:
    """The index as it is drawn without any cache."""
    (root / ".watcher/digests").unlink()
    refreshed(root)
    return shown(root)


def fill(root: Path, names: Iterable[str]) -> None:
    """Put a result under each of the names there, each of a day of its own."""
    for number, name in enumerate(names):
        day = record().replace(b'"x.csv"', b'"%s.csv"' % name.encode())
        day = day.replace(b"2025-04-15", b"20%02d-04-15" % number)
        (root / f"processed/{name}.json").write_bytes(day)


def removed(root: Path) -> None:
    (root / "processed/b.json").unlink()


def processed_again(root: Path) -> None:
    path = root / "processed/b.json"
    again = path.read_bytes().replace(b'"processed_at": "2026-01-01', b'"processed_at": "2026-02-02')
    path.with_suffix(".tmp").write_bytes(again)
    path.with_suffix(".tmp").replace(path)


def cut(root: Path) -> None:
    cache = root / ".watcher/digests"
    cache.write_bytes(cache.read_bytes()[:-7])


def overwritten(root: Path) -> None:
    cache = root / ".watcher/digests"
    content = bytearray(cache.read_bytes())
    content[len(content) // 2] ^= 0xFF
    cache.write_bytes(content)


def written_twice(root: Path) -> None:
    cache = root / ".watcher/digests"
    content = cache.read_bytes()
    cache.write_bytes(content + content[content.index(b"\n") + 17 :])


def of_an_earlier_revision(root: Path) -> None:
    (root / ".watcher/digests").write_bytes(msgspec.msgpack.encode({b"processed/a.json": [1, 2, None]}))


def a_link(root: Path) -> None:
    cache = root / ".watcher/digests"
    cache.rename(root / "elsewhere")
    cache.symlink_to(root / "elsewhere")


def without_its_folder(root: Path) -> None:
    shutil.rmtree(root / ".watcher")


def killed_before_the_index(root: Path) -> None:
    """The digests are kept, the index is the one before."""
    before = shown(root)
    fill(root, "f")
    refreshed(root)
    (root / "processed/index.html").write_text(before)


@pytest.mark.parametrize(
    "change",
    [
        removed,
        processed_again,
        cut,
        overwritten,
        written_twice,
        of_an_earlier_revision,
        a_link,
        without_its_folder,
        killed_before_the_index,
    ],
)
def test_the_index_is_the_same_with_the_cache_and_without(root: Path, change: Callable[[Path], None]) -> None:
    fill(root, "abcde")
    refreshed(root)
    change(root)
    refreshed(root)
    kept = shown(root)
    assert kept == index_of_new(root)


def test_the_cache_is_not_written_into_a_file_that_has_another_name(root: Path) -> None:
    refreshed(root)
    cache, precious = root / ".watcher/digests", root / "precious"
    cache.unlink()
    precious.write_text("precious")
    cache.hardlink_to(precious)
    fill(root, "a")
    refreshed(root)
    assert precious.read_text() == "precious"
    assert shown(root) == index_of_new(root)


def test_a_refresh_after_which_nothing_changed_writes_nothing(root: Path) -> None:
    refreshed(root)
    files = [root / "processed/index.html", root / "processed/good.html", root / ".watcher/digests"]
    before = [path.stat() for path in files]
    assert refreshed(root) == (0, [])
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files] == [
        (one.st_ino, one.st_mtime_ns) for one in before
    ]


def test_a_new_record_is_appended_to_the_cache(root: Path) -> None:
    fill(root, "abcde")
    refreshed(root)
    before = (root / ".watcher/digests").read_bytes()
    fill(root, "f")
    refreshed(root)
    after = (root / ".watcher/digests").read_bytes()
    start = before.index(b"\n") + 17  # what the index was drawn of stands before
    assert after[start : len(before)] == before[start:]
    assert len(after) > len(before)


def test_a_cache_of_which_most_is_of_no_record_any_more_is_made_small(root: Path) -> None:
    fill(root, (f"{number:03}" for number in range(50)))
    refreshed(root)
    large = (root / ".watcher/digests").stat().st_size
    for number in range(5, 50):
        (root / f"processed/{number:03}.json").unlink()
    refreshed(root)
    assert (root / ".watcher/digests").stat().st_size < large / 5
    kept = shown(root)
    assert refreshed(root) == (0, [])
    assert kept == index_of_new(root)


def test_a_record_from_the_future_is_drawn_once(root: Path) -> None:
    ahead = time.time() + 1e6
    os.utime(root / "processed/good.json", (ahead, ahead))
    assert refreshed(root) == (1, [])
    assert refreshed(root) == (0, [])
    processed = root / "processed/good.json"
    processed.write_bytes(processed.read_bytes() + b"\n")
    os.utime(processed, (ahead, ahead))
    assert refreshed(root) == (1, [])


def test_a_folder_in_the_place_of_a_page_costs_that_page_alone(root: Path) -> None:
    fill(root, "ab")
    (root / "processed/a.html").mkdir()
    drawn, warned = refreshed(root)
    assert (drawn, [one["file"] for one in warned]) == (2, ["processed/a.json"])
    assert refreshed(root) == (0, [])
    assert "a.csv" in shown(root)


def test_a_folder_in_the_place_of_the_index_costs_the_index_alone(root: Path) -> None:
    (root / "processed/index.html").mkdir()
    with pytest.raises(UndrawnError, match=r"^processed/index\.html: Is a directory$"):
        refreshed(root)
    assert (root / "processed/good.html").exists()


BAD = {
    "an hour that is none": (b'T06:00:00"', b'T77:00:00"'),
    "a date that is none": (b'"start": "2025-', b'"start": "2025-13'),
    "more energy than there is": (b'"total_energy_kwh": ', b'"total_energy_kwh": 1e300, "was": '),
    "a negative count": (b'"records_total": ', b'"records_total": -'),
    "no time of processing": (b'"processed_at": "2026', b'"processed_at": "soon'),
    "nested too deep": (b'"anomalies": [', b'"anomalies": [' + b"[" * 100_000),
    "bytes that are no text": (b'"x.csv"', b'"\xff.csv"'),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_damaged_record_costs_its_own_row_alone(root: Path, damage: str) -> None:
    old, new = BAD[damage]
    spaced = msgspec.json.format(record(), indent=1)
    assert old in spaced
    (root / "processed/bad.json").write_bytes(spaced.replace(old, new))
    fill(root, "ab")
    drawn, warned = refreshed(root)
    assert drawn >= 3
    assert [one["file"] for one in warned] == ["processed/bad.json"]
    assert refreshed(root) == (0, [])
    assert ">3<" in shown(root)  # files
    assert all(f"{name}.html" in shown(root) for name in ("a", "b", "good"))


def test_records_are_read_in_parts_where_reading_takes_long(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_drawing, "READ_SECONDS", 1e-9)  # one record at a time
    fill(root, "abcde")
    order = page_drawing.Order(os.fsencode(root))
    assert [page_drawing.survey(order).unread for _ in range(6)] == [5, 4, 3, 2, 1, 0]
    assert "not counted yet" not in shown(root)
    assert shown(root) == index_of_new(root)


def test_a_partial_index_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_drawing, "READ_SECONDS", 1e-9)
    fill(root, "abc")
    page_drawing.survey(page_drawing.Order(os.fsencode(root)))
    assert "3 more records are not counted yet" in shown(root)


def test_pages_that_keep_failing_are_a_problem_until_they_are_drawn(root: Path) -> None:
    log = CapturingLogger()
    health = Health(log)
    pages = Pages(Here(), os.fsencode(root), background=False, log=log, health=health)  # type: ignore[arg-type]
    (root / "processed/index.html").mkdir()
    assert not pages.try_refresh()
    assert health.problems == []
    assert not pages.try_refresh()
    assert [fault.key for fault in health.problems] == ["pages"]
    assert "processed/index.html" in health.problems[0].message
    assert [call.args for call in log.calls if call.method_name == "warning"] == [("pages.failed",)]
    (root / "processed/index.html").rmdir()
    assert pages.try_refresh()
    assert health.problems == []
