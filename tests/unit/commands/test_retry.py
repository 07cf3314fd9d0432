"""`retry` and `prune`: what an operator does to filed inputs, beside the daemon and without it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.filing import file_all
from tests.support.program import BROKEN, GOOD, ROOT, Folder, Runs
from watcher import cli
from watcher.commands import retry
from watcher.commands.audit import audit
from watcher.system.filesystem import FileSystem

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
    folder: Folder, command: Command
) -> None:
    folder.drop("x.csv", BROKEN)
    file_all(folder)
    folder.drop("x.csv", GOOD)
    code, said = command("retry", "absent.csv", "x.csv")
    assert code == 3
    assert "absent.csv: there is no such file in quarantine" in said
    assert "x.csv: incoming has a file of that name" in said
    assert (folder.root / "quarantine/x.csv").read_bytes() == BROKEN
    assert (folder.incoming / "x.csv").read_bytes() == GOOD


def test_prune_removes_old_archived_files_and_nothing_else(folder: Folder, command: Command) -> None:
    for name in ("old.csv", "roof/old.csv", "young.csv"):
        folder.drop(name)
    folder.drop("broken.csv", BROKEN)
    file_all(folder)
    before = folder.files()
    backdate(folder, "processed/old.json", days=1)
    backdate(folder, "processed/roof/old.json", days=1)
    backdate(folder, "processed/young.json", days=-1)
    code, said = command("prune", "--older-than", "0")
    assert (code, set(said.splitlines())) == (0, {"old.csv: pruned", "roof/old.csv: pruned"})
    assert before - folder.files() == {"archive/old.csv", "archive/roof/old.csv"}
    assert folder.document("processed/old.json")["archived"] == "pruned"
    assert "archived" not in folder.document("processed/young.json")
    assert findings(folder) == []


def test_a_pruned_file_that_is_sent_again_is_archived_again_under_its_first_record(
    folder: Folder, command: Command
) -> None:
    folder.drop("x.csv")
    file_all(folder)
    backdate(folder, "processed/x.json", days=1)
    record = (folder.root / "processed/x.json").read_bytes()
    assert command("prune", "--older-than", "0")[1] == "x.csv: pruned\n"
    folder.drop("x.csv")
    file_all(folder)
    assert folder.files() == {"processed/x.json", "archive/x.csv"}
    assert (folder.root / "processed/x.json").read_bytes() == record, "it no longer says that it was pruned"
    assert findings(folder) == []
    (folder.root / "archive/x.csv").rename(folder.root / "x.csv")
    assert len(findings(folder)) == 1, "a file that is lost after it was archived again is missed"
    (folder.root / "x.csv").rename(folder.root / "archive/x.csv")
    assert command("prune", "--older-than", "0")[1] == "x.csv: pruned\n"


def pruned(folder: Folder, *, days: int, fs: FileSystem | None = None) -> list[retry.Outcome]:
    """Prune as a command does on a day that is so many days ahead."""
    before = datetime.now(UTC) + timedelta(days=days)
    return list(retry.prune(fs or FileSystem(), os.fsencode(folder.root), before))


@pytest.mark.parametrize("filed", ["91 days ago", "1970"])
def test_prune_keeps_a_file_that_came_a_minute_ago_whatever_its_record_says(
    folder: Folder, command: Command, filed: str
) -> None:
    folder.drop("x.csv")
    file_all(folder)
    backdate(folder, "processed/x.json", days=91 if filed == "91 days ago" else 20_400)
    (folder.root / "archive/x.csv").unlink()
    folder.drop("x.csv")  # it goes to the archive under its first record
    file_all(folder)
    assert command("prune", "--older-than", "90") == (0, "")
    assert (folder.root / "archive/x.csv").read_bytes() == GOOD
    assert pruned(folder, days=1) == [retry.Outcome(b"x.csv")]


def test_prune_asks_for_a_file_that_was_filed_while_the_clock_stood_at_1970(folder: Folder) -> None:
    class Moved1970(FileSystem):
        def stat(self, name: bytes, folder: int) -> os.stat_result:
            found = super().stat(name, folder)
            return os.stat_result((*found[:9], 0), {"st_ctime": 0.0, "st_ctime_ns": 0})

    folder.drop("x.csv")
    file_all(folder)
    backdate(folder, "processed/x.json", days=(datetime.now(UTC) - datetime(1970, 1, 2, tzinfo=UTC)).days)
    (outcome,) = pruned(folder, days=1, fs=Moved1970())
    assert "the clock showed 1970-01-0" in outcome.refused
    assert (folder.root / "archive/x.csv").exists()
    assert pruned(folder, days=1) == [retry.Outcome(b"x.csv")], "as after `touch`"


def test_prune_reads_no_file_that_is_too_young(folder: Folder) -> None:
    class Reading(FileSystem):
        opened = 0

        def open_file(self, name: bytes, folder: int) -> int:
            self.opened += 1
            return super().open_file(name, folder)

    folder.drop("x.csv")
    file_all(folder)
    fs = Reading()
    assert pruned(folder, days=-1, fs=fs) == []
    assert fs.opened == 0


def test_prune_goes_on_after_a_folder_without_records(folder: Folder) -> None:
    folder.drop("lost/x.csv")
    folder.drop("x.csv")
    file_all(folder)
    shutil.rmtree(folder.root / "processed/lost")
    lost, found = sorted(pruned(folder, days=1))
    assert (lost.name, found) == (b"lost/x.csv", retry.Outcome(b"x.csv"))
    assert "it has no record" in lost.refused


@pytest.mark.parametrize(
    "name", ["../../outside/x.csv", "../x.csv", "/x.csv", "device/../../x.csv", "other.csv"]
)
def test_a_retry_goes_by_no_name_that_leads_out_of_incoming(
    folder: Folder, command: Command, name: str
) -> None:
    folder.drop("x.csv", BROKEN)
    file_all(folder)
    reason = folder.root / "quarantine/x.csv.reason.json"
    reason.write_text(reason.read_text().replace('"name": "x.csv"', f'"name": "{name}"'))
    (folder.root.parent / "outside").mkdir()
    assert command("retry", "--all") == (0, "x.csv: sent back\n")
    assert (folder.incoming / "x.csv").read_bytes() == BROKEN
    assert not list((folder.root.parent / "outside").iterdir())


@pytest.mark.parametrize(
    "given", ["../archive/x.csv", "../../x.csv", "/x.csv", "sub/../../archive/x.csv", "."]
)
def test_a_retry_takes_nothing_but_files_in_quarantine(folder: Folder, command: Command, given: str) -> None:
    folder.drop("x.csv")
    file_all(folder)
    before = folder.files()
    code, said = command("retry", given)
    assert code == 3
    assert said == f"{given}: there is no such file in quarantine\n"
    assert folder.files() == before


def test_two_retries_at_once_send_each_file_back_once(folder: Folder) -> None:
    names = [f"{number}.csv" for number in range(30)]
    for name in names:
        folder.drop(name, BROKEN)
    file_all(folder)
    retries = [
        subprocess.Popen(
            [sys.executable, "-m", "watcher", "retry", "--all", "--data-dir", str(folder.root)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [retry.communicate() for retry in retries]
    assert [retry.returncode for retry in retries] == [0, 0], said
    lines = "".join(out for out, _ in said).splitlines()
    assert sorted(lines) == sorted(f"{name}: sent back" for name in names)
    assert {path.name for path in folder.incoming.iterdir()} == set(names)


def test_a_file_that_two_retries_take_is_gone_for_the_second(folder: Folder) -> None:
    class Slow(FileSystem):
        def rename(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
            if not second:
                second.append(retry.retry(FileSystem(), os.fsencode(folder.root), b"x.csv"))
            super().rename(source, source_folder, target, target_folder)

    folder.drop("x.csv", BROKEN)
    file_all(folder)
    second: list[retry.Outcome] = []
    first = retry.retry(Slow(), os.fsencode(folder.root), b"x.csv")
    assert second == [retry.Outcome(b"x.csv")]
    assert first == retry.Outcome(b"x.csv", retry.GONE)
    assert folder.files() == {"incoming/x.csv", "quarantine/x.csv.reason.1.json"}


def test_a_file_that_comes_during_a_retry_leaves_the_quarantined_one_with_its_reason(folder: Folder) -> None:
    class Slow(FileSystem):
        def rename(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
            super().rename(source, source_folder, target, target_folder)
            folder.drop("x.csv", GOOD)

    folder.drop("x.csv", BROKEN)
    file_all(folder)
    outcome = retry.retry(Slow(), os.fsencode(folder.root), b"x.csv")
    assert "incoming has a file of that name" in outcome.refused
    assert folder.files() == {"incoming/x.csv", "quarantine/x.csv", "quarantine/x.csv.reason.json"}
    assert (folder.incoming / "x.csv").read_bytes() == GOOD


def test_prune_keeps_what_has_no_record_or_not_the_bytes_of_it(folder: Folder, command: Command) -> None:
    for name in ("unknown.csv", "changed.csv"):
        folder.drop(name)
    file_all(folder)
    backdate(folder, "processed/changed.json", days=1)
    (folder.root / "processed/unknown.json").unlink()
    (folder.root / "archive/changed.csv").write_bytes(BROKEN)
    code, said = command("prune", "--older-than", "0")
    assert code == 3
    assert "unknown.csv: it has no record" in said
    assert "changed.csv: its record does not fit it" in said
    assert {"archive/unknown.csv", "archive/changed.csv"} <= folder.files()
