"""What is done with a file, given what the folders contain already."""

import hashlib
import json

import msgspec
import pytest

from tests.support.data_folder import TEXT, DataFolder
from watcher.filing.record_header import with_message
from watcher.job import Answer, Committed

ERROR = {"code": "empty_file", "message": "it is empty", "line": 1}


def test_other_bytes_under_a_taken_name_get_their_hash_into_their_names(place: DataFolder) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    place.drop("x.csv", TEXT + b"2026-01-01T12:05:00,25,5\n")
    place.file("x.csv")
    digits = hashlib.sha256(TEXT + b"2026-01-01T12:05:00,25,5\n").hexdigest()[:12]
    assert place.tree() == [
        "archive/x.csv",
        f"archive/x.{digits}.csv",
        "processed/x.json",
        f"processed/x.{digits}.json",
    ]
    assert (place.root / "archive/x.csv").read_bytes() == TEXT


def test_plain_and_gzipped_files_of_one_stem_do_not_share_a_result(place: DataFolder) -> None:
    place.drop("x.csv")
    place.drop("x.csv.gz", b"other")
    place.commit([place.answer("x.csv"), place.answer("x.csv.gz")])
    digits = hashlib.sha256(b"other").hexdigest()[:12]
    assert place.tree() == [
        "archive/x.csv",
        f"archive/x.{digits}.csv.gz",
        "processed/x.json",
        f"processed/x.{digits}.json",
    ]


@pytest.mark.parametrize("accepted", [True, False])
def test_names_that_share_a_stem_and_their_bytes_are_all_committed(
    place: DataFolder, *, accepted: bool
) -> None:
    names = ["index.csv", "index.CSV", "index.Csv", "index.cSV", "index.csv.gz", "index.CSV.gz"]
    for name in names:
        place.drop(name)
        assert isinstance(place.file(name, accepted=accepted), Committed)
    area = "processed" if accepted else "quarantine"
    records = [place.record(str(path)) for path in (place.root / area).glob("*.json")]
    assert sorted(str(each["input"]["name"]) for each in records) == sorted(names)  # type: ignore[index]


def test_a_file_called_index_leaves_the_page_of_that_name_alone(place: DataFolder) -> None:
    place.drop("Index.csv")
    place.file("Index.csv")
    digits = hashlib.sha256(TEXT).hexdigest()[:12]
    assert place.tree() == [f"archive/Index.{digits}.csv", f"processed/Index.{digits}.json"]


def test_the_same_bytes_dropped_again_are_a_duplicate_and_the_first_outcome_stands(place: DataFolder) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    before = (place.root / "processed/x.json").stat().st_ino
    place.drop("x.csv")
    outcome = place.file("x.csv", accepted=False)
    assert isinstance(outcome, Committed)
    assert outcome.kind.value == "duplicate"
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert (place.root / "processed/x.json").stat().st_ino == before


def test_a_copy_is_kept_when_the_archived_file_is_not_what_its_record_says(place: DataFolder) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    (place.root / "archive/x.csv").write_bytes(b"tampered")
    place.drop("x.csv")
    place.file("x.csv")
    digits = hashlib.sha256(TEXT).hexdigest()[:12]
    assert (place.root / f"archive/x.{digits}.csv").read_bytes() == TEXT
    assert (place.root / "archive/x.csv").read_bytes() == b"tampered"


@pytest.mark.parametrize("first", [True, False], ids=["processed", "rejected"])
def test_a_log_line_says_what_the_published_record_says(place: DataFolder, *, first: bool) -> None:
    place.drop("x.csv")
    place.file("x.csv", accepted=first)
    moved, record = place.root / "archive/x.csv", place.root / "processed/x.json"
    if not first:
        moved, record = place.root / "quarantine/x.csv", place.root / "quarantine/x.csv.reason.json"
        record.write_text(
            json.dumps(json.loads(record.read_text()) | {"error": ERROR, "schema_version": "1.0"})
        )
    moved.rename(place.root / "incoming/x.csv")
    outcome = place.file("x.csv", accepted=not first)
    assert isinstance(outcome, Committed)
    assert (moved.read_bytes(), outcome.kind.value) == (
        TEXT,
        "processed" if first else "quarantined",
    )
    assert outcome.summary == ({} if first else {"reason": "empty_file", "message": "it is empty", "line": 1})


def refused(place: DataFolder, name: str, ways: int) -> Answer:
    answer = place.answer(name, accepted=False)
    record = with_message(answer.record, "two ways")
    summary = {"reason": "ambiguous_format", "message": "two ways"}
    return msgspec.structs.replace(answer, record=record, summary=summary, ways=ways)


@pytest.mark.parametrize(
    ("ways", "message"),
    [
        (0, "two ways"),
        (1, "two ways; or: python -m watcher accept 'dev/x y.csv'"),
        (2, "two ways; or: python -m watcher accept 'dev/x y.csv' N"),
    ],
)
def test_a_reason_has_the_command_that_takes_a_way_to_read_the_file(
    place: DataFolder, ways: int, message: str
) -> None:
    place.drop("dev/x y.csv")
    outcome = place.commit([refused(place, "dev/x y.csv", ways)])[0]
    assert isinstance(outcome, Committed)
    assert outcome.summary["message"] == message
    assert place.record("quarantine/dev/x y.csv.reason.json")["error"] == {
        "code": "empty_file",
        "message": message,
    }


def test_the_command_names_the_file_as_it_is_in_quarantine(place: DataFolder) -> None:
    place.drop("x.csv")
    answer = refused(place, "x.csv", 2)
    (place.root / "quarantine/x.csv").write_bytes(b"put there after the worker has answered")
    outcome = place.commit([answer])[0]
    assert isinstance(outcome, Committed)
    name = f"x.{answer.sha256[:12]}.csv"
    assert outcome.destination == f"quarantine/{name}".encode()
    assert outcome.summary["message"] == f"two ways; or: python -m watcher accept {name} N"


def test_a_corrected_file_is_linked_to_its_earlier_reason(place: DataFolder) -> None:
    place.drop("x.csv", b"")
    place.file("x.csv", accepted=False)
    place.drop("x.csv")
    place.file("x.csv")
    previous = place.record("processed/x.json")["previous"]
    assert isinstance(previous, dict)
    assert previous["sha256"] == hashlib.sha256(b"").hexdigest()
    assert previous["error"] == {"code": "empty_file"}


def test_a_retried_file_that_is_accepted_keeps_the_earlier_reason(place: DataFolder) -> None:
    place.drop("x.csv")
    place.file("x.csv", accepted=False)
    quarantine = place.root / "quarantine"
    (quarantine / "x.csv.reason.json").rename(quarantine / "x.csv.reason.1.json")
    (quarantine / "x.csv").rename(place.root / "incoming/x.csv")
    place.file("x.csv")
    assert "previous" in place.record("processed/x.json")


def test_a_committed_record_is_followed_by_the_move_alone(place: DataFolder) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / "processed/x.json").write_bytes(answer.record)
    inode = (place.root / "processed/x.json").stat().st_ino
    outcome = place.commit([answer])[0]
    assert isinstance(outcome, Committed)
    assert outcome.recovered
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert (place.root / "processed/x.json").stat().st_ino == inode


def test_a_committed_rejection_stands_even_if_the_file_would_pass_now(place: DataFolder) -> None:
    place.drop("x.csv")
    refused = place.answer("x.csv", accepted=False)
    (place.root / "quarantine/x.csv.reason.json").write_bytes(refused.record)
    place.file("x.csv", accepted=True)
    assert place.tree() == ["quarantine/x.csv", "quarantine/x.csv.reason.json"]


def test_a_record_whose_input_was_replaced_before_the_move_is_withdrawn(place: DataFolder) -> None:
    place.drop("x.csv", b"the first content")
    (place.root / "processed/x.json").write_bytes(place.answer("x.csv").record)
    place.drop("x.csv")
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json", "processed/x.withdrawn.1"]
    assert place.record("processed/x.json")["input"] == {
        "name": "x.csv",
        "bytes": 1,
        "sha256": hashlib.sha256(TEXT).hexdigest(),
    }
