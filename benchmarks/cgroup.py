"""A limit on the memory of a process and its children: a cgroup, of either version."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


@contextmanager
def memory_limit(size: int) -> Iterator[list[str]]:
    """The words to put before a command, so that all it starts may use `size` bytes together.

    Raises OSError where no cgroup can be made: that takes root.
    """
    old = _ROOT / "memory"
    group = (old if old.is_dir() else _ROOT) / f"watcher-bench-{os.getpid()}"
    group.mkdir()
    try:
        (group / ("memory.limit_in_bytes" if old.is_dir() else "memory.max")).write_text(str(size))
        yield ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"]
    finally:
        group.rmdir()
