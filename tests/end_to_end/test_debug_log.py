"""`--log-level debug` answers why a file is still in incoming."""

from __future__ import annotations

from tests.support.in_process import run_once
from tests.support.program import HEADER, Folder, Runs


def test_the_debug_log_says_why_each_file_is_still_in_incoming(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    folder.drop("secret.csv").chmod(0)
    folder.drop("roof/a.csv")
    (folder.root / "archive").mkdir()
    (folder.root / "archive/roof").touch()  # in the place of the folder that roof/a.csv must be moved to
    with folder.drop("growing.csv", HEADER).open("ab"):
        program = runs.daemon(folder, "--log-level", "debug", prefix=as_ordinary_user)
        probed = program.until("file.probed", file="growing.csv")
        assert (probed["level"], probed["decision"]) == ("debug", "open for writing")
        program.until("file.probed", file="secret.csv", decision="unreadable: EACCES")
        deferred = program.until("file.deferred", file="roof/a.csv")
        assert deferred["reason"] == "blocked: ENOTDIR: Not a directory archive/roof"
        assert deferred["seconds"] > 0
    program.until("file.probed", file="growing.csv", decision="stable")
    assert program.stop().code == 0


def test_the_debug_log_shows_every_decision_about_a_processed_file(folder: Folder) -> None:
    folder.drop("roof/a.csv")
    run = run_once(folder, flags=["--log-level", "debug"])
    lines = [line for line in run.lines if line.get("file") == "roof/a.csv"]
    probed, planned, committed, processed = lines[-4:]
    assert (probed["event"], probed["decision"]) == ("file.probed", "stable")
    assert (planned["event"], planned["step"]) == ("file.planned", "publish")
    assert (committed["event"], committed["record"]) == ("file.committed", "processed/roof/a.json")
    assert (processed["event"], processed["destination"]) == ("file.processed", planned["destination"])


def test_at_the_default_level_no_decision_is_logged(folder: Folder) -> None:
    folder.drop("a.csv")
    run = run_once(folder)
    assert run.event("file.processed")["file"] == "a.csv"
    assert [line for line in run.lines if line["level"] == "debug"] == []
