from __future__ import annotations

import errno
import os
from pathlib import Path

from structlog.testing import CapturingLogger

from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.scanner import Piece, Scanner, WalkPurpose, _sort, walk


class Walker:
    """A scan with a sink that has room for so many files of each device."""

    def __init__(self, root: Path, room: int = 10**9) -> None:
        self.log = CapturingLogger()
        self.room = room
        self.found: list[bytes] = []
        self.entered: list[bytes] = []
        self.troubles: list[tuple[bytes, type[OSError]]] = []
        self.most_open = 0
        self.now = 0.0
        self.scan = Scanner(
            os.fsencode(root), self._enter, self._trouble, IgnoredNames(self.log), lambda: self.now
        )

    def run(self) -> list[bytes]:
        while self.scan.advance(self._offer, lambda name: self.room > 0):
            pass
        return sorted(self.found)

    def _enter(self, name: bytes, folder: int, reason: WalkPurpose) -> None:
        self.entered.append(name)
        self.now += 0.25
        self.most_open = max(self.most_open, len(list(Path("/proc/self/fd").iterdir())))

    def _trouble(self, name: bytes, error: OSError) -> None:
        self.troubles.append((name, type(error)))

    def _offer(self, name: bytes) -> bool:
        if self.room <= 0:
            return False
        if name not in self.found:
            self.found.append(name)
            self.room -= 1
        return True


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a\n")


def test_a_round_finds_every_input_at_any_depth(tmp_path: Path) -> None:
    fill(tmp_path, "x.csv", "dev/y.CSV", "dev/2025/01/z.csv.gz", "other/w.csv")
    walker = Walker(tmp_path)
    walker.scan.begin_round()
    assert walker.run() == [b"dev/2025/01/z.csv.gz", b"dev/y.CSV", b"other/w.csv", b"x.csv"]
    assert walker.scan.done
    assert walker.scan.files_seen == 4


def test_every_folder_is_entered_before_it_is_listed(tmp_path: Path) -> None:
    fill(tmp_path, "dev/2025/x.csv")

    def drop_late(name: bytes, folder: int) -> None:
        (tmp_path / os.fsdecode(name) / "late.csv").write_text("a\n")

    names = [
        name
        for piece in walk(os.fsencode(tmp_path), b"dev", drop_late, lambda *_: None)
        for name in piece.files
    ]
    assert sorted(names) == [b"dev/2025/late.csv", b"dev/2025/x.csv", b"dev/late.csv"]


def test_names_need_not_be_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n\x1b.csv"
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    walker = Walker(tmp_path)
    walker.scan.begin_round()
    assert walker.run() == [b"\xff\n\x1b.csv"]


def test_links_and_fifos_are_told_and_links_to_folders_are_not_entered(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("/etc/shadow")
    os.mkfifo(tmp_path / "fifo.csv")
    (tmp_path / "loop").symlink_to(".")
    walker = Walker(tmp_path)
    walker.scan.begin_round()
    assert walker.run() == []
    assert walker.entered == [b""]
    assert sorted(call.kwargs["file"] for call in walker.log.calls) == ["fifo.csv", "link.csv", "loop"]


def test_junk_is_passed_over_in_silence_and_its_folders_are_not_entered(tmp_path: Path) -> None:
    fill(tmp_path, ".hidden/x.csv", "@eaDir/x.csv", "x.csv.part", ".gitkeep")
    walker = Walker(tmp_path)
    walker.scan.begin_round()
    assert walker.run() == []
    assert walker.entered == [b""]
    assert walker.log.calls == []


def test_a_folder_that_is_named_like_a_csv_is_a_folder(tmp_path: Path) -> None:
    fill(tmp_path, "x.csv/y.csv")
    walker = Walker(tmp_path)
    walker.scan.begin_round()
    assert walker.run() == [b"x.csv/y.csv"]


def test_what_finds_no_room_is_found_by_a_later_walk(tmp_path: Path) -> None:
    fill(tmp_path, *(f"{number}.csv" for number in range(300)))
    walker = Walker(tmp_path, room=200)
    walker.scan.begin_round()
    assert len(walker.run()) == 200
    assert walker.scan.lacks_room
    assert not walker.scan.in_round
    assert walker.scan.files_seen == 300
    walker.room = 100
    assert len(walker.run()) == 300
    assert walker.scan.done


def test_without_room_folders_are_still_entered_and_nothing_is_kept_open(tmp_path: Path) -> None:
    fill(tmp_path, *(f"dev{number}/sub/x.csv" for number in range(100)))
    before = len(list(Path("/proc/self/fd").iterdir()))
    walker = Walker(tmp_path, room=0)
    walker.scan.begin_round()
    assert walker.run() == []
    assert len(walker.entered) == 201
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert walker.most_open <= before + 50


def test_a_small_folder_beside_a_large_one_is_found_after_few_pieces(tmp_path: Path) -> None:
    fill(tmp_path, *(f"big/{number}.csv" for number in range(1_500)), "small/x.csv")
    walker = Walker(tmp_path)
    walker.scan.begin_round()
    for _ in range(6):
        walker.scan.advance(walker._offer, lambda name: True)
    assert b"small/x.csv" in walker.found


def test_a_folder_that_appeared_is_walked_alone(tmp_path: Path) -> None:
    fill(tmp_path, "x.csv", "dev/a/y.csv")
    walker = Walker(tmp_path)
    walker.scan.add(b"dev", WalkPurpose.FOLDER)
    assert walker.run() == [b"dev/a/y.csv"]


def test_a_folder_that_is_gone_or_was_swapped_for_a_link_is_a_trouble_and_nothing_more(
    tmp_path: Path,
) -> None:
    fill(tmp_path, "real/x.csv")
    (tmp_path / "link").symlink_to("real")
    walker = Walker(tmp_path)
    for name in (b"gone", b"link", b"real"):
        walker.scan.add(name, WalkPurpose.FOLDER)
    assert walker.run() == [b"real/x.csv"]
    assert sorted(name for name, _ in walker.troubles) == [b"gone", b"link"]


def test_a_round_tells_how_long_its_listings_took(tmp_path: Path) -> None:
    fill(tmp_path, "x.csv", "dev/2025/y.csv", "other/z.csv")
    walker = Walker(tmp_path)
    walker.scan.begin_round()
    walker.run()
    assert walker.scan.round_seconds == 4 * 0.25
    walker.scan.add(b"dev", WalkPurpose.FOLDER)
    walker.run()
    assert walker.scan.round_seconds == 4 * 0.25


def test_an_entry_that_cannot_be_looked_at_costs_itself_alone() -> None:
    class Broken:
        name = "x.csv"

        def is_dir(self, *, follow_symlinks: bool) -> bool:
            raise OSError(errno.EIO, "Input/output error")

    piece = Piece([], [], [])
    _sort(b"dev/x.csv", Broken(), piece)  # type: ignore[arg-type]
    assert piece == ([b"dev/x.csv"], [], [])
