"""A pool without workers, for systems that cannot run worker processes."""

from collections.abc import Callable
from concurrent.futures import Future

from processing.workers.pool import R, T


class InlinePool:
    """Computes each task in `submit`, without limits of time or memory."""

    def submit(self, function: Callable[[T], R], task: T, seconds: float | None = None) -> Future[R]:
        """Return the finished future of `function(task)`."""
        del seconds
        future: Future[R] = Future()
        try:
            future.set_result(function(task))
        except Exception as error:  # noqa: BLE001 - it fails its own task, as in a worker
            future.set_exception(error)
        return future

    def shutdown(self) -> None:
        """Do nothing: no task is running."""
