"""The contract of the names that `watcher.discovery.events` uses of watchdog, against the real kernel."""

from __future__ import annotations

import inspect
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.observers import inotify_c

from tests.support.program import SECONDS
from watcher.discovery import events as events_module
from watcher.discovery.events import ISDIR, MOVED_TO, EventBatch, InotifyEvents, WatchLostError

pytestmark = pytest.mark.skipif(not Path("/proc/sys/fs/inotify").exists(), reason="no inotify here")


class Watched:
    """Events of one folder, collected until a test has what it waits for."""

    def __init__(self, root: Path) -> None:
        self.woken = threading.Event()
        self.events = InotifyEvents(self.woken.set)
        self.root = root
        self.markers = 0
        self.watch("")

    def watch(self, name: str) -> None:
        folder = os.open(self.root / name, os.O_RDONLY)
        try:
            self.events.watch(name.encode(), folder)
        finally:
            os.close(folder)

    def until(self, enough: Callable[[EventBatch], bool]) -> EventBatch:
        """Gather batches until there is enough of them."""
        gathered = EventBatch()
        deadline = time.monotonic() + SECONDS
        while not enough(gathered) and time.monotonic() < deadline:
            self.woken.wait(0.1)
            self.woken.clear()
            batch = self.events.drain()
            gathered = EventBatch(
                gathered.masks | batch.masks,
                gathered.overflowed or batch.overflowed,
                gathered.broken or batch.broken,
            )
        return gathered

    def until_marker(self) -> EventBatch:
        """Gather everything up to a file made now, whose own name is left out."""
        self.markers += 1
        marker = b"marker%d" % self.markers
        (self.root / os.fsdecode(marker)).touch()
        batch = self.until(lambda batch: marker in batch.masks)
        del batch.masks[marker]
        return batch


def renamed(batch: EventBatch) -> dict[bytes, bool]:
    """Return each file of a batch with whether its last event was a rename."""
    return {name: bool(mask & MOVED_TO) for name, mask in batch.masks.items() if not mask & ISDIR}


def folders(batch: EventBatch) -> set[bytes]:
    return {name for name, mask in batch.masks.items() if mask & ISDIR}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    root = tmp_path / "incoming"
    root.mkdir()
    watched = Watched(root)
    yield watched
    watched.events.stop()


def test_watchdog_has_the_names_and_the_signatures() -> None:
    assert list(inspect.signature(inotify_c.InotifyFD).parameters) == []
    assert list(inspect.signature(inotify_c.InotifyFD.add_callback).parameters) == [
        "self", "path", "mask", "callback", "id_",
    ]  # fmt: skip
    assert list(inspect.signature(inotify_c.InotifyFD.remove_callbacks).parameters) == ["self", "callbacks"]
    assert {"wd", "mask", "name"} <= set(inspect.signature(inotify_c.InotifyEvent).parameters)
    assert {"on_event", "on_watch_deleted", "on_queue_overflow"} <= set(dir(inotify_c.WatchCallback))


def test_a_file_written_is_announced_as_not_renamed(watched: Watched) -> None:
    (watched.root / "x.csv").write_text("a\n")
    assert renamed(watched.until_marker()) == {b"x.csv": False}


def test_a_file_moved_in_from_outside_is_announced_as_renamed(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n")
    (tmp_path / "x.csv").rename(watched.root / "x.csv")
    assert renamed(watched.until_marker()) == {b"x.csv": True}


def test_a_file_renamed_inside_is_announced_as_renamed(watched: Watched) -> None:
    (watched.root / ".x").write_text("a\n")
    (watched.root / ".x").rename(watched.root / "x.csv")
    assert renamed(watched.until_marker()) == {b".x": False, b"x.csv": True}


def test_a_file_linked_in_is_announced_as_not_renamed(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n")
    os.link(tmp_path / "x.csv", watched.root / "x.csv")
    assert renamed(watched.until_marker()) == {b"x.csv": False}


def test_a_write_after_a_rename_is_announced_as_not_renamed(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n")
    (tmp_path / "x.csv").rename(watched.root / "x.csv")
    (watched.root / "x.csv").write_text("b\n")
    assert renamed(watched.until_marker()) == {b"x.csv": False}


def test_our_own_moves_out_and_reads_say_nothing(watched: Watched, tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.csv").write_text("a\n")
        (tmp_path / f"{number}.csv").rename(watched.root / f"{number}.csv")
    watched.until(lambda batch: len(batch.masks) == 20)
    for number in range(20):
        (watched.root / f"{number}.csv").read_text()
        (watched.root / f"{number}.csv").rename(tmp_path / f"{number}.csv")
    (watched.root / ".").stat()
    assert renamed(watched.until_marker()) == {}


def test_events_are_not_held_back(watched: Watched) -> None:
    seconds = []
    for _ in range(10):
        began = time.monotonic()
        watched.until_marker()
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 0.4, "watchdog's observer holds each back for 0.5 s"


def test_a_new_folder_is_announced_as_a_folder(watched: Watched, tmp_path: Path) -> None:
    (watched.root / "made").mkdir()
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved").rename(watched.root / "moved")
    batch = watched.until_marker()
    assert folders(batch) == {b"made", b"moved"}
    assert renamed(batch) == {}


def test_a_file_in_a_watched_folder_is_announced_by_its_whole_name(watched: Watched) -> None:
    (watched.root / "dev").mkdir()
    watched.watch("dev")
    (watched.root / "dev/x.csv").write_text("a\n")
    assert renamed(watched.until_marker()) == {b"dev/x.csv": False}


def test_watching_a_folder_twice_changes_nothing(watched: Watched) -> None:
    watched.watch("")
    (watched.root / "x.csv").write_text("a\n")
    assert renamed(watched.until_marker()) == {b"x.csv": False}


def test_a_folder_removed_and_made_again_is_announced_and_can_be_watched_again(watched: Watched) -> None:
    (watched.root / "dev").mkdir()
    watched.watch("dev")
    (watched.root / "dev").rmdir()
    (watched.root / "dev").mkdir()
    assert folders(watched.until_marker()) == {b"dev"}
    watched.watch("dev")
    (watched.root / "dev/x.csv").write_text("a\n")
    assert b"dev/x.csv" in watched.until_marker().masks


def test_a_folder_removed_is_announced_so_that_what_lies_beneath_a_mount_is_found(watched: Watched) -> None:
    (watched.root / "dev").mkdir()
    watched.until(lambda batch: bool(folders(batch)))
    watched.watch("dev")
    (watched.root / "dev").rmdir()
    assert folders(watched.until(lambda batch: bool(folders(batch)))) == {b"dev"}


def test_another_folder_under_the_same_name_is_watched_in_its_place(watched: Watched, tmp_path: Path) -> None:
    (watched.root / "dev").mkdir()
    watched.watch("dev")
    (tmp_path / "over").mkdir()
    over = os.open(tmp_path / "over", os.O_RDONLY)
    watched.events.watch(b"dev", over)  # as after a mount over it
    os.close(over)
    (tmp_path / "over/new.csv").touch()
    (watched.root / "dev/old.csv").touch()
    assert renamed(watched.until_marker()) == {b"dev/new.csv": False}


def test_a_renamed_folder_breaks_the_watch(watched: Watched) -> None:
    (watched.root / "dev").mkdir()
    watched.watch("dev")
    (watched.root / "dev").rename(watched.root / "other")
    assert watched.until_marker().broken == "a watched folder was renamed"


def test_the_root_removed_breaks_the_watch(watched: Watched) -> None:
    watched.root.rmdir()
    assert watched.until(lambda batch: bool(batch.broken)).broken == "incoming was removed or unmounted"


def test_a_dead_thread_breaks_the_watch(watched: Watched) -> None:
    watched.events._inotify.stop()
    watched.events._inotify.join(SECONDS)
    assert watched.events.drain().broken == "watchdog's thread has died"


def test_an_overflow_of_the_kernels_queue_is_reported(watched: Watched) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 50_000:
        pytest.skip(f"a queue of {limit} events takes too long to overflow")
    stuck = threading.Event()
    watched.events._wake = lambda: stuck.wait() and None
    names = [os.fsencode(watched.root / f"{number}") for number in range(2)]
    try:
        for number in range(limit + 4_000):  # two names in turn: equal neighbours would be merged
            os.close(os.open(names[number % 2], os.O_CREAT | os.O_WRONLY))
    finally:
        stuck.set()
    assert watched.until(lambda batch: batch.overflowed).overflowed


@pytest.mark.parametrize("mask", [MOVED_TO, ISDIR])
def test_more_names_than_fit_count_as_an_overflow(
    watched: Watched, mask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "MAX_NAMES", 2)
    for name in (b"1", b"2", b"2", b"3"):
        watched.events.add(name, mask)
    batch = watched.events.drain()
    assert list(batch.masks) == [b"1", b"2"]
    assert batch.overflowed


def test_no_watch_left_is_an_error_with_its_reason(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(watched.events._inotify, "add_callback", fail)
    (watched.root / "dev").mkdir()
    with pytest.raises(WatchLostError, match="inotify watch limit reached"):
        watched.watch("dev")


def test_no_instance_left_is_an_error_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inotify_c, "inotify_init", lambda: -1)
    monkeypatch.setattr("ctypes.get_errno", lambda: 24)
    with pytest.raises(WatchLostError, match="instance limit reached"):
        InotifyEvents(lambda: None)


def test_no_thread_left_is_an_error_with_its_reason_and_leaves_no_descriptor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(WatchLostError, match="no thread is left"):
        InotifyEvents(lambda: None)
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_another_watchdog_is_an_error_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "_AVAILABLE", False)
    with pytest.raises(WatchLostError, match=r"install watchdog 7\.1"):
        InotifyEvents(lambda: None)


def test_stopping_leaves_no_thread_and_no_descriptor(tmp_path: Path) -> None:
    threads, descriptors = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        Watched(tmp_path).events.stop()
    assert threading.active_count() == threads
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
