"""`audit`: no finding in sound folders, one finding for each way to damage them."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from processing.suffixes import suffixes_of
from tests.support.small_records import REASON, RESULT
from watcher.commands.audit import audit
from watcher.filing import recovery
from watcher.system.filesystem import FileSystem

HELD, OTHER = b"the bytes that were dropped\n", b"the bytes that were dropper\n"


class Folders:
    """Folders with one archived and one quarantined input, as they should be."""

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
        whole = REASON if b".reason." in os.fsencode(path) else RESULT
        self.put(path, json.dumps({**whole, "input": described, **more}).encode())

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def findings(self) -> list[tuple[str, str]]:
        return [
            (os.fsdecode(each.path), each.problem) for each in audit(FileSystem(), os.fsencode(self.root))
        ]

    def finding(self) -> tuple[str, str]:
        (found,) = self.findings()
        return found


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_folders_as_they_should_be_give_no_finding(folders: Folders) -> None:
    assert folders.findings() == []


@pytest.mark.parametrize(
    ("record", "moved"),
    [
        ("processed/device/x.json", "archive/device/x.csv"),
        ("quarantine/y.csv.reason.json", "quarantine/y.csv"),
    ],
)
def test_an_input_without_its_record(folders: Folders, record: str, moved: str) -> None:
    folders.remove(record)
    assert folders.finding() == (moved, f"has no record {record}")


@pytest.mark.parametrize("content", [b"", b'{"input": {"name": "x', b"[]", b"{}"])
def test_a_torn_record_beside_its_input(folders: Folders, content: bytes) -> None:
    folders.put("processed/device/x.json", content)
    path, wrong = folders.finding()
    assert path == "processed/device/x.json"
    assert wrong.startswith("is torn, or not a record")


def test_a_torn_record_without_an_input(folders: Folders) -> None:
    folders.put("processed/lonely.json", b"")
    path, wrong = folders.finding()
    assert path == "processed/lonely.json"
    assert wrong.startswith("is torn, or not a record")


def test_an_input_with_other_bytes_than_its_record_says(folders: Folders) -> None:
    folders.put("archive/device/x.csv", OTHER)
    path, wrong = folders.finding()
    assert path == "archive/device/x.csv"
    assert hashlib.sha256(OTHER).hexdigest()[:12] in wrong
    assert hashlib.sha256(HELD).hexdigest()[:12] in wrong


@pytest.mark.parametrize(
    ("moved", "record", "area"),
    [
        ("archive/device/x.csv", "processed/device/x.json", "archive"),
        ("quarantine/y.csv", "quarantine/y.csv.reason.json", "quarantine"),
    ],
)
def test_a_record_without_its_input(folders: Folders, moved: str, record: str, area: str) -> None:
    folders.remove(moved)
    assert folders.finding() == (record, f"has no file in {area}")


def test_a_record_whose_input_is_still_on_its_way_is_not_a_finding(folders: Folders) -> None:
    folders.remove("archive/device/x.csv")
    folders.put("incoming/device/x.csv")
    assert folders.findings() == []


def test_a_lost_input_is_found_although_incoming_has_another_file_of_its_name(folders: Folders) -> None:
    folders.remove("archive/device/x.csv")
    lost = ("processed/device/x.json", "has no file in archive")
    folders.put("incoming/device/x.csv", OTHER)
    assert folders.finding() == lost
    (folders.root / "incoming/device/.aside-x.csv").symlink_to("/nowhere")
    assert folders.finding() == lost
    folders.put("incoming/device/.aside.1-x.csv")
    assert folders.findings() == []


def test_a_record_whose_input_was_pruned_is_not_a_finding(folders: Folders) -> None:
    folders.remove("archive/device/x.csv")
    folders.record("processed/device/x.json", "device/x.csv", archived="pruned")
    assert folders.findings() == []


def test_two_inputs_that_share_one_record(folders: Folders) -> None:
    folders.put("archive/device/x.csv.gz")
    (found,) = {each for each in folders.findings() if "shares" in each[1]}
    assert found[1] == "shares its record processed/device/x.json with another file"


def test_two_records_of_one_input(folders: Folders) -> None:
    second = f"x.{hashlib.sha256(HELD).hexdigest()[:12]}"
    folders.put(f"archive/device/{second}.csv")
    folders.record(f"processed/device/{second}.json", "device/x.csv")
    assert folders.finding() == (
        f"processed/device/{second}.json",
        "says the same as processed/device/x.json",
    )


def test_two_days_whose_files_and_records_were_swapped(folders: Folders) -> None:
    for name, content in (("monday", HELD), ("tuesday", OTHER)):
        folders.put(f"archive/{name}.csv", content)
        folders.record(f"processed/{name}.json", f"{name}.csv", content)
    assert folders.findings() == []
    for path in ("archive/{}.csv", "processed/{}.json"):
        monday, tuesday, aside = (folders.root / path.format(day) for day in ("monday", "tuesday", "aside"))
        monday.rename(aside)
        tuesday.rename(monday)
        aside.rename(tuesday)
    assert set(folders.findings()) == {
        ("processed/monday.json", "is the record of tuesday.csv, not of archive/monday.csv"),
        ("processed/tuesday.json", "is the record of monday.csv, not of archive/tuesday.csv"),
    }


def test_a_record_in_a_sub_folder_that_is_not_its_inputs(folders: Folders) -> None:
    for path in ("archive/{}/x.csv", "processed/{}/x.json"):
        (folders.root / path.format("device")).parent.rename((folders.root / path.format("other")).parent)
    assert folders.finding() == (
        "processed/other/x.json",
        "is the record of device/x.csv, not of archive/other/x.csv",
    )


def test_an_input_of_another_size_than_its_record_says(folders: Folders) -> None:
    folders.put("archive/device/x.csv", HELD + b"more")
    path, wrong = folders.finding()
    assert path == "archive/device/x.csv"
    assert wrong == f"has {len(HELD) + 4} bytes, its record says {len(HELD)}"


@pytest.mark.parametrize("plant", [Path.mkdir, lambda path: path.symlink_to("elsewhere"), os.mkfifo])
def test_it_goes_on_if_a_record_is_not_a_file(folders: Folders, plant: Callable[[Path], None]) -> None:
    record = folders.root / "processed/device/x.json"
    record.unlink()
    plant(record)
    folders.put("archive/y.csv")
    assert set(folders.findings()) == {
        ("processed/device/x.json", "is not a file"),
        ("archive/y.csv", "has no record processed/y.json"),
    }


def test_it_goes_on_after_a_sub_folder_that_is_a_link(folders: Folders) -> None:
    (folders.root / "archive/device").rename(folders.root / "elsewhere")
    (folders.root / "archive/device").symlink_to("../elsewhere")
    folders.put("archive/y.csv")
    assert set(folders.findings()) == {
        ("processed/device/x.json", "cannot be checked (Not a directory)"),
        ("archive/y.csv", "has no record processed/y.json"),
    }


@pytest.mark.parametrize("area", ["incoming", "processed", "archive", "quarantine"])
def test_an_area_that_is_a_link_is_followed(folders: Folders, area: str) -> None:
    (folders.root / area).rename(folders.root.parent / f"elsewhere-{area}")
    (folders.root / area).symlink_to(folders.root.parent / f"elsewhere-{area}")
    assert folders.findings() == []
    folders.put("archive/y.csv")
    assert folders.finding() == ("archive/y.csv", "has no record processed/y.json")


def test_a_record_of_the_api_is_listed_without_a_fix(folders: Folders) -> None:
    folders.record("processed/lonely.json", "lonely.csv", source="api")
    (found,) = audit(FileSystem(), os.fsencode(folders.root))
    assert (found.path, found.fix) == (b"processed/lonely.json", "")
    folders.put("archive/lonely.csv")
    assert ("archive/lonely.csv", "has no record processed/lonely.json") in folders.findings()


def test_a_file_that_arrives_during_the_audit_is_not_a_finding(folders: Folders) -> None:
    folders.remove("archive/device/x.csv")
    folders.remove("quarantine/y.csv.reason.json")

    def arrive() -> None:
        folders.put("archive/device/x.csv")
        folders.record("quarantine/y.csv.reason.json", "y.csv")

    assert list(audit(FileSystem(), os.fsencode(folders.root), pause=arrive)) == []


def test_bytes_that_were_rejected_first_and_processed_later_are_not_a_finding(folders: Folders) -> None:
    folders.put("quarantine/device/x.csv")
    folders.record("quarantine/device/x.csv.reason.json", "device/x.csv")
    assert folders.findings() == []


def test_pages_and_the_index_are_not_records(folders: Folders) -> None:
    for name in ("index.html", "index.json", "summary.json", "device/x.html"):
        folders.put(f"processed/{name}", b"<p>")
    folders.put("quarantine/y.csv.reason.1.json", b"history")
    assert folders.findings() == []


def test_a_name_that_is_not_utf8_is_found_by_its_bytes_and_shown_escaped(folders: Folders) -> None:
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


def test_a_link_among_the_archived_inputs_is_a_finding(folders: Folders, tmp_path: Path) -> None:
    folders.remove("archive/device/x.csv")
    (folders.root / "archive/device/x.csv").symlink_to("/etc/hostname")
    path, wrong = folders.finding()
    assert (path, wrong) == ("archive/device/x.csv", "is not a file")


def test_an_archived_file_of_any_suffix_is_checked_against_its_record(folders: Folders) -> None:
    folders.put("archive/z.txt")
    folders.record("processed/z.json", "z.txt")
    folders.put("quarantine/q.dat.gz")
    folders.record("quarantine/q.dat.gz.reason.json", "q.dat.gz")
    assert folders.findings() == []
    folders.put("archive/z.txt", OTHER)
    assert folders.finding()[0] == "archive/z.txt"


def test_a_text_without_a_record_is_a_note_unless_inputs_have_its_suffix(folders: Folders) -> None:
    folders.put("archive/README.txt")
    assert folders.findings() == []
    found = list(audit(FileSystem(), os.fsencode(folders.root), suffixes=suffixes_of(".csv,.txt")))
    assert [(each.path, each.problem) for each in found] == [
        (b"archive/README.txt", "has no record processed/README.json")
    ]
