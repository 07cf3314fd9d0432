"""Why a task has no result: its worker died or took too long, or there is nowhere to compute."""

from __future__ import annotations


class WorkerDiedError(Exception):
    """The process that worked on a task ended under it; the task costs its file one attempt."""


class WorkerTimedOutError(Exception):
    """A task went on beyond its time limit and was ended; it costs its file one attempt."""


class PoolUnavailableError(Exception):
    """There is nowhere to compute for now; this concerns no file, which stays where it is until there is."""
