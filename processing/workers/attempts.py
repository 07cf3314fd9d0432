"""Why a worker gave no answer, and how many attempts a file gets."""

MAX_ATTEMPTS = 3
TIMED_OUT, CRASHED = ATTEMPT_CODES = ("timed_out", "worker_crashed")
"""Why a file gets another attempt. After the last one, this is the code of its rejection."""


class PoolUnavailableError(Exception):
    """The pool has no worker: no process can be started, or the cluster is unreachable. No file causes it."""


class WorkerDiedError(Exception):
    """The worker process ended while it computed the task."""


class WorkerGoneError(WorkerDiedError):
    """The worker process ended before it took the task, so the task is not the cause."""


class WorkerTimedOutError(Exception):
    """The task took longer than its time limit, and its worker was killed."""


def code_of(error: BaseException) -> str:
    """Return the code of an attempt that ended with this error."""
    return TIMED_OUT if isinstance(error, WorkerTimedOutError) else CRASHED


def last_attempt_message(attempt: int, error: BaseException) -> str | None:
    """Return the message of the rejection after the last attempt; None if attempts are left."""
    if attempt < MAX_ATTEMPTS:
        return None
    return f"processing it failed {attempt} times: {error_text(error)}"


def error_text(error: BaseException) -> str:
    """Return an error's message, or its class if it has none."""
    return str(error) or type(error).__name__
