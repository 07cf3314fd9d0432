"""`retry` and `prune`: what an operator does to filed inputs, beside the daemon and without it."""

import os
import time
from collections.abc import Callable

import pytest

from tests.program import BROKEN, GOOD, Folder, Runs
from watcher import cli
from watcher.audit import audit
from watcher.filesystem import FileSystem

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(folder: Folder, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one of the commands on the folder; returns its exit code and what it said."""

    def run(name: str, *arguments: str) -> tuple[int, str]:
        return cli.main([name, "--data-dir", str(folder.root), *arguments]), capsys.readouterr().out

    return run


def findings(folder: Folder) -> list[str]:
    return [str(finding) for finding in audit(FileSystem(), os.fsencode(folder.root))]


def backdate(folder: Folder, record: str, days: int) -> None:
    """Let a record say that its input was filed so many days ago."""
    path, now = folder.root / record, folder.document(record)["processed_at"]
    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86_400))
    path.write_text(path.read_text("utf-8").replace(now, then), "utf-8")


def test_a_retried_file_is_judged_anew_while_the_daemon_runs_and_its_attempts_add_up(
    folder: Folder, runs: Runs, command: Command
) -> None:
    folder.drop("roof/x.csv", BROKEN)
    daemon = runs.daemon(folder)
    daemon.until("file.quarantined")
    assert command("retry", "roof/x.csv") == (0, "roof/x.csv: sent back\n")
    daemon.until_many(2, "file.quarantined", file="roof/x.csv")
    assert daemon.stop().code == 0
    reason = folder.document("quarantine/roof/x.csv.reason.json")
    assert reason["attempts"] == 2
    assert reason["previous"]["error"]["code"] == "missing_columns"
    history = folder.document("quarantine/roof/x.csv.reason.1.json")
    assert (history["attempts"], history["error"]["code"]) == (1, "missing_columns")
    assert findings(folder) == []


def test_a_retry_after_a_changed_setting_succeeds_and_keeps_the_reason(
    folder: Folder, runs: Runs, command: Command
) -> None:
    folder.drop("x.csv")
    assert runs.once(folder, flags=["--max-file-bytes", "10"]).code == 1
    assert command("retry", "--all")[0] == 0
    assert runs.once(folder).code == 0
    assert folder.document("processed/x.json")["previous"]["error"]["code"] == "too_large"
    assert (folder.root / "archive/x.csv").read_bytes() == GOOD
    assert findings(folder) == []


@pytest.mark.parametrize("given", ["{below}", "{quarantine}/{below}", "{quarantine}/../quarantine/{below}"])
@pytest.mark.parametrize("below", ["x.csv", "my-quarantine/x.csv", "quarantine/x.csv"])
def test_a_file_to_retry_is_named_below_quarantine_or_by_its_path(
    folder: Folder, command: Command, below: str, given: str
) -> None:
    path = folder.root / "quarantine" / below
    path.parent.mkdir(parents=True)
    path.write_bytes(BROKEN)
    assert command("retry", given.format(below=below, quarantine=folder.root / "quarantine"))[0] == 0
    assert (folder.incoming / below).read_bytes() == BROKEN


def test_a_retry_of_what_is_not_there_or_would_replace_something_gives_3_and_says_why(
    folder: Folder, runs: Runs, command: Command
) -> None:
    folder.drop("x.csv", BROKEN)
    runs.once(folder)
    folder.drop("x.csv", GOOD)
    code, said = command("retry", "absent.csv", "x.csv")
    assert code == 3
    assert "absent.csv: there is no such file in quarantine" in said
    assert "x.csv: incoming has a file of that name" in said
    assert (folder.root / "quarantine/x.csv").read_bytes() == BROKEN
    assert (folder.incoming / "x.csv").read_bytes() == GOOD


def test_prune_removes_old_archived_files_and_nothing_else(
    folder: Folder, runs: Runs, command: Command
) -> None:
    for name in ("old.csv", "roof/old.csv", "young.csv"):
        folder.drop(name)
    folder.drop("broken.csv", BROKEN)
    runs.once(folder)
    before = folder.files()
    backdate(folder, "processed/old.json", days=91)
    backdate(folder, "processed/roof/old.json", days=91)
    backdate(folder, "processed/young.json", days=89)
    code, said = command("prune", "--older-than", "90")
    assert (code, set(said.splitlines())) == (0, {"old.csv: pruned", "roof/old.csv: pruned"})
    assert before - folder.files() == {"archive/old.csv", "archive/roof/old.csv"}
    assert folder.document("processed/old.json")["archived"] == "pruned"
    assert "archived" not in folder.document("processed/young.json")
    assert findings(folder) == []


def test_a_pruned_file_that_is_sent_again_is_archived_again_under_its_first_record(
    folder: Folder, runs: Runs, command: Command
) -> None:
    folder.drop("x.csv")
    runs.once(folder)
    backdate(folder, "processed/x.json", days=1)
    assert command("prune", "--older-than", "0")[1] == "x.csv: pruned\n"
    record = (folder.root / "processed/x.json").read_bytes()
    folder.drop("x.csv")
    assert runs.once(folder).code == 0
    assert folder.files() == {"processed/x.json", "archive/x.csv"}
    assert (folder.root / "processed/x.json").read_bytes() == record
    assert findings(folder) == []
    assert command("prune", "--older-than", "0")[1] == "x.csv: pruned\n"


def test_prune_keeps_what_has_no_record_or_not_the_bytes_of_it(
    folder: Folder, runs: Runs, command: Command
) -> None:
    for name in ("unknown.csv", "changed.csv"):
        folder.drop(name)
    runs.once(folder)
    backdate(folder, "processed/changed.json", days=1)
    (folder.root / "processed/unknown.json").unlink()
    (folder.root / "archive/changed.csv").write_bytes(BROKEN)
    code, said = command("prune", "--older-than", "0")
    assert code == 3
    assert "unknown.csv: it has no record" in said
    assert "changed.csv: its record does not fit it" in said
    assert {"archive/unknown.csv", "archive/changed.csv"} <= folder.files()
