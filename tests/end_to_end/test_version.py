"""The version of the program in its log and in what it publishes."""

from processing.model.version import VERSION
from tests.support.program import BROKEN, Folder, Runs


def test_the_start_line_records_and_pages_of_a_run_name_the_version(folder: Folder, runs: Runs) -> None:
    folder.drop("good.csv")
    folder.drop("broken.csv", BROKEN)
    run = runs.once(folder)
    assert run.event("watcher.started")["watcher_version"] == VERSION
    assert folder.document("processed/good.json")["watcher_version"] == VERSION
    assert folder.document("quarantine/broken.csv.reason.json")["watcher_version"] == VERSION
    assert f"by version {VERSION} from" in (folder.root / "processed/good.html").read_text()
    assert f"Drawn by version {VERSION}" in (folder.root / "processed/index.html").read_text()


def test_the_start_line_of_a_daemon_names_the_version(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    assert daemon.stop().event("watcher.started")["watcher_version"] == VERSION
