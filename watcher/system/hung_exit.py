"""An exit in time on mounts that may never let a process go: another stands in front and touches nothing.

A request that a FUSE server has taken and does not answer cannot be interrupted, not even by SIGKILL, and a
process is gone only when its last thread is. There the daemon is the child of a process that passes signals
on, and that ends soon after the first of them, whatever becomes of the child.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable

from watcher.errors import ExitCode

STOP_SECONDS = 7.4
"""From the signal to the exit, which must come within 8; a child that is not stuck needs at most 7."""
_PR_SET_PDEATHSIG = 1
_STOPS = {signal.SIGTERM, signal.SIGINT}
_PASSED_ON = {*_STOPS, signal.SIGUSR1}
_HEARD = {*_PASSED_ON, signal.SIGCHLD}


def run_guarded(run: Callable[[], ExitCode], *, if_stuck: ExitCode) -> int:
    """Run in a child process and return its exit code; `if_stuck` where it does not end in time.

    To be called before any thread is started.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    parent = os.getpid()
    child = os.fork()
    if child:
        return _guard(child, if_stuck)
    os.setpgid(0, 0)  # Ctrl-C is for the parent alone, which passes it on
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(if_stuck)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
    return run()


def _guard(child: int, if_stuck: ExitCode) -> int:
    ends_at = float("inf")
    while (left := ends_at - time.monotonic()) > 0:
        heard = signal.sigtimedwait(_HEARD, min(left, 60.0))
        if heard is not None and heard.si_signo in _PASSED_ON:
            os.kill(child, heard.si_signo)
        if heard is not None and heard.si_signo in _STOPS:
            ends_at = min(ends_at, time.monotonic() + STOP_SECONDS)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
    os.kill(child, signal.SIGKILL)
    return if_stuck
