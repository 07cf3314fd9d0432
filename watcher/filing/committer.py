"""The thread that files what the workers have judged, in groups: the only one that writes in the folders."""

from __future__ import annotations

import errno
import os
import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from typing import NamedTuple, Protocol

import msgspec

from processing.workers.attempts import (
    ATTEMPT_CODES,
    MAX_ATTEMPTS,
    PoolUnavailableError,
    WorkerTimedOutError,
    code_of,
    error_text,
    last_attempt_message,
)
from watcher.filing.transaction import Transaction
from watcher.job import (
    ENGINE_PROBLEM,
    FOLDERS_PROBLEM,
    SYNC_PROBLEM,
    Answer,
    Committed,
    Deferral,
    DeferralReason,
    Finished,
    Job,
    Logger,
    PresetRejection,
    ProblemReporter,
    file_fields,
)
from watcher.system.backoff import FIRST_SECONDS, LONGEST_SECONDS, delay_seconds

GROUP_MOST = 64
WORKER_PROBLEM = "worker"
"""The worker of a file died or hung, and none has judged a file since."""
_UNSEEN = "incoming, as a worker sees it: mount the same folder there"


class HealthReporter(ProblemReporter, Protocol):
    """Receives problems and the count of committed files."""

    def count(self, event: str, milliseconds: Mapping[str, float]) -> None:
        """Count a committed file under its event's name, with the durations of its stages."""


class _Held(NamedTuple):
    """A file that met a fault, and whether another was filed since."""

    job: Job
    others_passed: bool = False


class GiveBack(Protocol):
    """Takes a job back to the pending files."""

    def __call__(self, job: Job, seconds: float, reason: DeferralReason, detail: str = "") -> None:
        """Probe the file again after so many seconds."""


class Committer:
    """Takes finished jobs from `inbox`, commits them and tells what became of them, until it finds None.

    `give_back` returns a job to the pending files; `pause` holds the intake for so many seconds after a
    fault of the environment; `taken_back` gets the name of a file that is in incoming
    again after all; `done` hears what became of each job, last of all.
    """

    def __init__(
        self,
        transaction: Transaction,
        inbox: queue.SimpleQueue[Finished | None],
        *,
        give_back: GiveBack,
        pause: Callable[[float], None],
        taken_back: Callable[[bytes], None],
        done: Callable[[Job, Committed | Deferral | BaseException], None],
        max_file_bytes: int,
        health: HealthReporter,
        log: Logger,
    ) -> None:
        self._transaction = transaction
        self._inbox = inbox
        self._give_back = give_back
        self._pause = pause
        self._taken_back = taken_back
        self._done = done
        self._max_file_bytes = max_file_bytes
        self._health = health
        self._log = log
        self._failures = 0
        """Faults in a row since a file was filed."""
        self._failed_at = 0.0
        self._sync_error = ""
        self._held: dict[bytes, _Held] = {}
        """The files that met a fault; it lasts until each of them is filed, gone or known to be blocked."""
        self._cost_a_worker: set[bytes] = set()
        """Names of the files whose workers failed since the last file was judged."""

    def rejection_of(self, job: Job) -> PresetRejection | None:
        """Return why a job is to be refused unread: its size, or it failed its workers too often as it is."""
        size, limit = job.identity.size, self._max_file_bytes
        if size > limit:
            message = f"the file has {size} bytes, more than {limit}: split it, or raise --max-file-bytes"
            return PresetRejection("too_large", message)
        return job.rejection

    def run(self) -> None:
        """File groups as they come: what finished while the last group was committed is the next one."""
        while (group := self._next_group()) is not None:
            if group:
                self.file(group)
            for name in self._transaction.asides.end_waits():
                self._taken_back(name)
            for name, error in self._transaction.asides.failures():
                self._log.warning("file.blocked", error=_named(error.errno), **file_fields(name))

    def _next_group(self) -> list[Finished] | None:
        """Return what has finished, nothing if a source that stepped aside is due first, None at the end."""
        try:
            first = self._inbox.get(timeout=self._transaction.asides.wait_seconds())
        except queue.Empty:
            return []
        if first is None:
            return None
        group = [first]
        most = 1 if self._failures else GROUP_MOST  # after a fault, one file alone may still get through
        while len(group) < most:
            try:
                following = self._inbox.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._inbox.put(None)
                break
            group.append(following)
        return group

    def file(self, group: list[Finished]) -> None:
        """Commit a group and settle what becomes of each of its jobs."""
        started = time.monotonic()
        self._sync_error = ""
        answers = [each.outcome for each in group if isinstance(each.outcome, Answer)]
        filed = iter(self._transaction.commit(answers))
        seconds = time.monotonic() - started
        outcomes = [next(filed) if isinstance(each.outcome, Answer) else each.outcome for each in group]
        settled = [
            (each, self._settle(each, outcome, seconds))
            for each, outcome in zip(group, outcomes, strict=True)
        ]
        if faults := [(each, fault) for each, fault in settled if fault is not None]:
            self._fault(faults)
        if any(isinstance(outcome, Committed) for outcome in outcomes):
            self._others_passed()
        if not self._held:
            self.recover()
        for each, outcome in zip(group, outcomes, strict=True):
            self._done(each.job, outcome)

    def _settle(
        self, finished: Finished, outcome: Committed | Deferral | BaseException, seconds: float
    ) -> Deferral | BaseException | None:
        """Do for one job what its outcome asks for; return a fault that may concern others too."""
        job = finished.job
        if isinstance(outcome, Committed):
            self._filed(finished, outcome, seconds)
        elif isinstance(outcome, Deferral):
            if outcome.reason == DeferralReason.GONE and self._transaction.holds(job):
                return Deferral(name=job.name, reason=DeferralReason.FAULT, errno=errno.ENOENT, place=_UNSEEN)
            if outcome.reason == DeferralReason.FAULT and not self._is_alone(job):
                return outcome
            self._defer(finished, outcome)
        elif isinstance(outcome, PoolUnavailableError):
            return outcome
        elif isinstance(outcome, CancelledError):
            self._give_back(job, delay_seconds(1), DeferralReason.STOPPED)
        else:
            self._worker_failed(finished, outcome)
        return None

    def _filed(self, finished: Finished, filed: Committed, seconds: float) -> None:
        answer, job = filed.answer, finished.job
        self._held.pop(job.name, None)
        if answer.summary.get("reason") not in ATTEMPT_CODES or len(self._cost_a_worker) == 1:
            self._cost_a_worker.clear()  # workers judge again; or it was the one file's fault, not theirs
            self._health.end(WORKER_PROBLEM)
        stages = {
            "wait": finished.submitted_at - job.seen_at,
            "engine": finished.finished_at - finished.submitted_at,
            "file": seconds,
        }
        milliseconds = {stage: round(value * 1e3, 3) for stage, value in stages.items()}
        milliseconds |= answer.milliseconds
        self._health.count(filed.event, milliseconds)
        level = self._log.warning if filed.event == "file.quarantined" else self._log.info
        level(
            filed.event,
            **file_fields(answer.name),
            sha256=answer.sha256,
            **filed.summary,
            destination=filed.destination,
            ms=milliseconds,
            **({"recovered": True} if filed.recovered else {}),
        )

    def _defer(self, finished: Finished, deferral: Deferral) -> None:
        job = finished.job
        if deferral.reason == DeferralReason.CHANGED:
            self._give_back(job, 0.0, deferral.reason)
        elif deferral.reason != DeferralReason.GONE:
            age = finished.finished_at - job.seen_at
            again = min(max(age, FIRST_SECONDS), LONGEST_SECONDS)  # as long again as it has waited
            self._block(job, _fault_of(deferral), again)

    def _is_alone(self, job: Job) -> bool:
        """Return whether a fault concerns this file alone: it met one before, and others were filed since."""
        held = self._held.get(job.name)
        return bool(job.blocked) or (held is not None and held.others_passed)

    def _block(self, job: Job, error: str, again: float) -> None:
        """Give back a file that alone cannot be read or filed; log each error of it once."""
        self._held.pop(job.name, None)
        if job.blocked != error:
            self._log.warning("file.blocked", error=error, **file_fields(job.name))
        self._give_back(msgspec.structs.replace(job, blocked=error), again, DeferralReason.BLOCKED, error)

    def _worker_failed(self, finished: Finished, error: BaseException) -> None:
        """Give a file whose worker died or timed out another attempt; after the last, have it refused.

        One that cannot even be hashed can be filed as nothing: it is blocked, for so long that it takes a
        tenth of a worker's time at most. If it changes, it settles anew.
        """
        job, timed_out = finished.job, isinstance(error, WorkerTimedOutError)
        why = error_text(error)
        if self.rejection_of(job) is not None and (timed_out or job.attempt >= MAX_ATTEMPTS):
            held_seconds = finished.finished_at - finished.submitted_at
            self._block(job, f"it cannot be hashed: {why}", max(LONGEST_SECONDS, 9 * held_seconds))
            return
        code = code_of(error)
        self._log.error("file.attempt_failed", **file_fields(job.name), attempt=job.attempt, error=why)
        self._cost_a_worker.add(job.name)
        self._health.begin(WORKER_PROBLEM, f"{why}; no worker has judged a file since")
        if (message := last_attempt_message(job.attempt, error)) is not None:
            rejection = PresetRejection(code, f"{message}; inspect the file, then `retry` it")
            job = msgspec.structs.replace(job, rejection=rejection)
        self._give_back(msgspec.structs.replace(job, attempt=job.attempt + 1), 0.0, DeferralReason(code))

    def _fault(self, faults: list[tuple[Finished, Deferral | BaseException]]) -> None:
        """Keep the files in incoming, and hold the intake for a while, longer each time.

        Files that were handed out before the last fault tell of the same one, and lengthen nothing.
        """
        for each, outcome in faults:
            key = ENGINE_PROBLEM if isinstance(outcome, PoolUnavailableError) else FOLDERS_PROBLEM
            self._health.begin(key, _fault_of(outcome), files=len(faults), **file_fields(each.job.name))
            self._held[each.job.name] = _Held(each.job)
        if not self._failures or any(each.submitted_at >= self._failed_at for each, _ in faults):
            self._failures += 1
        self._failed_at = time.monotonic()
        delay = delay_seconds(self._failures)
        self._pause(delay)
        for each, outcome in faults:
            self._give_back(each.job, delay, DeferralReason.FAULT, _fault_of(outcome))

    def _others_passed(self) -> None:
        """Note that files get through; a fault is over once none that met it is left in incoming."""
        self._failures = 0
        self._held = {
            name: held._replace(others_passed=True)
            for name, held in self._held.items()
            if self._transaction.holds(held.job)
        }
        if not self._sync_error:
            self._health.end(SYNC_PROBLEM)

    def sync_failed(self, error: OSError) -> None:
        """Note that a sync failed after its files were moved."""
        self._sync_error = str(error)
        self._health.begin(SYNC_PROBLEM, self._sync_error)

    def recover(self) -> None:
        """Take the last fault for over: files get through again, or none is left that could."""
        self._failures = 0
        self._held.clear()
        for key in (FOLDERS_PROBLEM, ENGINE_PROBLEM):
            self._health.end(key)


def _fault_of(outcome: Deferral | BaseException) -> str:
    """Return the sentence about a fault that no file can help."""
    if not isinstance(outcome, Deferral):
        return str(outcome)
    return f"{_named(outcome.errno)} {outcome.place}".rstrip()


def _named(code: int | None) -> str:
    return f"{errno.errorcode.get(code or 0, 'fault')}: {os.strerror(code or 0)}"
