"""What the folders contain after a commit."""

import errno
import gc
import hashlib
import json
import os
import weakref
from pathlib import Path

import pytest

from tests.support.data_folder import (
    TEXT,
    DataFolder,
    replace_at_rename,
)
from watcher.commands.retry import retry
from watcher.filing.record_header import PRUNED, with_field
from watcher.job import Committed, Deferral, DeferralReason


def test_the_memory_of_folders_is_bounded(place: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watcher.filing.transaction.MAX_DURABLE_FOLDERS", 10)
    for number in range(20):
        place.drop(f"{number}/x.csv")
        assert isinstance(place.file(f"{number}/x.csv"), Committed)
        assert len(place.transaction.durable) <= 14
        assert len(place.transaction.orphan_stems) <= 14


@pytest.mark.parametrize("area", ["processed", "archive"])
def test_if_an_area_is_missing_the_deferral_says_what_to_do(place: DataFolder, area: str) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / area).rmdir()
    (outcome,) = place.commit([answer])
    assert isinstance(outcome, Deferral)
    assert outcome.reason == DeferralReason.FAULT
    todo = "mount its disk again, or restart the daemon, which makes it"
    assert outcome.error == f"ENOENT: No such file or directory {place.root / area}: {todo}"


def test_an_accepted_file_is_archived_beside_its_result(place: DataFolder) -> None:
    place.drop("x.csv")
    outcome = place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert isinstance(outcome, Committed)
    assert (outcome.kind.value, outcome.destination, outcome.recovered) == (
        "processed",
        b"archive/x.csv",
        False,
    )


def test_a_rejected_file_is_quarantined_beside_its_reason(place: DataFolder) -> None:
    place.drop("dev1/x.csv")
    outcome = place.file("dev1/x.csv", accepted=False)
    assert place.tree() == ["quarantine/dev1/x.csv", "quarantine/dev1/x.csv.reason.json"]
    assert isinstance(outcome, Committed)
    assert (outcome.kind.value, outcome.destination) == ("quarantined", b"quarantine/dev1/x.csv")


def test_a_file_replaced_during_the_move_goes_back_and_its_record_is_removed(place: DataFolder) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")

    replace_at_rename(place, 2)
    outcome = place.commit([answer])[0]
    assert outcome == Deferral(DeferralReason.CHANGED)
    assert place.tree() == ["incoming/x.csv"]
    assert (place.root / "incoming/x.csv").read_bytes() == b"newer"


def test_the_earlier_reason_of_a_file_replaced_during_its_move_is_kept(place: DataFolder) -> None:
    place.drop("x.csv")
    place.file("x.csv", accepted=False)
    assert retry(place.fs, os.fsencode(place.root), b"x.csv").problem == ""
    answer = place.answer("x.csv")

    replace_at_rename(place, 2)
    assert place.commit([answer])[0] == Deferral(DeferralReason.CHANGED)
    assert place.tree() == ["incoming/x.csv", "quarantine/x.csv.reason.1.json"]
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert "previous" in json.loads((place.root / "processed/x.json").read_bytes())


def test_a_pruned_file_replaced_as_it_is_archived_again_leaves_its_result_as_it_was(
    place: DataFolder,
) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    (place.root / "archive/x.csv").unlink()
    path = place.root / "processed/x.json"
    path.write_bytes(with_field(path.read_bytes(), *PRUNED))
    record = path.read_bytes()
    place.drop("x.csv")
    answer = place.answer("x.csv")
    replace_at_rename(place, 1)
    assert place.commit([answer])[0] == Deferral(DeferralReason.CHANGED)
    assert path.read_bytes() == record
    assert isinstance(place.file("x.csv"), Committed)
    assert path.read_bytes() == record, "the newer file gets its hash into its name"


def test_a_file_that_changed_since_it_was_read_stays(place: DataFolder) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    place.drop("x.csv", b"longer than before, by some bytes " * 9)
    assert place.commit([answer]) == [Deferral(DeferralReason.CHANGED)]
    assert place.tree() == ["incoming/x.csv"]


def test_a_file_that_was_taken_away_is_gone(place: DataFolder) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / "incoming/x.csv").unlink()
    assert place.commit([answer]) == [Deferral(DeferralReason.GONE)]
    assert place.tree() == []


def test_a_failed_commit_leaves_the_source_and_no_record(place: DataFolder) -> None:
    place.fs.fail["fsync_folder"] = errno.EIO
    place.drop("x.csv")
    outcome = place.file("x.csv")
    assert isinstance(outcome, Deferral)
    assert outcome.reason == DeferralReason.FAULT
    assert outcome.error.startswith("EIO: ")
    assert place.tree() == ["incoming/x.csv"]


def test_a_name_of_255_bytes_gets_a_record_that_fits(place: DataFolder) -> None:
    name = "ü" * 125 + "x.csv"
    assert len(name.encode()) == 255
    place.drop(name)
    place.file(name)
    names = [os.fsencode(Path(path).name) for path in place.tree()]
    assert all(len(each) <= 255 for each in names)
    assert len(names) == 2
    for each in names:
        each.decode()


def test_names_that_are_not_text_keep_their_bytes(place: DataFolder) -> None:
    place.drop(b"a\xff\n\x1b.csv")
    place.file(b"a\xff\n\x1b.csv")
    assert os.listdir(os.fsencode(place.root / "archive")) == [b"a\xff\n\x1b.csv"]


def test_a_link_in_the_place_of_the_source_is_not_followed(place: DataFolder, tmp_path: Path) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    secret = tmp_path / "secret"
    secret.write_bytes(TEXT)
    (place.root / "incoming/x.csv").unlink()
    (place.root / "incoming/x.csv").symlink_to(secret)
    outcome = place.commit([answer])[0]
    assert isinstance(outcome, Deferral)
    assert (place.root / "incoming/x.csv").is_symlink()


def test_one_file_that_fails_does_not_delay_its_group(place: DataFolder) -> None:
    place.drop("x.csv")
    place.drop("y.csv", b"y")
    answers = [place.answer("x.csv"), place.answer("y.csv")]
    (place.root / "incoming/x.csv").unlink()
    outcomes = place.commit(answers)
    assert isinstance(outcomes[0], Deferral)
    assert isinstance(outcomes[1], Committed)


def test_a_group_that_begins_before_another_ends_gets_other_names(place: DataFolder) -> None:
    place.drop("x.csv")
    place.drop("x.csv.gz", b"other bytes")
    begun = [place.transaction.begin([place.answer(name)]) for name in ("x.csv", "x.csv.gz")]
    assert not list((place.root / "processed").glob("*.json")), "a record is published when its group ends"
    outcomes = [place.transaction.end(group)[0][0] for group in begun]
    assert all(isinstance(outcome, Committed) for outcome in outcomes)
    sha256 = hashlib.sha256(b"other bytes").hexdigest()[:12]
    names = {"archive/x.csv", f"archive/x.{sha256}.csv.gz", "processed/x.json", f"processed/x.{sha256}.json"}
    assert set(place.tree()) == names
    assert place.transaction.reserved == set()


def test_a_group_that_has_ended_leaves_nothing_to_the_garbage_collection(place: DataFolder) -> None:
    place.drop("x.csv")
    group = place.transaction.begin([place.answer("x.csv")])
    gone = weakref.ref(group)
    gc.disable()
    place.transaction.end(group)
    del group
    is_gone = gone() is None
    gc.enable()
    assert is_gone


def test_a_file_whose_folder_has_a_file_s_name_is_blocked_alone(place: DataFolder) -> None:
    place.drop("a/x.csv")
    place.drop("y.csv", b"y")
    (place.root / "archive/a").write_bytes(b"in the way")
    kept, outcome = place.commit([place.answer("a/x.csv"), place.answer("y.csv")])
    assert isinstance(kept, Deferral)
    assert (kept.reason, kept.error) == (DeferralReason.BLOCKED, "ENOTDIR: Not a directory archive/a")
    assert isinstance(outcome, Committed)
    assert (place.root / "incoming/a/x.csv").read_bytes() == TEXT
    assert (place.root / "archive/a").read_bytes() == b"in the way"


@pytest.mark.parametrize("area", ["incoming", "processed", "archive", "quarantine"])
def test_a_root_that_is_not_a_folder_is_a_fault_of_all_files(place: DataFolder, area: str) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / area).rename(place.root / "elsewhere")
    (place.root / area).write_bytes(b"")
    [outcome] = place.commit([answer])
    assert isinstance(outcome, Deferral)
    assert outcome.reason == DeferralReason.FAULT
    assert outcome.error.startswith("ENOTDIR: ")
