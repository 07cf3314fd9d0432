"""A single run's ledger: when it is finished, what it did, and what it leaves behind."""

from __future__ import annotations

import time
from typing import Any

from watcher.errors import ExitCode
from watcher.filer import ATTEMPT_CODES
from watcher.intake import Origin
from watcher.job import Filed, Setback
from watcher.job_queue import JobQueue
from watcher.logs import file_fields
from watcher.stability import Settling, Waiting


class Run:
    """What `--once` keeps account of; `patience_seconds` is how long a file may take to settle."""

    def __init__(self, patience_seconds: float, log: Any) -> None:
        self._patience = patience_seconds
        self._log = log
        self._left: set[bytes] = set()
        self._stopped_early = False
        self.counts = {"processed": 0, "quarantined": 0, "duplicate": 0}

    def add(self, outcome: Filed | Setback | BaseException) -> None:
        """Count one finished job."""
        if isinstance(outcome, Filed):
            self._left.discard(outcome.verdict.name)
            self.counts[outcome.event.removeprefix("file.")] += 1

    def leave(self, name: bytes, reason: str) -> None:
        """Give a file up: it stays in incoming."""
        self._left.add(name)
        self._log.warning("file.left_behind", reason=reason, **file_fields(name))

    def is_finished(self, origin: Origin, settling: Settling, jobs: JobQueue) -> bool:
        """Return whether nothing is left to be filed but what has had its time; that is then left behind."""
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

    def finish(self) -> ExitCode:
        """Log the run's last line and return its exit code: 3 wins over 1."""
        code = ExitCode.QUARANTINED if self.counts["quarantined"] else ExitCode.CLEAN
        if self._left or self._stopped_early:
            code = ExitCode.LEFT_BEHIND
        self._log.info("run.finished", **self.counts, left_behind=len(self._left), exit_code=int(code))
        return code


def _is_given_up(waiting: Waiting, given_up_before: float) -> bool:
    if waiting.reason in ATTEMPT_CODES:
        return False  # its attempts are counted, whatever time they take
    return waiting.since <= given_up_before or waiting.reason.startswith("unreadable")
