"""Folders that a fault is let loose on: what they hold at first, and what must be true of them at the end."""

from __future__ import annotations

import collections
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.program import BROKEN, GOOD, HEADER, ROWS, Folder

OTHER = HEADER + b"".join(ROWS[:2])
SECOND_DROPS = {
    "new.csv": OTHER,
    "dev2/deep/rejected.csv": BROKEN + b"\n",
    "again.csv": GOOD,
    "dev1/bad.csv": BROKEN,
}
_TIMES = ("processed_at", "first_processed_at", "quarantined_at")
_DERIVED = re.compile(r"^\.watcher/|[.]html$|summary[.]json$")
_HISTORY = re.compile(r"[.]reason[.][0-9]+[.]json$")


def first_drops(folder: Folder) -> None:
    """Drop what is processed before the fault."""
    folder.drop("again.csv", GOOD)
    folder.drop("dev1/bad.csv", BROKEN)


def second_drops(folder: Folder) -> None:
    """Drop one file for each way through the transaction."""
    for name, content in SECOND_DROPS.items():
        folder.drop(name, content)


def end_state(root: Path) -> dict[str, Any]:
    """Return all that counts in a data folder: inputs by their hash, records without their times."""
    state: dict[str, Any] = {}
    for path in sorted(each for each in root.rglob("*") if each.is_file()):
        name = str(path.relative_to(root))
        if not _DERIVED.search(name):
            content = path.read_bytes()
            state[name] = (
                _timeless(content) if path.suffix == ".json" else hashlib.sha256(content).hexdigest()
            )
    return state


def but_for_attempts(state: dict[str, Any]) -> dict[str, Any]:
    """Return an end state without how often a rejected file was tried.

    A kill between a reason that supersedes another and the removal of the copy that was dropped again
    makes the next start process that copy once more: one attempt more is counted, nothing else differs.
    """
    kept = {name: content for name, content in state.items() if not _HISTORY.search(name)}
    for name, content in kept.items():
        if name.endswith(".reason.json"):
            kept[name] = {key: each for key, each in content.items() if key not in {"attempts", "previous"}}
    return kept


def _timeless(content: bytes) -> Any:
    document = json.loads(content)
    for each in (document, document.get("previous") or {}):
        for key in _TIMES:
            each.pop(key, None)
    return document


def hashes(root: Path, *areas: str) -> collections.Counter[str]:
    """Return how often each content lies in these areas."""
    files = (path for area in areas for path in (root / area).rglob("*.csv") if path.is_file())
    return collections.Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)


def hashes_of(contents: Iterable[bytes]) -> collections.Counter[str]:
    """Return how often each content was dropped."""
    return collections.Counter(hashlib.sha256(content).hexdigest() for content in contents)
