"""One heap for all threads, which gives back what is free."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

HEAPS = """
import ctypes, sys, threading
from watcher.system import heap
libc = ctypes.CDLL(None)
if not hasattr(libc, "malloc_info"):
    sys.exit("this C library does not tell of its heaps")
if sys.argv[1] == "shared":
    heap.share()
together = threading.Barrier(4)
def work():
    kept = [bytes(600) for _ in range(1000)]
    together.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""
RESIDENT = """
from pathlib import Path
from watcher.system import heap
def resident(): return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
many = [bytes(60_000) for _ in range(500)]
del many[:-1]
before = resident()
heap.give_back()
print(before - resident())
"""


def run(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    if "does not tell" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("words", "heaps"), [("shared", {"0"}), ("apart", {"0", "1", "2", "3", "4"})])
def test_threads_share_one_heap_where_they_are_told_to(words: str, heaps: set[str]) -> None:
    assert set(re.findall(r'<heap nr="(\d+)"', run(HEAPS, words))) == heaps


def test_what_is_free_below_something_kept_goes_back_to_the_system() -> None:
    assert int(run(RESIDENT)) > 20_000_000
