"""What all stores share."""

import pytest

from processing.batch.stores import error_phrase
from processing.file_naming import is_record


@pytest.mark.parametrize("name", [b"a.json", b"a.0123456789ab.json", b"index.csv.json"])
def test_a_record_ends_in_json(name: bytes) -> None:
    assert is_record(name)


@pytest.mark.parametrize("name", [b"a.csv", b"index.json", b"summary.json", b".tmp-1-0.json", b"a.json.gz"])
def test_other_files_are_no_records(name: bytes) -> None:
    assert not is_record(name)


def test_an_error_is_written_as_part_of_a_sentence() -> None:
    absent = FileNotFoundError(2, "No such file or directory", "a.csv")
    assert error_phrase(absent) == "no such file or directory"
    assert error_phrase(ValueError("bad key")) == "bad key"
    assert error_phrase(KeyError()) == "KeyError"


def test_in_quarantine_a_record_is_a_reason() -> None:
    assert is_record(b"a.csv.reason.json", quarantined=True)
    assert not is_record(b"a.json", quarantined=True)
