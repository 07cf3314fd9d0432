"""The daemon with a cluster whose processes are killed one after another."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import Cluster, archived, fill, kill, parent_of, records, until
from tests.support.program import BROKEN, GOOD, ROOT, Folder, Runs, long_file

pytest.importorskip("distributed", reason="make test-cluster runs these")
LONG = long_file(600_000)


def once(folder: Folder, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "watcher", "--once", "--settle", "0", "--data-dir", str(folder.root)]
    return subprocess.run(
        [*command, *flags], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )


def status(folder: Folder) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "watcher", "status", "--json", "--data-dir", str(folder.root)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return printed.returncode, json.loads(printed.stdout)


def filed_lines(run: Any) -> list[str]:
    return sorted(line["file"] for line in run.lines if line["event"] == "file.processed")


def said(run: Any, event: str, **fields: object) -> Any:
    """Return the first line of an event with these fields, waiting for it as long as for all else here."""
    wanted = {"event": event, **fields}

    def lines() -> list[Any]:
        return [line for line in run.lines if wanted.items() <= line.items()]

    until(lines, f"{wanted} is logged")
    return lines()[0]


def failed(run: Any) -> int:
    """Return how many attempts at the file that crashes have cost a worker."""
    crash = {"event": "file.attempt_failed", "file": "crashes.csv"}
    return sum(crash.items() <= line.items() for line in run.lines)


def test_2000_files_give_the_same_bytes_as_on_this_machine(tmp_path: Path, cluster: Cluster) -> None:
    here, there = Folder(tmp_path / "here"), Folder(tmp_path / "there")
    fill(here.incoming, 2_000)
    shutil.copytree(here.incoming, there.incoming, dirs_exist_ok=True)
    for folder in (here, there):
        folder.drop("device-0/broken.csv", BROKEN)
    cluster.start()
    assert once(here).returncode == 1
    ran = once(there, "--engine", cluster.address)
    assert ran.returncode == 1, ran.stderr
    assert archived(there) == 2_000
    assert records(there.root / "processed") == records(here.root / "processed")
    assert (there.root / "quarantine/device-0/broken.csv").exists()
    audit = [sys.executable, "-m", "watcher", "audit", "--data-dir", str(there.root)]
    assert subprocess.run(audit, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_files_of_a_killed_worker_are_processed_by_the_other_and_archived_once(
    folder: Folder, runs: Runs, cluster: Cluster
) -> None:
    fill(folder.incoming, 400)
    cluster.start()
    daemon = runs.daemon(folder, "--engine", cluster.address, "--workers", "2")
    until(lambda: archived(folder) > 20, "work is going on")
    kill(cluster.workers[0])
    until(lambda: archived(folder) == 400, "all are archived")
    ended = daemon.stop()
    assert ended.code == 0
    assert len(set(filed_lines(ended))) == len(filed_lines(ended)) == 400
    assert not ended.events("file.quarantined")
    assert not ended.events("file.attempt_failed")


def test_only_the_file_that_kills_its_process_is_quarantined(
    folder: Folder, runs: Runs, cluster: Cluster
) -> None:
    cluster.start()
    daemon = runs.daemon(folder, "--engine", cluster.address)
    crashes = folder.drop("crashes.csv", LONG)
    for number in range(20):
        folder.drop(f"neighbour-{number}.csv")
    while failed(daemon) < 3:
        if pid := cluster.reader_of(crashes):
            os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: cluster.reader_of(crashes) != pid, "it ends")
    assert said(daemon, "file.quarantined", file="crashes.csv")["reason"] == "worker_crashed"
    until(lambda: archived(folder) == 20, "its neighbours are archived")
    assert all(worker.poll() is None for worker in cluster.workers)
    assert daemon.stop().code == 0


def test_only_the_file_that_kills_dask_workers_is_quarantined(
    folder: Folder, runs: Runs, tmp_path: Path
) -> None:
    cluster = Cluster(tmp_path, {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"})
    try:
        cluster.start("--nanny")
        daemon = runs.daemon(folder, "--engine", cluster.address)
        crashes = folder.drop("crashes.csv", LONG)
        for number in range(20):
            folder.drop(f"neighbour-{number}.csv")
        while failed(daemon) < 3:
            if pid := cluster.reader_of(crashes):
                os.kill(parent_of(pid), signal.SIGKILL)
                until(
                    lambda pid=pid: cluster.reader_of(crashes) != pid,
                    "a task ends with its worker",
                )
        assert said(daemon, "file.quarantined", file="crashes.csv")["reason"] == "worker_crashed"
        until(lambda: archived(folder) == 20, "its neighbours are archived")
        assert daemon.stop().code == 0
    finally:
        cluster.end()


def test_while_the_scheduler_is_lost_files_stay_and_health_is_red(
    folder: Folder, runs: Runs, cluster: Cluster
) -> None:
    cluster.start()
    daemon = runs.daemon(folder, "--engine", cluster.address)
    folder.drop("before.csv")
    until(lambda: archived(folder) == 1, "the first is archived")
    assert status(folder)[0] == 0
    fill(folder.incoming, 200)
    cluster.lose_scheduler()
    until(lambda: status(folder)[0] == 1, "health is red")
    assert [reason["code"] for reason in status(folder)[1]["reasons"]] == ["engine"]
    waiting = sum(1 for _ in folder.incoming.rglob("*.csv"))
    assert waiting + archived(folder) == 201
    for worker in cluster.workers:
        kill(worker)
    cluster.start()
    until(lambda: archived(folder) == 201, "all are archived")
    until(lambda: status(folder)[0] == 0, "health is green")
    ended = daemon.stop()
    assert len(set(filed_lines(ended))) == len(filed_lines(ended)) == 201
    assert len(ended.events("engine.fault")) == len(ended.events("engine.recovered")) == 1


def test_without_a_scheduler_from_the_start_files_wait_for_it(
    folder: Folder, runs: Runs, cluster: Cluster
) -> None:
    daemon = runs.daemon(folder, "--engine", cluster.address)
    folder.drop("x.csv")
    said(daemon, "engine.fault")
    cluster.start()
    until(lambda: archived(folder) == 1, "it is archived")
    assert daemon.stop().code == 0


def test_a_cluster_without_a_worker_turns_health_red_until_there_is_one(
    folder: Folder, runs: Runs, cluster: Cluster
) -> None:
    cluster.start_scheduler()
    daemon = runs.daemon(folder, "--engine", cluster.address)
    folder.drop("x.csv")
    assert "has no worker" in said(daemon, "engine.fault")["error"]
    cluster.start_worker()
    until(lambda: archived(folder) == 1, "it is archived")
    assert daemon.stop().code == 0


def test_a_worker_that_sees_another_incoming_costs_no_file(
    folder: Folder, runs: Runs, cluster: Cluster
) -> None:
    blind = ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none {folder.incoming} && exec "$@"', "sh")
    if subprocess.run([*blind, "true"], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    cluster.start_scheduler()
    worker = cluster.start_worker(prefix=blind)
    daemon = runs.daemon(folder, "--engine", cluster.address)
    folder.drop("x.csv")
    assert "as a worker sees it" in said(daemon, "folders.fault")["error"]
    assert (folder.incoming / "x.csv").exists()
    kill(worker)
    cluster.start_worker()
    until(lambda: archived(folder) == 1, "it is archived by a worker that sees it")
    assert daemon.stop().code == 0


@pytest.mark.parametrize("scheduler", ["busy", "lost"])
def test_a_stop_is_in_time(folder: Folder, runs: Runs, cluster: Cluster, scheduler: str) -> None:
    fill(folder.incoming, 300)
    cluster.start()
    daemon = runs.daemon(folder, "--engine", cluster.address)
    until(lambda: archived(folder) > 5, "work is going on")
    if scheduler == "lost":
        cluster.lose_scheduler()
    began = time.monotonic()
    assert daemon.stop().code == 0
    assert time.monotonic() - began < 8
    assert sum(1 for _ in folder.incoming.rglob("*.csv")) + archived(folder) == 300


def test_an_open_scheduler_beyond_this_machine_is_warned_about(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder, "--engine", "tcp://192.0.2.1:8786")
    warned = said(daemon, "engine.open")
    assert warned["level"] == "warning"
    assert "tls://" in warned["message"]
    assert daemon.stop().code == 0


def test_tls_is_as_dask_is_configured(folder: Folder, runs: Runs, tmp_path: Path) -> None:
    environ = _certificate(tmp_path)
    cluster = Cluster(tmp_path, environ, "tls")
    try:
        cluster.start()
        daemon = runs.daemon(folder, "--engine", cluster.address, **environ)
        folder.drop("x.csv", GOOD)
        until(lambda: archived(folder) == 1, "it is archived")
        assert not [line for line in daemon.lines if line["event"] == "engine.open"]
        assert daemon.stop().code == 0
        stranger = Folder(tmp_path / "stranger")
        stranger.drop("x.csv", GOOD)
        refused = once(stranger, "--engine", cluster.address)
        assert refused.returncode == 3
        assert (stranger.incoming / "x.csv").exists()
    finally:
        cluster.end()


def _certificate(folder: Path) -> dict[str, str]:
    """Make a certificate that signs itself; return the variables that name it to Dask."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cluster"]
    made = [*new, "-keyout", str(key), "-out", str(certificate)]
    if shutil.which("openssl") is None or subprocess.run(made, capture_output=True, check=False).returncode:
        pytest.skip("openssl is not here")
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    roles = {f"{tls}{role}__{what}": str(path) for role in ("SCHEDULER", "WORKER", "CLIENT")
             for what, path in (("KEY", key), ("CERT", certificate))}  # fmt: skip
    return {f"{tls}CA_FILE": str(certificate), "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true", **roles}
