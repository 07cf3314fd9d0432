"""Commits the answers of workers in groups, and handles what cannot be committed."""

import errno
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, Protocol

import msgspec

from processing.workers import attempts
from watcher.filing.transaction import Group, Transaction
from watcher.job import (
    ENGINE_PROBLEM,
    FOLDERS_PROBLEM,
    SYNC_PROBLEM,
    Answer,
    CommitKind,
    Committed,
    Deferral,
    DeferralReason,
    Finished,
    Identity,
    Job,
    Logger,
    PresetRejection,
    ProblemReporter,
    file_fields,
)
from watcher.system.backoff import FIRST_SECONDS, MAX_SECONDS, delay_seconds
from watcher.system.filesystem import errno_text

MAX_GROUP = 64
"""Files that are committed together."""
GROUP_SECONDS = 1.0
"""How long a group should take. On slow storage, groups are smaller."""
WORKER_PROBLEM = "worker"
"""A worker died or timed out, and no worker has processed a file since."""
_STAGES = "wait", "engine", "file"
"""Until a job was submitted, until its worker was done, until it was committed."""
_NOT_MOUNTED = "incoming, as a worker sees it: mount the same folder there"


class HealthReporter(ProblemReporter, Protocol):
    """Receives problems and the count of committed files."""

    def count(self, kind: str, milliseconds: Mapping[str, float]) -> None:
        """Count a committed file by what was done with it, with the durations of its stages."""


class Begun(NamedTuple):
    """Finished jobs whose commit has begun."""

    finished: list[Finished]
    group: Group
    started_at: float


@dataclass
class Committer:
    """Commits finished jobs. One thread uses it.

    `requeue` returns a job to the pending files, which probe it again after a number of seconds.
    `name_restored` is called with the name of a file that is in incoming again. `done` is called with each
    job and its outcome, after everything else.
    """

    transaction: Transaction
    requeue: Callable[[Job, float, DeferralReason, str], None]
    name_restored: Callable[[bytes], None]
    done: Callable[[Job, Committed | Deferral | BaseException], None]
    max_file_bytes: int
    health: HealthReporter
    log: Logger
    paused_until: float = 0.0
    """Until then no job is to be submitted, in monotonic seconds."""
    _files_per_group: float = 8.0
    """Files that are committed together in about GROUP_SECONDS."""
    _failures: int = 0
    """Faults since a file was committed."""
    _failed_at: float = 0.0
    _held: dict[bytes, Identity] = field(default_factory=dict)
    """Files that met a fault. The fault ends when each of them is committed, gone or blocked."""
    _overtaken: set[bytes] = field(default_factory=set)
    """Names of held files after whose last fault another file was committed: the fault is theirs alone."""
    _failed_workers: set[bytes] = field(default_factory=set)
    """Names of the files whose workers failed since the last file was processed."""

    def rejection_of(self, job: Job) -> PresetRejection | None:
        """Return the rejection of a file that is too large or has failed MAX_ATTEMPTS workers, else None."""
        size, limit = job.identity.size, self.max_file_bytes
        if size > limit:
            message = f"the file has {size} bytes, more than {limit}: split it, or raise --max-file-bytes"
            return PresetRejection("too_large", message)
        return job.rejection

    @property
    def group_size(self) -> int:
        """How many files to commit together: one after a fault, since a single file may still succeed."""
        return 1 if self._failures else int(self._files_per_group)

    def pause(self, seconds: float) -> None:
        """Have no job submitted for this many seconds; an earlier pause that ends later still counts."""
        self.paused_until = max(self.paused_until, time.monotonic() + seconds)

    def end_waits(self) -> None:
        """Remove the renamed sources that are due, or give them their names back."""
        for name in self.transaction.asides.end_waits():
            self.name_restored(name)

    def begin(self, group: list[Finished]) -> Begun:
        """Begin to commit a group: its files are synced while the caller does other work."""
        started = time.monotonic()
        answers = [each.outcome for each in group if isinstance(each.outcome, Answer)]
        return Begun(group, self.transaction.begin(answers), started)

    def end(self, begun: Begun) -> None:
        """End the commit of a group and handle the outcome of each of its jobs."""
        group, started = begun.finished, begun.started_at
        outcomes, sync_errors = self.transaction.end(begun.group)
        committed = iter(outcomes)
        for error in sync_errors:
            self.health.begin(SYNC_PROBLEM, str(error))
        ended_at = time.monotonic()
        fitting = len(group) * GROUP_SECONDS / (ended_at - started + 1e-6)
        self._files_per_group = max(1.0, min(MAX_GROUP, 2 * self._files_per_group, fitting))
        ended = [(one, next(committed) if isinstance(one.outcome, Answer) else one.outcome) for one in group]
        handled = [(each, self._handle(each, outcome, ended_at)) for each, outcome in ended]
        if faults := [(each, *fault) for each, fault in handled if fault is not None]:
            self._begin_fault(faults)
        if any(isinstance(outcome, Committed) for _, outcome in ended):
            self._note_progress()
            if not sync_errors:
                self.health.end(SYNC_PROBLEM)
        if not self._held:
            self._end_fault()
        for each, outcome in ended:
            self.done(each.job, outcome)

    def _handle(
        self, finished: Finished, outcome: Committed | Deferral | BaseException, ended_at: float
    ) -> tuple[str, str] | None:
        """Handle the outcome of one job; return the key and error of a fault that may concern others too."""
        job = finished.job
        if isinstance(outcome, Committed):
            self._log_committed(finished, outcome, ended_at)
        elif isinstance(outcome, Deferral):
            if outcome.reason == DeferralReason.GONE and self.transaction.holds(job.name, job.identity):
                return FOLDERS_PROBLEM, f"{errno_text(errno.ENOENT)} {_NOT_MOUNTED}"
            if outcome.reason == DeferralReason.FAULT and not self._is_alone(job):
                return FOLDERS_PROBLEM, outcome.error
            self._defer(finished, outcome)
        elif isinstance(outcome, attempts.PoolUnavailableError):
            return ENGINE_PROBLEM, str(outcome)
        elif isinstance(outcome, CancelledError):
            self.requeue(job, delay_seconds(1), DeferralReason.STOPPED, "")
        else:
            self._worker_failed(finished, outcome)
        return None

    def _log_committed(self, finished: Finished, committed: Committed, ended_at: float) -> None:
        answer, job = committed.answer, finished.job
        self._held.pop(job.name, None)
        if answer.summary.get("reason") not in attempts.ATTEMPT_CODES or self._failed_workers == {job.name}:
            self._failed_workers.clear()  # workers process files again, or this file was the only cause
            self.health.end(WORKER_PROBLEM)
        times = job.seen_at, finished.submitted_at, finished.finished_at, ended_at
        stages = {name: end - begin for name, (begin, end) in zip(_STAGES, pairwise(times), strict=True)}
        milliseconds = {stage: round(value * 1e3, 3) for stage, value in stages.items()} | answer.milliseconds
        self.health.count(committed.kind.value, milliseconds)
        level = self.log.warning if committed.kind is CommitKind.QUARANTINED else self.log.info
        level(
            f"file.{committed.kind.value}",
            **file_fields(answer.name),
            sha256=answer.sha256,
            **committed.summary,
            destination=committed.destination,
            ms=milliseconds,
            **({"recovered": True} if committed.recovered else {}),
        )

    def _defer(self, finished: Finished, deferral: Deferral) -> None:
        job = finished.job
        if deferral.reason == DeferralReason.CHANGED:
            self.requeue(job, 0.0, deferral.reason, "")
        elif deferral.reason != DeferralReason.GONE:
            age = finished.finished_at - job.seen_at  # wait as long as it has waited so far
            self._block(job, deferral.error, min(max(age, FIRST_SECONDS), MAX_SECONDS))

    def _is_alone(self, job: Job) -> bool:
        """Return whether a fault concerns this file alone: after its last fault, others were committed."""
        return bool(job.blocked) or (job.name in self._held and job.name in self._overtaken)

    def _block(self, job: Job, error: str, seconds: float) -> None:
        """Give back a file that cannot be read or moved; log each of its errors once."""
        self._held.pop(job.name, None)
        if job.blocked != error:
            self.log.warning("file.blocked", error=error, **file_fields(job.name))
        self.requeue(msgspec.structs.replace(job, blocked=error), seconds, DeferralReason.BLOCKED, error)

    def _worker_failed(self, finished: Finished, error: BaseException) -> None:
        """Give a file whose worker died or timed out another attempt; after the last one, reject it.

        A file that cannot even be hashed cannot be rejected either. It is blocked for long enough that it
        takes at most a tenth of a worker's time. If it changes, its attempts begin again.
        """
        job, timed_out = finished.job, isinstance(error, attempts.WorkerTimedOutError)
        why = attempts.error_text(error)
        if self.rejection_of(job) is not None and (timed_out or job.attempt >= attempts.MAX_ATTEMPTS):
            held_seconds = finished.finished_at - finished.submitted_at
            self._block(job, f"it cannot be hashed: {why}", max(MAX_SECONDS, 9 * held_seconds))
            return
        code = attempts.code_of(error)
        self.log.error("file.attempt_failed", **file_fields(job.name), attempt=job.attempt, error=why)
        self._failed_workers.add(job.name)
        self.health.begin(WORKER_PROBLEM, f"{why}; no worker has processed a file since")
        if (message := attempts.last_attempt_message(job.attempt, error)) is not None:
            rejection = PresetRejection(code, f"{message}; inspect the file, then `retry` it")
            job = msgspec.structs.replace(job, rejection=rejection)
        self.requeue(msgspec.structs.replace(job, attempt=job.attempt + 1), 0.0, DeferralReason(code), "")

    def _begin_fault(self, faults: list[tuple[Finished, str, str]]) -> None:
        """Keep the files in incoming and pause the intake, longer after each fault.

        Files that were submitted before the last fault belong to it and do not lengthen the pause.
        """
        for each, key, error in faults:
            self.health.begin(key, error, files=len(faults), **file_fields(each.job.name))
            self._held[each.job.name] = each.job.identity
            self._overtaken.discard(each.job.name)
        if not self._failures or any(each.submitted_at >= self._failed_at for each, *_ in faults):
            self._failures += 1
        self._failed_at = time.monotonic()
        delay = delay_seconds(self._failures)
        self.pause(delay)
        for each, _, error in faults:
            self.requeue(each.job, delay, DeferralReason.FAULT, error)

    def _note_progress(self) -> None:
        """Note that a file was committed. A fault ends when no file that met it is left in incoming."""
        self._failures = 0
        here = [name for name, identity in self._held.items() if self.transaction.holds(name, identity)]
        self._held, self._overtaken = {name: self._held[name] for name in here}, set(here)

    def no_file_left(self) -> None:
        """End the fault if there is one, and that of workers: no file is pending or in flight to meet it."""
        if self._held:
            self._end_fault()
        self._failed_workers.clear()
        self.health.end(WORKER_PROBLEM)

    def _end_fault(self) -> None:
        self._failures = 0
        self._held.clear()
        for key in (FOLDERS_PROBLEM, ENGINE_PROBLEM):
            self.health.end(key)
