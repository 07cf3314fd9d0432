"""Where the benchmarks write: a loop-mounted ext4 of their own, so that a sync costs what a journal costs."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import cache

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


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
