"""A data folder that an earlier revision wrote still starts, audits clean, can be retried and drawn."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from tests.support.in_process import Answer, call, run_once
from tests.support.program import Folder, Runs

ARCHIVE = Path(__file__).with_name("data-1.tar.gz")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    with tarfile.open(ARCHIVE) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # from Python 3.11.4 on
        archive.extractall(tmp_path)  # noqa: S202 - it is ours
    return Folder(tmp_path / "data")


def command(folder: Folder, *arguments: str) -> Answer:
    return call(*arguments, "--data-dir", folder.root)


def inputs(folder: Folder) -> dict[str, str]:
    """Return the SHA-256 of every input in the three folders, by its path."""
    return {
        str(path.relative_to(folder.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for area in ("incoming", "archive", "quarantine")
        for path in (folder.root / area).rglob("*")
        if path.is_file() and path.name.endswith((".csv", ".csv.gz"))
    }


def contents(folder: Folder) -> set[str]:
    return set(inputs(folder).values())


def test_its_archived_files_can_be_processed_again(folder: Folder) -> None:
    before = contents(folder)
    run_once(folder)
    again = command(folder, "reprocess", "--older-profile")
    *_, counts = again.stdout.splitlines()
    assert (again.returncode, counts) == (0, "11 processed, 2 unchanged, 0 rejected, 0 not done"), again
    assert (contents(folder), command(folder, "audit").returncode) == (before, 0)
    assert command(folder, "reprocess", "--older-profile").stdout.splitlines() == [
        "0 processed, 13 unchanged, 0 rejected, 0 not done"
    ]


def test_a_single_run_finishes_what_was_half_done_and_audits_clean(folder: Folder) -> None:
    before = contents(folder)
    run = run_once(folder)
    processed = {line["file"] for line in run.events("file.processed")}
    assert processed == {"roof/half.csv", "roof/unwritten.csv", "roof/unfiled.csv"}
    assert {line["file"] for line in run.events("file.quarantined")} == {"roof/without_reason.csv"}
    assert run.code == 1
    assert contents(folder) == before
    assert not [path for path in inputs(folder) if path.startswith("incoming/")]
    audit = command(folder, "audit")
    assert (audit.returncode, audit.stderr) == (0, ""), audit.stdout


def test_no_content_is_filed_twice_under_one_name(folder: Folder) -> None:
    run_once(folder)
    records = [json.loads(path.read_bytes()) for path in folder.root.rglob("processed/**/*.json")]
    owners = Counter((each["input"]["name"], each["input"]["sha256"]) for each in records if "input" in each)
    assert max(owners.values()) == 1


def test_a_daemon_starts_on_it_and_stops(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    daemon.until("file.quarantined", file="roof/without_reason.csv")
    assert daemon.stop().code == 0
    assert not [path for path in inputs(folder) if path.startswith("incoming/")]


def test_its_quarantine_can_be_retried(folder: Folder) -> None:
    run_once(folder)
    assert command(folder, "retry", "--all").returncode == 0
    run = run_once(folder)
    assert {line["file"] for line in run.events("file.quarantined")} == {
        "roof/broken.csv",
        "roof/without_reason.csv",
    }
    reason = folder.document("quarantine/roof/broken.csv.reason.json")
    assert reason["attempts"] == 3
    assert command(folder, "audit").returncode == 0


def test_its_pages_can_be_drawn(folder: Folder) -> None:
    for page in folder.root.rglob("processed/**/*.html"):
        page.unlink()
    drawn = command(folder, "report")
    assert drawn.returncode == 0, drawn.stderr
    results = {path for path in folder.root.rglob("processed/**/*.json") if path.name != "summary.json"}
    assert {path for path in results if not path.with_suffix(".html").is_file()} == set()
    assert "roof/day.csv" in (folder.root / "processed" / "index.html").read_text()


def test_status_takes_its_heartbeat_for_no_daemon(folder: Folder) -> None:
    status = command(folder, "status", "--json")
    assert status.returncode == 1
    assert [reason["code"] for reason in json.loads(status.stdout)["reasons"]] == ["not_running"]


def test_pruning_removes_only_old_files_that_have_a_record(folder: Folder) -> None:
    run_once(folder)
    before = inputs(folder)
    assert command(folder, "prune", "--older-than", "36500").returncode == 0
    assert inputs(folder) == before
    assert os.path.exists(folder.root / "processed" / "old.json")
