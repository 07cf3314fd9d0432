"""The audit: nothing to say where the promise holds, one finding for each way to break it."""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from watcher import recovery
from watcher.audit import audit
from watcher.filesystem import FileSystem

HELD, OTHER = b"the bytes that were dropped\n", b"other bytes\n"


class Folders:
    """Folders with one accepted and one refused input, as they should be."""

    def __init__(self, root: Path) -> None:
        self.root = root
        recovery.make_folders(FileSystem(), os.fsencode(root))
        self.put("archive/device/x.csv")
        self.record("processed/device/x.json", "device/x.csv")
        self.put("quarantine/y.csv")
        self.record("quarantine/y.csv.reason.json", "y.csv")

    def put(self, path: str | bytes, content: bytes = HELD) -> None:
        place = self.root / os.fsdecode(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def record(self, path: str | bytes, name: str, content: bytes = HELD, **more: Any) -> None:
        described = {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        described |= more.pop("described", {})
        self.put(path, json.dumps({"input": described, "status": "success", **more}).encode())

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def findings(self) -> list[tuple[str, str]]:
        return [(os.fsdecode(each.path), each.wrong) for each in audit(FileSystem(), os.fsencode(self.root))]

    def finding(self) -> tuple[str, str]:
        (found,) = self.findings()
        return found


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_folders_as_they_should_be_give_no_finding(folders: Folders) -> None:
    assert folders.findings() == []


@pytest.mark.parametrize(
    ("record", "filed"),
    [
        ("processed/device/x.json", "archive/device/x.csv"),
        ("quarantine/y.csv.reason.json", "quarantine/y.csv"),
    ],
)
def test_an_input_without_its_record(folders: Folders, record: str, filed: str) -> None:
    folders.remove(record)
    assert folders.finding() == (filed, f"has no record {record}")


@pytest.mark.parametrize("content", [b"", b'{"input": {"name": "x', b"[]", b"{}"])
def test_a_record_that_is_torn_or_none(folders: Folders, content: bytes) -> None:
    folders.put("processed/device/x.json", content)
    assert folders.finding() == ("processed/device/x.json", "is torn, or no record")


def test_a_torn_record_that_no_input_leads_to(folders: Folders) -> None:
    folders.put("processed/lonely.json", b"")
    assert folders.finding() == ("processed/lonely.json", "is torn, or no record")


def test_an_input_with_other_bytes_than_its_record_says(folders: Folders) -> None:
    folders.put("archive/device/x.csv", OTHER)
    path, wrong = folders.finding()
    assert path == "archive/device/x.csv"
    assert hashlib.sha256(OTHER).hexdigest()[:12] in wrong
    assert hashlib.sha256(HELD).hexdigest()[:12] in wrong


@pytest.mark.parametrize(
    ("filed", "record", "area"),
    [
        ("archive/device/x.csv", "processed/device/x.json", "archive"),
        ("quarantine/y.csv", "quarantine/y.csv.reason.json", "quarantine"),
    ],
)
def test_a_record_without_its_input(folders: Folders, filed: str, record: str, area: str) -> None:
    folders.remove(filed)
    assert folders.finding() == (record, f"has no file in {area}")


def test_a_record_whose_input_is_still_on_its_way_is_no_finding(folders: Folders) -> None:
    folders.remove("archive/device/x.csv")
    folders.put("incoming/device/x.csv")
    assert folders.findings() == []


def test_a_record_whose_input_was_pruned_is_no_finding(folders: Folders) -> None:
    folders.remove("archive/device/x.csv")
    folders.record("processed/device/x.json", "device/x.csv", archived="pruned")
    assert folders.findings() == []


def test_two_inputs_that_share_one_record(folders: Folders) -> None:
    folders.put("archive/device/x.csv.gz")
    (found,) = {each for each in folders.findings() if "shares" in each[1]}
    assert found[1] == "shares its record processed/device/x.json with another file"


def test_two_records_of_one_input(folders: Folders) -> None:
    folders.put("archive/device/z.csv")
    folders.record("processed/device/z.json", "device/x.csv")
    path, wrong = folders.finding()
    assert {path, wrong.removeprefix("says the same as ")} == {
        "processed/device/x.json",
        "processed/device/z.json",
    }


def test_the_same_bytes_refused_first_and_accepted_later_are_no_finding(folders: Folders) -> None:
    folders.put("quarantine/device/x.csv")
    folders.record("quarantine/device/x.csv.reason.json", "device/x.csv")
    assert folders.findings() == []


def test_what_can_be_rebuilt_is_no_record(folders: Folders) -> None:
    for name in ("index.html", "index.json", "summary.json", "device/x.html"):
        folders.put(f"processed/{name}", b"<p>")
    folders.put("quarantine/y.csv.reason.1.json", b"history")
    assert folders.findings() == []


def test_a_name_that_is_no_text_is_found_by_its_bytes_and_shown_escaped(folders: Folders) -> None:
    name = b"new\nline\xff.csv"
    folders.put(b"archive/" + name)
    described = {"name": "new\\x0aline\\xff.csv", "name_b64": base64.b64encode(name).decode()}
    folders.record(b"processed/new\nline\xff.json", "", described=described)
    assert folders.findings() == []
    folders.put(b"archive/" + name, OTHER)
    (found,) = map(str, audit(FileSystem(), os.fsencode(folders.root)))
    assert found.startswith("archive/new\\x0aline\\xff.csv: has the sha256")


def test_each_finding_says_what_to_do(folders: Folders) -> None:
    folders.remove("processed/device/x.json")
    (found,) = audit(FileSystem(), os.fsencode(folders.root))
    assert "move it back to incoming" in str(found)


def test_a_link_among_the_filed_inputs_is_a_finding(folders: Folders, tmp_path: Path) -> None:
    folders.remove("archive/device/x.csv")
    (folders.root / "archive/device/x.csv").symlink_to("/etc/hostname")
    path, wrong = folders.finding()
    assert path == "archive/device/x.csv"
    assert "cannot be read" in wrong
