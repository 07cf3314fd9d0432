"""`process_sensor_data` in a daemon's data folder: its records stay apart from the daemon's own."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from processing import process_sensor_data
from tests.support.in_process import run_once
from tests.support.program import BROKEN, GOOD, Folder
from watcher.commands.audit import audit
from watcher.commands.prune import prune
from watcher.system.filesystem import FileSystem

OTHER = GOOD.replace(b"25.0,4.0,30.0,100.0", b"25.0,4.0,31.0,100.0")


def added(folder: Folder, tmp_path: Path, content: bytes) -> str:
    """Process a file `day.csv` into the data folder; return its hash as names carry it."""
    source = tmp_path / "day.csv"
    source.write_bytes(content)
    result = process_sensor_data(source, folder.root / "processed")
    assert result["status"] == "success", result
    digits: str = result["input"]["sha256"][:12]
    return digits


def test_a_daemons_record_is_never_replaced(folder: Folder, tmp_path: Path) -> None:
    folder.drop("day.csv")
    assert run_once(folder).code == 0
    before = folder.document("processed/day.json")
    names = {f"processed/day.{added(folder, tmp_path, content)}.json" for content in (GOOD, OTHER)}
    assert folder.document("processed/day.json") == before
    assert folder.files() == {"archive/day.csv", "processed/day.json"} | names
    assert {folder.document(name)["source"] for name in names} == {"api"}


def test_a_file_is_filed_beside_a_record_that_was_added(folder: Folder, tmp_path: Path) -> None:
    digits = added(folder, tmp_path, GOOD)
    before = folder.document("processed/day.json")
    for outcome in ("archive", "duplicate"):
        folder.drop("day.csv", GOOD)
        line = run_once(folder).event("file.processed" if outcome == "archive" else "file.duplicate")
        assert line["destination"] == f"archive/day.{digits}.csv"
    assert folder.document("processed/day.json") == before
    assert "source" not in folder.document(f"processed/day.{digits}.json")
    assert folder.files() == {
        "processed/day.json",
        f"archive/day.{digits}.csv",
        f"processed/day.{digits}.json",
    }
    (listed,) = audit(FileSystem(), os.fsencode(folder.root))
    assert (listed.path, listed.fix) == (b"processed/day.json", "")


def test_a_file_with_a_record_that_was_added_and_no_other_is_not_pruned(
    folder: Folder, tmp_path: Path
) -> None:
    folder.drop("day.csv", GOOD)
    assert run_once(folder).code == 0
    (folder.root / "processed" / "day.json").unlink()
    added(folder, tmp_path, GOOD)
    (kept,) = prune(FileSystem(), os.fsencode(folder.root), datetime.max.replace(tzinfo=UTC))
    assert kept.problem
    assert (folder.root / "archive" / "day.csv").is_file()


def test_a_record_that_was_added_is_not_withdrawn_when_other_bytes_come(
    folder: Folder, tmp_path: Path
) -> None:
    added(folder, tmp_path, GOOD)
    before = folder.document("processed/day.json")
    folder.drop("day.csv", OTHER)
    folder.drop("broken/day.csv", BROKEN)
    assert run_once(folder).code == 1
    assert folder.document("processed/day.json") == before
    assert len([name for name in folder.files() if name.startswith("archive/day.")]) == 1
