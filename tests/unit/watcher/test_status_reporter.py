"""The state of the daemon as `status`, systemd and Prometheus see it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from watcher import settings, status_reporter
from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.named_files import NamedFiles
from watcher.dispatch.in_flight import InFlight
from watcher.errors import SettingsError
from watcher.job import NO_SPACE, Identity, Job
from watcher.monitoring.health import Health
from watcher.status_reporter import StatusReporter
from watcher.system.lock import Lock


class Reporter:
    """A reporter with the parts that it asks."""

    def __init__(self, root: Path, **flags: object) -> None:
        self.log = CapturingLogger()
        self.health = Health(self.log)
        self.in_flight = InFlight(10)
        self.lock = Lock(root)
        self.lock.take()
        self.reporter = StatusReporter(
            settings.load({"data_dir": str(root), **flags}, {}),
            self.health,
            self.lock,
            NamedFiles([], IgnoredNames(self.log)),
            Pending(),  # type: ignore[arg-type]
            self.in_flight,
            single_run=False,
        )


class Pending:
    """Three pending files, one of which is due."""

    leases_unknown = False
    due = 1

    def waiting(self) -> list[Any]:
        return []

    def __len__(self) -> int:
        return 3


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Reporter]:
    parts = Reporter(tmp_path)
    yield parts
    parts.reporter.stop()
    parts.reporter.control.run()  # closes its sockets


def test_a_daemon_without_a_heartbeat_has_not_started(parts: Reporter) -> None:
    snapshot = parts.reporter.snapshot()
    assert (snapshot.pid, snapshot.silent_seconds, snapshot.counts) == (os.getpid(), None, {})


def test_a_heartbeat_binds_the_socket_and_measures_the_free_space(parts: Reporter, tmp_path: Path) -> None:
    parts.reporter.heartbeat()
    snapshot = parts.reporter.snapshot()
    assert snapshot.silent_seconds is not None
    assert snapshot.free_bytes > 0
    assert (tmp_path / ".watcher/control.sock").is_socket()


def test_what_is_queued_in_flight_and_committed_is_counted(parts: Reporter) -> None:
    parts.in_flight.add(Job(name=b"a.csv", identity=Identity(1, 2, 3, 4), seen_at=0.0))
    parts.health.count("processed", {})
    snapshot = parts.reporter.snapshot()
    assert (snapshot.waiting, snapshot.queued, snapshot.in_flight) == (2, 1, 1)
    assert snapshot.counts == {"processed": 1}


def test_too_little_space_is_a_problem_until_there_is_enough(
    parts: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([(1024, "ENOSPC: too little"), (1 << 40, "")])
    monkeypatch.setattr(status_reporter, "free_space", lambda _path: next(answers))
    monkeypatch.setattr(status_reporter, "CHECK_SECONDS", 0.0)
    parts.reporter.heartbeat()
    assert [problem.code for problem in parts.health.problems] == [NO_SPACE]
    parts.reporter.heartbeat()
    assert parts.health.problems == []
    assert [call.args[0] for call in parts.log.calls] == ["folders.fault", "folders.recovered"]


def test_without_the_library_of_the_metrics_the_error_names_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "watcher.monitoring.prometheus", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(SettingsError, match="pip install"):
        Reporter(tmp_path, metrics_port=9090)
