"""Ends the program in time even if a mount never lets the daemon's process end.

A call that a FUSE server does not answer cannot be interrupted, not even by SIGKILL, and a process ends only
with its last thread. On such mounts the daemon is the child of a process that touches no folder. That parent
passes signals on and exits soon after the first of them, whatever becomes of the child.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable

from watcher.errors import ExitCode

STOP_SECONDS = 7.4
"""Time from the signal to the exit; the limit is 8 s, and a child that is not stuck needs at most 7 s."""
_PR_SET_PDEATHSIG = 1
_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_PASSED_ON = {*_STOP_SIGNALS, signal.SIGUSR1}
_WAITED_FOR = {*_PASSED_ON, signal.SIGCHLD}


def run_guarded(run: Callable[[], ExitCode], *, if_stuck: ExitCode) -> int:
    """Run in a child process and return its exit code, or `if_stuck` if it does not end in time.

    Must be called before any thread is started.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    parent = os.getpid()
    child = os.fork()
    if child:
        return _guard(child, if_stuck)
    os.setpgid(0, 0)  # only the parent gets Ctrl-C; it passes it on
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent ended before prctl
        os._exit(if_stuck)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITED_FOR)
    return run()


def _guard(child: int, if_stuck: ExitCode) -> int:
    ends_at = float("inf")
    while (left := ends_at - time.monotonic()) > 0:
        received = signal.sigtimedwait(_WAITED_FOR, min(left, 60.0))
        if received is not None and received.si_signo in _PASSED_ON:
            os.kill(child, received.si_signo)
        if received is not None and received.si_signo in _STOP_SIGNALS:
            ends_at = min(ends_at, time.monotonic() + STOP_SECONDS)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
    os.kill(child, signal.SIGKILL)
    return if_stuck
