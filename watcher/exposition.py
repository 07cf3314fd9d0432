"""Metrics for Prometheus, served only when a port was asked for; the library is imported only then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from watcher.errors import SettingsError
from watcher.health import Health, Snapshot, judge

if TYPE_CHECKING:
    from prometheus_client.core import Metric

BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""Upper bounds of a stage's duration, up to the default time limit of a file."""

Latest = Callable[[], Snapshot | None]


class Metrics:
    """What the page under /metrics shows: counts, durations and the latest heartbeat, never a file's name."""

    def __init__(self, health: Health, latest: Latest, clock: Callable[[], float] = time.monotonic) -> None:
        try:
            from prometheus_client import CollectorRegistry, Histogram  # noqa: PLC0415 - an extra
        except ImportError:
            raise SettingsError(
                "--metrics-port needs prometheus_client: pip install -r requirements.txt"
            ) from None
        self._health = health
        self._latest = latest
        self._clock = clock
        self.registry = CollectorRegistry()
        self._stages = Histogram(
            "watcher_stage_seconds",
            "How long a stage of a file took",
            ["stage"],
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
        )
        self.registry.register(self)

    def observe(self, milliseconds: Mapping[str, float]) -> None:
        """Add one file's durations by stage."""
        for stage, value in milliseconds.items():
            self._stages.labels(stage).observe(value / 1e3)

    def serve(self, host: str, port: int) -> None:
        """Answer at host and port from now on; SettingsError where the address cannot be had."""
        from prometheus_client import start_http_server  # noqa: PLC0415 - an extra

        try:
            start_http_server(port, host, self.registry)
        except OSError as error:
            raise SettingsError(f"metrics cannot be served at {host}:{port}: {error.strerror}") from None

    def collect(self) -> Iterator[Metric]:
        """Yield what can be read off now; prometheus_client calls this at each scrape."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 - an extra

        files = CounterMetricFamily("watcher_files", "Files filed, by outcome", labels=["outcome"])
        for outcome, count in self._health.counts.items():
            files.add_metric([outcome], count)
        yield files
        for name, (text, value) in self._gauges().items():
            yield GaugeMetricFamily(f"watcher_{name}", text, value=value)

    def _gauges(self) -> dict[str, tuple[str, float]]:
        snapshot, now = self._latest(), self._clock()
        if snapshot is None:
            return {"healthy": ("1 where nothing is wrong", 0)}
        line = snapshot.line
        oldest = now - line.oldest[0].since if line.oldest else 0
        scanned = now - (line.last_scan_at or snapshot.started_at)
        return {
            "healthy": ("1 where nothing is wrong", not judge(snapshot, now)),
            "faults": ("Faults of the environment just now", len(self._health.faults)),
            "waiting_files": ("Files that are not settled", line.waiting),
            "queued_files": ("Files that wait for a worker", line.queued),
            "in_flight_files": ("Files in work", line.in_flight),
            "incoming_files": ("Files that the last scan saw", line.backlog),
            "oldest_waiting_seconds": ("How long the oldest file waits", oldest),
            "last_scan_seconds": ("How long ago the last scan finished", scanned),
            "free_bytes": ("Free space for the data", snapshot.free_bytes),
            "degraded": ("1 where scans alone find the files", bool(line.degraded)),
        }
