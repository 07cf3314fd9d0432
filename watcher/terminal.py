"""What a person at a terminal sees of a single run, on stderr: a bar while it works, a table at its end.

Rich is imported here only, and only on a terminal: it writes its codes into anything else too.
"""

from __future__ import annotations

import os
from typing import Any, Protocol

from processing.names import text_of
from watcher.job import Filed
from watcher.summary import Summary

_STDOUT, _STDERR = 1, 2
_MOST_ROWS = 20


class Progress(Protocol):
    """What a run tells as it goes."""

    def show(self, remaining: int) -> None:
        """Show how many files are still to do, as far as is known."""

    def filed(self, filed: Filed) -> None:
        """Show that a file is done."""

    def close(self, summary: Summary | None) -> None:
        """Show the whole run, if it came to its end."""


def progress() -> Progress:
    """Return a bar where stderr is a terminal, else what shows nothing: the log has it all."""
    return _Bar() if os.isatty(_STDERR) else _Silent()


def takes_over(log_format: str, log_level: str) -> bool:
    """Return whether the bar stands for the log's lines: both would write on one terminal."""
    return (
        os.isatty(_STDOUT)
        and os.isatty(_STDERR)
        and log_format in {"auto", "console"}
        and log_level == "info"
    )


class _Silent:
    def show(self, remaining: int) -> None:
        pass

    def filed(self, filed: Filed) -> None:
        pass

    def close(self, summary: Summary | None) -> None:
        pass


class _Bar:
    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - see above
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
        from rich.progress import Progress as RichProgress  # noqa: PLC0415

        self._console = Console(stderr=True, highlight=False)
        self._bar = RichProgress(
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("files {task.fields[size]} {task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[last]}", markup=False),
            console=self._console,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=None, size="", rate="", last="")
        self._done = self._bytes = 0
        self._bar.start()

    def show(self, remaining: int) -> None:
        self._bar.update(self._task, total=self._done + remaining)

    def filed(self, filed: Filed) -> None:
        self._done += 1
        self._bytes += filed.verdict.identity.size
        elapsed = self._bar.tasks[0].elapsed or 0.0
        rate = f"{self._done / elapsed:.0f}/s" if elapsed >= 1 else ""
        last = f"{filed.event.removeprefix('file.')} {text_of(filed.verdict.name)}"
        self._bar.update(self._task, completed=self._done, size=_size(self._bytes), rate=rate, last=last)

    def close(self, summary: Summary | None) -> None:
        self._bar.update(self._task, total=self._done, last="")
        self._bar.stop()
        if summary is not None:
            self._console.print(*_table(summary), sep="\n")


def _table(summary: Summary) -> list[Any]:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("file", overflow="fold")
    for name in ("kWh", "available", "invalid", "suspect"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what", overflow="fold")
    for one in summary.quarantined[:_MOST_ROWS]:
        place = "" if one.line is None else f" (line {one.line})"
        reason = Text(f"{one.code}: {one.message}{place}")
        table.add_row(Text("✗", "bold red"), Text(one.file), "", "", "", "", reason)
    for left in summary.left_behind[:_MOST_ROWS]:
        table.add_row(Text("…", "yellow"), Text(left.file), "", "", "", "", Text(f"left: {left.reason}"))
    for line in sorted(summary.processed, key=lambda line: -line.rows_invalid)[:_MOST_ROWS]:
        mark = Text("!", "bold yellow") if line.message else Text("✓", "green")
        energy = "-" if line.energy_kwh is None else f"{line.energy_kwh:.3f}"
        available = "-" if line.data_availability is None else f"{line.data_availability:.1%}"
        counts = (str(line.rows_invalid), str(line.rows_suspect))
        table.add_row(mark, Text(line.file), energy, available, *counts, Text(line.message))
    return [table, Text(_total(summary), "bold")]


def _total(summary: Summary) -> str:
    files, sums = summary.files, summary.totals
    hidden = sum(max(0, len(each) - _MOST_ROWS) for each in (summary.processed, summary.quarantined))
    more = f"{hidden} more in processed/summary.json\n" if hidden else ""
    return (
        f"{more}{sums.energy_kwh:.3f} kWh, {sums.rows} rows: {files.processed} processed, "
        f"{files.quarantined} quarantined, {files.duplicate} duplicate, {files.left_behind} left behind in "
        f"{summary.duration_seconds:.1f} s"
    )


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 - SI
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
