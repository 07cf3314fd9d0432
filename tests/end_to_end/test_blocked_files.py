"""Files that cannot be read, or moved out of their sender's folder: they alone wait, and turn status red."""

from __future__ import annotations

import json
import subprocess
from collections import Counter

import pytest

from tests.support.in_process import call
from tests.support.program import ROOT, Folder, Program, Runs, wait_until

QUIET = ("--scan-interval", "0.3")


def reasons(folder: Folder) -> Counter[str]:
    done = call("status", "--json", "--data-dir", folder.root)
    return Counter(reason["code"] for reason in json.loads(done.stdout)["reasons"])


def check_blocks_itself_alone(program: Program, folder: Folder, place: str) -> None:
    program.until("file.blocked", file="roof/a.csv")
    for number in range(3):
        folder.drop(f"{number}.csv")
        program.until("file.processed", file=f"{number}.csv")
    wait_until(lambda: reasons(folder) == {"file_blocked": 1}, "status is red for this file alone")
    events = Counter(line["event"] for line in program.lines)
    assert (events["file.blocked"], events["folders.fault"], events["folders.recovered"]) == (1, 0, 0)
    assert program.until("file.blocked")["error"].endswith(place)
    assert not (folder.root / "processed/roof/a.json").exists()


def test_a_blocked_file_is_taken_once_its_folder_can_be_emptied(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    device = folder.drop("roof/a.csv").parent
    device.chmod(0o555)
    program = runs.daemon(folder, *QUIET, prefix=as_ordinary_user)
    assert program.until("file.blocked")["error"] == "EACCES: Permission denied incoming/roof"
    device.chmod(0o755)
    program.until("file.processed", file="roof/a.csv")
    program.stop()


@pytest.mark.long
def test_a_sub_folder_made_by_another_account_blocks_its_own_files_alone(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...], second_user: tuple[str, ...]
) -> None:
    folder.incoming.chmod(0o2777)
    program = runs.daemon(folder, *QUIET, prefix=as_ordinary_user)
    make = f"umask 022; mkdir roof; printf '{(ROOT / 'data/samples/clean_day.csv').read_text()}' > roof/a.csv"
    subprocess.run([*second_user, "sh", "-c", make], cwd=folder.incoming, check=True)
    check_blocks_itself_alone(program, folder, "incoming/roof")
    program.stop()


@pytest.mark.long
def test_2100_unreadable_files_hold_up_no_other_in_their_folder(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    for number in range(2_100):
        folder.drop(f"roof/{number}.csv").chmod(0)
    program = runs.daemon(folder, *QUIET, prefix=as_ordinary_user)
    program.until_many(2_100, "file.unreadable")
    folder.drop("roof/good.csv")
    program.until("file.processed", file="roof/good.csv")
    program.stop()


def test_once_leaves_a_blocked_file_and_files_the_others(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    folder.drop("roof/a.csv").parent.chmod(0o555)
    folder.drop("b.csv")
    ended = runs.once(folder, prefix=as_ordinary_user)
    assert ended.code == 3
    assert ended.event("file.processed")["file"] == "b.csv"
    assert ended.event("file.left_behind")["reason"] == "blocked: EACCES: Permission denied incoming/roof"
    assert not ended.events("folders.fault")
