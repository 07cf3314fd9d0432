"""Records without their input, found by the hash in their names."""

import errno
import json
import os

import pytest

from tests.support.data_folder import (
    TEXT,
    DataFolder,
    replace_at_rename,
)
from watcher.job import Deferral, DeferralReason


@pytest.mark.parametrize("newer", [b"the third content", TEXT], ids=["new", "outcome already"])
@pytest.mark.parametrize("accepted", [True, False])
def test_a_record_with_a_hash_in_its_name_whose_input_was_replaced_before_the_move_is_withdrawn(
    place: DataFolder, newer: bytes, *, accepted: bool
) -> None:
    area, suffix = ("processed", ".json") if accepted else ("quarantine", ".csv.reason.json")
    place.drop("x.csv")
    place.file("x.csv", accepted=accepted)
    place.drop("x.csv", b"the second content")
    second = place.answer("x.csv", accepted=accepted)
    left = f"{area}/x.{second.sha256[:12]}{suffix}"
    (place.root / left).write_bytes(second.record)
    place.drop("x.csv", newer)
    place.again()
    place.file("x.csv", accepted=accepted)
    assert not (place.root / left).exists()
    assert place.record(left.removesuffix(".json") + ".withdrawn.1") == json.loads(second.record)
    assert not (place.root / "incoming/x.csv").exists()


def test_a_failed_listing_is_repeated(place: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    place.drop("x.csv", b"the second content")
    second = place.answer("x.csv")
    left = place.root / f"processed/x.{second.sha256[:12]}.json"
    left.write_bytes(second.record)
    place.drop("x.csv", b"the third content")
    place.again()

    def refuse(_folder: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(place.fs, "scan", refuse)
        outcome = place.file("x.csv")
    assert isinstance(outcome, Deferral)
    assert outcome.reason == DeferralReason.FAULT
    assert outcome.error.startswith("EIO: ")
    place.file("x.csv")
    assert not left.exists()


def test_a_record_that_could_not_be_removed_after_its_file_was_replaced_is_withdrawn_later(
    place: DataFolder,
) -> None:
    for content in (TEXT, b"the second content", b"the third content"):
        place.drop("x.csv", content)
        if content != b"the third content":
            place.file("x.csv")
    answer = place.answer("x.csv")

    replace_at_rename(place, 2)
    place.fs.fail["unlink"] = errno.EIO
    assert place.commit([answer])[0] == Deferral(DeferralReason.CHANGED)
    left = f"processed/x.{answer.sha256[:12]}"
    assert (place.root / f"{left}.json").exists()
    place.fs.fail.clear()
    place.file("x.csv")
    assert not (place.root / f"{left}.json").exists()
    assert (place.root / f"{left}.withdrawn.1").exists()
