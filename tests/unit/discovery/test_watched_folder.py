from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from tests.support.program import SECONDS
from watcher.discovery.events import WatchLostError
from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.watched_folder import WatchedFolder
from watcher.system.filesystem import FileSystem


class FolderDriver:
    """The loop's turns, taken by the test on a clock that it steps; the events are real."""

    def __init__(
        self, root: Path, mode: str = "auto", interval: float | None = None, places: int = 10**9
    ) -> None:
        self.root = root
        self.places = places
        self.now = 1_000.0
        self.events_fed: dict[bytes, bool] = {}
        self.in_flight: set[bytes] = set()
        self.log = CapturingLogger()
        self.woken = threading.Event()
        self.folder = WatchedFolder(
            os.fsencode(root),
            FileSystem(),
            mode=mode,
            scan_interval=interval,
            clock=lambda: self.now,
            wake=self.woken.set,
            is_known=self.in_flight.__contains__,
            ignored=IgnoredNames(self.log),
            log=self.log,
        )
        self.folder.start()

    def add(self, name: bytes, *, renamed: bool = False) -> bool:
        if self.places <= len(self.events_fed):
            return False
        self.events_fed[name] = renamed
        return True

    @property
    def wants_more(self) -> bool:
        return self.places > len(self.events_fed)

    def __contains__(self, name: bytes) -> bool:
        return name in self.events_fed

    def until(self, reached: Callable[[], bool], step: float = 0.0) -> bool:
        """Take turns, `step` seconds of the clock apart, until it is so; False after some real seconds."""
        deadline = time.monotonic() + SECONDS
        while not reached():
            if time.monotonic() > deadline:
                return False
            self.folder.feed(self)  # type: ignore[arg-type]
            if not reached():
                self.woken.wait(0.005)
                self.woken.clear()
            self.now += step
        return True

    def finds(self, *names: bytes, step: float = 0.0) -> bool:
        """Find the names long before the next periodic scan could."""
        began = self.now
        return self.until(lambda: set(names) <= set(self.events_fed), step) and self.now - began <= 10.0

    def finish_scan(self) -> None:
        """Finish the scan at the start."""
        assert self.scan(step=0.0)

    def scan(self, step: float) -> bool:
        """Take turns until another scan has ended."""
        finished = self.folder.scans_finished
        return self.until(lambda: self.folder.scans_finished > finished, step)

    def seconds_until(self, reached: Callable[[], bool]) -> float:
        began = self.now
        assert self.until(reached, step=0.5)
        return self.now - began

    def events(self) -> list[str]:
        return [call.args[0] for call in self.log.calls]


Start = Callable[..., FolderDriver]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "incoming"
    root.mkdir()
    return root


@pytest.fixture
def start(root: Path) -> Iterator[Start]:
    started: list[FolderDriver] = []

    def begin(**options: object) -> FolderDriver:
        started.append(FolderDriver(root, **options))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for driver in started:
        driver.folder.stop()


@pytest.fixture
def driver(start: Start) -> FolderDriver:
    """A folder whose first scan has ended."""
    driver = start()
    driver.finish_scan()
    return driver


def drop(path: Path, text: str = "a\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_what_is_there_at_the_start_is_found_as_not_renamed(root: Path, start: Start) -> None:
    drop(root / "x.csv")
    drop(root / "dev/y.csv")
    driver = start()
    assert driver.finds(b"x.csv", b"dev/y.csv")
    assert driver.events_fed == {b"x.csv": False, b"dev/y.csv": False}


def test_a_file_written_is_found_without_a_scan(root: Path, driver: FolderDriver) -> None:
    drop(root / "x.csv")
    assert driver.finds(b"x.csv")
    assert driver.folder.scans_finished == 1


def test_incoming_is_watched_before_the_first_turn(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise WatchLostError("none is left")

    monkeypatch.setattr("watcher.discovery.watched_folder.InotifyEvents", fail)
    assert start().events() == ["watch.degraded"]


def test_a_file_renamed_in_is_found_as_renamed(root: Path, driver: FolderDriver, tmp_path: Path) -> None:
    drop(tmp_path / "x.csv")
    (tmp_path / "x.csv").rename(root / "x.csv")
    assert driver.finds(b"x.csv")
    assert driver.events_fed == {b"x.csv": True}


def test_files_in_new_folders_are_found_without_a_scan(root: Path, driver: FolderDriver) -> None:
    drop(root / "dev/2025/x.csv")
    assert driver.finds(b"dev/2025/x.csv")
    drop(root / "dev/2025/y.csv")
    assert driver.finds(b"dev/2025/y.csv")


def test_a_folder_of_folders_moved_in_is_found_and_watched(
    root: Path, driver: FolderDriver, tmp_path: Path
) -> None:
    drop(tmp_path / "dev/a/b/x.csv")
    (tmp_path / "dev").rename(root / "dev")
    assert driver.finds(b"dev/a/b/x.csv")
    drop(root / "dev/a/b/y.csv")
    assert driver.finds(b"dev/a/b/y.csv")
    assert driver.events() == []


def test_a_folder_renamed_is_watched_under_its_new_name(root: Path, start: Start) -> None:
    drop(root / "old/sub/x.csv")
    driver = start()
    driver.finish_scan()
    (root / "old").rename(root / "new")
    assert driver.finds(b"new/sub/x.csv", step=0.02)
    drop(root / "new/sub/y.csv")
    assert driver.finds(b"new/sub/y.csv", step=0.02)


def test_scan_mode_finds_files_by_scans_alone(root: Path, start: Start) -> None:
    driver = start(mode="scan")
    driver.finish_scan()
    drop(root / "x.csv")
    assert 4.5 <= driver.seconds_until(lambda: b"x.csv" in driver.events_fed) <= 5.5
    assert driver.events() == []


def test_on_a_mount_without_events_the_first_interval_is_short_too(
    root: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.discovery.watched_folder.scan_seconds", lambda folder: 5.0)
    driver = start()
    driver.finish_scan()
    assert 4.5 <= driver.seconds_until(lambda: driver.folder.scans_finished == 2) <= 5.5


@pytest.mark.parametrize(
    ("mode", "set_seconds", "seconds", "degraded_seconds"),
    [
        ("auto", None, 12.0, 5.0),
        ("events", None, 30.0, 5.0),
        ("scan", None, 5.0, 5.0),
        ("auto", 7.0, 7.0, 7.0),
        ("scan", 7.0, 7.0, 7.0),
    ],
)
def test_the_interval_is_the_set_one_or_follows_the_mode_and_only_auto_follows_the_mount(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    *,
    mode: str,
    set_seconds: float | None,
    seconds: float,
    degraded_seconds: float,
) -> None:
    monkeypatch.setattr("watcher.discovery.watched_folder.scan_seconds", lambda folder: 12.0)
    driver = start(mode=mode, interval=set_seconds)
    driver.finish_scan()
    assert driver.folder.interval_seconds == seconds
    driver.folder.degraded = "no events"
    assert driver.folder.interval_seconds == degraded_seconds


def test_a_set_interval_is_kept(root: Path, start: Start) -> None:
    driver = start(mode="scan", interval=2.0)
    driver.finish_scan()
    drop(root / "x.csv")
    assert 1.5 <= driver.seconds_until(lambda: b"x.csv" in driver.events_fed) <= 2.5


def test_names_that_are_known_are_not_fed_again_by_scans(root: Path, start: Start) -> None:
    drop(root / "x.csv")
    drop(root / "y.csv")
    driver = start(mode="scan", interval=1.0)
    driver.in_flight.add(b"y.csv")
    assert driver.until(lambda: driver.folder.scans_finished > 3, step=0.5)
    assert driver.events_fed == {b"x.csv": False}


def test_junk_and_unsupported_names_are_not_fed_and_unsupported_ones_logged_once(
    root: Path, driver: FolderDriver
) -> None:
    drop(root / "notes.txt")
    drop(root / ".x.csv.Ab12")
    drop(root / "x.csv")
    assert driver.finds(b"x.csv")
    assert driver.until(lambda: driver.folder.scans_finished > 3, step=2.0)
    assert driver.events_fed == {b"x.csv": False}
    assert driver.events() == ["file.ignored"]


def test_an_ignored_file_is_logged_with_its_kind(root: Path, start: Start, tmp_path: Path) -> None:
    (root / "before").symlink_to(tmp_path)
    driver = start()
    driver.finish_scan()
    (root / "after").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    (root / "notes.txt").touch()
    drop(root / "x.csv")
    assert driver.finds(b"x.csv")
    assert {call.kwargs["file"]: call.kwargs["reason"] for call in driver.log.calls} == {
        "before": "a symbolic link, which is never followed",
        "after": "a symbolic link, which is never followed",
        "pipe": "no regular file but a FIFO, socket or device",
        "notes.txt": "no .csv or .csv.gz (--suffixes)",
    }


def test_the_root_deleted_and_made_again_is_watched_again(root: Path, driver: FolderDriver) -> None:
    root.rmdir()
    root.mkdir()
    drop(root / "x.csv")
    assert driver.finds(b"x.csv", step=0.02)
    drop(root / "y.csv")
    assert driver.finds(b"y.csv", step=0.01)
    assert "watch.rearmed" in driver.events()


def test_the_root_renamed_away_with_a_new_one_in_place_is_watched_again(
    root: Path, driver: FolderDriver
) -> None:
    root.rename(root.with_name("away"))
    root.mkdir()
    drop(root / "x.csv")
    assert driver.finds(b"x.csv", step=0.02)
    drop(root / "y.csv")
    assert driver.finds(b"y.csv", step=0.01)


def test_a_root_that_is_a_link_is_watched_and_its_new_target_too(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    other = tmp_path / "other"
    other.mkdir()
    driver = FolderDriver(link)
    try:
        driver.finish_scan()
        drop(root / "x.csv")
        assert driver.finds(b"x.csv")
        (tmp_path / "new").symlink_to(other)
        (tmp_path / "new").rename(link)
        drop(other / "y.csv")
        assert driver.finds(b"y.csv", step=0.02)
        drop(other / "z.csv")
        assert driver.finds(b"z.csv", step=0.01)
    finally:
        driver.folder.stop()


def test_a_root_that_is_gone_degrades_once_and_recovers_when_it_is_back(
    root: Path, driver: FolderDriver
) -> None:
    root.rmdir()
    assert driver.until(lambda: bool(driver.folder.degraded), step=0.02)
    driver.until(lambda: driver.now > 1_100, step=0.5)
    assert driver.events().count("watch.degraded") == 1
    root.mkdir()
    drop(root / "x.csv")
    assert driver.finds(b"x.csv", step=0.02)
    assert driver.until(lambda: not driver.folder.degraded)
    drop(root / "y.csv")
    assert driver.finds(b"y.csv")


def test_a_dead_watch_thread_is_replaced(root: Path, driver: FolderDriver) -> None:
    driver.folder._events._inotify.stop()
    driver.folder._events._inotify.join(SECONDS)
    drop(root / "x.csv")
    assert driver.finds(b"x.csv", step=0.02)
    drop(root / "y.csv")
    assert driver.finds(b"y.csv")


def test_an_overflow_scans_everything(root: Path, driver: FolderDriver) -> None:
    driver.folder._events.stop()  # from here on nothing is announced
    drop(root / "dev/x.csv")
    driver.folder._events._inotify.is_alive = lambda: True  # type: ignore[method-assign]
    driver.folder._events.set_lost(overflowed=True)
    assert driver.finds(b"dev/x.csv")
    assert "watch.overflowed" in driver.events()


def test_overflows_do_not_log_unsupported_names_again(root: Path, start: Start) -> None:
    for number in range(300):
        (root / f"{number}.txt").touch()
    driver = start()
    driver.folder.feed(driver)  # type: ignore[arg-type]
    assert driver.folder._events is not None
    for _ in range(3):
        driver.folder._events.set_lost(overflowed=True)
        driver.folder.feed(driver)  # type: ignore[arg-type]
    assert driver.until(lambda: bool(driver.folder.scans_finished))
    assert driver.events().count("file.ignored") == 300


@pytest.mark.parametrize(
    "place",
    ["watcher.discovery.watched_folder.InotifyEvents", "watcher.discovery.events.InotifyEvents.watch"],
)
def test_without_inotify_instances_or_watches_scans_are_more_frequent_until_events_are_back(
    place: str, root: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> object:
        raise WatchLostError("none is left")

    with monkeypatch.context() as patched:
        patched.setattr(place, fail)
        driver = start()
        driver.finish_scan()
        drop(root / "x.csv")
        assert driver.seconds_until(lambda: b"x.csv" in driver.events_fed) <= 5.5
        assert driver.events() == ["watch.degraded"]
    assert driver.until(lambda: not driver.folder.degraded, step=0.5)
    drop(root / "y.csv")
    assert driver.finds(b"y.csv")
    assert driver.events() == ["watch.degraded", "watch.restored"]


def test_files_that_found_no_place_are_fed_when_there_are_places(root: Path, start: Start) -> None:
    for number in range(50):
        drop(root / f"dev/{number}.csv")
    driver = start(places=30)
    assert driver.until(lambda: len(driver.events_fed) == 30)
    driver.woken.clear()
    drop(root / "late.csv")
    assert driver.woken.wait(SECONDS)
    driver.folder.feed(driver)  # type: ignore[arg-type]  # announced, and no places for it either
    assert not driver.folder.scans_finished
    driver.places = 51
    assert driver.until(lambda: len(driver.events_fed) == 51)
    assert driver.until(lambda: driver.folder.scans_finished == 1)
    assert driver.folder.interval_seconds == 30.0


def test_an_idle_watch_waits_a_second_at_a_time(driver: FolderDriver) -> None:
    driver.folder.feed(driver)  # type: ignore[arg-type]
    assert 0.9 <= driver.folder.wait_seconds() <= 1.0


def kernel_watches() -> int:
    """Return how many folders the kernel watches for this process."""
    infos = [path.read_text() for path in Path("/proc/self/fdinfo").iterdir() if path.exists()]
    return sum(info.count("inotify wd:") for info in infos)


DAY = 86_400.0


def test_a_folder_without_a_file_for_a_day_is_no_longer_watched_and_scans_find_what_is_dropped_there(
    root: Path, start: Start
) -> None:
    for number in range(40):
        (root / f"dev/{number}").mkdir(parents=True)
    drop(root / "busy/open.csv")
    before = kernel_watches()
    driver = start()
    driver.finish_scan()
    assert kernel_watches() - before == 43
    for _ in range(2):
        assert driver.scan(step=31.0)
    driver.now += DAY
    assert driver.scan(step=31.0)
    assert kernel_watches() - before == 2, "incoming and the folder that holds a file"
    assert driver.scan(step=31.0)
    assert kernel_watches() - before == 2, "a scan watches no idle folder again"
    drop(root / "dev/7/x.csv")
    assert driver.seconds_until(lambda: b"dev/7/x.csv" in driver.events_fed) <= 31
    drop(root / "dev/7/y.csv")
    assert driver.finds(b"dev/7/y.csv"), "it is watched again"
    assert (root / "dev/0").is_dir()


def test_a_new_folder_below_an_idle_one_is_found_by_the_next_scan(root: Path, start: Start) -> None:
    (root / "dev/2025").mkdir(parents=True)
    driver = start()
    driver.finish_scan()
    for _ in range(2):
        driver.now += DAY
        assert driver.scan(step=31.0)
    drop(root / "dev/2025/11/x.csv")
    assert driver.seconds_until(lambda: b"dev/2025/11/x.csv" in driver.events_fed) <= 32


def test_the_interval_is_a_hundred_times_the_last_scan_if_that_is_longer(root: Path, start: Start) -> None:
    driver = start(mode="scan", interval=2.0)
    driver.finish_scan()
    assert driver.folder.interval_seconds == 2.0
    driver.folder.scanner.last_scan_seconds = 0.5
    assert driver.folder.interval_seconds == 50.0
