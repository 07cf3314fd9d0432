"""The program of a worker process: reads batches of pickled functions and tasks, writes the outcomes."""

import contextlib
import ctypes
import importlib
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Compute tasks until the pipe closes.

    Arguments: the descriptor of the pipe, the parent's pid, the memory limit, and a module to import before
    the limit applies.
    """
    descriptor, parent, memory = map(int, arguments[:3])
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # when the thread that started it ends
    if os.getppid() != parent:  # the parent ended before the line above
        sys.exit()
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # a broken lease must not end the process
    importlib.import_module(arguments[3])  # what a task may use is beyond what this uses
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])  # what the limit counts: data, stack
    limit = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a file that crashes us must not fill the disk
    pipe = Connection(descriptor)
    with contextlib.suppress(EOFError, OSError):
        pipe.send_bytes(b"ready")
        while True:
            pipe.send_bytes(answers(pipe.recv_bytes()))


def answers(payload: bytes) -> bytes:
    """Return the pickled outcomes of tasks; one error instead if they cannot be read or pickled."""
    try:
        return pickle.dumps([_outcome(function, task) for function, task in pickle.loads(payload)])  # noqa: S301 - the parent wrote it
    except Exception as error:  # noqa: BLE001 - the parent raises it
        return pickle.dumps([(None, _sendable(error))])


def _outcome(function: Callable[[Any], Any], task: Any) -> tuple[Any, Exception | None]:
    """Return the pair (value, None), or (None, error)."""
    try:
        return function(task), None
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        return None, _sendable(error)


def _sendable(error: BaseException) -> Exception:
    """Return an error with its traceback; a RuntimeError if it is no Exception or cannot be pickled."""
    error.add_note("".join(traceback.format_exception(error)))
    with contextlib.suppress(Exception):  # it cannot be pickled
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        if isinstance(error, Exception):
            return error
    return RuntimeError(f"{type(error).__name__}: {error}")
