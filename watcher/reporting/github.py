"""What a run tells GitHub Actions: the job summary, remarks at files and lines, outputs for later steps."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from processing.model.safe_text import counted
from watcher.reporting.summary import ProcessedFile, SingleRunSummary

MOST_ANNOTATIONS = 10
"""A step shows ten errors and ten warnings, and drops the rest without a word."""
MOST_BYTES = 1_000_000
"""A job summary over 1 MiB is dropped whole."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~-])")


class Annotation(NamedTuple):
    """A remark at a line of a file; `level` is error or warning."""

    level: str
    path: str
    line: int | None
    title: str
    message: str

    def __str__(self) -> str:
        """Return the workflow command, what it says escaped."""
        place = "" if self.line is None else f",line={self.line}"
        title = _property(self.title)
        return f"::{self.level} file={_property(self.path)}{place},title={title}::{_data(self.message)}"


def tell(summary: SingleRunSummary, environment: Mapping[str, str], incoming: Path) -> None:
    """Tell the runner about a run; nothing where this is not GitHub Actions.

    Annotations go to stderr, which the runner reads too: stdout is the log's. Raises OSError where the
    runner's files cannot be written.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    for annotation in remarks(summary, incoming):
        sys.stderr.write(f"{annotation}\n")
    sys.stderr.flush()
    outputs = "".join(f"{key}={summary.files[key]}\n" for key in ("processed", "quarantined"))
    for variable, text in (("GITHUB_STEP_SUMMARY", markdown(summary)), ("GITHUB_OUTPUT", outputs)):
        if path := environment.get(variable):
            with Path(path).open("a", encoding="utf-8") as stream:
                stream.write(text)


def remarks(summary: SingleRunSummary, incoming: Path) -> Iterator[Annotation]:
    """Yield the worst: an error for each quarantined file, a warning for each with flagged rows."""
    for one in summary.quarantined[:MOST_ANNOTATIONS]:
        yield Annotation("error", f"{incoming}/{one.file}", one.line, one.code, one.message)
    flagged = [one for one in summary.processed if one.message]
    flagged.sort(key=lambda one: (-one.rows_invalid, -one.rows_suspect))
    for line in flagged[:MOST_ANNOTATIONS]:
        title = f"{counted(line.rows_invalid, 'invalid row')}, {counted(line.rows_suspect, 'suspect row')}"
        yield Annotation("warning", f"{incoming}/{line.file}", line.line, title, line.message)


def markdown(summary: SingleRunSummary) -> str:
    """Return the run as Markdown, cut at a file's row where it would be too long."""
    kept, size = [], 0
    for line in _lines(summary):
        size += len(line.encode()) + 1
        if size > MOST_BYTES:
            kept.append("\nThe rest is in `processed/summary.json` and `processed/index.html`.")
            break
        kept.append(line)
    return "\n".join(kept) + "\n"


def _lines(summary: SingleRunSummary) -> Iterator[str]:
    sums = summary.totals
    yield f"## {sums.energy_kwh:.3f} kWh from {counted(summary.files['processed'], 'file')}"
    yield ""
    parts = [f"**{count}** {word}" for word, count in _counts(summary)]
    yield f"{', '.join(parts)}; {counted(sums.rows, 'row')} in {summary.duration_seconds:.1f} s."
    if sums.worst_availability is not None:
        worst = _text(sums.worst_availability_file or "")
        yield f"Worst availability: {sums.worst_availability:.1%} ({worst})."
    if sums.anomalies_by_check:
        yield "\nAnomalies: " + ", ".join(f"{_text(k)} {n}" for k, n in sums.anomalies_by_check.items()) + "."
    for one, other in sums.overlaps[:10]:
        yield f"\n:warning: {_text(one)} and {_text(other)} cover the same time."
    if summary.quarantined:
        yield "\n### In quarantine\n\n| file | reason | line |\n|---|---|---:|"
        for refused in summary.quarantined:
            reason = f"**{_text(refused.code)}** {_text(refused.message)}"
            yield f"| {_text(refused.file)} | {reason} | {refused.line or ''} |"
    if summary.left_behind:
        yield "\n### Left behind\n\n| file | reason |\n|---|---|"
        for left in summary.left_behind:
            yield f"| {_text(left.file)} | {_text(left.reason)} |"
    if summary.processed:
        yield "\n### Processed\n\n| file | kWh | available | invalid | suspect | worst |"
        yield "|---|---:|---:|---:|---:|---|"
        for line in summary.processed:
            yield _row(line)


def _row(line: ProcessedFile) -> str:
    energy = "" if line.energy_kwh is None else f"{line.energy_kwh:.3f}"
    available = "" if line.data_availability is None else f"{line.data_availability:.1%}"
    cells = [_text(line.file), energy, available, line.rows_invalid, line.rows_suspect, _text(line.message)]
    return f"| {' | '.join(map(str, cells))} |"


def _counts(summary: SingleRunSummary) -> list[tuple[str, int]]:
    return [
        (outcome.replace("_", " "), count)
        for outcome, count in summary.files.items()
        if count or outcome == "processed"
    ]


def _text(text: str) -> str:
    """Return text that Markdown shows as it is."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", plain)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
