"""The program of a worker process: reads a pickled function and its task from a pipe, writes the answer."""

import contextlib
import ctypes
import importlib
import os
import pickle
import resource
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Compute tasks until the pipe closes.

    Arguments: its descriptor, the parent's pid, the memory limit, the module to import before it applies.
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
            pipe.send_bytes(answer(pipe.recv_bytes()))


def answer(payload: bytes) -> bytes:
    """Return the pickled pair (value, None), or (None, error).

    The error is a RuntimeError in place of one that is not an Exception or cannot be pickled.
    """
    try:
        function, task = pickle.loads(payload)  # noqa: S301 - the parent wrote it
        return pickle.dumps((function(task), None))
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        error.add_note(traceback.format_exc())
        with contextlib.suppress(Exception):  # it cannot be pickled
            pickled = pickle.dumps((None, error))
            pickle.loads(pickled)  # noqa: S301 - our own
            if isinstance(error, Exception):
                return pickled
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
