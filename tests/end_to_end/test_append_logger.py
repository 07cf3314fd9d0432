"""A logger that opens, appends to and closes its file: what comes after a pause, and how it stays whole."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.filing import file_all
from tests.support.in_process import run_once
from tests.support.program import HEADER, ROWS, Folder, Program, Runs

HEAD, REST = HEADER + ROWS[0] + ROWS[1], ROWS[2]


def test_a_rest_without_a_header_names_the_archived_file_and_what_to_set(folder: Folder) -> None:
    folder.drop("roof/today.csv", HEAD)
    file_all(folder)
    folder.drop("roof/today.csv", REST)
    ended = run_once(folder)
    reason = folder.document("quarantine/roof/today.csv.reason.json")
    assert reason["error"]["message"] == ended.event("file.quarantined")["message"]
    assert "perhaps the rest of archive/roof/today.csv, processed at 20" in reason["error"]["message"]
    assert "raise --settle, or settle in its profile" in reason["error"]["message"]


@pytest.mark.parametrize("key", ["processed_at", "first_processed_at"])
def test_rows_without_a_header_and_no_first_part_are_refused_as_ever(folder: Folder, key: str) -> None:
    folder.drop("yesterday.csv", HEAD)
    file_all(folder)
    record = folder.root / "processed/yesterday.json"
    record.write_text(json.dumps(folder.document("processed/yesterday.json") | {key: "2020-01-01T12:00:00Z"}))
    folder.drop("yesterday.csv", REST)
    folder.drop("today.csv", REST)
    messages = [line["message"] for line in run_once(folder).events("file.quarantined")]
    assert len(messages) == 2
    assert not any("the rest of" in message for message in messages)


@pytest.fixture(scope="module")
def daemon(watched: Folder, module_runs: Runs) -> Iterator[Program]:
    """A daemon with a profile that settles longer."""
    config = watched.root.parent / "watcher.toml"
    config.write_text("[profiles.roof]\nsettle = 3600\n")
    daemon = module_runs.daemon(watched, "--config", str(config), "--settle", "0.3")
    yield daemon
    daemon.stop()


def test_a_profile_that_settles_longer_keeps_the_file_of_its_logger(watched: Folder, daemon: Program) -> None:
    path = watched.drop("roof/today.csv", HEAD)
    watched.drop("beside.csv")
    daemon.until("file.processed", file="beside.csv")  # it has settled, as every other file would have
    assert path.read_bytes() == HEAD


def test_an_empty_file_waits_ten_times_as_long_for_its_first_row(watched: Folder, daemon: Program) -> None:
    watched.drop("empty.csv", b"")
    line = daemon.until("file.quarantined", file="empty.csv")
    assert line["reason"] == "empty_file"
    assert line["ms"]["wait"] >= 3_000
