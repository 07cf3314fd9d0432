"""`retry`: quarantined files sent back, beside the daemon and without it."""

import errno
import os
import subprocess
import sys

import pytest

from tests.support.filing import file_all, findings
from tests.support.in_process import Command, run_once
from tests.support.program import BROKEN, GOOD, ROOT, Folder, Runs
from watcher.commands import retry
from watcher.system.filesystem import FileSystem


def test_a_retried_file_is_processed_again_while_the_daemon_runs_and_its_attempts_add_up(
    folder: Folder, runs: Runs, command: Command
) -> None:
    folder.drop("roof/x.csv", BROKEN)
    daemon = runs.daemon(folder)
    daemon.until("file.quarantined")
    assert command("retry", "roof/x.csv") == (0, "roof/x.csv: sent back\n1 file sent back\n")
    daemon.until_many(2, "file.quarantined", file="roof/x.csv")
    assert daemon.stop().code == 0
    reason = folder.document("quarantine/roof/x.csv.reason.json")
    assert reason["attempts"] == 2
    assert reason["previous"]["error"]["code"] == "missing_columns"
    history = folder.document("quarantine/roof/x.csv.reason.1.json")
    assert (history["attempts"], history["error"]["code"]) == (1, "missing_columns")
    assert findings(folder.root) == []


def test_a_retry_after_a_changed_setting_succeeds_and_keeps_the_reason(
    folder: Folder, command: Command
) -> None:
    folder.drop("x.csv")
    assert run_once(folder, flags=["--max-file-bytes", "10"]).code == 1
    assert command("retry", "--all")[0] == 0
    assert run_once(folder).code == 0
    assert folder.document("processed/x.json")["previous"]["error"]["code"] == "too_large"
    assert (folder.root / "archive/x.csv").read_bytes() == GOOD
    assert findings(folder.root) == []


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


def test_a_name_that_would_give_a_command_to_a_runner_is_taken_as_it_is_printed(
    folder: Folder, command: Command
) -> None:
    folder.drop("::a##[b.csv", BROKEN)
    file_all(folder)
    shown = r"\x3a:a#\x23[b.csv"
    assert command("retry", shown) == (0, f"{shown}: sent back\n1 file sent back\n")


def test_a_retry_of_a_missing_file_or_of_a_name_that_is_taken_gives_3_and_says_why(
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


@pytest.mark.parametrize(
    "name", ["../../outside/x.csv", "../x.csv", "/x.csv", "device/../../x.csv", "other.csv"]
)
def test_a_name_in_a_reason_that_leads_out_of_incoming_is_ignored(
    folder: Folder, command: Command, name: str
) -> None:
    folder.drop("x.csv", BROKEN)
    file_all(folder)
    reason = folder.root / "quarantine/x.csv.reason.json"
    reason.write_text(reason.read_text().replace('"name": "x.csv"', f'"name": "{name}"'))
    (folder.root.parent / "outside").mkdir()
    assert command("retry", "--all") == (0, "x.csv: sent back\n1 file sent back\n")
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
    assert said == f"{given}: there is no such file in quarantine\n0 files sent back, 1 left as they were\n"
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
    lines = [line for out, _ in said for line in out.splitlines()]
    assert sorted(line for line in lines if ": " in line) == sorted(f"{name}: sent back" for name in names)
    assert sum(int(line.split()[0]) for line in lines if ": " not in line) == len(names)
    assert {path.name for path in folder.incoming.iterdir()} == set(names)


@pytest.mark.parametrize(("call", "name"), [("rename", "x.csv.reason.json"), ("rename_noreplace", "x.csv")])
def test_a_file_that_two_retries_take_is_gone_for_the_slower(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, call: str, name: str
) -> None:
    """It leaves no reason behind, which the daemon would take for the file's new one."""
    fs = FileSystem()
    original = getattr(fs, call)
    second: list[retry.Outcome] = []

    def overtaken(source: bytes, *places: object) -> None:
        if source == name.encode() and not second:
            second.append(retry.retry(FileSystem(), os.fsencode(folder.root), b"x.csv"))
        original(source, *places)

    folder.drop("x.csv", BROKEN)
    file_all(folder)
    monkeypatch.setattr(fs, call, overtaken)
    first = retry.retry(fs, os.fsencode(folder.root), b"x.csv")
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
    assert "incoming has a file of that name" in outcome.problem
    assert folder.files() == {"incoming/x.csv", "quarantine/x.csv", "quarantine/x.csv.reason.json"}
    assert (folder.incoming / "x.csv").read_bytes() == GOOD


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC, errno.EIO])
def test_a_retry_that_fails_leaves_the_file_with_its_reason(folder: Folder, code: int) -> None:
    class Failing(FileSystem):
        def rename_noreplace(
            self, source: bytes, source_folder: int, target: bytes, target_folder: int
        ) -> None:
            if source == b"x.csv":
                raise OSError(code, os.strerror(code), source)
            super().rename_noreplace(source, source_folder, target, target_folder)

    folder.drop("x.csv", BROKEN)
    file_all(folder)
    with pytest.raises(OSError, match=os.strerror(code)):
        retry.retry(Failing(), os.fsencode(folder.root), b"x.csv")
    assert folder.files() == {"quarantine/x.csv", "quarantine/x.csv.reason.json"}
    assert findings(folder.root) == []
