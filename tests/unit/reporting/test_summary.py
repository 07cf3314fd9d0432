"""What a run tells at its end: the summary, GitHub's words, the page files."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from processing.batch.run_summary import RunTally
from processing.model.digest import Digest
from processing.model.result import ErrorDetails
from processing.model.totals import totals
from tests.support.program import BROKEN, GOOD, Folder, Runs
from watcher.reporting import github
from watcher.reporting.summary import SingleRunSummary, summary_of
from watcher.system.directories import replace_file
from watcher.system.filesystem import FileSystem

FAULT = ErrorDetails(code="no_column", message="missing: a%b,\nc", line=1)
REFUSED = Digest(name="x|<b>:,%.csv", at="2026-01-15T12:00:00Z", error=FAULT)


def day(name: str, start: str, end: str, **figures: object) -> Digest:
    return Digest(name=name, at="2026-01-15T12:00:00Z", start=start, end=end, **figures)  # type: ignore[arg-type]


MONDAY = day(
    "roof/1.csv", "2026-01-12T06:00:00", "2026-01-13T05:55:00", energy_kwh=1.5, availability=0.9, rows=10
)
TUESDAY = day(
    "roof/2.csv", "2026-01-13T06:00:00", "2026-01-14T05:55:00", energy_kwh=0.25, availability=1.0, rows=5
)
MIXED = day(
    "roof/3.csv", "2026-01-13T12:00:00", "2026-01-13T13:00:00", rows=3, invalid=2, line=7, message="too high"
)


def summary(*digests: Digest) -> SingleRunSummary:
    tally = RunTally("processed", "quarantined", "duplicate", rejected="quarantined")
    tally.counts |= {"processed": 2, "quarantined": 1}
    return summary_of(tally, digests, left={})


def test_energies_are_summed_and_the_worst_availability_named() -> None:
    found = totals([MONDAY, TUESDAY])
    assert (found.energy_kwh, found.rows) == (1.75, 15)
    assert (found.worst_availability, found.worst_availability_file) == (0.9, "roof/1.csv")


def test_only_files_of_one_device_that_cover_the_same_time_overlap() -> None:
    other = msgspec.structs.replace(MIXED, name="barn/3.csv")
    assert totals([MONDAY, TUESDAY, other]).overlaps == []
    assert totals([TUESDAY, MIXED]).overlaps == [["roof/2.csv", "roof/3.csv"]]


def test_a_quarantined_file_is_an_error_at_its_line_and_a_flagged_one_a_warning() -> None:
    told = [str(each) for each in github.remarks(summary(MONDAY, MIXED, REFUSED), Path("data/incoming"))]
    assert told == [
        "::error file=data/incoming/x|<b>%3A%2C%25.csv,line=1,title=no_column::missing: a%25b,%0Ac",
        "::warning file=data/incoming/roof/3.csv,line=7,title=2 invalid rows%2C 0 suspect rows::too high",
    ]


def test_no_more_than_ten_errors_are_told() -> None:
    assert len(list(github.remarks(summary(*[REFUSED] * 30), Path("data")))) == 10


def test_markdown_shows_markup_in_names_as_text() -> None:
    text = github.markdown(summary(REFUSED))
    assert "| x\\|&lt;b&gt;:,%.csv | **no\\_column** missing: a%b, c | 1 |" in text


def test_a_job_summary_stays_below_a_mebibyte() -> None:
    long = msgspec.structs.replace(MIXED, message="m" * 5_000)
    assert len(github.markdown(summary(*[long] * 1_000)).encode()) < 1 << 20


def test_nothing_is_told_where_github_does_not_listen(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    github.tell(summary(REFUSED), {"GITHUB_OUTPUT": str(tmp_path / "out")}, Path("data"))
    assert capfd.readouterr().err == ""
    assert not (tmp_path / "out").exists()


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
    told = msgspec.json.decode((processed / "summary.json").read_bytes(), type=SingleRunSummary)
    assert (told.files["processed"], told.files["quarantined"], told.exit_code) == (1, 1, 1)
    # 300 s at 100.0, 103.3 and 106.7 W
    assert told.totals.energy_kwh == pytest.approx(0.025833)
