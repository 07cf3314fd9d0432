"""Reports a run to GitHub Actions: job summary, annotations of files and lines, outputs for later steps."""

import html
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from processing.model.rejection import paragraphs
from processing.model.safe_text import counted, without_commands
from watcher.reporting.summary import SingleRunSummary

MAX_ANNOTATIONS = 10
"""Annotations of each level: GitHub shows ten errors and ten warnings of a step and drops the others."""
MAX_SUMMARY_BYTES = 1_000_000
"""GitHub drops a job summary over 1 MiB."""
_MAX_OVERLAPS = 10
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})
"""Characters that GitHub wants escaped in the message and in the properties of a workflow command."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~-])")


def report_run(summary: SingleRunSummary, environment: Mapping[str, str], incoming: Path) -> None:
    """Report a run if this is GitHub Actions. Raises OSError if the runner's files cannot be written.

    Annotations go to stderr, which the runner reads too, because the log is on stdout.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    sys.stderr.writelines(f"{annotation}\n" for annotation in annotations_of(summary, incoming))
    sys.stderr.flush()
    outputs = "".join(f"{key}={summary.files[key]}\n" for key in ("processed", "quarantined"))
    for variable, text in (("GITHUB_STEP_SUMMARY", markdown(summary)), ("GITHUB_OUTPUT", outputs)):
        if path := environment.get(variable):
            with Path(path).open("a", encoding="utf-8") as stream:
                stream.write(text)


def annotations_of(summary: SingleRunSummary, incoming: Path) -> Iterator[str]:
    """Yield an error for each quarantined file and a warning for each with flagged rows, the worst first."""
    for one in summary.quarantined[:MAX_ANNOTATIONS]:
        yield _annotation("error", incoming / one.file, one.line, one.code, one.message)
    flagged = [one for one in summary.processed if one.message]
    flagged.sort(key=lambda one: (-one.invalid, -one.suspect))
    for file in flagged[:MAX_ANNOTATIONS]:
        title = f"{counted(file.invalid, 'invalid row')}, {counted(file.suspect, 'suspect row')}"
        yield _annotation("warning", incoming / file.name, file.line, title, file.message)


def _annotation(level: str, path: Path, line: int | None, title: str, message: str) -> str:
    """Return a message at a line of a file as a workflow command."""
    location = str(path).translate(_PROPERTY) + ("" if line is None else f",line={line}")
    text = f"file={location},title={title.translate(_PROPERTY)}::{message.translate(_DATA)}"
    return f"::{level} {without_commands(text)}"


def markdown(summary: SingleRunSummary) -> str:
    """Return the run as Markdown, cut after a line if it would be too long."""
    text = "\n".join(_lines(summary)) + "\n"
    if len(text.encode()) > MAX_SUMMARY_BYTES:
        kept = text.encode()[:MAX_SUMMARY_BYTES].rpartition(b"\n")[0].decode()
        return f"{kept}\n\nThe rest is in `processed/summary.json` and `processed/index.html`.\n"
    return text


def _lines(summary: SingleRunSummary) -> Iterator[str]:
    totals, files = summary.totals, summary.files
    yield f"## {totals.energy_in_words} from {counted(files['processed'], 'file')}\n"
    shown = [(name, count) for name, count in files.items() if count or name == "processed"]
    counts = ", ".join(f"**{count}** {name.replace('_', ' ')}" for name, count in shown)
    yield f"{counts}; {counted(totals.rows, 'row')} in {summary.duration_seconds:.1f} s."
    if totals.worst_availability is not None:
        worst = _text(totals.worst_availability_file or "")
        yield f"Worst availability: {totals.worst_availability:.1%} ({worst})."
    if totals.anomalies_by_check:
        checks = (f"{_text(check)} {count}" for check, count in totals.anomalies_by_check.items())
        yield f"\nAnomalies: {', '.join(checks)}."
    if totals.in_words:
        yield f"\n{_text(totals.in_words)}"
    for one, other in totals.overlaps[:_MAX_OVERLAPS]:
        yield f"\n:warning: {_text(one)} and {_text(other)} cover the same time."
    rejected = (
        (
            _text(one.file),
            f"**{_text(one.code)}** {'<br>'.join(map(_text, paragraphs(one.message)))}",
            one.line or "",
        )
        for one in summary.quarantined
    )
    yield from _table("In quarantine", "| file | reason | line |\n|---|---|---:|", rejected)
    left = ((_text(one.file), _text(one.reason)) for one in summary.left_behind)
    yield from _table("Left behind", "| file | reason |\n|---|---|", left)
    if summary.ignored:
        yield f"\nIgnored, as no input: {_text(summary.ignored_in_words)}."
    header = "| file | kWh | available | invalid | suspect | worst |\n|---|---:|---:|---:|---:|---|"
    processed = ((_text(one.name), *one.figures(""), _text(one.message)) for one in summary.processed)
    yield from _table("Processed", header, processed)


def _table(title: str, header: str, rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """Yield the lines of a table, none if it has no rows."""
    for number, cells in enumerate(rows):
        if number == 0:
            yield f"\n### {title}\n\n{header}"
        yield f"| {' | '.join(map(str, cells))} |"


def _text(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
