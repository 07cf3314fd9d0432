"""What GitHub Actions reads: annotations on stderr, the job summary, the outputs."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tests.support.in_process import call
from tests.support.program import BROKEN, GOOD, Folder
from tests.support.run_summaries import MIXED, MONDAY, REJECTED, summary
from watcher.reporting import github


@pytest.fixture
def reported(folder: Folder, tmp_path: Path) -> tuple[str, str, str, str]:
    """Stdout, stderr, summary and outputs of a run over a good, a flagged and a broken file."""
    rows = [f"2026-01-16T12:{at:02}:00,{40.5 if at == 2 else 25.0 + at % 3},4.0" for at in range(10)]
    folder.drop("roof/good.csv", GOOD)
    folder.drop("roof/flagged.csv", "\n".join(["timestamp,voltage,current", *rows, ""]).encode())
    folder.drop("barn/50%,broken.csv", BROKEN)
    summary, outputs = tmp_path / "summary.md", tmp_path / "outputs"
    summary.write_text("of an earlier step\n")
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}
    words = ["--once", "--settle", "0", "--log-format", "json", "--data-dir", folder.root]
    done = call(*words, **variables)
    assert done.returncode == 1, done.stderr
    return done.stdout, done.stderr, summary.read_text(), outputs.read_text()


def test_a_run_under_actions_is_reported_and_keeps_stdout_json(
    reported: tuple[str, str, str, str], folder: Folder
) -> None:
    stdout, stderr, summary, outputs = reported
    assert {json.loads(line)["event"] for line in stdout.splitlines()} >= {"file.processed", "run.finished"}
    incoming = folder.root / "incoming"
    error, warning = sorted(stderr.splitlines())
    assert error.startswith(f"::error file={incoming}/barn/50%25%2Cbroken.csv,line=1,title=missing_columns::")
    # the fourth line: a header, and two rows before the one of 40.5 V
    assert warning.startswith(
        f"::warning file={incoming}/roof/flagged.csv,line=4,title=1 invalid row%2C 0 suspect"
    )
    assert "40.5 V is above 32 V" in warning
    assert outputs == "processed=2\nquarantined=1\n"
    assert summary.startswith("of an earlier step\n")
    # 300 s each at 100.0, 103.3 and 106.7 W; 60 s each of 25, 26, -, 25, 26, 27, 25, 26, 27, 25 V at 4 A
    assert "| roof/good.csv | 0.026 | 100.0% | 0 | 0 |" in summary
    assert "| roof/flagged.csv | 0.015 | 90.0% | 1 | 0 | voltage 40.5 V is above 32 V |" in summary
    assert "| barn/50%,broken.csv | **missing\\_columns** columns missing: voltage" in summary
    assert "gross\\_range 1" in summary


def test_a_quarantined_file_is_an_error_at_its_line_and_a_flagged_one_a_warning() -> None:
    found = list(github.annotations_of(summary(MONDAY, MIXED, REJECTED), Path("data/incoming")))
    assert found == [
        "::error file=data/incoming/x|<b>%3A%2C%25.csv,line=1,title=no_column::missing: a%25b,%0Ac",
        "::warning file=data/incoming/roof/3.csv,line=7,title=2 invalid rows%2C 0 suspect rows::too high",
    ]


def test_an_annotation_has_no_second_command() -> None:
    hostile = summary(msgspec.structs.replace(MIXED, name="##[group]x.csv", message="##[stop-commands]x"))
    (found,) = github.annotations_of(hostile, Path("data"))
    assert found.endswith(r"::#\x23[stop-commands]x")
    assert "##[" not in found


def test_there_are_at_most_ten_errors() -> None:
    assert len(list(github.annotations_of(summary(*[REJECTED] * 30), Path("data")))) == 10


def test_markdown_shows_markup_in_names_as_text() -> None:
    text = github.markdown(summary(REJECTED))
    assert "| x\\|&lt;b&gt;:,%.csv | **no\\_column** missing: a%b, c | 1 |" in text


def test_a_job_summary_stays_below_a_mebibyte() -> None:
    long = msgspec.structs.replace(MIXED, message="m" * 5_000)
    assert len(github.markdown(summary(*[long] * 1_000)).encode()) < 1 << 20


def test_nothing_is_reported_outside_of_github_actions(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    github.report_run(summary(REJECTED), {"GITHUB_OUTPUT": str(tmp_path / "out")}, Path("data"))
    assert capfd.readouterr().err == ""
    assert not (tmp_path / "out").exists()


def test_files_that_are_no_inputs_are_counted_by_reason() -> None:
    text = github.markdown(summary(MONDAY, ignored={"no .csv or .csv.gz (--suffixes)": 2}))
    assert "\nIgnored, as no input: 2 no .csv or .csv.gz \\(\\-\\-suffixes\\).\n" in text
