"""The thread that files what the workers have judged, in groups: the only one that writes in the folders."""

from __future__ import annotations

import errno
import os
import queue
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, NamedTuple

import msgspec

from processing.engine import EngineLostError, WorkerTimedOutError
from watcher.health import Health
from watcher.ingest import Refusal
from watcher.job import Filed, Identity, Job, Setback, Verdict
from watcher.logs import file_fields
from watcher.retry import FIRST_SECONDS, LONGEST_SECONDS, delay_seconds
from watcher.spool import Spool

GROUP_MOST = 64
MOST_ATTEMPTS = 3
FOLDERS_FAULT = "folders"
SYNC_FAULT = "sync"
"""A sync after the move failed: the files are where they belong, but maybe not yet on the disk."""
ENGINE_FAULT = "engine"
"""No worker can be had; that is no file's doing."""
WORKER_FAULT = "worker"
"""The worker of a file died or hung, and none has judged a file since."""
_UNSEEN = "incoming, as a worker sees it: mount the same folder there"
BLOCKED = "blocked"
"""How the reason begins why a file waits that alone cannot be read or filed."""
TIMED_OUT, CRASHED = ATTEMPT_CODES = ("timed_out", "worker_crashed")
"""Why a file waits for another attempt; after the last, why it is refused."""


class Finished(NamedTuple):
    """A job that came back from its worker, with what came of it; times in monotonic seconds."""

    job: Job
    submitted_at: float
    finished_at: float
    outcome: Verdict | Setback | BaseException


class Filer:
    """Takes finished jobs from `inbox`, commits them and tells what became of them, until it finds None.

    `give_back` returns a job to settling (job, after how many seconds, why); `pause` holds the intake for so
    many seconds after a fault of the environment; `done` hears what became of each job, last of all.
    """

    def __init__(
        self,
        spool: Spool,
        inbox: queue.SimpleQueue[Finished | None],
        *,
        give_back: Callable[[Job, float, str], None],
        pause: Callable[[float], None],
        done: Callable[[Job, Filed | Setback | BaseException], None],
        max_file_bytes: int,
        health: Health,
        log: Any,
    ) -> None:
        self._spool = spool
        self._inbox = inbox
        self._give_back = give_back
        self._pause = pause
        self._done = done
        self._max_file_bytes = max_file_bytes
        self._health = health
        self._log = log
        self._failures = 0
        self._failed_at = 0.0
        self._refusals: dict[bytes, tuple[Identity, Refusal]] = {}
        self._blocked: dict[bytes, str] = {}
        """The errors told of files that alone cannot be read or filed."""
        self._cost_a_worker: set[bytes] = set()
        """Names of the files whose workers failed since the last file was judged."""

    def refusal_of(self, job: Job) -> Refusal | None:
        """Return why a job is to be refused unread: its size, or it failed its workers too often as it is."""
        size, limit = job.identity.size, self._max_file_bytes
        if size > limit:
            message = f"the file has {size} bytes, more than {limit}: split it, or raise --max-file-bytes"
            return Refusal("too_large", message)
        identity, refusal = self._refusals.get(job.name, (None, None))
        return refusal if identity == job.identity else None

    def run(self) -> None:
        """File groups as they come: what finished while the last group was committed is the next one."""
        while (group := self._next_group()) is not None:
            self.file(group)

    def _next_group(self) -> list[Finished] | None:
        first = self._inbox.get()
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
        self._health.cleared(SYNC_FAULT)  # set again if this group's syncs fail too
        verdicts = [each.outcome for each in group if isinstance(each.outcome, Verdict)]
        filed = iter(self._spool.commit(verdicts))
        seconds = time.monotonic() - started
        faults: list[tuple[Finished, Setback | BaseException]] = []
        outcomes = [next(filed) if isinstance(each.outcome, Verdict) else each.outcome for each in group]
        for each, outcome in zip(group, outcomes, strict=True):
            if isinstance(outcome, Filed):
                self._filed(each, outcome, seconds)
            elif isinstance(outcome, Setback) and outcome.kind == "gone" and self._spool.holds(each.job):
                unseen = Setback(name=each.job.name, kind="fault", errno=errno.ENOENT, place=_UNSEEN)
                faults.append((each, unseen))
            elif isinstance(outcome, Setback) and outcome.kind != "fault":
                self._set_back(each, outcome)
            elif isinstance(outcome, CancelledError):
                self._give_back(each.job, delay_seconds(1), "not judged before the stop")
            elif isinstance(outcome, BaseException) and not isinstance(outcome, EngineLostError):
                self._worker_failed(each, outcome)
            else:
                faults.append((each, outcome))
        if faults:
            self._fault(faults)
        elif any(isinstance(outcome, Filed) for outcome in outcomes):
            self.recover()
        for each, outcome in zip(group, outcomes, strict=True):
            self._done(each.job, outcome)

    def _filed(self, finished: Finished, filed: Filed, seconds: float) -> None:
        verdict, job = filed.verdict, finished.job
        self._refusals.pop(job.name, None)
        self._blocked.pop(job.name, None)
        if verdict.summary.get("reason") not in ATTEMPT_CODES or len(self._cost_a_worker) == 1:
            self._cost_a_worker.clear()  # workers judge again; or it was the one file's fault, not theirs
            self._health.cleared(WORKER_FAULT)
        stages = {
            "wait": finished.submitted_at - job.seen_at,
            "engine": finished.finished_at - finished.submitted_at,
            "file": seconds,
        }
        milliseconds = {stage: round(value * 1e3, 3) for stage, value in stages.items()}
        milliseconds |= verdict.milliseconds
        self._health.filed(filed.event, milliseconds)
        level = self._log.warning if filed.event == "file.quarantined" else self._log.info
        level(
            filed.event,
            **file_fields(verdict.name),
            sha256=verdict.sha256,
            **verdict.summary,
            destination=filed.destination,
            ms=milliseconds,
            **({"recovered": True} if filed.recovered else {}),
        )

    def _set_back(self, finished: Finished, setback: Setback) -> None:
        job = finished.job
        if setback.kind == "changed":
            self._give_back(job, 0.0, "changed while it was read")
        elif setback.kind == "blocked":
            age = finished.finished_at - job.seen_at
            again = min(max(age, FIRST_SECONDS), LONGEST_SECONDS)  # as long again as it has waited
            self._block(job, _fault_of(setback), again)
        else:
            self._blocked.pop(job.name, None)

    def _block(self, job: Job, error: str, again: float) -> None:
        if self._blocked.get(job.name) != error:
            self._blocked[job.name] = error
            self._log.warning("file.blocked", error=error, **file_fields(job.name))
        self._give_back(job, again, f"{BLOCKED}: {error}")

    def _worker_failed(self, finished: Finished, error: BaseException) -> None:
        """Give a file whose worker died or timed out another attempt; after the last, have it refused.

        One that cannot even be hashed can be filed as nothing: it is blocked, for so long that it takes a
        tenth of a worker's time at most. If it changes, it settles anew.
        """
        job, timed_out = finished.job, isinstance(error, WorkerTimedOutError)
        why = str(error) or type(error).__name__
        if self.refusal_of(job) is not None and (timed_out or job.attempt >= MOST_ATTEMPTS):
            held_seconds = finished.finished_at - finished.submitted_at
            self._block(job, f"it cannot be hashed: {why}", max(LONGEST_SECONDS, 9 * held_seconds))
            return
        code = TIMED_OUT if timed_out else CRASHED
        self._log.error("file.attempt_failed", **file_fields(job.name), attempt=job.attempt, error=why)
        self._cost_a_worker.add(job.name)
        self._health.fault(WORKER_FAULT, f"{why}; no worker has judged a file since")
        if job.attempt >= MOST_ATTEMPTS:
            message = f"judging it failed {job.attempt} times: {why}; look at the file, then `retry` it"
            self._refusals[job.name] = (job.identity, Refusal(code, message))
        self._give_back(msgspec.structs.replace(job, attempt=job.attempt + 1), 0.0, code)

    def _fault(self, faults: list[tuple[Finished, Setback | BaseException]]) -> None:
        """Keep the files in incoming, say so once, and hold the intake for a while, longer each time.

        Files that were handed out before the last fault tell of the same one, and lengthen nothing.
        """
        job, first = faults[0][0].job, faults[0][1]
        message = _fault_of(first)
        if not self._failures:
            self._log.error("folders.fault", error=message, files=len(faults), **file_fields(job.name))
        if not self._failures or any(each.submitted_at >= self._failed_at for each, _ in faults):
            self._failures += 1
        self._failed_at = time.monotonic()
        self._health.fault(ENGINE_FAULT if isinstance(first, EngineLostError) else FOLDERS_FAULT, message)
        delay = delay_seconds(self._failures)
        self._pause(delay)
        for each, outcome in faults:
            self._give_back(each.job, delay, _fault_of(outcome))

    def recover(self) -> None:
        """Take the last fault for over: files get through again, or none is left that could."""
        if self._failures:
            self._failures = 0
            self._health.cleared(FOLDERS_FAULT)
            self._health.cleared(ENGINE_FAULT)
            self._log.info("folders.recovered")


def _fault_of(outcome: Setback | BaseException) -> str:
    """Return the sentence about a fault that no file can help."""
    if not isinstance(outcome, Setback):
        return str(outcome)
    code = outcome.errno or 0
    return f"{errno.errorcode.get(code, 'fault')}: {os.strerror(code)} {outcome.place}".rstrip()
