"""Where the benchmarks write: a loop-mounted ext4 of their own, so that a sync costs what a journal costs."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import cache

_QUIET_BYTES = 256 << 20
_SECTOR_BYTES = 512
IMAGE_BYTES = 16 << 30
"""Sparse: only what is written takes room."""


@contextmanager
def disk() -> Iterator[tuple[Path, str]]:
    """An empty folder and what it lies on; a plain folder where nothing can be mounted.

    Nothing is deleted between runs: the image as a whole is made anew.
    """
    image, folder = cache() / "disk.img", cache() / "disk"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        _run("mkfs.ext4", "-q", "-F", str(image))
        _run("mount", "-o", "loop", str(image), str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"benchmarks: no loop mount here ({error}); syncs may be flattered", file=sys.stderr)
        image.unlink(missing_ok=True)
        yield folder, "plain folder"
        return
    try:
        yield folder, "loop-mounted ext4"
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
        image.unlink(missing_ok=True)


@contextmanager
def quiet_disk() -> Iterator[tuple[Path, Callable[[], int]]]:
    """A small ext4 of its own that the kernel does not write to by itself, and what counts the bytes written.

    AssertionError if nothing can be mounted.
    """
    image, folder = cache() / "quiet.img", cache() / "quiet"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with image.open("wb") as file:
            file.truncate(_QUIET_BYTES)
        _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        _run("mount", "-o", "loop", str(image), str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        image.unlink(missing_ok=True)
        raise AssertionError(f"no loop mount here: {error}") from None
    device = folder.stat().st_dev
    statistics = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")

    def written() -> int:
        subprocess.run(["sync", "-f", str(folder)], check=True)
        return int(statistics.read_text().split()[6]) * _SECTOR_BYTES

    try:
        yield folder, written
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
        image.unlink(missing_ok=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
