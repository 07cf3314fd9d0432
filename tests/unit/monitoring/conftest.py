"""The log of the test's own process: written to a file, and set back after the test."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from watcher.monitoring import log_setup


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    threading.excepthook = hook
    structlog.reset_defaults()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Configure a log into a file; the function given flushes it and returns the text."""
    path = tmp_path / "log"
    fd = os.open(path, os.O_CREAT | os.O_RDWR)

    def text(log_format: str | None = None, level: str = "info") -> str:
        if log_format is not None:
            log_setup.configure(log_format, level, fd)
        log_setup.flush()
        return path.read_text()

    yield text
    os.close(fd)
