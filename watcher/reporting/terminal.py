"""What a person at a terminal sees of a single run, on stderr: a bar while it works, a table at its end.

Rich is imported here only, and only on a terminal: it writes its codes into anything else too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from processing.model.safe_text import counted, text_of
from watcher.job import Committed
from watcher.reporting.summary import Summary

_STDOUT, _STDERR = 1, 2
_MOST_ROWS = 20
_WIDE = 60
"""Columns from which all figures have room."""
_MARKS = {"good": "\N{CHECK MARK}", "flagged": "!", "quarantined": "\N{BALLOT X}", "left": "?"}
_PLAIN_MARKS = {"good": "+", "flagged": "!", "quarantined": "x", "left": "?"}
_STYLES = {"good": "green", "flagged": "bold yellow", "quarantined": "bold red", "left": "yellow"}


class Progress(Protocol):
    """What a run tells as it goes."""

    def show(self, remaining: int) -> None:
        """Show how many files are still to do, as far as is known."""

    def filed(self, filed: Committed) -> None:
        """Show that a file is done."""

    def close(self, summary: Summary | None, left_alone: Mapping[str, int]) -> None:
        """Show the whole run, if it came to its end; files that are no input, by why they were left alone."""


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

    def filed(self, filed: Committed) -> None:
        pass

    def close(self, summary: Summary | None, left_alone: Mapping[str, int]) -> None:
        pass


class _Bar:
    def __init__(self) -> None:
        from rich import progress as bars  # noqa: PLC0415 - see above
        from rich.console import Console  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        class Lines(bars.Progress):
            """A bar, and below it, as far as there is room, what became of the last file."""

            last = ""

            def get_renderables(self) -> Iterator[Any]:
                yield from super().get_renderables()
                if self.last:
                    yield Text(self.last, "dim", no_wrap=True, overflow="crop")

        self._console = Console(stderr=True, highlight=False)
        self._bar = Lines(
            bars.BarColumn(bar_width=min(30, max(4, self._console.width - 45))),
            bars.MofNCompleteColumn(),
            bars.TextColumn("files {task.fields[size]} {task.fields[rate]}"),
            bars.TimeRemainingColumn(compact=True),
            console=self._console,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=None, size="", rate="")
        self._done = self._bytes = 0
        self._bar.start()

    def show(self, remaining: int) -> None:
        self._bar.update(self._task, total=self._done + remaining)

    def filed(self, filed: Committed) -> None:
        self._done += 1
        self._bytes += filed.answer.identity.size
        elapsed = self._bar.tasks[0].elapsed or 0.0
        rate = f"{self._done / elapsed:.0f}/s" if elapsed >= 1 else ""
        self._bar.last = f"{filed.event.removeprefix('file.')} {text_of(filed.answer.name)}"
        self._bar.update(self._task, completed=self._done, size=_size(self._bytes), rate=rate)

    def close(self, summary: Summary | None, left_alone: Mapping[str, int]) -> None:
        self._bar.update(self._task, total=self._done)
        self._bar.refresh()  # a run that is faster than the bar shows its last file too
        self._bar.last = ""
        self._bar.stop()
        if summary is not None:
            self._console.print(*_table(summary, left_alone, self._console), sep="\n", overflow="fold")


class _Line(NamedTuple):
    """One file in the table: its figures before its name, and below it what is to be said."""

    mark: str
    figures: tuple[str, str, str, str]
    file: str
    what: str


def _table(summary: Summary, left_alone: Mapping[str, int], console: Any) -> Iterator[Any]:
    """Yield a line a file, the worst first; on a narrow terminal with its energy alone."""
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown = 4 if console.width >= _WIDE else 1
    marks = _MARKS if console.encoding.lower().startswith("utf") else _PLAIN_MARKS
    head = ("kWh", "available", "invalid", "suspect")
    yield Text(f"  {_cells(head, shown)}  file", "dim")
    for line in _lines(summary):
        mark, style = marks[line.mark], _STYLES[line.mark]
        yield Text.assemble((mark, style), f" {_cells(line.figures, shown)}  {line.file}")
        if line.what:
            yield Padding(Text(line.what, "dim" if line.mark == "flagged" else ""), (0, 0, 0, 4))
    yield Text(_total(summary), "bold")
    if left_alone:
        reasons = "; ".join(f"{count} {reason}" for reason, count in left_alone.items())
        yield Text(f"left alone, as no input: {reasons}", "dim")


def _cells(cells: Iterable[str], shown: int) -> str:
    return " ".join(f"{cell:>9}" for cell in list(cells)[:shown])


def _lines(summary: Summary) -> Iterator[_Line]:
    for one in summary.quarantined[:_MOST_ROWS]:
        place = "" if one.line is None else f" (line {one.line})"
        yield _Line("quarantined", ("", "", "", ""), one.file, f"{one.code}: {one.message}{place}")
    for left in summary.left_behind[:_MOST_ROWS]:
        yield _Line("left", ("", "", "", ""), left.file, f"left: {left.reason}")
    for line in sorted(summary.processed, key=lambda line: -line.rows_invalid)[:_MOST_ROWS]:
        energy = "-" if line.energy_kwh is None else f"{line.energy_kwh:.3f}"
        available = "-" if line.data_availability is None else f"{line.data_availability:.1%}"
        figures = (energy, available, str(line.rows_invalid), str(line.rows_suspect))
        yield _Line("flagged" if line.message else "good", figures, line.file, line.message)


def _total(summary: Summary) -> str:
    files, sums = summary.files, summary.totals
    hidden = sum(max(0, len(each) - _MOST_ROWS) for each in (summary.processed, summary.quarantined))
    more = f"{hidden} more in processed/summary.json\n" if hidden else ""
    return (
        f"{more}{sums.energy_kwh:.3f} kWh, {counted(sums.rows, 'row')} in {summary.duration_seconds:.1f} s\n"
        f"{files.processed} processed, {files.quarantined} quarantined, {files.duplicate} duplicate, "
        f"{files.left_behind} left behind"
    )


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 - SI
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
