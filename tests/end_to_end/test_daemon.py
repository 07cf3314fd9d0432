"""The daemon as a process: how files arrive, what a worker's end costs, how it stops."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.in_process import call
from tests.support.program import (
    BROKEN,
    GOOD,
    HEADER,
    ROWS,
    SECONDS,
    Folder,
    Program,
    Runs,
    long_file,
    no_root,
    wait_until,
)
from tests.unit.monitoring.test_prometheus import reachable_sockets

OTHER = HEADER + ROWS[0]
LONG_ROWS = 200_000
LONG = long_file(LONG_ROWS)
THREAD_HEAP_BYTES = 64 << 20
"""glibc reserves that much for the heap of a thread, and more than it uses at first."""


@pytest.fixture(scope="module")
def daemon(watched: Folder, module_runs: Runs) -> Iterator[Program]:
    daemon = module_runs.daemon(watched, "--watch", "events", "--scan-interval", "3600")
    yield daemon
    assert daemon.stop().code == 0


def test_a_file_that_is_written_slowly_is_taken_once_and_whole(watched: Folder, daemon: Program) -> None:
    with (watched.incoming / "slow.csv").open("wb", buffering=0) as file:
        for part in (HEADER, ROWS[0], ROWS[1][:9], ROWS[1][9:], ROWS[2]):
            file.write(part)
            time.sleep(0.08)  # longer than it takes to settle: what keeps it back is that it is open
    assert daemon.until("file.processed", file="slow.csv")["rows_processed"] == 3
    assert len([line for line in daemon.lines if line.get("file") == "slow.csv"]) == 1
    assert (watched.root / "archive/slow.csv").read_bytes() == GOOD


def test_a_file_renamed_in_incoming_is_taken_under_its_new_name(watched: Folder, daemon: Program) -> None:
    watched.drop(".renamed.part").rename(watched.incoming / "renamed.csv")
    assert daemon.until("file.processed", file="renamed.csv")["rows_processed"] == 3


def test_a_file_moved_in_from_outside_is_taken(watched: Folder, daemon: Program, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(GOOD)
    (tmp_path / "x").rename(watched.incoming / "moved.csv")
    assert daemon.until("file.processed", file="moved.csv")["rows_processed"] == 3


def test_a_file_in_a_sub_folder_made_later_is_taken(watched: Folder, daemon: Program) -> None:
    watched.drop("later/deep/x.csv")
    daemon.until("file.processed", file="later/deep/x.csv")
    watched.drop("later/deep/y.csv")
    daemon.until("file.processed", file="later/deep/y.csv")
    assert {"archive/later/deep/x.csv", "processed/later/deep/y.json"} <= watched.files()


def test_a_folder_moved_in_with_its_files_is_taken(watched: Folder, daemon: Program, tmp_path: Path) -> None:
    (tmp_path / "device" / "day").mkdir(parents=True)
    (tmp_path / "device" / "day" / "x.csv").write_bytes(GOOD)
    (tmp_path / "device").rename(watched.incoming / "device")
    daemon.until("file.processed", file="device/day/x.csv")


def test_the_same_bytes_dropped_twice_are_a_duplicate(watched: Folder, daemon: Program) -> None:
    watched.drop("twice.csv")
    daemon.until("file.processed", file="twice.csv")
    record = (watched.root / "processed/twice.json").read_bytes()
    watched.drop("twice.csv")
    duplicate = daemon.until("file.duplicate", file="twice.csv")
    assert duplicate["destination"] == "archive/twice.csv"
    assert (watched.root / "processed/twice.json").read_bytes() == record
    assert not (watched.incoming / "twice.csv").exists()


def test_other_bytes_under_a_taken_name_replace_nothing(watched: Folder, daemon: Program) -> None:
    watched.drop("name.csv")
    daemon.until("file.processed", file="name.csv")
    watched.drop("name.csv", OTHER)
    second = daemon.until_many(2, "file.processed", file="name.csv")[1]
    assert second["destination"] == f"archive/name.{second['sha256'][:12]}.csv"
    assert (watched.root / "archive/name.csv").read_bytes() == GOOD
    assert (watched.root / second["destination"]).read_bytes() == OTHER


def test_a_corrected_file_is_processed_and_keeps_what_was_wrong_before(
    watched: Folder, daemon: Program
) -> None:
    watched.drop("mended.csv", BROKEN)
    daemon.until("file.quarantined", file="mended.csv")
    watched.drop("mended.csv")
    daemon.until("file.processed", file="mended.csv")
    previous = watched.document("processed/mended.json")["previous"]
    assert previous["error"]["code"] == "missing_columns"
    assert (watched.root / "quarantine/mended.csv").read_bytes() == BROKEN


def test_a_file_that_is_not_a_csv_is_logged_once_however_often_it_is_touched(
    watched: Folder, daemon: Program
) -> None:
    for _ in range(3):
        watched.drop("notes.txt", b"not for us")
    watched.drop("after.csv")
    daemon.until("file.processed", file="after.csv")
    assert len([line for line in daemon.lines if line.get("file") == "notes.txt"]) == 1


def test_a_file_removed_before_it_is_stable_leaves_no_trace(watched: Folder, daemon: Program) -> None:
    with (watched.incoming / "gone.csv").open("wb", buffering=0) as file:
        file.write(GOOD)
        os.unlink(file.name)
    watched.drop("stays.csv")
    daemon.until("file.processed", file="stays.csv")
    assert not [line for line in daemon.lines if line.get("file") == "gone.csv"]


def test_the_daemons_own_process_has_not_loaded_numpy(watched: Folder, daemon: Program) -> None:
    watched.drop("any.csv")
    daemon.until("file.processed", file="any.csv")
    (worker,) = daemon.workers()
    assert "numpy" in Path(f"/proc/{worker}/maps").read_text(), "else this would show nothing"
    assert "numpy" not in Path(f"/proc/{daemon.pid}/maps").read_text()


def test_without_a_metrics_port_it_does_not_listen(daemon: Program) -> None:
    assert reachable_sockets(daemon) == set()


def test_a_worker_that_is_killed_costs_its_file_one_attempt(watched: Folder, daemon: Program) -> None:
    watched.drop("killed.csv", LONG)
    os.kill(worker_that_reads(daemon, watched.incoming / "killed.csv"), signal.SIGKILL)
    assert daemon.until("file.attempt_failed", file="killed.csv")["attempt"] == 1
    assert daemon.until("file.processed", file="killed.csv")["rows_processed"] == LONG_ROWS


def test_a_file_whose_worker_dies_three_times_goes_to_quarantine(watched: Folder, daemon: Program) -> None:
    watched.drop("crashes.csv", LONG)
    for number in (1, 2, 3):
        os.kill(worker_that_reads(daemon, watched.incoming / "crashes.csv"), signal.SIGKILL)
        daemon.until("file.attempt_failed", file="crashes.csv", attempt=number)
    assert daemon.until("file.quarantined", file="crashes.csv")["reason"] == "worker_crashed"
    reason = watched.document("quarantine/crashes.csv.reason.json")
    assert reason["error"]["code"] == "worker_crashed"
    assert "SIGKILL" in reason["error"]["message"]
    assert (watched.root / "quarantine/crashes.csv").read_bytes() == LONG


def test_a_worker_that_is_killed_while_idle_costs_no_file_an_attempt(
    watched: Folder, daemon: Program
) -> None:
    watched.drop("first.csv")
    daemon.until("file.processed", file="first.csv")
    for worker in daemon.workers():
        os.kill(worker, signal.SIGKILL)
    watched.drop("second.csv")
    daemon.until("file.processed", file="second.csv")
    failed = [line["file"] for line in daemon.lines if line["event"] == "file.attempt_failed"]
    assert not {"first.csv", "second.csv"} & set(failed)


def test_a_second_daemon_on_the_folder_gives_3_and_names_the_first(watched: Folder, daemon: Program) -> None:
    second = call("--data-dir", watched.root)
    assert second.returncode == 3
    assert f"process {daemon.pid} " in second.stderr
    watched.drop("beside.csv")
    daemon.until("file.processed", file="beside.csv")


class Impatient(NamedTuple):
    folder: Folder
    daemon: Program


def status_of(folder: Folder) -> str:
    return call("status", "--data-dir", folder.root).stdout


def sparse(folder: Folder, name: str, size: int) -> Path:
    """Drop a file of zeros that takes no space on the disk."""
    with (folder.root / "sparse").open("wb") as file:
        file.truncate(size)
    return (folder.root / "sparse").rename(folder.incoming / name)


@pytest.mark.long
def test_a_file_over_the_limit_may_be_hashed_for_longer_than_a_file_may_be_processed(
    folder: Folder, runs: Runs
) -> None:
    daemon = runs.daemon(folder, "--max-file-bytes", "1MiB", "--file-seconds", "0.1")
    sparse(folder, "large.csv", 250_000_000)
    assert daemon.until("file.quarantined", file="large.csv")["reason"] == "too_large"
    ended = daemon.stop()
    assert ended.code == 0
    assert ended.events("file.attempt_failed") == []


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory, module_runs: Runs) -> Iterator[Impatient]:
    """A daemon that gives a file little time, and its folder."""
    folder = Folder(tmp_path_factory.mktemp("impatient") / "data")
    daemon = module_runs.daemon(folder, "--max-file-bytes", "1MiB", "--file-seconds", "1.5")
    yield Impatient(folder, daemon)
    assert daemon.stop().code == 0


def hanging_worker(folder: Folder, daemon: Program, name: str) -> int:
    """Return the worker that has just processed a file of this name, and is now stopped."""
    folder.drop(name)
    daemon.until("file.processed", file=name)
    (worker,) = daemon.workers()
    os.kill(worker, signal.SIGSTOP)
    return worker


def test_a_worker_that_hangs_costs_its_file_one_attempt(impatient: Impatient) -> None:
    folder, daemon = impatient
    worker = hanging_worker(folder, daemon, "warm.csv")
    folder.drop("x.csv")
    assert "1.5 s" in daemon.until("file.attempt_failed", file="x.csv")["error"]
    daemon.until("file.processed", file="x.csv")
    wait_until(lambda: worker not in daemon.workers(), "the hanging worker is killed")


def test_a_file_that_cannot_be_hashed_frees_its_worker_and_is_named(impatient: Impatient) -> None:
    folder, daemon = impatient
    worker = hanging_worker(folder, daemon, "warm again.csv")
    sparse(folder, "large.csv", 40_000_000)
    wait_until(lambda: worker not in daemon.workers(), "the worker that hangs is killed")
    folder.drop("after.csv")
    daemon.until("file.processed", file="after.csv")
    assert daemon.until("file.blocked")["error"] == "it cannot be hashed: not finished after 2 s"
    wait_until(lambda: "large.csv: blocked: it cannot be hashed" in status_of(folder), "status names it")
    assert "incoming/large.csv" in folder.files()


@pytest.mark.long
def test_the_least_memory_is_enough_for_a_day_also_after_a_file_that_needs_more(
    folder: Folder, runs: Runs
) -> None:
    daemon = runs.daemon(folder, "--file-memory", "64MiB")
    folder.drop("large.csv", long_file(600_000))
    assert daemon.until("file.quarantined", file="large.csv")["reason"] == "too_large"
    folder.drop("x.csv")
    daemon.until("file.processed", file="x.csv")
    assert daemon.stop().events("file.attempt_failed") == []


def test_a_signal_stops_it_cleanly(folder: Folder, runs: Runs) -> None:
    ended = runs.daemon(folder).stop(signal.SIGINT)
    assert ended.code == 0
    assert ended.errors == ""
    assert ended.lines[-1]["event"] == "watcher.stopped"
    assert ended.lines[-1]["cause"] == "SIGINT"
    assert ended.lines[-1]["hung"] is False


def test_a_file_in_flight_at_the_stop_is_still_committed(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    path = folder.drop("long.csv", LONG)
    worker_that_reads(daemon, path)
    ended = daemon.stop()
    assert ended.code == 0
    assert ended.event("watcher.stopping")["in_flight"] == 1
    assert (ended.lines[-1]["cause"], ended.lines[-1]["hung"], ended.errors) == ("SIGTERM", False, "")
    assert folder.files() == {"archive/long.csv", "processed/long.json"}


def test_a_file_that_is_not_processed_before_the_stop_stays_in_incoming_without_a_problem(
    folder: Folder, runs: Runs
) -> None:
    daemon = runs.daemon(folder)
    worker = worker_that_reads(daemon, folder.drop("long.csv", LONG))
    os.kill(worker, signal.SIGSTOP)
    asked = time.monotonic()
    ended = daemon.stop()
    assert time.monotonic() - asked < 8
    assert ended.code == 0
    assert folder.files() == {"incoming/long.csv"}
    went_wrong = {line["event"] for line in ended.lines if line["level"] != "info"}
    assert went_wrong <= {"folders.not_kept"}, "it is logged in a container"


def test_the_second_signal_ends_it_at_once_whichever_thread_gets_it_and_nothing_is_lost(
    folder: Folder, runs: Runs
) -> None:
    daemon = runs.daemon(folder)
    worker = worker_that_reads(daemon, folder.drop("long.csv", LONG))
    os.kill(worker, signal.SIGSTOP)
    daemon.send(signal.SIGTERM)
    daemon.until("watcher.stopping")
    assert ctypes.CDLL(None).tgkill(daemon.pid, daemon.other_thread(signal.SIGTERM), signal.SIGTERM) == 0
    assert daemon.wait().code == 3, "at once: a stop that takes its time gives 0"
    assert folder.files() == {"incoming/long.csv"}


def test_no_thread_has_a_heap_of_its_own(watched: Folder, daemon: Program) -> None:
    watched.drop("heap.csv")
    daemon.until("file.processed", file="heap.csv")
    areas = [line.split(maxsplit=2)[:2] for line in Path(f"/proc/{daemon.pid}/maps").read_text().splitlines()]
    reserved = [int(area.split("-")[1], 16) for area, access in areas if access == "---p"]
    assert [end for end in reserved if not end % THREAD_HEAP_BYTES] == []


def test_the_next_start_completes_the_work_of_a_killed_daemon(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    worker_that_reads(daemon, folder.drop("long.csv", LONG))
    assert daemon.stop(signal.SIGKILL).code == -signal.SIGKILL
    folder.drop("device/y.csv")
    successor = runs.daemon(folder)
    successor.until_many(2, "file.processed")
    assert successor.stop().code == 0
    filed = {"archive/long.csv", "processed/long.json"}
    assert folder.files() == {*filed, "archive/device/y.csv", "processed/device/y.json"}


def worker_that_reads(daemon: Program, path: Path) -> int:
    """Return the pid of the worker that has a file open, waiting for it."""
    wanted = path.resolve()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for pid in daemon.workers():
            with contextlib.suppress(OSError):
                if wanted in {link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir()}:
                    return pid
        time.sleep(0.002)
    raise AssertionError(f"no worker reads {path}")


def test_a_fault_names_the_folder_that_cannot_be_written(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    daemon = runs.daemon(folder, prefix=as_ordinary_user)
    for number, place in enumerate(["processed", "archive"], 1):
        (folder.root / place).chmod(0o555)
        folder.drop(f"{place}.csv")
        fault = daemon.until_many(number, "folders.fault")[-1]
        assert fault["error"] == f"EACCES: Permission denied {place}"
        (folder.root / place).chmod(0o755)
        daemon.until_many(number, "folders.recovered")
    assert daemon.stop().code == 0


START_A_THREAD_AT_THE_LIMIT = """
import resource, sys, threading
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    threading.Thread(target=int).start()
except RuntimeError:
    sys.exit(7)
"""


@pytest.mark.long
def test_at_the_limit_of_processes_everything_is_committed_by_the_threads_that_run(
    folder_of_another_user: Folder, runs: Runs
) -> None:
    command = [*no_root(), sys.executable, "-c", START_A_THREAD_AT_THE_LIMIT]
    if shutil.which("prlimit") is None or subprocess.run(command, check=False).returncode != 7:
        pytest.skip("the limit of processes (RLIMIT_NPROC) binds no process here")
    daemon = runs.daemon(folder_of_another_user, prefix=no_root())
    folder_of_another_user.drop("first.csv")
    daemon.until("file.processed", file="first.csv")
    subprocess.run([*no_root(), "prlimit", "--nproc=1:1", "--pid", str(daemon.pid)], check=True)
    for number in range(40):
        folder_of_another_user.drop(f"{number}.csv")
    daemon.until_many(41, "file.processed")
    assert daemon.stop().code == 0
