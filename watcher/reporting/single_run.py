"""A `--once` run: when it is finished, what it did, and what it leaves behind."""

import os
import time
from collections.abc import Mapping

from processing.batch.progress import ProgressBar
from processing.batch.run_summary import LEFT_BEHIND, RunTally
from processing.model.digest import Digest
from processing.model.safe_text import text_of
from watcher.discovery.pending_file import PendingFile
from watcher.discovery.pending_files import PendingFiles
from watcher.discovery.watched_folder import FileSource
from watcher.dispatch.in_flight import InFlight
from watcher.errors import ExitCode
from watcher.filing.aside import Asides
from watcher.job import CommitKind, Committed, Deferral, DeferralReason, Logger, file_fields
from watcher.reporting import github, terminal
from watcher.reporting.summary import SingleRunSummary, digests_of, summary_of
from watcher.settings import Settings, environment
from watcher.system.areas import replace_file
from watcher.system.filesystem import FileSystem

_NO_TIME_LIMIT = {DeferralReason.WORKER_CRASHED, DeferralReason.TIMED_OUT, DeferralReason.NO_WORKER}
"""Reasons for which no file is given up: its attempts are limited, or it waits for other files."""


class SingleRun:
    """Counts the files of a `--once` run and reports them, as the run goes on and at its end.

    `patience_seconds` is how long a file may stay pending.
    """

    def __init__(self, patience_seconds: float, log: Logger) -> None:
        self._patience = patience_seconds
        self._log = log
        self._left: dict[bytes, str] = {}
        self._ignored: dict[str, int] = {}
        self._destinations: list[bytes] = []
        self._bar = ProgressBar() if terminal.is_shown() else None
        self._summary: SingleRunSummary | None = None
        self._tally = RunTally("processed", "quarantined", "duplicate", rejected="quarantined")

    def add(self, outcome: Committed | Deferral | BaseException) -> None:
        """Count one finished job."""
        if not isinstance(outcome, Committed):
            return
        answer, kind = outcome.answer, outcome.kind
        self._left.pop(answer.name, None)
        self._tally.counts[kind.value] += 1
        if kind is not CommitKind.DUPLICATE:
            self._destinations.append(outcome.destination)
        if self._bar is not None:
            self._bar.advance(f"{kind.value} {text_of(answer.name)}", answer.identity.size)

    def leave(self, name: bytes, reason: str) -> None:
        """Give a file up: it stays in incoming."""
        self._left[name] = reason
        self._log.warning("file.left_behind", reason=reason, **file_fields(name))

    def is_finished(
        self, source: FileSource, pending: PendingFiles, in_flight: InFlight, asides: Asides
    ) -> bool:
        """Return whether all files that are left have had their time; these are then left behind."""
        if self._bar is not None:
            self._bar.set_remaining(len(pending) + len(in_flight))
        given_up = asides.given_up()
        if not source.scans_finished or in_flight or len(asides) > len(given_up):
            return False
        waiting = pending.waiting()
        given_up_before = time.monotonic() - self._patience
        if not all(_is_given_up(each, given_up_before) for each in waiting):
            return False
        for each in waiting:
            self.leave(each.name, each.why)
        for folder, error in source.unreadable.items():
            self.leave(folder, f"unreadable: {error}")
        for name in given_up:
            self.leave(name, "it could not be renamed back or removed: it is there as .aside-NAME")
        return True

    def conclude(
        self,
        fs: FileSystem,
        settings: Settings,
        ignored: Mapping[str, int],
        known: Mapping[bytes, Digest],
    ) -> None:
        """Write `summary.json` and report to GitHub Actions. An error is logged: the run itself is complete.

        `ignored` has the number of files that are no inputs, by reason; `known` digests by record.
        """
        data_dir = os.fsencode(settings.data_dir)
        digests = digests_of(fs, data_dir, self._destinations, known)
        self._summary = summary = summary_of(self._tally, digests, self._left, ignored)
        try:
            replace_file(fs, data_dir, b"processed/summary.json", summary.encoded())
            github.report_run(summary, environment(), settings.data_dir / "incoming")
        except OSError as error:
            self._log.warning("summary.failed", error=str(error))

    def close(self, ignored: Mapping[str, int]) -> None:
        """End the progress bar; print the table of a run that was concluded."""
        self._ignored = dict(ignored)
        if self._bar is not None:
            self._bar.close()
            if self._summary is not None:
                terminal.print_table(self._summary, self._bar.console)

    def finish(self, *, stopped_early: bool = False) -> ExitCode:
        """Log the run's last line and return its exit code.

        If a signal stopped it early, other files may be left in incoming.
        """
        self._tally.stopped_early = stopped_early
        self._tally.counts[LEFT_BEHIND] = len(self._left)
        code = self._tally.exit_code
        ignored = {"ignored": self._ignored} if self._ignored else {}
        self._log.info("run.finished", **self._tally.counts, **ignored, exit_code=code)
        return ExitCode(code)


def _is_given_up(waiting: PendingFile, given_up_before: float) -> bool:
    if waiting.reason in _NO_TIME_LIMIT:
        return False
    hopeless = waiting.reason in {DeferralReason.UNREADABLE, DeferralReason.BLOCKED}
    return hopeless or waiting.seen_at <= given_up_before
