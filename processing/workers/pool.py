"""What every pool of workers offers, and what this system has for one."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:  # `status`, which must start at once, needs no threads
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")


class WorkerPool(Protocol):
    """A pool of workers that compute tasks."""

    def submit(self, function: Callable[[T], R], task: T, seconds: float | None = None) -> Future[R]:
        """Return the future of `function(task)`; both must be picklable, the function by its name.

        `seconds` replaces the pool's time limit for this task.
        """

    def shutdown(self) -> None:
        """Take no more tasks; cancel those that run or wait."""


def can_run_workers() -> bool:
    """Return whether this system can limit and end worker processes; only Linux can."""
    return sys.platform == "linux" and hasattr(os, "sched_getaffinity") and hasattr(signal, "pthread_sigmask")


def usable_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no such call
        return os.cpu_count() or 1
