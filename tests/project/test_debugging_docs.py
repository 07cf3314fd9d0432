"""docs/debugging.md against the words of the program."""

import json
import re
from pathlib import Path

from watcher.job import DeferralReason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/debugging.md").read_text("utf-8")
EVENTS = set(re.findall(r"^\| `([a-z_.]+)` \|", (ROOT / "docs/logs.md").read_text("utf-8"), re.MULTILINE))


def test_each_event_that_the_page_names_is_documented() -> None:
    named = set(re.findall(r"`((?:file|watcher|folders)\.[a-z_]+)`", PAGE))
    assert len(named) >= 5
    assert named - EVENTS == set()


def test_the_lines_shown_are_those_of_the_log() -> None:
    shown = [json.loads(line) for line in re.findall(r"^\{.*\}$", PAGE, re.MULTILINE)]
    assert len(shown) == 5
    assert {line["event"] for line in shown} <= EVENTS
    assert {line["level"] for line in shown} == {"debug"}


def test_the_table_explains_each_reason_why_a_file_waits() -> None:
    table = PAGE.partition("| the last line |")[2].partition("\n\n")[0]
    silent = {DeferralReason.GONE, DeferralReason.FAULT, DeferralReason.STOPPED}  # no file waits for these
    missing = [
        reason.value for reason in DeferralReason if reason not in silent and reason.value not in table
    ]
    assert missing == []
