"""Inputs with other suffixes than .csv: the setting, and the names of what comes of them."""

from __future__ import annotations

import gzip

from tests.support.in_process import Answer, call, run_once
from tests.support.program import BROKEN, GOOD, Folder, Runs


def command(folder: Folder, *words: str) -> Answer:
    return call(*words, "--data-dir", folder.root)


def test_files_of_the_suffixes_that_are_set_are_processed_and_the_others_counted(folder: Folder) -> None:
    folder.drop("roof/x.csv", GOOD)
    folder.drop("roof/x.TXT", GOOD + b"2026-01-15T13:00:00,24.0,4.0,30.0,96.0\n")
    folder.drop("roof/y.dat.gz", gzip.compress(GOOD))
    folder.drop("broken.txt", BROKEN)
    folder.drop("z.log", GOOD)
    folder.drop("notes.pdf", GOOD)
    ended = run_once(folder, flags=["--suffixes", ".csv,.txt,dat"])
    assert ended.code == 1
    archived = sorted(path.name for path in (folder.root / "archive/roof").iterdir())
    assert [name.partition(".")[0] for name in archived] == ["x", "x", "y"]
    assert {"x.csv", "y.dat.gz"} & set(archived)
    assert len(list((folder.root / "processed/roof").glob("*.json"))) == 3
    assert (folder.root / "quarantine/broken.txt.reason.json").exists()
    why = "no .csv, .csv.gz, .txt, .txt.gz, .dat or .dat.gz (--suffixes)"
    assert ended.event("run.finished")["ignored"] == {why: 2}
    assert folder.document("processed/summary.json")["ignored"] == {why: 2}
    assert {path.name for path in folder.incoming.iterdir() if path.is_file()} == {"z.log", "notes.pdf"}
    assert command(folder, "audit", "--suffixes", "all").returncode == 0


def test_the_same_bytes_again_are_a_duplicate_and_a_rejected_file_can_be_retried(folder: Folder) -> None:
    folder.drop("x.txt", GOOD)
    folder.drop("broken.txt", BROKEN)
    run_once(folder, flags=["--suffixes", "txt"])
    folder.drop("x.txt", GOOD)
    assert command(folder, "retry", "broken.txt").returncode == 0
    ended = run_once(folder, flags=["--suffixes", "txt"])
    assert ended.event("file.duplicate")["destination"] == "archive/x.txt"
    assert ended.event("file.quarantined")["destination"] == "quarantine/broken.txt"
    assert command(folder, "audit", "--suffixes", "txt").returncode == 0


def test_a_running_daemon_says_how_many_files_are_left(folder: Folder, runs: Runs) -> None:
    folder.drop("x.txt", GOOD)
    daemon = runs.daemon(folder)
    folder.drop("marker.csv", GOOD)
    daemon.until("file.processed", file="marker.csv")
    out = command(folder, "status").stdout
    left = "files left in incoming for the suffix: 1; inputs have .csv .csv.gz (--suffixes)"
    assert left in out
    daemon.stop()
