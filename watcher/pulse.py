"""The daemon's sign of life, given by the thread that works on the folders, so that a hang there is seen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from processing.names import b64_of, text_of
from watcher import health
from watcher.exposition import Metrics
from watcher.health import Fault, Health, Line, Snapshot, WaitingFile
from watcher.ingest import hashing_seconds
from watcher.job_queue import JobQueue
from watcher.logs import logger
from watcher.notify import Notify
from watcher.problems import Problems
from watcher.settings import Settings, environment
from watcher.sources import Sources
from watcher.stability import Settling, Waiting

LOOK_SECONDS = 1.0
"""Between two looks at the free space."""


class Pulse:
    """What the world is told of a running daemon: the heartbeat, systemd, and the metrics if asked for."""

    def __init__(
        self, settings: Settings, health: Health, sources: Sources, settling: Settling, jobs: JobQueue
    ) -> None:
        self._notify = Notify(environment())
        self._heart = Heartbeat(
            settings.data_dir,
            health,
            look=lambda: _line_of(sources, settling, jobs, settings.file_seconds),
            troubles=lambda: (sources.degraded, dict(sources.rounds.unreadable)),
            at_rest=lambda: not (len(settling) or len(jobs) or jobs.in_flight),
        )
        if settings.metrics_port is not None:
            metrics = Metrics(health, lambda: self._heart.latest)
            metrics.serve(settings.metrics_host, settings.metrics_port)
            health.observe = metrics.observe

    def ready(self) -> None:
        """Tell that files are being taken."""
        self._notify.ready()

    def beat(self) -> None:
        """Tell that the line of work turns; to be called at every turn, it acts when it is time."""
        if self._heart.beat(time.monotonic()):
            self._notify.alive()

    def stopping(self) -> None:
        """Tell that a stop has begun."""
        self._notify.stopping()


def _line_of(sources: Sources, settling: Settling, jobs: JobQueue, file_seconds: float) -> Line:
    waiting = settling.waiting()
    most = health.LISTED_MOST
    blocked = [each for each in waiting if each.blocked]
    free = (each for each in waiting if not each.blocked)
    stillest = min(free, key=lambda each: each.unchanged_since, default=None)
    return Line(
        scan_interval_seconds=sources.interval_seconds,
        last_scan_at=sources.rounds.ended_at,
        degraded=sources.degraded,
        unreadable_folders={text_of(name): error for name, error in sources.rounds.unreadable.items()},
        waiting=len(settling),
        queued=len(jobs),
        in_flight=jobs.in_flight,
        backlog=sources.rounds.backlog,
        growing=sources.rounds.growing,
        oldest=[_shown(each) for each in waiting[:most]],
        stillest=None if stillest is None else _shown(stillest),
        blocked=[_shown(each) for each in blocked[:most]],
        file_seconds=hashing_seconds(jobs.in_flight_bytes, file_seconds),  # one of them may only be hashed
        leases_unknown=settling.leases_unknown,
    )


def _shown(each: Waiting) -> WaitingFile:
    name, b64 = text_of(each.name), b64_of(each.name)
    return WaitingFile(name, each.reason, each.since, b64, each.unchanged_since)


class Heartbeat:
    """Writes what `status` reads when it is due, a fault comes or goes, or work is done; keeps the latest.

    `look` tells all of the line of work; `troubles`, cheaply and at every beat, what would turn health red;
    `at_rest`, whether nothing is in work, for then what was filed since is worth a heartbeat of its own.
    """

    def __init__(
        self,
        data_dir: Path,
        health: Health,
        *,
        look: Callable[[], Line],
        troubles: Callable[[], object],
        at_rest: Callable[[], bool],
    ) -> None:
        self._data_dir = data_dir
        self._health = health
        self._problems = Problems(health, logger())
        self._look = look
        self._troubles = troubles
        self._at_rest = at_rest
        self._looked_at = self._written_at = float("-inf")
        self._written: object = None
        self._free_bytes = 0
        self.latest: Snapshot | None = None

    def beat(self, now: float) -> bool:
        """Look at the free space; return whether a heartbeat was written at `now` (monotonic seconds)."""
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._free_bytes = self._measure_space()
        faults = self._health.faults
        wrong = (faults, self._troubles())
        told = self.latest is not None and (self.latest.counts == self._health.counts or not self._at_rest())
        if now - self._written_at < health.BEAT_SECONDS and wrong == self._written and told:
            return False
        self._written_at, self._written = now, wrong
        self.latest = self._snapshot(now, faults)
        health.write(self._data_dir, self.latest)
        return True

    def _snapshot(self, now: float, faults: list[Fault]) -> Snapshot:
        return Snapshot(
            pid=os.getpid(),
            written_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            beat_at=now,
            started_at=self._health.started_at,
            last_filed_at=self._health.last_filed_at,
            free_bytes=self._free_bytes,
            counts=self._health.counts,
            faults=faults,
            line=self._look(),
        )

    def _measure_space(self) -> int:
        """Return the bytes that are free for us; too few are a fault until there is room again."""
        try:
            free, message = health.space_of(self._data_dir)
        except OSError:
            return 0  # the parts that work there report it
        if message:
            self._problems.begin(health.NO_SPACE, message)
        else:
            self._problems.end(health.NO_SPACE)
        return free
