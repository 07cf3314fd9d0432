"""Earlier reasons of a file that was rejected more than once."""

import os

from tests.support.data_folder import DataFolder
from watcher.commands import retry
from watcher.filing import history
from watcher.job import Committed
from watcher.system.areas import folder_in


def test_a_file_that_is_rejected_again_keeps_its_history(place: DataFolder) -> None:
    for _ in range(3):
        place.drop("x.csv")
        outcome = place.file("x.csv", accepted=False)
    assert isinstance(outcome, Committed)
    assert outcome.kind.value == "quarantined"
    assert place.tree() == [
        "quarantine/x.csv",
        "quarantine/x.csv.reason.1.json",
        "quarantine/x.csv.reason.2.json",
        "quarantine/x.csv.reason.json",
    ]
    assert place.record("quarantine/x.csv.reason.json")["attempts"] == 3
    assert "previous" in place.record("quarantine/x.csv.reason.json")


def test_a_sender_that_repeats_a_broken_file_leaves_nine_earlier_reasons(place: DataFolder) -> None:
    for _ in range(15):
        place.drop("x.csv")
        place.file("x.csv", accepted=False)
    kept = [f"quarantine/x.csv.reason.{number}.json" for number in range(1, 10)]
    assert place.tree() == ["quarantine/x.csv", *kept, "quarantine/x.csv.reason.json"]
    assert [place.record(name)["attempts"] for name in kept] == [1, 2, 3, 4, 5, 6, 7, 8, 14]
    assert place.record("quarantine/x.csv.reason.json")["attempts"] == 15


def test_the_earlier_reasons_of_a_file_are_removed_when_it_is_processed(place: DataFolder) -> None:
    for _ in range(3):
        place.drop("x.csv")
        place.file("x.csv", accepted=False)
    assert retry.retry(place.fs, os.fsencode(place.root), b"x.csv") == retry.Outcome(b"x.csv")
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    previous = place.record("processed/x.json")["previous"]
    assert isinstance(previous, dict)
    assert previous["attempts"] == 3


def test_earlier_reasons_that_somebody_has_removed_are_no_error(place: DataFolder) -> None:
    place.drop("x.csv")
    with folder_in(place.fs, os.fsencode(place.root), b"quarantine/x.csv") as folder:
        history.remove(place.fs, b"x.csv.reason.json", folder)
    assert place.tree() == ["incoming/x.csv"]


def test_the_earlier_reasons_of_a_file_that_stays_in_quarantine_stay_too(place: DataFolder) -> None:
    for _ in range(2):
        place.drop("x.csv", b"broken")
        place.file("x.csv", accepted=False)
    before = place.tree()
    place.drop("x.csv")
    place.file("x.csv")
    assert place.tree() == sorted([*before, "archive/x.csv", "processed/x.json"])
