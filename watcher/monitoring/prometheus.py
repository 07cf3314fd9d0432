"""Metrics for Prometheus. This module is imported only if the setting `metrics_port` is given."""

import socket
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from watcher.errors import SettingsError
from watcher.monitoring.health import StatusSnapshot, unhealthy_reasons
from watcher.monitoring.socket_server import BACKLOG, SocketServer

BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""Upper bounds of a stage's duration, up to the default time limit of a file."""


class PrometheusMetrics:
    """Collects and serves counts, durations and the current state; no metric contains the name of a file."""

    def __init__(self, snapshot: Callable[[], StatusSnapshot]) -> None:
        self._snapshot = snapshot
        self.server = SocketServer(self._answer, b"\r\n\r\n")
        self.registry = CollectorRegistry()
        self._stages = Histogram(
            "watcher_stage_seconds",
            "Duration of a stage of a file",
            ["stage"],
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
        )
        self.registry.register(self)

    def observe(self, milliseconds: Mapping[str, float]) -> None:
        """Add one file's durations by stage."""
        for stage, value in milliseconds.items():
            self._stages.labels(stage).observe(value / 1e3)

    def listen(self, host: str, port: int) -> None:
        """Bind host and port for the server. Raises SettingsError if that fails."""
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listener = socket.create_server(address[:2], family=family, backlog=BACKLOG)
        except OSError as error:
            raise SettingsError(f"metrics cannot be served at {host}:{port}: {error.strerror}") from None
        self.server.listen(listener)

    def _answer(self, request: bytes, _connection: socket.socket) -> bytes:
        """Return the metrics as an HTTP response, for any path."""
        if not request.startswith((b"GET ", b"HEAD ")):
            return b"HTTP/1.0 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n\r\n"
        page = generate_latest(self.registry)
        head = b"HTTP/1.0 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
        head %= (CONTENT_TYPE_PLAIN_0_0_4.encode(), len(page))
        return head + (page if request.startswith(b"GET ") else b"")

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the current state; prometheus_client calls this at each scrape."""
        snapshot = self._snapshot()
        files = CounterMetricFamily("watcher_files", "Committed files, by outcome", labels=["outcome"])
        for outcome, count in snapshot.counts.items():
            files.add_metric([outcome], count)
        yield files
        oldest = snapshot.files[0].seconds if snapshot.files else 0
        for name, text, value in (
            ("healthy", "1 if the daemon is healthy", not unhealthy_reasons(snapshot)),
            ("faults", "Current problems", len(snapshot.problems)),
            ("waiting_files", "Pending files", snapshot.waiting),
            ("queued_files", "Files that wait for a worker", snapshot.queued),
            ("in_flight_files", "Files in flight", snapshot.in_flight),
            ("incoming_files", "Files that the last scan found", snapshot.backlog),
            ("oldest_waiting_seconds", "Waiting time of the oldest file", oldest),
            ("last_scan_seconds", "Time since the last scan finished", snapshot.unscanned_seconds),
            ("free_bytes", "Free space for the data", snapshot.free_bytes),
            ("degraded", "1 if files are found by scans only", bool(snapshot.degraded)),
        ):
            yield GaugeMetricFamily(f"watcher_{name}", text, value=value)
