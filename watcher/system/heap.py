"""What the C library's allocator keeps: one heap for all threads, given back once work has settled.

By default glibc gives each thread an arena of its own, and none shrinks in the middle (mallopt(3),
malloc_trim(3)): through rounds of faults the daemon grew by 190 kB a round, though no object was left over.
"""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8


def share() -> None:
    """Have all threads allocate from one heap; to be called before the first of them starts."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has neither
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what is free."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
