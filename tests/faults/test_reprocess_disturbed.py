"""Archived files processed again by a daemon that has other work, stops or is killed meanwhile."""

import contextlib
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.filing import findings
from tests.support.program import Folder, Runs, long_file, wait_until
from tests.support.reprocess import Reprocess, daemon_with_lower_limit, filed, invalid_rows
from watcher.commands.prune import prune
from watcher.monitoring.reprocess_requests import MAX_PARTS
from watcher.system.filesystem import FileSystem

FILES = 120
FIRST = 5


def filed_with_a_long_one(folder: Folder) -> list[str]:
    """File small files and one that takes seconds; return their names, FIRST small ones before it."""
    folder.drop("long.csv", long_file(200_000))
    filed(folder, FILES)
    names = [f"{number % 3}/{number}.csv" for number in range(FILES)]
    return [*names[:FIRST], "long.csv", *names[FIRST:]]


def test_new_files_are_processed_while_many_are_processed_again(folder: Folder, runs: Runs) -> None:
    names = filed_with_a_long_one(folder)
    daemon = daemon_with_lower_limit(folder, runs, "--settle", "0")
    command = Reprocess(folder, *names)
    daemon.until_many(FIRST, "file.reprocessed")
    folder.drop("new.csv")
    daemon.until("file.processed", file="new.csv")
    before = [line["event"] for line in daemon.lines].index("file.processed")
    assert command.wait().counts["processed"] == len(names)
    after = len([line for line in daemon.lines[before:] if line["event"] == "file.reprocessed"])
    assert after > FILES // 4, "it had to wait for most of the others"
    assert daemon.stop().code == 0
    assert findings(folder.root) == []


def test_the_audit_finds_nothing_meanwhile(folder: Folder, runs: Runs) -> None:
    filed(folder, FILES)
    daemon = daemon_with_lower_limit(folder, runs)
    command = Reprocess(folder, "--all")
    command.first_line()
    found = [findings(folder.root) for _ in range(5)]
    assert command.wait().code == 0
    assert found == [[]] * 5
    assert daemon.stop().code == 0


def test_after_a_stop_in_the_midst_the_command_says_what_was_not_done(folder: Folder, runs: Runs) -> None:
    names = filed_with_a_long_one(folder)
    daemon = daemon_with_lower_limit(folder, runs)
    command = Reprocess(folder, *names)
    daemon.until_many(FIRST, "file.reprocessed")
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
        "rejected": 0,
        "not done": len(names) - len(new),
    }
    assert "the daemon is stopping" in {kind.removeprefix("not done, ") for kind in said.files.values()}
    assert findings(folder.root) == []


def test_a_stop_waits_for_no_file_that_is_processed_again(folder: Folder, runs: Runs) -> None:
    folder.drop("long.csv", long_file(400_000))
    assert runs.once(folder, flags=["--settle", "0"]).code == 0
    before = (folder.root / "processed/long.json").read_bytes()
    daemon = daemon_with_lower_limit(folder, runs)
    command = Reprocess(folder, "long.csv")
    wait_until(lambda: any(map(is_at_work, daemon.workers())), "a worker reads it")
    asked = time.monotonic()
    assert daemon.stop().code == 0
    assert time.monotonic() - asked < 8
    assert command.wait().files == {"long.csv": "not done, stopped before it was processed"}
    assert (folder.root / "processed/long.json").read_bytes() == before
    assert findings(folder.root) == []


def is_at_work(pid: int) -> bool:
    """Return whether a worker has the long file open."""
    with contextlib.suppress(OSError):
        return any(each.resolve().name == "long.csv" for each in Path(f"/proc/{pid}/fd").iterdir())
    return False


def test_prune_beside_it_leaves_each_result_with_its_file_or_its_note(folder: Folder, runs: Runs) -> None:
    filed(folder, FILES)
    daemon = daemon_with_lower_limit(folder, runs)
    command = Reprocess(folder, "--all")
    command.first_line()
    now = datetime.now(UTC) + timedelta(days=1)
    pruned = {each.name for each in prune(FileSystem(), os.fsencode(folder.root), now) if not each.problem}
    said = command.wait()
    assert findings(folder.root) == []
    assert pruned
    invalid = invalid_rows(folder)
    for name, kind in said.files.items():
        assert kind == "processed" or os.fsencode(name) in pruned, kind
        record = f"processed/{name.removesuffix('.csv')}.json"
        assert invalid[record] == (kind == "processed")
        assert ("archived" in folder.document(record)) == (os.fsencode(name) in pruned)
    assert daemon.stop().code == 0


def test_after_a_kill_no_file_is_taken_for_done_and_a_second_request_completes(
    folder: Folder, runs: Runs
) -> None:
    names = filed_with_a_long_one(folder)
    daemon = daemon_with_lower_limit(folder, runs)
    command = Reprocess(folder, *names)
    daemon.until_many(FIRST, "file.reprocessed")
    daemon.stop(signal.SIGKILL)
    said = command.wait()
    assert said.code == 3
    done = [name for name, kind in said.files.items() if kind == "processed"]
    invalid = invalid_rows(folder)
    assert [invalid[f"processed/{name.removesuffix('.csv')}.json"] for name in done] == [1] * len(done)
    assert findings(folder.root) == []
    daemon = daemon_with_lower_limit(folder, runs)
    assert Reprocess(folder, "--older-profile").wait().code == 0
    assert set(invalid_rows(folder).values()) == {1}
    assert len(list((folder.root / "processed/.history").rglob("*.json"))) == len(names)
    assert daemon.stop().code == 0


def test_a_command_that_is_killed_costs_the_daemon_nothing(folder: Folder, runs: Runs) -> None:
    filed(folder, FILES)
    daemon = daemon_with_lower_limit(folder, runs)
    for _ in range(MAX_PARTS):
        command = Reprocess(folder, "--all")
        command.first_line()
        command._process.kill()
        command.wait()
    assert findings(folder.root) == []
    ended = daemon.stop()
    assert (ended.code, ended.event("watcher.stopped")["hung"]) == (0, False)
