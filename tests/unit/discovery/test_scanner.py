from __future__ import annotations

import errno
import os
from pathlib import Path

from structlog.testing import CapturingLogger

from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.scanner import Scanner, WalkPurpose
from watcher.system.filesystem import FileSystem


class Walker:
    """A scanner, and what it has found."""

    def __init__(self, root: Path, fs: FileSystem | None = None) -> None:
        self.log = CapturingLogger()
        self.found: list[bytes] = []
        self.opened: list[bytes] = []
        self.purposes: list[WalkPurpose] = []
        self.failed: list[OSError] = []
        self.max_open = 0
        self.now = 0.0
        self.scanner = Scanner(
            os.fsencode(root),
            fs or FileSystem(),
            IgnoredNames(self.log),
            lambda: self.now,
            opened=self._opened,
            root_failed=self.failed.append,
            log=self.log,
        )

    def run(self) -> list[bytes]:
        while self.scanner.advance(self._offer):
            pass
        return sorted(self.found)

    def _opened(self, purpose: WalkPurpose, name: bytes, folder: int) -> None:
        self.opened.append(name)
        self.purposes.append(purpose)
        self.now += 0.25
        self.max_open = max(self.max_open, len(list(Path("/proc/self/fd").iterdir())))

    def _offer(self, name: bytes) -> None:
        if name not in self.found:
            self.found.append(name)


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a\n")


def test_a_full_scan_finds_every_input_at_any_depth(tmp_path: Path) -> None:
    fill(tmp_path, "x.csv", "dev/y.CSV", "dev/2025/01/z.csv.gz", "other/w.csv")
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    assert walker.run() == [b"dev/2025/01/z.csv.gz", b"dev/y.CSV", b"other/w.csv", b"x.csv"]
    assert walker.scanner.done
    assert walker.scanner.files_seen == 4


def test_names_need_not_be_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n\x1b.csv"
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    assert walker.run() == [b"\xff\n\x1b.csv"]


def test_links_and_fifos_are_logged_unless_they_are_named_like_inputs_and_links_are_not_followed(
    tmp_path: Path,
) -> None:
    (tmp_path / "link.csv").symlink_to("/etc/shadow")
    (tmp_path / "link").symlink_to("/etc/shadow")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(".")
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    assert walker.run() == [b"link.csv"], "its probe finds out that it is a link"
    assert walker.opened == [b""]
    assert sorted(call.kwargs["file"] for call in walker.log.calls) == ["fifo", "link", "loop"]


def test_junk_is_skipped_without_a_log_line_and_its_folders_are_not_opened(tmp_path: Path) -> None:
    fill(tmp_path, ".hidden/x.csv", "@eaDir/x.csv", "x.csv.part", ".gitkeep")
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    assert walker.run() == []
    assert walker.opened == [b""]
    assert walker.log.calls == []


def test_a_folder_that_is_named_like_a_csv_is_a_folder(tmp_path: Path) -> None:
    fill(tmp_path, "x.csv/y.csv")
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    assert walker.run() == [b"x.csv/y.csv"]


def test_every_folder_is_opened_and_none_stays_open(tmp_path: Path) -> None:
    fill(tmp_path, *(f"dev{number}/sub/x.csv" for number in range(100)))
    before = len(list(Path("/proc/self/fd").iterdir()))
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    assert len(walker.run()) == 100
    assert len(walker.opened) == 201
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert walker.max_open <= before + 50


def test_a_small_folder_beside_a_large_one_is_found_after_few_batches(tmp_path: Path) -> None:
    fill(tmp_path, *(f"big/{number}.csv" for number in range(900)), "small/x.csv")
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    for _ in range(6):
        walker.scanner.advance(walker._offer)
    assert b"small/x.csv" in walker.found


def test_a_folder_that_appeared_is_walked_alone(tmp_path: Path) -> None:
    fill(tmp_path, "x.csv", "dev/a/y.csv")
    walker = Walker(tmp_path)
    walker.scanner.add(b"dev", WalkPurpose.NEW_FOLDER)
    assert walker.run() == [b"dev/a/y.csv"]


def test_a_folder_that_is_gone_or_was_replaced_by_a_link_is_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, "real/x.csv")
    (tmp_path / "link").symlink_to("real")
    walker = Walker(tmp_path)
    for name in (b"gone", b"link", b"real"):
        walker.scanner.add(name, WalkPurpose.NEW_FOLDER)
    assert walker.run() == [b"real/x.csv"]
    assert (walker.scanner.unreadable, walker.log.calls) == ({}, [])


def test_incoming_that_cannot_be_listed_is_reported(tmp_path: Path) -> None:
    walker = Walker(tmp_path / "gone")
    walker.scanner.begin_full_scan()
    assert walker.run() == []
    assert [error.errno for error in walker.failed] == [errno.ENOENT]
    assert walker.scanner.unreadable == {b"": "No such file or directory"}


class ClosedRoof(FileSystem):
    """A file system whose folder `roof` cannot be read while it is closed."""

    closed = True

    def open_folder(self, name: bytes, folder: int) -> int:
        if self.closed and name == b"roof":
            raise PermissionError(errno.EACCES, "Permission denied")
        return super().open_folder(name, folder)


def test_an_unreadable_folder_is_logged_once_until_it_was_readable(tmp_path: Path) -> None:
    fill(tmp_path, "roof/x.csv")
    fs = ClosedRoof()
    walker = Walker(tmp_path, fs=fs)
    for closed in (True, True, False, True):
        fs.closed = closed
        walker.scanner.begin_full_scan()
        walker.run()
        assert walker.scanner.unreadable == ({b"roof": "Permission denied"} if closed else {})
    assert [call.args[0] for call in walker.log.calls] == ["folder.unreadable"] * 2


def test_an_unreadable_folder_stays_known_while_the_next_scan_runs(tmp_path: Path) -> None:
    fill(tmp_path, "roof/x.csv")
    fs = ClosedRoof()
    walker = Walker(tmp_path, fs=fs)
    walker.scanner.begin_full_scan()
    walker.run()
    fs.closed = False
    walker.scanner.begin_full_scan()
    assert walker.scanner.unreadable == {b"roof": "Permission denied"}
    walker.run()
    assert walker.scanner.unreadable == {}


def test_a_folder_below_64_others_is_not_listed(tmp_path: Path) -> None:
    deep = "/".join("e" * 65)
    fill(tmp_path, f"{deep[:-2]}/x.csv", f"{deep}/y.csv", "z.csv")
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    assert walker.run() == [f"{deep[:-2]}/x.csv".encode(), b"z.csv"]
    assert walker.scanner.unreadable == {deep.encode(): "it is more than 64 folders deep"}
    assert [call.args[0] for call in walker.log.calls] == ["folder.unreadable"]


def test_a_folder_with_the_name_of_a_page_or_a_summary_is_not_listed(tmp_path: Path) -> None:
    fill(tmp_path, "index.html/x.csv", "roof/day.HTML/x.csv", "summary.json/x.csv", "x.json/x.csv")
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    walker.scanner.add(b"roof/new.html", WalkPurpose.NEW_FOLDER)
    assert walker.run() == [b"x.json/x.csv"]
    why = "a page or a summary may need this name: rename the folder"
    names = (b"index.html", b"roof/day.HTML", b"summary.json", b"roof/new.html")
    assert walker.scanner.unreadable == dict.fromkeys(names, why)


def test_a_new_folder_is_walked_as_one_also_if_a_full_scan_is_to_walk_it(tmp_path: Path) -> None:
    fill(tmp_path, "dev/x.csv")
    for purposes in (list(WalkPurpose), list(WalkPurpose)[::-1]):
        walker = Walker(tmp_path)
        for purpose in purposes:
            walker.scanner.add(b"dev", purpose)
        walker.run()
        assert walker.purposes == purposes


def test_a_scan_that_is_restarted_logs_nothing_twice(tmp_path: Path) -> None:
    fill(tmp_path, "roof/x.csv", *(f"other/{number}.csv" for number in range(300)))
    walker = Walker(tmp_path, fs=ClosedRoof())
    for _ in range(3):
        walker.scanner.begin_full_scan()
        for _ in range(4):
            walker.scanner.advance(walker._offer)
        assert walker.scanner.full_scan_walks
        walker.scanner.cancel()
    assert [call.args[0] for call in walker.log.calls] == ["folder.unreadable"]


def test_a_backlog_that_grows_in_ten_scans_in_a_row_is_logged(tmp_path: Path) -> None:
    walker = Walker(tmp_path)
    for number in range(11):
        assert walker.log.calls == [] or number > 9
        fill(tmp_path, f"{number}.csv")
        walker.scanner.begin_full_scan()
        walker.run()
    assert (walker.scanner.growing, walker.scanner.backlog, walker.scanner.ended_at) == (11, 11, 2.75)
    assert [(call.args[0], call.kwargs) for call in walker.log.calls] == [
        ("watch.backlog_growing", {"files": 10, "scans": 10})
    ]


def test_a_full_scan_knows_how_long_its_listings_took(tmp_path: Path) -> None:
    fill(tmp_path, "x.csv", "dev/2025/y.csv", "other/z.csv")
    walker = Walker(tmp_path)
    walker.scanner.begin_full_scan()
    walker.run()
    assert walker.scanner.last_scan_seconds == 4 * 0.25
    walker.scanner.add(b"dev", WalkPurpose.NEW_FOLDER)
    walker.run()
    assert walker.scanner.last_scan_seconds == 4 * 0.25
