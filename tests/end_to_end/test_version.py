"""The version of the program in its log and in what it publishes."""

import json
import subprocess
import sys
from pathlib import Path

from processing import process_sensor_data
from processing.version import VERSION
from tests.support.in_process import run_once
from tests.support.program import BROKEN, GOOD, ROOT, Folder


def test_the_start_line_records_and_pages_of_a_run_name_the_version(folder: Folder) -> None:
    folder.drop("good.csv")
    folder.drop("broken.csv", BROKEN)
    run = run_once(folder)
    assert run.event("watcher.started")["watcher_version"] == VERSION
    assert folder.document("processed/good.json")["watcher_version"] == VERSION
    assert folder.document("quarantine/broken.csv.reason.json")["watcher_version"] == VERSION
    assert f"by version {VERSION} from" in (folder.root / "processed/good.html").read_text()
    assert f"Drawn by version {VERSION}" in (folder.root / "processed/index.html").read_text()


def test_records_that_are_made_without_a_daemon_name_the_version(tmp_path: Path) -> None:
    source, results = tmp_path / "good.csv", tmp_path / "results"
    source.write_bytes(GOOD)
    command = [sys.executable, "-m", "processing", source, "-o", results]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert json.loads((results / "good.json").read_bytes())["watcher_version"] == VERSION
    assert process_sensor_data(source, tmp_path / "api")["watcher_version"] == VERSION
