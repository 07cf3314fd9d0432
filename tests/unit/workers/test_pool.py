"""What this system offers a pool of workers."""

import os
import sys

import pytest

from processing.workers.pool import can_run_workers, usable_cores


def test_only_linux_runs_worker_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_run_workers() == (sys.platform == "linux")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not can_run_workers()


def test_the_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5, 7}, raising=False)
    assert usable_cores() == 3


def test_without_affinity_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert usable_cores() == 6
