"""A backfill with a cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.conftest import Cluster, fill, kill, records, until
from tests.support.program import ROOT

pytest.importorskip("distributed", reason="make test-cluster runs these")


def command(source: Path, out: Path, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "processing", str(source), "-o", str(out), *flags],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_backfill_gives_the_same_bytes_as_on_this_machine_although_a_worker_is_killed(
    tmp_path: Path, cluster: Cluster
) -> None:
    fill(tmp_path / "in", 500)
    cluster.start()
    with command(tmp_path / "in", tmp_path / "there", "--engine", cluster.address) as there:
        until(lambda: any((tmp_path / "there").rglob("*.json")), "work is going on")
        kill(cluster.workers[0])
        printed = there.communicate(timeout=120)[0]
    assert there.returncode == 0, printed
    with command(tmp_path / "in", tmp_path / "here") as here:
        here.communicate(timeout=120)
    assert len(records(tmp_path / "there")) == 500
    assert records(tmp_path / "there") == records(tmp_path / "here")


def test_a_backfill_waits_for_a_lost_scheduler(tmp_path: Path, cluster: Cluster) -> None:
    fill(tmp_path / "in", 600)
    cluster.start()
    with command(tmp_path / "in", tmp_path / "out", "--engine", cluster.address) as run:
        until(lambda: any((tmp_path / "out").rglob("*.json")), "work is going on")
        cluster.end()
        assert run.poll() is None
        cluster.start()
        printed = run.communicate(timeout=120)[0]
    assert run.returncode == 0, printed
    assert len(records(tmp_path / "out")) == 600


def test_a_backfill_without_a_scheduler_says_so_and_exits_3(tmp_path: Path, cluster: Cluster) -> None:
    fill(tmp_path / "in", 3)
    with command(tmp_path / "in", tmp_path / "out", "--engine", cluster.address) as run:
        printed = run.communicate(timeout=60)[0]
    assert run.returncode == 3
    assert cluster.address in printed.splitlines()[-1]
