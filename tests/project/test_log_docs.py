"""docs/logs.md against the code and against what a run really logs."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import in_process, sources
from tests.support.sources import ROOT, nodes_of
from watcher.job import CommitKind

CODE = [path for path in sources.CODE if path.is_relative_to(ROOT / "watcher")]
DOCS = (ROOT / "docs/logs.md").read_text("utf-8")
ROWS = {
    event: (level, set(re.findall(r"`(\w+)`", fields)))
    for event, level, fields in re.findall(
        r"^\| `([a-z_.]+)` \| ([^|]+) \| [^|]+ \| ([^|]*)\|$", DOCS, re.MULTILINE
    )
    if "." in event
}
NOUNS = {event.split(".")[0] for event in ROWS}
METHODS = {"debug", "info", "warning", "error", "exception"}
ALWAYS = {"timestamp", "level", "event"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Each call of a log's method with a literal event, and its place."""
    for path in CODE:
        for node in nodes_of(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                target = ast.unparse(node.func.value)
                literal = node.args and isinstance(node.args[0], ast.Constant)
                if node.func.attr in METHODS and "log" in target and literal:
                    yield f"{path.name}:{node.lineno}", node


def literals() -> set[str]:
    """Each text in the code that has the form of an event's name."""
    pattern = re.compile(rf"(?:{'|'.join(sorted(NOUNS))})\.[a-z_]+")
    texts = {
        node.value
        for path in CODE
        if path.name != "log_setup.py"
        for node in nodes_of(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if pattern.fullmatch(text)}


def test_a_logged_event_and_its_fields_are_documented() -> None:
    found = list(calls())
    assert len(found) > 30
    for place, call in found:
        event = call.args[0].value  # type: ignore[attr-defined]
        given = {keyword.arg for keyword in call.keywords if keyword.arg}
        given = {"exception" if name == "exc_info" else name for name in given}
        if any(
            isinstance(each.value, ast.Call) and "file_fields" in ast.unparse(each) for each in call.keywords
        ):
            given |= {"file", "file_b64"}
        assert event in ROWS, place
        assert given - ROWS[event][1] == set(), place


def test_the_docs_list_exactly_the_events_that_the_code_can_log() -> None:
    own = {"log.dropped", "library.message", "thread.died"}  # logged by the log itself
    commits = {f"file.{kind.value}" for kind in CommitKind}
    assert literals() | own | commits == set(ROWS)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a run over good, bad, odd and repeated files writes on standard output."""
    data = tmp_path_factory.mktemp("data")
    incoming = data / "incoming"
    incoming.mkdir()
    for sample in (ROOT / "data/samples").glob("*.csv"):
        shutil.copy(sample, incoming)
    (incoming / "notes.txt").touch()
    words = ["--once", "--settle", "0", "--data-dir", data]
    first = in_process.call(*words)
    shutil.copy(ROOT / "data/samples/clean_day.csv", incoming)
    second = in_process.call(*words)
    return first.stdout + second.stdout


def test_what_a_run_logs_has_the_documented_levels_and_fields(logged: str) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in logged.splitlines()]
    assert {line["event"] for line in lines} >= {
        "watcher.started",
        "file.processed",
        "file.quarantined",
        "file.duplicate",
        "file.ignored",
        "run.finished",
        "watcher.stopped",
    }
    for line in lines:
        level, fields = ROWS[line["event"]]
        assert set(line) - fields == ALWAYS
        assert line["level"] == level


RECIPES = re.findall(r"```sh\n(cat watcher\.log .*)\n```", DOCS)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed; `apt-get install jq` runs this")
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_runs_on_a_real_log(logged: str, recipe: str, tmp_path: Path) -> None:
    (tmp_path / "watcher.log").write_text(logged)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", recipe], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    if "file_b64" not in recipe:
        assert done.stdout
