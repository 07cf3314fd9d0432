"""`prune`: archived files removed by age, and what is kept."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.filing import file_all, findings
from tests.support.in_process import Command
from tests.support.program import BROKEN, GOOD, Folder
from watcher.commands.prune import prune
from watcher.commands.retry import Outcome
from watcher.system.filesystem import FileSystem


def backdate(folder: Folder, record: str, days: int) -> None:
    """Let a record say that its input was archived so many days ago."""
    path, now = folder.root / record, folder.document(record)["processed_at"]
    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86_400))
    path.write_text(path.read_text("utf-8").replace(now, then), "utf-8")


def pruned(folder: Folder, *, days: int, fs: FileSystem | None = None) -> list[Outcome]:
    """Prune as a command does on a day that is so many days ahead."""
    before = datetime.now(UTC) + timedelta(days=days)
    return list(prune(fs or FileSystem(), os.fsencode(folder.root), before))


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
    assert (code, set(said.splitlines())) == (
        0,
        {"old.csv: pruned", "roof/old.csv: pruned", "2 files pruned"},
    )
    assert before - folder.files() == {"archive/old.csv", "archive/roof/old.csv"}
    assert folder.document("processed/old.json")["archived"] == "pruned"
    assert "archived" not in folder.document("processed/young.json")
    assert findings(folder.root) == []


def test_a_pruned_file_that_is_sent_again_is_archived_again_under_its_first_record(
    folder: Folder, command: Command
) -> None:
    folder.drop("x.csv")
    file_all(folder)
    backdate(folder, "processed/x.json", days=1)
    record = (folder.root / "processed/x.json").read_bytes()
    assert command("prune", "--older-than", "0")[1] == "x.csv: pruned\n1 file pruned\n"
    folder.drop("x.csv")
    file_all(folder)
    assert folder.files() == {"processed/x.json", "archive/x.csv"}
    assert (folder.root / "processed/x.json").read_bytes() == record, "it no longer says that it was pruned"
    assert findings(folder.root) == []
    (folder.root / "archive/x.csv").rename(folder.root / "x.csv")
    assert len(findings(folder.root)) == 1, "a file that is lost after it was archived again is missed"
    (folder.root / "x.csv").rename(folder.root / "archive/x.csv")
    assert command("prune", "--older-than", "0")[1] == "x.csv: pruned\n1 file pruned\n"


@pytest.mark.parametrize("archived", ["91 days ago", "1970"])
def test_prune_keeps_a_file_that_came_a_minute_ago_whatever_its_record_says(
    folder: Folder, command: Command, archived: str
) -> None:
    folder.drop("x.csv")
    file_all(folder)
    backdate(folder, "processed/x.json", days=91 if archived == "91 days ago" else 20_400)
    (folder.root / "archive/x.csv").unlink()
    folder.drop("x.csv")  # it goes to the archive under its first record
    file_all(folder)
    assert command("prune", "--older-than", "90") == (0, "0 files pruned\n")
    assert (folder.root / "archive/x.csv").read_bytes() == GOOD
    assert pruned(folder, days=1) == [Outcome(b"x.csv")]


def test_prune_keeps_a_file_that_was_archived_while_the_clock_showed_1970(folder: Folder) -> None:
    class Moved1970(FileSystem):
        def stat(self, name: bytes, folder: int) -> os.stat_result:
            found = super().stat(name, folder)
            return os.stat_result((*found[:9], 0), {"st_ctime": 0.0, "st_ctime_ns": 0})

    folder.drop("x.csv")
    file_all(folder)
    backdate(folder, "processed/x.json", days=(datetime.now(UTC) - datetime(1970, 1, 2, tzinfo=UTC)).days)
    (outcome,) = pruned(folder, days=1, fs=Moved1970())
    assert "the clock showed 1970-01-0" in outcome.problem
    assert (folder.root / "archive/x.csv").exists()
    assert pruned(folder, days=1) == [Outcome(b"x.csv")], "as after `touch`"


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
    assert (lost.name, found) == (b"lost/x.csv", Outcome(b"x.csv"))
    assert "it has no record" in lost.problem


def test_prune_keeps_a_file_without_a_record_or_with_other_bytes_than_it_says(
    folder: Folder, command: Command
) -> None:
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
