"""`accept`: from a drop that is rejected to right figures, beside a daemon and without one."""

import html
import shlex
from collections.abc import Iterator

import pytest

from tests.support.base_day import TWO_DATES, written
from tests.support.in_process import Answer, call, run_once
from tests.support.program import Folder, Program, Runs


def accept(folder: Folder, *arguments: str) -> Answer:
    return call("accept", *arguments, "--data-dir", folder.root)


def test_the_command_of_a_message_works_as_it_is_on_a_folder_that_is_not_the_default(folder: Folder) -> None:
    config = folder.root.parent / "my limits.toml"
    config.write_text("settle = 1\n")
    folder.drop("roof/x.csv", TWO_DATES)
    message = run_once(folder, flags=["--config", str(config)]).event("file.quarantined")["message"]
    command = f"python -m watcher accept --data-dir {folder.root} --config '{config}' roof/x.csv"
    assert f" To read it: {command} N; or write in a profile (" in message
    assert folder.document("quarantine/roof/x.csv.reason.json")["error"]["message"] == message
    index = html.unescape((folder.root / "processed/index.html").read_text())
    assert f"To read it: {command} N; or write" in index
    assert f"<code>{command.replace('accept', 'retry').removesuffix('roof/x.csv')}NAME</code>" in index
    shown = call(*shlex.split(command)[3:])
    assert shown.stdout.endswith(f"take one: {command} N\n")


def test_without_a_daemon_the_next_start_reads_the_file_and_those_that_follow(folder: Folder) -> None:
    folder.drop("roof/x.csv", TWO_DATES)
    assert run_once(folder).code == 1
    assert accept(folder, "roof/x.csv").returncode == 2
    done = accept(folder, "roof/x.csv", "2")
    assert (done.returncode, done.stderr) == (0, "")
    folder.drop("roof/y.csv", TWO_DATES.replace(b"06/10/", b"06/12/"))
    assert run_once(folder).code == 0
    assert (folder.energy("roof/x"), folder.energy("roof/y")) == (0.119989, 0.119989)
    assert folder.document("processed/roof/y.json")["metrics"]["period"]["start"] == "2025-06-12T12:00:00"


@pytest.fixture(scope="module")
def daemon(watched: Folder, module_runs: Runs) -> Iterator[Program]:
    daemon = module_runs.daemon(watched)
    yield daemon
    assert daemon.stop().code == 0


def test_beside_a_daemon_the_files_are_waited_for_and_the_next_needs_no_command(
    watched: Folder, daemon: Program
) -> None:
    for name in ("x", "y"):
        watched.drop(f"{name}.csv", TWO_DATES.replace(b"12:00:00", b"12:00:01") if name == "y" else TWO_DATES)
        daemon.until("file.quarantined", file=f"{name}.csv")
    done = accept(watched, "x.csv", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("2 processed, 0 rejected\n")
    watched.drop("z.csv", TWO_DATES.replace(b"06/10/", b"06/13/"))
    daemon.until("file.processed", file="z.csv")
    assert watched.energy("x") == 0.119989


def test_a_file_that_is_rejected_again_is_said_to_be_so(watched: Folder, daemon: Program) -> None:
    watched.drop("other.csv", written("time,power,note", "{m}/{d}/{y} {clock},{p},1").encode())
    daemon.until("file.quarantined", file="other.csv")
    reason = watched.root / "quarantine/other.csv.reason.json"
    reason.write_text(reason.read_text().replace("%m/%d/%Y %H:%M:%S", "%Y-%m-%d"))
    done = accept(watched, "other.csv", "2")
    assert done.returncode == 1
    assert "other.csv: rejected again: " in done.stdout
    assert done.stdout.endswith("0 processed, 1 rejected\n")
