"""The progress bar of a run, on stderr; Rich is imported only if that is a terminal."""

import os
from collections.abc import Iterator
from typing import Any

_STDERR = 2


def on_terminal() -> bool:
    """Return whether stderr is a terminal, which can show a bar."""
    return os.isatty(_STDERR)


class ProgressBar:
    """A bar with files done, their size, rate and time left; below it, the outcome of the last file."""

    def __init__(self, total: int | None = None) -> None:
        from rich import filesize, progress  # noqa: PLC0415 - only on a terminal
        from rich.console import Console  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        class BarAndLastFile(progress.Progress):
            last = ""

            def get_renderables(self) -> Iterator[Any]:
                yield from super().get_renderables()
                if self.last:
                    yield Text(self.last, "dim", no_wrap=True, overflow="crop")

        self.console = Console(stderr=True, highlight=False)
        self._bar = BarAndLastFile(
            progress.BarColumn(bar_width=min(30, max(4, self.console.width - 45))),
            progress.MofNCompleteColumn(),
            progress.TextColumn("files {task.fields[size]} {task.fields[rate]}"),
            progress.TimeRemainingColumn(compact=True),
            console=self.console,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=total, size="", rate="")
        self._done = self._bytes = 0
        self._size_text = filesize.decimal
        self._bar.start()

    def set_remaining(self, files: int) -> None:
        """Show how many files are known to be left."""
        self._bar.update(self._task, total=self._done + files)

    def advance(self, last: str, size: int = 0) -> None:
        """Count one more file of `size` bytes; `last` is its outcome."""
        self._done += 1
        self._bytes += size
        elapsed = self._bar.tasks[0].elapsed or 0.0
        rate = f"{self._done / elapsed:.0f}/s" if elapsed >= 1 else ""
        shown = self._size_text(self._bytes) if self._bytes else ""
        self._bar.last = last
        self._bar.update(self._task, completed=self._done, size=shown, rate=rate)

    def close(self) -> None:
        """Show the last state, even of a run that was faster than the bar, and end the bar."""
        self._bar.update(self._task, total=self._done)
        self._bar.refresh()
        self._bar.last = ""
        self._bar.stop()
