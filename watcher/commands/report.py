"""`report`: draws all pages and the index again from the records, also beside the daemon."""

import argparse
import os

from processing.model.safe_text import counted
from processing.printing import say
from processing.workers.local_pool import FOR_PAGES, LocalPool
from watcher.errors import ExitCode
from watcher.monitoring import log_setup
from watcher.monitoring.health import Health
from watcher.reporting.page_drawing import PagesTask
from watcher.reporting.pages import DRAWING_SECONDS, Pages
from watcher.settings import Settings, command_line


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add nothing: it always draws everything."""


def run(chosen: Settings, _given: argparse.Namespace) -> ExitCode:
    """Draw every page and the index."""
    drawn, records = draw_pages(chosen, everything=True)
    index = chosen.data_dir / "processed" / "index.html"
    say(f"report: {counted(drawn, 'page')} of {counted(records, 'record')}; open {index}")
    return ExitCode.CLEAN


def draw_pages(chosen: Settings, *, everything: bool = False) -> tuple[int, int]:
    """Draw the index and the due pages, or all pages; return the numbers of pages drawn and of records."""
    log_setup.configure(chosen.log_format, chosen.log_level)
    engine = LocalPool(chosen.workers, DRAWING_SECONDS, chosen.file_memory, preload=FOR_PAGES)
    log = log_setup.logger()
    task = PagesTask(os.fsencode(chosen.data_dir), command_line("retry", chosen))
    pages = Pages(engine, task, log=log, health=Health(log))
    try:
        return pages.refresh(everything=everything)
    finally:
        engine.shutdown()
