"""A source is renamed before it is moved: writers, owners, links and unknown leases."""

import errno
import os
from collections.abc import Callable
from typing import BinaryIO

import pytest

from tests.support.data_folder import (
    TEXT,
    DataFolder,
    when_it_steps_aside,
)
from tests.support.log_lines import NoLog
from watcher.filing import moves
from watcher.filing.transaction import Transaction
from watcher.job import Committed, Deferral, DeferralReason
from watcher.system.filesystem import FileSystem, Lease

MORE = b"2026-01-01T12:05:00,25,5\n"


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("across", [False, True])
def test_a_file_that_a_writer_opens_at_the_last_moment_goes_back(
    place: DataFolder, monkeypatch: pytest.MonkeyPatch, *, accepted: bool, again: bool, across: bool
) -> None:
    if again:
        place.drop("x.csv")
        place.file("x.csv", accepted=accepted)
    elif across:
        monkeypatch.setattr(moves, "move_noreplace", _refuse_across(moves.move_noreplace))
    place.drop("x.csv")
    before = [path for path in place.tree() if "reason" not in path]
    answer = place.answer("x.csv", accepted=accepted)
    opened: list[BinaryIO] = []
    when_it_steps_aside(place, lambda: opened.append((place.root / "incoming/x.csv").open("ab")))
    assert place.commit([answer]) == [Deferral(DeferralReason.CHANGED)]
    opened[0].write(MORE)
    opened[0].close()
    assert [path for path in place.tree() if "reason" not in path] == before
    assert (place.root / "incoming/x.csv").read_bytes() == TEXT + MORE


def _refuse_across(real: Callable[..., None]) -> Callable[..., None]:
    def move(
        fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int, **how: bool
    ) -> None:
        if name.startswith(b".aside-"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(fs, name, folder, target, target_folder, **how)

    return move


def test_a_file_whose_owner_takes_it_at_the_last_moment_leaves_no_record(place: DataFolder) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    when_it_steps_aside(place, (place.root / "incoming/x.csv").unlink)
    assert place.commit([answer]) == [Deferral(DeferralReason.GONE)]
    assert place.tree() == []


def test_a_file_with_another_link_is_copied(
    place: DataFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place.drop("x.csv")
    other = tmp_path_factory.mktemp("elsewhere") / "x.csv"
    os.link(place.root / "incoming/x.csv", other)
    place.file("x.csv")
    with other.open("ab") as writer:
        writer.write(MORE)
    assert (place.root / "archive/x.csv").read_bytes() == TEXT
    assert place.tree() == ["archive/x.csv", "processed/x.json"]


class TestOfAnUnknownLease:
    """The kernel does not say whether somebody writes."""

    @pytest.fixture
    def place(self, place: DataFolder, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
        self.now = 100.0
        place.transaction = Transaction(
            os.fsencode(place.root),
            place.fs,
            NoLog(),
            quiet_seconds=lambda _: 10.0,
            clock=lambda: self.now,
        )
        place.drop("x.csv")
        place.file("x.csv")
        monkeypatch.setattr(place.fs, "probe_lease", lambda _: Lease.UNKNOWN)
        place.drop("x.csv")
        outcome = place.file("x.csv")
        assert isinstance(outcome, Committed)
        assert outcome.kind.value == "duplicate"
        return place

    def test_a_copy_is_kept_until_it_has_been_unchanged_long_enough(self, place: DataFolder) -> None:
        assert place.transaction.asides.wait_seconds() == 10.0
        self.now += 9.9
        assert place.transaction.asides.end_waits() == []
        assert place.tree() == ["archive/x.csv", "incoming/.aside-x.csv", "processed/x.json"]
        self.now += 0.2
        assert place.transaction.asides.end_waits() == []
        assert place.tree() == ["archive/x.csv", "processed/x.json"]
        assert place.transaction.asides.wait_seconds() == float("inf")

    def test_a_copy_that_was_written_to_goes_back(self, place: DataFolder) -> None:
        with (place.root / "incoming/.aside-x.csv").open("ab") as writer:
            writer.write(MORE)
        self.now += 10.0
        assert place.transaction.asides.end_waits() == [b"x.csv"]
        assert (place.root / "incoming/x.csv").read_bytes() == TEXT + MORE

    def test_further_copies_are_not_delayed(self, place: DataFolder) -> None:
        place.drop("x.csv")
        assert isinstance(place.file("x.csv"), Committed)
        assert len(place.transaction.asides) == 2
        self.now += 10.0
        assert place.transaction.asides.end_waits() == []
        assert place.tree() == ["archive/x.csv", "processed/x.json"]
