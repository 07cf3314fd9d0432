"""Archived files processed again by the daemon that holds the lock, while it works, stops or is killed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.program import ROOT, Folder, Runs, clean_environ, long_file, no_root, wait_until
from watcher.commands.audit import audit
from watcher.commands.prune import prune
from watcher.monitoring.reprocess_requests import MAX_PARTS
from watcher.system.filesystem import FileSystem

FILES = 120
LOWER = "[channels.voltage]\nmax = 25.3\n"
"""Of the three rows of GOOD, the last one (25.4 V) is invalid."""


class Said(NamedTuple):
    """What the command printed, by file, and its counts."""

    code: int
    files: dict[str, str]
    counts: dict[str, int]
    errors: str


class Reprocess:
    """The command as a process of its own."""

    def __init__(self, folder: Folder, *arguments: str, prefix: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "watcher", "reprocess", *arguments],
            cwd=ROOT,
            env=clean_environ() | {"WATCHER_DATA_DIR": str(folder.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._first = ""

    def first_line(self) -> str:
        assert self._process.stdout is not None
        self._first = self._process.stdout.readline()
        return self._first

    def wait(self) -> Said:
        out, errors = self._process.communicate(timeout=60)
        *files, counts = (self._first + out).splitlines() or [""]
        found = {kind: int(count) for count, kind in re.findall(r"(\d+) ([a-z ]+)", counts)}
        by_file = dict(line.split(": ", 1) for line in files)
        return Said(self._process.returncode, by_file, found, errors)


@pytest.fixture
def config(folder: Folder) -> str:
    path = folder.root.parent / "watcher.toml"
    path.write_text(LOWER)
    return f"--config={path}"


def filed(folder: Folder, runs: Runs, count: int = FILES) -> None:
    for number in range(count):
        folder.drop(f"{number % 3}/{number}.csv")
    assert runs.once(folder, flags=["--settle", "0"]).code == 0


def findings(folder: Folder) -> list[str]:
    return [str(finding) for finding in audit(FileSystem(), os.fsencode(folder.root))]


def invalid_rows(folder: Folder) -> dict[str, int]:
    """Return for each result how many rows are invalid: 1 if it is new."""
    records = [path for path in folder.files() if re.fullmatch(r"processed/\d/\d+\.json", path)]
    return {path: folder.document(path)["records_invalid"] for path in records}


def test_the_daemon_replaces_all_results_and_redraws_the_pages(
    folder: Folder, runs: Runs, config: str
) -> None:
    filed(folder, runs)
    daemon = runs.daemon(folder, config)
    said = Reprocess(folder, "--older-profile").wait()
    assert (said.code, said.counts) == (0, {"processed": FILES, "unchanged": 0, "refused": 0, "not done": 0})
    assert said.errors == "watcher: the daemon processes them, with its own settings\n"
    assert set(said.files) == {f"{number % 3}/{number}.csv" for number in range(FILES)}
    line = daemon.until_many(FILES, "file.reprocessed")[0]
    assert (line["rows_total"], line["rows_processed"]) == (3, 2)
    assert set(invalid_rows(folder).values()) == {1}
    kept = list((folder.root / "processed/.history").rglob("*.json"))
    assert len(kept) == FILES
    page = folder.root / "processed/0/0.html"
    wait_until(lambda: "25.3" in page.read_text("utf-8"), "its page is drawn again")
    again = Reprocess(folder, "--older-profile").wait()
    assert again.counts["unchanged"] == FILES
    assert daemon.stop().code == 0
    assert findings(folder) == []


def test_a_file_that_is_refused_keeps_its_result_and_the_log_says_so(
    folder: Folder, runs: Runs, config: str
) -> None:
    filed(folder, runs, 1)
    (folder.root.parent / "watcher.toml").write_text('[channels.voltage]\ncolumn = "panel volts"\n')
    before = (folder.root / "processed/0/0.json").read_bytes()
    daemon = runs.daemon(folder, config)
    said = Reprocess(folder, "0/0.csv", "absent.csv").wait()
    assert said.code == 3
    assert said.counts == {"processed": 0, "unchanged": 0, "refused": 1, "not done": 1}
    assert said.files["0/0.csv"].startswith("refused, missing_columns: ")
    refused, absent = daemon.until_many(2, "file.not_reprocessed")
    assert (refused["file"], refused["outcome"]) == ("0/0.csv", "refused")
    assert (absent["outcome"], absent["error"]) == ("not done", "there is no such file in the archive")
    assert (folder.root / "processed/0/0.json").read_bytes() == before
    assert daemon.stop().code == 0


def test_new_files_are_processed_while_many_are_processed_again(
    folder: Folder, runs: Runs, config: str
) -> None:
    filed(folder, runs)
    daemon = runs.daemon(folder, config, "--settle", "0")
    command = Reprocess(folder, "--all")
    command.first_line()
    folder.drop("new.csv")
    daemon.until("file.processed", file="new.csv")
    before = [line["event"] for line in daemon.lines].index("file.processed")
    assert command.wait().counts["processed"] == FILES
    after = len([line for line in daemon.lines[before:] if line["event"] == "file.reprocessed"])
    assert after > FILES // 4, "it had to wait for most of the others"
    assert daemon.stop().code == 0
    assert findings(folder) == []


def test_the_audit_finds_nothing_meanwhile(folder: Folder, runs: Runs, config: str) -> None:
    filed(folder, runs)
    daemon = runs.daemon(folder, config)
    command = Reprocess(folder, "--all")
    command.first_line()
    found = [findings(folder) for _ in range(5)]
    assert command.wait().code == 0
    assert found == [[]] * 5
    assert daemon.stop().code == 0


def test_after_a_stop_in_the_midst_the_command_says_what_was_not_done(
    folder: Folder, runs: Runs, config: str
) -> None:
    filed(folder, runs)
    daemon = runs.daemon(folder, config)
    command = Reprocess(folder, "--all")
    daemon.until_many(5, "file.reprocessed")
    ended = daemon.stop()
    assert (ended.code, ended.event("watcher.stopped")["hung"]) == (0, False)
    said = command.wait()
    new = {path for path, invalid in invalid_rows(folder).items() if invalid}
    done = {name for name, kind in said.files.items() if kind == "processed"}
    assert said.code == 3
    assert {f"processed/{name.removesuffix('.csv')}.json" for name in done} == new
    assert said.counts == {
        "processed": len(new),
        "unchanged": 0,
        "refused": 0,
        "not done": FILES - len(new),
    }
    assert "the daemon is stopping" in {kind.removeprefix("not done, ") for kind in said.files.values()}
    assert findings(folder) == []


def test_a_stop_waits_for_no_file_that_is_processed_again(folder: Folder, runs: Runs, config: str) -> None:
    folder.drop("long.csv", long_file(1_500_000))
    assert runs.once(folder, flags=["--settle", "0"]).code == 0
    before = (folder.root / "processed/long.json").read_bytes()
    daemon = runs.daemon(folder, config)
    command = Reprocess(folder, "long.csv")
    wait_until(lambda: any(map(is_at_work, daemon.workers())), "a worker reads it")
    asked = time.monotonic()
    assert daemon.stop().code == 0
    assert time.monotonic() - asked < 8
    assert command.wait().files == {"long.csv": "not done, stopped before it was processed"}
    assert (folder.root / "processed/long.json").read_bytes() == before
    assert findings(folder) == []


def is_at_work(pid: int) -> bool:
    """Return whether a worker has the long file open."""
    with contextlib.suppress(OSError):
        return any(each.resolve().name == "long.csv" for each in Path(f"/proc/{pid}/fd").iterdir())
    return False


def test_prune_beside_it_leaves_each_result_with_its_file_or_its_note(
    folder: Folder, runs: Runs, config: str
) -> None:
    filed(folder, runs)
    daemon = runs.daemon(folder, config)
    command = Reprocess(folder, "--all")
    command.first_line()
    now = datetime.now(UTC) + timedelta(days=1)
    pruned = {each.name for each in prune(FileSystem(), os.fsencode(folder.root), now) if not each.problem}
    said = command.wait()
    assert findings(folder) == []
    assert pruned
    invalid = invalid_rows(folder)
    for name, kind in said.files.items():
        assert kind == "processed" or os.fsencode(name) in pruned, kind
        record = f"processed/{name.removesuffix('.csv')}.json"
        assert invalid[record] == (kind == "processed")
        assert ("archived" in folder.document(record)) == (os.fsencode(name) in pruned)
    assert daemon.stop().code == 0


def test_after_a_kill_no_file_is_taken_for_done_and_a_second_request_completes(
    folder: Folder, runs: Runs, config: str
) -> None:
    filed(folder, runs)
    daemon = runs.daemon(folder, config)
    command = Reprocess(folder, "--all")
    daemon.until_many(5, "file.reprocessed")
    daemon.stop(signal.SIGKILL)
    said = command.wait()
    assert said.code == 3
    done = [name for name, kind in said.files.items() if kind == "processed"]
    invalid = invalid_rows(folder)
    assert [invalid[f"processed/{name.removesuffix('.csv')}.json"] for name in done] == [1] * len(done)
    assert findings(folder) == []
    daemon = runs.daemon(folder, config)
    assert Reprocess(folder, "--older-profile").wait().code == 0
    assert set(invalid_rows(folder).values()) == {1}
    assert len(list((folder.root / "processed/.history").rglob("*.json"))) == FILES
    assert daemon.stop().code == 0


def test_two_commands_at_once_both_get_their_answers(folder: Folder, runs: Runs, config: str) -> None:
    filed(folder, runs)
    daemon = runs.daemon(folder, config)
    said = [command.wait() for command in [Reprocess(folder, "--all") for _ in range(3)]]
    assert [sum(each.counts.values()) for each in said] == [FILES] * 3
    assert [each.counts["not done"] for each in said] == [0, 0, 0]
    assert sum(each.counts["processed"] for each in said) == FILES
    assert daemon.stop().code == 0


def test_a_command_that_is_killed_costs_the_daemon_nothing(folder: Folder, runs: Runs, config: str) -> None:
    filed(folder, runs)
    daemon = runs.daemon(folder, config)
    for _ in range(MAX_PARTS):
        command = Reprocess(folder, "--all")
        command.first_line()
        command._process.kill()
        command.wait()
    assert findings(folder) == []
    ended = daemon.stop()
    assert (ended.code, ended.event("watcher.stopped")["hung"]) == (0, False)


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
        assert runs.once(folder, flags=["--settle", "0"]).code == 0
        daemon = runs.daemon(folder)
        said = Reprocess(folder, "--all", prefix=second_user).wait()
        assert said == Said(
            3, {}, {}, f"watcher: only root and the daemon's user, {os.geteuid()}, may ask for this\n"
        )
        status = [*second_user, sys.executable, "-m", "watcher", "status", "--data-dir", str(folder.root)]
        assert subprocess.run(status, cwd=ROOT, env=clean_environ(), check=False).returncode == 0
        assert daemon.stop().events("file.reprocessed") == []


def test_root_may_ask_the_daemon_of_an_ordinary_user(folder_of_another_user: Folder, runs: Runs) -> None:
    if os.geteuid():
        pytest.skip("only root may ask for a daemon of another user")
    folder, ordinary = folder_of_another_user, no_root()
    folder.drop("x.csv")
    config = folder.root.parent / "watcher.toml"
    assert runs.once(folder, flags=["--settle", "0"], prefix=ordinary).code == 0
    config.write_text(LOWER)
    daemon = runs.daemon(folder, f"--config={config}", prefix=ordinary)
    assert Reprocess(folder, "x.csv").wait().files == {"x.csv": "processed"}
    assert (folder.root / "processed/.history").stat().st_uid == folder.root.stat().st_uid
    assert daemon.stop().code == 0
