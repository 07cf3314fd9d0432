"""What differs from one operating system to the next: whether it can run worker processes, and its cores."""

from __future__ import annotations

import os
import signal
import sys


def can_run_workers() -> bool:
    """Return whether the system has what limits and ends worker processes; Linux alone has all of it."""
    found = hasattr(os, "sched_getaffinity") and hasattr(signal, "pthread_sigmask")
    return found and sys.platform == "linux"


def usable_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
