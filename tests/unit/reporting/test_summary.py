"""`processed/summary.json` of a `--once` run."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from processing.batch.run_summary import RunTally
from processing.model.digest import Digest
from tests.support.in_process import run_once
from tests.support.program import BROKEN, GOOD, Folder
from tests.support.run_summaries import MONDAY, REJECTED, TUESDAY
from tests.support.small_records import REASON
from watcher.reporting.summary import SingleRunSummary, digests_of, summary_of
from watcher.system.filesystem import FileSystem


def test_a_run_writes_its_pages_its_index_and_its_summary(folder: Folder) -> None:
    folder.drop("roof/good.csv", GOOD)
    folder.drop("broken.csv", BROKEN)
    assert run_once(folder).code == 1
    processed = folder.root / "processed"
    assert b"roof/good.csv" in (processed / "roof/good.html").read_bytes()
    index = (processed / "index.html").read_bytes()
    assert b'href="roof/good.html"' in index
    assert b"missing columns" in index
    summary = msgspec.json.decode((processed / "summary.json").read_bytes(), type=SingleRunSummary)
    assert (summary.files["processed"], summary.files["quarantined"], summary.exit_code) == (1, 1, 1)
    # 300 s at 100.0, 103.3 and 106.7 W
    assert summary.totals.energy_kwh == pytest.approx(0.025833)


def test_the_files_are_sorted_by_what_became_of_them() -> None:
    tally = RunTally("processed", "quarantined", "duplicate", rejected="quarantined")
    tally.counts |= {"processed": 2, "quarantined": 1}
    summary = summary_of(
        tally, [TUESDAY, REJECTED, MONDAY], {b"late.csv": "open for writing"}, {"no .csv": 2}
    )
    assert summary.files == {"processed": 2, "quarantined": 1, "duplicate": 0, "left_behind": 1}
    assert [one.name for one in summary.processed] == ["roof/1.csv", "roof/2.csv"]
    assert [(one.code, one.line) for one in summary.quarantined] == [("no_column", 1)]
    assert [(one.file, one.reason) for one in summary.left_behind] == [("late.csv", "open for writing")]
    assert summary.ignored == {"no .csv": 2}
    assert summary.exit_code == 3


def test_a_damaged_record_is_not_in_the_summary(tmp_path: Path) -> None:
    (tmp_path / "processed/roof").mkdir(parents=True)
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "processed/roof/a.json").write_bytes(b"{")
    reason = {**REASON, "input": {"name": "b.csv", "bytes": 0, "sha256": "0" * 64}}
    (tmp_path / "quarantine/b.csv.reason.json").write_bytes(msgspec.json.encode(reason))
    found = digests_of(FileSystem(), os.fsencode(tmp_path), [b"archive/roof/a.csv", b"quarantine/b.csv"], {})
    assert [digest.name for digest in found] == ["b.csv"]


def test_a_record_whose_digest_is_known_is_not_read_again(tmp_path: Path) -> None:
    known = Digest(name="a.csv", at="2026-01-01T00:00:00Z")
    records = {b"processed/a.json": known}
    assert list(digests_of(FileSystem(), os.fsencode(tmp_path), [b"archive/a.csv"], records)) == [known]


def test_the_energy_of_a_file_may_be_a_lower_bound() -> None:
    files = [Digest(name="a.csv", at="", energy_kwh=1.5, is_lower_bound=True), Digest(name="b.csv", at="")]
    summary = summary_of(RunTally("processed", "quarantined", rejected="quarantined"), files, {}, {})
    assert [one.figures("-")[0] for one in summary.processed] == [">= 1.500", "-"]
    assert '"energy_is_lower_bound": true' in summary.encoded().decode()
