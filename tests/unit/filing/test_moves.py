"""Moves on file systems with and without RENAME_NOREPLACE and links, and between file systems."""

import errno
import os

import msgspec

from tests.support.data_folder import (
    TEXT,
    DataFolder,
)
from watcher.job import Committed
from watcher.system.filesystem import FileSystem


def test_without_renameat2_files_are_moved_by_link(place: DataFolder) -> None:
    place.fs.fail["rename_noreplace"] = errno.EINVAL
    place.drop("x.csv")
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]


def test_without_renameat2_and_links_files_are_moved_by_a_checked_rename(place: DataFolder) -> None:
    place.fs.fail |= {"rename_noreplace": errno.EINVAL, "link": errno.EPERM}
    place.drop("x.csv")
    place.file("x.csv")
    place.drop("x.csv", b"other")
    place.file("x.csv")
    assert (place.root / "archive/x.csv").read_bytes() == TEXT
    assert len(place.tree()) == 4


def test_a_move_interrupted_between_link_and_unlink_is_completed_without_a_duplicate(
    place: DataFolder,
) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / "processed/x.json").write_bytes(answer.record)
    os.link(place.root / "incoming/x.csv", place.root / "archive/x.csv")
    later = msgspec.structs.replace(place.answer("x.csv"), summary={"rows_total": 99})
    outcome = place.commit([later])[0]
    assert isinstance(outcome, Committed)
    assert (outcome.kind.value, outcome.recovered) == ("processed", True)
    assert outcome.summary == answer.summary, "of the record that was published"
    assert place.tree() == ["archive/x.csv", "processed/x.json"]


def test_across_devices_the_copy_is_complete_before_the_source_is_removed(place: DataFolder) -> None:
    calls = iter([None, None, errno.EXDEV, None, None])
    real = FileSystem.rename_noreplace

    def rename(source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        code = next(calls)
        if code:
            raise OSError(code, os.strerror(code))
        real(place.fs, source, source_folder, target, target_folder)

    place.fs.rename_noreplace = rename  # type: ignore[method-assign]
    place.drop("x.csv")
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert (place.root / "archive/x.csv").read_bytes() == TEXT
