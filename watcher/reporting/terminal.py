"""The table that a person at a terminal sees at the end of a `--once` run, on stderr."""

import os
from collections.abc import Iterator
from typing import Any

from processing.batch.progress import on_terminal
from processing.model.safe_text import counted
from watcher.reporting.summary import SingleRunSummary
from watcher.settings import environment

_MAX_ROWS = 20
"""Files of each kind in the table."""
_WIDE_COLUMNS = 60
"""From this terminal width on, the table has all four figures; below it, only the energy."""
_HEAD = ("kWh", "available", "invalid", "suspect")
_NO_FIGURES = ("",) * len(_HEAD)
_MARKS = {
    "good": ("\N{CHECK MARK}", "+", "green"),
    "flagged": ("!", "!", "bold yellow"),
    "quarantined": ("\N{BALLOT X}", "x", "bold red"),
    "left": ("?", "?", "yellow"),
}
"""Each kind of file has a mark, a mark for a terminal without Unicode, and a style for both."""


def is_shown() -> bool:
    """Return whether stderr is a terminal, and not that of a runner of GitHub, which takes commands."""
    return on_terminal() and environment().get("GITHUB_ACTIONS") != "true"


def takes_over(log_format: str, log_level: str) -> bool:
    """Return whether the progress bar and the table replace the log, which would share their terminal."""
    at_terminal = os.isatty(1) and is_shown()
    return at_terminal and log_format in {"auto", "console"} and log_level == "info"


def print_table(summary: SingleRunSummary, console: Any) -> None:
    """Print the files and the totals of a run, and how many other files it ignored, by reason."""
    console.print(*_table(summary, console), sep="\n", overflow="fold")


def _table(summary: SingleRunSummary, console: Any) -> Iterator[Any]:
    """Yield one line for each file, the worst first."""
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown = 4 if console.width >= _WIDE_COLUMNS else 1
    unicode = console.encoding.lower().startswith("utf")
    yield Text(f"  {_cells(_HEAD[:shown])}  file", "dim")
    for kind, figures, file, message in _lines(summary):
        mark, ascii_mark, style = _MARKS[kind]
        cells = f" {_cells(figures[:shown])}  {file}"
        yield Text.assemble((mark if unicode else ascii_mark, style), cells)
        if message:
            yield Padding(Text(message, "dim" if kind == "flagged" else ""), (0, 0, 0, 4))
    yield Text(_total(summary), "bold")
    if summary.ignored:
        yield Text(f"ignored, as no input: {summary.ignored_in_words}", "dim")


def _cells(cells: tuple[str, ...]) -> str:
    return " ".join(f"{cell:>9}" for cell in cells)


def _lines(summary: SingleRunSummary) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """Yield the kind of each file, its figures, its name, and a message for the next line."""
    for one in summary.quarantined[:_MAX_ROWS]:
        at_line = "" if one.line is None else f" (line {one.line})"
        yield "quarantined", _NO_FIGURES, one.file, f"{one.code}: {one.message}{at_line}"
    for left in summary.left_behind[:_MAX_ROWS]:
        yield "left", _NO_FIGURES, left.file, f"left: {left.reason}"
    for line in sorted(summary.processed, key=lambda line: -line.invalid)[:_MAX_ROWS]:
        yield "flagged" if line.message else "good", line.figures("-"), line.name, line.message


def _total(summary: SingleRunSummary) -> str:
    sums = summary.totals
    hidden = sum(max(0, len(each) - _MAX_ROWS) for each in (summary.processed, summary.quarantined))
    once = f"{sums.in_words}\n" if sums.in_words else ""
    more = f"{hidden} more in processed/summary.json\n" if hidden else ""
    return (
        f"{more}{sums.energy_in_words}, {counted(sums.rows, 'row')} in {summary.duration_seconds:.1f} s\n"
        + once
        + ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in summary.files.items())
    )
