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


def test_the_stack_shown_names_functions_that_exist() -> None:
    shown = re.findall(r'"/opt/watcher/(\S+)", line … in (\w+)', PAGE)
    assert len(shown) == 2
    assert [each for each in shown if f" def {each[1]}(" not in (ROOT / each[0]).read_text("utf-8")] == []


def test_the_table_of_threads_names_what_exists() -> None:
    table = PAGE.partition("| a line has |")[2].partition("\n\n")[0]
    names = re.findall(r"`(\w+(?:\.py)?)`", table)
    assert len(names) >= 8
    code = list((ROOT / "watcher").rglob("*.py")) + list((ROOT / "processing").rglob("*.py"))
    files = {path.name for path in code} | {"inotify_c.py"}  # a module of watchdog
    daemon = (ROOT / "watcher/daemon.py").read_text("utf-8")
    assert [
        name for name in names if name not in files and name != "status" and f"def {name}(" not in daemon
    ] == []
