"""A folder with records whose pages are drawn in this process."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from structlog.testing import CapturingLogger

from processing import process
from processing.model.profile import DEFAULT
from processing.model.result import Result, encode
from processing.workers.inline_pool import InlinePool
from tests.support.program import ROOT
from watcher.monitoring.health import Health
from watcher.reporting.page_drawing import PagesTask
from watcher.reporting.pages import Pages


@cache
def good_record() -> bytes:
    """Return the record of a clean day."""
    with (ROOT / "data/samples/clean_day.csv").open("rb") as stream:
        result = process(stream, DEFAULT, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(result, Result)
    return encode(result)


def undrawable_record() -> bytes:
    """Return a record that is in the index but cannot be drawn, because its series holds a text."""
    return good_record().replace(b'"seconds":[0.0,', b'"seconds":["<b>",')


def folder_with_a_record(root: Path) -> Path:
    """Make the folders that pages need, with one record."""
    for name in ("processed", "quarantine", ".watcher"):
        (root / name).mkdir()
    (root / "processed/good.json").write_bytes(good_record())
    return root


def add_records(root: Path, names: Iterable[str]) -> None:
    """Add a record for each name, each for a day of its own."""
    for number, name in enumerate(names):
        day = good_record().replace(b'"x.csv"', b'"%s.csv"' % name.encode())
        day = day.replace(b"2025-04-15", b"20%02d-04-15" % number)
        (root / f"processed/{name}.json").write_bytes(day)


def pages_in(root: Path, log: CapturingLogger, health: Health) -> Pages:
    return Pages(InlinePool(), PagesTask(os.fsencode(root)), log=log, health=health)


def refresh(root: Path) -> tuple[int, list[dict[str, Any]]]:
    """Refresh once; return how many pages were drawn, and the fields of the warnings."""
    log = CapturingLogger()
    drawn, _ = pages_in(root, log, Health(log)).refresh()
    return drawn, [call.kwargs for call in log.calls if call.method_name == "warning"]


def index_of(root: Path) -> str:
    return (root / "processed/index.html").read_text()


def index_without_cache(root: Path) -> str:
    """Draw the index again without the cache and return it."""
    (root / ".watcher/digests").unlink()
    refresh(root)
    return index_of(root)
