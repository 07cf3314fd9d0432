"""The tasks that workers compute in a batch."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from processing.batch.stores import UsageError
from processing.batch.tasks import BatchTask, draw_index, process_input, record_names, store_of
from processing.model.digest import Digest
from processing.model.profile import DEFAULT
from tests.support.archives import DAY

SHA256 = "0123456789abcdef" * 4


def task(folder: Path, *, maybe_processed: bool = False) -> BatchTask:
    return BatchTask(
        b"roof/a.csv", str(folder / "a.csv"), str(folder / "out"), DEFAULT, maybe_processed=maybe_processed
    )


def test_an_input_gives_a_record_and_its_digest(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(DAY)
    answer = process_input(task(tmp_path))
    assert (answer.outcome, answer.sha256) == ("processed", json.loads(answer.record)["input"]["sha256"])
    assert (answer.digest.name, answer.digest.rows) == ("roof/a.csv", 288)


def test_an_input_whose_record_is_in_the_output_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(DAY)
    first = process_input(task(tmp_path))
    (tmp_path / "out/roof").mkdir(parents=True)
    (tmp_path / "out/roof/a.json").write_bytes(first.record)
    again = process_input(task(tmp_path, maybe_processed=True))
    assert (again.outcome, again.record_name, again.digest) == ("skipped", b"roof/a.json", first.digest)
    (tmp_path / "a.csv").write_bytes(DAY + b"\n")
    assert process_input(task(tmp_path, maybe_processed=True)).outcome == "processed"


def test_a_malformed_input_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"timestamp,voltage\n")
    answer = process_input(task(tmp_path))
    assert answer.outcome == "refused"
    assert (answer.digest.error.code, answer.digest.error.line) == ("missing_columns", 1)


def test_a_missing_input_is_left_behind(tmp_path: Path) -> None:
    answer = process_input(task(tmp_path))
    assert (answer.outcome, answer.error) == ("left_behind", "no such file or directory")


def test_too_little_memory_is_a_rejection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    (tmp_path / "a.csv").write_bytes(DAY)
    monkeypatch.setattr("processing.pipeline.process", fail)
    answer = process_input(task(tmp_path))
    assert answer.digest.error.code == "too_large"


def test_the_names_of_a_record_are_below_the_folder_of_its_input() -> None:
    assert list(record_names(b"roof/a.csv", SHA256))[:2] == [b"roof/a.json", b"roof/a.0123456789ab.json"]
    assert next(record_names(b"index.csv", SHA256)) == b"index.0123456789ab.json"


@pytest.mark.parametrize("place", ["in", "/in", "./s3://odd", "in/*.csv"])
def test_a_path_belongs_to_the_files(place: str) -> None:
    assert store_of(place).__name__ == "processing.batch.files"  # type: ignore[attr-defined]


def test_a_url_without_its_library_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "processing.batch.object_store", None)
    monkeypatch.delattr("processing.batch.object_store", raising=False)
    with pytest.raises(UsageError, match="URLs need s3fs"):
        store_of("s3://bucket/in")


def test_the_index_has_the_answers_of_this_run_and_earlier_records(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(DAY)
    earlier = process_input(task(tmp_path))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/old.json").write_bytes(earlier.record)
    (tmp_path / "out/foreign.json").write_bytes(b"{}")
    first = Digest(name="new.csv", at="2025-01-15T14:07:45Z", rows=5, energy_kwh=1.5)
    second = Digest(name="new.csv", at="2025-01-15T14:07:45Z", rows=7, energy_kwh=2.5)
    answers = [(b"new.json", first), (b"new.json", second)]
    (tmp_path / "answers").write_bytes(msgspec.json.Encoder().encode_lines(answers))
    page, totals = draw_index(
        str(tmp_path / "out"), str(tmp_path / "answers"), [b"foreign.json", b"old.json"]
    )
    assert totals.rows == 7 + 288  # the later answer of a record replaces the earlier one
    assert b'href="new.json"' in page
    assert b'href="old.json"' in page
