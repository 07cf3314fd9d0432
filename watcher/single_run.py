"""A single run's ledger: when it is finished, what it did, and what it leaves behind."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from processing.workers.attempts import ATTEMPT_CODES
from watcher.discovery.pending_files import Settling, Waiting
from watcher.dispatch.dispatcher import Origin
from watcher.dispatch.job_queue import JobQueue
from watcher.errors import ExitCode
from watcher.filing.committer import BLOCKED
from watcher.job import Committed, Deferral, Logger, file_fields
from watcher.reporting import github, terminal
from watcher.reporting.summary import Summary, digests_of, encode, summary_of
from watcher.settings import Settings, environment
from watcher.system.directories import replace_file
from watcher.system.filesystem import FileSystem


class Run:
    """What `--once` keeps account of, and tells as it goes and at its end.

    `patience_seconds` is how long a file may take to settle.
    """

    def __init__(self, patience_seconds: float, log: Logger) -> None:
        self._patience = patience_seconds
        self._log = log
        self._left: dict[bytes, str] = {}
        self._stopped_early = False
        self._destinations: list[bytes] = []
        self._started_at = time.monotonic()
        self._progress = terminal.progress()
        self._summary: Summary | None = None
        self.counts = {"processed": 0, "quarantined": 0, "duplicate": 0}

    def add(self, outcome: Committed | Deferral | BaseException) -> None:
        """Count one finished job."""
        if isinstance(outcome, Committed):
            self._left.pop(outcome.answer.name, None)
            self.counts[outcome.event.removeprefix("file.")] += 1
            if outcome.event != "file.duplicate":
                self._destinations.append(outcome.destination)
            self._progress.filed(outcome)

    def leave(self, name: bytes, reason: str) -> None:
        """Give a file up: it stays in incoming."""
        self._left[name] = reason
        self._log.warning("file.left_behind", reason=reason, **file_fields(name))

    def is_finished(self, origin: Origin, settling: Settling, jobs: JobQueue) -> bool:
        """Return whether nothing is left to be filed but what has had its time; that is then left behind."""
        self._progress.show(len(settling) + len(jobs) + jobs.in_flight)
        if not origin.scans_finished or len(jobs) or jobs.in_flight:
            return False
        waiting = settling.waiting()
        given_up_before = time.monotonic() - self._patience
        if not all(_is_given_up(each, given_up_before) for each in waiting):
            return False
        for each in waiting:
            self.leave(each.name, each.reason)
        for folder, error in origin.unreadable.items():
            self.leave(folder, f"unreadable: {error}")
        return True

    def stop_early(self) -> None:
        """Note that a signal ended the run: nobody knows what else there is."""
        self._stopped_early = True

    def conclude(self, fs: FileSystem, settings: Settings) -> None:
        """Write `summary.json`, and tell GitHub, where it listens; a fault of that is no fault of the run."""
        data_dir = os.fsencode(settings.data_dir)
        self._summary = summary = summary_of(
            digests_of(fs, data_dir, self._destinations),
            counts=self.counts,
            left=self._left,
            seconds=time.monotonic() - self._started_at,
            exit_code=self._exit_code,
        )
        try:
            replace_file(fs, data_dir, b"processed/summary.json", encode(summary))
            github.tell(summary, environment(), settings.data_dir / "incoming")
        except OSError as error:
            self._log.warning("summary.failed", error=str(error))

    def close(self, left_alone: Mapping[str, int]) -> None:
        """End the bar, and show the table of a run that came to its end, and how many files it left alone."""
        self._progress.close(self._summary, left_alone)

    def finish(self) -> ExitCode:
        """Log the run's last line and return its exit code."""
        code = self._exit_code
        self._log.info("run.finished", **self.counts, left_behind=len(self._left), exit_code=int(code))
        return code

    @property
    def _exit_code(self) -> ExitCode:
        """What the run says: 3 wins over 1."""
        if self._left or self._stopped_early:
            return ExitCode.LEFT_BEHIND
        return ExitCode.QUARANTINED if self.counts["quarantined"] else ExitCode.CLEAN


def _is_given_up(waiting: Waiting, given_up_before: float) -> bool:
    if waiting.reason in ATTEMPT_CODES:
        return False  # its attempts are counted, whatever time they take
    return waiting.since <= given_up_before or waiting.reason.startswith(("unreadable", BLOCKED))
