"""The metrics as Prometheus would read them."""

import contextlib
import os
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.program import BROKEN, SECONDS, Folder, Program, Runs, wait_until
from tests.support.snapshots import HEALTHY, changed, old_file
from watcher.errors import SettingsError
from watcher.monitoring.prometheus import PrometheusMetrics
from watcher.monitoring.socket_server import MAX_CLIENTS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def scrape(metrics: PrometheusMetrics) -> dict[str, float]:
    """Serve, read the page over HTTP and parse it: name and labels to value."""
    port = free_port()
    metrics.listen("127.0.0.1", port)
    thread = threading.Thread(target=metrics.server.run)
    thread.start()
    try:
        return read(port)
    finally:
        metrics.server.listen(None)
        thread.join()


def read(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as page:
        text = page.read().decode()
    return {
        sample.name + "".join(f" {key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_metrics_show_outcomes_stages_and_queues_but_no_file_name() -> None:
    snapshot = changed(
        counts={"processed": 2, "quarantined": 1},
        files=[old_file(40)],
        waiting=3,
        queued=2,
        in_flight=1,
        busy_seconds=3600.0,
        backlog=6,
        degraded="FUSE",
    )
    metrics = PrometheusMetrics(lambda: snapshot)
    metrics.observe({"engine": 3.0})
    metrics.observe({"engine": 30.0, "file": 1.5})
    page = scrape(metrics)
    assert page["watcher_files_total outcome=processed"] == 2
    assert page["watcher_files_total outcome=quarantined"] == 1
    assert page["watcher_stage_seconds_bucket le=0.005 stage=engine"] == 1
    assert page["watcher_stage_seconds_count stage=engine"] == 2
    assert page["watcher_stage_seconds_sum stage=engine"] == pytest.approx(0.033)
    assert (page["watcher_waiting_files"], page["watcher_queued_files"]) == (3, 2)
    assert (page["watcher_in_flight_files"], page["watcher_incoming_files"]) == (1, 6)
    assert (page["watcher_oldest_waiting_seconds"], page["watcher_last_scan_seconds"]) == (40, 29)
    assert page["watcher_free_bytes"] == 2**40
    assert page["watcher_degraded"] == 1
    assert page["watcher_healthy"] == 0  # one in flight for an hour
    assert not any("a.csv" in name for name in page)


def test_the_healthy_metric_is_one_or_zero() -> None:
    page = scrape(PrometheusMetrics(lambda: HEALTHY))
    assert (page["watcher_healthy"], page["watcher_degraded"]) == (1, 0)
    assert scrape(PrometheusMetrics(lambda: changed(silent_seconds=61.0)))["watcher_healthy"] == 0


def test_a_port_in_use_is_a_settings_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match="Address already in use"):
            PrometheusMetrics(lambda: HEALTHY).listen("127.0.0.1", taken.getsockname()[1])


def sockets(daemon: Program) -> set[str]:
    """The inodes of the daemon's sockets."""
    held = set()
    for descriptor in Path(f"/proc/{daemon.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            held.add(os.readlink(descriptor))
    return {target[8:-1] for target in held if target.startswith("socket:")}


def reachable_sockets(daemon: Program) -> set[str]:
    """Those of them that listen to a network."""
    tables = [Path(f"/proc/{daemon.pid}/net/{kind}") for kind in ("tcp", "tcp6", "udp", "udp6")]
    lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()]
    return sockets(daemon) & {line[9] for line in lines}


class Measured(NamedTuple):
    """A daemon with a metrics port, and its folder."""

    folder: Folder
    daemon: Program
    port: int


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, module_runs: Runs) -> Iterator[Measured]:
    folder, port = Folder(tmp_path_factory.mktemp("measured") / "data"), free_port()
    daemon = module_runs.daemon(folder, "--metrics-port", str(port))
    yield Measured(folder, daemon, port)
    assert daemon.stop().code == 0


def test_idle_connections_neither_add_up_nor_keep_others_out(measured: Measured) -> None:
    _, daemon, port = measured
    assert reachable_sockets(daemon)
    before = len(sockets(daemon))
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        wait_until(lambda: len(sockets(daemon)) == before + MAX_CLIENTS, "no place is taken")
        assert len(sockets(daemon)) <= before + MAX_CLIENTS
    assert read(port)["watcher_healthy"] == 1


def test_a_daemon_with_a_metrics_port_serves_outcomes_and_durations(measured: Measured) -> None:
    folder, daemon, port = measured
    folder.drop("secret-name.csv")
    folder.drop("secret-name-2.csv", BROKEN)
    daemon.until("file.processed")
    daemon.until("file.quarantined")
    page = read(port)
    assert page["watcher_files_total outcome=processed"] == 1
    assert page["watcher_files_total outcome=quarantined"] == 1
    assert {name for name in page if name.startswith("watcher_stage_seconds_count")} == {
        f"watcher_stage_seconds_count stage={stage}" for stage in ("wait", "engine", "process", "file")
    }
    assert page["watcher_healthy"] == 1
    assert not any("secret" in name for name in page)
