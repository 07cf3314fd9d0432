"""Tasks for worker processes. Workers import this module, so it imports nothing that takes long."""

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def pid_of_worker(_task: object) -> int:
    return os.getpid()


def is_loaded(module: str) -> bool:
    return module in sys.modules


def segfault(_task: object) -> None:
    ctypes.string_at(0)


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def wait_for_file(path: str) -> None:
    while not os.path.exists(path):
        time.sleep(0.01)


def crash_on_tens(number: int) -> int:
    if number % 10 == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def stop_amid_the_answer(_task: object) -> None:
    descriptor = next(int(fd.name) for fd in Path("/proc/self/fd").iterdir() if fd.is_socket())
    os.write(descriptor, (1_000).to_bytes(4, "big") + b"begun")
    os.kill(os.getpid(), signal.SIGSTOP)


def take_memory(size: int) -> int:
    try:
        return len(bytearray(size))
    except MemoryError:
        return -1


class UnloadableError(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} {two}")


def raise_(error: str) -> None:
    if error == "unloadable":
        raise UnloadableError(1, 2)
    if error == "exit":
        sys.exit(3)
    raise FileNotFoundError(2, "No such file", error)


def give_a_lock(_task: object) -> object:
    return threading.Lock()


def print_and_read(_task: object) -> str:
    os.write(1, b"noise")
    return sys.stdin.read()


def environment(_task: object) -> dict[str, object]:
    return {
        "threads": os.environ["OPENBLAS_NUM_THREADS"],
        "descriptors": [os.path.realpath(fd) for fd in Path("/proc/self/fd").iterdir()],
        "data": resource.getrlimit(resource.RLIMIT_DATA),
        "blocked": signal.pthread_sigmask(signal.SIG_BLOCK, []),
        "broken lease": signal.getsignal(signal.SIGIO),
    }
