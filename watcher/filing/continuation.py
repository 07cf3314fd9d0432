"""Rows without a header whose first part was archived: the refusal says so, and what to set."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from processing import file_naming
from processing.model.safe_text import text_of
from watcher.filing.destination_view import DestinationView
from watcher.filing.record_header import Damaged, Head, decode, with_remark
from watcher.job import Answer
from watcher.system.directories import ARCHIVE, join

WITHIN = timedelta(days=1)
"""From the first part to the rest: a logger that appends begins a new file each day."""


def explained(answer: Answer, view: DestinationView) -> Answer:
    """Return a verdict whose refusal names the archived file that these rows may continue, if any."""
    if answer.summary.get("reason") != "missing_columns" or answer.summary.get("line") != 1:
        return answer
    for place in file_naming.archive_places(answer.name, answer.sha256):
        first = view.head(ARCHIVE, place.record)
        if first is None or first.name != answer.name or not _soon_after(first, decode(answer.record)):
            continue
        file = join(ARCHIVE, file_naming.parts_of(answer.name).folder, place.target)
        remark = (
            f"perhaps the rest of {text_of(file)}, processed at {first.processed_at:%Y-%m-%dT%H:%M:%SZ}: "
            "if its logger pauses between rows, raise --settle, or settle in its profile, above the "
            "longest pause"
        )
        summary = answer.summary | {"message": f"{remark}; {answer.summary['message']}"}
        return msgspec.structs.replace(answer, record=with_remark(answer.record, remark), summary=summary)
    return answer


def _soon_after(first: Head, rest: Head | Damaged) -> bool:
    if isinstance(rest, Damaged) or first.processed_at is None or rest.quarantined_at is None:
        return False
    return abs(rest.quarantined_at - first.processed_at) <= WITHIN
