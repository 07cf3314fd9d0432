"""`accept`: from a drop that is rejected to right figures, beside a daemon and without one."""

from tests.support.base_day import written
from tests.support.in_process import Answer, call, run_once
from tests.support.program import Folder, Runs

DATES = written("time,power", "{m}/{d}/{y} {clock},{p}").encode()


def accept(folder: Folder, *arguments: str) -> Answer:
    return call("accept", *arguments, "--data-dir", folder.root)


def energy(folder: Folder, name: str) -> float:
    found: float = folder.document(f"processed/{name}.json")["metrics"]["total_energy_kwh"]
    return found


def test_without_a_daemon_the_next_start_reads_the_file_and_those_that_follow(folder: Folder) -> None:
    folder.drop("roof/x.csv", DATES)
    assert run_once(folder).code == 1
    assert accept(folder, "roof/x.csv").returncode == 2
    done = accept(folder, "roof/x.csv", "2")
    assert (done.returncode, done.stderr) == (0, "")
    folder.drop("roof/y.csv", DATES.replace(b"06/10/", b"06/12/"))
    assert run_once(folder).code == 0
    assert (energy(folder, "roof/x"), energy(folder, "roof/y")) == (0.119989, 0.119989)
    assert folder.document("processed/roof/y.json")["metrics"]["period"]["start"] == "2025-06-12T12:00:00"


def test_beside_a_daemon_the_files_are_waited_for_and_the_next_needs_no_command(
    folder: Folder, runs: Runs
) -> None:
    daemon = runs.daemon(folder)
    for name in ("x", "y"):
        folder.drop(f"{name}.csv", DATES.replace(b"12:00:00", b"12:00:01") if name == "y" else DATES)
    daemon.until_many(2, "file.quarantined")
    done = accept(folder, "x.csv", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("2 processed, 0 rejected\n")
    folder.drop("z.csv", DATES.replace(b"06/10/", b"06/13/"))
    daemon.until("file.processed", file="z.csv")
    assert daemon.stop().code == 0
    assert energy(folder, "x") == 0.119989


def test_a_file_that_is_rejected_again_is_said_to_be_so(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    folder.drop("x.csv", DATES)
    daemon.until("file.quarantined")
    reason = folder.root / "quarantine/x.csv.reason.json"
    reason.write_text(reason.read_text().replace("%m/%d/%Y %H:%M:%S", "%Y"))
    done = accept(folder, "x.csv", "2")
    assert done.returncode == 1
    assert "x.csv: rejected again: " in done.stdout
    assert done.stdout.endswith("0 processed, 1 rejected\n")
    assert daemon.stop().code == 0
