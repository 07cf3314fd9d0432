"""A job queue whose job ends while another thread reads it."""

from watcher.discovery.pending_files import PendingFiles
from watcher.dispatch.job_queue import JobQueue
from watcher.job import DeferralReason, Job


class EndingQueue(JobQueue):
    """Has one job in flight; it is deferred and ends at the moment at which `in_flight` is first read."""

    def __init__(self, job: Job, pending: PendingFiles) -> None:
        super().__init__(8)
        self.put(job)
        self._job, self._pending = self.take(), pending

    @property
    def in_flight(self) -> int:
        if self._job is not None:
            job, self._job = self._job, None
            self._pending.requeue(job, 5.0, DeferralReason.FAULT)
            self.done(job.name)
        return super().in_flight
