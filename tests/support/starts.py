"""A data folder after a crash, and the start that cleans it up."""

import os
from pathlib import Path

from watcher.filing import recovery
from watcher.system.filesystem import FileSystem

CONTENT = b"timestamp,voltage,current\n"


def put(path: Path, content: bytes = CONTENT) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def start(root: Path) -> list[tuple[str, bytes]]:
    notices: list[tuple[str, bytes]] = []
    recovery.recover(FileSystem(), os.fsencode(root), lambda event, name, _: notices.append((event, name)))
    return notices


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
