"""One worker process and the pipe to it."""

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from multiprocessing.connection import Pipe
from typing import Final

from processing.workers.attempts import (
    PoolUnavailableError,
    WorkerDiedError,
    WorkerGoneError,
    WorkerTimedOutError,
)

START_SECONDS = 60.0
KILL_SECONDS = 1.0
"""Longest wait for the end of a process that was killed."""
_TRANSFER_SECONDS = 10.0
"""A worker hangs if it neither takes nor sends a byte of a message for this long."""
_ONE_THREAD: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_PROGRAM: Final = (
    "import sys; sys.path[:] = sys.argv[5:]; from processing.workers.worker import main; main(sys.argv[1:5])"
)


class WorkerProcess:
    """A worker process and the pipe to it. One thread uses it; any thread may kill it."""

    def __init__(self, file_memory: int, preload: str) -> None:
        self._pipe, theirs = Pipe()
        _limit_transfers(self._pipe.fileno())
        self._readable = select.poll()  # `Connection.poll` makes one at each call
        self._readable.register(self._pipe.fileno(), select.POLLIN)
        with theirs, contextlib.ExitStack() as on_failure:
            on_failure.callback(self._pipe.close)
            arguments = [str(theirs.fileno()), str(os.getpid()), str(file_memory), preload, *sys.path]
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-c", _PROGRAM, *arguments],
                env={**os.environ, **_ONE_THREAD},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=2,  # standard output is the log's
            )
            on_failure.pop_all()

    def wait_until_ready(self) -> None:
        """Return when the process can take its first task; raise PoolUnavailableError if it cannot."""
        with contextlib.suppress(EOFError, OSError):
            if self._readable.poll(START_SECONDS * 1e3):
                self._pipe.recv_bytes()
                return
        reason = f"a worker process ended before its first task ({self._exit_text()})"
        self.end()
        raise PoolUnavailableError(reason)

    def has_ended(self) -> bool:
        """Return whether an idle process has ended, which closes its end of the pipe; if so, reap it."""
        if not self._pipe.closed and self._readable.poll(0):
            self.end()
        return self._pipe.closed

    def compute(self, payload: bytes, seconds: float) -> bytes:
        """Return the answer; raise WorkerDiedError, or WorkerTimedOutError after the seconds.

        Raises WorkerGoneError if the process had not read the whole payload.
        """
        try:
            self._pipe.send_bytes(payload)
            if not self._readable.poll(seconds * 1e3):
                raise WorkerTimedOutError(f"not finished after {seconds:g} s")
            return self._pipe.recv_bytes()
        except BlockingIOError:
            raise WorkerTimedOutError("it stopped in the middle of a message") from None
        except (BrokenPipeError, ConnectionResetError):  # reset: it ended with bytes to read in its socket
            raise WorkerGoneError(f"the worker process was gone ({self._exit_text()})") from None
        except (EOFError, OSError, MemoryError) as error:  # half of a message may be left in the pipe
            how = "no memory for its message" if isinstance(error, MemoryError) else self._exit_text()
            raise WorkerDiedError(f"the worker process died ({how})") from None

    def kill(self) -> None:
        """Kill the process, even while it computes."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process, close the pipe and reap the process; `subprocess` reaps a slow one later."""
        self.kill()
        self._pipe.close()
        self._exit_text()

    def _exit_text(self) -> str:
        """Wait a moment for the end of the process, and return how it ended."""
        try:
            code = self._process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            return "still ending"
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _limit_transfers(descriptor: int) -> None:
    """Have a read or write that moves no byte for `_TRANSFER_SECONDS` raise BlockingIOError."""
    limit = struct.pack("ll", int(_TRANSFER_SECONDS), int(_TRANSFER_SECONDS % 1 * 1e6))
    with socket.socket(fileno=os.dup(descriptor)) as end:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            end.setsockopt(socket.SOL_SOCKET, option, limit)
