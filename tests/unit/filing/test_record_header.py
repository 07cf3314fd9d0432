"""What filing reads in a record, and what it adds to one."""

import json
import os
from pathlib import Path

import pytest

from watcher.filing import record_header
from watcher.filing.record_header import PRUNED, Damaged, Head
from watcher.system.areas import MAX_RECORD_BYTES
from watcher.system.filesystem import FileSystem

SHA256 = "ab" * 32


def record(name: str = "device/x.csv", **more: object) -> bytes:
    return json.dumps({"input": {"name": name, "sha256": SHA256}, "status": "error", **more}).encode()


def head_of(content: bytes) -> Head:
    head = record_header.decode(content)
    assert isinstance(head, Head)
    return head


def test_a_head_identifies_the_input() -> None:
    head = head_of(record())
    assert (head.name, head.sha256, head.attempts) == (b"device/x.csv", SHA256, 1)
    assert head.belongs_to(b"device/x.csv", SHA256)
    assert not head.belongs_to(b"device/y.csv", SHA256)


def test_a_name_that_is_not_text_is_read_from_base64() -> None:
    content = json.dumps(
        {"input": {"name": "\\xff.csv", "name_b64": "/y5jc3Y=", "sha256": SHA256}, "status": "success"}
    )
    assert head_of(content.encode()).name == b"\xff.csv"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        record(attempts=0),
        record("../x.csv"),
        record("/x.csv"),
        json.dumps({"input": {"name": "x.csv", "sha256": "short"}, "status": "error"}).encode(),
    ],
    ids=["empty", "torn", "nested", "no attempt", "parent", "absolute", "hash"],
)
def test_bytes_that_are_not_a_record_are_damaged(content: bytes) -> None:
    assert isinstance(record_header.decode(content), Damaged)


@pytest.mark.parametrize(
    ("target", "name", "is_of"),
    [
        (b"device/x.csv", b"x.csv.reason.json", True),
        (b"device/x.abababababab.csv", b"x.abababababab.csv.reason.json", True),
        (b"x.csv", b"x.csv.reason.json", False),
        (b"device/x.csv", b"y.csv.reason.json", False),
    ],
)
def test_a_reason_is_of_the_places_that_its_input_may_get(target: bytes, name: bytes, *, is_of: bool) -> None:
    assert head_of(record()).is_of(target, name, quarantined=True) == is_of


def test_a_field_is_added_and_removed_to_the_byte() -> None:
    before = b'{\n  "status": "success"\n}\n'
    pruned = record_header.with_field(before, *PRUNED)
    assert pruned == b'{\n  "status": "success",\n  "archived": "pruned"\n}\n'
    assert record_header.unpruned(pruned) == before
    assert record_header.unpruned(before) == before


def test_attempts_at_the_same_input_are_added() -> None:
    earlier = head_of(record(attempts=2, error={"code": "empty_file"}))
    again = record_header.with_previous(record(attempts=1), earlier, same_input=True, accepted=False)
    document = json.loads(again)
    assert document["attempts"] == 3
    assert document["previous"] == {
        "sha256": SHA256,
        "error": {"code": "empty_file"},
        "attempts": 2,
        "quarantined_at": None,
    }


@pytest.mark.parametrize("kind", ["folder", "link", "fifo", "huge"])
def test_only_a_regular_file_of_a_records_size_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.touch()
        os.truncate(path, MAX_RECORD_BYTES + 1)
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        assert isinstance(record_header.read(FileSystem(), b"x.json", folder), Damaged)
    finally:
        os.close(folder)
