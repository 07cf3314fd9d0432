"""One heap for all threads."""

import ctypes
import re
import subprocess
import sys

import pytest

from tests.support.program import ROOT

HEAPS = """
import ctypes, sys, threading
from watcher.system import allocator
libc = ctypes.CDLL(None)
if sys.argv[1] == "one heap":
    allocator.use_one_heap()
together = threading.Barrier(4)
def work():
    kept = [bytes(600) for _ in range(1000)]
    together.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="only glibc shows its heaps")
@pytest.mark.parametrize(("word", "heaps"), [("one heap", 1), ("by default", 5)])
def test_threads_allocate_from_one_heap(word: str, heaps: int) -> None:
    command = [sys.executable, "-c", HEAPS, word]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(set(re.findall(r'<heap nr="(\d+)"', done.stdout))) == heaps
