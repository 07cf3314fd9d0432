"""`status`: whether the daemon on a data folder is healthy, in words or as JSON."""

import argparse
import json
from collections.abc import Iterator

from processing.printing import say
from watcher.errors import ExitCode
from watcher.monitoring.control_client import Document, status_of
from watcher.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Print the daemon's state."""
    document = status_of(chosen.data_dir)
    if given.json:
        from processing.model.safe_text import json_without_commands  # noqa: PLC0415 - a health check starts sooner

        say(json_without_commands(json.dumps(document, indent=2)))
    else:
        say("\n".join(in_words(document)))
    return ExitCode.CLEAN if document["healthy"] is True else ExitCode.QUARANTINED


def in_words(document: Document) -> Iterator[str]:
    """Yield the lines that describe a status."""
    if document.get("single_run") and document["healthy"]:
        yield "healthy: a single run (--once) is at work; it ends by itself"
    else:
        yield "healthy" if document["healthy"] else "not healthy:"
    for reason in document["reasons"]:
        yield f"  {reason['message']} [{reason['code']}]"
    if "pid" not in document:
        return
    done = ", ".join(f"{count} {outcome}" for outcome, count in sorted(document["counts"].items()))
    yield f"process {document['pid']}, up {document['uptime_seconds']:.0f} s; since then {done or 'no file'}"
    counts = f"waiting {document['waiting']}, queued {document['queued']}"
    work = f"{counts}, in flight {document['in_flight']}"
    yield work if document["single_run"] else f"{work}; {document['free_bytes'] >> 20} MiB free"
    if document["degraded"]:
        interval = document["scan_interval_seconds"]
        yield f"no events, scans every {interval:g} s find the files: {document['degraded']}"
    if document["cannot_keep_up"]:
        scans, now = document["backlog_growing_scans"], document["backlog"]
        yield f"more files with each of the last {scans} scans, {now} now: it cannot keep up"
    if left := document.get("unsupported"):
        suffixes = " ".join(document["suffixes"])
        yield f"files left in incoming for the suffix: {left}; inputs have {suffixes} (--suffixes)"
    if document["leases_unknown"]:
        yield "the kernel does not say who writes to some files: they wait ten times `settle`"
    for each in document["files"]:
        unchanged = f"unchanged for {each['unchanged_seconds']:.0f} s"
        yield f"  {each['file']}: {each['reason']}, for {each['seconds']:.0f} s, {unchanged}"
    left_out = document["waiting"] - len(document["files"])
    if left_out > 0:
        yield f"  … and {left_out} more"
