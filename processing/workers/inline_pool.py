"""Where processing runs if the system has no worker processes: here, one task after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from processing.workers.pool import R, T


class InlinePool:
    """Computes in the thread that submits: a task has no time limit, and one that crashes ends the run."""

    def submit(self, function: Callable[[T], R], task: T, seconds: float | None = None) -> Future[R]:
        """Return the future of `function(task)`, which is done."""
        del seconds
        future: Future[R] = Future()
        try:
            future.set_result(function(task))
        except Exception as error:  # noqa: BLE001 - it costs its own task, as in a worker
            future.set_exception(error)
        return future

    def shutdown(self, *, wait: bool, grace_seconds: float = 5.0) -> None:
        """Do nothing: no task is under way."""
