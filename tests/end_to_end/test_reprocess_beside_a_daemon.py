"""Archived files processed again by the daemon that holds the lock."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.filing import findings
from tests.support.in_process import run_once
from tests.support.program import ROOT, Folder, Runs, clean_environ, no_root, wait_until
from tests.support.reprocess import (
    LOWER,
    Reprocess,
    Said,
    daemon_with_lower_limit,
    filed,
    invalid_rows,
    reprocess,
)

FILES = 12


def test_the_daemon_replaces_all_results_and_redraws_the_pages(folder: Folder, runs: Runs) -> None:
    filed(folder, FILES)
    daemon = daemon_with_lower_limit(folder, runs)
    said = reprocess(folder, "--older-profile")
    assert (said.code, said.counts) == (0, {"processed": FILES, "unchanged": 0, "rejected": 0, "not done": 0})
    assert said.errors == "watcher: the daemon processes them, with its own settings\n"
    assert set(said.files) == {f"{number % 3}/{number}.csv" for number in range(FILES)}
    line = daemon.until_many(FILES, "file.reprocessed")[0]
    assert (line["rows_total"], line["rows_processed"]) == (3, 2)
    assert set(invalid_rows(folder).values()) == {1}
    kept = list((folder.root / "processed/.history").rglob("*.json"))
    assert len(kept) == FILES
    page = folder.root / "processed/0/0.html"
    wait_until(lambda: "25.3" in page.read_text("utf-8"), "its page is drawn again")
    again = reprocess(folder, "--older-profile")
    assert again.counts["unchanged"] == FILES
    assert daemon.stop().code == 0
    assert findings(folder.root) == []


@pytest.mark.long
def test_a_file_that_is_refused_keeps_its_result_and_the_log_says_so(folder: Folder, runs: Runs) -> None:
    filed(folder, 1)
    config = folder.root.parent / "watcher.toml"
    config.write_text('[channels.voltage]\ncolumn = "panel volts"\n')
    before = (folder.root / "processed/0/0.json").read_bytes()
    daemon = runs.daemon(folder, f"--config={config}")
    said = reprocess(folder, "0/0.csv", "absent.csv")
    assert said.code == 3
    assert said.counts == {"processed": 0, "unchanged": 0, "rejected": 1, "not done": 1}
    assert said.files["0/0.csv"].startswith("rejected, missing_columns: ")
    rejected, absent = daemon.until_many(2, "file.not_reprocessed")
    assert (rejected["file"], rejected["outcome"]) == ("0/0.csv", "rejected")
    assert (absent["outcome"], absent["error"]) == ("not done", "there is no such file in the archive")
    assert (folder.root / "processed/0/0.json").read_bytes() == before
    assert daemon.stop().code == 0


@pytest.mark.long
def test_two_commands_at_once_both_get_their_answers(folder: Folder, runs: Runs) -> None:
    filed(folder, FILES)
    daemon = daemon_with_lower_limit(folder, runs)
    said = [command.wait() for command in [Reprocess(folder, "--all") for _ in range(2)]]
    assert [sum(each.counts.values()) for each in said] == [FILES] * 2
    assert [each.counts["not done"] for each in said] == [0, 0]
    assert sum(each.counts["processed"] for each in said) == FILES
    assert daemon.stop().code == 0


@pytest.mark.unmeasured  # the other account may not write where coverage does
def test_another_user_may_ask_for_the_status_and_for_nothing_else(
    runs: Runs, second_user: tuple[str, ...]
) -> None:
    loads = [*second_user, sys.executable, "-c", "import watcher"]
    if subprocess.run(loads, cwd=ROOT, check=False).returncode:
        pytest.skip("the other account may not read the program here")
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        folder = Folder(Path(root) / "data")
        folder.drop("x.csv")
        assert run_once(folder, flags=["--settle", "0"]).code == 0
        daemon = runs.daemon(folder)
        said = Reprocess(folder, "--all", prefix=second_user).wait()
        assert said == Said(
            3, {}, {}, f"watcher: only root and the daemon's user, {os.geteuid()}, may ask for this\n"
        )
        status = [*second_user, sys.executable, "-m", "watcher", "status", "--data-dir", str(folder.root)]
        assert subprocess.run(status, cwd=ROOT, env=clean_environ(), check=False).returncode == 0
        assert daemon.stop().events("file.reprocessed") == []


@pytest.mark.long
def test_root_may_ask_the_daemon_of_an_ordinary_user(folder_of_another_user: Folder, runs: Runs) -> None:
    if os.geteuid():
        pytest.skip("only root may ask for a daemon of another user")
    folder, ordinary = folder_of_another_user, no_root()
    folder.drop("x.csv")
    config = folder.root.parent / "watcher.toml"
    assert runs.once(folder, flags=["--settle", "0"], prefix=ordinary).code == 0
    config.write_text(LOWER)
    daemon = runs.daemon(folder, f"--config={config}", prefix=ordinary)
    assert reprocess(folder, "x.csv").files == {"x.csv": "processed"}
    assert (folder.root / "processed/.history").stat().st_uid == folder.root.stat().st_uid
    assert daemon.stop().code == 0
