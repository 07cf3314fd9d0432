"""The summary of a run: its totals, and `processed/summary.json`."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from processing.model.totals import totals
from tests.support.program import BROKEN, GOOD, Folder, Runs
from tests.support.run_summaries import MIXED, MONDAY, TUESDAY
from watcher.reporting.summary import SingleRunSummary
from watcher.system.directories import replace_file
from watcher.system.filesystem import FileSystem


def test_energies_are_summed_and_the_worst_availability_named() -> None:
    found = totals([MONDAY, TUESDAY])
    assert (found.energy_kwh, found.rows) == (1.75, 15)
    assert (found.worst_availability, found.worst_availability_file) == (0.9, "roof/1.csv")


def test_only_files_of_one_device_that_cover_the_same_time_overlap() -> None:
    other = msgspec.structs.replace(MIXED, name="barn/3.csv")
    assert totals([MONDAY, TUESDAY, other]).overlaps == []
    assert totals([TUESDAY, MIXED]).overlaps == [["roof/2.csv", "roof/3.csv"]]


def test_a_derived_file_replaces_what_stood_there_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "processed").mkdir()
    for content in (b"old", b"new"):
        replace_file(FileSystem(), os.fsencode(tmp_path), b"processed/index.html", content)
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "processed").iterdir()] == [
        ("index.html", b"new")
    ]


def test_a_run_writes_its_pages_its_index_and_its_summary(folder: Folder, runs: Runs) -> None:
    folder.drop("roof/good.csv", GOOD)
    folder.drop("broken.csv", BROKEN)
    assert runs.once(folder).code == 1
    processed = folder.root / "processed"
    assert b"roof/good.csv" in (processed / "roof/good.html").read_bytes()
    index = (processed / "index.html").read_bytes()
    assert b'href="roof/good.html"' in index
    assert b"missing columns" in index
    written = msgspec.json.decode((processed / "summary.json").read_bytes(), type=SingleRunSummary)
    assert (written.files["processed"], written.files["quarantined"], written.exit_code) == (1, 1, 1)
    # 300 s at 100.0, 103.3 and 106.7 W
    assert written.totals.energy_kwh == pytest.approx(0.025833)
